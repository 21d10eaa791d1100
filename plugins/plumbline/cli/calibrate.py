"""``plumbline calibrate``: thresholds proposed from history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.backtest import LOOK_BACK, check_span, incidents_option, span_options
from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_checkpoints, complete_suites
from plumbline.cli.options import FILE, check_monitor, flag, format_option, option, target_option
from plumbline.cli.output import write_message, write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import Session, current_session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plumbline.backtest.stored_range import Stretch
    from plumbline.core.outcome import Outcome
    from plumbline.project import Project
    from plumbline.run.progress import Progress


def calibrate(
    monitor: str,
    first: str | None,
    last: str | None,
    every: str | None,
    checkpoint: str | None,
    history: Path | None,
    form: str,
    target: str | None,
    incidents: Path | None,
    allow_missing: bool,
    write: bool,
) -> int:
    """Propose WARNING and CRITICAL thresholds for MONITOR from its history, with the alerts that
    each candidate would have sent.

    Reads the history of live runs and recorded backtests, a file with --history, or the tables with
    --from and --to. With both, only what the file has of that range counts. Leaves out labelled
    incidents.
    """
    from plumbline.backtest.calibrate import calibrate as propose
    from plumbline.backtest.reports.calibration import calibration_dict, calibration_page
    from plumbline.backtest.stored_range import within
    from plumbline.backtest.write_levels import write_levels
    from plumbline.project.labels import project_labels

    session = current_session()
    project = session.project()
    check_monitor(project, monitor)
    check_span(first, last)
    suite = project.suite_of(monitor)
    labels = project_labels(project, incidents) or ()
    of = checkpoint or _checkpoint_of(project, monitor)
    with show_progress() as progress:
        asked = _asked(session, project, first, last)
        outcomes, source, revisions = _history(
            session, project, monitor, of, first, last, every, history, target, progress
        )
        outcomes = within(outcomes, asked)
        if not outcomes:
            raise ConfigError(
                f"{monitor} has no history in that range",
                key="--from",
                fix="give a range that the history covers, or leave out --history to read the "
                "tables",
            )
        found = propose(
            suite,
            outcomes,
            labels,
            zone=project.timezone,
            alerts=project.alerts,
            checkpoint=of,
            source=source,
            revisions=revisions,
            asked=asked,
            allow_missing=allow_missing,
        )
    write_report(form, found, page=calibration_page, data=calibration_dict)
    if write:
        diff = write_levels(suite, found)
        write_message(
            diff.rstrip("\n") or "The suite already has these thresholds.", is_code=bool(diff)
        )
    return 0 if any(family.levels is not None for family in found.families) else 3


def _checkpoint_of(project: Project, monitor: str) -> str:
    """A checkpoint that contains the monitor, scheduled ones first."""
    scheduled = [schedule.checkpoint for schedule in project.schedules]
    names = sorted(project.checkpoint_names(), key=lambda name: name not in scheduled)
    for name in names:
        if monitor in project.checkpoint(name).monitors:
            return name
    raise ConfigError(
        f"no checkpoint contains monitor {monitor!r}",
        key="MONITOR",
        fix="add it to one in checkpoints/",
    )


def _asked(
    session: Session, project: Project, first: str | None, last: str | None
) -> Stretch | None:
    """The range of --from and --to."""
    from plumbline.backtest.instants import choose_range
    from plumbline.backtest.stored_range import Stretch

    if first is None or last is None:
        return None
    return Stretch(*choose_range(project, first=first, last=last, now=session.clock()))


def _history(
    session: Session,
    project: Project,
    monitor: str,
    checkpoint: str,
    first: str | None,
    last: str | None,
    every: str | None,
    file: Path | None,
    target: str | None,
    progress: Progress,
) -> tuple[Sequence[Outcome], str, int]:
    """The monitor's history, where it is from, and how many revisions of the suites judged it."""
    from plumbline.checks.rejudge import without_units
    from plumbline.checks.threshold_families import families_of
    from plumbline.history.reader import each_once, open_history, read_file

    now = session.clock()
    if file is None and first is not None and last is not None:
        from plumbline.backtest.backtest import BacktestRequest, run_backtest
        from plumbline.backtest.instants import choose_span

        span = choose_span(project, checkpoint, first=first, last=last, every=every, now=now)
        request = BacktestRequest(project, project.target(target), span, select=(monitor,))
        done = run_backtest(request, now=now, progress=progress)
        if monitor in done.not_replayed:
            raise done.not_replayed[monitor]
        return done.outcomes[monitor], f"backtest {span.how}", 1
    if file is not None:
        stored, source = read_file(file, project.renamed_monitors([monitor])), f"history of {file}"
    else:
        from plumbline.warehouse.ready import ensure_ready

        chosen = ensure_ready(project.target(target), progress.long_step)
        progress.step("reading the history")
        with open_history(chosen) as history:
            read = history.outcomes(since=now - LOOK_BACK, until=now, monitors=[monitor])
        stored = read or []
        source = f"history of target {chosen.name}"
    found = [one for one in each_once(stored) if one.outcome.monitor == monitor]
    if not found:
        raise ConfigError(
            f"{monitor} has no history",
            key="MONITOR",
            fix="use --from and --to to read the tables, or record a history with plumbline "
            "backtest --record",
        )
    missing = without_units(
        families_of(project.suite_of(monitor))[0], [one.outcome for one in found]
    )
    if missing is not None:
        raise ConfigError(missing, key="MONITOR", fix="use --from and --to to read the tables")
    revisions = {one.revision for one in found if one.revision}
    return [one.outcome for one in found], source, len(revisions)


command = Command(
    name="calibrate",
    callback=calibrate,
    params=[
        click.Argument(["monitor"], shell_complete=complete_suites),
        *span_options(required=False),
        option(
            "--checkpoint",
            "NAME",
            "Checkpoint with the schedule; default: one that contains the monitor.",
            shell_complete=complete_checkpoints,
        ),
        option(
            "--history",
            "FILE",
            "History file, as written by plumbline backtest --export.",
            type=FILE,
        ),
        format_option("text", "json", "markdown"),
        target_option(),
        incidents_option(),
        flag(
            "--allow-missing",
            "Allow a proposal that misses labelled incidents which the current thresholds find.",
        ),
        flag("--write", "Write the proposed thresholds to the suite; only the numbers change."),
    ],
    examples=(
        Example(
            "plumbline calibrate line_coverage --from 2025-12-01 --to 2026-02-03 --every 6h",
            "replay the tables",
        ),
        Example(
            "plumbline calibrate line_coverage --from 2025-12-01 --to 2026-02-03 --format markdown",
            "print Markdown for a pull request",
        ),
    ),
    exit_codes={0: "proposal made", 3: "the history allows no proposal"},
)
