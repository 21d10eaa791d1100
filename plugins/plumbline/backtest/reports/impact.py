"""The report of an impact: what changed, and what it does before and after."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.backtest.impact import Basis, Effect, Impact, Side
from plumbline.backtest.replay import ReplayedIncident
from plumbline.core.text import count, rfc3339
from plumbline.report.page import Items, Section, Table
from plumbline.report.wording import minute

_MOST_NEW = 10


def impact_page(impact: Impact, zone: ZoneInfo) -> list[Section]:
    """All sections."""
    head = f"Impact against {impact.base}"
    if not impact.effects and not impact.others:
        return [Section(head, ("No change to suites, models, checkpoints, schedules or alerts.",))]
    sections = [Section(head, (_verdict(impact),))]
    measured = [one for one in impact.effects if one.before is not None or one.after is not None]
    if measured:
        header = ("monitor", "alerts", "incidents found", "missed", "false alarms", "from")
        rows = tuple(_row(one) for one in measured)
        sections.append(
            Section(
                "Before → after", (Table(header, rows, right=frozenset({1, 2, 3, 4}), below=5),)
            )
        )
    changed = (
        f"{one.change.name} ({one.change.kind}): {'; '.join(one.change.what)}"
        + ("" if one in measured else f" — {one.source}")
        for one in impact.effects
    )
    sections.append(Section("What changed", (Items((*changed, *impact.others)),)))
    for one in measured:
        details = _details(one, zone)
        if details:
            sections.append(Section(one.change.name, (Items(details),)))
    if impact.notes and measured:
        sections.append(Section("How this was found", (Items(impact.notes),)))
    return sections


def impact_dict(impact: Impact) -> dict[str, object]:
    """The same for machines, as ``schemas/impact.schema.json`` says."""
    return {
        "schema_version": 1,
        "base": impact.base,
        "exit_code": impact.exit_code,
        "labelled": impact.labelled,
        "monitors": [
            {
                "name": one.change.name,
                "kind": one.change.kind,
                "what": list(one.change.what),
                "told": one.told,
                "source": one.source,
                "before": _side(one.before),
                "after": _side(one.after),
                "basis": _basis(one.basis),
            }
            for one in impact.effects
        ],
        "others": list(impact.others),
        "notes": list(impact.notes),
    }


def _basis(basis: Basis | None) -> dict[str, object] | None:
    if basis is None:
        return None
    return {
        "kind": "stored history" if basis.is_stored else "backtest",
        "from": rfc3339(basis.first),
        "to": rfc3339(basis.last),
        "runs": basis.runs,
        "missing": [{"from": rfc3339(one.first), "to": rfc3339(one.last)} for one in basis.missing],
    }


def _side(side: Side | None) -> dict[str, object] | None:
    if side is None:
        return None
    return {
        "alerts": side.alerts,
        "false_alarms": side.false_alarms,
        "found": list(side.found),
        "missed": list(side.missed),
        "errors": side.errors,
    }


def _verdict(impact: Impact) -> str:
    missed = [name for one in impact.effects for name in one.newly_missed]
    found = [name for one in impact.effects for name in one.newly_found]
    more = sum(_count(one.after, "alerts") - _count(one.before, "alerts") for one in impact.effects)
    sign = "+" if more > 0 else "-"
    parts = [f"{sign}{count(abs(more), 'alerts')}" if more else "as many alerts as before"]
    if missed:
        parts.append(f"no longer found: {', '.join(missed)}")
    if found:
        parts.append(f"newly found: {', '.join(found)}")
    untold = [one.change.name for one in impact.effects if not one.told]
    if untold:
        parts.append(f"unknown for: {', '.join(untold)}")
    partly = [one.change.name for one in impact.effects if one.basis and one.basis.missing]
    if partly:
        parts.append(f"only a part of the time is stored for: {', '.join(partly)}")
    return "; ".join(parts)


def _row(one: Effect) -> tuple[str, ...]:
    return (
        one.change.name,
        _pair(one, "alerts"),
        _pair(one, "found"),
        _pair(one, "missed"),
        _pair(one, "false_alarms"),
        one.source,
    )


def _pair(one: Effect, what: str) -> str:
    before, after = (
        "-" if side is None else f"{_count(side, what):,}" for side in (one.before, one.after)
    )
    return f"{before} → {after}"


def _count(side: Side | None, what: str) -> int:
    if side is None:
        return 0
    value: object = getattr(side, what)
    return value if isinstance(value, int) else len(value) if isinstance(value, tuple) else 0


def _details(one: Effect, zone: ZoneInfo) -> tuple[str, ...]:
    lines = [f"no longer found: {name}" for name in one.newly_missed]
    lines += [f"newly found: {name}" for name in one.newly_found]
    old = set(map(_opening, one.before.incidents)) if one.before else set()
    found = one.after.incidents if one.after else ()
    new = [replayed for replayed in found if _opening(replayed) not in old]
    lines += [
        f"new false alarm: {minute(replayed.incident.opened_at, zone)}, "
        f"{replayed.incident.worst}, {count(replayed.told, 'alerts')}"
        for replayed in new[:_MOST_NEW]
    ]
    if len(new) > _MOST_NEW:
        lines.append(f"and {len(new) - _MOST_NEW:,} more")
    return tuple(lines)


def _opening(replayed: ReplayedIncident) -> tuple[datetime, str]:
    return replayed.incident.opened_at, replayed.incident.kind
