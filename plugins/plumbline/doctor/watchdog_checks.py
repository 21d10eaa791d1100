"""Checks of ``plumbline debug`` for the watchdog: would missing runs be noticed elsewhere?

No ping is sent. One row of the heartbeats is read, which BigQuery doesn't bill.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError, WarehouseError
from plumbline.doctor.diagnosis import Diagnosis, Level, fault

if TYPE_CHECKING:
    from plumbline.history.tables import OwnTable
    from plumbline.project import Project, Target
    from plumbline.project.schedule import Schedule


def check_pings(project: Project) -> Iterator[Diagnosis]:
    """A line a schedule."""
    try:
        schedules = project.schedules
    except PlumblineError as error:
        yield fault("schedules", error)
        return
    stale = [line for line in project.stale_entries if "schedule.yml" in line]
    if stale:
        fix = "remove these entries; `plumbline lint` shows their lines"
        yield Diagnosis("schedules", Level.MISSING, " ".join(stale), fix)
    for schedule in schedules:
        yield _ping(schedule)


def _ping(schedule: Schedule) -> Diagnosis:
    from plumbline.net.ping import open_ping

    what = f"ping of {schedule.name}"
    if schedule.ping is None:
        return Diagnosis(
            what,
            Level.NOTE,
            "not set: only `plumbline schedule check` on another machine finds a missing run",
        )
    try:
        open_ping(schedule.ping, os.environ)
    except PlumblineError as error:
        return fault(what, error)
    return Diagnosis(what, Level.OK, f"{schedule.ping} is set")


def check_heartbeats(target: Target) -> Diagnosis:
    """Whether the watchdog can read the heartbeats; their table is not created."""
    from plumbline.history.reader import open_history
    from plumbline.history.tables import HEARTBEATS

    what = "heartbeats"
    try:
        with open_history(target) as history, history.dataset.asking("use"):
            own = history.dataset
            name = own.table_id(HEARTBEATS)
            table = own.client.get_table(name, retry=own.retry())
            there = list(own.client.list_rows(table, max_results=1, retry=own.retry()))
    except PlumblineError as error:
        if isinstance(error, WarehouseError) and error.reason == "notFound":
            return Diagnosis(what, Level.NOTE, f"no table {name} yet; a live run creates it")
        return fault(what, error)
    if not there:
        return Diagnosis(what, Level.NOTE, f"{name} is empty: no live run has been recorded yet")
    return Diagnosis(what, Level.OK, f"{name} can be read")


def check_states(target: Target) -> Iterator[Diagnosis]:
    """Whether the states of the runs' alerts and of the watchdog can be read."""
    from plumbline.history.tables import STATE, WATCHDOG

    yield _state(target, STATE, "state of alerts", "a run with alerts")
    yield _state(target, WATCHDOG, "state of the watchdog", "`plumbline schedule check`")


def _state(target: Target, table: OwnTable, what: str, writer: str) -> Diagnosis:
    from plumbline.alerts.store import read_last_state
    from plumbline.history.reader import open_history

    try:
        with open_history(target) as history:
            found = read_last_state(history.dataset, now=datetime.now(UTC), table=table)
    except PlumblineError as error:
        return fault(what, error)
    if found is None:
        return Diagnosis(what, Level.NOTE, f"none recent in {table.name}: {writer} writes it")
    return Diagnosis(what, Level.OK, f"version {found.version} of {table.name} can be read")
