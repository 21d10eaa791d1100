"""``plumbline impact``: what a change would have alerted, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.cli.backtest import LOOK_BACK, check_span, incidents_option, span_options
from plumbline.cli.commands import Command, Example
from plumbline.cli.options import FILE, format_option, option, target_option
from plumbline.cli.output import write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.backtest.changes import MonitorChange
    from plumbline.core.outcome import Outcome
    from plumbline.project import Target
    from plumbline.run.progress import Progress


def impact(
    base: str,
    first: str | None,
    last: str | None,
    every: str | None,
    history: Path | None,
    form: str,
    target: str | None,
    incidents: Path | None,
) -> int:
    """Compare the alerts of the working tree with those of the git revision --base.

    Changed thresholds are applied to the stored history or to --history: with --from and --to, to
    what it has of that range. Changed SQL and variables are replayed in both versions over the
    range.
    """
    from plumbline.backtest.impact import ImpactRequest, find_changes, measure_impact
    from plumbline.backtest.instants import choose_span
    from plumbline.backtest.reports.impact import impact_dict, impact_page
    from plumbline.backtest.revision_files import project_at
    from plumbline.history.reader import by_monitor, read_file
    from plumbline.project.labels import project_labels

    session = current_session()
    project, now = session.project(), session.clock()
    check_span(first, last)
    span = None
    if first is not None and last is not None:
        checkpoint = next(iter(one.checkpoint for one in project.schedules), "health_check")
        span = choose_span(project, checkpoint, first=first, last=last, every=every, now=now)
    stored = None
    if history is not None:
        stored = by_monitor(read_file(history, project.renamed_monitors()))
    labels = project_labels(project, incidents)
    chosen = project.target(target)
    with project_at(project, base) as before, show_progress() as progress:
        request = ImpactRequest(before, base, project, chosen, labels, span)
        changes = find_changes(request)
        if stored is None:
            since, until = (now - LOOK_BACK, now) if span is None else (span.first, span.last)
            stored = _read_history(chosen, changes, since, until, progress)
        found = measure_impact(request, changes, stored, now=now, progress=progress)
    write_report(
        form,
        page=lambda: impact_page(found, project.timezone),
        data=lambda: impact_dict(found),
    )
    return found.exit_code


def _read_history(
    target: Target,
    changes: tuple[MonitorChange, ...],
    since: datetime,
    until: datetime,
    progress: Progress,
) -> dict[str, list[Outcome]]:
    """The own dataset's, of monitors whose thresholds changed; nothing is asked where none did."""
    from plumbline.history.reader import by_monitor, open_history
    from plumbline.warehouse.ready import ensure_ready

    names = [change.name for change in changes if change.kind == "thresholds"]
    if not names:
        return {}
    ready = ensure_ready(target, progress.long_step)
    progress.step("reading the history")
    with open_history(ready) as stored:
        found = stored.outcomes(since=since, until=until, monitors=names)
    return by_monitor(found or ())


command = Command(
    name="impact",
    callback=impact,
    params=[
        option(
            "--base",
            "REV",
            "Git revision to compare with: a branch, a tag or a commit, such as origin/main.",
            required=True,
        ),
        option(
            "--history",
            "FILE",
            "History file, as written by plumbline backtest --export. Thresholds then "
            "need no warehouse.",
            type=FILE,
        ),
        *span_options(required=False),
        format_option("text", "json", "markdown"),
        target_option(),
        incidents_option(),
    ],
    examples=(
        Example("plumbline impact --base HEAD", "compare uncommitted changes"),
        Example(
            "plumbline impact --base HEAD --from 2026-01-24 --to 2026-02-03 --format markdown",
            "print Markdown for a pull request; replay changed SQL over that range",
        ),
    ),
    exit_codes={
        0: "done",
        3: "the impact of a change is unknown",
    },
)
