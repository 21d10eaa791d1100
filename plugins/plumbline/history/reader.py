"""The one reader of the table ``outcomes``: what runs and recorded backtests found.

Where the dataset is missing, or of a version without a column that is asked for, there is no
history, and none is made. The last recorded word on a monitor at an instant counts.

A history may also be a file of JSON lines: the rows of the table, one a line, as ``plumbline
backtest --export`` and ``bq query --format=json`` (through ``jq -c '.[]'``) write them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey
from plumbline.core.instants import in_utc
from plumbline.core.outcome import (
    ExpectationOutcome,
    GroupOutcome,
    MetricOutcome,
    Outcome,
    ThresholdLine,
)
from plumbline.core.parameter import Parameter
from plumbline.core.status import Status
from plumbline.project import Project

if TYPE_CHECKING:
    from plumbline.history.dataset import OwnDataset
    from plumbline.project.targets import Target

NUMBERS = ("as_of", "recorded_at", "run_id", "checkpoint", "monitor", "group_key", "status",
           "observed", "unit", "numerator", "denominator", "threshold_lines",
           "suite_revision")  # fmt: skip
"""Columns that say what was measured."""

METRICS = "{metrics}"
"""The column with the numbers of tables; null where a dataset of an earlier version lacks it."""

PAGES = (*NUMBERS, "thresholds", "reason", "summary", "bytes_billed", "seconds", "whole",
         "{expectations}")  # fmt: skip
"""Columns that a page about a run shows."""

BACKTEST_PREFIX = "backtest_"
"""Of the run ids of outcomes that a backtest recorded."""

_LATE = timedelta(days=3)
"""How long after the judged instant a live run may record what it found."""

_OUTCOMES = """
select %s
from `{dataset}.outcomes`
where %s
order by as_of, recorded_at
"""

_CONDITIONS = {
    "own": "{own_runs}",
    "since": "as_of >= @since",
    "until": "as_of <= @until",
    "recorded": "recorded_at >= @recorded",
    "monitors": "monitor in unnest(@monitors)",
    "known": "run_id not in unnest(@known)",
}

# Whether it was well is asked of the last word alone. Groups that were not well, or missing, are
# read too: that they were to be there must not be forgotten.
_PAST = """
select monitor, as_of, group_key, observed, status, metrics
from (
  select monitor, as_of, recorded_at, group_key, observed, status, {metrics},
    row_number() over (
      partition by checkpoint, as_of, monitor, group_key order by recorded_at desc
    ) as place
  from `{dataset}.outcomes`
  where as_of >= @since and as_of < @before and {own_runs}
    and monitor in unnest(@monitors)
)
where place = 1
  and (status = 'PASS' and observed is not null
    or status in ('PASS', 'WARNING', 'CRITICAL') and group_key is not null
    or metrics is not null)
order by as_of, recorded_at
"""

# A row may be there twice, where a load was repeated; a run that was repeated was billed twice.
# What a backtest recorded was no run.
# By when it was recorded, not by what was judged: a replay of long ago is billed today.
_SPENT = """
with monitors as (
  select distinct run_id, checkpoint, monitor, owner, status, jobs, bytes_billed
  from `{dataset}.outcomes`
  where recorded_at >= @since and recorded_at < @until and {own_runs} and group_key is null
    and not starts_with(run_id, @backtest)
),

counted as (
  select *, if(jobs is null or jobs = '[]', 0, array_length(split(jobs, ','))) as job_count
  from monitors
),

final as (
  select
    checkpoint,
    monitor,
    owner,
    count(*) as runs,
    sum(job_count) as jobs,
    sum(bytes_billed) as bytes_billed,
    sum(if(bytes_billed is null and status != 'ERROR', job_count, 0)) as silent_jobs
  from counted
  group by checkpoint, monitor, owner
)

select * from final
order by checkpoint, monitor, owner
"""

_FIRST = """
select min(recorded_at) as recorded_at
from `{dataset}.outcomes`
where recorded_at >= @since and recorded_at < @until and {own_runs}
  and not starts_with(run_id, @backtest)
