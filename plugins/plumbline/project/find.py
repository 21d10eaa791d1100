"""Where the project is: ``--project-dir``, else the nearest parent that is a GX project.

The package's own folder is never searched, because one installation serves many projects.
"""

from __future__ import annotations

import os
from pathlib import Path

from plumbline.core.errors import ConfigError

PROJECT_FILE = "great_expectations.yml"
INSIDE_DBT = "plumbline"
"""The folder of the monitors inside a dbt project, all of which is left as it is."""
STATE_DIR_VARIABLE = "PLUMBLINE_STATE_DIR"


def find_project_dir(project_dir: Path | None = None, *, start: Path | None = None) -> Path:
    """The folder that holds ``great_expectations.yml``.

    Raises:
        ConfigError: there is none, with the places that were tried.
    """
    if project_dir is not None:
        root = project_dir.absolute()
        if (root / PROJECT_FILE).is_file():
            return root
        raise ConfigError(
            f"{root} is not a plumbline project: it has no {PROJECT_FILE}",
            key="--project-dir",
            fix=f"name a folder with a {PROJECT_FILE}",
        )
    begin = (start or Path.cwd()).absolute()
    for folder in (begin, *begin.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    beside = (folder / INSIDE_DBT for folder in (begin, *begin.parents))
    made = next((folder for folder in beside if (folder / PROJECT_FILE).is_file()), None)
    raise ConfigError(
        f"no {PROJECT_FILE} in {begin} or any folder above it",
        fix="run plumbline inside a project, or name one with --project-dir; `plumbline init` "
        "makes one"
        if made is None
        else f"name the project: --project-dir {os.path.relpath(made, begin)}",
    )


def find_state_dir(root: Path) -> Path:
    """The folder of local state (ignored by git): the embedded warehouse, results, docs."""
    named = os.environ.get(STATE_DIR_VARIABLE)
    return Path(named).absolute() if named else root / ".plumbline"
