"""The report of a dry run: each monitor's query, the bytes that it would read by BigQuery's
estimate, and the most that BigQuery would bill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from plumbline.core.text import count, moment, rfc3339, size
from plumbline.history.cost.sharing import describe_sharing
from plumbline.models.compiled import CompiledModel
from plumbline.report.page import Code, Name, Section
from plumbline.report.sql import describe_parameters
from plumbline.warehouse.billing import most_billed

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class DryRunModel:
    """What a monitor would send."""

    monitor: str
    compiled: CompiledModel | None
    estimated_bytes: int | None
    """The bytes that the query would read; None if the warehouse doesn't estimate them."""
    fault: str | None = None
    """Why the monitor can't be compiled or estimated."""

    @property
    def estimated_bytes_billed(self) -> int | None:
        """The most that BigQuery would bill for it: each table is rounded up, to 10 MB at least."""
        if self.estimated_bytes is None or self.compiled is None:
            return None
        return most_billed(self.estimated_bytes, len(self.compiled.sources))


@dataclass(frozen=True)
class DryRunReport:
    """What a run would send, without sending it."""

    checkpoint: str
    target: str
    as_of: datetime
    models: tuple[DryRunModel, ...]


def dry_run_page(report: DryRunReport) -> list[Section]:
    """One section per monitor; in a script, everything except SQL is a comment."""
    judged = f"Target {report.target} · {moment(report.as_of)} · {_total(report)}"
    return [
        Section(("dry run: nothing was run · ", Name(report.checkpoint)), (judged,)),
        *(_section(model) for model in report.models),
        *(Section("", (line,)) for line in _sharing(report)),
    ]


def as_dict(report: DryRunReport) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "dry_run": True,
        "checkpoint": report.checkpoint,
        "target": report.target,
        "as_of": rfc3339(report.as_of),
        "estimated_bytes": _sum(model.estimated_bytes for model in report.models),
        "estimated_bytes_billed": _sum(model.estimated_bytes_billed for model in report.models),
        "monitors": [
            {
                "name": model.monitor,
                "fault": model.fault,
                "estimated_bytes": model.estimated_bytes,
                "estimated_bytes_billed": model.estimated_bytes_billed,
                "sql": model.compiled.text if model.compiled else None,
                "sql_hash": model.compiled.sql_hash if model.compiled else None,
                "sources": list(model.compiled.sources) if model.compiled else [],
                "parameters": [
                    {"name": one.name, "type": one.type, "value": one.value}
                    for one in (model.compiled.parameters if model.compiled else ())
                ],
            }
            for model in report.models
        ],
    }


def _section(model: DryRunModel) -> Section:
    title = (Name(model.monitor), f": {_outlook(model)}")
    if model.compiled is None:
        return Section(title)
    comments = [f"-- {line}" for line in describe_parameters(model.compiled)]
    sql = "\n".join([*comments, model.compiled.text.rstrip() + ";"])
    return Section(title, (Code(sql, "sql"),))


def _outlook(model: DryRunModel) -> str:
    if model.fault:
        return f"ERROR: {model.fault}"
    if model.estimated_bytes is None:
        return "the warehouse doesn't estimate bytes"
    return _bytes(model.estimated_bytes, model.estimated_bytes_billed)


def _sharing(report: DryRunReport) -> list[str]:
    """What reading each table once would save: a line, or none."""
    reads = {one.monitor: one.compiled.sources for one in report.models if one.compiled}
    line = describe_sharing(reads)
    return [line] if line else []


def _total(report: DryRunReport) -> str:
    faults = sum(model.fault is not None for model in report.models)
    read = _sum(model.estimated_bytes for model in report.models)
    billed = _sum(model.estimated_bytes_billed for model in report.models)
    total = "bytes unknown" if read is None else f"total: {_bytes(read, billed)}"
    text = f"{count(len(report.models), 'monitors')}, {total}"
    return f"{text}, {faults} with an error" if faults else text


def _bytes(read: int, billed: int | None) -> str:
    text = f"would read {size(read)}"
    return text if billed is None else f"{text}, billed {size(billed)} at most"


def _sum(values: Iterable[int | None]) -> int | None:
    """The sum of known values; None if none is known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
