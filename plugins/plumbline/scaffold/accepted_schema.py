"""The columns of a table as they are now, written into its suite as the accepted ones.

Used by ``plumbline accept``. The suite's file shows what was accepted, and its diff what changed.
"""

from __future__ import annotations

import difflib

from plumbline.core.errors import ConfigError
from plumbline.core.expectation_types import SAME_SCHEMA
from plumbline.lint import json_format
from plumbline.project import Project, Suite, Target
from plumbline.run.compiling import MonitorCompiler
from plumbline.scaffold.writing import write_new


def accept_schema(project: Project, target: Target, monitor: str) -> str:
    """Write the columns; what changed, as a diff.

    Raises:
        ConfigError: the suite has no such expectation, or can't be written.
        MonitorError: the suite can't be read, or the table can't be told.
        WarehouseError: the table is not there, or can't be asked for.
    """
    suite = project.suite_of(monitor)
    indices = [
        index for index, entry in enumerate(suite.written.expectations) if entry.type == SAME_SCHEMA
    ]
    if suite.monitor.table is None:
        raise ConfigError(
            f"{monitor} is not a suite over a table",
            file=suite.file,
            key="meta.monitor.table",
            fix="name a monitor whose suite has meta.monitor.table",
        )
    if not indices:
        raise ConfigError(
            f"the suite has no {SAME_SCHEMA}",
            file=suite.file,
            key="expectations",
            fix=f'add {{"type": "{SAME_SCHEMA}", "severity": "warning"}}',
        )
    return _write(suite, indices, dict(MonitorCompiler(project, target).metadata(suite).fields))


def _write(suite: Suite, indices: list[int], columns: dict[str, str]) -> str:
    before = suite.file.read_text(encoding="utf-8")
    content = json_format.loads(before)
    for index in indices:
        content["expectations"][index].setdefault("kwargs", {})["columns"] = columns
    after = json_format.dumps(content)
    if after != before:
        write_new(suite.file.parent, {}, {suite.file.name: after})
    name = f"expectations/{suite.file.name}"
    was, is_ = before.splitlines(), after.splitlines()
    diff = difflib.unified_diff(was, is_, fromfile=name, tofile=name, n=2, lineterm="")
    return "".join(f"{line}\n" for line in diff)
