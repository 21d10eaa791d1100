"""Where the state of alerts is kept: in the warehouse, by compare and swap; on this machine, when
the warehouse can't be reached.

A commit is version ``n + 1`` under a job id made of that number. BigQuery takes a job id once, so
of two that commit on the same version one gets 409, reads what the other wrote, decides again.
The embedded warehouse takes any id, so there a lock of the kernel makes runs take turns. Another
emulator (``BIGQUERY_EMULATOR_HOST``) may serve machines that share no lock: there a commit is one
statement, which inserts its version unless it is there.

Used by `plumbline.alerts.service` and `plumbline.alerts.editing`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbline.alerts.inheritance import adopt, find_inheritance
from plumbline.alerts.state import (
    AlertState,
    NewerFormatError,
    from_json,
    monitors_at_stake,
    state_of_row,
    to_json,
)
from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.local_file import replace_file
from plumbline.core.outcome import Outcome
from plumbline.core.parameter import Parameter
from plumbline.core.run import Run
from plumbline.history.dataset import OwnDataset
from plumbline.history.events import DeliveryRow, EventRow
from plumbline.history.loads import append
from plumbline.history.outcomes import append_outcomes
from plumbline.history.tables import DELIVERIES, INCIDENTS, SCHEMA_VERSION, STATE, OwnTable
from plumbline.net.secret import hide
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.locks import LockTimeoutError, exclusive, exclusive_on_machine

if TYPE_CHECKING:
    from plumbline.project.targets import Target

logger = logging.getLogger(__name__)

RECENT_DAYS = 31
"""Partitions in which the last commit is looked for first: a project that runs has one there."""

TURN_SECONDS = 600.0
"""How long other runs may take their turns: longer than the deliveries of four can on a machine
that is busy. Who gives up decides on what this machine last knew, and may send what another sends.
"""

_LAST = """
(
  select version, schema_version, snapshot, current_timestamp() as asked_at
  from `{{dataset}}.{table}`
  where written_at >= @since and {{own}}
  order by version desc, written_at desc, writer
  limit 1
)
union all
select cast(null as int64), cast(null as int64), cast(null as string), current_timestamp()
"""
"""With the warehouse's time, also where there is no state. Of a version twice, which only a
warehouse without job ids can have, the later: the earlier is an upload that was on its way when its
process died."""

_LAST_VERSION = """
select max(version) as version
from `{{dataset}}.{table}`
where written_at >= @since and {{own}}
"""

_WRITER = """
select writer
from `{{dataset}}.{table}`
where version = @version and {{own}}
limit 1
"""

_INSERT = """
insert into `{{dataset}}.{table}` ({columns})
select {values}
from (select 1)
where not exists (
  select 1 from `{{dataset}}.{table}` where version = @version and {{own}}
)
"""

_EVENTS = """
select event_id, event, reason, status, previous_status, as_of, speaks, run_id, checkpoint, summary,
  members, incident_id, monitor
