"""Entries of ``mutes.yml`` and ``schedule.yml`` that name what is gone: a monitor, a checkpoint, a
channel.

They are errors for lint. Runs and the watchdog ignore and report them: an entry that was left
behind must not silence both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from plumbline.project.document import Document, key_path
from plumbline.project.mutes import find_mute_faults
from plumbline.project.parsing import ValueFault, ValueFaultKind
from plumbline.project.schedule import find_schedule_faults

GONE = (
    ValueFaultKind.UNKNOWN_MONITOR,
    ValueFaultKind.UNKNOWN_CHECKPOINT,
    ValueFaultKind.UNKNOWN_CHANNEL,
)


def stale_mutes(document: Document, *, monitors: Collection[str]) -> Iterator[str]:
    """A line for each mute of a monitor that does not exist."""
    yield from _lines(document, find_mute_faults(document, monitors=monitors))


def stale_schedules(
    document: Document, *, checkpoints: Collection[str], channels: Collection[str]
) -> Iterator[str]:
    """A line for each schedule of a checkpoint, and each channel of one, that does not exist."""
    faults = find_schedule_faults(document, checkpoints=checkpoints, channels=channels)
    yield from _lines(document, faults)


def _lines(document: Document, faults: Iterator[ValueFault]) -> Iterator[str]:
    for fault in faults:
        if fault.kind in GONE:
            place = f"{document.file.parent.name}/{document.file.name}, {key_path(fault.path)}"
            yield f"Ignored: {fault.what} ({place}; fix: {fault.fix})."
