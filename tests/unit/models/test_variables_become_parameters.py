"""A variable's value never stands in the SQL: it goes to BigQuery as a query parameter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.models import VariableError

HOSTILE = "x' or 1 = 1; drop table t; -- ` \\"


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        pytest.param("select {{ var('days') }}", "select @days", id="a number, bare"),
        pytest.param("select '{{ var(\"primary\") }}'", "select @primary", id="a text, quoted"),
        pytest.param("select \"{{ var('primary') }}\"", "select @primary", id="in double quotes"),
        pytest.param(
            "select '''{{ var(\"primary\") }}'''", "select @primary", id="in triple quotes"
        ),
        pytest.param(
            "select cast('{{ var(\"since\") }}' as date)",
            "select cast(@since as date)",
            id="a date, quoted",
        ),
        pytest.param(
            "select 1 from unnest({{ var('systems') }}) as s",
            "select 1 from unnest(@systems) as s",
            id="a list",
        ),
        pytest.param(
            "select {{ var('days') }}+{{ var('days') }}", "select @days+@days", id="beside a sign"
        ),
        pytest.param(
            "select 1 from `{{ var('table_name') }}`",
            "select 1 from `rows_v2`",
            id="an identifier, in backticks",
        ),
        pytest.param(
            "select 1 -- of {{ var('days') }} days\n, 2",
            "select 1 -- of days days\n, 2",
            id="in a comment, by name",
        ),
        pytest.param(
            "select '--', \"it's\", r'\\d#', '{{ var(\"primary\") }}' # no 'quote\n",
            "select '--', \"it's\", r'\\d#', @primary # no 'quote",
            id="after texts that look like comments",
        ),
    ],
)
def test_a_variable_becomes_a_parameter_where_it_stands(
    project: Any, written: str, bound: str
) -> None:
    assert project(written).compile().sql == bound


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("days", 3, "INT64"),
        ("share", 0.5, "FLOAT64"),
        ("primary", "catboost_v9", "STRING"),
        ("loud", True, "BOOL"),
        ("since", date(2026, 1, 1), "DATE"),
        ("systems", ("a", "b"), "ARRAY<STRING>"),
        ("nobody", (), "ARRAY<STRING>"),
    ],
)
def test_its_type_is_that_of_its_default(project: Any, name: str, value: Any, kind: str) -> None:
    (parameter,) = project(f"select {{{{ var('{name}') }}}}").compile().parameters
    assert (parameter.name, parameter.type, parameter.value) == (name, kind, value)


def test_a_suite_may_give_another_value(project: Any) -> None:
    (parameter,) = project("select {{ var('days') }}").compile(days=7).parameters
    assert parameter.value == 7


def test_a_value_full_of_sql_stays_a_value(project: Any) -> None:
    model = project("select '{{ var(\"primary\") }}'").compile(primary=HOSTILE)
    assert model.sql == "select @primary"
    assert model.parameters[0].value == HOSTILE


def test_the_same_sql_has_the_same_hash_whatever_the_values(project: Any) -> None:
    small = project("select {{ var('days') }} from unnest({{ var('as_of') }})")
    other = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC))
    assert small.compile().sql_hash == small.compile(days=9, as_of=other).sql_hash


@pytest.mark.parametrize(
    ("given", "as_default"),
    [
        pytest.param({"since": "2026-02-01"}, date(2026, 2, 1), id="a text for a date"),
        pytest.param({"share": 1}, 1.0, id="a whole number for a fraction"),
        pytest.param({"systems": []}, (), id="an empty list"),
        pytest.param({"nobody": [1, 2]}, (1, 2), id="numbers where the default list is empty"),
    ],
)
def test_a_given_value_takes_the_type_of_the_default(
    project: Any, given: dict[str, Any], as_default: Any
) -> None:
    (name,) = given
    (parameter,) = project(f"select {{{{ var('{name}') }}}}").compile(**given).parameters
    assert parameter.value == as_default


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": "seven"}, "variable 'days' is 'seven' (STRING), but its default is 3 (INT64)"),
        ({"days": 7.5}, "variable 'days' is 7.5 (FLOAT64), but its default is 3 (INT64)"),
        ({"days": True}, "variable 'days' is True (BOOL), but its default is 3 (INT64)"),
        ({"days": [7]}, "variable 'days' is [7] (ARRAY<INT64>), but its default is 3 (INT64)"),
        ({"since": "yesterday"}, "variable 'since' is 'yesterday' (STRING), but its default is"),
        ({"systems": ["a", 1]}, "variable 'systems' mixes INT64 and STRING in one list"),
        ({"systems": [["a"]]}, "variable 'systems' holds a list of lists, mappings or nulls"),
        ({"days": None}, "variable 'days' is null, which can't be a query parameter"),
        ({"days": {"a": 1}}, "variable 'days' is a dict, which can't be a query parameter"),
        ({"days": 2**63}, "variable 'days' is a int, which can't be a query parameter"),
        ({"dais": 7}, "there is no variable 'dais'"),
        ({"first_date": "2026-01-01"}, "variable 'first_date' is set by plumbline"),
    ],
)
def test_a_value_that_cannot_be_names_its_variable_and_its_file(
    project: Any, given: dict[str, Any], message: str
) -> None:
    (name,) = given
    small = project("select {{ var('days') }}, {{ var('since') }}, {{ var('systems') }}")
    with pytest.raises(VariableError) as caught:
        small.compile(**given)
    assert caught.value.what.startswith(message)
    assert caught.value.var == name
    assert caught.value.file == "expectations/m.json"
    assert caught.value.fix


def test_a_default_that_cannot_be_names_the_project_file(project: Any) -> None:
    small = project("select {{ var('odd') }}").write(
        {"dbt_project.yml": "vars: {odd: [a, 1], timezone: UTC}"}
    )
    with pytest.raises(VariableError) as caught:
        small.compile()
    assert str(caught.value.file).endswith("dbt_project.yml")
    assert caught.value.key == "vars.odd"


def test_a_default_in_the_model_serves_where_the_project_has_none(project: Any) -> None:
    small = project("select {{ var('mine', 5) }}")
    assert small.compile().parameters[0].value == 5
    assert small.compile(mine=6).parameters[0].value == 6


BOUNDS = """
    models:
      - name: m
        config: {meta: {vars: {days: {min: 1, max: 366}, systems: {min: 1}, share: {max: 1}}}}
