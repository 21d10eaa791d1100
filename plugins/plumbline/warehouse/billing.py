"""What BigQuery bills for what a query reads, by its rules for on-demand queries.

Each table that a query reads is rounded up to whole MB, 10 MB at least (an MB is 1,048,576 bytes):
https://cloud.google.com/bigquery/pricing. Used for the limit of a job, and for the estimate of a
dry run.
"""

from __future__ import annotations

MB = 1024**2

LEAST_BYTES = 10 * MB
"""Billed for a table, however little of it is read."""


def limit_of(maximum_bytes: int, tables: int) -> int:
    """The ``maximumBytesBilled`` of a job that may read ``maximum_bytes`` of ``tables`` tables.

    Rounding adds less than 10 MB a table: with so much headroom, a query that reads no more than
    the limit is not refused for its rounding.
    """
    return maximum_bytes + tables * LEAST_BYTES


def most_billed(read_bytes: int, tables: int) -> int:
    """The most that BigQuery bills for reading ``read_bytes`` of ``tables`` tables together.

    A dry run returns only the sum. The bill is highest if one table has all of it and each of
    the others its minimum.
    """
    if tables == 0:
        return 0
    rounded = -(-read_bytes // MB) * MB
    return max(rounded, LEAST_BYTES) + (tables - 1) * LEAST_BYTES
