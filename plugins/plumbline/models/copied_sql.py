"""A compiled model with the values of its parameters: pasted into BigQuery's console, it runs.

The console takes no query parameters, and a DECLARE of a parameter's name would give way to a
column of that name, so each value is written where its parameter stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from plumbline.core.parameter import Parameter
from plumbline.core.sql_literals import literal
from plumbline.models.compiled import CompiledModel
from plumbline.models.tokens import tokenize


def with_values(compiled: CompiledModel, *, withheld: Collection[str] = ()) -> str:
    """The SQL of all its statements, with literals in place of parameters.

    Args:
        withheld: parameters whose values must not be shown. They stay ``@name``, so that the SQL
            fails where they are not put in; a comment says so.
    """
    statements = [
        literals_in(one.sql, [each for each in one.parameters if each.name not in withheld])
        for one in compiled.statements
    ]
    names = {each.name for one in compiled.statements for each in one.parameters}
    notes = [
        f"-- @{name} is not shown, because it may hold values of a personal column: replace it.\n"
        for name in sorted(names.intersection(withheld))
    ]
    return "".join(notes) + ";\n\n".join(statements)


def literals_in(sql: str, parameters: Collection[Parameter]) -> str:
    """``sql`` with literals in place of ``parameters``."""
    return "".join(_replaced(sql, {one.name: one for one in parameters}))


def _replaced(sql: str, parameters: dict[str, Parameter]) -> Iterator[str]:
    tokens = list(tokenize(sql))
    at = 0
    while at < len(tokens):
        token = tokens[at]
        name = tokens[at + 1] if token.text == "@" and at + 1 < len(tokens) else None
        is_system = at > 0 and tokens[at - 1].text == "@"  # @@time_zone
        if name is not None and name.kind == "word" and name.text in parameters and not is_system:
            found = parameters[name.text]
            yield literal(found.type, found.value)
            at += 2
            continue
        yield token.text
        at += 1
