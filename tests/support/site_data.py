"""A site's data as the demo season's day leaves them, for tests of pages and for screenshots.

The last day's numbers are those of ``plumbline run health_check`` on the demo season; the history
before it is made by a seeded generator, with the season's known faults in it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.model import Ack, FailingGroup, Incident
from plumbline.core.failure import FailingColumn, FailingRows, Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.mute import Mute
from plumbline.core.outcome import GroupOutcome, Outcome, Result
from plumbline.core.status import RunStatus, Status, run_status, score
from plumbline.site.changes import SuiteChange
from plumbline.site.expectations import ExpectationPast
from plumbline.site.rows import ExpectationRow, Row, RunRow, Sighted
from plumbline.site.view_models import (
    CheckpointView,
    GroupSeries,
    IncidentMonth,
    IncidentView,
    MonitorView,
    MonthView,
    SeriesPoint,
    SiteData,
    SuiteLine,
    ThresholdLine,
    TimelineEntry,
    days_of,
)

ROOT = Path(__file__).parents[2]
ZONE = ZoneInfo("America/New_York")
LAST_DAY = date(2026, 2, 2)
DAYS = 90
BREAKS = {
    date(2025, 11, 27): "no games: Thanksgiving",
    date(2025, 12, 24): "no games: Christmas Eve",
}
SYSTEMS = {
    "moving_average": (0, 243),
    "ensemble_v1": (12, 244),
    "zone_matchup_v1": (21, 243),
    "similarity_balanced_v1": (25, 246),
    "catboost_v8": (52, 242),
    "ensemble_v1_1": (63, 239),
    "catboost_v9": (166, 218),
}
MORE_SYSTEMS = tuple(f"catboost_v9_q{part}" for part in range(43, 52))
"""With them, sixteen systems."""

_BELOW = "below"
_LINE = (ThresholdLine("warning", 80.0), ThresholdLine("critical", 50.0))
_OLD_LINE = (ThresholdLine("warning", 70.0), ThresholdLine("critical", 50.0))
_BUILT = datetime(2026, 2, 3, 0, 12, tzinfo=ZONE)
_NEXT = datetime(2026, 2, 4, 0, 0, tzinfo=ZONE)


def end_of(day: date) -> datetime:
    """The instant at which ``day`` is judged."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZONE)


def site_data(**changes: object) -> SiteData:
    """The demo season on 2026-02-02: two monitors CRITICAL, three PASS, score 60."""
    days = [LAST_DAY - timedelta(days=back) for back in reversed(range(DAYS))]
    monitors = (
        _line_coverage(days),
        _grading_completeness(days),
        _phase_completion(days),
        _recent_predictions(days),
        _bdb_coverage(days),
    )
    runs = _runs(days, monitors)
    data = SiteData(
        title="nba-props-platform",
        target="local",
        zone=ZONE,
        built_at=_BUILT,
        next_build=_NEXT,
        last_run=runs[-1],
        monitors=monitors,
        incidents=_incidents(),
        incident_months=(
            IncidentMonth("2025-10", ("line_coverage-77aa0190",), (_october(),)),
            IncidentMonth("2025-09", ("phase_completion-00c0ffee",), None),
        ),
        mutes=(
            Mute(
                "bdb_coverage",
                "data-platform",
                "BigDataBall answers a day late this week",
                datetime(2026, 2, 6, 9, tzinfo=ZONE),
            ),
        ),
        checkpoints=(CheckpointView(tuple(runs), _NEXT),),
        days=days_of(runs, ZONE, days[0], days[-1]),
        runs=tuple(reversed(runs)),
        revision="a0e0d3d86cce",
    )
    return replace(data, **changes)


def many_monitors(count: int, runs: int) -> SiteData:
    """``count`` monitors, a third of them wrong, each with ``runs`` runs."""
    data = site_data()
    first = data.monitors[0]
    fine = data.monitors[2]
    monitors = []
    for index in range(count):
        like = first if index % 3 == 0 else fine
        name = f"{like.name}_of_region_{index:02d}"
        latest = replace(like.latest, monitor=name)
        monitors.append(replace(like, name=name, latest=latest, rows=like.rows[-runs:]))
    return replace(data, monitors=tuple(monitors))


def _outcome(monitor: str, status: Status, summary: str, **changes: object) -> Outcome:
    outcome = Outcome(
        monitor=monitor,
        status=status,
        summary=summary,
        as_of=end_of(LAST_DAY),
        owner="ml-platform",
        runbook=f"docs/runbooks/{monitor}.md",
    )
    return replace(outcome, **changes)


