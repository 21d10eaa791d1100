"""From a model's rows to what can be judged: verdicts, and what is wrong with the rows.

The contract: at least one row for each ``as_of``; ``verdict`` is ``judge``, ``skip`` or
``unknown``; a model without ``verdict`` is all ``judge``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.instants import is_same
from plumbline.core.masking import Mask

VERDICTS = ("judge", "skip", "unknown")


@dataclass(frozen=True)
class SortedRows:
    """The rows of one ``as_of``, sorted by what the model knows about them."""

    judge: tuple[Mapping[str, Any], ...]
    skipped: tuple[str, ...]
    """Reasons of ``skip`` rows, each once, in order."""
    unknown: tuple[str, ...]
    """Reasons of ``unknown`` rows, each once, in order."""
    notes: tuple[str, ...]
    """Reasons that ``judge`` rows carry: doubts, and what was left out."""

    def masked(self, mask: Mask, keys: Collection[str] = ()) -> SortedRows:
        """The same, fit to be written.

        Texts of other columns may name what personal ones hold. Those of ``keys`` are left as they
        are: what a group is called must not depend on who is in the rows of the day.
        """
        if not mask:
            return self
        return SortedRows(
            judge=tuple(_masked(row, mask, keys) for row in self.judge),
            skipped=tuple(map(mask.text, self.skipped)),
            unknown=tuple(map(mask.text, self.unknown)),
            notes=tuple(map(mask.text, self.notes)),
        )


def sort_rows(
    rows: Sequence[Mapping[str, Any]],
    *,
    as_of: datetime,
    model: str,
    are_failing: bool = False,
) -> SortedRows:
    """The verdict on ``rows``.

    Args:
        are_failing: whether the model returns the failing rows, so that there may be none.

    Raises:
        MonitorError: no row, rows for another ``as_of``, an unknown verdict, a skip or
            unknown row without its reason.
    """
    if not rows and not are_failing:
        raise MonitorError(
            f"model {model} returned no row",
            fix="find out why its tables have no rows for that time, or for the 30 days before it "
            "if the model counts by group; if none are expected, let the model return a row with "
            "verdict 'skip'",
        )
    strays = {str(row["as_of"]) for row in rows if "as_of" in row and not _is(row["as_of"], as_of)}
    if strays:
        raise MonitorError(
            f"model {model} returned rows for as_of {', '.join(sorted(strays))} instead of "
            f"{as_of.isoformat()}",
            fix="return as_of of ref('evaluations') unchanged",
        )
    judge: list[Mapping[str, Any]] = []
    reasons: dict[str, list[str]] = {verdict: [] for verdict in VERDICTS}
    for row in rows:
        verdict = row.get("verdict", "judge")
        if verdict not in VERDICTS:
            raise MonitorError(
                f"model {model} returned the unknown verdict {verdict!r}",
                fix=did_you_mean(str(verdict), VERDICTS),
            )
        reason = row.get("reason")
        if verdict == "judge":
            judge.append(row)
        elif not reason:
            reason = f"model {model} gave no reason"
        if reason and str(reason) not in reasons[verdict]:
            reasons[verdict].append(str(reason))
    return SortedRows(
        judge=tuple(judge),
        skipped=tuple(reasons["skip"]),
        unknown=tuple(reasons["unknown"]),
        notes=tuple(reasons["judge"]),
    )


def _masked(row: Mapping[str, Any], mask: Mask, keys: Collection[str]) -> dict[str, Any]:
    found = mask.row(row)
    for name, value in found.items():
        if isinstance(value, str) and name not in mask.columns and name not in keys:
            found[name] = mask.text(value)
    return found


def _is(value: object, as_of: datetime) -> bool:
    return isinstance(value, datetime) and is_same(value, as_of)
