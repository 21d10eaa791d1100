"""What tells a project from others that use the same warehouse: its name.

State, history and heartbeats are stored under it, with the target. It comes from dbt's project
file where there is one, as dbt users expect, and else from ``great_expectations.yml``. The Google
project can't tell projects apart, because several may share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.project.jinja import Scope, has_jinja, render_variable

IDENTITY_KEY = "plumbline_project"
"""In ``vars`` of the dbt project file, and of the data source in ``great_expectations.yml``."""


def read_identity(
    *,
    dbt: Mapping[str, Any],
    variables: Mapping[str, Any],
    dbt_file: Path,
    source: Mapping[str, Any],
    source_file: Path,
    source_key: str,
) -> str:
    """The name of the project.

    Args:
        dbt: the dbt project file, rendered; empty where there is none.
        variables: its ``vars``, as written.
        source: the data source of ``great_expectations.yml``.

    Raises:
        ConfigError: no file names the project, or not by a text.
        MonitorError: the variable is Jinja that can't be rendered.
    """
    if IDENTITY_KEY in variables:
        value = variables[IDENTITY_KEY]
        if has_jinja(value):
            value = render_variable(IDENTITY_KEY, Scope(variables, str(dbt_file)))
        return _checked(value, dbt_file, f"vars.{IDENTITY_KEY}")
    if dbt.get("name") is not None:
        return _checked(dbt["name"], dbt_file, "name")
    key = f"{source_key}.{IDENTITY_KEY}"
    if source.get(IDENTITY_KEY) is not None:
        return _checked(source[IDENTITY_KEY], source_file, key)
    raise ConfigError(
        "the project has no name to store its state and history under",
        file=source_file,
        key=key,
        fix=f"write `{IDENTITY_KEY}: NAME`, with a name that no other project in the same "
        "warehouse has",
    )


def _checked(value: object, file: Path, key: str) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ConfigError(
        f"{value!r} is not a valid project name",
        file=file,
        key=key,
        fix="write a text that is not empty",
    )
