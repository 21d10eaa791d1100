"""The thresholds of a suite that stored history can judge again: by which number, at which levels.

History holds one number for a monitor and one for each group. A *family* is the expectations that
judge the same of these: its WARNING and its CRITICAL. What judges another column, or rows one by
one, is not in the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from plumbline.checks.bounds import Bounds
from plumbline.core.expectation_types import OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status, status_of_severity, worst
from plumbline.project.parameters import has_parameter
from plumbline.project.suites import ExpectationEntry, ObservedColumn, Suite

Side = Literal["below", "above"]
Level = Literal["warning", "critical"]


@dataclass(frozen=True)
class Member:
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
    members: tuple[Member, ...]

    @property
    def subject(self) -> str:
        """In words."""
        what = f"{self.aggregate} of {self.column}" if self.aggregate else self.column
        return f"{what} by {', '.join(self.group_by)}" if self.group_by else what

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
    observed = suite.monitor.observed
    grouped = {
        str(entry.kwargs.get("column"))
        for entry in suite.entry.expectations
        if entry.type == OURS and entry.kwargs.get("group_by")
    }
    members: dict[tuple[str, str | None, tuple[str, ...]], list[Member]] = {}
    beyond: list[str] = []
    for index, entry in enumerate(suite.entry.expectations):
        kwargs = entry.kwargs
        column, aggregate = str(kwargs.get("column")), kwargs.get("aggregate")
        group_by = tuple(kwargs.get("group_by") or ())
        # A bound that is not known here can't be held against what is stored.
        is_stored = (
            entry.type == OURS
            and not has_parameter(kwargs)
            and (
                len(grouped) == 1
                if group_by
                else isinstance(observed, ObservedColumn)
                and (observed.column, observed.aggregate) == (column, aggregate)
            )
        )
        if is_stored:
            members.setdefault((column, aggregate, group_by), []).append(_member(index, entry))
        else:
            beyond.append(f"{entry.type} on {column}" if "column" in kwargs else entry.type)
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


def _member(index: int, entry: ExpectationEntry) -> Member:
    kwargs = entry.kwargs
    overrides = kwargs.get("overrides")
    own = overrides if isinstance(overrides, Mapping) else {}
    return Member(
        index=index,
        severity=entry.severity,
        bounds=_bounds(kwargs),
        overrides={
            str(label): _bounds({**kwargs, **given})
            for label, given in own.items()
            if isinstance(given, Mapping)
        },
    )


def _bounds(kwargs: Mapping[str, Any]) -> Bounds:
    return Bounds(
        min_value=_number(kwargs.get("min_value")),
        max_value=_number(kwargs.get("max_value")),
        strict_min=bool(kwargs.get("strict_min")),
        strict_max=bool(kwargs.get("strict_max")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _level(severity: str) -> Level:
    return "critical" if severity == "critical" else "warning"
