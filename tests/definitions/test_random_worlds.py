"""On random worlds, the SQL says what the plain-Python statement of the definitions says.

Each question goes to a witness as one query over several instants, as a backtest asks; the statement
is asked instant by instant. The questions are the first of a hundred that show each way to misread
the definitions (`misreadings.py`), and so the same in every run. The weekly workflow asks new ones. To
look further (hours; it ends at the first disagreement, and begins with it next time):

    HYPOTHESIS_PROFILE=long pytest tests/definitions/test_random_worlds.py -m oracle -k grading
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import Phase, given, settings

from definitions.cases import NO_NEWS, PROJECT, Interview, Witness
from definitions.misreadings import (
    MISREADINGS,
    TICK,
    Misreading,
    answers,
    arriving,
    first_to_show,
    telling,
)
from definitions.monitors import MONITORS
from definitions.plainest import plainest
from definitions.random_worlds import Question, questions
from definitions.statement import state
from definitions.statement.said import comparable
from plumbline.models import Compiler
from support.targets import bigquery_target

IS_REPEATABLE = settings.get_current_profile_name() == "repeatable"

if not IS_REPEATABLE:
    pytestmark = pytest.mark.timeout(0)


@pytest.mark.parametrize("monitor", MONITORS)
def test_the_sql_says_what_the_statement_says(monitor: str, witness: Interview) -> None:
    def differs(question: Question) -> bool:
        return bool(differences(question, witness.witness))

    if IS_REPEATABLE:
        differing = next(filter(differs, telling(monitor)), None)
    else:
        differing = any_that(differs, monitor)
    if differing is not None:
        plain = plainest(differing, differs)
        pytest.fail("\n".join([repr(plain), *differences(plain, witness.witness)]), pytrace=False)


def any_that(differs: Callable[[Question], bool], monitor: str) -> Question | None:
    """A question that differs, if hypothesis finds one."""
    found: list[Question] = []

    # No phase of shrinking: see plainest.py.
    @settings(phases=[Phase.reuse, Phase.generate])
    @given(questions(monitor))
    def ask(question: Question) -> None:
        if differs(question):
            found.append(question)
            raise AssertionError

    with suppress(AssertionError):
        ask()
    return found[-1] if found else None


def differences(question: Question, witness: Witness) -> list[str]:
    """What the witness and the statement each say, where it is not the same."""
    model = _compiler(witness.project).compile(
        question.monitor,
        as_of=question.instants,
        vars={**NO_NEWS, **question.vars},
        where="the test",
    )
    answer = witness.ask(model, question.world)
    lines = []
    for instant in question.instants:
        stated = comparable(state(question.monitor, question.world, instant, question.vars))
        said = comparable([row for row in answer if row["as_of"] == instant])
        if said != stated:
            lines += [f"{instant}:", f"  stated: {stated}", f"  {witness.name}: {said}"]
    return lines


@cache
def _compiler(project: str) -> Compiler:
    return Compiler(PROJECT, bigquery_target(project=project))


# No witness is asked here: whether the questions reach every edge.


@pytest.mark.parametrize(
    ("misreading", "monitor"),
    [
        pytest.param(each, monitor, id=f"{monitor}: {each.says}")
        for each in MISREADINGS
        for monitor in each.monitors
    ],
)
def test_a_misreading_is_soon_found(misreading: Misreading, monitor: str) -> None:
    assert first_to_show(misreading, monitor) is not None


def test_the_question_that_shows_it_is_made_plain() -> None:
    late = Misreading("what comes at the instant is not seen", MONITORS, arriving(TICK))

    def differs(question: Question) -> bool:
        return answers(question) != late.answers(question)

    shown = first_to_show(late, "recent_predictions")
    assert shown is not None
    plain = plainest(shown, differs)
    ((_, (one_game,)), (_, (one_prediction,))) = plain.world.tables.items()
    assert one_prediction["created_at"] == plain.instants[0]
    assert one_prediction["game_date"] == one_game["game_date"]
    assert len(plain.instants) == 1
