"""Where the state of alerts is kept: in the warehouse, by compare and swap; on this machine, when
the warehouse can't be reached.

A commit is version ``n + 1`` under a job id made of that number. BigQuery takes a job id once, so
of two that commit on the same version one is told 409, reads what the other wrote, decides again.
The embedded warehouse takes any id, so there a lock of the kernel makes runs take turns.

Used by `plumbline.alerts.service` and `plumbline.alerts.editing`.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import logging
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbline.alerts.state import AlertState, NewerFormatError, from_json, to_json
from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.local_file import replace_file
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.history.dataset import OwnDataset, Parameter
from plumbline.history.events import DeliveryRow, EventRow
from plumbline.history.loads import append
from plumbline.history.outcomes import append_outcomes
from plumbline.history.tables import DELIVERIES, INCIDENTS, SCHEMA_VERSION, STATE, OwnTable
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.locks import LockTimeoutError, exclusive

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

    from plumbline.project.targets import Target

logger = logging.getLogger(__name__)

RECENT_DAYS = 31
"""Partitions in which the last commit is looked for first: a project that runs has one there."""

TURN_SECONDS = 180.0
"""How long another run may take its turn: longer than its deliveries can."""

_LAST = """
select version, schema_version, snapshot
from `{{dataset}}.{table}`
where written_at >= @since
order by version desc, written_at desc, writer
limit 1
"""
"""Of a version twice, which only a warehouse without job ids can have, the later: the earlier is an
upload that was on its way when its process died."""

_LAST_VERSION = """
select max(version) as version
from `{{dataset}}.{table}`
where written_at >= @since
"""

_WRITER = """
select writer
from `{{dataset}}.{table}`
where version = @version
limit 1
"""

_EVENTS = """
select event_id, event, reason, status, previous_status, as_of, speaks, run_id, checkpoint, summary,
  members