def _view(latest: Outcome, points: tuple[SeriesPoint, ...], **changes: object) -> MonitorView:
    name = latest.monitor
    good = [point for point in points if point.status is Status.PASS]
    since = points[-1].at
    for point in reversed(points):
        if point.status is not latest.status:
            break
        since = point.at
    pasts = tuple(_past(points, severity) for severity in ("warning", "critical"))
    rows = [
        _row(point, latest, summary=latest.summary if point is points[-1] else "")
        for point in points
    ]
    view = MonitorView(
        name=name,
        latest=latest,
        since=since,
        checkpoints=("health_check",),
        owner=latest.owner,
        next_run=_NEXT,
        last_good=good[-1] if good else None,
        rows=(*rows[:-1], _with_expectations(rows[-1], pasts)),
        months=(
            MonthView("2026-01", _month_rows(points, latest)),
            MonthView("2025-12", None),
        ),
        suite_name=name,
        expectations=pasts,
        description=f"What {name} says of a game day.",
        sql=(ROOT / "models" / "monitors" / f"{name}.sql").read_text(),
        runbook=(ROOT / "docs" / "runbooks" / f"{name}.md").read_text(),
    )
    return replace(view, **changes)


def _with_expectations(row: Row, pasts: tuple[ExpectationPast, ...]) -> Row:
    results: dict[str, Result] = {"f": "fail", "e": "error", "p": "pass", "s": "skip"}
    said = (ExpectationRow(one.key, results[one.days[-1]], one.severity, one.text) for one in pasts)
    return replace(row, expectations=tuple(said))


def _past(points: tuple[SeriesPoint, ...], severity: str) -> ExpectationPast:
    """An expectation that failed where the monitor had at least its severity."""
    failing = {severity.upper(), "CRITICAL"}
    letters = {"ERROR": "e", "SKIPPED": "s", **dict.fromkeys(failing, "f")}
    said = "".join(letters.get(point.status, "p") for point in points)
    text = f"the number must be well enough for {severity}"
    return ExpectationPast(severity, severity, text, LAST_DAY, said)


def _row(point: SeriesPoint, latest: Outcome, *, summary: str = "") -> Row:
    return Row(
        at=point.at,
        status=point.status,
        observed=point.observed,
        unit=latest.unit,
        thresholds=", ".join(f"{line.severity} < {line.value:g}" for line in point.thresholds),
        lines=point.thresholds,
        summary=BREAKS.get((point.at - timedelta(days=1)).date(), "") or summary,
        run_id=f"run-{point.at:%Y%m%d}",
        seconds=2.4,
        bytes_billed=18_874_368,
        revision="a0e0d3d86cce",
        is_archived=(point.at.year, point.at.month) < (2026, 2),
    )


def _month_rows(points: tuple[SeriesPoint, ...], latest: Outcome) -> tuple[Row, ...]:
    return tuple(
        _row(point, latest) for point in points if (point.at.year, point.at.month) == (2026, 1)
    )


def _point(
    day: date, observed: float | None, status: Status, thresholds: tuple[ThresholdLine, ...]
) -> SeriesPoint:
    if day in BREAKS:
        return SeriesPoint(end_of(day), Status.SKIPPED)
    return SeriesPoint(end_of(day), status, observed, thresholds)


def _share_status(value: float) -> Status:
    if value < 50:
        return Status.CRITICAL
    return Status.WARNING if value < 80 else Status.PASS


DRILLDOWN = """select game_date, game_id, player_lookup, created_at
from `nba-props-platform`.`nba_predictions`.`ml_feature_store_v2`
where
    game_date in (date '2026-02-02', date '2026-02-01') and array_length(features) >= 33
    and not coalesce(features[safe_offset(25)] > 0, false)
order by game_date, game_id, player_lookup"""


