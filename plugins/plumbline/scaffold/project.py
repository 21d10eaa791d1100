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
from plumbline.project.stores import has_targets
from plumbline.project.yaml_document import read_yaml
from plumbline.scaffold.dbt_project import DbtProject, read_dbt_project
from plumbline.scaffold.gx_additions import find_additions, local_gcp_project, with_additions
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


GX_FOLDERS = ("gx", "great_expectations")
"""In which Great Expectations makes its projects, 1.x and 0.x."""
_IN_GX = (".gitignore", "checkpoints/alerts.yml", "dbt_project.yml")
"""What is added to a project of Great Expectations, beside what its own file lacks."""


@dataclass(frozen=True)
class BigQueryTarget:
    """The BigQuery of a new project."""

    project: str | None
    """Google's; None: `PLUMBLINE_PROJECT`."""
    location: str
    is_default: bool = True
    """Whether it is the default target; else the embedded BigQuery is."""


@dataclass(frozen=True)
class Made:
    """What ``init`` did."""

    root: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Files that were there."""
    has_example: bool
    dbt: DbtProject | None = None
    """The dbt project around it."""
    added: tuple[str, ...] = ()
    """What the ``great_expectations.yml`` of Great Expectations lacked, by key."""


def make_project(folder: Path, *, name: str | None, example: bool) -> Made:
    """A project in ``folder``; inside a dbt project, in a folder of its own. Again, it makes what
    is missing and leaves the rest.

    Args:
        folder: made where it is not there.
        name: of the project; None: that of the dbt project, or the folder's.
        example: with a monitor of an example table, unless the project was made without it.

    Raises:
        ConfigError: ``folder`` is not a folder, the name is not valid, or a file can't be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", key="DIR", fix="name a folder")
    if (folder / PROJECT_FILE).is_file():
        document = read_yaml(folder / PROJECT_FILE, (folder / PROJECT_FILE).read_text("utf-8"))
        if document.is_readable and not has_targets(document.mapping()):
            # Great Expectations calls each of its projects `gx`.
            named = folder.resolve().parent if folder.resolve().name in GX_FOLDERS else folder
            return _make_in_gx(folder, name or name_of(named))
        return _make(folder, name or name_of(folder), example, None)
    if (folder / DBT_FILE).is_file():
        dbt = read_dbt_project(folder)
        return _make(folder / INSIDE_DBT, name or dbt.name or name_of(folder), example, dbt)
    return _make(folder, name or name_of(folder), example, None)


def _make(root: Path, name: str, example: bool, dbt: DbtProject | None) -> Made:
    configuration = root / PROJECT_FILE
    if configuration.is_file():
        example = example and _SEED in configuration.read_text("utf-8", "replace")
    bigquery = None
    if dbt is not None and dbt.google_project is not None:
        bigquery = BigQueryTarget(dbt.google_project, "US", is_default=not example)
    # With a manifest for another warehouse, no monitor could run.
    in_dbt = dbt is not None and dbt.fault is None
    files = project_files(name, example=example, bigquery=bigquery, in_dbt=in_dbt)
    kept = [root / path for path in files if (root / path).exists()]
    new = {path: text for path, text in files.items() if root / path not in kept}
    written = write_new(root, new)
    if example and not (root / "expectations" / f"{EXAMPLE}.json").exists():
        written += _write_example(root)
    (root / "expectations").mkdir(exist_ok=True)
    (root / "models" / "monitors").mkdir(parents=True, exist_ok=True)
    return Made(root, tuple(written), tuple(kept), example, dbt)


def _make_in_gx(root: Path, name: str) -> Made:
    """Add to a project of Great Expectations what it lacks."""
    file = root / PROJECT_FILE
    text = file.read_text("utf-8")
    additions = find_additions(read_yaml(file, text).mapping(), file=file, name=name)
    changed = {PROJECT_FILE: with_additions(text, additions, file=file)}
    files = project_files(name, example=False)
    new = {path: files[path] for path in _IN_GX if not (root / path).exists()}
    ignored = root / ".gitignore"
    before = ignored.read_text("utf-8", "replace") if ignored.is_file() else ".plumbline/"
    if ".plumbline/" not in before.split():
        changed[".gitignore"] = "\n".join([*before.splitlines(), files[".gitignore"]])
    written = write_new(root, new, changed)
    kept = [root / path for path in _IN_GX if path not in new and path not in changed]
    return Made(
        root, tuple(written), tuple(kept), False, added=tuple(one.name for one in additions)
    )


def project_files(
    name: str,
    *,
    example: bool,
    bigquery: BigQueryTarget | None = None,
    in_dbt: bool = False,
) -> dict[str, str]:
    """The files of a new project, by their path.

    Args:
        name: of the project.
        example: with an example table.
        bigquery: the BigQuery that it monitors; None: `PLUMBLINE_PROJECT` names it, and the
            embedded one is the default target.
        in_dbt: whether it is a folder of a dbt project, whose tables it reads.

    Raises:
        ConfigError: the name is not valid.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(
            f"{name!r} is not a valid project name",
            key="--name",
            fix="use lower-case letters, digits and _, starting with a letter",
        )
    gcp_project = (bigquery.project if bigquery else None) or local_gcp_project(name)
    values = {
        "name": name,
        "gcp_project": gcp_project,
        "bigquery": bigquery,
        "example": example,
        "in_dbt": in_dbt,
    }
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
