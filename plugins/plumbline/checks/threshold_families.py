"""The thresholds of a suite that stored history can judge again: by which number, at which levels.

History holds one number for a monitor and one for each group. A *family* is the expectations that
judge the same of these: its WARNING and its CRITICAL. What judges another column, or rows one by
one, is not in the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import Check, checks_of, subject_of
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.project.parameters import has_parameter
from plumbline.project.suites import Suite

Side = Literal["below", "above"]
Level = Literal["warning", "critical"]


@dataclass(frozen=True)
class FamilyMember(Check):
    """One expectation of a family."""

    index: int
    """Among the suite's expectations."""


@dataclass(frozen=True)
class Family:
    """The expectations that judge one number of the history."""

    column: str
    aggregate: str | None
    group_by: tuple[str, ...]
    """Empty: the number of the whole monitor."""
    members: tuple[FamilyMember, ...]
    metric: str | None = None
    """What history calls the number, of a suite over a table."""

    @property
    def subject(self) -> str:
        """In words."""
        if self.metric is not None:
            return subject_of(None, self.metric, self.group_by)
        return subject_of(self.column, self.aggregate, self.group_by)

    def numbers(self, found: Outcome) -> list[tuple[GroupKey, float | None]]:
        """What ``found`` holds of the whole or of each group, as far as it is known."""
        of: Sequence[Outcome | GroupOutcome] = found.groups if self.group_by else [found]
        return [
            (_key(one), one.observed if self.metric is None else one.metrics[self.metric].observed)
            for one in of
            if self.metric is None or self.metric in one.metrics
        ]

    @property
    def side(self) -> Side:
        """On which side the data is wrong; of both, the lower."""
        has_min = any(
            member.bounds.min_value is not None
            or (member.per is not None and member.per.min_value is not None)
            for member in self.members
        )
        return "below" if has_min else "above"

    @property
    def is_percentage(self) -> bool:
        """Whether its numbers are 0 to 100."""
        return self.column.endswith("_pct")

    def level(self, severity: Level, group: str = "") -> float | None:
        """The bound of that severity on its side.

        Args:
            group: by label; its own bound, where it has one.
        """
        member = self._member(severity)
        if member is None:
            return None
        bounds = member.bounds_for(group)
        return bounds.min_value if self.side == "below" else bounds.max_value

    def bounds(self, severity: Level, value: float) -> Bounds:
        """``value`` as the bound of that severity: on the family's side, strict where it is."""
        member = self._member(severity)
        if self.side == "below":
            return Bounds(
                min_value=value, strict_min=member is not None and member.bounds.strict_min
            )
        return Bounds(max_value=value, strict_max=member is not None and member.bounds.strict_max)

    def _member(self, severity: Level) -> FamilyMember | None:
        return next((one for one in self.members if one.severity == severity), None)

    def with_levels(
        self,
        levels: Mapping[Level, float],
        groups: Mapping[str, Mapping[Level, float]] | None = None,
    ) -> Family:
        """The same with other bounds; strictness and what is not named stay.

        Args:
            groups: by label, bounds of their own; those of other groups stay.
        """
        bound = "min_value" if self.side == "below" else "max_value"
        members = []
        for member in self.members:
            level = _level(member.severity)
            kwargs: dict[str, Any] = {**member.kwargs}
            if level in levels:
                kwargs[bound] = levels[level]
            overrides = {**kwargs["overrides"]} if member.overridden else {}
            for label, own in (groups or {}).items():
                if level in own:
                    overrides[label] = {**overrides.get(label, {}), bound: own[level]}
            kwargs["overrides"] = overrides
            members.append(replace(member, kwargs=kwargs))
        return replace(self, members=tuple(members))


def families_of(suite: Suite) -> tuple[tuple[Family, ...], tuple[str, ...]]:
    """The families of ``suite``, and what of it the history can't judge, in words."""
    observed, checks = suite.monitor.observed, checks_of(suite)
    grouped = {check.column for check in checks if check.type == OURS and check.group_by}
    members: dict[tuple[str, str | None, tuple[str, ...], str | None], list[FamilyMember]] = {}
    beyond: list[str] = []
    of_table = tuple(suite.monitor.group_by) if suite.monitor.table is not None else None
    for index, check in enumerate(checks):
        # A bound that is not known here can't be held against what is stored.
        is_stored = (
            check.type == OURS
            and not has_parameter(check.kwargs)
            and (len(grouped) == 1 if check.group_by else check.measures(observed))
        )
        if of_table is not None and check.type != FOLLOWS_HISTORY and check.kept_as is not None:
            # Its bounds may also be of a time, which is no number.
            is_stored = check.bounds.first is not None
            kwargs = {**check.kwargs, "group_by": list(of_table)}
            check = Check(check.type, check.severity, kwargs)
        if is_stored:
            metric = None if of_table is None else check.kept_as
            key = (str(check.column), check.aggregate, check.group_by, metric)
            member = FamilyMember(check.type, check.severity, check.kwargs, index)
            members.setdefault(key, []).append(member)
        else:
            beyond.append(f"{check.type} on {check.column}" if check.column else check.type)
    return (
        tuple(
            Family(column, aggregate, group_by, tuple(found), metric)
            for (column, aggregate, group_by, metric), found in members.items()
        ),
        tuple(dict.fromkeys(beyond)),
    )


def _key(one: Outcome | GroupOutcome) -> GroupKey:
    return one.key if isinstance(one, GroupOutcome) else GroupKey(())


def _level(severity: str) -> Level:
    return "critical" if severity == "critical" else "warning"