def _line_coverage(days: list[date]) -> MonitorView:
    rng = random.Random("line_coverage")
    points = []
    for day in days:
        value = 92 + rng.uniform(-3, 3)
        if day <= date(2025, 11, 12):
            value = 0.0
        elif day >= date(2026, 1, 26):
            value = rng.uniform(40.5, 48)
        elif day == date(2025, 12, 19):
            value = 74.6
        if day == LAST_DAY:
            value = 44.2
        lines = _OLD_LINE if day < date(2025, 12, 8) else _LINE
        points.append(_point(day, value, _share_status(value), lines))
    latest = _outcome(
        "line_coverage",
        Status.CRITICAL,
        "44.2 %; mean of coverage_pct must be at least 50 %: 2026-02-01 47.7 %, 2026-02-02 40.7 %",
        observed=44.2,
        unit="%",
        thresholds="mean of coverage_pct: warning < 80 %, critical < 50 %",
        impact="The prediction systems score players without the Vegas points line, so their predictions are worse than they look.",
        action="gcloud run services describe nba-phase4-precompute-processors",
        failures=(
            Failure(
                "expect_metric_to_be_between",
                "critical",
                "mean of coverage_pct must be at least 50 %",
                column="coverage_pct",
                counted="groups",
                unexpected_count=1,
                element_count=1,
                unexpected_percent=100.0,
                samples=(44.2,),
                unit="%",
                threshold=50.0,
            ),
            Failure(
                "expect_column_values_to_be_unique",
                "warning",
                "player_lookup must be unique",
                column="player_lookup",
                row_condition="game_date is not null",
                unexpected_count=3,
                element_count=1204,
                missing_count=4,
                unexpected_percent=0.25,
                samples=("masked-3f2a9c81d0", "masked-80513c7671"),
            ),
        ),
        groups=(
            _group({"game_date": date(2026, 2, 2)}, 61, 150, Status.CRITICAL),
            _group({"game_date": date(2026, 2, 1)}, 179, 375, Status.CRITICAL),
        ),
        drilldown=DRILLDOWN,
    )
    return _view(
        latest,
        tuple(points),
        description="Share of players of a game day whose feature vector holds a Vegas points line. days = 1 looks at two dates: the anchor and the day before it.",
        suite=(
            SuiteLine(
                "warning",
                "the mean of coverage_pct must be at least 80 %",
            ),
            SuiteLine(
                "critical",
                "the mean of coverage_pct must be at least 50 %",
            ),
        ),
        failing=FailingRows(
            (
                FailingColumn("game_date"),
                FailingColumn("player_lookup", personal=True),
                FailingColumn("coverage_pct"),
            ),
            (
                (date(2026, 2, 2), "lebronjames", 40.7),
                (date(2026, 2, 1), "stephencurry", 47.7),
            ),
            total=2,
        ),
        incidents=("line_coverage-3f9c2a71", "line_coverage-b4410d9e", "line_coverage-1c0de5aa"),
        changes=(
            SuiteChange(
                "a0e0d3d86cce",
                datetime(2026, 1, 20, 9, 12, tzinfo=ZONE),
                "Ana Lyst",
                "Read the line by its element",
                ("model",),
            ),
            SuiteChange(
                "bd40b5f0c1d2",
                datetime(2025, 12, 7, 16, 30, tzinfo=ZONE),
                "Bo Ro",
                "Warn below 80 %: healthy days are above 90",
                ("suite",),
                (
                    "mean of coverage_pct: warning < 70 %, critical < 50 % → warning < 80 %, critical < 50 %",
                    "vars.days: 2 → 1",
                ),
            ),
        ),
    )


def _group(key: dict[str, object], good: int, total: int, status: Status) -> GroupOutcome:
    return GroupOutcome(
        key=GroupKey.of(key),
        status=status,
        observed=100 * good / total,
        numerator=good,
        denominator=total,
        threshold=80.0 if status is Status.WARNING else 50.0,
        unit="%",
    )


