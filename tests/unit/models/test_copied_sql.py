"""SQL for people: the values of parameters as literals, where the parameters stand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from markupsafe import escape

from plumbline.core.parameter import Parameter
from plumbline.core.sql_literals import literal
from plumbline.models.compiled import CompiledModel
from plumbline.models.copied_sql import with_values
from plumbline.net import secret as secrets

INSTANT = datetime(2026, 2, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("INT64", 3, "3"),
        ("INT64", -3, "(-3)"),
        ("FLOAT64", 0.5, "0.5"),
        ("FLOAT64", -1e300, "(-1e+300)"),
        ("FLOAT64", float("nan"), "cast('nan' as float64)"),
        ("FLOAT64", float("-inf"), "cast('-inf' as float64)"),
        ("BOOL", True, "true"),
        ("DATE", date(2026, 2, 2), "date '2026-02-02'"),
        ("TIMESTAMP", INSTANT, "timestamp '2026-02-03 05:00:00+00:00'"),
        ("NUMERIC", Decimal("1.50"), "numeric '1.50'"),
        ("BYTES", b"a\x00", "b'\\x61\\x00'"),
        ("STRING", "O'Neale \\ x\n", "'O\\'Neale \\\\ x\\n'"),
        ("STRING", "@days -- {{ \u2028", "'@days -- {{ \\u2028'"),
        ("ARRAY<STRING>", ("a", "b"), "['a', 'b']"),
        ("ARRAY<STRING>", (), "cast([] as ARRAY<STRING>)"),
        ("ARRAY<TIMESTAMP>", (INSTANT,), "[timestamp '2026-02-03 05:00:00+00:00']"),
        ("INTERVAL", "0-0 3 0:0:0", "cast('0-0 3 0:0:0' as INTERVAL)"),
        ("STRING", None, "cast(null as STRING)"),
    ],
    ids=str,
)
def test_each_type_has_its_literal(kind: str, value: object, expected: str) -> None:
    assert literal(kind, value) == expected


def compiled(sql: str, *parameters: Parameter) -> CompiledModel:
    return CompiledModel("coverage", sql, parameters, (), (), ())


DAYS = Parameter("days", "INT64", 3)
NAME = Parameter("name", "STRING", "a '@days'")


def test_values_stand_where_the_parameters_stood() -> None:
    sql = "select x - @days, '@days', `@days`, @@days -- @days\nfrom t where n = @name and d>@days"
    assert with_values(compiled(sql, DAYS, NAME)) == (
        "select x - 3, '@days', `@days`, @@days -- @days\nfrom t where n = 'a \\'@days\\'' and d>3"
    )


def test_what_is_withheld_stays_a_parameter_and_is_said() -> None:
    shown = with_values(compiled("select @days, @name", DAYS, NAME), withheld={"name", "other"})
    assert shown.splitlines() == [
        "-- @name is not shown, because it may hold values of a personal column: replace it.",
        "select 3, @name",
    ]


@pytest.mark.parametrize(
    "secret",
    ["p'a\\ss\nW0rd-Xy99\u2028z", "pa'ssW0rd-Xy99", 'tok"en\\with-99slash', "Sécret-línea-99"],
)
def test_a_secret_is_hidden_however_its_literal_and_the_page_escape_it(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_READ", {secrets.Secret(secret)})
    shown = with_values(compiled("select @name", Parameter("name", "STRING", secret)))
    assert secrets.hide(shown) == "select '***'"
    assert secrets.hide(str(escape(shown))) == "select &#39;***&#39;"
