"""The report of a dry run: what each monitor would send, what BigQuery says that it would read, and
what that would be billed at most."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from plumbline.core.safe_text import one_line
from plumbline.core.text import moment, rfc3339, size
from plumbline.history.cost.sharing import describe_sharing
from plumbline.models.compiled import CompiledModel
from plumbline.report.sql import describe_parameters
from plumbline.warehouse.billing import most_billed

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class DryRunModel:
    """What a monitor would send."""

    monitor: str
    compiled: CompiledModel | None
    estimated_bytes: int | None
    """What BigQuery says that the query would read; None where the warehouse does not say."""
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


def render_text(report: DryRunReport) -> str:
    """One SQL script; what is not SQL stands in comments."""
    lines = [
        f"-- {one_line(report.checkpoint)} · target {one_line(report.target)} · "
        f"{moment(report.as_of)}",
        "-- dry run: nothing was run",
    ]
    for model in report.models:
        lines += ["", f"-- {one_line(model.monitor)}: {_outlook(model)}"]
        if model.compiled is not None:
            lines += [f"-- {line}" for line in describe_parameters(model.compiled)]
            lines += [model.compiled.sql.rstrip() + ";"]
    lines += ["", f"-- {_total(report)}"]
    lines += [f"-- {one_line(line)}" for line in _sharing(report)]
    return "\n".join(lines) + "\n"


def render_markdown(report: DryRunReport) -> str:
    """A section a monitor."""
    from plumbline.report.markdown import code, escape

    lines = [
        f"## Dry run: {code(report.checkpoint)}",
        "",
        f"Target {code(report.target)} · {escape(moment(report.as_of))} · {escape(_total(report))}",
    ]
    for model in report.models:
        lines += ["", f"### {code(model.monitor)}", "", escape(_outlook(model))]
        if model.compiled is not None:
            fence = "```"
            while fence in model.compiled.sql:
                fence += "`"
            comments = [f"-- {line}" for line in describe_parameters(model.compiled)]
            lines += ["", f"{fence}sql", *comments, model.compiled.sql.rstrip(), fence]
    lines += [text for line in _sharing(report) for text in ("", escape(line))]
    return "\n".join(lines) + "\n"


def render_json(report: DryRunReport) -> str:
    """One JSON object."""
    said = {
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
                "sql": model.compiled.sql if model.compiled else None,
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
    return json.dumps(said, ensure_ascii=False, indent=2, default=_as_text) + "\n"


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _outlook(model: DryRunModel) -> str:
    if model.fault:
        return f"ERROR: {one_line(model.fault)}"
    if model.estimated_bytes is None:
        return "the warehouse does not say how much it would read"
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
    total = "bytes are not known" if read is None else f"in all: {_bytes(read, billed)}"
    text = f"{len(report.models)} monitors, {total}"
    return f"{text}, {faults} with a fault" if faults else text


def _bytes(read: int, billed: int | None) -> str:
    text = f"would read {size(read)}"
    return text if billed is None else f"{text}, billed {size(billed)} at most"


def _sum(values: Iterable[int | None]) -> int | None:
    """Of those that are known; None: none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