def _grading_completeness(days: list[date]) -> MonitorView:
    rng = random.Random("grading_completeness")
    finals = {name: 100 * good / total for name, (good, total) in SYSTEMS.items()}
    finals |= {name: rng.uniform(91, 99.5) for name in MORE_SYSTEMS}
    series = []
    failing_by_day = dict.fromkeys(days, 0)
    for name, final in finals.items():
        points = []
        for index, day in enumerate(days):
            value = rng.uniform(90, 100)
            if date(2026, 1, 17) <= day <= date(2026, 1, 19):
                value = rng.uniform(0, 20)
            if name in SYSTEMS and day == date(2026, 2, 1):
                value = (value + 2 * final) / 3
            if day == LAST_DAY:
                value = final
            if name in MORE_SYSTEMS and index < 45:
                continue
            status = _share_status(value)
            failing_by_day[day] += status is Status.CRITICAL
            points.append(_point(day, value, status, _LINE))
        series.append(GroupSeries(GroupKey.of({"system_id": name}).text, name, "%", tuple(points)))
    totals = []
    for day in days:
        count = failing_by_day[day]
        totals.append(_point(day, count, Status.CRITICAL if count else Status.PASS, ()))
    latest = _outcome(
        "grading_completeness",
        Status.CRITICAL,
        "6 of 16 systems critical; graded_pct of each system_id must be at least 50 %: moving_average 0.0 %, ensemble_v1 4.9 %, zone_matchup_v1 8.6 %, similarity_balanced_v1 10.2 %, catboost_v8 21.5 % and 1 more",
        observed=6,
        unit="systems",
        thresholds="graded_pct by system_id: warning < 80 %, critical < 50 %",
        impact="Accuracy of the listed prediction systems is unknown.",
        action="gcloud run services logs read nba-grading-service --limit=100",
        notes=("not counted: 1 game postponed",),
        depends_on=("game_status_lag",),
        groups=tuple(
            _group({"system_id": name}, good, total, _share_status(100 * good / total))
            for name, (good, total) in SYSTEMS.items()
        ),
    )
    return _view(
        latest,
        tuple(totals),
        groups=tuple(series),
        suite=(
            SuiteLine(
                "warning",
                "graded_pct of each system_id must be at least 80 %",
            ),
            SuiteLine(
                "critical",
                "graded_pct of each system_id must be at least 50 %",
            ),
            SuiteLine("warning", "every game whose final score is due is final"),
        ),
        incidents=("grading_completeness-90ab17c4", "grading_completeness-5d21e0f3"),
    )


def _phase_completion(days: list[date]) -> MonitorView:
    lines = (ThresholdLine("warning", 5.0), ThresholdLine("critical", 3.0))
    points = tuple(
        _point(
            day,
            4 if day == date(2025, 12, 30) else 5,
            Status.WARNING if day == date(2025, 12, 30) else Status.PASS,
            lines,
        )
        for day in days
    )
    latest = _outcome(
        "phase_completion",
        Status.PASS,
        "5 of 5 processors",
        observed=5,
        unit="processors",
        thresholds="sum of complete: warning < 5 processors, critical < 3 processors",
        owner="data-platform",
    )
    return _view(latest, points)


def _recent_predictions(days: list[date]) -> MonitorView:
    rng = random.Random("recent_predictions")
    lines = (ThresholdLine("warning", 100.0), ThresholdLine("critical", 50.0))
    points = tuple(
        _point(day, 281 if day == LAST_DAY else rng.randint(230, 620), Status.PASS, lines)
        for day in days
    )
    latest = _outcome(
        "recent_predictions",
        Status.PASS,
        "281 predictions",
        observed=281,
        unit="predictions",
        thresholds="max of primary_predictions: warning ≤ 100 predictions, critical ≤ 50 predictions",
    )
    return _view(latest, points)


def _bdb_coverage(days: list[date]) -> MonitorView:
    points = []
    for day in days:
        if date(2026, 1, 21) <= day <= date(2026, 1, 23):
            points.append(SeriesPoint(end_of(day), Status.ERROR))
            continue
        value = 63.0 if day == date(2026, 1, 24) else 100.0
        lines = (ThresholdLine("warning", 90.0), ThresholdLine("critical", 50.0))
        points.append(_point(day, value, Status.WARNING if value < 90 else Status.PASS, lines))
    latest = _outcome(
        "bdb_coverage",
        Status.PASS,
        "100.0 %",
        observed=100.0,
        unit="%",
        thresholds="mean of covered_pct: warning < 90 %, critical < 50 %",
        owner="data-platform",
    )
    mute = Mute(
        "bdb_coverage",
        "data-platform",
        "BigDataBall answers a day late this week",
        datetime(2026, 2, 6, 9, tzinfo=ZONE),
    )
    return _view(latest, tuple(points), muted=mute, incidents=("bdb_coverage-e77e0aa1",))


