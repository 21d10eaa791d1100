"""What stands for the values of personal columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from plumbline.core.errors import MonitorError, WarehouseError
from plumbline.core.group_key import GroupKey
from plumbline.core.masking import KEY_VARIABLE, Mask, explain_masked, mask_key

ROWS = [{"player": name, "team": "LAL"} for name in ("Ann Lee", "Ann Lee Jr", "Al", None)]
MASK = Mask.of({"player"}, "some-project", ROWS)
ANN = MASK.value("Ann Lee")


@dataclass(frozen=True)
class NamedProject:
    dbt: dict[str, Any] = field(default_factory=lambda: {"name": "some-project"})


def test_a_pseudonym_is_seen_to_be_one_and_is_no_bare_hash() -> None:
    assert ANN == "masked-80513c7671"
    assert hashlib.sha256(b"Ann Lee").hexdigest()[:10] not in str(ANN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (5, 5.0),
        (Decimal("188.5"), 188.5),
        (datetime(2026, 2, 2, tzinfo=UTC), datetime(2026, 2, 2)),  # noqa: DTZ001
        (date(2026, 2, 2), "2026-02-02"),
    ],
)
def test_the_same_value_has_one_pseudonym_whatever_type_it_comes_in(
    one: object, other: object
) -> None:
    assert MASK.value(one) == MASK.value(other)


def test_null_stays_null_and_nan_is_a_value() -> None:
    assert MASK.value(None) is None
    assert MASK.value(float("nan")) is not None


def test_the_key_is_the_projects_name_unless_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert mask_key(NamedProject()) == "some-project"
    assert mask_key(NamedProject({})) == "plumbline"
    monkeypatch.setenv(KEY_VARIABLE, "of our own")
    assert mask_key(NamedProject()) == "of our own"
    assert Mask.of({"player"}, "of our own", ()).value("Ann Lee") != ANN
    assert "of our own" not in repr(Mask.of({"player"}, "of our own", ROWS))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no line for Ann Lee", f"no line for {ANN}"),
        ("Ann LeeAnn Lee", f"{ANN}{ANN}"),
        ("Ann Lee Jr", str(MASK.value("Ann Lee Jr"))),
        ("Also Al, All", f"Also {MASK.value('Al')}, All"),
        ("nobody", "nobody"),
    ],
)
def test_names_in_a_text(text: str, masked: str) -> None:
    assert MASK.text(text) == masked


def test_numbers_in_a_text_are_found_as_words() -> None:
    mask = Mask.of({"id"}, "k", [{"id": 2544}])
    assert mask.text("2544 of 25441, 2544.5 or 2544.") == (
        f"{mask.value(2544)} of 25441, 2544.5 or {mask.value(2544)}."
    )


@pytest.mark.parametrize(
    ("label", "group_by", "key"),
    [
        ("Ann Lee", ["player"], {"player": ANN}),
        ("NULL", ["player"], {"player": None}),
        ("Ann Lee", ["team"], {"team": "Ann Lee"}),
        ("player=Ann Lee, team=LAL", ["team", "player"], {"player": ANN, "team": "LAL"}),
        ("player=NULL, team=LAL", ["player", "team"], {"player": None, "team": "LAL"}),
    ],
)
def test_an_overrides_name_becomes_that_of_its_masked_group(
    label: str, group_by: list[str], key: dict[str, Any]
) -> None:
    assert MASK.label(label, group_by) == GroupKey.of(key).label


def test_without_personal_columns_nothing_changes() -> None:
    mask = Mask.of((), "k", ROWS)
    assert not mask
    assert mask.row(ROWS[0]) == ROWS[0]
    assert mask.text("Ann Lee") == "Ann Lee"
    error = WarehouseError("Bad int64 value: Ann Lee", reason="invalidQuery")
    assert explain_masked(error, mask) == "Bad int64 value: Ann Lee"


@pytest.mark.parametrize(
    ("what", "reason", "left"),
    [
        ("Bad int64 value: Bo Ek", "invalidQuery", "Bad int64 value ..."),
        ('Invalid date string "Bo Ek"', "invalid", "Invalid date string ..."),
        ("Query error: Bad value Bo at [3:1]", "invalidQuery", "Query error ..."),
        ("Unrecognized name: foo at [3:1]", "invalidQuery", "Unrecognized name: foo at [3:1]"),
        ("Not found: Table a.b", "notFound", "Not found: Table a.b"),
        ("division by zero", "invalidQuery", "division by zero"),
    ],
)
def test_what_a_query_says_of_rows_that_never_came_is_cut_where_it_quotes(
    what: str, reason: str, left: str
) -> None:
    said = explain_masked(WarehouseError(what, reason=reason), MASK)
    assert said.startswith(left)
    assert "Bo" not in said


def test_another_fault_keeps_its_words_but_for_names() -> None:
    said = explain_masked(MonitorError("strange: 'Ann Lee'", fix="look"), MASK)
    assert said == f"strange: '{ANN}'; look"


def comparison(column: str, operator: str, parameter: object) -> dict[str, Any]:
    return {
        "type": "comparison",
        "column": {"name": column},
        "operator": operator,
        "parameter": parameter,
    }


BO = MASK.value("Bo Ek")  # of whom the rows hold nothing


@pytest.mark.parametrize(
    ("condition", "masked"),
    [
        (
            "player == 'Bo Ek' and team == 'LAL'",
            f"player == '{BO}' and team == '{MASK.value('LAL')}'",
        ),
        ('col("player") != "Bo Ek"', f'col("player") != "{BO}"'),
        (r"player == 'Bo\'Ek'", f"player == '{MASK.value(chr(39).join(('Bo', 'Ek')))}'"),
        ('team == "Ann Lee"', f'team == "{ANN}"'),
        ('team == "LAL"', 'team == "LAL"'),
        (comparison("player", "==", "Bo Ek"), comparison("player", "==", BO)),
        (
            comparison("player", "IN", ["Bo Ek", "x"]),
            comparison("player", "IN", [BO, MASK.value("x")]),
        ),
        (comparison("team", "==", "Ann Lee"), comparison("team", "==", ANN)),
        (comparison("team", "==", 5), comparison("team", "==", 5)),
        (
            {"type": "or", "conditions": [comparison("player", "==", "Bo Ek")]},
            {"type": "or", "conditions": [comparison("player", "==", BO)]},
        ),
        (
            {"type": "pass_through", "pass_through_filter": "player == 'Bo Ek'"},
            {"type": "pass_through", "pass_through_filter": f"player == '{BO}'"},
        ),
        (
            {"type": "nullity", "column": {"name": "player"}, "is_null": True},
            {"type": "nullity", "column": {"name": "player"}, "is_null": True},
        ),
    ],
)
def test_a_condition_on_rows_names_nobody(condition: object, masked: object) -> None:
    shown = MASK.kwargs({"column": "team", "row_condition": condition})
    assert shown == {"column": "team", "row_condition": masked}


def test_a_pattern_names_nobody_of_the_rows() -> None:
    shown = MASK.kwargs({"column": "player", "regex_list": ["^Ann Lee$", "^[A-Z]"]})
    assert shown["regex_list"] == [f"^{ANN}$", "^[A-Z]"]
