"""``docs/detection-time.md``: how soon each incident of the demo season is found.

It replays the shipped schedules on the embedded warehouse, which takes a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from generators.cli import ROOT
from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.findings import LabelResult
from plumbline.backtest.instants import Span, choose_span
from plumbline.backtest.report import Backtest
from plumbline.backtest.reports.backtest import false_alarms_section, false_time
from plumbline.core.text import span
from plumbline.project import Project
from plumbline.project.labels import project_labels
from plumbline.project.targets import Target
from plumbline.report.page import Items, Section, Table
from plumbline.report.wording import minute
from plumbline.report.writers import as_markdown

PAGE = Path("docs/detection-time.md")

FIRST, LAST = "2025-10-21", "2026-02-28"
HEAD = "<!-- made by scripts/generators from a backtest of the demo season -->\n"
FOOT = """
An incident is found when somebody is notified of a new failure of one of its monitors after it
began: by an opening, a new failing group or a rise in severity, after as many runs in a row as
`confirm_after` asks for. An ERROR finds nothing, and neither does an alarm that was open before.
With a run every six hours, data that become due between two runs are checked at the next one.
An alarm is false if no labelled incident of its monitor covers any of its time. The time in false
alarm is the part of all alarm time that no labelled incident of the monitor covers.
[Backtest](backtest.md) describes the calculation, and [message volume](message-volume.md) what a
message is. [Anomalies without labels](anomalies.md) shows what baselines find instead of
thresholds.

The incidents are those of `checkpoints/incidents.yml`. This command replays the same schedules for
other incidents:

```sh
plumbline backtest --from 2025-10-21 --to 2026-02-28 --incidents checkpoints/incidents.yml
```
"""


def make_files() -> Mapping[Path, str]:
    """The page."""
    return {PAGE: page_of(relive_season())}


def page_of(backtest: Backtest) -> str:
    """The page from a backtest of the season."""
    return "\n".join((HEAD + schedules_section(Project(ROOT)), detection_time(backtest) + FOOT))


def relive_season(target: Target | None = None) -> Backtest:
    """The season as the shipped schedules would have seen it.

    Args:
        target: the warehouse that holds the season; None: the project's own.
    """
    project, now = Project(ROOT), datetime.now(UTC)
    chosen = target or replace(project.target("local"), emulator_host=None)
    request = BacktestRequest(project, chosen, season(project), project_labels(project, None))
    return run_backtest(request, now=now)


def season(project: Project) -> Span:
    """The runs of the shipped schedules over the season."""
    now = datetime.now(UTC)
    return choose_span(project, None, first=FIRST, last=LAST, every=None, now=now)


def schedules_section(project: Project) -> str:
    """What the page says of the schedules that it replays, as Markdown."""
    replayed, zone = season(project), project.timezone
    how = (
        "How soon the demo season's incidents are found. A backtest of the shipped schedules from "
        f"{minute(replayed.first, zone)} to {minute(replayed.last, zone)} {zone.key}, all of them "
        "together, each on its own cron and time zone, with the settings of the shipped alerts.yml:"
    )
    rows = tuple(
        (
            one.checkpoint,
            one.how,
            str(len(project.checkpoint(one.checkpoint).monitors)),
            str(len(one.instants)),
        )
        for one in replayed.schedules
    )
    table = Table(("Checkpoint", "Schedule", "Monitors", "Runs"), rows)
    return as_markdown([Section("Detection time", (how, table))], level=1)


def detection_time(backtest: Backtest) -> str:
    """The results as Markdown."""
    findings = backtest.score.findings
    kinds = Table(
        ("Kind", "Unnoticed before", "Found after", f"Within {span(backtest.score.within)}"),
        tuple(_kind(backtest, kind) for kind in dict.fromkeys(one.label.kind for one in findings)),
    )
    each = Table(
        ("Incident", "Due", "Found", "By", "Delay", "Messages", "Resolved in"),
        tuple(_incident(backtest, finding) for finding in findings),
    )
    alarms = Table(
        ("Monitor", "Alerts", "False alarms", "Time in false alarm"),
        tuple(
            (one.name, str(one.alerts), str(one.false_alarms), false_time(one.alarm))
            for one in backtest.monitors
        ),
    )
    page = [
        Section("Result", (Items(_headline(backtest)),)),
        Section("Kinds of incidents", (kinds,)),
        Section("Each incident", (each,)),
        Section("Each monitor", (alarms,)),
        false_alarms_section(backtest),
    ]
    return "\n".join(as_markdown([section], level=2) for section in page)


def _headline(backtest: Backtest) -> tuple[str, ...]:
    score = backtest.score
    judged = score.count("found") + score.count("missed")
    messages = score.messages
    precision = "" if score.precision is None else f"Precision {100 * score.precision:.0f} %: "
    lines = [
        f"{score.found_within} of {judged} labelled incidents are found within "
        f"{span(score.within)} of being due, {score.count('found')} of {judged} at all.",
        f"{precision}{score.incidents} alarms of bad data, {len(score.false_alarms)} of them "
        f"false. Time in false alarm: {false_time(score.alarm)}.",
    ]
    one, in_channel = messages.per_incident, messages.per_incident_and_channel
    if messages.share is not None and one is not None and in_channel is not None:
        lines.append(
            f"{messages.total} messages, {messages.share:.1f} for each alarm; a message can be "
            f"about several alarms. On average {one.mean:.1f} messages are about one alarm (at "
            f"most {one.worst}), in one channel {in_channel.mean:.1f} (at most "
            f"{in_channel.worst})."
        )
    return tuple(lines)


def _kind(backtest: Backtest, kind: str | None) -> tuple[str, ...]:
    findings = [one for one in backtest.score.findings if one.label.kind == kind]
    before = ", ".join(dict.fromkeys(f.label.undetected for f in findings if f.label.undetected))
    delays = sorted(delay for finding in findings if (delay := finding.delay) is not None)
    shown = "not found"
    if delays:
        ends = dict.fromkeys(map(span, (delays[0], delays[-1])))
        shown = " to ".join(ends)
    within = sum(delay <= backtest.score.within for delay in delays)
    name = (kind or "other").replace("_", " ").capitalize()
    return (name, before or "not known", shown, f"{within} of {len(findings)}")


def _incident(backtest: Backtest, finding: LabelResult) -> tuple[str, ...]:
    label, first, zone = finding.label, finding.first, backtest.zone
    if first is None:
        return (label.title, minute(label.due, zone), finding.result, finding.reason, "", "", "")
    return (
        label.title,
        minute(label.due, zone) or f"began {minute(label.began, zone)}",
        minute(finding.told_at, zone),
        first.monitor,
        span(finding.delay),
        str(finding.messages),
        "open at the end" if finding.time_to_resolve is None else span(finding.time_to_resolve),
    )