def _runs(days: list[date], monitors: tuple[MonitorView, ...]) -> list[RunRow]:
    runs = []
    for index, day in enumerate(days):
        if day == date(2025, 12, 11):
            continue  # the scheduler was down
        statuses = [view.points[index].status for view in monitors]
        names = ("passed", "warning", "critical", "error", "skipped")
        values = (Status.PASS, Status.WARNING, Status.CRITICAL, Status.ERROR, Status.SKIPPED)
        runs.append(
            RunRow(
                run_id=f"run-{day:%Y%m%d}",
                checkpoint="health_check",
                as_of=end_of(day),
                status=RunStatus(run_status(statuses)),
                score=score(statuses),
                counts={
                    name: statuses.count(value) for name, value in zip(names, values, strict=True)
                },
                seconds=22.7,
                revision="a0e0d3d86cce",
                note=BREAKS.get(day, ""),
            )
        )
    return runs


def _member(label: str, observed: float, good: int, total: int, since: datetime) -> FailingGroup:
    return FailingGroup(
        key=GroupKey.of({"system_id": label}).text,
        label=label,
        status=_share_status(observed),
        since=since,
        last_seen=end_of(LAST_DAY),
        observed=observed,
        numerator=good,
        denominator=total,
        threshold=50.0,
        unit="%",
    )


def _delivered(at: datetime) -> TimelineEntry:
    return TimelineEntry(at, "notified", "slack-error", "delivered on the first attempt")


