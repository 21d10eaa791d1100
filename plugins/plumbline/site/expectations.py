"""What came of each expectation of a monitor on each of the last days. Pure.

The site's cache keeps a letter a day, so that a thousand suites stay small; runs of the last day
are still rows. Used by `plumbline.site.history_cache`, `assemble` and the page of suites.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from plumbline.core.instants import last_day
from plumbline.core.outcome import Result
from plumbline.core.status import Status
from plumbline.site.rows import ExpectationRow, Row

DAYS = 90
"""Days that are kept."""

LETTERS: Mapping[str, Result] = {"f": "fail", "e": "error", "p": "pass", "s": "skip"}
"""Of several results of a day, the first one here counts."""

UNKNOWN = "."
"""No run of the day says what came of it."""

_OF_STATUS: Mapping[Status, Result] = {Status.ERROR: "error", Status.SKIPPED: "skip"}
"""Of a run that ended before its expectations were judged."""
_LETTER_OF = {result: letter for letter, result in LETTERS.items()}
_RANK = {letter: rank for rank, letter in enumerate((*LETTERS, UNKNOWN))}


@dataclass(frozen=True)
class ExpectationPast:
    """One expectation on the last days."""

    key: str
    severity: str
    text: str
    """What was required when it was judged last."""
    until: date
    """The day of the last letter."""
    days: str
    """A letter a day, oldest first: the worst result of the day, or `UNKNOWN`."""

    def until_day(self, day: date) -> ExpectationPast:
        """The same up to a later day."""
        missing = min((day - self.until).days, DAYS)
        return replace(self, until=day, days=(self.days + UNKNOWN * missing)[-DAYS:])

    @cached_property
    def failing(self) -> tuple[tuple[date, date], ...]:
        """The first and the last day of each time that it failed, newest first.

        Days without a verdict between two failing ones don't end it.
        """
        first = self.until - timedelta(days=len(self.days) - 1)
        found: list[tuple[date, date]] = []
        has_passed = True
        for index, letter in enumerate(self.days):
            day = first + timedelta(days=index)
            if letter == "f":
                if has_passed:
                    found.append((day, day))
                else:
                    found[-1] = (found[-1][0], day)
            if letter in "fp":
                has_passed = letter == "p"
        return tuple(reversed(found))

    def count(self, result: Result) -> int:
        """Days with that result."""
        return self.days.count(_LETTER_OF[result])


def with_results(
    known: Sequence[ExpectationPast], rows: Iterable[Row], zone: ZoneInfo
) -> tuple[ExpectationPast, ...]:
    """``known`` and what came of the expectations in ``rows`` that are not in it yet.

    Those of the newest row that names any come first, in its order. A run that ended before its
    expectations were judged (ERROR, SKIPPED) says the same of each.
    """
    found = {one.key: one for one in known}
    order: Sequence[str] = ()
    for row in sorted(rows, key=lambda row: row.at):
        day = last_day(row.at.astimezone(zone))
        for said in _said(row, found):
            before = found.get(said.key)
            found[said.key] = _added(before, said, day)
        if row.expectations:
            order = [said.key for said in row.expectations]
    kept = [found[key] for key in dict.fromkeys((*order, *found))]
    last = max((one.until for one in kept), default=None)
    return tuple(one for one in kept if last is not None and (last - one.until).days < DAYS)


def last_results(rows: Sequence[Row], keys: Iterable[str]) -> dict[str, Result]:
    """What came of each expectation in the last run, which a day's worst result may hide.

    Args:
        rows: oldest first.
        keys: of the suite's expectations, of which a run that ended before they were judged says
            the same.
    """
    if not rows:
        return {}
    if rows[-1].expectations:
        return {said.key: said.result for said in rows[-1].expectations}
    result = _OF_STATUS.get(rows[-1].status)
    return {} if result is None else dict.fromkeys(keys, result)


def _said(row: Row, known: Mapping[str, ExpectationPast]) -> Iterator[ExpectationRow]:
    if row.expectations:
        yield from row.expectations
        return
    result = _OF_STATUS.get(row.status)
    if result is not None:
        last = max((one.until for one in known.values()), default=None)
        for one in known.values():
            if one.until == last:  # one that left the suite was not to be judged
                yield ExpectationRow(one.key, result, one.severity, one.text)


def _added(before: ExpectationPast | None, said: ExpectationRow, day: date) -> ExpectationPast:
    letter = _LETTER_OF[said.result]
    if before is None:
        return ExpectationPast(said.key, said.severity, said.text, day, letter)
    if day > before.until:
        longer = before.until_day(day)
        days = longer.days[:-1] + letter
        return replace(longer, severity=said.severity, text=said.text, days=days)
    place = len(before.days) - 1 - (before.until - day).days
    if place < 0:  # it was recorded late, of a day before the first one
        days = letter + UNKNOWN * (-place - 1) + before.days
        return replace(before, days=days[-DAYS:])
    worst = min(letter, before.days[place], key=_RANK.__getitem__)
    return replace(before, days=before.days[:place] + worst + before.days[place + 1 :])