"""

# The judged instant of a live run is now: the filter on it prunes partitions, because this is asked
# in runs.
_BILLED = """
with monitors as (
  select distinct run_id, checkpoint, monitor, bytes_billed
  from `{dataset}.outcomes`
  where as_of >= @partitions and recorded_at >= @since and {own_runs}
    and group_key is null and run_id != @run_id and monitor in unnest(@monitors)
)

select monitor, sum(bytes_billed) as bytes_billed
from monitors
group by monitor
"""

_NEWEST = """
select max(recorded_at) as newest
from `{dataset}.outcomes`
where as_of >= @since and recorded_at <= @until and {own_runs}
  and checkpoint in unnest(@checkpoints)
"""

_JUDGED = """
select distinct monitor, as_of
from `{dataset}.outcomes`
where as_of >= @first and as_of <= @last and {own_runs} and checkpoint = @checkpoint
  and group_key is null
"""

_UNCLAIMED = """
select run_id, checkpoint, target, monitor, suite_revision, sql_hash
from `{dataset}.outcomes`
where as_of >= @since and {own_orphans} and group_key is null
  and not starts_with(run_id, @backtest)
group by run_id, checkpoint, target, monitor, suite_revision, sql_hash
order by min(as_of), run_id
"""

_NEEDED = ("as_of", "monitor", "status")


@dataclass(frozen=True)
class StoredOutcome:
    """An outcome, as far as its rows hold it, and what they hold of the
    `plumbline.core.run.Run` that found it."""

    outcome: Outcome
    run_id: str
    checkpoint: str
    recorded_at: datetime
    revision: str | None
    """Of the suites."""
    is_whole: bool
    """Whether its run was of its whole checkpoint; rows of an earlier version don't say."""


class UnclaimedOutcome(NamedTuple):
    """That a run judged a monitor, in a version that recorded no project."""

    run_id: str
    checkpoint: str
    target: str
    monitor: str
    suite_revision: str | None
    sql_hash: str | None = None


class PastNumber(NamedTuple):
    """What one run found of a monitor or a group; a tuple, because baselines hold thousands."""

    monitor: str
    as_of: datetime
    group: str | None
    """The canonical text of the group's key; None: the monitor itself."""
    observed: float | None
    status: Status
    metrics: Mapping[str, MetricOutcome]
    """Of a suite over a table."""


@dataclass(frozen=True)
class Spent:
    """What one monitor took in the runs of one checkpoint."""

    monitor: str
    checkpoint: str
    owner: str | None
    runs: int
    jobs: int
    bytes_billed: int | None
    """Of those jobs of which the warehouse said it; None: of none."""
    silent_jobs: int = 0
    """Jobs of which the warehouse did not say what it billed."""


@dataclass(frozen=True)
class SpentInSpan:
    """What the runs of some time took."""

    spent: tuple[Spent, ...]
    span: timedelta
    """From the first of them, at most as asked for; a day at least."""


@contextmanager
def open_history(target: Target) -> Iterator[HistoryReader]:
    """The history of ``target``; its connections are closed at the end.

    Raises:
        ConfigError: the credentials are missing or malformed.
        WarehouseError: the target is embedded and its server does not run.
    """
    from plumbline.history.dataset import OwnDataset

    dataset = OwnDataset(target)
    try:
        yield HistoryReader(dataset)
    finally:
        dataset.close()


