"""The state of a version that recorded no project: whose it is, and who goes on from it, once.

Before state was kept by project and target, all projects that shared a dataset shared one state. A
project goes on from it if it can show that the state is its own: the outcomes recorded beside it
are of its monitors, its checkpoints and this target, and no open incident or waiting message is of
a monitor that it does not have. Without git, two projects with the same monitors look the same;
where the outcomes show that two wrote them, neither goes on. It then writes a row into
``adoptions``, under a job id that BigQuery takes once, and from there on owns the rows of that
version in every table.
Used by `plumbline.alerts.store`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from plumbline.alerts.state import AlertState, monitors_at_stake, state_of_row
from plumbline.core.errors import PlumblineError
from plumbline.core.parameter import Parameter
from plumbline.core.text import listing
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.reader import HistoryReader, UnclaimedOutcome
from plumbline.history.tables import ADOPTIONS, WATCHDOG, OwnTable
from plumbline.project import Project
from plumbline.project.revision import has_commit
from plumbline.project.schedule import ALL_SCHEDULES

if TYPE_CHECKING:
    from plumbline.project import Target

EVIDENCE = timedelta(days=31)
"""Outcomes that show whose the state is: of so long before it was written last."""

_ORPHAN = """
select version, schema_version, snapshot
from `{{dataset}}.{table}`
where written_at >= @since and {{own_orphans}}
order by version desc, written_at desc, writer
limit 1
"""

_HAS_OWN = """
select count(*) as found
from `{{dataset}}.{table}`
where {{own}}
"""

_ADOPTED = """
select project, target
from `{dataset}.adoptions`
where state_table = @state_table
"""


@dataclass(frozen=True)
class Inheritance:
    state: AlertState = field(default_factory=AlertState)
    note: str = ""
    """Why it is not what an earlier version left."""


@dataclass(frozen=True)
class Claimant:
    monitors: frozenset[str]
    checkpoints: frozenset[str]
    target: str
    is_other_repository: bool = False
    """Whether its repository has none of the recorded revisions."""
    is_same_repository: bool = False
    """Whether its repository has one of them."""


def find_inheritance(dataset: OwnDataset, table: OwnTable) -> Inheritance:
    """The state of an earlier version, if it is this project's; else an empty one.

    Raises:
        WarehouseError: it can't be read.
        StateFormatError: it is not a snapshot.
    """
    state = _orphan(dataset, table)
    if state is None or _has_own(dataset, table):
        return Inheritance()
    why_not = _why_not(dataset, table, state)
    if why_not is None:
        return Inheritance(state)
    return Inheritance(
        note=f"The state of alerts that an earlier version left in {dataset.name} is not taken "
        f"over: {why_not}."
    )


def adopt(dataset: OwnDataset, table: OwnTable, state: AlertState, *, at: datetime) -> bool:
    """Write that this project goes on from ``state``; False: another project does.

    Raises:
        WarehouseError: it could not be written.
    """
    target = dataset.target
    row = {
        "event_id": f"{table.name}-{state.lineage}",
        "state_table": table.name,
        "project": target.plumbline_project,
        "target": target.name,
        "version": state.version,
        "recorded_at": at,
    }
    if not _adopters(dataset, table):
        job_id = dataset.job_id("adoptions", table.name, state.lineage)
        append(dataset, ADOPTIONS, [row], job_id=job_id, may_be_there=True)
    return _adopters(dataset, table) == {(target.plumbline_project, target.name)}


def why_not_own(
    state: AlertState, recorded: Sequence[UnclaimedOutcome], claimant: Claimant
) -> str | None:
    """Why ``state`` can't be shown to be the claimant's; None: it is.

    Args:
        state: of a version that recorded no project.
    """
    foreign = sorted({*monitors_at_stake(state)} - {*claimant.monitors, ALL_SCHEDULES})
    if foreign:
        return f"it holds incidents of {listing(foreign)}, which this project does not have"
    if not recorded:
        shown = claimant.monitors & set(state.known.monitors)
        return None if shown else "none of its monitors is in this project"
    if claimant.is_other_repository:
        return "it was written at commits that this repository does not have"
    usual = Counter(target for _, target in {(one.run_id, one.target) for one in recorded})
    if usual.most_common(1)[0][0] != claimant.target:
        return f"most of its runs are of target {usual.most_common(1)[0][0]}"
    if not claimant.is_same_repository and (monitor := _of_two_projects(recorded)):
        return (
            f"two projects wrote it (the SQL of {monitor} alternates), and outside of git "
            "plumbline can't tell which of them this is; a run in the git repository of one of "
            "them takes it over"
        )
    return _why_not_its_runs(recorded, claimant)


def _of_two_projects(recorded: Sequence[UnclaimedOutcome]) -> str | None:
    """A monitor whose SQL changed back and forth; once each way is a change that was undone."""
    last: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    returns = Counter[str]()
    for one in recorded:
        if one.sql_hash is None:
            continue
        if last.get(one.monitor) != one.sql_hash and (one.monitor, one.sql_hash) in seen:
            returns[one.monitor] += 1
        last[one.monitor] = one.sql_hash
        seen.add((one.monitor, one.sql_hash))
    return next((monitor for monitor, number in returns.items() if number > 1), None)


def _why_not_its_runs(recorded: Sequence[UnclaimedOutcome], claimant: Claimant) -> str | None:
    for checkpoint in sorted({one.checkpoint for one in recorded}):
        if checkpoint not in claimant.checkpoints:
            return f"it has runs of checkpoint {checkpoint}, which this project does not have"
    own = [one for one in recorded if one.monitor in claimant.monitors]
    foreign_runs = {one.run_id for one in recorded} - {one.run_id for one in own}
    if foreign_runs:
        return "some recorded runs have no monitor of this project"
    # Monitors that were deleted lately must not cost a project its state.
    if 2 * len({one.monitor for one in own}) <= len({one.monitor for one in recorded}):
        return "most of the recorded monitors are not in this project"
    return None


def _orphan(dataset: OwnDataset, table: OwnTable) -> AlertState | None:
    for since in (datetime.now(UTC) - EVIDENCE, datetime(2000, 1, 1, tzinfo=UTC)):
        rows = dataset.read_if_there(
            "alerts_orphan",
            _ORPHAN.format(table=table.name),
            [Parameter("since", "TIMESTAMP", since)],
        )
        if rows:
            return state_of_row(rows[0], where=f"{dataset.name}.{table.name}")
    return None


def _has_own(dataset: OwnDataset, table: OwnTable) -> bool:
    """Whether the project has a state, however old."""
    rows = dataset.read_if_there("alerts_own", _HAS_OWN.format(table=table.name))
    return bool(rows and rows[0]["found"])


def _why_not(dataset: OwnDataset, table: OwnTable, state: AlertState) -> str | None:
    written = state.written_at or datetime.now(UTC)
    recorded = HistoryReader(dataset).unclaimed(since=written - EVIDENCE)
    try:
        claimant = _claimant(dataset.target, recorded)
        if table is not WATCHDOG:
            return why_not_own(state, recorded, claimant)
        # The watchdog's incidents are of schedules; the runs beside them are of monitors.
        return why_not_own(state, [], _watcher(dataset.target)) or (
            why_not_own(AlertState(), recorded, claimant) if recorded else None
        )
    except PlumblineError as fault:
        return f"this project can't be read: {fault.what}"


def _claimant(target: Target, recorded: Collection[UnclaimedOutcome]) -> Claimant:
    project = Project(target.project_dir, files=target.files)
    revisions = {
        one.suite_revision.removesuffix("-dirty") for one in recorded if one.suite_revision
    }
    # Of a branch that was squashed, some are gone.
    known = [has_commit(project.root, one) for one in revisions]
    return Claimant(
        monitors=frozenset(project.monitor_names()),
        checkpoints=frozenset(project.checkpoint_names()),
        target=target.name,
        is_other_repository=bool(known) and all(one is False for one in known),
        is_same_repository=any(known),
    )


def _watcher(target: Target) -> Claimant:
    schedules = Project(target.project_dir, files=target.files).schedules
    return Claimant(frozenset(one.monitor for one in schedules), frozenset(), target.name)


def _adopters(dataset: OwnDataset, table: OwnTable) -> set[tuple[str, str]]:
    rows = dataset.read(
        "alerts_adopted", _ADOPTED, [Parameter("state_table", "STRING", table.name)]
    )
    return {(row["project"], row["target"]) for row in rows}
