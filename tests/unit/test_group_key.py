"""Group keys: one canonical text, one hash, and a label for people."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta

from plumbline.core.group_key import GroupKey


def test_the_order_of_columns_does_not_matter() -> None:
    one, other = GroupKey.of({"a": 1, "b": 2}), GroupKey.of({"b": 2, "a": 1})
    assert one == other
    assert (one.text, one.hash) == (other.text, other.hash)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("catboost_v9", '"catboost_v9"'),
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (Decimal("7.50"), "7.5"),
        (Decimal(7), "7"),
        (Decimal("12345678901234567891"), "12345678901234567891"),
        (Decimal("90071992547409.93"), '"90071992547409.93"'),
        (relativedelta(months=14, days=3, hours=-1), '"1-2 3 -1:0:0"'),
        (float("nan"), '"NaN"'),
        (float("-inf"), '"-inf"'),
        (date(2026, 2, 2), '"2026-02-02"'),
        (datetime(2026, 2, 3, 5, tzinfo=UTC), '"2026-02-03T05:00:00Z"'),
        (datetime(2026, 2, 3, 0, tzinfo=timezone(-timedelta(hours=5))), '"2026-02-03T05:00:00Z"'),
        ("Jokić", '"Jokić"'),
        ('a"b', '"a\\"b"'),
    ],
)
def test_a_value_has_one_text_however_the_driver_brings_it(value: object, text: str) -> None:
    assert GroupKey.of({"k": value}).text == f'{{"k":{text}}}'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"k": "1"}, {"k": 1}),
        ({"k": None}, {"k": "null"}),
        ({"k": True}, {"k": "true"}),
        ({"a": "x,b=y"}, {"a": "x", "b": "y"}),
        ({"a": 'x","b":"y'}, {"a": "x", "b": "y"}),
        ({}, {"k": None}),
        ({"k": None}, {"k": float("nan")}),
        ({"k": Decimal("12345678901234567890")}, {"k": Decimal("12345678901234567891")}),
    ],
)
def test_different_groups_never_share_a_text(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert GroupKey.of(one).text != GroupKey.of(other).text
    assert GroupKey.of(one).hash != GroupKey.of(other).hash


def test_the_hash_is_the_same_in_every_process_and_version() -> None:
    # Incidents are stored under it: a change here would open every incident anew.
    assert GroupKey.of({"system_id": "catboost_v9"}).hash == "a158b79d9922dd2c"


def test_the_text_is_json() -> None:
    key = GroupKey.of({"game_date": date(2026, 2, 2), "n": 3})
    assert json.loads(key.text) == key.as_dict() == {"game_date": "2026-02-02", "n": 3}


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"system_id": "catboost_v9"}, "catboost_v9"),
        ({"system_id": None}, "NULL"),
        ({"b": 2, "a": "x"}, "a=x, b=2"),
        ({}, ""),
    ],
)
def test_the_label_is_for_people(values: dict[str, object], label: str) -> None:
    assert GroupKey.of(values).label == label
