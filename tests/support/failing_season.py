"""A season's site in which six of twelve monitors fail, each in another way, as builds leave it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from plumbline.alerts.incidents.model import Ack, Incident
from plumbline.core.mute import Mute
from plumbline.core.outcome import ExpectationOutcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.site import build as building
from plumbline.site.build import build_site
from plumbline.site.records import Record
from plumbline.site.sync import News, StateNow
from plumbline.site.writing import FolderSite
from support.projects import SmallMonitor, make_project
from support.site_records import Story, at, days, record
from support.targets import embedded_target

FIRST, LAST = "2025-12-20", "2026-02-02"
NEXT_RUN = at("2026-02-03 06:00")


ACTION_ON_DATA = "bq show nba.box_scores"
"""The action of the suite whose monitor is an ERROR: for wrong data, of which nothing is known."""


class Failing(NamedTuple):
    """A monitor that fails, and what a reader is to find of it."""

    name: str
    status: Status
    since: str
    """The end of that day."""
    observed: float | None
    unit: str
    thresholds: str
    lines: tuple[ThresholdLine, ...]
    shown: tuple[str, ...]
    """How bad, as the overview says it."""
    owner: str
    action: str
    held: str = ""
    """Who has it: an acknowledgement or a mute."""


def _below(warning: float, critical: float) -> tuple[ThresholdLine, ...]:
    return (ThresholdLine("warning", warning), ThresholdLine("critical", critical))


SIX = (
    Failing(
        "line_coverage",
        Status.CRITICAL,
        "2026-01-26",
        44.2,
        "%",
        "mean of coverage_pct: warning < 80 %, critical < 50 %",
        _below(80.0, 50.0),
        ("44.2 %", "mean of coverage_pct: critical < 50 %"),
        "ml-platform",
        "gcloud run services describe nba-phase4-precompute-processors --region us-west2",
    ),
    Failing(
        "grading_completeness",
        Status.CRITICAL,
        "2026-01-31",
        6.0,
        "systems",
        "graded_pct by system_id: warning < 80 %, critical < 50 %",
        (),
        ("6 systems", "graded_pct by system_id: critical < 50 %"),
        "ml-platform",
        "gcloud run services logs read nba-grading-service --limit 100",
        "acked by ana",
    ),
    Failing(
        "prediction_freshness",
        Status.CRITICAL,
        "2026-02-02",
        14.6,
        "h",
        "max of hours_late: warning > 1 h, critical > 6 h",
        (ThresholdLine("critical", 6.0, "above"),),
        ("14.6 h", "max of hours_late: critical > 6 h"),
        "predictions-on-call",
        "gcloud run jobs execute predict --region us-west2",
    ),
    Failing(
        "box_scores",
        Status.ERROR,
        "2026-02-01",
        None,
        "",
        "",
        (),
        ("Not found: Table nba.box_scores",),
        "data-platform",
        "load it",
    ),
    Failing(
        "game_status_lag",
        Status.WARNING,
        "2026-01-30",
        1.0,
        "games",
        "sum of not_final: warning > 0 games",
        (ThresholdLine("warning", 0.0, "above"),),
        ("1 game", "sum of not_final: warning > 0 games"),
        "data-platform",
        "gcloud run services logs read nba-schedule --limit 100",
        "muted until 6 Feb",
    ),
    Failing(
        "duplicate_rows",
        Status.WARNING,
        "2026-01-15",
        2.9,
        "%",
        "duplicate_pct by table_name: warning > 1 %",
        (ThresholdLine("warning", 1.0, "above"),),
        ("2.9 %", "duplicate_pct by table_name: warning > 1 %"),
        "data-platform",
        'bq query "select * from nba.duplicates"',
    ),
)

HEALTHY = ("bdb_coverage", "phase_completion", "recent_predictions", "player_coverage",
           "usage_rate", "processor_success")  # fmt: skip


def make_failing_season(folder: Path, *, extra: int = 0) -> Path:
    """The site's folder.

    Args:
        extra: healthy monitors besides, every tenth of them failing.
    """
    small = make_project(folder / "project", embedded_target(folder / "state"))
    more = [f"region_{number:04d}" for number in range(extra)]
    names = [*(one.name for one in SIX), *HEALTHY, *more]
    runbook = small.root / "docs" / "runbooks" / "any.md"
    runbook.parent.mkdir(parents=True)
    runbook.write_text("# What to do\n\n## What it means\n\nThe data is late.\n")
    for name in names:
        meta: dict[str, Any] = {"runbook": "docs/runbooks/any.md"}
        small.add(name, SmallMonitor("select 92.0 as pct", meta=meta))
    small.checkpoint(*names, name="health_check")
    instants = days(FIRST if not extra else "2026-01-30", LAST)
    found = [one for instant in instants for one in _run(instant, names)]
    stories = [_story(one) for one in SIX]
    state = StateNow(
        {story.id: _incident(story, one) for story, one in zip(stories, SIX, strict=True)},
        [Mute("game_status_lag", "ben", "late games are known", at("2026-02-06 09:00"))],
    )
    news = News(events=[event for story in stories for event in story.events], state=state)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "read_news", lambda *_, **__: news)
        build_site(
            FolderSite(folder / "docs"),
            small.project,
            small.target,
            records=found,
            now=at("2026-02-03 00:12"),
            next_runs={"health_check": NEXT_RUN},
        )
    return (folder / "docs").resolve()


def _run(instant: datetime, names: list[str]) -> list[Record]:
    failing = {one.name: one for one in SIX if instant >= at(one.since)}
    found = []
    for name in names:
        more: dict[str, Any] = {}
        if name in failing:
            one = failing[name]
            reason = f"{one.shown[0]}; {one.action}" if one.status is Status.ERROR else None
            more = {"observed": one.observed, "unit": one.unit, "thresholds": one.thresholds,
                    "lines": one.lines, "status": one.status, "reason": reason,
                    "summary": reason or f"{one.shown[0]} found"}  # fmt: skip
        elif name.startswith("region_") and name.endswith("7"):
            more = {"status": Status.CRITICAL, "observed": 40.0}
        by_name = {one.name: one for one in SIX}
        if name in by_name:
            more |= {"owner": by_name[name].owner, "action": by_name[name].action}
        status = more.get("status", Status.PASS)
        if status is Status.ERROR:
            more["action"] = ACTION_ON_DATA
        if status is not Status.ERROR:
            more["expectations"] = _expectations(status)
        found.append(
            record(instant, monitor=name, monitors=len(names), run_id=f"run-{instant:%m%d}", **more)
        )
    return found


def _expectations(status: Status) -> tuple[ExpectationOutcome, ...]:
    """Both levels: a CRITICAL fails them both."""
    failing = {Status.WARNING: ("warning",), Status.CRITICAL: ("warning", "critical")}
    return tuple(
        ExpectationOutcome(
            "expect_metric_to_be_between",
            level,
            level not in failing.get(status, ()),
            f"mean of pct must be at least {least} %",
            key=level,
        )
        for level, least in (("warning", 80), ("critical", 50))
    )


def _story(one: Failing) -> Story:
    kind = "error" if one.status is Status.ERROR else "data"
    empty = Story(f"{one.name}-0badcafe", one.name, at(one.since))
    return empty.event(one.since, "opened", status=one.status, kind=kind, told=("slack",))


def _incident(story: Story, one: Failing) -> Incident:
    ack = Ack("ana", at("2026-02-02 09:40"), one.status, "the fix waits for a deployment")
    return Incident(
        id=story.id,
        monitor=one.name,
        kind="error" if one.status is Status.ERROR else "data",
        status=one.status,
        worst=one.status,
        opened_at=story.opened_at,
        last_seen=at(LAST),
        checkpoint="health_check",
        ack=ack if one.held.startswith("acked") else None,
        notified_channels=("slack",),
        notified_at=story.opened_at + timedelta(minutes=1),
        owner=one.owner,
    )
