"""Maintenance windows as ``mutes.yml`` and ``schedule.yml`` declare them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from plumbline.core.cron import cron_fault, never_comes
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.maintenance import MaintenanceWindow
from plumbline.project.alerts import DURATION, to_duration
from plumbline.project.entry import Entry
from plumbline.project.parsing import ValueFault, ValueFaultKind, wrong_value

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class WindowEntry(Entry):
    """A maintenance window that recurs."""

    cron: _Text = Field(
        description="Beginnings of the window: five fields, as in cron.", examples=["0 2 * * SUN"]
    )
    duration: Annotated[str, StringConstraints(pattern=DURATION)] = Field(
        description="Length of each window.", examples=["2h"]
    )
    zone: _Text | None = Field(
        None,
        description="Time zone of `cron`; default: the schedule's, in a mute the project's.",
        examples=["America/New_York"],
    )


def find_window_faults(window: WindowEntry) -> Iterator[ValueFault]:
    """What is wrong with the values of one window."""
    fault = cron_fault(window.cron)
    if fault is not None:
        yield wrong_value(("cron",), *fault)
    elif never_comes(window.cron):
        what, fix = f"{window.cron!r} never occurs", "write a time that occurs"
        yield ValueFault(ValueFaultKind.NEVER_COMES, ("cron",), what, fix)
    if window.zone is not None and find_zone(window.zone) is None:
        yield wrong_value(("zone",), *no_zone(window.zone))


def to_window(entry: WindowEntry, zone: ZoneInfo) -> MaintenanceWindow:
    """The window of a valid entry; ``zone`` is that of one that names none."""
    return MaintenanceWindow(
        " ".join(entry.cron.split()), to_duration(entry.duration), entry.zone or zone.key
    )
