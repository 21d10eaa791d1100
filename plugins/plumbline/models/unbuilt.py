"""What to do about a table or a dataset that is missing, where dbt would build it.

Used when a query or a question for columns has failed. In a project whose manifest does not list
the table, nothing here speaks of dbt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from plumbline.core.errors import MonitorError
from plumbline.models.manifest import Node
from plumbline.models.workspace import Workspace

_TABLE = re.compile(
    r"not found: table `?(?P<project>[\w.:-]+)[:.](?P<dataset>\w+)\.(?P<table>[\w$-]+)", re.I
)
_DATASET = re.compile(r"not found: dataset `?(?P<project>[\w.:-]+)[:.](?P<dataset>\w+)", re.I)


def fix_of_unbuilt(what: str, workspace: Workspace) -> str | None:
    """The command of dbt that makes what is missing; None: dbt's manifest does not list it.

    Args:
        what: BigQuery's message: ``Not found: Table p:d.t was not found in location US``.
    """
    found = _TABLE.search(what) or _DATASET.search(what)
    if found is None:
        return None
    names = found.groupdict()
    with suppress(MonitorError):  # the manifest can't be read: that is told where it is needed
        for node in _built(workspace):
            dataset = workspace.dataset_name(node.schema, node.database)
            if (node.database, dataset) != (names["project"], names["dataset"]):
                continue
            if "table" not in names:
                return _fix("`dbt build`", "the dataset of dbt's models", workspace)
            if node.alias == names["table"]:
                command = f"`dbt build --select {node.name}`"
                kind = node.id.partition(".")[0]  # model, seed or snapshot
                return _fix(command, f"dbt's {kind} {node.name}", workspace)
    return None


def _fix(command: str, what: str, workspace: Workspace) -> str:
    target = workspace.target
    is_elsewhere = getattr(target, "emulator_host", None) is not None
    if getattr(target, "kind", None) == "embedded" and not is_elsewhere:
        return f"pass --target with a BigQuery target: {what} is not in the embedded BigQuery"
    return f"run {command}, which creates {what}"


def _built(workspace: Workspace) -> Iterator[Node]:
    """What dbt makes tables and views of."""
    manifest = workspace.manifest
    for nodes in manifest.nodes.values() if manifest else ():
        yield from (node for node in nodes if node.materialized != "ephemeral")
