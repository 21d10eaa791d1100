"""The JSON report: what the contract fixes, held against the published schema."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from plumbline.core.outcome import RunReport
from plumbline.core.revision import Revision
from plumbline.core.status import Status
from support.reports import HOSTILE, failure, grading, group, outcome, report, seed_day
from support.reports import json_of as render

SCHEMA_FILE = Path(__file__).parents[3] / "schemas" / "run.schema.json"
SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def strict(text: str) -> dict[str, Any]:
    """JSON as the standard has it: no NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    parsed: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return parsed


ODD_RUNS = {
    "the seed's day": seed_day(),
    "no monitors": report(),
    "all skipped": report(
        outcome("a", Status.SKIPPED, observed=None, reason="no games", summary="no games"),
        outcome("b", Status.SKIPPED, observed=None, reason="no games", summary="no games"),
    ),
    "an error with a number": report(
        outcome("a", Status.ERROR, observed=33.0, reason="table missing", summary="table missing")
    ),
    "not a number": report(
        outcome(
            "a",
            Status.CRITICAL,
            observed=math.nan,
            groups=(group("x", Status.CRITICAL, math.inf, of=(math.nan, -math.inf)),),
        )
    ),
    "five hundred hostile groups": report(
        grading(
            tuple(
                group(f"{HOSTILE}{index}", Status.CRITICAL, index / 11, of=(index, 500))
                for index in range(500)
            )
        )
    ),
    "outside git": report(outcome("a"), revision=None),
    "billed": report(outcome("a", bytes_billed=10_485_760)),
}


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("run", ODD_RUNS.values(), ids=list(ODD_RUNS))
def test_every_report_keeps_to_the_schema(run: RunReport) -> None:
    VALIDATOR.validate(strict(render(run)))


def test_keys_stand_in_the_order_of_the_contract() -> None:
    said = strict(render(seed_day()))
    assert list(said) == SCHEMA["required"]
    assert list(said["monitors"][0]) == SCHEMA["$defs"]["monitor"]["required"]
    assert list(said["monitors"][1]["groups"][0]) == SCHEMA["$defs"]["group"]["required"]


def test_the_seeds_day_reads_as_the_contract_has_it() -> None:
    said = strict(render(seed_day()))
    assert (said["status"], said["score"], said["exit_code"]) == ("CRITICAL", 60, 2)
    assert said["as_of"] == "2026-02-03T05:00:00Z"
    assert said["counts"] == {"passed": 3, "warning": 0, "critical": 2, "error": 0, "skipped": 0}
    assert said["jobs"] == 5
    assert said["alerts"] == []
    assert [monitor["observed"] for monitor in said["monitors"]] == [44.2, 2, 5, 281, 100]


def test_an_error_has_no_number() -> None:
    said = strict(render(ODD_RUNS["an error with a number"]))
    assert said["monitors"][0]["observed"] is None


def test_what_json_cannot_say_is_null() -> None:
    monitor = strict(render(ODD_RUNS["not a number"]))["monitors"][0]
    assert monitor["observed"] is None
    said = monitor["groups"][0]
    assert (said["observed"], said["numerator"], said["denominator"]) == (None, None, None)


def test_counts_are_integers_and_the_noise_of_fractions_is_cut() -> None:
    said = strict(render(report(outcome("a", observed=44.2 + 1e-13), outcome("b", observed=281.0))))
    assert said["monitors"][0]["observed"] == 44.2
    assert isinstance(said["monitors"][1]["observed"], int)


def test_a_percentage_is_not_rounded_to_what_people_are_shown() -> None:
    said = strict(render(report(outcome("a", Status.WARNING, observed=79.96))))
    assert said["monitors"][0]["observed"] == 79.96


def test_a_name_of_data_is_kept_whole() -> None:
    said = strict(render(report(grading((group(HOSTILE, Status.CRITICAL, 0.0),)))))
    assert said["monitors"][0]["groups"][0]["key"] == {"system_id": HOSTILE}


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        (None, None),
        (Revision("a" * 40, dirty=False), "a" * 40),
        (Revision("a" * 40, dirty=True), "a" * 40 + "-dirty"),
    ],
)
def test_the_revision_is_whole_and_says_whether_it_was_dirty(
    revision: Revision | None, said: str | None
) -> None:
    assert strict(render(report(revision=revision)))["suite_revision"] == said


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("an unknown key", {"colour": "red"}),
        ("an unknown status", {"status": "FINE"}),
        ("a score over 100", {"score": 101}),
        ("an exit code of usage", {"exit_code": 64}),
        ("an instant without zone", {"as_of": "2026-02-03T05:00:00"}),
        ("a version to come", {"schema_version": 2}),
    ],
)
def test_the_schema_refuses(name: str, change: dict[str, object]) -> None:
    said = {**strict(render(seed_day())), **change}
    assert not VALIDATOR.is_valid(said), name


def test_the_schema_refuses_an_error_that_shows_a_percentage() -> None:
    said = strict(render(ODD_RUNS["an error with a number"]))
    said["monitors"][0]["observed"] = 33.0
    assert not VALIDATOR.is_valid(said)


def test_every_key_of_the_schema_is_described() -> None:
    undescribed = [
        f"{name}.{key}"
        for name, part in [("run", SCHEMA), *SCHEMA["$defs"].items()]
        for key, value in part.get("properties", {}).items()
        if "description" not in value and value.get("$ref") != "#/$defs/status"
    ]
    assert undescribed == []


def test_failed_info_counts_as_failed_only() -> None:
    said = strict(render(report(outcome("a", failed=1, failures=(failure("x", "info"),)))))
    assert said["status"] == "OK"
    assert said["monitors"][0]["expectations"] == {"declared": 2, "evaluated": 2, "failed": 1}
