"""Did the data get better, or does the suite judge otherwise?

What a suite requires is compared with what it required when the incident failed last. If that
changed, what no longer fails has recovered only where it meets the earlier thresholds too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from plumbline.alerts.incidents.model import FailingGroup, Incident
from plumbline.checks.bounds import Bounds
from plumbline.core.outcome import Outcome, ThresholdLine


def has_changed(incident: Incident, outcome: Outcome) -> bool:
    """Whether the suite judges otherwise than when ``incident`` failed last."""
    known = bool(incident.criteria and outcome.criteria)
    return known and incident.criteria != outcome.criteria


def excused(
    gone: Iterable[FailingGroup], incident: Incident, outcome: Outcome
) -> list[FailingGroup]:
    """Those of ``gone`` that no longer fail only because the suite changed.

    Args:
        gone: members that ``outcome`` does not call failing.
    """
    if not has_changed(incident, outcome):
        return []
    observed = {group.key.text: group.observed for group in outcome.groups}
    judged = {key.text for key in outcome.judged}
    columns = {tuple(name for name, _ in key.items) for key in outcome.judged}
    found = []
    for member in gone:
        if member.key in judged:
            is_excused = not _meets(member.lines, observed.get(member.key))
        elif member.label in outcome.retired:
            is_excused = False
        elif outcome.lists_failing_only and not columns:
            is_excused = not _meets(member.lines, 0.0)
        else:  # of other columns: the groups themselves changed
            is_excused = tuple(json.loads(member.key)) not in columns
        if is_excused:
            found.append(member)
    return found


def is_excused(incident: Incident, outcome: Outcome) -> bool:
    """Whether a PASS of an incident without groups is due to the changed suite alone."""
    return has_changed(incident, outcome) and not _meets(incident.lines, outcome.observed)


def _meets(lines: Sequence[ThresholdLine], observed: float | None) -> bool:
    """Whether ``observed`` is on the right side of all ``lines``; unknown is no."""
    return bool(lines) and all(Bounds.of_line(line).keep(observed) for line in lines)