from `{dataset}.incidents`
where as_of >= @since and @incident in (incident_id, monitor) and {own_events}
order by as_of, event_id, recorded_at
"""

EVER = datetime(2000, 1, 1, tzinfo=UTC)

ROUNDS = 12
"""How often the state is read and committed again, when another run was quicker."""


class ConflictError(Exception):
    """Another run has committed on the same version: read again, decide again."""


class StateStore:
    """The state in a target's dataset ``plumbline``.

    Args:
        table: which state: of the runs, or of the watchdog.
        endpoint: instead of the target's own, so that a proxy fits between.
        honours_job_ids: whether the warehouse takes a job id once; None: as the target's kind says.
    """

    def __init__(
        self,
        target: Target,
        *,
        table: OwnTable = STATE,
        endpoint: str | None = None,
        honours_job_ids: bool | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._target = target
        self._table = table
        self._endpoint = endpoint
        self._honours_job_ids = (
            target.kind == "bigquery" if honours_job_ids is None else honours_job_ids
        )
        self._clock = clock
        self._projected: set[str] = set()
        self._has_turn = False
        self._seen: int | None = None
        """The last version, as this process read or wrote it in its turn."""
        self._inherited: int | None = None
        """The version that was loaded of a state without a project: the next commit adopts it."""
        self.time: datetime | None = None
        """The warehouse's, when the state was last loaded."""
        self.notes: list[str] = []
        """What became of a state without a project, for the report."""

    @property
    def takes_turns(self) -> bool:
        """Whether one run at a time is let in, so that a claim of another's is a dead one's."""
        return not self._honours_job_ids

    @cached_property
    def _dataset(self) -> OwnDataset:
        return OwnDataset(
            self._target,
            endpoint=self._endpoint,
            honours_job_ids=self._honours_job_ids,
        )

    def close(self) -> None:
        """Let go of the connections to the warehouse; who asks again gets new ones."""
        dataset = self.__dict__.get("_dataset")  # a cached property: None until it is asked
        if dataset is not None:
            dataset.close()

    @contextmanager
    def exclusively(self, progress: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """One at a time, where the warehouse itself does not see to it; a turn in a turn is one.

        Raises:
            WarehouseError: another run does not end, or the warehouse does not run.
        """
        if not self.takes_turns or self._has_turn:
            yield
            return
        turn = turn_lock(
            self._target,
            self._endpoint or endpoint_of(self._target),
            seconds=TURN_SECONDS,
            on_wait=lambda: progress("another run is sending its alerts: waiting for it"),
        )
        with ExitStack() as stack:
            try:
                stack.enter_context(turn)
            except OSError as fault:
                raise WarehouseError(
                    f"the lock file of runs can't be opened: {fault.strerror}: "
                    f"{turn_lock_file(self._target)}",
                    fix="make the folder of local state writable",
                    reason="locked",
                ) from fault
            except LockTimeoutError:
                raise WarehouseError(
                    f"another run has locked the state of alerts for {TURN_SECONDS:g} s",
                    fix="find the run of plumbline that has not ended, and stop it",
                    reason="locked",
                ) from None
            self._has_turn, self._seen = True, None
            try:
                yield
            finally:
                self._has_turn = False

    def load(self) -> AlertState:
        """What was committed last; an empty state where nothing was.

        Raises:
            WarehouseError: it can't be read.
            StateFormatError: a newer plumbline wrote it.
        """
        for since in (self._clock() - timedelta(days=RECENT_DAYS), EVER):
            found = self._dataset.read(
                "alerts_state",
                _LAST.format(table=self._table.name),
                [Parameter("since", "TIMESTAMP", since)],
            )
            self.time = found[0]["asked_at"]
            rows = _with_state(found)
            if rows:
                if rows[0]["schema_version"] < SCHEMA_VERSION:
                    self._dataset.ensure()
                state = _state_of(rows[0], self._dataset, self._table)
                self._seen, self._inherited = state.version, None
                return state
        inherited = find_inheritance(self._dataset, self._table)
        self.notes = [inherited.note] if inherited.note else []
        self._seen = self._inherited = inherited.state.version or None
        self._seen = self._seen or 0
        return inherited.state

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Write ``state`` as the version after ``based_on``; the state as it was committed.

        What ``based_on`` had still to be written to its tables is written first.

        Raises:
            ConflictError: another run has committed that version.
            WarehouseError: it could not be written, or it is not known whether it was.
        """
        with self.exclusively():
            if self.takes_turns and self._current_version() != based_on.version:
                raise ConflictError
            if self._inherited is not None and self._inherited == based_on.version:
                self._adopt(based_on)
            self.write_events(based_on)
            committed = replace(
                state,
                version=based_on.version + 1,
                lineage=based_on.lineage or self._dataset.created(self._table),
                writer=uuid.uuid4().hex,
                written_at=state.written_at or self._clock(),
            )
            self._seen = None  # as long as it is not known what becomes of this
            self._write(committed)
            self._seen, self._inherited = committed.version, None
            return committed

    def _adopt(self, state: AlertState) -> None:
        """Make the state of a version that recorded no project this project's.

        Raises:
            ConflictError: another project was quicker.
        """
        if not adopt(self._dataset, self._table, state, at=self._clock()):
            self._inherited = None
            raise ConflictError

    def _write(self, state: AlertState) -> None:
        row = {
            "event_id": f"{state.version}-{state.writer}",
            "version": state.version,
            "writer": state.writer,
            "written_at": self._clock(),
            "run_id": state.run_id,
            "schema_version": SCHEMA_VERSION,
            "snapshot": to_json(state),
            **_scope(self._target),
        }
        if self._target.emulator_host is not None and not self._honours_job_ids:
            self._insert(row)
            return
        job_id = self._dataset.job_id(
            self._table.name,
            self._target.plumbline_project,
            self._target.name,
            state.lineage,
            state.version,
        )
        number = 0
        while True:
            done = append(self._dataset, self._table, [row], job_id=job_id, first=number)
            if not done.found:
                return
            writer = self._writer_of(state.version)
            if writer == state.writer:
                return  # it was ours, and its answer was lost
            if writer is not None:
                raise ConflictError
            # Somebody took that row away, by hand: the job's id can't be reused.
            number = done.number + 1

    def _insert(self, row: Mapping[str, Any]) -> None:
        """Insert ``row`` unless its version is there; an emulator runs a statement whole.

        Raises:
            ConflictError: another run has committed that version.
        """
        columns = self._table.columns
        scope = _scope(self._target)
        self._dataset.read(
            "alerts_commit",
            _INSERT.format(
                table=self._table.name,
                columns=", ".join(one.name for one in columns),
                values=", ".join(f"@{one.name}" for one in columns),
            ),
            [
                Parameter(one.name, one.type, row[one.name])
                for one in columns
                if one.name not in scope
            ],
        )
        if self._writer_of(row["version"]) != row["writer"]:
            raise ConflictError

    def write_events(self, state: AlertState) -> None:
        """Write the events of ``state`` into their tables; again, it writes nothing more.

        Raises:
            WarehouseError: they could not be written.
        """
        for table in (INCIDENTS, DELIVERIES):
            events = [event for event in state.events if event.table == table.name]
            # By the events, not the version: a fallback's state has others on the same version.
            ids = "\n".join(event.event_id for event in events)
            job_id = self._dataset.job_id(
                table.name, state.lineage, hashlib.sha256(ids.encode()).hexdigest()[:32]
            )
            if events and job_id not in self._projected:
                append(
                    self._dataset,
                    table,
                    [_row(event, state, self._target) for event in events],
                    job_id=job_id,
                    may_be_there=True,
                )
                self._projected.add(job_id)

    def record_outcomes(self, run: Run, outcomes: Sequence[Outcome], *, whole: bool = True) -> None:
        """Append what a run found.

        Raises:
            WarehouseError: it could not be written.
        """
        append_outcomes(self._dataset, run, outcomes, whole=whole, clock=self._clock)

    def events_of(self, incident: str, *, since: datetime) -> list[dict[str, Any]]:
        """What happened to an incident, the oldest first, each event once.

        Args:
            incident: its id, or the monitor whose newest incident is meant.
            since: no earlier event is read.

        Raises:
            WarehouseError: it can't be read.
        """
        rows = self._dataset.read(
            "incident_events",
            _EVENTS,
            [
                Parameter("since", "TIMESTAMP", since),
                Parameter("incident", "STRING", incident),
            ],
        )
        newest = rows[-1]["incident_id"] if rows else None
        return list({row["event_id"]: row for row in rows if row["incident_id"] == newest}.values())

    def _current_version(self) -> int:
        """The last version; in our turn nobody else writes one, so it is asked once."""
        if self._seen is not None:
            return self._seen
        if self._inherited is not None:
            return self._inherited
        for since in (self._clock() - timedelta(days=RECENT_DAYS), EVER):
            rows = self._dataset.read(
                "alerts_version",
                _LAST_VERSION.format(table=self._table.name),
                [Parameter("since", "TIMESTAMP", since)],
            )
            if rows and rows[0]["version"] is not None:
                return int(rows[0]["version"])
        return 0

    def _writer_of(self, version: int) -> str | None:
        rows = self._dataset.read(
            "alerts_writer",
            _WRITER.format(table=self._table.name),
            [Parameter("version", "INT64", version)],
        )
        return str(rows[0]["writer"]) if rows else None


class LocalFallback:
    """The state on this machine, for as long as the warehouse can't be reached.

    Where there is no disk it holds nothing: then what is told may be told again at the next run.

    Args:
        older: the file that an earlier version had for all projects and targets: it is taken over
            where there is no ``file``, if it is this project's.
        monitors: of this project, by which that is known.
    """

    def __init__(
        self,
        file: Path,
        *,
        older: Path | None = None,
        monitors: Collection[str] = (),
    ) -> None:
        self._file = file
        self._older = older
        self._monitors = frozenset(monitors)
        self._is_inherited = False
        """What was read is of an earlier version."""
        self._kept: _Kept | None = None
        self._is_newer = False
        """The file is a newer plumbline's, and is left to it."""

    @classmethod
    def of(
        cls, target: Target, *, monitors: Collection[str], name: str = "alerts"
    ) -> LocalFallback:
        """That of a project and a target.

        Args:
            name: whose: of the runs, or of the watchdog.
        """
        files = target.state_files
        return cls(files.path(name), older=files.older(name), monitors=monitors)

    @property
    def is_empty(self) -> bool:
        """Whether no run has left anything on this machine."""
        return not any(file.exists() for file in (self._file, self._older) if file is not None)

    def load(self) -> AlertState:
        return self._read().state

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        """Keep ``state`` until the warehouse has it; it stays a successor of the same version."""
        before = self._read()
        waiting = before.state.events if before.is_ahead else ()
        events = tuple({event.event_id: event for event in (*waiting, *state.events)}.values())
        kept = replace(state, version=based_on.version, lineage=based_on.lineage, events=events)
        shared = before.shared if before.is_ahead else _names(based_on)
        self._write(_Kept(kept, is_ahead=True, shared=shared))
        return kept

    def reconcile(self, state: AlertState) -> AlertState:
        """``state`` of the warehouse, with what was decided here meanwhile.

        Where another machine has gone on from the same version, its word counts; of here, what
        nobody there knows of is kept: messages that wait, incidents that were opened.
        """
        here = self._read()
        if not here.is_ahead:
            return state
        if self._is_inherited and here.state.lineage != state.lineage:
            return state  # it was decided for another target
        if here.state.version == state.version:
            return replace(here.state, lineage=state.lineage, writer=state.writer)
        return _merged(state, here.state, here.shared)

    def forget(self) -> None:
        """Read the file again at the next look: another process may have written it."""
        if not self._is_newer:
            self._kept = None

    def synced(self, state: AlertState) -> None:
        """The warehouse has ``state``: it is kept here for when it can't be reached."""
        self._write(_Kept(replace(state, events=()), is_ahead=False))

    def _read(self) -> _Kept:
        if self._kept is None:
            self._kept = self._read_file(self._file) or self._read_older() or _Kept()
        return self._kept

    def _read_older(self) -> _Kept | None:
        if self._older is None:
            return None
        kept = self._read_file(self._older)
        if kept is None or not self._monitors.issuperset(monitors_at_stake(kept.state)):
            return None
        self._is_inherited = True
        return kept

    def _read_file(self, file: Path) -> _Kept | None:
        try:
            read = json.loads(file.read_text(encoding="utf-8"))
            return _Kept(
                from_json(json.dumps(read["snapshot"]), where=file.name),
                is_ahead=bool(read["is_ahead"]),
                shared=frozenset(map(str, read.get("shared", ()))),
            )
        except NewerFormatError as fault:
            logger.warning("%s", fault.one_line())
            self._is_newer = file == self._file
            return _Kept()
        except (OSError, ValueError, KeyError, TypeError, ConfigError):
            return None

    def _write(self, kept: _Kept) -> None:
        self._read()
        self._kept = kept
        if self._is_newer:
            return
        text = json.dumps(
            {
                "is_ahead": kept.is_ahead,
                "shared": sorted(kept.shared),
                "snapshot": json.loads(to_json(kept.state)),
            }
        )
        try:
            replace_file(self._file, hide(text))
            if self._is_inherited and self._older is not None:
                self._older.unlink(missing_ok=True)
        except OSError as fault:
            logger.warning(
                "the state of alerts can't be stored on this machine: %s", fault.strerror
            )


@dataclass(frozen=True)
class _Kept:
    state: AlertState = field(default_factory=AlertState)
    is_ahead: bool = False
    """Whether it holds what the warehouse does not know."""
    shared: frozenset[str] = frozenset()
    """Messages and incidents that the warehouse had when this machine went on without it: what of
    them is there no more has been told or ended there."""


def read_last_state(
    dataset: OwnDataset, *, now: datetime, table: OwnTable = STATE
) -> AlertState | None:
    """What was committed last, for those who only look; None where nothing was, lately.

    Raises:
        WarehouseError: it can't be read.
        StateFormatError: a newer plumbline wrote it.
    """
    since = now - timedelta(days=RECENT_DAYS)
    sql = _LAST.format(table=table.name)
    rows = _with_state(
        dataset.read_if_there("alerts_state", sql, [Parameter("since", "TIMESTAMP", since)]) or []
    )
    if rows:
        return _state_of(rows[0], dataset, table)
    inherited = find_inheritance(dataset, table).state
    return inherited if inherited.version else None


def _with_state(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["version"] is not None]


def _state_of(row: Mapping[str, Any], dataset: OwnDataset, table: OwnTable) -> AlertState:
    return state_of_row(row, where=f"{dataset.name}.{table.name}")


@contextmanager
def turn_lock(
    target: Target, endpoint: str, *, seconds: float, on_wait: Callable[[], None]
) -> Iterator[None]:
    """The lock of an embedded warehouse, which lies with the state that it guards.

    The server that plumbline starts belongs to a folder of state, where the lock is a file. Another
    server (``BIGQUERY_EMULATOR_HOST``) serves runs with folders of their own: there the machine
    has the lock, and runs on other machines, as containers are, go by claims.

    Raises:
        LockTimeoutError: another run kept it for ``seconds``.
        OSError: the file can't be made.
    """
    if target.emulator_host is None:
        file = turn_lock_file(target)
        file.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(file, seconds=seconds, on_wait=on_wait):
            yield
        return
    digest = _digest(endpoint, target.project)
    with exclusive_on_machine(f"plumbline-alerts-{digest}", seconds=seconds, on_wait=on_wait):
        yield


def turn_lock_file(target: Target) -> Path:
    """Beside the data of the embedded server: runs with other temporary files see it too."""
    return target.state_dir / "warehouse" / f"alerts-{_digest(target.project)}.lock"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _row(event: EventRow, state: AlertState, target: Target) -> dict[str, Any]:
    row = asdict(event)
    del row["table"]
    return {**row, "version": state.version, "recorded_at": state.written_at, **_scope(target)}


def _scope(target: Target) -> dict[str, str]:
    return {"project": target.plumbline_project, "target": target.name}


def _names(state: AlertState) -> frozenset[str]:
    return frozenset(
        (
            *(incident.id for incident in state.known.incidents),
            *(pending.message.id for pending in state.outbox),
        )
    )


def _merged(state: AlertState, here: AlertState, shared: frozenset[str]) -> AlertState:
    known = shared | _names(state)
    open_ones = {
        (incident.monitor, incident.kind) for incident in state.known.incidents if incident.is_open
    }
    opened_here = tuple(
        incident
        for incident in here.known.incidents
        if incident.is_open
        and incident.id not in known
        and (incident.monitor, incident.kind) not in open_ones
    )
    monitors = dict(state.known.monitors)
    for name, memory in here.known.monitors.items():
        if name not in monitors or monitors[name].as_of < memory.as_of:
            monitors[name] = memory
    # A commit whose answer was lost may hold messages that this machine then delivered.
    delivered = {
        event.message_id
        for event in here.events
        if isinstance(event, DeliveryRow) and event.verdict == "delivered"
    }
    return replace(
        state,
        known=replace(
            state.known, incidents=(*state.known.incidents, *opened_here), monitors=monitors
        ),
        outbox=(
            *(pending for pending in state.outbox if pending.message.id not in delivered),
            *(pending for pending in here.outbox if pending.message.id not in known),
        ),
        events=here.events,
    )
