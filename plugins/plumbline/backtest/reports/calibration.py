"""The report of a calibration: healthy values, and what each candidate would have sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from plumbline.backtest.calibration import Calibration, FamilyCalibration
from plumbline.backtest.proposing import PERCENTS, Quantiles
from plumbline.backtest.sane_levels import LevelRules
from plumbline.backtest.separation import Separation
from plumbline.checks.threshold_families import Level, Rates
from plumbline.core.text import NOTHING, count, plain, rfc3339
from plumbline.report.page import Items, Section, Table
from plumbline.report.wording import minute

_NAMES = {0: "least", 50: "median", 100: "greatest"}
_IMPORTANT = (
    0,
    *(2 + PERCENTS.index(percent) for percent in (0, 50, 100, 5, 95, 1, 99)),
    1,
    *(2 + PERCENTS.index(percent) for percent in (25, 75, 10, 90)),
)
"""Columns of quantiles that a narrow terminal shows, the most important first."""


def calibration_page(calibration: Calibration) -> list[Section]:
    """All sections."""
    sections = [_head(calibration)]
    for family in calibration.families:
        sections += _family(family)
    if calibration.beyond:
        beyond = tuple(f"{what}: stays as it is" for what in calibration.beyond)
        sections.append(Section("Not in the history", (Items(beyond),)))
    if calibration.notes:
        sections.append(Section("What to know", (Items(calibration.notes),)))
    return sections


def calibration_dict(calibration: Calibration) -> dict[str, object]:
    """The same for machines, as ``schemas/calibrate.schema.json`` says."""
    return {
        "schema_version": 1,
        "monitor": calibration.monitor,
        "from": None if calibration.first is None else rfc3339(calibration.first),
        "to": None if calibration.last is None else rfc3339(calibration.last),
        "instants": calibration.instants,
        "healthy": calibration.healthy,
        "left_out": list(calibration.left_out),
        "thresholds": [_as_dict(family) for family in calibration.families],
        "not_in_history": list(calibration.beyond),
        "notes": list(calibration.notes),
        "best": calibration.best or None,
    }


def _as_dict(family: FamilyCalibration) -> dict[str, object]:
    return {
        "subject": family.family.subject,
        "side": family.family.side,
        "days": None if family.quantiles is None else family.quantiles.days,
        "quantiles": None
        if family.quantiles is None
        else dict(zip(map(str, PERCENTS), family.quantiles.values, strict=True)),
        "proposed": None if family.levels is None else dict(family.levels),
        "overrides": {label: dict(levels) for label, levels in family.overrides.items()},
        "candidates": [
            {
                "name": one.name,
                "levels": dict(one.levels),
                "alerts_per_month": round(one.alerts_per_month, 3),
                "false_alarms_per_month": round(one.false_alarms_per_month, 3),
                "found": list(one.found),
                "missed": list(one.missed),
            }
            for one in family.candidates
        ],
        "warnings": list(family.warnings),
        "unit": family.rules.unit,
        "per": family.family.per if isinstance(family.family, Rates) else None,
        "decisions": list(family.decisions),
        "lost": [{"id": label.id, "title": label.title} for label in family.lost],
        "separation": None
        if family.separation is None
        else {
            "area": round(family.separation.area, 4),
            "healthy": family.separation.healthy,
            "incident": family.separation.incident,
        },
    }


def _head(calibration: Calibration) -> Section:
    zone = calibration.zone
    lines = [
        f"{minute(calibration.first, zone)} to {minute(calibration.last, zone)} {zone.key}"
        + (f", {calibration.source}" if calibration.source else "")
        + f": {count(calibration.instants, 'instants')}"
    ]
    parts = (
        (calibration.healthy, "healthy"),
        (calibration.within, "within labelled incidents"),
        (calibration.skipped, "SKIPPED"),
        (calibration.errors, "ERROR"),
    )
    if calibration.instants:
        shown = (f"{number:,} {what}" for number, what in parts if number or what == "healthy")
        lines[0] += f", {', '.join(shown)}"
    if calibration.left_out:
        lines.append(f"Left out of the healthy values: {', '.join(calibration.left_out)}")
    if calibration.best:
        lines.append(calibration.best[0].upper() + calibration.best[1:])
    return Section(f"Calibration of {calibration.monitor}", tuple(lines))


def _family(family: FamilyCalibration) -> list[Section]:
    remarks = (*family.warnings, *family.decisions)
    separation = (_separation(family.separation),) if family.separation is not None else ()
    sections = [
        Section(family.family.subject, (*separation, *((Items(remarks),) if remarks else ())))
    ]
    if family.quantiles is not None:
        unit = f", in {family.rules.unit}" if family.rules.unit else ""
        rows = [("all", *_quantiles(family.quantiles))]
        rows += [(one.label, *_quantiles(one.quantiles)) for one in family.groups]
        names = tuple(_NAMES.get(percent, f"p{percent}") for percent in PERCENTS)
        header = ("", "days", *names)
        numbers = frozenset(range(1, len(header)))
        table = Table(header, tuple(rows), right=numbers, keep=_IMPORTANT)
        sections.append(Section(f"Healthy values{unit}", (table,)))
    if family.candidates:
        header = (
            *("candidate", "warning", "critical", "alerts per month"),
            *("false alarms per month", "incidents found", "missed"),
        )
        candidates = Table(
            header,
            tuple(_candidates(family)),
            right=frozenset({3, 4, 5}),
            keep=(0, 1, 2, 4, 5, 3, 6),
            below=6,
        )
        sections.append(Section("Candidates", (candidates,)))
    if family.overrides:
        columns = ("group", "warning", "critical", "beyond the common warning")
        failing = {one.label: f"{100 * one.failing:.0f} %" for one in family.groups}
        groups = tuple(
            (label, *_levels(family.rules, levels), failing.get(label, ""))
            for label, levels in family.overrides.items()
        )
        sections.append(
            Section("Groups that differ", (Table(columns, groups, right=frozenset({3})),))
        )
    return sections


def _separation(found: Separation) -> str:
    return (
        f"Separates incidents from healthy times: {found.percent} (50 % is chance), by "
        f"{count(found.incident, 'instants')} within labelled incidents and "
        f"{count(found.healthy, 'healthy ones')}"
    )


def _quantiles(quantiles: Quantiles) -> tuple[str, ...]:
    return (str(quantiles.days), *(_short(value) for value in quantiles.values))


def _short(value: float) -> str:
    return plain(round(value, 1)) if abs(value) >= 10 else plain(value)


def _candidates(family: FamilyCalibration) -> Iterator[tuple[str, ...]]:
    """A row each; candidates with the same bounds share one."""
    names: dict[tuple[str, ...], list[str]] = {}
    for one in family.candidates:
        judged = len(one.found) + len(one.missed)
        cells: tuple[str, ...] = (
            *_levels(family.rules, one.levels),
            f"{one.alerts_per_month:.1f}",
            f"{one.false_alarms_per_month:.1f}",
            f"{len(one.found)} of {judged}" if judged else NOTHING,
            ", ".join(one.missed),
        )
        names.setdefault(cells, []).append(one.name)
    for cells, same in names.items():
        yield (", ".join(same), *cells)


def _levels(rules: LevelRules, levels: Mapping[Level, float]) -> tuple[str, str]:
    warning, critical = (
        rules.bound(level, levels[level]) if level in levels else "" for level in get_args(Level)
    )
    return warning, critical
