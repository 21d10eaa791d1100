"""Write ``docs/expectations.md``: each expectation over each type of column, from the matrix.

python scripts/make_expectations_docs.py            # write
python scripts/make_expectations_docs.py --check    # say whether it is stale; exit code 1
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT / "tests") not in sys.path:
    sys.path.insert(0, str(ROOT / "tests"))

from matrix import record  # noqa: E402
from matrix.cells import ERROR, EVERY, NUMBERS, Question, questions  # noqa: E402

PAGE = ROOT / "docs" / "expectations.md"

TEMPLATE = Path(__file__).resolve().parent / "expectations_page.md"
"""The page's prose; what is in braces is filled in."""


def make_page() -> str:
    """The whole page."""
    asked = questions()
    records = record.load()
    judged = [records[question.group] for question in asked]
    evaluated = sum(len(one.verdicts) for one in judged if one.witness == record.EVALUATOR)
    filled = {
        "{cells}": f"{sum(len(one.verdicts) for one in judged):,}",
        "{evaluated}": f"{evaluated:,}",
        "{table}": "\n".join(_table(asked, records)),
    }
    page = TEMPLATE.read_text("utf-8")
    for name, text in filled.items():
        page = page.replace(name, text)
    return page


def _table(asked: Sequence[Question], records: dict[str, record.Record]) -> list[str]:
    rows = ["| expectation | " + " | ".join(EVERY) + " |", "|---" * (len(EVERY) + 1) + "|"]
    for name in sorted({question.expectation for question in asked}):
        cells = [
            _mark([one for one in asked if (one.expectation, one.kind) == (name, kind)], records)
            for kind in EVERY
        ]
        rows.append(f"| `{name.removeprefix('expect_')}` | " + " | ".join(cells) + " |")
    return rows


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if it is stale")
    page = make_page()
    if parser.parse_args(arguments).check:
        is_fresh = PAGE.exists() and PAGE.read_text("utf-8") == page
        print(f"{PAGE.name} is {'up to date' if is_fresh else 'stale: run this without --check'}")
        return 0 if is_fresh else 1
    PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
