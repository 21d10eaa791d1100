"""What failed, as every output says it: how many of how many, the share, values, bound, condition.

Made once by `plumbline.checks`, with what is personal masked before. Read by reports, messages,
records of runs and pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plumbline.core.cells import Cell, value_in_words
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS, USUAL
from plumbline.core.group_key import GroupKey
from plumbline.core.safe_text import shorten_fields
from plumbline.core.status import Status, status_of_severity
from plumbline.core.text import count, listing, number, plain, share, with_unit

MOST_SAMPLES = 20
"""Unexpected values or rows that are kept of an expectation."""

Row = tuple[tuple[str, Cell], ...]
"""Columns and values, in an order that JSON keeps."""
Sample = Cell | Row


@dataclass(frozen=True)
class FailingColumn:
    """A column of failing rows."""

    name: str
    personal: bool = False
    """Tagged as personal in ``schema.yml``: its values are pseudonyms."""


@dataclass(frozen=True)
class FailingRows:
    """A sample of the rows that failed."""

    columns: tuple[FailingColumn, ...]
    rows: tuple[tuple[object, ...], ...]
    """One value a column, fit for JSON; worst first, as far as that is known."""
    total: int
    """How many rows failed in all."""


@dataclass(frozen=True)
class Failure:
    """One expectation that the data did not meet."""

    expectation: str
    """Its type."""
    severity: str
    expected: str
    """What was required, in words: the column or columns and the bound or set."""
    column: str | None = None
    """Several are joined by ``, ``; None: it is about the whole table."""
    description: str | None = None
    """The suite's own words for it."""
    row_condition: str | None = None
    counted: Literal["rows", "groups", "values", "columns"] = "rows"
    """What the counts are of: rows; groups of rows; distinct values; a table's columns."""
    unexpected_count: int | None = None
    """None where nothing was counted: an aggregate, ``BOOLEAN_ONLY``."""
    element_count: int | None = None
    """All that were looked at, NULLs among them."""
    missing_count: int | None = None
    """Of them, NULLs that were passed over."""
    unexpected_percent: float | None = None
    """0 to 100, of the elements that were not passed over as NULL."""
    observed: Cell = None
    """What was held against the bound, where it is one value."""
    samples: tuple[Sample, ...] = ()
    """Unexpected values; by column where the expectation is about several, or about groups."""
    absent: tuple[Sample, ...] = ()
    """Values or columns that should be there and are not."""
    absent_count: int = 0
    unit: str = ""
    """Of ``observed`` and of the groups' numbers."""
    threshold: float | None = None
    """The bound that failed, where it is one number."""
    is_covered: bool = False
    """Another level of the same check failed at a worse severity: that one is notified."""

    def __post_init__(self) -> None:
        shorten_fields(self, "expected", "column", "description", "row_condition", "unit")

    @property
    def status(self) -> Status:
        """What it makes of its monitor; PASS for ``info``, which changes nothing."""
        return status_of_severity(self.severity)

    @property
    def head(self) -> str:
        """What was required, and of which rows; the suite's own words lead."""
        required = on_rows(self.expected, self.row_condition)
        return f"{self.description.rstrip('.')} ({required})" if self.description else required

    def text(self, *, most: int = MOST_SAMPLES, longest_head: int | None = None) -> str:
        """All of it on one line.

        ``state must be one of 'paid', 'open': 3 of 1,204 rows (0.2 %) fail: 'x', 'y'``

        Args:
            most: values, rows or groups that are named.
            longest_head: characters of what was required, where room is scarce: the counts stay.
        """
        head = self.head
        if longest_head is not None and len(head) > longest_head:
            head = f"{head[: longest_head - 1].rstrip()}…"
        return f"{head}: {self.found(most=most)}"

    def found(self, *, most: int = MOST_SAMPLES) -> str:
        """The part of `text` after the colon: what the data is like instead."""
        counts, samples = self.counts, self._sampled(most)
        said = f"{counts}: {samples}" if samples else counts
        observed = "" if self.observed is None else f"observed {self._observed()}"
        if self.is_whole:
            said, observed = "", f"observed {self.sample_in_words(self.samples[0])}"
        names = list(map(self.sample_in_words, self.absent))
        missing = listing(names, most, total=self.absent_count)
        absent = f"missing {missing}" if self.absent and most else ""
        return "; ".join(part for part in (said, observed, absent) if part) or "not met"

    @property
    def counts(self) -> str:
        """``3 of 1,204 rows (0.2 %) fail``; empty where nothing was counted."""
        failing = self.unexpected_count
        if failing is None or (self.absent and not failing):
            return ""
        fail = "fails" if failing == 1 else "fail"
        if self.element_count is None:
            return f"{count(failing, self.counted)} {fail}" if failing else ""
        if not self.element_count:
            return f"there are no {self.counted}"
        return f"{failing:,} of {count(self.element_count, self.counted)}{self._share()} {fail}"

    @property
    def is_whole(self) -> bool:
        """Whether it is about one number of all rows, which is a group without a name."""
        return self.counted == "groups" and any(not isinstance(one, tuple) for one in self.samples)

    def _share(self) -> str:
        if self.unexpected_percent is None:
            return ""
        known = (self.element_count or 0) - (self.missing_count or 0)
        shown = share(self.unexpected_count or 0, known, self.unexpected_percent)
        return f" ({shown} of {known:,} non-NULL)" if self.missing_count else f" ({shown})"

    def _observed(self) -> str:
        if isinstance(self.observed, bool) or not isinstance(self.observed, int | float):
            return str(self.observed)
        if self.expectation in (OURS, FOLLOWS_HISTORY):
            return number(self.observed, self.unit, against=self.threshold)
        if isinstance(self.observed, int):
            return with_unit(str(self.observed), self.unit)
        return with_unit(plain(self.observed, against=self.threshold), self.unit)

    def _sampled(self, most: int) -> str:
        """The samples, each once, and how many more fail."""
        words = [self.sample_in_words(sample) for sample in self.samples]
        if not most or all(sample is None for sample in self.samples):
            return ""
        distinct = list(dict.fromkeys(words))
        shown = distinct[:most]
        failing = self.unexpected_count or 0
        if len(words) < failing:
            more = failing - sum(word in shown for word in words)
        else:
            more = len(distinct) - len(shown)
        return ", ".join(shown) + (f" and {more:,} more" if more else "")

    def sample_in_words(self, sample: Sample) -> str:
        """``'x'``, ``(a=1, b=2)``; of a group its label and number: ``catboost_v8 21.5 %``."""
        if isinstance(sample, str) and self.column is None:
            return sample  # the name of a column
        if self.expectation not in (OURS, FOLLOWS_HISTORY):
            return value_in_words(plain_sample(sample))
        if not isinstance(sample, tuple):
            return self._figure(sample)
        has_usual = sample[-1][0] == USUAL
        *key, (_, observed) = sample[:-1] if has_usual else sample
        shown = f"{GroupKey.of(dict(key)).label} {self._figure(observed)}"
        return f"{shown} ({sample[-1][1]})" if has_usual else shown

    def _figure(self, value: Cell) -> str:
        if isinstance(value, str):  # "masked"
            return value
        return number(value, self.unit, against=self.threshold)


def plain_sample(sample: Sample) -> Cell | dict[str, Cell]:
    """A sample as JSON has it: a value, or an object of a row."""
    return dict(sample) if isinstance(sample, tuple) else sample


def on_rows(required: str, where: str | None) -> str:
    """``id must be unique where n > 1``: what is required, with the `condition`."""
    return f"{required} where {where}" if where else required
