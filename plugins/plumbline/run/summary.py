"""The one line that a person reads first: what was found, what should have been, who fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plumbline.group_key import GroupKey
from plumbline.project.suites import ObservedColumn, ObservedCount, Suite
from plumbline.run.judged import RANK, JudgedExpectation
from plumbline.run.outcome import Outcome
from plumbline.run.status import Status
from plumbline.run.thresholds import FOLLOWS_HISTORY
from plumbline.run.words import listing, number, unit_of


def describe(result: JudgedExpectation) -> str:
    """What an expectation expects, in words."""
    if result.description:
        return result.description
    column = result.kwargs.get("column")
    if column is None:
        return result.type
    bounds = result.bounds
    if bounds.first is None:
        return f"{result.type} on {column}"
    what = str(column)
    if result.kwargs.get("aggregate"):
        what = f"{result.kwargs['aggregate']} of {what}"
    if result.kwargs.get("group_by"):
        what += f" of each {' and '.join(result.kwargs['group_by'])}"
    if result.type == FOLLOWS_HISTORY:
        return f"{what} as usual"
    unit = unit_of(str(column), None, "")
    return f"{what} {bounds.words()}{' ' + unit if unit else ''}"


def summarise(outcome: Outcome, suite: Suite, failed: Sequence[JudgedExpectation]) -> str:
    """The summary of an outcome whose status and groups are known."""
    if outcome.status is Status.ERROR:
        return outcome.reason or ""
    parts = [_headline(outcome, suite)]
    counted = [result for result in failed if result.status is not Status.PASS]
    seen: set[tuple[object, ...]] = set()
    for result in sorted(counted, key=lambda result: -RANK[result.status]):
        subject = (result.kwargs.get("column"), tuple(result.kwargs.get("group_by") or ()))
        if subject in seen:
            continue
        seen.add(subject)
        text = _failure(outcome, suite, result)
        if text:
            parts.append(text)
    parts += [note for note in outcome.notes if note not in parts]
    return "; ".join(part for part in parts if part)


def _headline(outcome: Outcome, suite: Suite) -> str:
    declared = suite.monitor.observed
    if outcome.observed is None and declared is None:
        return f"{outcome.evaluated - outcome.failed} of {outcome.evaluated} expectations pass"
    if isinstance(declared, ObservedColumn):
        whole = outcome.denominator
        if declared.aggregate == "sum" and whole and outcome.numerator == outcome.observed:
            return f"{outcome.observed:.0f} of {whole:.0f} {outcome.unit}".rstrip()
    if isinstance(declared, ObservedCount):
        at = "critical" if declared.count_failing == "critical" else "at warning or worse"
        return f"{outcome.observed:.0f} of {len(outcome.groups)} {outcome.unit} {at}"
    return number(outcome.observed, outcome.unit)


def _failure(outcome: Outcome, suite: Suite, result: JudgedExpectation) -> str:
    if result.description:
        return f"not so: {result.description}"
    declared = suite.monitor.observed
    observed_column = declared.column if isinstance(declared, ObservedColumn) else None
    column = str(result.kwargs.get("column", ""))
    unit = unit_of(column, observed_column, outcome.unit)
    must = result.bounds.words()
    if result.groups and result.kwargs.get("group_by"):
        failing = [entry for entry in result.groups if not entry["success"]]
        failing.sort(key=lambda entry: (entry["observed"] is not None, entry["observed"] or 0))
        must = "as usual" if result.type == FOLLOWS_HISTORY else must
        said = "compared_with" if len(failing) == 1 else "usual"
        names = [_shown(entry, unit, entry.get(said)) for entry in failing]
        return f"{column} must be {must}: {listing(names)}"
    if column == observed_column:
        # Where another expectation names groups, they are its groups and not parts of this whole.
        named = any(entry.kwargs.get("group_by") for entry in suite.entry.expectations)
        worse = [] if named else [g for g in outcome.groups if g.status is not Status.PASS]
        names = [f"{group.key.label} {number(group.observed, unit)}" for group in worse]
        text = f"must be {must}"
        if isinstance(declared, ObservedColumn) and declared.aggregate == "sum":
            names = [group.key.label for group in worse]
        return text + (f": {listing(names)}" if names else "")
    if result.bounds.first is not None and column:
        seen = result.observed
        shown = number(float(seen), unit) if isinstance(seen, int | float) else ""
        return f"{column} must be {must}" + (f", observed {shown}" if shown else "")
    return f"{result.type} failed" + (f" on {column}" if column else "")


def _shown(entry: Mapping[str, Any], unit: str, usual: str | None) -> str:
    """``fr 70 % (usually 92 ± 4)``, ``fr no rows (usually 92 ± 4)``."""
    found = number(entry["observed"], unit)
    if entry.get("rows") == 0:
        found = "no rows"
    elif entry.get("masked"):
        found = "masked"
    return f"{GroupKey.of(entry['key']).label} {found}" + (f" ({usual})" if usual else "")