from `{dataset}.incidents`
where as_of >= @since and incident_id = @incident
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
        target: where.
        table: which state: of the runs, or of the watchdog.
        endpoint: instead of the target's own, so that a proxy fits between.
        credentials: instead of the target's own.
        honours_job_ids: whether the warehouse takes a job id once; None: as the target's kind says.
        clock: says what now is.
    """

    def __init__(
        self,
        target: Target,
        *,
        table: OwnTable = STATE,
        endpoint: str | None = None,
        credentials: Credentials | None = None,
        honours_job_ids: bool | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._target = target
        self._table = table
        self._endpoint = endpoint
        self._credentials = credentials
        self._honours_job_ids = (
            target.kind == "bigquery" if honours_job_ids is None else honours_job_ids
        )
        self._clock = clock
        self._projected: set[str] = set()
        self._has_turn = False
        self._seen: int | None = None
        """The last version, as this process read or wrote it in its turn."""

    @property
    def takes_turns(self) -> bool:
        """Whether one run at a time is let in, so that a claim of another's is a dead one's."""
        return not self._honours_job_ids

    @cached_property
    def _dataset(self) -> OwnDataset:
        return OwnDataset(
            self._target,
            endpoint=self._endpoint,
            credentials=self._credentials,
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
        lock = turn_lock(self._target, self._endpoint or endpoint_of(self._target))
        turn = exclusive(
            lock,
            seconds=TURN_SECONDS,
            on_wait=lambda: progress("another run is telling its alerts: waiting for it"),
        )
        with ExitStack() as stack:
            try:
                stack.enter_context(turn)
            except OSError as fault:
                raise WarehouseError(
                    f"runs can't take turns: {fault.strerror}: {lock}",
                    fix="make the folder of temporary files writable",
                    reason="locked",
                ) from fault
            except LockTimeoutError:
                raise WarehouseError(
                    f"another run has kept the state of alerts for {TURN_SECONDS:g} s",
                    fix=f"see which process holds {lock.name}",
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
            rows = self._dataset.read(
                "alerts_state",
                _LAST.format(table=self._table.name),
                [Parameter("since", "TIMESTAMP", since)],
            )
            if rows:
                if rows[0]["schema_version"] < SCHEMA_VERSION:
                    self._dataset.ensure()
                state = _state_of(rows[0], self._dataset, self._table)
                self._seen = state.version
                return state
        self._seen = 0
        return AlertState()

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
            self._seen = committed.version
            return committed

    def _write(self, state: AlertState) -> None:
        row = {
            "event_id": f"{state.version}-{state.writer}",
            "version": state.version,
            "writer": state.writer,
            "written_at": self._clock(),
            "run_id": state.run_id,
            "schema_version": SCHEMA_VERSION,
            "snapshot": to_json(state),
        }
        job_id = self._dataset.job_id(self._table.name, state.lineage, state.version)
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
            # Somebody took that row away, by hand: the job's id can't be had again.
            number = done.number + 1

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
                    [_row(event, state) for event in events],
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
            incident: its id.
            since: when it opened.

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
        return list({row["event_id"]: row for row in rows}.values())

    def _current_version(self) -> int:
        """The last version; in our turn nobody else writes one, so it is asked once."""
        if self._seen is not None:
            return self._seen
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
        state_dir: the folder of local state.
        name: whose: of the runs, or of the watchdog.
    """

    def __init__(self, state_dir: Path, *, name: str = "alerts") -> None:
        self._file = state_dir / f"{name}.json"
        self._kept: _Kept | None = None
        self._is_newer = False
        """The file is a newer plumbline's, and is left to it."""

    def load(self) -> AlertState:
        """What was last known here."""
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
            try:
                read = json.loads(self._file.read_text(encoding="utf-8"))
                state = from_json(json.dumps(read["snapshot"]), where=self._file.name)
                self._kept = _Kept(
                    state,
                    is_ahead=bool(read["is_ahead"]),
                    shared=frozenset(map(str, read.get("shared", ()))),
                )
            except NewerFormatError as fault:
                logger.warning("%s", fault.one_line())
                self._is_newer = True
                self._kept = _Kept(AlertState(), is_ahead=False)
            except (OSError, ValueError, KeyError, TypeError, ConfigError):
                self._kept = _Kept(AlertState(), is_ahead=False)
        return self._kept

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
            replace_file(self._file, text)
        except OSError as fault:
            logger.warning("the state of alerts can't be kept on this machine: %s", fault.strerror)


@dataclass(frozen=True)
class _Kept:
    state: AlertState
    is_ahead: bool
    """Whether it holds what the warehouse does not know."""
    shared: frozenset[str] = frozenset()
    """Messages and incidents that the warehouse had when this machine went on without it: what of
    them is there no more has been told or ended there."""


def read_last_state(dataset: OwnDataset, *, now: datetime) -> AlertState | None:
    """What was committed last, for those who only look; None where nothing was, lately.

    Raises:
        WarehouseError: it can't be read.
        StateFormatError: a newer plumbline wrote it.
    """
    since = now - timedelta(days=RECENT_DAYS)
    sql = _LAST.format(table=STATE.name)
    rows = dataset.read_if_there("alerts_state", sql, [Parameter("since", "TIMESTAMP", since)])
    return _state_of(rows[0], dataset, STATE) if rows else None


def _state_of(row: Mapping[str, Any], dataset: OwnDataset, table: OwnTable) -> AlertState:
    version = int(row["version"])
    where = f"{dataset.name}.{table.name}, version {version}"
    return replace(from_json(str(row["snapshot"]), where=where), version=version)


def turn_lock(target: Target, endpoint: str) -> Path:
    """The lock of an embedded warehouse: the same for every run on this machine that uses it,
    whatever folder of state each has."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "nobody"
    text = "\n".join((endpoint, target.project, user))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"plumbline-alerts-{digest}.lock"


def _row(event: EventRow, state: AlertState) -> dict[str, Any]:
    row = asdict(event)
    del row["table"]
    return {**row, "version": state.version, "recorded_at": state.written_at}


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
