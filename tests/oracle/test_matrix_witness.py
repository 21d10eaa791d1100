"""Google's evaluator says what ``tests/matrix/verdicts.json`` records, and finds by the statements of
suites over tables what is in their rows.

By itself this asks only about what has changed since it was recorded, so that a question that was
changed by hand, or a record, is not believed; and for the statement of one type of column.
Everything is asked with PLUMBLINE_MATRIX=all, which takes five minutes: the weekly workflow does.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from definitions.tables import World
from matrix import record
from matrix.cells import Question, questions
from matrix.kinds import KINDS, Kind
from matrix.pushed_down import PushedDown

pytestmark = pytest.mark.oracle

RECORDS = record.load()
ASKED = [question for question in questions() if question.sql and not question.by_hand]
EVERYTHING = os.environ.get("PLUMBLINE_MATRIX") == "all"


def _is_changed(question: Question) -> bool:
    known = RECORDS.get(question.group)
    return known is None or known.hash != question.hash


@pytest.mark.timeout(1800)
def test_changed_questions_are_recorded_as_the_evaluator_answers() -> None:
    changed = [question for question in ASKED if EVERYTHING or _is_changed(question)]
    if not changed:
        return
    from definitions.evaluator import Evaluator
    from matrix.witness import Witness

    witness = Witness(Evaluator())
    wrong = [line for question in changed for line in _differences(question, witness)]
    assert not wrong, (
        "remove verdicts.json, run python scripts/generators matrix, and look at what differs:\n"
        + "\n".join(wrong)
    )


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind.name == "FLOAT64" or (EVERYTHING and kind.name != "GEOGRAPHY")],
    ids=lambda kind: kind.name,
)
def test_a_statement_over_a_table_finds_what_is_in_its_rows(kind: Kind) -> None:
    from definitions.evaluator import Evaluator

    pushed = PushedDown(kind)
    statement = replace(pushed.compiled, sql=pushed.sql, sources=())
    wrong = pushed.differences(Evaluator().ask(statement, World()))
    assert not wrong, "\n" + "\n".join(wrong)


def _differences(question: Question, witness: Any) -> list[str]:
    known = RECORDS.get(question.group)
    if known is None:
        return [f"{question.group} is not recorded"]
    return [
        f"{question.group} / {condition}: the evaluator says {answer.verdict}, recorded is "
        f"{known.verdicts.get(condition)} {answer.refusal}"
        for condition, answer in witness.ask(question).items()
        if answer.verdict not in (None, known.verdicts.get(condition))
    ]
