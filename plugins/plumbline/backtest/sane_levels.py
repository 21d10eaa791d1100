"""Levels that can do their work, of what the arithmetic of `proposing` gives.

A bound that no possible value breaks is never proposed, nor one that every value breaks, nor a
CRITICAL that fails before its WARNING. Then today's level stays; where that is no better, it is the
middle between WARNING and the end of what is possible; else nothing is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plumbline.backtest.proposing import (
    FAILING_SHARE,
    Levels,
    Quantiles,
    as_written,
    failing_share,
    halfway,
)
from plumbline.checks.domain import Domain
from plumbline.checks.threshold_families import Family, Level
from plumbline.core.text import plain, with_unit


@dataclass(frozen=True)
class Chosen:
    """The levels of one number, or of one group of it."""

    warning: float | None = None
    """None: the suite has none here, or none can be proposed."""
    critical: float | None = None
    reasons: tuple[str, ...] = ()
    """What is not proposed, and what stands instead."""

    @property
    def levels(self) -> dict[Level, float]:
        found: dict[Level, float | None] = {"warning": self.warning, "critical": self.critical}
        return {level: value for level, value in found.items() if value is not None}


@dataclass(frozen=True)
class LevelRules:
    """What levels of one number are held against.

    Args:
        family: whose levels.
        domain: the values that are possible.
        unit: of the number.
    """

    family: Family
    domain: Domain
    unit: str = ""

    def bound(self, level: Level, value: float) -> str:
        """``< 80 %``, ``≥ 6 h``: what fails."""
        bounds = self.family.bounds(level, value)
        plain_sign, strict_sign = ("<", "≤") if self.family.side == "below" else (">", "≥")
        sign = strict_sign if bounds.is_strict else plain_sign
        return f"{sign} {with_unit(as_written(value), self.unit)}"

    def levels(self, levels: Mapping[Level, float]) -> str:
        """``warning < 80 %, critical < 50 %``."""
        return ", ".join(f"{level} {self.bound(level, value)}" for level, value in levels.items())

    def is_possible(self, level: Level, value: float) -> bool:
        """Whether some values fail and others don't."""
        bounds = self.family.bounds(level, value)
        return self.domain.can_break(bounds) and self.domain.can_keep(bounds)

    def are_sane(self, levels: Mapping[Level, float]) -> bool:
        """Whether each level is possible, and CRITICAL fails only where WARNING does."""
        if not all(self.is_possible(level, value) for level, value in levels.items()):
            return False
        warning, critical = levels.get("warning"), levels.get("critical")
        return warning is None or critical is None or self._is_worse(critical, warning)

    def choose(
        self,
        raw: Levels,
        values: Sequence[float],
        quantiles: Quantiles,
        incidents: Sequence[float],
        *,
        now: Mapping[Level, float],
        of: str = "today's",
    ) -> Chosen:
        """Levels for which `are_sane` holds.

        Args:
            raw: what the arithmetic gives.
            values: healthy ones; at least one.
            quantiles: of the same.
            incidents: values within labelled incidents.
            now: the levels that stand where nothing is proposed.
            of: whose levels these are, in words.
        """
        choice = _Choice(self, raw, values, quantiles, incidents, now, of)
        warning = choice.warning() if self._has("warning") else None
        critical: float | None = None
        if self._has("critical") and (warning is not None or not self._has("warning")):
            critical = choice.critical(warning)
            if critical is None:  # the one that stays could fail before the new WARNING
                warning = None
        return Chosen(warning, critical, tuple(choice.reasons))

    def _has(self, level: Level) -> bool:
        return self.family.level(level) is not None

    def _is_worse(self, critical: float, warning: float) -> bool:
        """Whether only what breaks ``warning`` breaks ``critical``."""
        if critical == warning:
            is_critical_strict = self.family.bounds("critical", critical).is_strict
            return self.family.bounds("warning", warning).is_strict or not is_critical_strict
        return critical < warning if self.family.side == "below" else critical > warning


