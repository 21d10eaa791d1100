"""The thresholds of a suite that stored history can judge again: by which number, at which levels.

History holds one number for a monitor and one for each group. A *family* is the expectations that
judge the same of these: its WARNING and its CRITICAL. What judges another column, or rows one by
one, is not in the history.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import Check, checks_of, subject_of
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.text import singular
from plumbline.project.parameters import has_parameter
from plumbline.project.suites import Observed, Suite

Side = Literal["below", "above"]
Level = Literal["warning", "critical"]


@dataclass(frozen=True)
class FamilyMember(Check):
    """One expectation of a family."""

    index: int
    """Among the suite's expectations."""

    @property
    def level(self) -> Level:
        """Which of the two it is."""
        return "critical" if self.severity == "critical" else "warning"


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

    def finite_numbers(self, found: Outcome) -> Iterator[tuple[GroupKey, float]]:
        """Those of `numbers` that are numbers indeed."""
        for key, value in self.numbers(found):
            if value is not None and math.isfinite(value):
                yield key, value

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
    def bound_key(self) -> str:
        """The argument that holds its bound."""
        return "min_value" if self.side == "below" else "max_value"

    @property
    def is_percentage(self) -> bool:
        """Whether its numbers are 0 to 100."""
        return self.column.endswith("_pct")

    @property
    def takes_overrides(self) -> bool:
        """Whether groups can have bounds of their own: over a table none can."""
        return self.metric is None

    def unit(self, observed: Observed) -> str:
        """The unit of its numbers, where that is known."""
        return self.members[0].unit(observed)

    def rates(self) -> Rates | None:
        """Its bounds per unit, where it has some."""
        bound = self.bound_key
        members, columns = [], set()
        for one in self.members:
            rate = None if one.per is None else getattr(one.per, bound)
            if one.per is not None and rate is not None:
                names = ("column", "aggregate", "group_by", "strict_min", "strict_max")
                kwargs = {name: one.kwargs[name] for name in names if name in one.kwargs}
                members.append(replace(one, kwargs={**kwargs, bound: rate}))
                columns.add(one.per.column)
        if len(columns) != 1:
            return None
        return Rates(
            self.column, self.aggregate, self.group_by, tuple(members), base=self, per=columns.pop()
        )

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
        bound = self.bound_key
        members = []
        for member in self.members:
            level = member.level
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


@dataclass(frozen=True, kw_only=True)
class Rates(Family):
    """The bounds per unit of a family, judged as bounds of its numbers divided by their units."""

    base: Family
    per: str
    """The column that counts the units."""

    @property
    def subject(self) -> str:
        """In words."""
        return f"{self.base.subject} per {singular(self.per)}"

    @property
    def is_percentage(self) -> bool:
        """Never: a percentage per unit is none."""
        return False

    @property
    def takes_overrides(self) -> bool:
        """Never: an override has no bound per unit."""
        return False

    def unit(self, observed: Observed) -> str:
        """``predictions per game``."""
        return f"{self.base.unit(observed)} per {singular(self.per)}".lstrip()

    def numbers(self, found: Outcome) -> list[tuple[GroupKey, float | None]]:
        """What ``found`` holds for each unit; nothing where there are no units."""
        of: Sequence[Outcome | GroupOutcome] = found.groups if self.group_by else [found]
        return [
            (_key(one), None if one.observed is None else one.observed / units.observed)
            for one in of
            if (units := one.metrics.get(self.per)) is not None and units.observed > 0
        ]

    def with_levels(
        self,
        levels: Mapping[Level, float],
        groups: Mapping[str, Mapping[Level, float]] | None = None,  # noqa: ARG002
    ) -> Family:
        """The family with other bounds per unit; the fixed ones stay."""
        bound = self.bound_key
        of_rates = {one.index for one in self.members}
        members = []
        for one in self.base.members:
            level = one.level
            kwargs = one.kwargs
            if one.index in of_rates and level in levels:
                kwargs = {**kwargs, "per": {**kwargs["per"], bound: levels[level]}}
            members.append(replace(one, kwargs=kwargs))
        return replace(self.base, members=tuple(members))


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
            and (len(grouped) == 1 if check.group_by else check.judges(observed))
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
