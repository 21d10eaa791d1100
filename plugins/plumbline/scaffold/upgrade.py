"""What a project of an earlier version lacks in ``great_expectations.yml``, and the file with it.

Lines are added and none is changed. Used by ``plumbline upgrade``.
"""

from __future__ import annotations

import difflib

from plumbline.core.errors import ConfigError
from plumbline.project import Project
from plumbline.project.find import PROJECT_FILE
from plumbline.project.identity import IDENTITY_KEY
from plumbline.project.stores import MODULE, find_store_faults
from plumbline.project.yaml_document import read_yaml
from plumbline.scaffold.gx_additions import Addition, with_additions
from plumbline.scaffold.project import name_of
from plumbline.scaffold.writing import write_new


def upgrade_project(project: Project, *, write: bool) -> str:
    """Add what is missing; the change as a diff, empty where nothing is missing.

    Args:
        write: change the file; where not, only tell.

    Raises:
        ConfigError: the file can't be read or written, or the lines can't be added to it as it is
            written; then it stays as it was.
    """
    file = project.root / PROJECT_FILE
    before = file.read_text(encoding="utf-8")
    after = with_additions(before, _missing(project, before), file=file)
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), PROJECT_FILE, PROJECT_FILE, n=1, lineterm=""
    )
    diff = "".join(f"{line}\n" for line in lines)
    if diff and write:
        write_new(project.root, {}, {PROJECT_FILE: after})
    return diff


def _missing(project: Project, text: str) -> list[Addition]:
    configuration = read_yaml(project.root / PROJECT_FILE, text).mapping()
    found = [
        Addition(("stores", fault.store), "module_name", (f"module_name: {MODULE}",))
        for fault in find_store_faults(configuration)
        if fault.is_there
    ]
    try:
        project.identity  # noqa: B018 - whether it has one
    except ConfigError as fault:
        if fault.key != f"fluent_datasources.{project.datasource_name}.{IDENTITY_KEY}":
            raise
        line = f"{IDENTITY_KEY}: {name_of(project.root)}"
        path = ("fluent_datasources", project.datasource_name)
        found.append(Addition(path, IDENTITY_KEY, (line,)))
    return found
