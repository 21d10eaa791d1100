"""Which batch of a data asset a run judges: the one of its day, where the batches are by date.

GX takes the newest batch unless a batch is named, and so stays green long after loading stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.partitioners import (
    ColumnPartitionerDaily,
    ColumnPartitionerMonthly,
    ColumnPartitionerYearly,
    FileNamePartitionerDaily,
    FileNamePartitionerMonthly,
    FileNamePartitionerYearly,
    PartitionerDatetimePart,
)

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.project.definitions import Definition

_DATE_PARTS: Mapping[type, tuple[str, ...]] = {
    ColumnPartitionerYearly: ("year",),
    ColumnPartitionerMonthly: ("year", "month"),
    ColumnPartitionerDaily: ("year", "month", "day"),
    FileNamePartitionerYearly: ("year",),
    FileNamePartitionerMonthly: ("year", "month"),
    FileNamePartitionerDaily: ("year", "month", "day"),
}
_FILE = "path"
"""A parameter that GX's file assets know besides those of the batch definition."""
_DATAFRAME = "dataframe"
"""The parameter, and the type, of the assets whose rows are passed as a data frame."""


@dataclass(frozen=True)
class ChosenBatch:
    """The parameters that name a batch to GX."""

    parameters: Mapping[str, Any]
    day: str | None = None
    """The date that chose it, as far as the batches tell dates apart: ``2026-02-02``,
    ``2026-02`` or ``2026``; None: no date did."""
    notes: tuple[str, ...] = ()
    """What a reader should know of the choice."""


def choose_batch(
    definition: Definition,
    batch_definition: BatchDefinition[Any],
    day: date,
    given: Mapping[str, Any],
) -> ChosenBatch:
    """The batch to judge.

    Args:
        definition: of the monitor; its ``batch_parameters`` fix what they name.
        batch_definition: GX's.
        day: the day that the run judges, ``days_back`` taken off already.
        given: batch parameters of this run, before those of the definition.

    Raises:
        MonitorError: a parameter that the batch definition does not know; ``days_back`` without
            batches by date.
    """
    partitioner = batch_definition.partitioner
    own = definition.entry.batch_parameters
    known = _parameters(batch_definition)
    for name in own:
        if name not in known:
            raise MonitorError(
                f"batch definition {definition.batch_definition!r} takes no parameter {name!r}",
                file=definition.file,
                key=f"batch_parameters.{name}",
                fix=did_you_mean(name, known)
                if known
                else "the batch definition has only one batch: remove the parameter",
            )
    parts = _date_parts(partitioner)
    if definition.entry.days_back and not parts:
        raise MonitorError(
            f"batch definition {definition.batch_definition!r} is not by day, month or year, so "
            "days_back has no meaning",
            file=definition.file,
            key="days_back",
            fix="leave it out, or name a batch definition that is",
        )
    fixed = {**own, **given}
    if parts and not any(part in fixed for part in parts):
        dated = {part: getattr(day, part) for part in parts}
        return ChosenBatch({**fixed, **dated}, day=day.isoformat()[: _LENGTH[parts[-1]]])
    return ChosenBatch(fixed, notes=_notes(definition, known, fixed))


def _parameters(batch_definition: BatchDefinition[Any]) -> tuple[str, ...]:
    """The names that ``batch_parameters`` may hold."""
    asset = batch_definition.data_asset
    names = asset.get_batch_parameters_keys(partitioner=batch_definition.partitioner)
    if names != tuple(_DATAFRAME):
        return names
    # GX's assets of pandas and Spark return the letters of the name, also those that read a file.
    return (_DATAFRAME,) if asset.type == _DATAFRAME else ()


_LENGTH = {"year": 4, "month": 7, "day": 10}
"""Of an ISO date, up to a part."""


def _date_parts(partitioner: object) -> tuple[str, ...]:
    """By which parts of a date the batches are, from the year down; none: they are not."""
    if isinstance(partitioner, PartitionerDatetimePart):
        named = set(partitioner.datetime_parts)
        found = [parts for parts in _DATE_PARTS.values() if set(parts) == named]
        return found[0] if found else ()
    return _DATE_PARTS.get(type(partitioner), ())


def _notes(
    definition: Definition, known: tuple[str, ...], fixed: Mapping[str, Any]
) -> tuple[str, ...]:
    missing = [name for name in known if name != _FILE and name not in fixed]
    if not missing or _DATAFRAME in missing:
        return ()
    return (
        f"Only the last batch is checked: {definition.name} has no {' and no '.join(missing)} in "
        "batch_parameters.",
    )
