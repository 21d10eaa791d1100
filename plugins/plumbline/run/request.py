"""What a run was asked to do: the arguments, checked, as one value.

The command line (and later the scheduler) makes it; the runner reads it. ``now`` comes in as a
parameter: nothing here reads the clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from plumbline.core.errors import ConfigError
from plumbline.core.instants import end_of, in_utc, is_same, last_day
from plumbline.core.run import Run
from plumbline.core.status import FailOn
from plumbline.project.project import DEFAULT_CHECKPOINT, Project
from plumbline.project.targets import Seed, Target

_FIRST_YEAR = 1970
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LIKE_AN_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


@dataclass(frozen=True)
class AsOf:
    """The instant that a run judges, and why that one."""

    instant: datetime
    """With the domain's zone, so that its date and time read as people there say them."""
    source: Literal["now", "given", "demo"]
    """``now``: a live run; ``given``: by ``--as-of``; ``demo``: the demo data's own day."""
    data: str = Seed.name
    """What the demo data is called."""

    @property
    def is_now(self) -> bool:
        """Whether the run is of now: only such a run may touch incidents unasked."""
        return self.source == "now"

    @property
    def note(self) -> str | None:
        """What to say about the choice; None where there is nothing to say."""
        if self.source != "demo":
            return None
        day = last_day(self.instant)
        return f"Without --as-of, a run on the {self.data} checks its day, {day}."


@dataclass(frozen=True)
class RunRequest:
    """One run of a checkpoint."""

    project: Project
    target: Target
    as_of: AsOf
    checkpoint: str = DEFAULT_CHECKPOINT
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    vars: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Values for parameters of the suites, before the suites' own."""
    fail_on: FailOn = "warning"
    alerts: bool | None = None
    """True: deliver in any case; False: never; None: only when the run is live and whole."""
    docs: bool = True

    def run(self, run_id: str) -> Run:
        """The run that it asks for."""
        return Run(
            run_id=run_id,
            checkpoint=self.checkpoint,
            target=self.target.name,
            as_of=self.as_of.instant,
            revision=self.project.revision,
        )

    @property
    def changed_by(self) -> tuple[str, ...]:
        """The options with which the monitors measure or judge something else than their files say:
        such a run is not part of their past."""
        options = {"--var": self.vars, "--param": self.parameters}
        return tuple(option for option, values in options.items() if values)

    @property
    def given(self) -> tuple[str, ...]:
        """``--as-of``, ``--var`` and ``--param``, with which a command asks the same again.

        Without an ``--as-of`` where none was given: whoever fixes something asks of now again.
        """
        given: list[str] = []
        source = self.as_of.source
        if source == "given" or (source == "now" and self.target.is_demo):
            given += ["--as-of", _as_written(self.as_of.instant)]
        for name, value in self.vars.items():
            given += ["--var", f"{name}={_as_yaml(value)}"]
        for name, value in self.parameters.items():
            given += ["--param", f"{name}={_as_yaml(value)}"]
        return tuple(given)


def choose_as_of(text: str | None, *, now: datetime, zone: ZoneInfo, target: Target) -> AsOf:
    """The instant of ``--as-of``, or the default of the target.

    Raises:
        ConfigError: ``text`` is neither a date nor an instant, or lies in the future.
    """
    if text is not None:
        return parse_as_of(text, now=now, zone=zone)
    if target.demo is not None:
        return AsOf(end_of(target.demo.judged_day, zone), "demo", target.demo.name)
    return AsOf(now.astimezone(zone), "now")


def parse_as_of(text: str, *, now: datetime, zone: ZoneInfo) -> AsOf:
    """A bare date is the end of that day in ``zone``; today's is now; an instant is itself.

    Raises:
        ConfigError: no date and no instant, an instant without zone, a future one, or one before
            1970.
    """
    text = text.strip()
    today = now.astimezone(zone).date()
    if _DAY.fullmatch(text):
        day = _date(text)
        _refuse_ancient(text, day)
        if day > today:
            raise _refused(
                f"{text} is later than today, {today} in {zone.key}",
                fix="give today's date, which means now, or an earlier one",
            )
        if day == today:
            return AsOf(now.astimezone(zone), "now")
        return AsOf(end_of(day, zone), "given")
    instant = _instant(text, zone)
    _refuse_ancient(text, instant)
    if in_utc(instant) > in_utc(now):
        raise _refused(
            f"{text} is later than now, {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            fix="give an earlier instant",
        )
    return AsOf(instant, "given")


def _refuse_ancient(text: str, day: date) -> None:
    # A window before it could begin before the first year that Python and BigQuery know.
    if day.year < _FIRST_YEAR:
        raise _refused(f"{text} is before {_FIRST_YEAR}", fix="give a later date")


def _as_written(instant: datetime) -> str:
    """As `parse_as_of` reads it: a date where a day has just ended, else the instant."""
    day = last_day(instant)
    zone = instant.tzinfo
    if isinstance(zone, ZoneInfo) and is_same(end_of(day, zone), instant):
        return day.isoformat()
    return instant.isoformat()


def _as_yaml(value: object) -> str:
    """As ``--var`` reads it: YAML on one line."""
    import yaml

    text: str = yaml.safe_dump(
        value, default_flow_style=True, width=float("inf"), allow_unicode=True
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(f"there is no date {text!r}", fix="write a date that exists") from None


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text) if _LIKE_AN_INSTANT.match(text) else None
    except ValueError:
        instant = None
    if instant is None:
        raise _refused(
            f"{text!r} is neither a date nor an instant",
            fix="write a date (2026-02-02) or an instant with its zone (2026-02-02T15:00:00-05:00)",
        )
    if instant.tzinfo is None:
        there = instant.replace(tzinfo=zone)
        raise _refused(
            f"{text!r} has no time zone",
            fix=f"write {there.isoformat()} for that time in {zone.key}",
        )
    try:
        return instant.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise _refused(f"{text!r} is out of range", fix="give a year from 1970 on") from None


def _refused(what: str, *, fix: str) -> ConfigError:
    return ConfigError(what, key="--as-of", fix=fix)
