"""The checks of a suite with the bounds that judged in the place of those in its file.

What follows history is held against a band, and what is per unit against so many units: no file
says either. Used by `plumbline.checks.judge`,
so that thresholds in words and lines in charts are those that judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from plumbline.checks.check import Check, checks_of
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.expectation_types import FOLLOWS_HISTORY, USUAL
from plumbline.project.suites import Suite


def in_force(suite: Suite, results: Sequence[JudgedExpectation]) -> tuple[Check, ...]:
    """The checks of ``suite`` as ``results``, one each in its order, say that they were judged."""
    checks = checks_of(suite)
    if len(checks) != len(results):
        return checks
    return tuple(
        replace(check, kwargs={**check.kwargs, **_judged(result)})
        for check, result in zip(checks, results, strict=True)
    )


def _judged(result: JudgedExpectation) -> dict[str, Any]:
    """What takes the place of arguments in the file; nothing where they judged themselves."""
    if result.units:
        return {"per": result.kwargs["per"]}
    if result.type != FOLLOWS_HISTORY or not result.groups:
        return {}
    judged_by = {
        group.key.label: asdict(group.bounds) for group in result.groups if group.bounds is not None
    }
    if result.group_by:
        return {"overrides": judged_by, USUAL: "groups not as usual"}
    first = result.groups[0]
    return {**judged_by[first.key.label], USUAL: first.usual}
