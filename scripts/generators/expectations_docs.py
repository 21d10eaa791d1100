"""``docs/expectations.md``: each expectation over each type of column, from the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from generators.markdown import table
from matrix import record
from matrix.cells import ERROR, EVERY, NUMBERS, Question, questions

PAGE = Path("docs/expectations.md")

TEMPLATE = Path(__file__).with_name("expectations_page.md")
"""The page's prose; what is in braces is filled in."""


def make_files() -> Mapping[Path, str]:
    """The page."""
    asked = questions()
    records = record.load()
    judged = [records[question.group] for question in asked]
    evaluated = sum(len(one.verdicts) for one in judged if one.witness == record.EVALUATOR)
    filled = {
        "{cells}": f"{sum(len(one.verdicts) for one in judged):,}",
        "{evaluated}": f"{evaluated:,}",
        "{table}": table(("expectation", *EVERY), _rows(asked, records)),
    }
    page = TEMPLATE.read_text("utf-8")
    for name, text in filled.items():
        page = page.replace(name, text)
    return {PAGE: page}


def _rows(
    asked: Sequence[Question], records: dict[str, record.Record]
) -> Iterable[tuple[str, ...]]:
    for name in sorted({question.expectation for question in asked}):
        cells = [
            _mark([one for one in asked if (one.expectation, one.kind) == (name, kind)], records)
            for kind in EVERY
        ]
        yield f"`{name.removeprefix('expect_')}`", *cells


def _mark(asked: Sequence[Question], records: dict[str, record.Record]) -> str:
    works = [one for one in asked if not records[one.group].refused]
    if not works:
        return "-"
    numbers = sorted({n for one in works for n in _differing(one, records[one.group])})
    return " ".join(["✓", *map(str, numbers)])


def _differing(question: Question, known: record.Record) -> Iterable[int]:
    """The numbers of the differences from plain Great Expectations."""
    for condition, plain in known.plain_gx.items():
        if known.verdicts[condition] != ERROR:  # the first difference, which is everywhere
            yield _difference(question, condition, plain)


def _difference(question: Question, condition: str, plain: str) -> int:
    if "type" in question.expectation:
        return 7
    if plain == ERROR:
        return 5
    if "row_condition" in question.kwargs:
        return 8
    if condition in ("nan", "nans", "inf", "minus_inf"):
        return 2
    if "regex" in question.expectation:
        return 6
    return 3 if question.kind in NUMBERS else 4
