"""A history of runs told in one line each, for tests of the decision on incidents.

``w`` is an outcome of WARNING, ``C`` CRITICAL, ``.`` PASS, ``E`` ERROR, ``s`` SKIPPED and ``-`` a
run without the monitor. Runs are six hours apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Ack, Change, Decision, Incident, Kind, Known
from plumbline.alerts.incidents.names import ProjectNames
from plumbline.core.alert_policy import Policy
from plumbline.core.group_key import GroupKey
from plumbline.core.mute import Mute
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.status import Status

START = datetime(2026, 2, 1, tzinfo=UTC)
STEP = timedelta(hours=6)
STATUSES = {
    "w": Status.WARNING,
    "C": Status.CRITICAL,
    ".": Status.PASS,
    "E": Status.ERROR,
    "s": Status.SKIPPED,
}


def at(run: int) -> datetime:
    """The ``as_of`` of run number ``run``, from 0."""
    return START + run * STEP


def group(label: str, status: Status) -> GroupOutcome:
    """A prediction system that was judged."""
    return GroupOutcome(key=GroupKey.of({"system_id": label}), status=status, observed=1.0)


def outcome(
    monitor: str,
    status: Status,
    as_of: datetime,
    *,
    failing: Iterable[str] = (),
    well: Iterable[str] = (),
    depends_on: Sequence[str] = (),
    observed: float | None = 1.0,
) -> Outcome:
    """An outcome whose groups ``failing`` have its status and whose groups ``well`` pass."""
    groups = (
        *(group(label, status) for label in failing),
        *(group(label, Status.PASS) for label in well),
    )
    return Outcome(
        monitor=monitor,
        status=status,
        summary=f"{monitor} is {status}",
        as_of=as_of,
        observed=observed,
        groups=groups,
        judged=tuple(one.key for one in groups),
        depends_on=tuple(depends_on),
        owner="data-platform",
    )


def mute(monitor: str, *, until: int) -> Mute:
    """A mute that holds for all runs before number ``until``."""
    return Mute(monitor=monitor, owner="ann", reason="maintenance", until=at(until))


class History:
    """Runs one after the other, each deciding on what the one before left."""

    def __init__(self, policy: Policy | None = None, known: Known | None = None) -> None:
        self.policy = policy or Policy(
            remind_critical=timedelta(hours=24),
            remind_warning=timedelta(hours=72),
            flapping_window=timedelta(hours=48),
            confirm_error=1,
        )
        self.known = known or Known()
        self.mutes: list[Mute] = []
        self.runs = 0
        self.changes: list[Change] = []

    def run(self, *outcomes: Outcome, monitors: Collection[str] | None = None) -> Decision:
        """A run at the next instant (or that of ``outcomes``)."""
        now = max((one.as_of for one in outcomes), default=at(self.runs))
        decision = decide(
            self.known,
            outcomes,
            now,
            checkpoint="health_check",
            policy=self.policy,
            mutes=self.mutes,
            project=None if monitors is None else ProjectNames(monitors, ["health_check"]),
        )
        self.runs += 1
        self.known = decision.known
        self.changes.extend(decision.changes)
        return decision

    def step(
        self, codes: Mapping[str, str], depends_on: Mapping[str, Sequence[str]] | None = None
    ) -> Decision:
        """A run by one letter a monitor."""
        return self.run(
            *(
                outcome(
                    monitor,
                    STATUSES[code],
                    at(self.runs),
                    depends_on=(depends_on or {}).get(monitor, ()),
                )
                for monitor, code in codes.items()
                if code != "-"
            )
        )

    def open(self, monitor: str, kind: Kind = "data") -> Incident:
        """The open incident, which must be there."""
        incident = self.known.open_incident(monitor, kind)
        assert incident is not None
        return incident

    def acknowledge(self, monitor: str, kind: Kind = "data") -> None:
        """As ``plumbline alerts ack`` does between runs; nothing where nothing is open."""
        self.known = replace(
            self.known,
            incidents=tuple(
                replace(one, ack=Ack(by="ann", at=one.last_seen, status=one.status))
                if (one.monitor, one.kind) == (monitor, kind) and one.is_open
                else one
                for one in self.known.incidents
            ),
        )


def told(decision: Decision) -> list[str]:
    """What is said aloud: ``monitor: event, reason``."""
    return [
        f"{change.incident.monitor}: {change.event}, {change.reason}"
        for change in decision.changes
        if change.notifies
    ]


def written(changes: Iterable[Change]) -> str:
    """Every change: ``event, reason``; one that is held back or silent in parentheses."""
    texts = [f"{change.event}, {change.reason}" for change in changes]
    speaks = [change.notifies for change in changes]
    return "; ".join(
        text if aloud else f"({text})" for text, aloud in zip(texts, speaks, strict=True)
    )
