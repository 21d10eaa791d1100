"""The files of a new project, with an example that runs. Used by ``plumbline init``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from plumbline.core.errors import ConfigError
from plumbline.project.documents import DBT_FILE
from plumbline.project.find import INSIDE_DBT, PROJECT_FILE
from plumbline.project.project import Project
from plumbline.scaffold.monitor import NewMonitor, make_files
from plumbline.scaffold.tables import find_table
from plumbline.scaffold.templating import TEMPLATES, render
from plumbline.scaffold.writing import write_new

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from plumbline.models.relations import Relation

EXAMPLE = "orders_with_email"
_SEED = "seeds/make_example.py"
"""What fills the example's table; configured in `PROJECT_FILE`."""
OF_EXAMPLE = ("seeds/", "models/sources.yml", "checkpoints/schedule.yml")
"""Without it there is no checkpoint yet, and so nothing to schedule."""


@dataclass(frozen=True)
class BigQueryTarget:
    """The BigQuery of a new project, which is then its default target."""

    project: str | None
    """Google's; None: `PLUMBLINE_PROJECT`."""
    location: str


@dataclass(frozen=True)
class Made:
    """What ``init`` did."""

    root: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Files that were there."""
    is_inside_dbt: bool
    has_example: bool


def make_project(folder: Path, *, name: str | None, example: bool) -> Made:
    """A project in ``folder``; inside a dbt project, in a folder of its own. Again, it makes what
    is missing and leaves the rest.

    Args:
        folder: made where it is not there.
        name: of the project; None: the folder's.
        example: with a monitor of an example table, unless the project was made without it.

    Raises:
        ConfigError: ``folder`` is not a folder, the name is not valid, or a file can't be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", key="DIR", fix="name a folder")
    is_inside_dbt = (folder / DBT_FILE).is_file() and not (folder / PROJECT_FILE).is_file()
    root = folder / INSIDE_DBT if is_inside_dbt else folder
    configuration = root / PROJECT_FILE
    if configuration.is_file():
        example = example and _SEED in configuration.read_text("utf-8", "replace")
    files = project_files(name or name_of(root if not is_inside_dbt else folder), example=example)
    kept = [root / path for path in files if (root / path).exists()]
    new = {path: text for path, text in files.items() if root / path not in kept}
    written = write_new(root, new)
    if example and not (root / "expectations" / f"{EXAMPLE}.json").exists():
        written += _write_example(root)
    (root / "expectations").mkdir(exist_ok=True)
    (root / "models" / "monitors").mkdir(parents=True, exist_ok=True)
    return Made(root, tuple(written), tuple(kept), is_inside_dbt, example)


def project_files(
    name: str, *, example: bool, bigquery: BigQueryTarget | None = None
) -> dict[str, str]:
    """The files of a new project, by their path.

    Args:
        name: of the project.
        example: with an example table.
        bigquery: its default target; None: the embedded BigQuery is.

    Raises:
        ConfigError: the name is not valid.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(
            f"{name!r} is not a valid project name",
            key="--name",
            fix="use lower-case letters, digits and _, starting with a letter",
        )
    local = f"{name.replace('_', '-')}-local"
    gcp_project = (bigquery.project if bigquery else None) or local
    values = {"name": name, "gcp_project": gcp_project, "bigquery": bigquery, "example": example}
    return {
        path: render(f"project/{template}", **values)
        for path, template in _templates()
        if example or not path.startswith(OF_EXAMPLE)
    }


def _write_example(root: Path) -> list[Path]:
    project = Project(root)

    def never(relation: Relation) -> NoReturn:
        raise ConfigError(f"{relation.key} is not declared", file=root / "models" / "sources.yml")

    target = project.target("local")
    asked = NewMonitor(
        name=EXAMPLE,
        table=find_table(project, target, "shop.orders", never),
        kind="ratio",
        date_column="ordered_on",
        warning=95,
        critical=80,
        condition="email is not null",
        group_by=("country",),
        arrival="created_at",
        owner="you",
        impact="Customers without an e-mail address get no confirmation of their order.",
    )
    files, changed = make_files(asked, project, target="local")
    return write_new(root, files, changed)


def _templates() -> Iterator[tuple[str, str]]:
    """Each file of the project, and its template."""
    top = resources.files(TEMPLATES) / "templates" / "project"
    for path in sorted(_below(top, "")):
        # Under other names, so that neither git nor a linter takes them for its own.
        yield (".gitignore" if path == "gitignore" else path.removesuffix(".txt")), path


def _below(folder: Traversable, before: str) -> Iterator[str]:
    for one in folder.iterdir():
        if one.is_dir():
            if one.name != "__pycache__":
                yield from _below(one, f"{before}{one.name}/")
        elif not one.name.endswith(".pyc"):
            yield f"{before}{one.name}"


def name_of(folder: Path) -> str:
    """A project's name, made of its folder's."""
    words = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_")
    return words if words[:1].isalpha() else f"project_{words}".rstrip("_")