"""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"days": 0}, "variable 'days' is 0, not 1 to 366"),
        ({"days": 10_000}, "variable 'days' is 10000, not 1 to 366"),
        ({"systems": []}, "variable 'systems' is [], not at least 1 entries"),
        ({"share": 1.5}, "variable 'share' is 1.5, not at most 1"),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    project: Any, given: dict[str, Any], message: str
) -> None:
    sql = "select {{ var('days') }}, {{ var('systems') }}, {{ var('share') }}"
    small = project({"models/m.sql": sql, "models/schema.yml": BOUNDS})
    with pytest.raises(VariableError) as caught:
        small.compile(**given)
    assert caught.value.what == message
    assert (caught.value.var,) == tuple(given)


FORM = """
    models:
      - name: m
        config: {meta: {vars: {due: {form: %s}}}}
"""


@pytest.mark.parametrize(
    ("form", "value", "message", "fix"),
    [
        ("time", "'25:00:00'", "is '25:00:00', which is not a time of day", "HH:MM:SS"),
        ("time", "'24:00:00'", "is '24:00:00', which is not a time of day", "23:59:59"),
        ("time", "'10:00'", "is '10:00', which is not a time of day", "HH:MM:SS"),
        ("time", "'10:00:00Z'", "is '10:00:00Z', which is not a time of day", "HH:MM:SS"),
        ("time", "10:00:00", "is 36000 (INT64), not a text", 'in quotes, such as "10:00:00"'),
        ("text", "''", "is '', which is not a name", "write a name"),
        ("text", "' phase3'", "is ' phase3', which is not a name", "write a name"),
        ("text", "3", "is 3 (INT64), not a text", 'in quotes, such as "name"'),
        ("text", "[a]", "is ['a'] (ARRAY<STRING>), not a text", "in quotes"),
    ],
)
def test_a_text_of_another_form_is_refused_with_file_and_key(
    project: Any, form: str, value: str, message: str, fix: str
) -> None:
    small = project(
        {
            "models/m.sql": "select {{ var('due') }}",
            "models/schema.yml": FORM % form,
            "dbt_project.yml": f"name: small\nvars:\n  due: {value}\n",
        }
    )
    with pytest.raises(VariableError) as caught:
        small.compile()
    assert message in caught.value.what
    assert str(caught.value.file).endswith("dbt_project.yml")
    assert caught.value.key == "vars.due"
    assert fix in str(caught.value.fix)


ENTRIES = """
    models:
      - name: m
        config: {meta: {vars: {systems: {min: 1, entries: %s}}}}
