"""Tables that several models of one run read, and what reading each of them once would save. Pure.

Each query is billed 10 MB at least for each of its tables, so a table that five models read is
billed five times: a model that reads it once for all (a table that is built first, or one query for
several monitors) would save four of them, and the bytes beyond the minimum besides, which nobody
tells by table. Used by the costs page of the data docs and by a dry run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plumbline.core.pricing import LEAST_BYTES, Price, money
from plumbline.core.text import size


@dataclass(frozen=True)
class SharedTable:
    """A table, and who reads it in the same run."""

    table: str
    """``dataset.table``."""
    monitors: tuple[str, ...]

    @property
    def least_saved(self) -> int:
        """Bytes billed that a run would save at least, were it read once."""
        return (len(self.monitors) - 1) * LEAST_BYTES


def shared_tables(reads: Mapping[str, Sequence[str]]) -> tuple[SharedTable, ...]:
    """The tables that more than one monitor of a run reads, those that save most first.

    Args:
        reads: by monitor, the tables that its model reads.
    """
    readers: dict[str, list[str]] = {}
    for monitor, tables in reads.items():
        for table in dict.fromkeys(tables):
            readers.setdefault(table, []).append(monitor)
    found = [SharedTable(table, tuple(who)) for table, who in readers.items() if len(who) > 1]
    return tuple(sorted(found, key=lambda one: (-len(one.monitors), one.table)))


def describe_sharing(reads: Mapping[str, Sequence[str]]) -> str | None:
    """What sharing would save, on one line; None where no table is read twice."""
    shared = shared_tables(reads)
    if not shared:
        return None
    named = ", ".join(f"{one.table} ({len(one.monitors)})" for one in shared)
    saved = size(sum(one.least_saved for one in shared))
    return (
        f"several models read {named}; reading each table once would save at least {saved} per run"
    )


def saved_per_month(
    shared: Sequence[SharedTable], runs: float, price: Price
) -> tuple[float, str] | None:
    """Bytes of a month at so many runs, and their price; None where no schedule says how many."""
    if not shared or not runs:
        return None
    saved = runs * sum(one.least_saved for one in shared)
    return saved, money(price.of(saved), price.currency)
