"""``plumbline list``: monitors and checkpoints, their last status and their costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import (
    complete_checkpoints,
    complete_owners,
    complete_selectors,
    complete_tags,
)
from plumbline.cli.options import flag, format_option, option, target_option
from plumbline.cli.output import write_report
from plumbline.cli.session import Session, current_session
from plumbline.core.errors import ConfigError, MonitorError

if TYPE_CHECKING:
    from plumbline.history.reader import Spent
    from plumbline.project import Project, Target
    from plumbline.report.costs import Costs

COST_DAYS = 30
STATUSES = ("failing", "critical", "error", "warning", "pass", "skipped", "never-ran")
"""The choices of the data docs' overview."""


def list_all(form: str, costs: bool, target: str | None, **filters: tuple[str, ...]) -> int:
    """List monitors and checkpoints, or what they cost; the exit code."""
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.report import catalogue

    session = current_session()
    project = session.project()
    project.check_stores()
    wanted = catalogue.Filters(**filters)
    if costs:
        if wanted:
            raise ConfigError(
                "--costs shows the costs of all monitors",
                key="--costs",
                fix="leave out the filters",
            )
        return _list_costs(session, project, target, form)
    found = catalogue.filtered(catalogue.read_catalogue(project, target), wanted)
    write_report(form, found, page=catalogue.catalogue_page, data=catalogue.as_dict)
    return EXIT_ERROR if found.faults else EXIT_OK


def _list_costs(session: Session, project: Project, target: str | None, form: str) -> int:
    from plumbline.core.status import EXIT_OK
    from plumbline.report import costs as reports
    from plumbline.warehouse.ready import ensure_ready

    found = _read_costs(session, project, ensure_ready(project.target(target)))
    write_report(form, found, page=reports.costs_page, data=reports.as_dict)
    return EXIT_OK


def _read_costs(session: Session, project: Project, target: Target) -> Costs:
    from plumbline.history.cost.runs_per_month import runs_per_month
    from plumbline.history.cost.summary import By, Rates, summarise, total
    from plumbline.history.reader import open_history
    from plumbline.report.costs import Costs

    now = session.clock()
    # Only live runs are there: runs by hand are billed too, and are in
    # BigQuery's own INFORMATION_SCHEMA.JOBS, under the label `app: plumbline`.
    with open_history(target) as history:
        read = history.spent(now=now, most=timedelta(days=COST_DAYS))
    # What another tool checked costs nothing here.
    spent = tuple(
        _owned(project, one)
        for one in (read.spent if read else ())
        if not project.is_recorded(one.monitor, one.checkpoint)
    )
    span = read.span if read else timedelta(days=COST_DAYS)
    tables = _tables(project, target, {one.monitor for one in spent}, now)
    checkpoints = {one.checkpoint for one in spent}
    rates = Rates(
        span=span,
        runs_per_month={
            name: runs_per_month(project.schedules, name, now=now) for name in checkpoints
        },
        price=target.price,
    )
    return Costs(
        target=target.name,
        until=now,
        span=span,
        price=target.price,
        total=total(spent, tables=tables, rates=rates) if spent else None,
        lines={by: summarise(spent, by, tables=tables, rates=rates) for by in get_args(By)},
    )


def _owned(project: Project, spent: Spent) -> Spent:
    """Rows of an earlier version have no owner: then the suite's of today."""
    if spent.owner is not None:
        return spent
    try:
        return replace(spent, owner=project.suite_of(spent.monitor).monitor.owner)
    except MonitorError:
        return spent


def _tables(project: Project, target: Target, monitors: set[str], now: datetime) -> dict[str, int]:
    """How many tables a job of each monitor reads; none of one whose files are gone or faulty."""
    from plumbline.run.jobs import MonitorJobs

    jobs = MonitorJobs(project=project, target=target, as_of=now.astimezone(project.timezone))
    found = {}
    for name in monitors:
        try:
            found[name] = len(jobs.compile(project.suite_of(name)).sources)
        except MonitorError:
            continue
    return found


command = Command(
    name="list",
    callback=list_all,
    help=(
        "List monitors and checkpoints: model, suite, thresholds, owner, tags, schedule, last "
        "status.\n\n"
        "The filters are those of the data docs' overview. If a filter is given several times, "
        "one of its values must match. If several filters are given, all must match. A monitor "
        "whose file is invalid matches any owner and tag, and counts as an ERROR.\n\n"
        "The last status comes from the last run of the target on this machine, without the "
        "warehouse.\n\n"
        f"--costs reads the history in the warehouse and shows what the live runs of the last "
        f"{COST_DAYS} days cost, by monitor, checkpoint and owner, and the cost per month."
    ),
    params=[
        click.Option(
            ["-s", "--select"],
            multiple=True,
            metavar="MONITOR|owner:NAME|tag:NAME",
            shell_complete=complete_selectors,
            help="List only this monitor, or those of an owner or with a tag; repeatable.",
        ),
        click.Option(
            ["--status"],
            type=click.Choice(STATUSES, case_sensitive=False),
            multiple=True,
            metavar="STATUS",
            help="List monitors whose last status is this one: critical, error, warning, pass, "
            "skipped, never-ran or failing (critical, error or warning); repeatable.",
        ),
        *(
            option(
                f"--{name}",
                name.upper(),
                f"List monitors {what}; repeatable.",
                multiple=True,
                shell_complete=complete,
            )
            for name, what, complete in (
                ("owner", "of this owner", complete_owners),
                ("tag", "with this tag (`meta.monitor.tags` of the suite)", complete_tags),
                ("checkpoint", "of this checkpoint", complete_checkpoints),
            )
        ),
        flag("--costs", "Show billed bytes, jobs and money from the history."),
        target_option(),
        format_option("text", "json"),
    ],
    examples=(
        Example("plumbline list", "list monitors and checkpoints"),
        Example("plumbline list --status failing", "list failing monitors"),
        Example(
            "plumbline list --owner ml-platform --status critical --status error",
            "list an owner's monitors that are CRITICAL or ERROR",
        ),
        Example("plumbline list --checkpoint health_check", "list the monitors of a checkpoint"),
        Example("plumbline list --format json", "print JSON"),
        Example("plumbline list --costs", "show costs"),
    ),
    exit_codes={
        3: "ERROR: a file is invalid (the others are listed), or the history can't be read"
    },
)
