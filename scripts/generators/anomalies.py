"""``docs/anomalies.md``: what ``expect_metric_to_follow_history`` alone finds in the demo season.

It replays the season with the shipped suites, and with suites that follow history in their place,
which takes some minutes, so it is made only when it is named.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from math import isclose
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from generators.cli import ROOT
from generators.detection_time import season
from plumbline.backtest.backtest import instants_of, judge_all, past_runs
from plumbline.backtest.fetch import Sent, ask
from plumbline.backtest.findings import NO_ALARM, LabelResult, Score, score
from plumbline.backtest.instants import Span
from plumbline.backtest.judging import Judge
from plumbline.backtest.replay import Replay, ReplayedIncident, replay_runs
from plumbline.checks.bounds import Bounds
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.core.text import amount, plain, span, with_unit
from plumbline.project import Project
from plumbline.project.files import Files
from plumbline.project.labels import Label, covered, project_labels
from plumbline.project.reading import MOST_BYTES
from plumbline.project.targets import Target
from plumbline.report.page import Block, Code, Items, Line, Name, Section, Strong, Table
from plumbline.report.wording import minute
from plumbline.report.writers import as_markdown
from plumbline.run.progress import NoProgress
from plumbline.warehouse.ready import ensure_ready

PAGE = Path("docs/anomalies.md")
HEAD = "<!-- made by scripts/generators from backtests of the demo season -->\n"

FOOT = """
Next: [a threshold that follows the data](writing-a-monitor.md#a-threshold-that-follows-the-data),
[backtest, calibrate, impact](backtest.md).
"""

NEVER = 1e12
"""The required bounds are so far away that only the baseline can fail."""

DEFAULTS = {"runs": 28, "minimum": 14, "deviations": 5, "least_deviation": 1}
"""As the page tells them; tests/unit/generators/test_anomalies.py holds them to the expectation."""


@dataclass(frozen=True)
class Settings:
    """One way to follow history."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    keeps_critical: bool = False
    """Whether the CRITICAL thresholds stay beside the baseline."""
    knows_labels: bool = False
    """Whether labelled incidents are left out of the baseline."""


ALONE = Settings("defaults")
OTHERS = (
    Settings("incidents labelled", knows_labels=True),
    Settings("beside the CRITICAL thresholds", keeps_critical=True),
)


@dataclass(frozen=True)
class Season:
    """The rows of all monitors at each run of the shipped schedules."""

    target: Target
    span: Span
    monitors: Mapping[str, Sequence[str]]
    """By checkpoint."""
    instants: Mapping[str, Sequence[datetime]]
    """By monitor."""
    asked: Mapping[str, Sent]
    """By monitor."""

    @classmethod
    def of(cls, project: Project) -> Season:
        """Asked of the embedded warehouse, once for all replays."""
        target = ensure_ready(replace(project.target("local"), emulator_host=None), _say)
        span = season(project)
        monitors = {name: project.checkpoint(name).monitors for name in span.checkpoints}
        instants = instants_of(span, monitors)
        asked = ask(project, target, instants, labels={"app": "plumbline"})
        return cls(target, span, monitors, instants, asked)

    def replay(
        self,
        project: Project,
        labels: Sequence[Label],
        settings: str,
        *,
        known: Sequence[Label] = (),
    ) -> Replayed:
        """What ``project`` finds in it.

        Args:
            labels: against which it is held.
            known: those that don't teach a baseline.
        """
        _say(f"replaying: {settings}")
        judge = Judge(project, self.target, known)
        found = judge_all(judge, self.asked, self.instants, NoProgress())
        for refused in found.refused.values():
            raise refused
        runs = past_runs(self.span, self.monitors, found.outcomes)
        replayed = replay_runs(runs, alerts=project.alerts.for_target(self.target.name))
        first, last = self.span.first, self.span.last
        return Replayed(
            settings,
            self.span,
            project.timezone,
            found.outcomes,
            replayed,
            score(replayed, found.outcomes, labels, first=first, last=last),
        )


@dataclass(frozen=True)
class Replayed:
    """A replay of the season, held against the labels."""

    settings: str
    span: Span
    zone: ZoneInfo
    outcomes: Mapping[str, Sequence[Outcome]]
    """By monitor, in order of time."""
    replay: Replay
    score: Score

    def false_alarms(self, monitor: str) -> int:
        return sum(one.incident.monitor == monitor for one in self.score.false_alarms)

    def time_in_false_alarm(self, monitor: str) -> timedelta:
        return self.score.alarms.get(monitor, NO_ALARM).false

    def messages(self, monitor: str) -> int:
        """Those about its incidents."""
        mine = {one.incident.id for one in self.replay.incidents if one.incident.monitor == monitor}
        return sum(not mine.isdisjoint(one.incidents) for one in self.replay.messages)

    def notified(self, monitor: str) -> int:
        """Its incidents of bad data that people were notified of."""
        return sum(
            one.incident.monitor == monitor and one.incident.kind == "data" and one.told > 0
            for one in self.replay.incidents
        )

    def precision(self, monitor: str) -> float | None:
        notified = self.notified(monitor)
        return (notified - self.false_alarms(monitor)) / notified if notified else None


def make_files() -> Mapping[Path, str]:
    """The page."""
    project = Project(ROOT)
    labels = project_labels(project, None) or ()
    rows = Season.of(project)
    fixed = rows.replay(project, labels, "fixed thresholds")
    alone, *others = (
        rows.replay(
            project_that_follows(project, one),
            labels,
            one.name,
            known=labels if one.knows_labels else (),
        )
        for one in (ALONE, *OTHERS)
    )
    return {PAGE: HEAD + page_of(project, fixed, alone, others) + FOOT}


def project_that_follows(project: Project, settings: Settings) -> Project:
    """The project with suites that follow history in the place of its own; no file is written."""
    edited = {
        project.expectations_dir / f"{name}.json": json.dumps(
            suite_that_follows(project.suite(name).raw, settings)
        ).encode()
        for name in project.suite_names()
    }
    return Project(project.root, _Edited(edited))


class _Edited(Files):
    """The files of a project, some with another content."""

    def __init__(self, edited: Mapping[Path, bytes]) -> None:
        super().__init__()
        self._edited = edited

    def content(self, file: Path, *, most: int = MOST_BYTES) -> bytes:
        found = self._edited.get(file)
        return super().content(file, most=most) if found is None else found


def suite_that_follows(suite: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """``suite``, as its file has it, with baselines in the place of its bounds.

    History holds the observed number of the monitor, and one number of each group. Bounds on
    anything else are left out.
    """
    others = [
        one
        for one in suite["expectations"]
        if one["type"] != OURS
        or (settings.keeps_critical and one.get("severity", "critical") == "critical")
    ]
    follow = [
        {"type": FOLLOWS_HISTORY, "severity": "warning", "kwargs": kwargs}
        for kwargs in _followed(suite, settings)
    ]
    return {**suite, "expectations": [*follow, *others]}


def _followed(suite: Mapping[str, Any], settings: Settings) -> Iterator[dict[str, Any]]:
    observed = suite["meta"]["monitor"].get("observed") or {}
    bounds = [one for one in suite["expectations"] if one["type"] == OURS]
    seen = set()
    for one in bounds:
        given = one["kwargs"]
        groups = tuple(given.get("group_by", ()))
        measured = given if groups else observed
        if groups in seen or given["column"] != measured.get("column"):
            continue
        seen.add(groups)
        kwargs = {"column": given["column"], "min_value": -NEVER, "max_value": NEVER}
        kwargs |= {name: measured[name] for name in ("aggregate",) if name in measured}
        kwargs |= {"group_by": list(groups)} if groups else {}
        yield kwargs | dict(settings.arguments)


def page_of(project: Project, fixed: Replayed, alone: Replayed, others: Sequence[Replayed]) -> str:
    """The page as Markdown, below its first line."""
    page = [
        Section("Anomalies without labels", tuple(_introduction(fixed, alone))),
        Section("What to expect", (Items(tuple(_advice(alone))),)),
        Section("Each incident", (_incidents(fixed, alone),)),
        Section("Each monitor", tuple(_monitors(project, fixed, alone))),
        Section("False alarms", tuple(_false_alarms(alone))),
        Section("Other settings", tuple(_other_settings(fixed, alone, others))),
        Section("Update this page", (
            "This takes some minutes:",
            Code("python scripts/generators anomalies", "sh"),
        )),
    ]  # fmt: skip
    return as_markdown(page, level=1)


def _introduction(fixed: Replayed, alone: Replayed) -> Iterator[Block]:
    judged, zone = alone.span, alone.zone
    yield (
        Name(FOLLOWS_HISTORY), " needs neither thresholds nor labels: it compares a metric with "
        "the monitor's own earlier runs. This page shows what it finds alone, beside the "
        "thresholds of the shipped suites, in a replay of the shipped schedules from "
        f"{minute(judged.first, zone)} to {minute(judged.last, zone)} {zone.key}.",
    )  # fmt: skip
    yield Table(
        ("", "Fixed thresholds", "History alone"),
        tuple(
            (name, of_fixed, of_history)
            for (name, of_fixed), (_, of_history) in zip(
                _totals(fixed), _totals(alone), strict=True
            )
        ),
    )
    defaults = ", ".join(f"{name} {value}" for name, value in DEFAULTS.items())
    yield (
        "For this comparison, each ", Name(OURS), " on the observed value or on groups is "
        "replaced by one ", Name(FOLLOWS_HISTORY), f" of severity warning with the defaults "
        f"({defaults}) and bounds so wide that they can't fail. The history begins with the "
        "season, and the baseline doesn't know the labelled incidents: they only count what was "
        "found. The history doesn't hold other columns, so expectations on them have no "
        "counterpart.",
    )  # fmt: skip


def _totals(one: Replayed) -> list[tuple[str, str]]:
    score = one.score
    labels = len(score.findings)
    delays = [late for each in score.findings if (late := each.delay) is not None]
    share = score.messages.share
    return [
        ("Labelled incidents found", f"{score.count('found')} of {labels}"),
        (f"Found within {span(score.within)} of due", f"{score.found_within} of {labels}"),
        ("Median delay", _late(median(delays)) if delays else ""),
        ("False alarms", str(len(score.false_alarms))),
        ("Time in false alarm", _hours(score.alarm.false)),
        ("Messages", str(score.messages.total)),
        ("Messages for each alarm", "" if share is None else f"{share:.1f}"),
        ("Precision", _percent(score.precision)),
    ]


def _incidents(fixed: Replayed, alone: Replayed) -> Table:
    return Table(
        ("Incident", "Fixed thresholds", "History alone"),
        tuple(
            (old.label.title, _found(fixed, old), _found(alone, new))
            for old, new in zip(fixed.score.findings, alone.score.findings, strict=True)
        ),
    )


def _found(replayed: Replayed, finding: LabelResult) -> Line:
    if finding.first is not None and finding.delay is not None:
        return f"{_late(finding.delay)}, ", Name(finding.first.monitor)
    why = "; ".join(_why_missed(replayed, finding)) or finding.reason
    return Strong(finding.result), f": {why}"


def _why_missed(replayed: Replayed, finding: LabelResult) -> Iterator[str]:
    """A clause for each monitor that looked and found nothing new; none where bounds are fixed."""
    label = finding.label
    failing = {seen.monitor for seen in finding.sightings}
    for name in label.monitors:
        judged = [
            outcome
            for outcome in replayed.outcomes.get(name, ())
            if (label.due or label.began) <= outcome.as_of <= label.ends
            and outcome.status.is_judged
        ]
        measures = [one for outcome in judged for one in _measures(outcome)]
        if name in failing or not any(one.follows for one in measures):
            continue
        known = [one for one in measures if one.band is not None]
        if not known:
            yield f"{name} had no baseline yet"
        else:
            yield f"{name}: {max(known, key=lambda one: one.distance).words}"


@dataclass(frozen=True)
class _Measure:
    """A number of a run: of the monitor itself, or of one of its groups."""

    name: str
    observed: float
    unit: str
    lines: Sequence[ThresholdLine]

    @property
    def follows(self) -> bool:
        return len(self.lines) == 2  # a band has two sides, a threshold one

    @property
    def band(self) -> tuple[float, float] | None:
        """Lowest and highest value that pass; None: there is no baseline yet."""
        low, high = sorted(line.value for line in self.lines) if self.follows else (-NEVER, NEVER)
        return (low, high) if low > -NEVER and high < NEVER else None

    def passes(self, value: float) -> bool:
        return all(Bounds.of_line(line).keep(value) for line in self.lines)

    @property
    def distance(self) -> float:
        """From the middle of the band, in half widths of it."""
        low, high = self.band or (-NEVER, NEVER)
        half = (high - low) / 2
        return abs(self.observed - (low + half)) / half if half else 0.0

    @property
    def words(self) -> str:
        low, high = self.band or (-NEVER, NEVER)
        of = f" of {self.name}" if self.name else ""
        return (
            f"{amount(self.observed, self.unit)}{of}, usual is {plain(low)} to "
            f"{with_unit(plain(high), self.unit)}"
        )


def _measures(outcome: Outcome) -> Iterator[_Measure]:
    if outcome.lines and outcome.observed is not None:
        yield _Measure("", outcome.observed, outcome.unit, outcome.lines)
    for group in outcome.groups:
        if group.usual and group.observed is not None:  # not a row that only contributes
            yield _Measure(group.key.label, group.observed, group.unit, group.lines)


def _monitors(project: Project, fixed: Replayed, alone: Replayed) -> Iterator[Block]:
    rows: list[tuple[Line, ...]] = []
    for name in alone.outcomes:
        rows.append(
            (
                Name(name),
                _subjects(project, name),
                _first_baseline(alone, name),
                _last_band(alone, name),
                *(
                    f"{before} / {after}"
                    for before, after in zip(
                        _counts(fixed, name), _counts(alone, name), strict=True
                    )
                ),
            )
        )
    yield "Pairs are fixed thresholds / history alone. What passes is that of the last run."
    yield Table(
        (
            "Monitor", "Follows", "First baseline", "Passes", "False alarms",
            "Time in false alarm", "Messages", "Precision",
        ),
        tuple(rows),
    )  # fmt: skip
    missing = {
        name: columns
        for name in alone.outcomes
        if (columns := _without_history(project.suite(name).raw))
    }
    if missing:
        named = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in missing.items())
        yield f"Bounds without a counterpart: {named}."


def _counts(one: Replayed, monitor: str) -> tuple[str, ...]:
    return (
        str(one.false_alarms(monitor)),
        _hours(one.time_in_false_alarm(monitor)),
        str(one.messages(monitor)),
        _percent(one.precision(monitor)),
    )


def _subjects(project: Project, monitor: str) -> Line:
    parts: list[str] = []
    for kwargs in _followed(project.suite(monitor).raw, ALONE):
        of = f"{kwargs['aggregate']} of " if "aggregate" in kwargs else ""
        by = f" by {', '.join(kwargs['group_by'])}" if "group_by" in kwargs else ""
        parts += [", " if parts else "", of, Name(kwargs["column"]), by]
    return tuple(parts)


def _without_history(suite: Mapping[str, Any]) -> list[str]:
    followed = {one["column"] for one in _followed(suite, ALONE)}
    columns = [one["kwargs"]["column"] for one in suite["expectations"] if one["type"] == OURS]
    return [column for column in dict.fromkeys(columns) if column not in followed]


def _first_baseline(replayed: Replayed, monitor: str) -> str:
    for outcome in replayed.outcomes[monitor]:
        if any(one.band is not None for one in _measures(outcome)):
            return _day(outcome.as_of, replayed)
    return "never"


def _last_band(replayed: Replayed, monitor: str) -> str:
    """Of the last run with one; of groups, that of the widest."""
    for outcome in reversed(replayed.outcomes[monitor]):
        bands = [(one.band, one.unit) for one in _measures(outcome) if one.band is not None]
        if bands:
            (low, high), unit = max(bands, key=lambda one: one[0][1] - one[0][0])
            several = "widest: " if len(bands) > 1 else ""
            return f"{several}{plain(low)} to {with_unit(plain(high), unit)}"
    return ""


def _false_alarms(alone: Replayed) -> Iterator[Block]:
    if not alone.score.false_alarms:
        yield "None."
        return
    zone = alone.zone
    yield Table(
        ("Monitor", "From", "To", "Why"),
        tuple(
            (
                Name(one.incident.monitor),
                minute(one.incident.opened_at, zone),
                minute(one.incident.closed_at, zone) or "open at the end",
                _why_failed(alone, one),
            )
            for one in alone.score.false_alarms
        ),
    )


def _why_failed(replayed: Replayed, incident: ReplayedIncident) -> str:
    """What was least usual in the run that opened it."""
    (outcome,) = (
        one
        for one in replayed.outcomes[incident.incident.monitor]
        if one.as_of == incident.incident.opened_at
    )
    measures = [one for one in _measures(outcome) if one.band is not None]
    failing = [one for one in measures if not one.passes(one.observed)]
    if not failing:  # a group that is missing
        return incident.summary
    worst = max(failing, key=lambda one: one.distance)
    more = f"; {len(failing) - 1} more" if len(failing) > 1 else ""
    return f"{worst.words}{more}"


def _other_settings(
    fixed: Replayed, alone: Replayed, others: Sequence[Replayed]
) -> Iterator[Block]:
    yield (
        "The same replay with other arguments. With incidents labelled, the baseline leaves out "
        "runs within them."
    )
    header = tuple(name for name, _ in _totals(alone))
    yield Table(
        ("Settings", *header),
        tuple(
            (one.settings, *(value for _, value in _totals(one))) for one in (fixed, alone, *others)
        ),
    )


def _advice(alone: Replayed) -> Iterator[Line]:
    names = list(alone.outcomes)
    noisy = [
        name
        for name in names
        if alone.false_alarms(name) or alone.time_in_false_alarm(name) >= timedelta(hours=1)
    ]
    good = [name for name in names if alone.notified(name) and name not in noisy]
    labels = [one.label for one in alone.score.findings]
    blind = [name for name in names if _saw_none(alone.outcomes[name], name, labels)]
    yield (
        Strong("Good for metrics that are steady while all is well"), ": shares, delays, numbers "
        "of completed steps. Alerts, and no time in false alarm: ", *_named(good), ".",
    )  # fmt: skip
    yield (
        Strong("Noisy where a healthy metric varies with something else"), ", such as the number "
        "of games of a day, or with the size of a small group. Both sides fail, so an unusually "
        "good value alerts too. False alarms, and time in false alarm: ",
        *_named(
            noisy,
            lambda name: f" ({alone.false_alarms(name)}, "
            f"{_hours(alone.time_in_false_alarm(name))})",
        ), ".",
    )  # fmt: skip
    yield from _wide(alone, names)
    narrow = [name for name in names if _is_least(alone, name)]
    yield (
        Strong("least_deviation decides where healthy values are all the same"), ": its default, "
        f"{DEFAULTS['least_deviation']}, is in the metric's unit. One missing game or one late "
        "hour passes, and one failed run of many alerts. Set it to the change that should "
        "alert. It decides the band of: ", *_named(narrow), ". Failed in none of its labelled "
        "incidents: ", *_named(blind), ".",
    )  # fmt: skip
    yield from _gone(alone, names)
    yield from _first_runs(alone, names)
    yield from _long_incident(alone)
    yield (
        Strong("What passes becomes the baseline"),
        ": a slow decline, an incident within the "
        "band, an incident before the first baseline. Label past incidents to leave them out, and "
        "set min_value and max_value to values that are never acceptable.",
    )
    yield (
        Strong("A new level fails until it is accepted"),
        ": a failing run doesn't count, so a "
        "legitimate change fails on every run until the suite says since.",
    )
    yield (
        Strong("No faster than a fixed threshold"),
        ": an incident is found by the first run after "
        "the data is due. same_weekday needs minimum weeks, so lower minimum with it; it helps "
        "only if the metric depends on the weekday itself.",
    )


def _saw_none(outcomes: Sequence[Outcome], monitor: str, labels: Sequence[Label]) -> bool:
    """Whether there are labels of ``monitor``, and it failed within none of them."""
    mine = [label for label in labels if monitor in label.monitors]
    failing = [one.as_of for one in outcomes if one.status in (Status.WARNING, Status.CRITICAL)]
    return bool(mine) and not any(covered(mine, monitor, at) for at in failing)


def _gone(alone: Replayed, names: Sequence[str]) -> Iterator[Line]:
    """Groups that were missing in the last run."""
    missing = {
        name: gone
        for name in names
        if (gone := [one.key.label for one in _last_judged(alone, name) if one.is_missing])
    }
    yield (
        Strong("A group that is gone fails until the suite retires it"), ", which the time in "
        "false alarm shows. Missing in the last run: ",
        *_named(missing, lambda name: f" ({', '.join(missing[name])})"), ".",
    )  # fmt: skip


def _last_judged(replayed: Replayed, monitor: str) -> Sequence[GroupOutcome]:
    """The groups of the last run that judged any."""
    judged = (one.groups for one in reversed(replayed.outcomes[monitor]) if one.status.is_judged)
    return next(judged, ())


def _wide(alone: Replayed, names: Sequence[str]) -> Iterator[Line]:
    """Monitors for which half of what is typical passes."""
    wide = {
        name: share
        for name in names
        if (share := _share_of_halves(alone.outcomes[name])) is not None and share > 0
    }
    yield (
        Strong("A count that varies has a wide band"), ": five spreads can be more than the "
        "median. 0 fails if it never occurred, but a day with half of the rows passes. Follow a "
        "rate instead, such as rows per game, or set min_value. Half of the typical value passes "
        "in the share of runs given: ",
        *_named(wide, lambda name: f" ({_percent(wide[name])})"), ".",
    )  # fmt: skip


def _share_of_halves(outcomes: Sequence[Outcome]) -> float | None:
    """The share of the bands in which half of what is typical of the season passes, where that half
    is more than least_deviation; None: there is no band."""
    bands = [one for outcome in outcomes for one in _measures(outcome) if one.band is not None]
    observed: dict[str, list[float]] = {}
    for one in bands:
        observed.setdefault(one.name, []).append(one.observed)
    halves = {name: median(values) / 2 for name, values in observed.items()}
    passes = [
        DEFAULTS["least_deviation"] < halves[one.name] and one.passes(halves[one.name])
        for one in bands
    ]
    return sum(passes) / len(passes) if passes else None


def _first_runs(replayed: Replayed, names: Sequence[str]) -> Iterator[Line]:
    firsts = sorted(day for name in names if (day := _first_baseline(replayed, name)) != "never")
    without = {
        name: counts for name in names if (counts := _groups_without_baseline(replayed, name))[0]
    }
    yield (
        Strong("Silent at first"), f": it needs {DEFAULTS['minimum']} days with a good run. The "
        f"season begins on {_day(replayed.span.first, replayed)}; the monitors' first "
        f"baselines are of {firsts[0] if firsts else 'no day'} to "
        f"{firsts[-1] if firsts else 'no day'}. Each new group starts again. Groups without a "
        "baseline in the last run: ",
        *_named(without, lambda name: f" ({without[name][0]} of {without[name][1]})"), ".",
    )  # fmt: skip


def _groups_without_baseline(replayed: Replayed, monitor: str) -> tuple[int, int]:
    judged = [one for one in replayed.outcomes[monitor] if one.status.is_judged]
    measures = list(_measures(judged[-1])) if judged else []
    if len(measures) < 2:  # the monitor itself is no group
        return 0, 0
    return sum(one.follows and one.band is None for one in measures), len(measures)


def _long_incident(alone: Replayed) -> Iterator[Line]:
    """How the longest incident that was found went on."""
    found = [one for one in alone.score.findings if one.first is not None]
    if not found:
        return
    longest = max(found, key=lambda one: len(one.label.dates))
    assert longest.first is not None
    label, name = longest.label, longest.first.monitor
    end = datetime.combine(max(label.dates), time.max, tzinfo=alone.zone)
    runs = [
        outcome
        for outcome in alone.outcomes[name]
        if longest.first.at <= outcome.as_of <= end and outcome.status.is_judged
    ]
    failed = sum(outcome.status.is_failing for outcome in runs)
    yield (
        Strong("A long incident doesn't become normal"), " once it fails, because failing runs "
        f"don't count: of the {len(runs)} runs of ", Name(name), " from the first alert to the "
        f"last affected day of “{label.title}” ({len(label.dates)} days), {failed} failed.",
    )  # fmt: skip


def _is_least(replayed: Replayed, monitor: str) -> bool:
    """Whether the last band is as narrow as bands get."""
    for outcome in reversed(replayed.outcomes[monitor]):
        bands = [one.band for one in _measures(outcome) if one.band is not None]
        if bands:
            least = 2 * DEFAULTS["least_deviation"]
            return all(isclose(high - low, least) for low, high in bands)
    return False


def _named(names: Iterable[str], remark: Callable[[str], str] = lambda _: "") -> tuple[str, ...]:
    parts: list[str] = []
    for name in names:
        parts += [", " if parts else "", Name(name), remark(name)]
    return tuple(parts) or ("none",)


def _day(at: datetime, replayed: Replayed) -> str:
    return f"{at.astimezone(replayed.zone):%Y-%m-%d}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _late(delay: timedelta) -> str:
    return f"{span(-delay)} before due" if delay < timedelta() else span(delay)


def _hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.0f} h"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
