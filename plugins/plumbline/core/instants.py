"""Instants compared as instants, whatever their zones.

Python compares and subtracts two datetimes of one zone by their wall clocks, and never calls two of
different zones equal in an hour that comes twice (PEP 495). So what compares, sorts, subtracts or
keys by instants does it in UTC; a zone is for days and for people. Used by every room.
"""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(instant: datetime) -> datetime:
    """``instant`` in UTC; one without a zone is UTC, as BigQuery takes a DATETIME to be."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return aware.astimezone(UTC)


def is_same(one: datetime, other: datetime) -> bool:
    """Whether both are the same instant."""
    return in_utc(one) == in_utc(other)
