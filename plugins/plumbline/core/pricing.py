"""What BigQuery bills for the bytes of a query, and what they cost. Pure.

A query that is paid on demand is billed for each table that it reads: the bytes read, rounded up to
whole MB, 10 MB at least. BigQuery's MB here are of 1,048,576 bytes, and its TiB is 1,048,576 of
them. Used by whatever speaks of cost, and by `plumbline.project.targets`, which reads a target's
own price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MB = 1024**2
TIB = 1024**4

LEAST_BYTES = 10 * MB
"""Billed for each table of a query, however little of it is read."""

SOURCE = "https://cloud.google.com/bigquery/pricing"


@dataclass(frozen=True)
class Price:
    """What bytes cost; the default is Google's list price in the multi-regions US and EU.

    Single regions may cost more or less: a project says what it pays in ``great_expectations.yml``.
    """

    per_tib: float = 6.25
    """Money for a TiB."""
    currency: str = "USD"
    free_tib_per_month: float = 1.0
    """Of a billing account, shared by all that it pays for."""
    listed_since: date | None = date(2023, 7, 5)
    """Since when it is the list price; None: it is what the project says that it pays."""

    def of(self, billed: float) -> float:
        """Money for so many bytes, as if nothing were free."""
        return billed / TIB * self.per_tib

    @property
    def free_bytes_per_month(self) -> float:
        """Of a billing account."""
        return self.free_tib_per_month * TIB

    @property
    def words(self) -> str:
        """``6.25 USD per TiB (list price of US and EU since 2023-07-05, https://...)``."""
        said = "as configured"
        if self.listed_since:
            said = f"list price of US and EU since {self.listed_since}, {SOURCE}"
        return f"{self.per_tib:g} {self.currency} per TiB ({said})"


LIST_PRICE = Price()
"""Where the project says no other."""


def least_billed(tables: int) -> int:
    """What a query over so many tables is billed at least."""
    return tables * LEAST_BYTES


def money(amount: float, currency: str) -> str:
    """``0.03 USD``; what is less than a cent is said to be so."""
    if 0 < amount < 0.01:
        return f"less than 0.01 {currency}"
    return f"{amount:,.2f} {currency}"
