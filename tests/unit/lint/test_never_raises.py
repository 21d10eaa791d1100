"""Whatever stands in a file, lint answers with findings: it never raises, and never says nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbline.lint.rule import Finding
from support.lint_project import FILES, LintedProject, make_linted
from unit.lint.test_rules import CHECKPOINT, DBT, GX, MODEL, SCHEDULE, SCHEMA, SOURCES, SUITE

relaxed = settings(
    deadline=None,
    max_examples=settings().max_examples // 10,  # tests/fuzz/test_files.py tries many more
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

WORDS = sorted(
    {word.strip('",:{}[]') for text in FILES.values() for word in text.split()}
    | {"$schema", "$PARAMETER", "overrides", "min_value", "max_value", "strict_min", "vars"}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=25,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value."""
    found = [path]
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, entry in inner:
        found += paths(entry, (*path, key))
    return found


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """``value`` with something else in one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = put(copy[path[0]], path[1:], new)
    return copy


@st.composite
def spoiled(draw: Callable[..., Any], value: Any) -> Any:
    """A right file with something wrong in up to three places."""
    for _ in range(draw(st.integers(1, 3))):
        value = put(value, draw(st.sampled_from(paths(value))), draw(JSON))
    return value


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> LintedProject:
    return make_linted(tmp_path_factory.mktemp("never_raises"))


def findings_with(project: LintedProject, name: str, text: str) -> tuple[Finding, ...]:
    """What lint finds with another text in a file, which is put back."""
    file, before = project.root / name, project.read(name)
    try:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        return project.lint().findings
    finally:
        file.write_text(before, encoding="utf-8")


def assert_places_are_real(project: LintedProject, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        assert finding.place.file.is_relative_to(project.root)
        assert finding.place.line >= 1
        assert finding.what
        assert finding.fix


@pytest.mark.parametrize("name", [SUITE, CHECKPOINT])
@given(data=st.data())
@relaxed
def test_any_json(project: LintedProject, name: str, data: st.DataObject) -> None:
    right = json.loads(project.read(name))
    value = data.draw(spoiled(right) | JSON)
    assert_places_are_real(project, findings_with(project, name, json.dumps(value)))


@pytest.mark.parametrize("name", [GX, DBT, SCHEDULE, SCHEMA, SOURCES])
@given(data=st.data())
@relaxed
def test_any_yaml(project: LintedProject, name: str, data: st.DataObject) -> None:
    right = yaml.load(project.read(name), yaml.CSafeLoader)
    value = data.draw(spoiled(right) | JSON)
    text = yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
    assert_places_are_real(project, findings_with(project, name, text))


@pytest.mark.parametrize("name", [SUITE, CHECKPOINT, SCHEDULE, SCHEMA, GX])
@given(text=st.text() | st.text("{}[]:,\"'\n -&*!|>%@`#ab1", max_size=60))
@relaxed
def test_any_text(project: LintedProject, name: str, text: str) -> None:
    assert_places_are_real(project, findings_with(project, name, text))


@given(
    pieces=st.lists(
        st.sampled_from(
            [
                "select",
                "from",
                "(",
                ")",
                "*",
                "{{",
                "}}",
                "{%",
                "%}",
                "ref('lag')",
                "var('days')",
                "with a as",
                "union all",
                "'",
                "`",
                ";",
                "--",
                "/*",
                "unnest(x)",
                "as_of",
                ",",
                "source('nba','games')",
                "if",
                "endif",
                "macro m()",
                "endmacro",
                "set x =",
                "1",
                "@a",
            ]
        )
        | st.text(max_size=4),
        max_size=14,
    )
)
@relaxed
def test_any_template(project: LintedProject, pieces: list[str]) -> None:
    assert_places_are_real(project, findings_with(project, MODEL, " ".join(pieces)))


DEEP = 100_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (SUITE, '{"a":' * DEEP),
        (SUITE, '{"name": "coverage", "expectations": ' + "[" * 900 + "]" * 900 + "}"),
        (SUITE, '{"name": ' + "9" * 5000 + "}"),
        (SUITE, '{"name": "\\ud800", "meta": {"monitor": {"runbook": "\\u0000"}}}'),
        (SUITE, "\ufeff{}"),
        (SUITE, ""),
        (SCHEMA, "[" * DEEP),
        (SCHEMA, "- " * DEEP),
        (SCHEMA, "a: &a [*a]\nmodels: *a\n"),
        (SCHEMA, "models: &m\n  - {name: lag, columns: *m}\n"),
        (SCHEMA, "{? [1, 2] : 3}"),
        (SCHEMA, "a: !!python/object:os.system {}"),
        (SCHEMA, "a: 2026-99-99"),
        (DBT, "vars: {days: .inf, timezone: ../../etc/passwd}"),
        (DBT, "model-paths: ['../../..']"),
        (GX, "plugins_directory: 7\nfluent_datasources: {x: {type: bigquery_models, targets: []}}"),
        (MODEL, "{{ " + "(" * 500 + ")" * 500 + " }}"),
        (MODEL, "select " + "(" * 5000 + "1" + ")" * 5000),
        (MODEL, "{% for i in range(3) %}select {{ i }};{% endfor %}"),
    ],
    ids=range(19),
)
def test_what_breaks_readers_is_a_finding(project: LintedProject, name: str, text: str) -> None:
    findings = findings_with(project, name, text)
    assert any(finding.severity == "error" for finding in findings)
    assert_places_are_real(project, findings)


def test_a_runbook_of_an_impossible_name_is_missing(project: LintedProject) -> None:
    text = project.read(SUITE).replace("docs/runbooks/coverage.md", "x" * 5000)
    codes = [finding.rule.code for finding in findings_with(project, SUITE, text)]
    assert codes == ["monitor-runbook-missing"]


def test_a_folder_that_ends_in_json_is_a_finding(tmp_path: Path) -> None:
    linted = make_linted(tmp_path)
    (linted.root / "expectations" / "folder.json").mkdir()
    assert "file-unreadable" in linted.codes()


def chained(select: str) -> str:
    """Forty CTEs, each of which stands on the one before."""
    ctes = ["a0 as (select as_of, 1 as coverage_pct from {{ ref('evaluations') }})"]
    ctes += [f"a{n + 1} as ({select.format(n=n)})" for n in range(40)]
    return f"with {', '.join(ctes)} select * from a40"


@pytest.mark.parametrize(
    "sql",
    [
        "select as_of, " + "struct(" * 40 + "1" + ")" * 40 + " as coverage_pct from evaluations",
        chained("select *, a{n}.* from a{n}"),
        chained("select x.*, y.* from a{n} as x cross join a{n} as y"),
        chained("select * from a{n} union all select * from a{n}"),
        "select 1 as x0, " + ", ".join(f"x{n} + x{n} as x{n + 1}" for n in range(40)),
        "select 1 " + "/* " * 200_000,
        "select 1 '''" + "\\'''" * 100_000,
    ],
    ids=["struct", "stars", "joined stars", "unions", "aliases", "comments", "quotes"],
)
def test_sql_that_doubles_with_each_line_is_linted_in_moments(
    project: LintedProject, sql: str
) -> None:
    assert_places_are_real(project, findings_with(project, MODEL, sql))