"""


@pytest.mark.parametrize(
    ("form", "value", "message", "fix"),
    [
        ("text", "a", "is 'a' (STRING), not a list", 'write a list, such as ["name"]'),
        ("text", "[22500566]", "has the entry 22500566 (INT64), not a text", "in quotes"),
        ("text", "['']", "has the entry '', which is not a name", "write a name"),
        ("text", "['a ']", "has the entry 'a ', which is not a name", "write a name"),
        ("name_from_date", "a", "is 'a' (STRING), not a list", '["name/2026-02-22"]'),
        ("name_from_date", "[a, a/2026-22-02]", "has the entry 'a/2026-22-02', which", "a date that exists"),
        ("name_from_date", "[a 2026-02-22]", "has the entry 'a 2026-02-22', which", "name/YYYY-MM-DD"),
        ("name_from_date", "[a/]", "has the entry 'a/', which", "name/YYYY-MM-DD"),
        ("name_from_date", "[/2026-02-22]", "has the entry '/2026-02-22', which", "name/YYYY-MM-DD"),
        ("name_from_date", "[a/20260222]", "has the entry 'a/20260222', which", "name/YYYY-MM-DD"),
        ("name_from_date", "[a/2026-02-22/b]", "has the entry 'a/2026-02-22/b', which", "name/YYYY-MM-DD"),
        ("period", "[2026-02-13/x]", "has the entry '2026-02-13/x', which", "with dates that exist"),
        ("period", "[2026-02-13]", "has the entry 2026-02-13 (DATE), not a text", "in quotes"),
        ("period", "[2026-02-18/2026-02-13/b]", "has the entry '2026-02-18/2026-02-13/b', which", "earlier one first"),
    ],
)  # fmt: skip
def test_a_list_of_another_form_is_refused_with_file_and_key(
    project: Any, form: str, value: str, message: str, fix: str
) -> None:
    small = project("select {{ var('systems') }}").write(
        {"dbt_project.yml": f"vars: {{systems: {value}}}", "models/schema.yml": ENTRIES % form}
    )
    with pytest.raises(VariableError) as caught:
        small.compile()
    assert caught.value.what.startswith(f"variable 'systems' {message}")
    assert str(caught.value.file).endswith("dbt_project.yml")
    assert caught.value.key == "vars.systems"
    assert fix in (caught.value.fix or "")


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("text", ["a", "b c"]),
        ("name_from_date", ["a", "b/2026-02-22"]),
        ("period", ["2026-02-13/2026-02-18/All-Star break", "2026-02-13/2026-02-13"]),
    ],
)
def test_a_list_of_the_declared_form_is_allowed(project: Any, form: str, value: list[str]) -> None:
    sql = "select {{ var('systems') }}"
    small = project({"models/m.sql": sql, "models/schema.yml": ENTRIES % form})
    assert small.compile(systems=value).parameters[0].value == tuple(value)


@pytest.mark.parametrize("days", [1, 366])
def test_the_bounds_themselves_are_allowed(project: Any, days: int) -> None:
    small = project({"models/m.sql": "select {{ var('days') }}", "models/schema.yml": BOUNDS})
    assert small.compile(days=days).parameters[0].value == days


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param(
            "select 'v{{ var(\"days\") }}'",
            "variable 'days' is inside a longer string",
            id="inside a longer text",
        ),
        pytest.param(
            'select \'{{ var("days") }}{{ var("primary") }}\'',
            "variables 'days' and 'primary' are in one string",
            id="two in one text",
        ),
        pytest.param(
            "select 1 as n{{ var('days') }}",
            "variable 'days' is attached to another word",
            id="at the end of a word",
        ),
        pytest.param(
            "select {{ var('days') }}days",
            "variable 'days' is attached to another word",
            id="at the beginning of a word",
        ),
        pytest.param(
            "select {{ var('days') + 1 }}",
            "the template calculates with var('days')",
            id="added to",
        ),
        pytest.param(
            "select {% for s in var('systems') %}'{{ s }}',{% endfor %} 1",
            "the template calculates with var('systems')",
            id="looped over",
        ),
        pytest.param(
            "select {% if var('loud') %}1{% else %}2{% endif %}",
            "the template calculates with var('loud')",
            id="asked for truth",
        ),
        pytest.param(
            "select {% if var('primary') == 'a' %}1{% endif %}",
            "the template calculates with var('primary')",
            id="compared",
        ),
        pytest.param(
            "select {{ var('systems')[0] }}",
            "the template calculates with var('systems')",
            id="indexed",
        ),
        pytest.param(
            "select {{ var('systems') | length }}",
            "the template calculates with var('systems')",
            id="measured",
        ),
        pytest.param(
            "select {{ var('systems') | join(',') }}",
            "the template calculates with var('systems')",
            id="joined",
        ),
        pytest.param(
            "select {{ var('primary').upper() }}",
            "the template calculates with var('primary')",
            id="called upon",
        ),
        pytest.param(
            "select {{ var('primary') | replace('0', '') }}",
            "a filter of the template has changed a variable",
            id="filtered",
        ),
        pytest.param("select {{ var('dais') }}", "variable 'dais' has no value", id="not declared"),
        pytest.param(
            "select {{ var('da ys', 1) }}", "'da ys' is not a valid variable name", id="misnamed"
        ),
        pytest.param(
            "select @days", "the model names the query parameter @days itself", id="written as @"
        ),
    ],
)
def test_a_variable_where_none_can_stand_is_told_with_its_line(
    project: Any, written: str, message: str
) -> None:
    with pytest.raises(MonitorError) as caught:
        project("-- a comment\n" + written).compile()
    assert caught.value.what.startswith(message)
    assert str(caught.value.file).endswith("models/m.sql")
    assert "line 2" in str(caught.value.key)
    assert caught.value.fix


@pytest.mark.parametrize("name", ["a` where 1=1 --", "a.b", "", "a b", "ä"])
def test_an_identifier_from_a_variable_is_validated(project: Any, name: str) -> None:
    with pytest.raises(VariableError, match="is not a valid identifier"):
        project("select 1 from `{{ var('table_name') }}`").compile(table_name=name)


def test_a_model_knows_all_its_variables_also_those_that_are_no_parameters(project: Any) -> None:
    model = project("select {{ var('days') }} from `{{ var('table_name') }}`").compile()
    assert model.variables == ("days", "table_name")
    assert [parameter.name for parameter in model.parameters] == ["days"]
