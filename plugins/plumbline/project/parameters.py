"""Suite parameters: ``{"$PARAMETER": "least * 2"}`` where an argument's value would stand.

As Great Expectations documents them: a name, or arithmetic over names, numbers, ``now()``,
``datetime(...)`` and ``timedelta(...)``. A name alone is looked up here, so that light commands
stay light; arithmetic is evaluated by GX, which is imported for it.

Used by suites (`plumbline.project.suites`) and by lint.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, TypeAlias, TypeGuard

KEY = "$PARAMETER"

Path: TypeAlias = tuple[str | int, ...]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_$]*")
# A word that is not a function, a keyword argument, or part of a number such as 1e5.
_READ = re.compile(r"(?<![\w.$])[A-Za-z][A-Za-z0-9_$]*+(?!\s*[(=])")
_CONSTANTS = frozenset({"e", "pi"})
_NOW = re.compile(r"\bnow\s*\(\s*\)")

_EVALUATING = threading.Lock()
"""GX's evaluator keeps its stack in a global."""


class ParameterError(ValueError):
    """A parameter that has no value.

    Args:
        missing: the name that has no value, where that is what is wrong.
    """

    def __init__(self, what: str, *, missing: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.missing = missing

    def fix(self, values: Mapping[str, object]) -> str:
        """What to do, where the parameters with a value are ``values``."""
        if self.missing is None:
            return "write a parameter's name, or arithmetic over names and numbers"
        near = get_close_matches(self.missing, list(values), n=1)
        return (f"did you mean {near[0]!r}? Else " if near else "") + (
            f"give it a value under suite_parameters, or with --param {self.missing}=VALUE"
        )


def is_parameter(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether ``value`` is ``{"$PARAMETER": ...}``."""
    return isinstance(value, Mapping) and KEY in value


def parameters_in(value: object, at: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each parameter in ``value``, with its path below ``at``."""
    if isinstance(value, Mapping):
        if KEY in value:
            yield at, value
            return
        for key, inner in value.items():
            yield from parameters_in(inner, (*at, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from parameters_in(inner, (*at, index))


def has_parameter(value: object) -> bool:
    """Whether ``value`` is a parameter, or holds one."""
    return any(True for _ in parameters_in(value))


def names_read(parameter: Mapping[str, Any]) -> frozenset[str]:
    """The names whose values ``parameter`` needs."""
    expression = parameter.get(KEY)
    if not isinstance(expression, str) or _inline(parameter) in parameter:
        return frozenset()
    if _NAME.fullmatch(expression.strip()):
        return frozenset({expression.strip()})
    found = frozenset(_READ.findall(expression))
    return frozenset(name for name in found if name.lower() not in _CONSTANTS)


def filled_in(value: Any, values: Mapping[str, object], now: datetime | None = None) -> Any:
    """``value`` with its parameters replaced by their values; one that has none stays.

    Args:
        value: the arguments of an expectation, or a part of them.
        values: by name.
        now: what ``now()`` is; None: not known.
    """
    if is_parameter(value):
        try:
            return evaluate(value, values, now)
        except ParameterError:
            return value
    if isinstance(value, Mapping):
        return {key: filled_in(inner, values, now) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled_in(inner, values, now) for inner in value]
    return value


def evaluate(
    parameter: Mapping[str, Any], values: Mapping[str, object], now: datetime | None = None
) -> object:
    """The value of ``parameter``.

    ``now()`` is the instant that is judged, as a date and time in UTC: BigQuery's
    ``CURRENT_DATETIME()``, and the same for a run of the past as it was then.

    Args:
        parameter: ``{"$PARAMETER": expression}``.
        values: by name.
        now: what ``now()`` is, aware; None: not known.

    Raises:
        ParameterError: a name without a value, or an expression that can't be evaluated.
    """
    expression = parameter.get(KEY)
    if not isinstance(expression, str) or not expression.strip():
        raise ParameterError(f"{expression!r} is not the name of a parameter")
    expression = expression.strip()
    inline = _inline(parameter)
    if inline in parameter:
        return parameter[inline]
    if _NAME.fullmatch(expression) and expression in values:
        return values[expression]
    for name in sorted(names_read(parameter)):
        if name not in values:
            raise ParameterError(f"parameter {name!r} has no value", missing=name)
    if _NOW.search(expression):
        if now is None:
            raise ParameterError(f"{expression!r} has a value only in a run")
        expression = _NOW.sub(_as_call(now), expression)
    return _arithmetic(expression, values)


def expression_of(parameter: Mapping[str, Any]) -> str:
    """A parameter without a value as it is shown: ``$least``, ``$(least * 2)``."""
    expression = str(parameter.get(KEY)).strip()
    return f"${expression}" if _NAME.fullmatch(expression) else f"$({expression})"


def _inline(parameter: Mapping[str, Any]) -> str:
    """The key beside the expression under which GX finds a value for it."""
    return f"{KEY}.{parameter.get(KEY)}"


def _as_call(now: datetime) -> str:
    at = now.astimezone(UTC)
    parts = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)
    return f"datetime({', '.join(map(str, parts))})"


def _arithmetic(expression: str, values: Mapping[str, object]) -> object:
    from great_expectations.core.suite_parameters import parse_suite_parameter
    from great_expectations.exceptions.exceptions import SuiteParameterError

    try:
        with _EVALUATING:
            found: object = parse_suite_parameter(expression, dict(values))
    except SuiteParameterError as fault:
        said = str(fault)
        why = "its syntax is wrong"
        if not said.startswith(("Parse Failure", "No value")):
            why = said.partition(": ")[2] or said
        raise ParameterError(f"{expression!r} can't be evaluated: {why}") from None
    except Exception as fault:  # noqa: BLE001 - pyparsing raises of its own what GX does not catch
        why = " ".join(str(fault).split())
        raise ParameterError(f"{expression!r} can't be evaluated: {why}") from None
    return found
