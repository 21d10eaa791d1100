"""The plain-Python statement of the definitions is itself held to what was worked out by hand."""

from __future__ import annotations

import pytest

from definitions.cases import PROJECT, Case
from definitions.monitors import MONITORS, told
from definitions.statement import STATEMENTS, state
from definitions.statement.said import Why, comparable
from definitions.statement.seen import DEFAULTS
from definitions.tables import at
from definitions.test_nothing_expected import QUIET, Quiet


def test_there_is_a_statement_of_every_shipped_monitor() -> None:
    assert STATEMENTS.keys() == set(MONITORS)


@pytest.mark.parametrize(("monitor", "case"), list(told()), ids=str)
def test_the_statement_says_what_was_worked_out_by_hand(monitor: str, case: Case) -> None:
    said = state(monitor, case.world, at(case.as_of), case.vars)
    assert comparable(said) == comparable(case.rows)


@pytest.mark.parametrize("quiet", QUIET, ids=str)
def test_the_statement_knows_why_nothing_was_expected(quiet: Quiet) -> None:
    said = state(quiet.monitor, quiet.world, at(quiet.as_of), quiet.case.vars)
    if quiet.verdict == "judge":
        assert {row["verdict"] for row in said} == {"judge"}
    else:
        assert [(row["verdict"], row["reason"]) for row in said] == [
            (quiet.verdict, Why.of(quiet.reason))
        ]


def test_the_projects_variables_are_those_of_the_definitions() -> None:
    # Which games are postponed and which systems launch is news, not a definition.
    differing = {name for name, value in DEFAULTS.items() if PROJECT.vars[name] != value}
    assert differing <= {"postponed_games", "active_systems", "retired_systems"}
