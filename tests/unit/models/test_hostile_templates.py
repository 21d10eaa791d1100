"""Templates that were written to hang, to fill the memory, or to read other files: each is one
error of its monitor, in seconds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.project import sandbox
from plumbline.project.jinja import Scope, render

LADDER = {
    f"models/{side}{step}.sql": "{{ config(materialized='ephemeral') }}\nselect 1 from "
    + (f"{{{{ ref('a{step + 1}') }}}}, {{{{ ref('b{step + 1}') }}}}" if step < 39 else "x")
    for step in range(40)
    for side in "ab"
}


@pytest.mark.parametrize(
    "call",
    [
        "{% include '/proc/self/environ' %}",
        "{% include '../dbt_project.yml' %}",
        "{% include 'macros/m.sql' %}",
        "{% include ['a', '/etc/passwd'] ignore missing %}",
        "{% set name = '/etc/passwd' %}{% include name %}",
        "{% import '/etc/passwd' as secrets %}",
        "{% from '/etc/passwd' import root %}",
        "{% extends '/etc/passwd' %}",
        "{% if false %}{% include 'pipe.sql' %}{% endif %}",
        "{% macro m() %}{% include '/etc/passwd' %}{% endmacro %}",
    ],
)
def test_a_template_includes_no_other_file(project: Any, call: str) -> None:
    with pytest.raises(MonitorError, match="the template includes another file") as caught:
        project(f"select 1\n{call}").compile()
    assert str(caught.value.where).endswith("models/m.sql: line 2")
    assert "write a macro" in str(caught.value.fix)


def environment(file: Path) -> None:
    file.symlink_to("/proc/self/environ")


@pytest.mark.parametrize("name", ["models/m.sql", "macros/m.sql"])
@pytest.mark.parametrize(
    ("make", "says"), [(os.mkfifo, "regular file"), (environment, "outside the project")]
)
def test_a_template_that_is_no_file_of_the_project_is_not_read(
    project: Any, name: str, make: Callable[[Path], None], says: str
) -> None:
    small = project("select 1")
    file = small.root / name
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    make(file)
    with pytest.raises(MonitorError, match=says) as caught:
        small.compile()
    assert caught.value.file == str(file)


TOO_MUCH = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "text in loops": "{% for a in range(99999) %}" + "x" * 1000 + "{% endfor %}",
    "a value in loops": "{% set x = 'x' * 9999 %}{% for a in range(99999) %}{{ x }}{% endfor %}",
    "a macro twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
    "{{ m(60) }}",
    "a recursive loop": "{% for a in [1, 1] recursive %}{% if loop.depth < 60 %}{{ loop([1, 1]) }}"
    "{% endif %}{% endfor %}",
    "a power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "a product": "{% set n = namespace(v=9) %}{% for a in range(99) %}{% set n.v = n.v * n.v %}"
    "{% endfor %}",
    "a text times": "{{ 'x' * 10 ** 12 }}",
    "times a list": "{{ 10 ** 12 * [1] }}",
    "doubled text": "{% set n = namespace(v='xx') %}{% for a in range(99) %}{% set n.v = n.v ~ n.v %}"
    "{% endfor %}",
    "joined parts": "{% set x = 'x' * 999999 %}{{ " + "~".join(["x"] * 9) + " }}",
    "nested lists": "{% set n = namespace(v=[1]) %}{% for a in range(99) %}{% set n.v = [n.v, n.v] %}"
    "{% endfor %}{{ n.v }}",
    "nested mappings": "{% set n = namespace(v=1) %}{% for a in range(99) %}"
    "{% set n.v = {'a': n.v, 'b': n.v} %}{% endfor %}{{ n.v | tojson }}",
    "nested tuples": "{% set n = namespace(v=1) %}{% for a in range(99) %}{% set n.v = (n.v, n.v) %}"
    "{% endfor %}{{ n.v == n.v }}",
    "replace": "{% set x = 'x' * 999999 %}{{ x | replace('x', x) }}",
    "replace by name": "{% set x = 'x' * 999999 %}{{ x | replace(old='x', new=x) }}",
    "the method replace": "{% set x = 'x' * 999999 %}{{ x.replace('x', x) }}",
    "replace in a map": "{% set x = 'x' * 999999 %}{{ [x] | map('replace', 'x', x) | list }}",
    "join": "{{ range(99999) | join('x' * 999999) }}",
    "join of a generator": "{{ range(99999) | map('string') | join('x' * 999999) }}",
    "the method join": "{{ ('x' * 999999).join(['x'] * 999999) }}",
    "center": "{{ 'x' | center(10 ** 12) }}",
    "the method center": "{{ 'x'.center(10 ** 12) }}",
    "zfill": "{{ 'x'.zfill(10 ** 12) }}",
    "indent": "{{ ('x\\n' * 99999) | indent(99999) }}",
    "batch": "{{ [1] | batch(10 ** 12, 'x') | list }}",
    "slice": "{{ [1] | slice(10 ** 12) | list }}",
    "format": "{{ '%1000000000000d' | format(1) }}",
    "format of a value": "{{ '%*d' | format(10 ** 12, 1) }}",
    "the method format": "{{ '{:1000000000000}'.format(1) }}",
    "the method format of a value": "{{ '{:{}}'.format(1, 10 ** 12) }}",
    "the operator of format": "{{ '%1000000000000d' % 1 }}",
    "a text in many places": "{{ ('%(a)s' * 9999) % {'a': 'x' * 999999} }}",
    "wide places": "{{ ('%9999d' * 9999) % ((1,) * 9999) }}",
    "the method format of a text in many places": "{{ ('{0}' * 9999).format('x' * 999999) }}",
    "the method format of wide places": "{{ ('{0:9999}' * 9999).format(1) }}",
    "the filter format of a text in many places": "{{ ('%(a)s' * 9999) | format(a='x' * 999999) }}",
    "the method center of Markup": "{{ ('x' | safe).center(10 ** 12) }}",
    "the method replace of Markup": "{{ (('x' * 999999) | safe).replace('x', 'y' * 9999) }}",
    "nested namespaces": "{% set n = namespace(v=1) %}{% for a in range(99) %}"
    "{% set n.v = namespace(a=n.v, b=n.v) %}{% endfor %}{{ n }}",
    "nested items": "{% set n = namespace(v={}) %}{% for a in range(99) %}"
    "{% set n.v = {'a': n.v.items(), 'b': n.v.items()} %}{% endfor %}{{ n.v }}",
    "a chain of generators": "{% set n = namespace(v=[1]) %}{% for a in range(99999) %}"
    "{% set n.v = n.v | map('string') %}{% endfor %}",
    "tojson": "{{ range(9999) | list | tojson(indent=99999) }}",
    "round": "{{ 5 | round(-(10 ** 12)) }}",
    "sum": "{{ ([[1] * 999] * 99) | sum(start=[]) }}",
    "a large number of a base": "{{ ('f' * 999999) | int(base=16) }}",
    "lipsum": "{{ lipsum(n=10 ** 12) }}",
    "encode": "{{ 'x'.encode() }}",
    "to_bytes": "{{ (1).to_bytes(10 ** 12, 'big') }}",
    "expandtabs": "{{ '\\t'.expandtabs(10 ** 12) }}",
    "a macro without end": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a number of many digits": "{{ " + "9" * 4301 + " }}",
    "blocks": "{% for a in range(99999) %}" * 25 + "{% endfor %}" * 25,
    "brackets": "{{ " + "(" * 9999 + ")" * 9999 + " }}",
}


@pytest.mark.parametrize("template", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_template_that_takes_or_makes_too_much_is_an_error(
    project: Any, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    monkeypatch.setattr(sandbox, "MOST_STEPS", 50_000)  # in less time
    with pytest.raises(MonitorError) as caught:
        project("select 1\n" + template).compile()
    assert "models/m.sql" in str(caught.value.where)
    assert caught.value.fix
    with pytest.raises(MonitorError):
        render("a" + template, Scope({}, "dbt_project.yml"), file="models/schema.yml", key="name")


def test_a_template_is_no_longer_than_a_query(project: Any) -> None:
    with pytest.raises(MonitorError, match="the maximum of a query"):
        project("select 1" + " " * 1024**2).compile()


def test_the_processors_time_is_bounded(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MOST_SECONDS", 0.0)
    with pytest.raises(MonitorError, match="takes more than 0 seconds"):
        project("select {% for a in range(999) %}{{ a }}{% endfor %}").compile()


def test_models_that_refer_to_one_another_in_a_ladder_are_each_inlined_once(project: Any) -> None:
    sql = project({**LADDER, "models/m.sql": "select 1 from {{ ref('a0') }}"}).compile().sql
    assert sql.count("__dbt__cte__a39 as (") == 1


def test_all_that_is_inlined_is_no_longer_than_a_query(project: Any) -> None:
    pieces = {
        f"models/p{n}.sql": f"{{{{ config(materialized='ephemeral') }}}}\nselect '{'x' * 600_000}'"
        for n in range(2)
    }
    with pytest.raises(MonitorError, match="the maximum of a query"):
        project({**pieces, "models/m.sql": "select {{ ref('p0') }}, {{ ref('p1') }}"}).compile()


@pytest.mark.parametrize(
    ("template", "sql"),
    [
        ("select {{ ['a', 'b'] | map('upper') | join(', ') }}", "select A, B"),
        (
            "select {% for x in [1, 2] %}{{ x }}{{ ', ' if not loop.last }}{% endfor %}",
            "select 1, 2",
        ),
        ("select {% for k, v in {'a': 1}.items() %}{{ k ~ v }}{% endfor %}", "select a1"),
        ("select {{ 5000000 }}, {{ none | default(5000000) }}", "select 5000000, None"),
        ("select {{ 2 ** 10 }}, {{ '-' * 3 }}", "select 1024, ---"),
        ("select {{ '%05.2f' | format(1.5) }}, {{ '{:>4}'.format(7) }}", "select 01.50,    7"),
        ("select {{ '%s >= 20260101 and %s' % ('a', 'b') }}", "select a >= 20260101 and b"),
        ("select {{ 'yes' if ['a'] | select('none') }}", "select yes"),
        ("select {{ loopless if false else 'x' | replace('x', 'y') | indent(4) }}", "select y"),
        ("select {% for i in range(3) if i %}{{ i }}{% endfor %}", "select 12"),
        ("{% set x %}a{% endset %}select {% filter upper %}{{ x }}{% endfilter %}", "select A"),
        (
            "{% macro m() %}<{{ caller() }}>{% endmacro %}select {% call m() %}a{% endcall %}",
            "select <a>",
        ),
    ],
)
def test_ordinary_jinja_is_as_ever(project: Any, template: str, sql: str) -> None:
    assert project(template).compile().sql == sql
