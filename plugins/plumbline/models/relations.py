"""From ``source()`` to a table's full name in the target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from plumbline.errors import MonitorError, did_you_mean
from plumbline.models.properties import SourceTable
from plumbline.models.references import Place
from plumbline.models.workspace import TargetLike

_IDENTIFIERS = {
    "project": re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"),
    "dataset": re.compile(r"[A-Za-z0-9_]{1,1024}"),
    "table": re.compile(r"[\w -]{1,1024}\*?"),
}


@dataclass(frozen=True)
class Relation:
    """One table of the target."""

    project: str
    dataset: str
    table: str

    @property
    def key(self) -> str:
        """``dataset.table``."""
        return f"{self.dataset}.{self.table}"

    def __str__(self) -> str:
        return f"`{self.project}`.`{self.dataset}`.`{self.table}`"


def find_relation(
    sources: Mapping[str, Mapping[str, SourceTable]],
    source: str,
    table: str,
    target: TargetLike,
    place: Place,
) -> Relation:
    """The table that ``source(source, table)`` names.

    Raises:
        MonitorError: it is not declared, or its names are none of BigQuery's.
    """
    if source not in sources:
        raise MonitorError(
            f"there is no source {source!r}",
            file=place.file,
            key=place.key,
            mend=did_you_mean(source, sources),
        )
    if table not in sources[source]:
        raise MonitorError(
            f"source {source!r} has no table {table!r}",
            file=place.file,
            key=place.key,
            mend=did_you_mean(table, sources[source]),
        )
    found = sources[source][table]
    return checked_relation(
        project=found.database or target.project,
        dataset=target.datasets.get(found.schema, found.schema),
        table=found.identifier,
        file=found.file,
        key=f"sources.{source}.{table}",
    )


def checked_relation(*, project: str, dataset: str, table: str, file: str, key: str) -> Relation:
    """A table whose names ``file`` gives at ``key``.

    Raises:
        MonitorError: they are none of BigQuery's.
    """
    parts = {"project": project, "dataset": dataset, "table": table}
    for kind, name in parts.items():
        # They are pasted between backticks, so what could end a backtick must not come through.
        if not _IDENTIFIERS[kind].fullmatch(name):
            raise MonitorError(
                f"{name!r} is no name of a BigQuery {kind}",
                file=file,
                key=key,
                mend="mend the name there or in the target",
            )
    return Relation(**parts)
