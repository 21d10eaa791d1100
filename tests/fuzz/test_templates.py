"""Jinja put together at random from all that could make much from little: it ends, with an error
or a text, before it fills the memory."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from fuzz.conftest import CANARY, Fuzz
from plumbline.core.errors import MonitorError
from plumbline.models.templates import LONGEST_SQL
from plumbline.project.jinja import Scope, render

MOST_MEMORY = 1_500_000_000
"""Bytes that the process may have grown by."""

NUMBERS = st.sampled_from(["0", "1", "3", "-1", "99", "99999", "10 ** 9", "10 ** 30", "1.5"])
TEXTS = st.sampled_from(["'x'", "'ab\\n\\t '", "'%5d'", "'%*d'", "'{:9}'", "'{0!r:>{1}}'", "'é'"])
ATOMS = (
    NUMBERS
    | TEXTS
    | st.sampled_from(
        [
            "[1]",
            "['x', 'y']",
            "{'a': 1}",
            "range(99999)",
            "n.v",
            "i",
            "none",
            "true",
            "(1, 2)",
            "target",
        ]
    )
)
FILTERS = st.sampled_from(
    ["abs", "attr", "batch", "capitalize", "center", "count", "default", "dictsort", "e",
     "escape", "filesizeformat", "first", "float", "format", "groupby", "indent", "int",
     "items", "join", "last", "length", "list", "lower", "map", "max", "min", "pprint",
     "random", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select",
     "selectattr", "slice", "sort", "string", "sum", "title", "tojson", "trim", "truncate",
     "unique", "upper", "urlencode", "wordcount", "as_text", "as_native", "as_number"]
)  # fmt: skip
METHODS = st.sampled_from(
    ["center", "count", "endswith", "expandtabs", "find", "format", "join", "ljust", "lower",
     "partition", "replace", "rjust", "rsplit", "split", "splitlines", "strip", "swapcase",
     "title", "translate", "upper", "zfill", "items", "keys", "values", "get", "copy",
     "index", "fromkeys", "bit_length", "to_bytes", "as_integer_ratio", "hex", "encode",
     "__class__", "format_map"]
)  # fmt: skip
OPERATORS = st.sampled_from(
    ["+", "-", "*", "**", "/", "//", "%", "~", "==", "<", "in", "and", "is"]
)


@st.composite
def expressions(draw: Callable[..., str], inner: st.SearchStrategy[str]) -> str:
    """An expression of smaller ones."""
    arguments = ", ".join(draw(st.lists(inner, max_size=3)))
    match draw(st.sampled_from(["operator", "filter", "method", "list", "mapping", "slice", "if"])):
        case "operator":
            return f"({draw(inner)} {draw(OPERATORS)} {draw(inner)})"
        case "filter":
            return f"({draw(inner)} | {draw(FILTERS)}({arguments}))"
        case "method":
            return f"({draw(inner)}).{draw(METHODS)}({arguments})"
        case "list":
            return f"[{arguments}]"
        case "mapping":
            return f"{{'a': {draw(inner)}, 'b': {draw(inner)}}}"
        case "slice":
            return f"({draw(inner)})[{draw(NUMBERS)}:{draw(NUMBERS)}]"
        case _:
            return f"({draw(inner)} if {draw(inner)} else {draw(inner)})"


EXPRESSIONS = st.recursive(ATOMS, expressions, max_leaves=8)


@st.composite
def statements(draw: Callable[..., str], inner: st.SearchStrategy[str]) -> str:
    """A block with smaller ones in it."""
    expression, body = draw(EXPRESSIONS), draw(inner)
    return draw(
        st.sampled_from(
            [
                f"{{% for i in {expression} %}}{body}{{% endfor %}}",
                f"{{% for i in range(99) %}}{{% set n.v = {expression} %}}{{% endfor %}}{body}",
                f"{{% for i in [1, 2] recursive %}}{{{{ loop({expression}) }}}}{body}{{% endfor %}}",
                f"{{% macro m(i) %}}{body}{{{{ m({expression}) }}}}{{% endmacro %}}{{{{ m(1) }}}}",
                f"{{% set i %}}{body}{{% endset %}}{{{{ {expression} }}}}",
                f"{{% filter {draw(FILTERS)} %}}{body}{{% endfilter %}}",
                f"{{% if {expression} %}}{body}{{% else %}}{body}{body}{{% endif %}}",
            ]
        )
    )


TEMPLATES = st.recursive(
    EXPRESSIONS.map(lambda one: f"x{{{{ {one} }}}}"), statements, max_leaves=4
).map(lambda body: f"{{% set n = namespace(v='x') %}}{{% set i = 1 %}}{body}")
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")
SCOPE = Scope({}, "dbt_project.yml", target={"name": "local"}, environment={"TOKEN": CANARY})


def check(template: str) -> None:
    """Render it, or be told why not."""
    try:
        text = str(render(template, SCOPE, file="models/m.yml", key="name").value)
    except MonitorError as fault:
        text = str(fault)
    assert CANARY not in text
    assert len(text) < 20 * LONGEST_SQL


def test_a_template_ends(fuzz: Fuzz) -> None:
    before = memory()
    fuzz(check, TEMPLATES)
    assert memory() - before < MOST_MEMORY


def memory() -> int:
    """The most bytes that this process has had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
