"""Texts like those that a project has, with something hostile in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

from unit.lint.test_never_raises import paths, put

HOSTILE = (
    *(
        "null",
        "true",
        "-1",
        "0",
        "1e400",
        "9" * 150,
        "-0.0",
        "0x" + "f" * 200,
        ".inf",
        ".nan",
        "NaN",
    ),
    *("[]", "{}", '""', "''", "[[]]", "{{}}", "[" * 120, "{" * 120, '{"a":' * 60, "- " * 120),
    *("&a", "*a", "&a [*a]", "<<: *a", "? [1]\n: 2", "!!binary x", "!!python/object:os.system {}"),
    *(
        "!!set {a}",
        "!!timestamp 1",
        "2026-02-30",
        "0000-00-00",
        "1:1:1",
        "--- \n",
        "...\n",
        "%YAML 9",
    ),
    *("\x00", "\x1b[2J", "\u202e", "\ud800", "\ufeff", "\ue000", "\r", "\t", "\x85", "\u2028"),
    *("/proc/self/environ", "../../../etc/passwd", "file:///etc/passwd", "a\x00b", "x" * 5000),
    *("{{ 9 ** 9 ** 9 }}", "{% include '/proc/self/environ' %}", "{{ env_var('GITHUB_TOKEN') }}"),
    *("{{ env_var('DB_PASSWORD') }}", "{{ range(99999) | join('x' * 99999) }}", "{% raw %}", "{#"),
    *("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "{{ var("),
    *(
        "{{ self }}",
        "{{ ref('a') }}",
        "{{ var('days') ~ 1 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}",
    ),
    *("select 1;", "/*", "--", "`", "'", '"""', "@a", "__dbt__cte__a", "(" * 200, "case " * 50),
    *("$PARAMETER", "%(a)s", "(a+)+$", "0 0 31 2 *", "* * * * * *", "*/0 * * * *", "P9999Y", "-5h"),
)
_WORD = re.compile(r"[\w.$-]+|\s+|[^\w\s]")


@st.composite
def mutated(draw: Callable[..., str], seeds: Sequence[str]) -> str:
    """One of ``seeds`` with up to five changes, each of a word, a line, or a few characters."""
    text = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 5))):
        parts = text.splitlines(keepends=True) if draw(st.booleans()) else _WORD.findall(text)
        if not parts:
            return text
        place = draw(st.integers(0, len(parts) - 1))
        match draw(st.sampled_from(["replace", "insert", "delete", "repeat", "move", "text"])):
            case "replace":
                parts[place] = draw(st.sampled_from(HOSTILE))
            case "insert":
                parts.insert(place, draw(st.sampled_from(HOSTILE)))
            case "delete":
                del parts[place : place + draw(st.integers(1, 5))]
            case "repeat":
                parts[place] *= draw(st.sampled_from([2, 3, 200]))
            case "move":
                other = draw(st.integers(0, len(parts) - 1))
                parts[place], parts[other] = parts[other], parts[place]
            case "text":
                parts[place] = draw(st.text(max_size=6))
        text = "".join(parts)
    return text


_VALUES = st.sampled_from(
    (
        *(None, True, False, -1, 0, 1, 2**63, 10**99, -(10**99), 1.5, float("inf"), float("nan")),
        *(
            [],
            {},
            "",
            [[]],
            [None],
            {"": None},
            {"a": {"b": []}},
            [1, "a", None],
            {"$PARAMETER": "a"},
        ),
        *(text for text in HOSTILE if text.isprintable()),
    )
)


@st.composite
def restructured(draw: Callable[..., Any], text: str, ending: str) -> str:
    """``text`` with up to three of its values replaced, and still JSON or YAML."""
    value = json.loads(text) if ending == ".json" else yaml.safe_load(text)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(paths(value)))
        value = put(value, place, draw(_VALUES))
    if ending == ".json":
        return json.dumps(value)
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