def _incidents() -> tuple[IncidentView, ...]:
    def closed(
        name: str,
        monitor: str,
        first: date,
        last: date,
        status: Status,
        summary: str,
        **changes: object,
    ) -> IncidentView:
        incident = Incident(
            id=name,
            monitor=monitor,
            kind="data",
            status=status,
            worst=status,
            opened_at=end_of(first),
            last_seen=end_of(last - timedelta(days=1)),
            checkpoint="health_check",
            summary=summary,
            notified_at=end_of(first),
            notified_status=status,
            notified_channels=("slack-error",),
            closed_at=end_of(last),
            ending="resolved",
            owner="ml-platform",
        )
        return IncidentView(
            replace(incident, **changes),
            (
                TimelineEntry(
                    end_of(first),
                    "event",
                    "opened",
                    summary,
                    status,
                    messages=(_delivered(end_of(first)),),
                ),
                TimelineEntry(
                    end_of(last),
                    "event",
                    "resolved",
                    "well again",
                    Status.PASS,
                    messages=(_delivered(end_of(last)),),
                ),
            ),
        )

    line_since = end_of(date(2026, 1, 26))
    line = Incident(
        id="line_coverage-3f9c2a71",
        monitor="line_coverage",
        kind="data",
        status=Status.CRITICAL,
        worst=Status.CRITICAL,
        opened_at=line_since,
        last_seen=end_of(LAST_DAY),
        checkpoint="health_check",
        sequence=9,
        members=(
            _member("2026-02-02", 40.7, 61, 150, end_of(LAST_DAY)),
            _member("2026-02-01", 47.7, 179, 375, end_of(date(2026, 2, 1))),
        ),
        left=6,
        summary="44.2 %; mean of coverage_pct must be at least 50 %: 2026-02-01 47.7 %, 2026-02-02 40.7 %",
        notified_at=end_of(date(2026, 2, 1)),
        notified_status=Status.CRITICAL,
        notified_channels=("slack-error",),
        owner="ml-platform",
        ack=Ack(
            "ana",
            datetime(2026, 1, 27, 9, 40, tzinfo=ZONE),
            Status.CRITICAL,
            "the fix is merged, waits for a deployment",
        ),
    )
    line_story = (
        TimelineEntry(
            line_since,
            "observed",
            "46.1 %",
            "mean of coverage_pct must be at least 50 %: 2026-01-25 91.8 %, 2026-01-26 0.4 %",
            Status.CRITICAL,
            ("2026-01-26",),
        ),
        TimelineEntry(
            line_since,
            "event",
            "opened",
            "first failure",
            Status.CRITICAL,
            messages=(
                TimelineEntry(line_since, "not notified", "slack-error", "retry: a timeout"),
                _delivered(line_since + timedelta(minutes=1)),
            ),
        ),
        TimelineEntry(
            datetime(2026, 1, 27, 9, 40, tzinfo=ZONE),
            "event",
            "acknowledged by ana",
            "the fix is merged, waits for a deployment",
        ),
        TimelineEntry(
            end_of(date(2026, 1, 27)),
            "observed",
            "43.5 %",
            "",
            Status.CRITICAL,
            ("2026-01-26", "2026-01-27"),
        ),
        TimelineEntry(
            end_of(date(2026, 1, 27)), "not notified", "reminder held back", "acknowledged"
        ),
        TimelineEntry(
            end_of(LAST_DAY),
            "observed",
            "44.2 %",
            "2026-02-01 47.7 %, 2026-02-02 40.7 %",
            Status.CRITICAL,
            ("2026-02-01", "2026-02-02"),
        ),
    )
    grading_since = end_of(date(2026, 2, 1))
    grading = Incident(
        id="grading_completeness-90ab17c4",
        monitor="grading_completeness",
        kind="data",
        status=Status.CRITICAL,
        worst=Status.CRITICAL,
        opened_at=grading_since,
        last_seen=end_of(LAST_DAY),
        checkpoint="health_check",
        sequence=3,
        members=tuple(
            _member(name, 100 * good / total, good, total, grading_since)
            for name, (good, total) in SYSTEMS.items()
            if good / total < 0.5
        ),
        summary="6 of 16 systems critical; graded_pct of each system_id must be at least 50 %",
        notified_at=end_of(LAST_DAY),
        notified_status=Status.CRITICAL,
        notified_channels=("slack-error", "pagerduty"),
        owner="ml-platform",
    )
    grading_story = (
        TimelineEntry(
            grading_since,
            "observed",
            "5 systems",
            "graded_pct of each system_id must be at least 50 %",
            Status.CRITICAL,
            tuple(list(SYSTEMS)[:5]),
        ),
        TimelineEntry(
            grading_since,
            "event",
            "opened",
            "first failure",
            Status.CRITICAL,
            messages=(_delivered(grading_since + timedelta(minutes=1)),),
        ),
        TimelineEntry(
            end_of(LAST_DAY), "observed", "6 systems", "", Status.CRITICAL, tuple(list(SYSTEMS)[:6])
        ),
        TimelineEntry(
            end_of(LAST_DAY),
            "event",
            "changed",
            "new member",
            Status.CRITICAL,
            ("ensemble_v1_1",),
            messages=(
                _delivered(end_of(LAST_DAY)),
                TimelineEntry(
                    end_of(LAST_DAY), "not notified", "pagerduty", "failed, after 5 tries: 503"
                ),
            ),
        ),
    )
    return (
        IncidentView(
            grading,
            grading_story,
            impact="Accuracy of the listed prediction systems is unknown.",
            action="gcloud run services logs read nba-grading-service --limit=100",
            worst=Sighted(end_of(LAST_DAY), Status.CRITICAL, 6.0, "systems"),
        ),
        IncidentView(
            line,
            line_story,
            impact="The prediction systems score players without the Vegas points line, so their predictions are worse than they look.",
            action="gcloud run services describe nba-phase4-precompute-processors",
            worst=Sighted(end_of(LAST_DAY), Status.CRITICAL, 40.7, "%"),
            drilldown=DRILLDOWN,
            runbook=(ROOT / "docs" / "runbooks" / "line_coverage.md").read_text(),
        ),
        closed(
            "bdb_coverage-e77e0aa1",
            "bdb_coverage",
            date(2026, 1, 21),
            date(2026, 1, 24),
            Status.ERROR,
            "the query timed out after 60 s",
            kind="error",
        ),
        closed(
            "grading_completeness-5d21e0f3",
            "grading_completeness",
            date(2026, 1, 17),
            date(2026, 1, 20),
            Status.CRITICAL,
            "16 of 16 systems critical: grading did not run",
        ),
        closed(
            "line_coverage-b4410d9e",
            "line_coverage",
            date(2025, 12, 19),
            date(2025, 12, 20),
            Status.WARNING,
            "74.6 %; mean of coverage_pct must be at least 80 %",
            notified_channels=("slack-warning",),
        ),
        closed(
            "line_coverage-1c0de5aa",
            "line_coverage",
            date(2025, 11, 5),
            date(2025, 11, 13),
            Status.CRITICAL,
            "0.0 %; mean of coverage_pct must be at least 50 %: no lines at all",
            ending="expired",
        ),
    )


def _october() -> IncidentView:
    incident = Incident(
        id="line_coverage-77aa0190",
        monitor="line_coverage",
        kind="data",
        status=Status.WARNING,
        worst=Status.WARNING,
        opened_at=end_of(date(2025, 10, 24)),
        last_seen=end_of(date(2025, 10, 24)),
        checkpoint="health_check",
        summary="71.0 %; mean of coverage_pct must be at least 80 %",
        closed_at=end_of(date(2025, 10, 25)),
        ending="resolved",
    )
    return IncidentView(incident)
