"""``plumbline schedule``: when checkpoints run, by this machine or by another scheduler."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example, Group
from plumbline.cli.completion import complete_folders
from plumbline.cli.options import format_option, target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import Session
from plumbline.errors import ConfigError

if TYPE_CHECKING:
    from plumbline.project import Project, Schedule


def show(count: int, form: str) -> int:
    """Each schedule and its next runs."""
    from plumbline.schedule import overview
    from plumbline.schedule.memory import read_last_runs

    session = _session()
    project, now = session.project(), session.clock()
    views = overview.read_overview(
        project.schedules, now=now, count=count, last_runs=read_last_runs(project.state_dir)
    )
    if form == "json":
        write_result(overview.render_json(views, now=now), as_utf8=True)
    else:
        write_result(overview.render_text(views, now=now))
    return 0


def run(target: str | None, grace: str) -> int:
    """Run what falls due, until it is told to stop."""
    if os.name != "posix":
        raise ConfigError(
            "the scheduler needs Linux or macOS",
            mend="let the system's own scheduler type `plumbline run CHECKPOINT --fail-on error`",
        )
    from plumbline.project.alerts import read_duration
    from plumbline.run.reports.safe import one_line
    from plumbline.schedule.memory import write_instant
    from plumbline.schedule.scheduler import run_until_stopped
    from plumbline.schedule.turns import Turns

    session = _session()
    project = session.project()
    schedules = _schedules(project)
    chosen = project.target(target).name
    patience = timedelta() if grace == "0" else read_duration(grace, key="--grace")
    for schedule in schedules:
        project.checkpoint(schedule.checkpoint)  # refused now rather than in the night

    def say(text: str) -> None:
        write_message(f"{write_instant(session.clock().replace(microsecond=0))} {one_line(text)}")

    def command_of(schedule: Schedule) -> Sequence[str]:
        return [
            *(sys.executable, "-m", "plumbline", "run", schedule.checkpoint),
            *("--fail-on", "error", "--target", chosen, "--project-dir", str(project.root)),
        ]

    run_until_stopped(
        lambda stopping: Turns(
            schedules,
            command=command_of,
            state_dir=project.state_dir,
            stopping=stopping,
            say=say,
            clock=session.clock,
        ),
        state_dir=project.state_dir,
        grace=patience,
        say=say,
    )
    return 0


def _session() -> Session:
    return click.get_current_context().ensure_object(Session)


def _schedules(project: Project) -> tuple[Schedule, ...]:
    if not project.schedules:
        raise ConfigError(
            "nothing is scheduled",
            file=project.checkpoints_dir / "schedule.yml",
            key="schedules",
            mend="say there which checkpoint runs when; see docs/schedules.md",
        )
    return project.schedules


command = Group(
    name="schedule",
    help=(
        "When checkpoints run: what is due next, a scheduler for this machine, and files for "
        "other schedulers.\n\n"
        "Schedules stand in checkpoints/schedule.yml."
    ),
    commands=[
        Command(
            name="show",
            callback=show,
            help="Show each schedule: checkpoint, time, deadline, whom it tells, the next runs.",
            params=[
                click.Option(
                    ["--count"],
                    type=click.IntRange(1, 1000),
                    default=3,
                    show_default=True,
                    metavar="N",
                    help="So many runs of each.",
                ),
                format_option("text", "json"),
            ],
            examples=(
                Example("plumbline schedule show", "when does what run next"),
                Example("plumbline schedule show --count 28 --format json", "a week, for machines"),
            ),
        ),
        Command(
            name="run",
            callback=run,
            help="Run each checkpoint when it is due, until SIGTERM or Ctrl-C.\n\n"
            "For one machine. Each run is a process of its own, is ended at its deadline, and "
            "never overlaps another of its checkpoint; what was missed while the machine slept or "
            "the scheduler was down is caught up once.",
            params=[
                target_option(),
                click.Option(
                    ["--grace"],
                    default="30s",
                    show_default=True,
                    metavar="DURATION",
                    help="How long what runs may go on once told to stop; 0 for not at all.",
                ),
            ],
            examples=(
                Example("plumbline schedule run", "on the default target"),
                Example("plumbline schedule run --grace 2m", "stop in no hurry"),
            ),
            exit_codes={0: "stopped by SIGTERM or Ctrl-C"},
        ),
    ],
    examples=(Example("plumbline schedule show", "when does what run next"),),
)