class HistoryReader:
    """Outcomes of one project and target. Each method raises a WarehouseError if it can't read.

    What a monitor left under an earlier name (``renamed_from``) is of its name now.
    """

    def __init__(self, dataset: OwnDataset) -> None:
        self.dataset = dataset

    def renamed(self, monitors: Iterable[str] | None = None) -> dict[str, str]:
        """By each earlier name of ``monitors`` (None: of all) the name now."""
        target = self.dataset.target
        return Project(target.project_dir, files=target.files).renamed_monitors(monitors)

    def outcomes(
        self,
        columns: Sequence[str] = (*NUMBERS, METRICS),
        *,
        since: datetime,
        until: datetime | None = None,
        recorded: datetime | None = None,
        monitors: Iterable[str] | None = None,
        known: Collection[str] | None = None,
    ) -> list[StoredOutcome] | None:
        """Outcomes in order of time; None: there is no history.

        Args:
            columns: `NUMBERS`, with or without `METRICS`, or `PAGES`; the outcomes hold no more.
            since: the oldest judged instant.
            until: the newest judged instant.
            recorded: only rows that were recorded from then on.
            monitors: only these.
            known: ids of runs that need not be read again.
        """
        names = None if monitors is None else tuple(monitors)
        renamed = self.renamed(names)
        given = {
            "since": ("TIMESTAMP", in_utc(since)),
            "until": ("TIMESTAMP", None if until is None else in_utc(until)),
            "recorded": ("TIMESTAMP", None if recorded is None else in_utc(recorded)),
            "monitors": ("ARRAY<STRING>", None if names is None else (*names, *renamed)),
            "known": ("ARRAY<STRING>", None if known is None else tuple(sorted(known))),
        }
        chosen = {name: one for name, one in given.items() if one[1] is not None}
        conditions = " and ".join(_CONDITIONS[name] for name in ("own", *chosen))
        parameters = self._parameters(**chosen)
        sql = _OUTCOMES % (", ".join(columns), conditions)
        rows = self.dataset.read_if_there("history", sql, parameters)
        return None if rows is None else assemble(rows, renamed)

    def past(
        self, monitors: Iterable[str], *, since: datetime, before: datetime
    ) -> list[PastNumber]:
        """What is needed of earlier runs to say what is usual, oldest first: numbers that were
        PASS, and each time that a group was judged; of a run that was repeated, the last word.

        Args:
            since: the oldest judged instant.
            before: the end, which is not in it.
        """
        names = tuple(monitors)
        renamed = self.renamed(names)
        rows = self.dataset.read_if_there(
            "past",
            _PAST,
            self._parameters(
                since=("TIMESTAMP", in_utc(since)),
                before=("TIMESTAMP", in_utc(before)),
                monitors=("ARRAY<STRING>", (*names, *renamed)),
            ),
        )
        return [
            PastNumber(
                renamed.get(row["monitor"], row["monitor"]),
                row["as_of"],
                row["group_key"],
                row["observed"],
                Status(row["status"]),
                _metrics(row["metrics"]),
            )
            for row in rows or ()
        ]

    def spent(self, *, now: datetime, most: timedelta) -> SpentInSpan | None:
        """What was recorded in the time before ``now``, ``most`` at most; None: there is no
        history."""
        parameters = self._parameters(
            since=("TIMESTAMP", now - most),
            until=("TIMESTAMP", now),
            backtest=("STRING", BACKTEST_PREFIX),
        )
        rows = self.dataset.read_if_there("costs", _SPENT, parameters)
        if rows is None:
            return None
        first = self.dataset.read("costs_first", _FIRST, parameters)[0] if rows else None
        renamed = self.renamed()
        return SpentInSpan(
            tuple(Spent(**with_new_name(row, renamed)) for row in rows),
            span=max(now - first["recorded_at"], timedelta(days=1)) if first else most,
        )

    def billed(
        self, monitors: Iterable[str], *, since: datetime, other_than: str
    ) -> Mapping[str, int]:
        """Bytes billed by monitor; of no run, no entry.

        Args:
            monitors: of which.
            since: an instant of today.
            other_than: the id of a run that does not count.
        """
        names = tuple(monitors)
        renamed = self.renamed(names)
        rows = self.dataset.read_if_there(
            "budgets",
            _BILLED,
            self._parameters(
                partitions=("TIMESTAMP", since - _LATE),
                since=("TIMESTAMP", since),
                run_id=("STRING", other_than),
                monitors=("ARRAY<STRING>", (*names, *renamed)),
            ),
        )
        billed = Counter[str]()
        for row in rows or ():
            billed[renamed.get(row["monitor"], row["monitor"])] += row["bytes_billed"] or 0
        return {name: number for name, number in billed.items() if number}

    def newest_recorded(
        self, *, since: datetime, until: datetime, checkpoints: Iterable[str]
    ) -> datetime | None:
        """When an outcome of ``checkpoints`` was last recorded, among those judged from ``since``
        on; what claims to be recorded after ``until`` does not count."""
        parameters = self._parameters(
            since=("TIMESTAMP", in_utc(since)),
            until=("TIMESTAMP", in_utc(until)),
            checkpoints=("ARRAY<STRING>", tuple(sorted(checkpoints))),
        )
        rows = self.dataset.read("newest_outcome", _NEWEST, parameters)
        newest: datetime | None = rows[0]["newest"] if rows else None
        return newest

    def unclaimed(self, *, since: datetime) -> list[UnclaimedOutcome]:
        """What runs of any target judged from ``since`` on, oldest first, in a version that
        recorded no project, as long as no other project has taken it over."""
        rows = self.dataset.read_if_there(
            "unclaimed",
            _UNCLAIMED,
            self._parameters(since=("TIMESTAMP", since), backtest=("STRING", BACKTEST_PREFIX)),
        )
        return [UnclaimedOutcome(**row) for row in rows or ()]

    def judged(
        self, checkpoint: str, *, first: datetime, last: datetime
    ) -> set[tuple[str, datetime]]:
        """The monitors and instants of which a checkpoint has an outcome."""
        rows = self.dataset.read(
            "judged",
            _JUDGED,
            self._parameters(
                first=("TIMESTAMP", first),
                last=("TIMESTAMP", last),
                checkpoint=("STRING", checkpoint),
            ),
        )
        renamed = self.renamed()
        return {(renamed.get(row["monitor"], row["monitor"]), in_utc(row["as_of"])) for row in rows}

    def _parameters(self, **given: tuple[str, Any]) -> list[Parameter]:
        return [Parameter(name, *of) for name, of in given.items()]


