"""Mutes that belong to the project: ``checkpoints/mutes.yml``.

Each names a monitor, an owner, a reason, and an end or maintenance windows that recur.
Those by command (``plumbline alerts mute``) live in the state of alerts instead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from plumbline.core.errors import ConfigError
from plumbline.core.mute import NO_END, Mute
from plumbline.project.document import Document, KeyPath
from plumbline.project.entry import Entry
from plumbline.project.maintenance import WindowEntry, find_window_faults, to_window
from plumbline.project.parsing import (
    ValueFault,
    ValueFaultKind,
    find_repeated,
    find_unknown_names,
    find_value_faults,
    refuse_faults,
    valid_entries,
    wrong_value,
)

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _as_text(value: object) -> object:
    # YAML reads dates and instants as such.
    return value.isoformat() if isinstance(value, date) else value


class MuteEntry(Entry):
    """One of ``mutes``."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["until"]}, {"required": ["window"]}]}
    )

    monitor: _Text = Field(
        description="The muted monitor. It still runs, but sends no notifications.",
        examples=["bdb_coverage"],
    )
    owner: _Text = Field(description="Who is responsible for the mute.", examples=["ml-platform"])
    reason: _Text = Field(
        description="Why the monitor is muted.", examples=["the vendor's feed is down"]
    )
    window: WindowEntry | None = Field(
        None,
        description="Maintenance window that recurs: the mute holds only in it.",
        examples=[{"cron": "0 2 * * SUN", "duration": "2h"}],
    )
    until: Annotated[str | None, BeforeValidator(_as_text)] = Field(
        None,
        description="End of the mute; required without `window`: a date (inclusive, in the "
        "project's time zone) or an instant with a time zone.",
        examples=["2026-02-10", "2026-02-10T18:00:00-05:00"],
        json_schema_extra={
            "pattern": r"^\d{4}-\d{2}-\d{2}"
            r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2}))?$",
            "patternErrorMessage": (
                "Write a date, or an instant with a time zone, for example "
                "2026-02-10T18:00:00-05:00."
            ),
        },
    )


class MutesEntry(Entry):
    """The whole file."""

    mutes: list[MuteEntry] | None = Field(
        None,
        description="Muted monitors. They still run, but send no notifications.",
        examples=[
            [
                {
                    "monitor": "bdb_coverage",
                    "owner": "ml-platform",
                    "reason": "the vendor's feed is down",
                    "until": "2026-02-10",
                }
            ]
        ],
    )


def find_mute_faults(
    document: Document, *, monitors: Collection[str] | None = None
) -> Iterator[ValueFault]:
    """Everything that is wrong with ``mutes.yml``.

    Args:
        monitors: the names that may be muted; None lets any name pass.
    """
    yield from find_value_faults(MutesEntry, document.value)
    for path, entry in valid_entries(MuteEntry, document, "mutes"):
        for fault in _entry_faults(entry):
            yield fault.below(path)
    yield from _without_end(document)
    muted = tuple(document.entry_texts("mutes", key="monitor"))
    for path, name in find_repeated(_without_windows(document, muted)):
        yield wrong_value(path, f"monitor {name!r} is muted twice", "keep one of the two")
    yield from find_unknown_names(ValueFaultKind.UNKNOWN_MONITOR, muted, monitors)


def read_mutes(document: Document, *, zone: ZoneInfo) -> tuple[Mute, ...]:
    """The mutes in ``mutes.yml``, in its order, also of monitors that do not exist.

    Args:
        zone: in which a date is a day.

    Raises:
        ConfigError: not YAML, an unknown or missing key, an end that is not valid, a monitor that
            is muted twice: with file, key and fix.
    """
    document.mapping_or_raise(error=ConfigError, what="the list of mutes")
    refuse_faults(find_mute_faults(document), file=document.file, error=ConfigError)
    return tuple(mute for _, mute in valid_mutes(document, zone=zone))


def valid_mutes(document: Document, *, zone: ZoneInfo) -> Iterator[tuple[KeyPath, Mute]]:
    """The mutes whose entries are valid by themselves, each with its path."""
    for path, one in valid_entries(MuteEntry, document, "mutes"):
        has_end = one.until is not None or one.window is not None
        if has_end and not list(_entry_faults(one)):
            yield path, _mute(one, zone)


def _without_end(document: Document) -> Iterator[ValueFault]:
    for path, entry in document.entries("mutes"):
        if isinstance(entry, dict) and not {"until", "window"} & entry.keys():
            fix = "add it: a date such as 2026-02-10; or a window that recurs"
            kind = ValueFaultKind.MISSING_KEY
            yield ValueFault(kind, (*path, "until"), "key 'until' is missing", fix)


def _without_windows(
    document: Document, muted: Iterable[tuple[KeyPath, str]]
) -> Iterator[tuple[KeyPath, str]]:
    """Those that hold until an end: a monitor may have any number of windows besides."""
    for path, name in muted:
        if document.get(*path[:-1], "window") is None:
            yield path, name


def _entry_faults(entry: MuteEntry) -> Iterator[ValueFault]:
    fault = None if entry.until is None else _until_fault(entry.until)
    if fault is not None:
        yield wrong_value(("until",), *fault)
    if entry.window is not None:
        for found in find_window_faults(entry.window):
            yield found.below(("window",))


def _mute(entry: MuteEntry, zone: ZoneInfo) -> Mute:
    return Mute(
        monitor=entry.monitor,
        owner=entry.owner,
        reason=entry.reason,
        until=NO_END if entry.until is None else _until(entry.until, zone),
        window=None if entry.window is None else to_window(entry.window, zone),
    )


def read_until(text: str, *, zone: ZoneInfo, key: str) -> datetime:
    """The instant at which a mute ends: of a date, the end of that day in ``zone``.

    Raises:
        ConfigError: neither a date nor an instant with a zone.
    """
    fault = _until_fault(text)
    if fault is not None:
        raise ConfigError(fault[0], key=key, fix=fault[1])
    return _until(text, zone)


def _until_fault(text: str) -> tuple[str, str] | None:
    """What is wrong with the end of a mute, and the fix; None where nothing is."""
    try:
        end = _until(text, None)
    except (ValueError, OverflowError):
        return (
            f"{text!r} is neither a date nor an instant",
            "write a date such as 2026-02-10, or an instant such as 2026-02-10T18:00:00-05:00",
        )
    if end.tzinfo is None and not _is_date(text):
        return (
            f"{text!r} has no time zone",
            f"write its offset too, for example {text}-05:00, or a date alone",
        )
    return None


def _until(text: str, zone: ZoneInfo | None) -> datetime:
    if _is_date(text):
        day = date.fromisoformat(text) + timedelta(days=1)
        return datetime.combine(day, time.min, tzinfo=zone)
    return datetime.fromisoformat(text)


def _is_date(text: str) -> bool:
    return len(text) == len("2026-02-10")
