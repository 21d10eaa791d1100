"""The report of a calibration: healthy values, and what each candidate would have sent."""

from __future__ import annotations

from plumbline.backtest.calibrate import Calibration, Candidate, FamilyCalibration
from plumbline.backtest.proposing import PERCENTS, Quantiles, as_written
from plumbline.core.text import plain, rfc3339
from plumbline.report.page import Items, Section, Table
from plumbline.report.wording import minute

_NAMES = {0: "least", 50: "median", 100: "greatest"}


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
    }


def _as_dict(family: FamilyCalibration) -> dict[str, object]:
    return {
        "subject": family.family.subject,
        "side": family.family.side,
        "days": None if family.quantiles is None else family.quantiles.days,
        "quantiles": None
        if family.quantiles is None
        else dict(zip(map(str, PERCENTS), family.quantiles.values, strict=True)),
        "proposed": None if family.levels is None else dict(family.candidates[-1].levels),
        "overrides": {label: dict(levels) for label, levels in family.candidates[-1].groups.items()}
        if family.levels is not None
        else {},
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
    }


def _head(calibration: Calibration) -> Section:
    zone = calibration.zone
    lines = [
        f"{minute(calibration.first, zone)} to {minute(calibration.last, zone)} {zone.key}"
        + (f", {calibration.source}" if calibration.source else "")
        + f": {calibration.instants} instants, {calibration.healthy} of them healthy"
    ]
    if calibration.left_out:
        lines.append(f"Left out: {', '.join(calibration.left_out)}")
    return Section(f"Calibration of {calibration.monitor}", tuple(lines))


def _family(family: FamilyCalibration) -> list[Section]:
    warnings = (Items(family.warnings),) if family.warnings else ()
    sections = [Section(family.family.subject, warnings)]
    if family.quantiles is not None:
        rows = [("all", *_quantiles(family.quantiles))]
        rows += [(one.label, *_quantiles(one.quantiles)) for one in family.groups]
        names = tuple(_NAMES.get(percent, f"p{percent}") for percent in PERCENTS)
        sections.append(Section("Healthy values", (Table(("", "days", *names), tuple(rows)),)))
    if family.candidates:
        header = (
            *("candidate", "warning", "critical", "alerts a month"),
            *("false alarms a month", "incidents found", "missed"),
        )
        candidates = tuple(_candidate(one) for one in family.candidates)
        sections.append(Section("Candidates", (Table(header, candidates),)))
    if family.overrides:
        columns = ("group", "warning", "critical", "beyond the common warning")
        groups = tuple(
            (
                one.label,
                *_levels(family.candidates[-1].groups[one.label]),
                f"{100 * one.failing:.0f} %",
            )
            for one in family.groups
            if one.own is not None
        )
        sections.append(Section("Groups that differ", (Table(columns, groups),)))
    return sections


def _quantiles(quantiles: Quantiles) -> tuple[str, ...]:
    return (str(quantiles.days), *(_short(value) for value in quantiles.values))


def _short(value: float) -> str:
    return plain(round(value, 1)) if abs(value) >= 10 else plain(value)


def _candidate(one: Candidate) -> tuple[str, ...]:
    judged = len(one.found) + len(one.missed)
    return (
        one.name,
        *_levels(one.levels),
        f"{one.alerts_per_month:.1f}",
        f"{one.false_alarms_per_month:.1f}",
        f"{len(one.found)} of {judged}",
        ", ".join(one.missed),
    )


def _levels(levels: object) -> tuple[str, str]:
    found = dict(levels) if isinstance(levels, dict) else {}
    warning, critical = found.get("warning"), found.get("critical")
    return (
        "" if warning is None else as_written(warning),
        "" if critical is None else as_written(critical),
    )