def read_file(file: Path, renamed: Mapping[str, str] = MappingProxyType({})) -> list[StoredOutcome]:
    """The history in ``file``.

    Args:
        file: JSON lines.
        renamed: as for `assemble`.

    Raises:
        ConfigError: missing, not JSON lines, or a line that is not an outcome: with its number.
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
        except (ValueError, TypeError, KeyError, RecursionError) as fault:
            raise ConfigError(
                f"this line is not an outcome: {fault}",
                file=file,
                key=f"line {number}",
                fix="write one JSON object per line, as plumbline backtest --export does",
            ) from None
    return assemble(rows, renamed)


def with_new_name(row: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """``row`` under the name that its monitor has now."""
    return {**row, "monitor": renamed.get(row["monitor"], row["monitor"])}


def assemble(
    rows: Iterable[Mapping[str, Any]], renamed: Mapping[str, str] = MappingProxyType({})
) -> list[StoredOutcome]:
    """Rows of the table as outcomes with their groups, in order of time.

    Args:
        renamed: by the earlier name of a monitor, the name now.
    """
    rows = [with_new_name(row, renamed) for row in rows] if renamed else rows
    heads: dict[tuple[object, ...], Mapping[str, Any]] = {}
    groups: dict[tuple[object, ...], dict[GroupKey, GroupOutcome]] = {}
    for row in sorted(rows, key=lambda row: (row["as_of"], row.get("recorded_at") or row["as_of"])):
        judged = (row.get("checkpoint"), row["monitor"], row["as_of"])
        if row.get("group_key") is None:
            heads[judged] = row
        else:
            group = _group(row)
            groups.setdefault((*judged, row.get("run_id")), {})[group.key] = group
    return [
        _stored(row, tuple(groups.get((*judged, row.get("run_id")), {}).values()))
        for judged, row in heads.items()
    ]


def each_once(stored: Iterable[StoredOutcome]) -> list[StoredOutcome]:
    """Of each monitor and instant the last word, in order of time.

    Two checkpoints that judge a monitor at the same instant have measured it twice: once is enough.
    """
    ordered = sorted(stored, key=lambda one: (one.outcome.as_of, one.recorded_at))
    return list({(one.outcome.monitor, one.outcome.as_of): one for one in ordered}.values())


def by_monitor(stored: Iterable[StoredOutcome]) -> dict[str, list[Outcome]]:
    """Outcomes by monitor, in order of time, each instant once."""
    found: dict[str, list[Outcome]] = {}
    for one in each_once(stored):
        found.setdefault(one.outcome.monitor, []).append(one.outcome)
    return found


def _stored(row: Mapping[str, Any], groups: tuple[GroupOutcome, ...]) -> StoredOutcome:
    as_of = in_utc(row["as_of"])
    return StoredOutcome(
        Outcome(
            monitor=row["monitor"],
            status=Status(row["status"]),
            summary=row.get("summary") or "",
            as_of=as_of,
            observed=_number(row.get("observed")),
            unit=row.get("unit") or "",
            thresholds=row.get("thresholds") or "",
            lines=_lines(row.get("threshold_lines")),
            metrics=_metrics(row.get("metrics")),
            reason=row.get("reason"),
            groups=groups,
            expectations=_expectations(row.get("expectations")),
            numerator=_number(row.get("numerator")),
            denominator=_number(row.get("denominator")),
            bytes_billed=None if (billed := row.get("bytes_billed")) is None else int(billed),
            seconds=_number(row.get("seconds")) or 0.0,
        ),
        run_id=row.get("run_id") or "",
        checkpoint=row.get("checkpoint") or "",
        recorded_at=row.get("recorded_at") or as_of,
        revision=row.get("suite_revision"),
        is_whole=row.get("whole") is not False,
    )


def _group(row: Mapping[str, Any]) -> GroupOutcome:
    return GroupOutcome(
        key=GroupKey.of_text(row["group_key"]),
        status=Status(row["status"]),
        observed=_number(row.get("observed")),
        numerator=_number(row.get("numerator")),
        denominator=_number(row.get("denominator")),
        unit=row.get("unit") or "",
        lines=_lines(row.get("threshold_lines")),
        metrics=_metrics(row.get("metrics")),
    )


def _checked(row: Any) -> dict[str, Any]:
    """A line of a file, which anybody may have written."""
    if not isinstance(row, Mapping):
        raise TypeError("it is not a JSON object")
    for name in _NEEDED:
        if row.get(name) is None:
            raise KeyError(f"{name} is missing")
    if not isinstance(row["monitor"], str):
        raise TypeError("monitor is not text")
    Status(row["status"])
    if row.get("group_key") is not None:
        json.loads(row["group_key"])
    for name in ("observed", "numerator", "denominator", "bytes_billed", "seconds"):
        _number(row.get(name))
    found = {**row, "as_of": _instant(row["as_of"])}
    if row.get("recorded_at") is not None:
        found["recorded_at"] = _instant(row["recorded_at"])
    return found


def _instant(text: object) -> datetime:
    """An instant as JSON or BigQuery's command line writes it; without a zone it is UTC."""
    return in_utc(datetime.fromisoformat(str(text).removesuffix(" UTC").strip()))


