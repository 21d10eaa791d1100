"""The report of costs: what each monitor, checkpoint and owner was billed, for people and machines.

Used by ``plumbline list --costs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from plumbline.core.pricing import Price, money
from plumbline.core.text import NOTHING, count, rfc3339, size
from plumbline.history.cost.summary import By, CostLine
from plumbline.report.page import Name, Section, Table

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Costs:
    target: str
    until: datetime
    span: timedelta
    price: Price
    total: CostLine | None
    """None: nothing was recorded."""
    lines: Mapping[By, tuple[CostLine, ...]]


def costs_page(costs: Costs) -> list[Section]:
    """A table each by monitor, checkpoint and owner."""
    days = round(costs.span / timedelta(days=1))
    header = f"live runs on target {costs.target}, " + (
        "the last day" if days == 1 else f"the last {days} days"
    )
    if costs.total is None:
        none = f"{header}: no runs are recorded"
        return [Section("", (none,))]
    return [
        Section(header, (_in_all(costs.total, costs.price),)),
        *(Section("", (_table(by, lines, costs.price),)) for by, lines in costs.lines.items()),
        Section("", tuple(remarks(costs.total, costs.price))),
    ]


def as_dict(costs: Costs) -> dict[str, object]:
    """For machines; bytes are whole, money is in the price's currency."""
    return {
        "schema_version": SCHEMA_VERSION,
        "target": costs.target,
        "until": rfc3339(costs.until),
        "days": round(costs.span / timedelta(days=1), 3),
        "price": {
            "per_tib": costs.price.per_tib,
            "currency": costs.price.currency,
            "free_tib_per_month": costs.price.free_tib_per_month,
            "listed_since": costs.price.listed_since and costs.price.listed_since.isoformat(),
        },
        "total": None if costs.total is None else _entry(costs.total),
        **{f"by_{by}": [_entry(line) for line in lines] for by, lines in costs.lines.items()},
    }


def remarks(total: CostLine, price: Price) -> list[str]:
    """How to read the figures, one sentence per line; also shown in the data docs."""
    said = []
    if total.is_least:
        said.append(
            "The warehouse did not report the billed bytes of some jobs. They are counted with "
            "BigQuery's minimum, 10 MB per table."
        )
    said.append(
        "The figures per month assume the runs in the schedule. For a checkpoint without a "
        "schedule, they are projected from its past runs."
    )
    said.append(f"The price is {price.words}. The free tier is not subtracted.")
    if total.per_month is not None and price.free_bytes_per_month:
        share = 100 * total.per_month / price.free_bytes_per_month
        said.append(
            f"The bytes per month are {share:.1f} % of the {price.free_tib_per_month:g} TiB that "
            "each billing account has free per month."
        )
    return said


def _in_all(total: CostLine, price: Price) -> str:
    text = f"{billed(total)} billed in {count(total.jobs, 'jobs')}"
    if total.per_month is None or total.money_per_month is None:
        return text
    month = money(total.money_per_month, price.currency)
    return f"{text}; {bytes_or_nothing(total.per_month)} and {month} per month"


def _table(by: By, lines: tuple[CostLine, ...], price: Price) -> Table:
    numbers = ("Runs", "Jobs", "Billed", "Minimum", "Per run", "Per day", "Per month", "Cost")
    return Table(
        (by.capitalize(), *numbers),
        tuple(
            (
                Name(line.name),
                f"{line.runs:,}",
                f"{line.jobs:,}",
                billed(line),
                bytes_or_nothing(line.minimum),
                bytes_or_nothing(line.per_run),
                bytes_or_nothing(line.per_day),
                bytes_or_nothing(line.per_month),
                NOTHING
                if line.money_per_month is None
                else money(line.money_per_month, price.currency),
            )
            for line in lines
        ),
        right=frozenset(range(1, 1 + len(numbers))),
        # Name, cost, per month, billed, per run, runs, jobs, per day, minimum.
        keep=(0, 8, 7, 3, 5, 1, 2, 6, 4),
    )


def billed(line: CostLine) -> str:
    """Bytes, ``≥`` where only the least is known."""
    text = bytes_or_nothing(line.bytes_billed)
    return f"≥ {text}" if line.is_least and line.bytes_billed is not None else text


def bytes_or_nothing(count: float | None) -> str:
    """Bytes in words; a dash if unknown."""
    return NOTHING if count is None else size(round(count))


def _entry(line: CostLine) -> dict[str, object]:
    rounded = {
        name: None if (value := getattr(line, name)) is None else round(value)
        for name in ("per_run", "per_day", "per_month")
    }
    cents = line.money_per_month
    return {
        **asdict(line),
        **rounded,
        "money_per_month": None if cents is None else round(cents, 6),
    }
