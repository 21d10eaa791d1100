"""A table's full name, as BigQuery takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn
from unicodedata import category

from plumbline.core.errors import MonitorError

INFORMATION_SCHEMA = "INFORMATION_SCHEMA"

_PROJECT = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")
_REGION = re.compile(r"region-[a-z0-9-]+", re.IGNORECASE)
_VIEW = re.compile(rf"{INFORMATION_SCHEMA}\.\w+", re.IGNORECASE | re.ASCII)
# https://cloud.google.com/bigquery/docs/tables#table_naming
_LONGEST_TABLE = 1024  # bytes of UTF-8
_IN_TABLES = ("L", "M", "N", "Pc", "Pd", "Zs")


@dataclass(frozen=True)
class Relation:
    """One table of the target."""

    project: str
    dataset: str
    table: str

    @property
    def key(self) -> str:
        return f"{self.dataset}.{self.table}"

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for every table whose name begins so."""
        return self.table.endswith("*")

    @property
    def is_view_of_metadata(self) -> bool:
        """Whether it is one of BigQuery's own ``INFORMATION_SCHEMA``."""
        return INFORMATION_SCHEMA in (self.dataset.upper(), self.table.upper().partition(".")[0])

    @property
    def is_region(self) -> bool:
        """Whether its dataset stands for a whole region, which only ``INFORMATION_SCHEMA`` can."""
        return _REGION.fullmatch(self.dataset) is not None

    def __str__(self) -> str:
        if self.is_view_of_metadata:
            # The keyword stands outside of the backticks, as BigQuery's documentation has it.
            names = (self.dataset, self.table)
            path = [name if INFORMATION_SCHEMA in name.upper() else f"`{name}`" for name in names]
            return ".".join((f"`{self.project}`", *path))
        return f"`{self.project}`.`{self.dataset}`.`{self.table}`"


def checked_relation(*, project: str, dataset: str, table: str, file: str, key: str) -> Relation:
    """A table whose names ``file`` gives at ``key``.

    Raises:
        MonitorError: they are none of BigQuery's.
    """

    def refuse(kind: str, name: str, fix: str) -> NoReturn:
        raise MonitorError(f"{name!r} is not a valid BigQuery {kind}", file=file, key=key, fix=fix)

    # They are pasted between backticks, so what could end a backtick must not come through.
    head, _, tail = dataset.rpartition(".")
    if head and tail.upper() == INFORMATION_SCHEMA:
        dataset, table = head, f"{tail}.{table}"
    is_view = _VIEW.fullmatch(table) is not None
    if not _PROJECT.fullmatch(project):
        refuse("project", project, "fix the name there or in the target")
    if not (_DATASET.fullmatch(dataset) or (is_view and _REGION.fullmatch(dataset))):
        refuse(
            "dataset",
            dataset,
            "fix the name there or in the target: letters, digits and _",
        )
    if not (is_view or _is_table(table)):
        refuse(
            "table",
            table,
            "fix the name there or in the target: letters, digits, _, - and blanks, "
            "* only at the end",
        )
    return Relation(project=project, dataset=dataset, table=table)


def _is_table(name: str) -> bool:
    """Whether a table can be called so, or ``name`` is a wildcard over several."""
    text = name.removesuffix("*")
    return (
        bool(name)
        and len(name.encode(errors="replace")) <= _LONGEST_TABLE
        and all(category(letter).startswith(_IN_TABLES) for letter in text)
    )
