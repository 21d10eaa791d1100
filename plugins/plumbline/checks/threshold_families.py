"""The thresholds of a suite that stored history can judge again: by which number, at which levels.

History holds one number for a monitor and one for each group. A *family* is the expectations that
judge the same of these: its WARNING and its CRITICAL. What judges another column, or rows one by
one, is not in the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import checks_of, subject_of
from plumbline.core.expectation_types import OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status, status_of_severity, worst
from plumbline.project.parameters import has_parameter
from plumbline.project.suites import Suite

Side = Literal["below", "above"]
Level = Literal["warning", "critical"]


@dataclass(frozen=True)
class FamilyMember:
    """One expectation of a family."""

    index: int
    """Among the suite's expectations."""
    severity: str
    bounds: Bounds
    overrides: Mapping[str, Bounds]

    def bounds_of(self, label: str) -> Bounds:
        """The bounds of the group of that name."""
        return self.overrides.get(label, self.bounds)


@dataclass(frozen=True)
class Family:
    """The expectations that judge one number of the history."""

    column: str
    aggregate: str | None
    group_by: tuple[str, ...]
    """Empty: the number of the whole monitor."""
    members: tuple[FamilyMember, ...]

    @property
    def subject(self) -> str:
        """In words."""
        return subject_of(self.column, self.aggregate, self.group_by)

    @property
    def side(self) -> Side:
        """On which side the data is wrong; of both, the lower."""
        has_min = any(member.bounds.min_value is not None for member in self.members)
        return "below" if has_min else "above"

    @property
    def is_percentage(self) -> bool:
        """Whether its numbers are 0 to 100."""
        return self.column.endswith("_pct")

    def level(self, severity: Level) -> float | None:
        """The bound of that severity on its side."""
        for member in self.members:
            if member.severity == severity:
                bounds = member.bounds
                return bounds.min_value if self.side == "below" else bounds.max_value
        return None

    def judge(self, value: float | None, label: str = "") -> Status:
        """The worst that the family makes of ``value``."""
        found = [
            status_of_severity(member.severity)
            for member in self.members
            if not member.bounds_of(label).keep(value)
        ]
        return worst(found)

    def with_levels(
        self,
        levels: Mapping[Level, float],
        groups: Mapping[str, Mapping[Level, float]] | None = None,
    ) -> Family:
        """The same with other bounds; strictness and what is not named stay.

        Args:
            levels: by severity.
            groups: by label, bounds of their own; those of other groups go.
        """
        return replace(
            self,
            members=tuple(
                replace(
                    member,
                    bounds=self._moved(member.bounds, levels.get(_level(member.severity))),
                    overrides={
                        label: self._moved(member.bounds, own.get(_level(member.severity)))
                        for label, own in (groups or {}).items()
                        if own.get(_level(member.severity)) is not None
                    },
                )
                for member in self.members
            ),
        )

    def _moved(self, bounds: Bounds, value: float | None) -> Bounds:
        if value is None:
            return bounds
        if self.side == "below":
            return replace(bounds, min_value=value)
        return replace(bounds, max_value=value)


def families_of(suite: Suite) -> tuple[tuple[Family, ...], tuple[str, ...]]:
    """The families of ``suite``, and what of it the history can't judge, in words."""
    observed, checks = suite.monitor.observed, checks_of(suite)
    grouped = {check.column for check in checks if check.type == OURS and check.group_by}
    members: dict[tuple[str, str | None, tuple[str, ...]], list[FamilyMember]] = {}
    beyond: list[str] = []
    for index, check in enumerate(checks):
        # A bound that is not known here can't be held against what is stored.
        is_stored = (
            check.type == OURS
            and not has_parameter(check.kwargs)
            and (len(grouped) == 1 if check.group_by else check.measures(observed))
        )
        if is_stored:
            key = (str(check.column), check.aggregate, check.group_by)
            member = FamilyMember(index, check.severity, check.bounds, check.overrides)
            members.setdefault(key, []).append(member)
        else:
            beyond.append(f"{check.type} on {check.column}" if check.column else check.type)
    return (
        tuple(Family(*key, tuple(found)) for key, found in members.items()),
        tuple(dict.fromkeys(beyond)),
    )


def judge_all(
    families: Iterable[Family], observed: float | None, groups: Mapping[GroupKey, float | None]
) -> tuple[Status, dict[GroupKey, Status]]:
    """What families make of a monitor's number and its groups' numbers."""
    status = Status.PASS
    by_group: dict[GroupKey, Status] = {}
    for family in families:
        if not family.group_by:
            status = worst([status, family.judge(observed)])
            continue
        for key, value in groups.items():
            found = family.judge(value, key.label)
            by_group[key] = worst([by_group.get(key, found), found])
            status = worst([status, found])
    return status, by_group


def _level(severity: str) -> Level:
    return "critical" if severity == "critical" else "warning"
