"""From rendered text to SQL that BigQuery takes: markers become ``@parameters``.

Works on tokens, so that a variable in quotes becomes one parameter, one in backticks an
identifier, and one inside a longer text an error instead of a surprise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from plumbline.core.errors import MonitorError
from plumbline.core.parameter import Scalar
from plumbline.models.references import CLOSE, MARKER, OPEN, Place
from plumbline.models.tokens import Token, tokenize
from plumbline.models.variables import VariableError

_IDENTIFIER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,1023}")


@dataclass(frozen=True)
class Use:
    """One call of ``var()`` in a template."""

    name: str
    value: Scalar | tuple[Scalar, ...]
    place: Place


@dataclass(frozen=True)
class BoundSql:
    """One SELECT without markers; in pipe syntax it begins with FROM."""

    text: str
    names: tuple[str, ...]
    """The parameters that the text names, in order."""
    with_end: int | None
    """Where CTEs can be inserted: the position after a leading ``with``, if there is one."""
    functions: str = ""
    """``create temp function ...;``, as often as there are: they stand before all else."""


def bind(rendered: str, uses: Callable[[int], Use], *, file: str) -> BoundSql:
    """``rendered`` with each marker replaced by the parameter it stands for.

    Raises:
        MonitorError: not exactly one SELECT, an open quote, or a variable where none can stand.
    """
    functions, tokens = _split(list(tokenize(rendered)), file)
    _no_glue([*functions, *tokens], uses)
    names: dict[str, None] = {}

    def bound(some: list[Token]) -> list[str]:
        return [
            _bound(token, uses, names, file)
            if OPEN in token.text or CLOSE in token.text
            else token.text
            for token in some
        ]

    parts = bound(tokens)
    return BoundSql(
        "".join(parts), tuple(names), _with_end(tokens, parts), "".join(bound(functions))
    )


def _bound(token: Token, uses: Callable[[int], Use], names: dict[str, None], file: str) -> str:
    text = token.text
    found = [uses(int(index)) for index in MARKER.findall(text)]
    if MARKER.sub("", text).strip(OPEN + CLOSE) != MARKER.sub("", text) or not found:
        _at(
            token,
            file,
            "a filter of the template has changed a variable",
            "write {{ var('...') }} alone, and calculate in SQL",
        )
    use = found[0]
    if token.kind == "comment":
        return MARKER.sub(lambda match: uses(int(match.group(1))).name, text)
    if token.kind == "quoted":
        return MARKER.sub(lambda match: _identifier(uses(int(match.group(1)))), text)
    if token.kind == "string" and MARKER.sub("", text).strip("'\""):
        _refuse(
            f"variable {use.name!r} is inside a longer string",
            use.place,
            f"use concat('...', '{{{{ var(\"{use.name}\") }}}}')",
        )
    if len(found) > 1:
        _refuse(
            f"variables {use.name!r} and {found[1].name!r} are in one string",
            use.place,
            "use concat() of the two",
        )
    names[use.name] = None
    return f"@{use.name}"


def _identifier(use: Use) -> str:
    if isinstance(use.value, str) and _IDENTIFIER.fullmatch(use.value):
        return use.value
    raise VariableError(
        f"variable {use.name!r} is in backticks, but {use.value!r} is not a valid identifier",
        var=use.name,
        file=use.place.file,
        key=use.place.key,
        fix="give it a name of letters, digits, _ and -",
    )


def _split(tokens: list[Token], file: str) -> tuple[list[Token], list[Token]]:
    """Temporary functions, and the one SELECT that they are for."""
    end = start = 0
    for index, token in enumerate(tokens):
        if token.text == ";" and _is_function(tokens[start:index]):
            end = start = index + 1
    functions = tokens[:end]
    while functions and functions[0].kind == "space":
        del functions[0]
    for token in functions:
        if token.kind != "comment" and (OPEN in token.text or CLOSE in token.text):
            _at(
                token,
                file,
                "a variable is in a temporary function, where BigQuery doesn't allow query "
                "parameters",
                "pass it to the function as an argument",
            )
    return functions, _one_select(tokens[end:], file)


def _is_function(tokens: list[Token]) -> bool:
    words = [token.text.lower() for token in tokens if token.is_code][:5]
    if words[:3] == ["create", "or", "replace"]:
        words[1:3] = []
    return words[:3] in (["create", "temp", "function"], ["create", "temporary", "function"])


def _one_select(tokens: list[Token], file: str) -> list[Token]:
    """``tokens`` without blanks around and without a last semicolon."""
    code = [index for index, token in enumerate(tokens) if token.is_code]
    if code and tokens[code[-1]].text == ";":
        del tokens[code[-1] :]
        code.pop()
    if not code:
        raise MonitorError("the model is empty", file=file, fix="write one SELECT")
    for before, token in pairwise([Token("space", "", 1), *(tokens[index] for index in code)]):
        if token.kind == "unclosed":
            _at(token, file, f"{token.opening} is opened and never closed", "close it")
        if token.text == ";":
            _at(token, file, "the model holds more than one statement", "write one SELECT")
        if before.text == "@" and token.kind in ("word", "marker", "quoted"):
            _at(
                token,
                file,
                f"the model names the query parameter @{token.text} itself",
                f"write {{{{ var('{token.text}') }}}}",
            )
    first = next((tokens[index] for index in code if tokens[index].text != "("), tokens[code[0]])
    if first.text.lower() not in ("select", "with", "from"):
        _at(first, file, f"the model begins with {first.text!r}", "write one SELECT")
    while tokens and tokens[0].kind == "space":
        del tokens[0]
    while tokens and tokens[-1].kind == "space":
        del tokens[-1]
    return tokens


def _no_glue(tokens: list[Token], uses: Callable[[int], Use]) -> None:
    """A marker that touches a word would change the word: ``stg_{{ var('x') }}``."""
    solid = ("word", "number", "marker", "quoted")
    for left, right in pairwise(tokens):
        if "marker" in (left.kind, right.kind) and left.kind in solid and right.kind in solid:
            marker = left if left.kind == "marker" else right
            use = uses(int(marker.text[1:-1]))
            _refuse(
                f"variable {use.name!r} is attached to another word",
                use.place,
                "put a space between them, or the whole name in backticks",
            )


def _with_end(tokens: list[Token], parts: list[str]) -> int | None:
    code = [index for index, token in enumerate(tokens) if token.is_code]
    words = [tokens[index].text.lower() for index in code[:2]]
    if words[0] != "with":
        return None
    last = code[1] if words[1:] == ["recursive"] else code[0]
    return sum(len(part) for part in parts[: last + 1])


def _at(token: Token, file: str, what: str, fix: str) -> NoReturn:
    raise MonitorError(what, file=file, key=f"line {token.line} of the rendered SQL", fix=fix)


def _refuse(what: str, place: Place, fix: str) -> NoReturn:
    raise MonitorError(what, file=place.file, key=place.key, fix=fix)
