"""Every expectation type over every type of column: plumbline's verdict is the recorded one.

The verdicts are those of BigQuery's SQL (``verdicts.json``; ``tests/oracle`` asks for them anew).
"""

from __future__ import annotations

import json
from importlib import resources

import pytest

from generators.cli import ROOT
from matrix import record
from matrix.cells import ERROR, FAIL, PASS, questions
from matrix.judged import judge
from plumbline.core.errors import did_you_mean

QUESTIONS = questions()
RECORDS = record.load()
CATALOGUE = json.loads(
    resources.files("plumbline.evaluate.expectations").joinpath("catalogue.json").read_text("utf-8")
)
TYPES = sorted({question.expectation for question in QUESTIONS})

NOT_IN_THE_MATRIX = {
    # its verdict follows from history: tests/unit/evaluate/expectations
    "expect_metric_to_follow_history",
    # it is a query itself: tests/gx
    "unexpected_rows_expectation",
    # any row fails it, whatever the types: tests/gx/test_failing_rows.py
    "expect_no_failing_rows",
    # of tables, by BigQuery alone: tests/gx/test_table_suite.py
    "expect_foreign_key_to_exist",
    "expect_schema_not_to_change",
    "expect_table_to_be_fresh",
}


@pytest.mark.parametrize("expectation", TYPES)
def test_a_verdict_is_that_of_bigquery(expectation: str) -> None:
    wrong = []
    for question in QUESTIONS:
        if question.expectation != expectation:
            continue
        expected = RECORDS[question.group].verdicts
        for condition, judged in judge(question).items():
            if judged.verdict != expected[condition]:
                wrong.append(
                    f"{question.group} / {condition}: {judged.verdict}, and BigQuery says "
                    f"{expected[condition]} {judged.reason}"
                )
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("expectation", TYPES)
def test_an_error_tells_a_person_what_is_wrong(expectation: str) -> None:
    unclear = {
        judged.reason
        for question in QUESTIONS
        if question.expectation == expectation
        for judged in judge(question).values()
        if judged.verdict == ERROR and ("Error: " in judged.reason or not judged.reason)
    }
    assert not unclear


def test_every_question_has_a_record_of_just_these_cells() -> None:
    for question in QUESTIONS:
        found = RECORDS.get(question.group)
        assert found is not None, f"{question.group}: run make generate"
        assert set(found.verdicts) == {cell.condition for cell in question.cells}, question.group
    assert set(RECORDS) == {question.group for question in QUESTIONS}


def test_every_expectation_is_in_the_matrix() -> None:
    assert set(CATALOGUE) == set(TYPES) | NOT_IN_THE_MATRIX


@pytest.mark.parametrize("expectation", TYPES)
def test_every_expectation_that_works_can_pass_and_fail(expectation: str) -> None:
    """Else the matrix would not see an expectation that always says the same."""
    verdicts = {
        verdict
        for question in QUESTIONS
        if question.expectation == expectation
        for verdict in RECORDS[question.group].verdicts.values()
    }
    assert verdicts == {ERROR} or {PASS, FAIL} <= verdicts


def test_a_verdict_by_hand_has_its_reason_and_a_link() -> None:
    by_hand = [one for one in RECORDS.values() if one.witness == record.BY_HAND]
    assert by_hand
    assert all(one.why and one.link.startswith("https://") for one in by_hand)


def test_what_is_judged_by_hand_is_listed_as_unproven() -> None:
    page = (ROOT / "docs" / "unproven.md").read_text("utf-8")
    reasons = {found.why for found in RECORDS.values() if found.witness == record.BY_HAND}
    missing = [reason for reason in reasons if reason not in page]
    assert not missing, did_you_mean(missing[0], page.splitlines())