@dataclass
class _Choice:
    rules: LevelRules
    raw: Levels
    values: Sequence[float]
    quantiles: Quantiles
    incidents: Sequence[float]
    now: Mapping[Level, float]
    of: str
    reasons: list[str] = field(default_factory=list)

    def warning(self) -> float | None:
        now = self.now.get("warning")
        if now is not None and self._needs_room("warning", self.raw.warning, now):
            return now
        if self.rules.is_possible("warning", self.raw.warning):
            return self.raw.warning
        if now is not None and self.rules.is_possible("warning", now):
            failing = self._failing("warning", now)
            broken = f", although {100 * failing:.0f} % of the healthy values break it"
            self._keep("warning", self.raw.warning, now, broken if failing else "")
            return now
        self.reasons.append(f"{self._never('warning', self.raw.warning)}; none is proposed")
        return None

    def critical(self, warning: float | None) -> float | None:
        now = self.now.get("critical")
        if now is not None and self._suits(now, warning):
            known = any(not self._keeps("warning", self.raw.warning, one) for one in self.incidents)
            if not known and self._needs_room("critical", self.raw.critical, now):
                return now
        if self._suits(self.raw.critical, warning):
            return self.raw.critical
        why = (
            f"critical {self.rules.bound('critical', self.raw.critical)} would fail before warning"
            if self.rules.is_possible("critical", self.raw.critical)
            else self._never("critical", self.raw.critical)
        )
        if now is not None and self._suits(now, warning):
            words = f"{self.of} {self.rules.bound('critical', now)} stays"
            self.reasons.append(f"{why}; {words}")
            return now
        for value, where in self._others(warning):
            if self._suits(value, warning):
                words = f"{self.rules.bound('critical', value)}, {where}, is proposed instead"
                self.reasons.append(f"{why}; {words}")
                return value
        if now is not None and self._stay(warning, now):
            self.reasons.append(f"{why}; {self.of} {self.rules.bound('critical', now)} stays")
            return now
        self.reasons.append(f"{why}, and no other bound fits the new warning; nothing is proposed")
        return None

    def _others(self, warning: float | None) -> Iterator[tuple[float, str]]:
        side, domain = self.rules.family.side, self.rules.domain
        first = self.raw.warning if warning is None else warning
        edge = domain.least if side == "below" else domain.greatest
        if edge is not None:
            shown = with_unit(plain(edge), self.rules.unit)
            yield halfway(first, edge, self.quantiles, side=side), f"halfway to {shown}"
        yield first, "the same as warning"

    def _suits(self, critical: float, warning: float | None) -> bool:
        levels: dict[Level, float] = {"critical": critical}
        if warning is not None:
            levels["warning"] = warning
        is_quiet = self._failing("critical", critical) <= FAILING_SHARE
        return self.rules.are_sane(levels) and is_quiet

    def _stay(self, warning: float | None, critical: float) -> bool:
        """Whether ``warning`` stays, and the ``critical`` of now suits it."""
        if warning is None or warning != self.now.get("warning"):
            return False
        return self.rules.are_sane({"warning": warning, "critical": critical})

    def _needs_room(self, level: Level, raw: float, now: float) -> bool:
        """Whether healthy values never vary and ``now`` is as good as ``raw``; then says so."""
        if raw == now or self.quantiles.at(0) != self.quantiles.at(100):
            return False
        if not self.rules.is_possible(level, now) or self._failing(level, now):
            return False
        value = with_unit(plain(self.values[0]), self.rules.unit)
        self.reasons.append(
            f"all healthy values are {value}, so the history does not show which margin {level} "
            f"needs; {self.of} {self.rules.bound(level, now)} stays"
        )
        return True

    def _keep(self, level: Level, raw: float, now: float, more: str) -> None:
        stays = f"{self.of} {self.rules.bound(level, now)} stays{more}"
        self.reasons.append(f"{self._never(level, raw)}; {stays}")

    def _never(self, level: Level, value: float) -> str:
        domain, bounds = self.rules.domain, self.rules.family.bounds(level, value)
        shown = f"{level} {self.rules.bound(level, value)}"
        below = self.rules.family.side == "below"
        if not domain.can_break(bounds):
            edge, word = (domain.least, "less") if below else (domain.greatest, "more")
            reached = with_unit(plain(edge or 0.0), self.rules.unit)
            return f"{shown} can never fail, because no value is {word} than {reached}"
        return f"every possible value breaks {shown}"

    def _failing(self, level: Level, value: float) -> float:
        return failing_share(self.values, self.rules.family.bounds(level, value))

    def _keeps(self, level: Level, bound: float, value: float) -> bool:
        return self.rules.family.bounds(level, bound).keep(value)
