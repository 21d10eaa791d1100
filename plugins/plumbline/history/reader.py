"""Stored history: what runs and recorded backtests observed, from the own dataset or from a file.

A file holds JSON lines: the rows of the table ``outcomes``, one a line, as ``plumbline backtest
--export`` and ``bq query --format=json`` (through ``jq -c '.[]'``) write them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status

if TYPE_CHECKING:
    from plumbline.project.targets import Target

_SQL = """
select as_of, recorded_at, checkpoint, monitor, group_key, status, observed, unit, numerator,
  denominator, threshold_lines, suite_revision, run_id
from `{dataset}.outcomes`
where as_of >= @first and as_of <= @last and target = @target and monitor in unnest(@monitors)
order by as_of, recorded_at
"""

Lines = tuple[tuple[str, float, str], ...]
"""Bounds: severity, value, and the side on which it fails."""

_NEEDED = ("as_of", "monitor", "status")


@dataclass(frozen=True)
class GroupMeasured:
    """One group at one instant."""

    status: Status
    observed: float | None
    numerator: float | None = None
    denominator: float | None = None
    lines: Lines = ()


@dataclass(frozen=True)
class Measured:
    """One monitor at one instant: what was observed, whatever was made of it."""

    monitor: str
    as_of: datetime
    status: Status
    observed: float | None
    unit: str = ""
    numerator: float | None = None
    denominator: float | None = None
    groups: Mapping[GroupKey, GroupMeasured] = field(default_factory=dict)
    lines: Lines = ()
    """The bounds in force."""
    revision: str | None = None


History = Mapping[str, Sequence[Measured]]
"""By monitor, in order of time, each instant once."""


def read_file(file: Path) -> dict[str, list[Measured]]:
    """The history in ``file``.

    Raises:
        ConfigError: missing, not JSON lines, or a line that is no outcome: with its number.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            "the history file is missing",
            file=file,
            key="--history",
            fix="write one with plumbline backtest --export FILE",
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"the history can't be read: {fault}", file=file) from fault
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(_checked(json.loads(line)))
        except (ValueError, TypeError, KeyError) as fault:
            raise ConfigError(
                f"this is no row of outcomes: {fault}",
                file=file,
                key=f"line {number}",
                fix="write one JSON object a line, as plumbline backtest --export does",
            ) from None
    return collect(rows)


def read_dataset(
    target: Target, monitors: Sequence[str], *, first: datetime, last: datetime
) -> dict[str, list[Measured]]:
    """The history of ``monitors`` in the own dataset of ``target``; empty where there is none.

    Raises:
        WarehouseError: it can't be asked.
    """
    from plumbline.history.dataset import OwnDataset, Parameter

    dataset = OwnDataset(target)
    try:
        rows = dataset.read_if_there(
            "history",
            _SQL,
            [
                Parameter("first", "TIMESTAMP", in_utc(first)),
                Parameter("last", "TIMESTAMP", in_utc(last)),
                Parameter("target", "STRING", target.name),
                Parameter("monitors", "ARRAY<STRING>", list(monitors)),
            ],
        )
    finally:
        dataset.close()
    return collect(_checked(row) for row in rows or ())


def collect(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Measured]]:
    """Rows of outcomes as history: of each instant the last recorded word counts.

    Two checkpoints that judge a monitor at the same instant have measured it twice: once is enough.
    """
    heads: dict[tuple[str, datetime], Mapping[str, Any]] = {}
    groups: dict[tuple[str, datetime, object], dict[GroupKey, GroupMeasured]] = {}
    ordered = sorted(rows, key=lambda row: (row["as_of"], row.get("recorded_at") or row["as_of"]))
    for row in ordered:
        if row.get("group_key") is None:
            heads[row["monitor"], row["as_of"]] = row
        else:
            key = (row["monitor"], row["as_of"], (row.get("checkpoint"), row.get("run_id")))
            groups.setdefault(key, {})[GroupKey.of(json.loads(row["group_key"]))] = GroupMeasured(
                Status(row["status"]),
                _number(row.get("observed")),
                _number(row.get("numerator")),
                _number(row.get("denominator")),
                _lines(row.get("threshold_lines")),
            )
    found: dict[str, list[Measured]] = {}
    for (monitor, as_of), row in heads.items():
        found.setdefault(monitor, []).append(
            Measured(
                monitor=monitor,
                as_of=as_of,
                status=Status(row["status"]),
                observed=_number(row.get("observed")),
                unit=row.get("unit") or "",
                numerator=_number(row.get("numerator")),
                denominator=_number(row.get("denominator")),
                groups=groups.get((monitor, as_of, (row.get("checkpoint"), row.get("run_id"))), {}),
                lines=_lines(row.get("threshold_lines")),
                revision=row.get("suite_revision"),
            )
        )
    for measured in found.values():
        measured.sort(key=lambda one: one.as_of)
    return found


def of_outcomes(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, list[Measured]]:
    """A backtest's outcomes as history."""
    return {
        monitor: [
            Measured(
                monitor=monitor,
                as_of=in_utc(one.as_of),
                status=one.status,
                observed=one.observed,
                unit=one.unit,
                numerator=one.numerator,
                denominator=one.denominator,
                groups={
                    group.key: GroupMeasured(
                        group.status,
                        group.observed,
                        group.numerator,
                        group.denominator,
                        tuple((line.severity, line.value, line.fails) for line in group.lines),
                    )
                    for group in one.groups
                },
                lines=tuple((line.severity, line.value, line.fails) for line in one.lines),
            )
            for one in found
        ]
        for monitor, found in outcomes.items()
    }


def _checked(row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise TypeError("it is no JSON object")
    for name in _NEEDED:
        if row.get(name) is None:
            raise KeyError(f"{name} is missing")
    if not isinstance(row["monitor"], str):
        raise TypeError("monitor is no text")
    Status(row["status"])
    if row.get("group_key") is not None:
        json.loads(row["group_key"])
    found = {**row, "as_of": _instant(row["as_of"])}
    for name in ("observed", "numerator", "denominator"):
        found[name] = _number(row.get(name))
    if row.get("recorded_at") is not None:
        found["recorded_at"] = _instant(row["recorded_at"])
    return found


def _instant(value: object) -> datetime:
    """An instant as JSON or BigQuery's command line writes it; without a zone it is UTC."""
    at = value if isinstance(value, datetime) else None
    if at is None:
        text = str(value).removesuffix(" UTC").strip()
        at = datetime.fromisoformat(text)
    return in_utc(at)


def _number(value: object) -> float | None:
    return None if value is None or value == "" else float(str(value))


def _lines(text: object) -> Lines:
    try:
        read: Any = json.loads(text) if isinstance(text, str) else text or []
        return tuple((str(severity), float(value), str(side)) for severity, value, side in read)
    except (ValueError, TypeError):
        return ()
