"""A suite with the bounds that judged in the place of those in its file.

What follows history is held against a band, which no file says. Used by `plumbline.checks.judge`,
so that thresholds in words and lines in charts are those that judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plumbline.checks.judged import JudgedExpectation
from plumbline.core.expectation_types import FOLLOWS_HISTORY, USUAL
from plumbline.core.group_key import GroupKey
from plumbline.project.suites import Suite


def in_force(suite: Suite, results: Sequence[JudgedExpectation]) -> Suite:
    """``suite`` as ``results``, one an expectation in its order, say that it was judged."""
    entries = suite.entry.expectations
    if len(entries) != len(results) or all(one.type != FOLLOWS_HISTORY for one in results):
        return suite
    judged = [
        entry.model_copy(update={"kwargs": {**entry.kwargs, **_judged(result)}})
        for entry, result in zip(entries, results, strict=True)
    ]
    return replace(suite, written=suite.entry.model_copy(update={"expectations": judged}))


def _judged(result: JudgedExpectation) -> dict[str, Any]:
    """What takes the place of arguments in the file; nothing where they judged themselves."""
    if result.type != FOLLOWS_HISTORY or not result.groups:
        return {}
    if result.kwargs.get("group_by"):
        bounds: Mapping[str, Any] = {
            GroupKey.of(entry["key"]).label: entry["bounds"] for entry in result.groups
        }
        return {"overrides": bounds, USUAL: "groups not as usual"}
    first = result.groups[0]
    return {**first["bounds"], USUAL: first["usual"]}
