"""Values of variables: their types as query parameters, and the bounds that a model sets them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from plumbline.core.errors import MonitorError
from plumbline.core.parameter import Parameter, Scalar
from plumbline.models.value_forms import FORMS, Form

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class VariableError(MonitorError):
    """A variable has a value that it can't have; ``var`` is its name.

    The command line makes it a usage error where the value came from ``--var``.
    """

    def __init__(
        self, what: str, *, var: str, file: str | None, key: str | None = None, fix: str
    ) -> None:
        super().__init__(what, file=file, key=key or f"vars.{var}", fix=fix)
        self.var = var


def parameter(name: str, value: object, *, file: str | None, key: str | None = None) -> Parameter:
    """``value`` as a typed query parameter.

    Raises:
        VariableError: a value for which there is no one type.
    """

    def refuse(what: str, fix: str) -> NoReturn:
        raise VariableError(f"variable {name!r} {what}", var=name, file=file, key=key, fix=fix)

    if isinstance(value, list | tuple):
        types = {_scalar_type(item) for item in value}
        if None in types:
            refuse("holds a list of lists, mappings or nulls", "write a flat list of one type")
        if types == {"INT64", "FLOAT64"}:
            return Parameter(name, "ARRAY<FLOAT64>", tuple(float(item) for item in value))
        if len(types) > 1:
            kinds = " and ".join(sorted(kind for kind in types if kind))
            refuse(f"mixes {kinds} in one list", "write a list of one type")
        element = types.pop() if types else "STRING"
        return Parameter(name, f"ARRAY<{element}>", tuple(value))
    kind = _scalar_type(value)
    if kind is None:
        shown = "null" if value is None else f"a {type(value).__name__}"
        refuse(
            f"is {shown}, which can't be a query parameter",
            "write a number, a text, true or false, a date, or a list of one of these",
        )
    return Parameter(name, kind, _scalar(value))


def typed_like(given: Parameter, declared: Parameter, *, file: str | None) -> Parameter:
    """``given`` in the type of the variable's default: a text may be a date, an integer a float.

    Raises:
        VariableError: the two types don't go together.
    """
    if given.type == declared.type:
        return given
    name, value = given.name, given.value
    if declared.type == "FLOAT64" and given.type == "INT64":
        return Parameter(name, "FLOAT64", float(value))  # type: ignore[arg-type]
    if isinstance(value, tuple):
        if not value and declared.element_type:
            return Parameter(name, declared.type, ())
        if declared.type == "ARRAY<FLOAT64>" and given.type == "ARRAY<INT64>":
            return Parameter(name, declared.type, tuple(float(item) for item in value))  # type: ignore[arg-type]
        if not declared.value and declared.element_type:
            return given  # an empty default says nothing of its elements
    if declared.type == "DATE" and isinstance(value, str):
        try:
            return Parameter(name, "DATE", date.fromisoformat(value))
        except ValueError:
            pass
    if declared.type == "STRING" and given.type == "DATE":
        return Parameter(name, "STRING", str(value))  # YAML reads an unquoted date as one
    raise VariableError(
        f"variable {name!r} is {_shown(value)} ({given.type}), but its default is "
        f"{_shown(declared.value)} ({declared.type})",
        var=name,
        file=file,
        fix=f"write a value of type {declared.type}",
    )


def check_bounds(
    value: Parameter, bounds: Mapping[str, Any], *, file: str | None, declared_in: str | None
) -> None:
    """Refuse a value outside of its bounds.

    Args:
        bounds: ``form`` of a text, or ``entries``, the form of a list's entries (each one of
            `FORMS`); ``min``, ``max`` of the value, or of a list's length.

    Raises:
        VariableError: the value is not a text or not a list, has another form, or is too low or
            high.
        MonitorError: the bounds are of another type.
    """
    if form := FORMS.get(str(bounds.get("form"))):
        _check_form(value, form, file=file)
    if form := FORMS.get(str(bounds.get("entries"))):
        _check_entries(value, form, file=file)
    is_list = isinstance(value.value, tuple)
    size: Any = len(value.value) if isinstance(value.value, tuple) else value.value
    low, high = bounds.get("min"), bounds.get("max")
    try:
        outside = (low is not None and size < low) or (high is not None and size > high)
    except TypeError:
        raise MonitorError(
            f"the bounds of variable {value.name!r} can't be compared with {_shown(value.value)}",
            file=declared_in,
            fix=f"write bounds of type {value.type}",
        ) from None
    if not outside:
        return
    span = " to ".join(str(bound) for bound in (low, high) if bound is not None)
    span = (
        span if None not in (low, high) else f"{'at least' if high is None else 'at most'} {span}"
    )
    noun = " entries" if is_list else ""
    raise VariableError(
        f"variable {value.name!r} is {_shown(value.value)}, not {span}{noun}",
        var=value.name,
        file=file,
        fix=f"write {span}{noun}",
    )


def _check_form(value: Parameter, form: Form, *, file: str | None) -> None:
    if not isinstance(value.value, str):
        # YAML reads an unquoted 10:00:00 as a number of seconds.
        _refuse(
            value,
            file,
            f"is {_shown(value.value)} ({value.type}), not a text",
            f'write it in quotes, such as "{form.example}"',
        )
    if not form.is_met_by(value.value):
        _refuse(value, file, f"is {_shown(value.value)}, which is not {form.noun}", form.fix)


def _check_entries(value: Parameter, form: Form, *, file: str | None) -> None:
    if not isinstance(value.value, tuple):
        _refuse(
            value,
            file,
            f"is {_shown(value.value)} ({value.type}), not a list",
            f'write a list, such as ["{form.example}"]',
        )
    for entry in value.value:
        if not isinstance(entry, str):
            _refuse(
                value,
                file,
                f"has the entry {_shown(entry)} ({value.element_type}), not a text",
                f'put each entry in quotes, such as ["{form.example}"]',
            )
        if not form.is_met_by(entry):
            _refuse(
                value,
                file,
                f"has the entry {_shown(entry)}, which is not {form.noun}",
                form.fix,
            )


def _refuse(value: Parameter, file: str | None, what: str, fix: str) -> NoReturn:
    raise VariableError(f"variable {value.name!r} {what}", var=value.name, file=file, fix=fix)


def _scalar_type(value: object) -> str | None:
    # bool before int and datetime before date: each is a subclass of the other.
    if isinstance(value, bool):
        return "BOOL"
    if isinstance(value, int):
        return "INT64" if -(2**63) <= value < 2**63 else None
    if isinstance(value, float):
        return "FLOAT64"
    if isinstance(value, str):
        return "STRING"
    if isinstance(value, datetime):
        return "TIMESTAMP" if value.tzinfo else None
    if isinstance(value, date):
        return "DATE"
    return None


def _scalar(value: Any) -> Scalar:
    scalar: Scalar = value
    return scalar


def _shown(value: Scalar | Sequence[Scalar]) -> str:
    text = str(list(value)) if isinstance(value, tuple) else repr(value)
    if isinstance(value, date):
        text = value.isoformat()
    return text if len(text) <= 60 else text[:57] + "..."
