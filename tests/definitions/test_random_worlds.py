"""On random worlds, the SQL says what the plain-Python statement of the definitions says.

Each question goes to a witness as one query over several instants, as a backtest asks; the statement
is asked instant by instant. Google's evaluator answers sooner and gets more of the same questions.

The questions are the same in every run. To look further, with new ones each time (hours; it ends at
the first disagreement, and begins with it next time):

    HYPOTHESIS_PROFILE=long pytest tests/definitions/test_random_worlds.py -m oracle -k grading
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache

import pytest
from hypothesis import Phase, given, settings

from definitions.cases import PROJECT, Interview, Witness
from definitions.monitors import MONITORS
from definitions.plainest import plainest
from definitions.random_worlds import Question, questions
from definitions.statement import state
from definitions.statement.said import comparable
from plumbline.models import Compiler
from support.targets import bigquery_target

# How many questions, of the number of examples that the profile has.
SHARE = {"embedded": 0.08, "evaluator": 0.25}

if settings.get_current_profile_name() == "long":
    pytestmark = pytest.mark.timeout(0)


@pytest.mark.parametrize("monitor", MONITORS)
def test_the_sql_says_what_the_statement_says(monitor: str, witness: Interview) -> None:
    examples = round(settings().max_examples * SHARE[witness.witness.name])
    failing: list[Question] = []

    def differs(question: Question) -> bool:
        return bool(differences(question, witness.witness))

    # No phase of shrinking: see plainest.py.
    @settings(max_examples=examples, phases=[Phase.reuse, Phase.generate])
    @given(questions(monitor))
    def agree(question: Question) -> None:
        if differs(question):
            failing.append(question)
            raise AssertionError

    with suppress(AssertionError):
        agree()
    if failing:
        plain = plainest(failing[-1], differs)
        pytest.fail("\n".join([repr(plain), *differences(plain, witness.witness)]), pytrace=False)


def differences(question: Question, witness: Witness) -> list[str]:
    """What the witness and the statement each say, where it is not the same."""
    model = _compiler(witness.project).compile(
        question.monitor, as_of=question.instants, vars=question.vars, where="the test"
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
