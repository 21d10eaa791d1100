"""Instants compared as instants, whatever their zones.

Python compares and subtracts two datetimes of one zone by their wall clocks, and never calls two of
different zones equal in an hour that comes twice (PEP 495). So what compares, sorts, subtracts or
keys by instants does it in UTC; a zone is for days and for people. Used by every room.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def no_zone(name: object) -> tuple[str, str]:
    """What is wrong where `find_zone` finds none, and the fix."""
    return f"there is no time zone {name!r}", "write an IANA name such as America/New_York"


def in_utc(instant: datetime) -> datetime:
    """``instant`` in UTC; one without a zone is UTC, as BigQuery takes a DATETIME to be."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(UTC)


def exact_rfc3339(instant: datetime) -> str:
    """``instant`` in UTC to its last microsecond: for what is read again."""
    return in_utc(instant).isoformat().replace("+00:00", "Z")


def is_same(one: datetime, other: datetime) -> bool:
    """Whether both are the same instant."""
    return in_utc(one) == in_utc(other)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which ``day`` is over in ``zone``: the next midnight, whatever its length."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def last_day(instant: datetime) -> date:
    """The day that ``instant`` belongs to; at midnight, the day that has just ended."""
    before = in_utc(instant) - timedelta(microseconds=1)
    return before.astimezone(instant.tzinfo or UTC).date()