def _number(value: object) -> float | None:
    return None if value is None or value == "" else float(str(value))


def _lines(text: object) -> tuple[ThresholdLine, ...]:
    """As `plumbline.history.outcomes` writes them; none in rows of an earlier version."""
    try:
        read: Any = json.loads(text) if isinstance(text, str) else text or []
        return tuple(
            ThresholdLine(severity, float(value), *rest) for severity, value, *rest in read
        )
    except (ValueError, TypeError):
        return ()


def _metrics(text: object) -> dict[str, MetricOutcome]:
    """As `plumbline.history.outcomes` writes them; none in rows of an earlier version."""
    try:
        read: Any = json.loads(text) if isinstance(text, str) else text or {}
        return {
            str(name): MetricOutcome(float(observed), Status(status))
            for name, (observed, status) in read.items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}


def _expectations(text: object) -> tuple[ExpectationOutcome, ...]:
    """As `plumbline.history.outcomes` writes them; none in rows of an earlier version."""
    try:
        read: Any = json.loads(text) if isinstance(text, str) else text or []
        return tuple(
            ExpectationOutcome(
                type=str(one["type"]),
                severity=str(one["severity"]),
                success=one["result"] == "pass",
                text=str(one["text"]),
                error="it could not be evaluated" if one["result"] == "error" else None,
                skipped="it looked at nothing" if one["result"] == "skip" else None,
                key=str(one["key"]),
            )
            for one in read
        )
    except (ValueError, TypeError, KeyError):
        return ()
