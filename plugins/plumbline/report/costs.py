"""The report of costs: what each monitor, checkpoint and owner was billed, for people and machines.

Used by ``plumbline list --costs``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from plumbline.core.pricing import Price, money
from plumbline.core.safe_text import one_line
from plumbline.core.text import NOTHING, rfc3339, size
from plumbline.history.cost.summary import By, CostLine
from plumbline.report.text import to_text

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Costs:
    """What the history says that runs cost."""

    target: str
    until: datetime
    span: timedelta
    price: Price
    total: CostLine | None
    """None: nothing was recorded."""
    lines: Mapping[By, tuple[CostLine, ...]]


def render_text(costs: Costs, *, width: int | None = None, colour: bool = False) -> str:
    """A table each by monitor, checkpoint and owner."""
    days = round(costs.span / timedelta(days=1))
    header = f"live runs on target {one_line(costs.target)}, " + (
        "the last day" if days == 1 else f"the last {days} days"
    )
    if costs.total is None:
        return f"{header}: none are recorded, so there is nothing to count\n"
    parts: list[RenderableType] = [Text(header, style="bold")]
    for by, lines in costs.lines.items():
        parts += [Text(""), _table(by, lines, costs.price, width)]
    parts += [Text(""), *(Text(line) for line in remarks(costs.total, costs.price))]
    return to_text(Group(*parts), width=width, colour=colour)


def render_json(costs: Costs) -> str:
    """One JSON object; bytes are whole, money is in the price's currency."""
    said = {
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
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def remarks(total: CostLine, price: Price) -> list[str]:
    """How the figures are to be read, a sentence a line; the data docs say the same."""
    said = []
    if total.is_least:
        said.append(
            "The warehouse did not say what it billed for some jobs: of those, the least that "
            "BigQuery would bill is counted, 10 MB for each table."
        )
    said.append(
        "A month has the runs that the schedule says; a checkpoint without one goes on as it did."
    )
    said.append(f"Money is {price.words}, as if nothing were free.")
    if total.per_month is not None and price.free_bytes_per_month:
        share = 100 * total.per_month / price.free_bytes_per_month
        said.append(
            f"A month takes {share:.1f} % of the {price.free_tib_per_month:g} TiB that is free for "
            "a billing account, all that it pays for together."
        )
    return said


def _table(by: By, lines: tuple[CostLine, ...], price: Price, width: int | None) -> Table:
    table = Table(
        box=None if width is None else SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 2 if width is None else 1, 0, 0),
        show_edge=False,
    )
    table.add_column(by.capitalize(), overflow="fold")
    for name in ("Runs", "Jobs", "Billed", "Minimum", "A run", "A day", "A month", "Money"):
        table.add_column(name, justify="right", no_wrap=width is None)
    for line in lines:
        table.add_row(
            Text(one_line(line.name)),
            str(line.runs),
            str(line.jobs),
            billed(line),
            bytes_or_nothing(line.minimum),
            bytes_or_nothing(line.per_run),
            bytes_or_nothing(line.per_day),
            bytes_or_nothing(line.per_month),
            NOTHING
            if line.money_per_month is None
            else money(line.money_per_month, price.currency),
        )
    return table


def billed(line: CostLine) -> str:
    """Bytes, ``≥`` where only the least is known."""
    text = bytes_or_nothing(line.bytes_billed)
    return f"≥ {text}" if line.is_least and line.bytes_billed is not None else text


def bytes_or_nothing(count: float | None) -> str:
    """Bytes in words; a dash for what is not known."""
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
