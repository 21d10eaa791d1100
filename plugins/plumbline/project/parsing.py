"""Validates a parsed value: finds all faults, or raises the first with file, key and fix."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from plumbline.core.errors import PlumblineError, did_you_mean, shown
from plumbline.net.secret import scrub
from plumbline.project.document import Document, KeyPath, key_path

_THE_KEY = "[key]"
"""Pydantic's name for the key of a mapping, if the key is wrong and not the value."""

_QUOTED = re.compile(r"'([^']+)'")

ModelT = TypeVar("ModelT", bound=BaseModel)


class ValueFaultKind(StrEnum):
    """What can be wrong with a value."""

    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    WRONG_VALUE = "wrong-value"
    OTHER_NAME = "other-name"
    """Than the file's."""
    MONITOR_TWICE = "monitor-twice"
    SECRET = "secret"
    UNKNOWN_MONITOR = "unknown-monitor"
    UNKNOWN_CHECKPOINT = "unknown-checkpoint"
    UNKNOWN_CHANNEL = "unknown-channel"
    NEVER_COMES = "never-comes"
    """A time that no year has."""
    DEADLINE_TOO_LONG = "deadline-too-long"


class UnfitValueError(ValueError):
    """Of a validator of ours: the value is not valid. The message is the fix: what to write."""


@dataclass(frozen=True)
class ValueFault:
    """One thing that is wrong with the value of a file."""

    kind: ValueFaultKind
    path: KeyPath
    """Of a missing key, where it belongs."""
    what: str
    fix: str

    @property
    def is_of_key(self) -> bool:
        """Whether the last key of the path is wrong itself, and not its value."""
        return self.path[-1:] == (_THE_KEY,)

    def below(self, path: KeyPath) -> ValueFault:
        """The same fault of a value at ``path``."""
        return replace(self, path=(*path, *self.path))


def explain(
    model: type[ModelT],
    value: object,
    *,
    file: Path,
    key: str = "",
    error: type[PlumblineError],
) -> ModelT:
    """``value`` as ``model``, or an error that names the first wrong key with a did-you-mean."""
    try:
        return model.model_validate(value)
    except ValidationError as fault:
        faults = _faults(model, value, fault)
    raise _first_error(faults, file=file, key=key, error=error)


def refuse_faults(faults: Iterable[ValueFault], *, file: Path, error: type[PlumblineError]) -> None:
    """Let only a file without faults pass.

    Raises:
        PlumblineError: the first unknown key, else the first fault; of class ``error``.
    """
    found = list(faults)
    if found:
        raise _first_error(found, file=file, key="", error=error)


def _first_error(
    faults: Sequence[ValueFault], *, file: Path, key: str, error: type[PlumblineError]
) -> PlumblineError:
    # A misspelt key is unknown and leaves another missing: the unknown one has the fix.
    first = min(faults, key=lambda one: one.kind is not ValueFaultKind.UNKNOWN_KEY)
    return error(first.what, file=file, key=key_path(first.path, below=key), fix=first.fix)


def valid_entries(
    model: type[ModelT], document: Document, *path: str | int
) -> Iterator[tuple[KeyPath, ModelT]]:
    """The entries of the list at ``path`` that are valid by themselves, each with its path."""
    for at, raw in document.entries(*path):
        try:
            yield at, model.model_validate(raw)
        except ValidationError:
            continue  # `find_value_faults` of the whole file finds why


def wrong_value(path: KeyPath, what: str, fix: str) -> ValueFault:
    """A value that has the right type and is wrong all the same."""
    return ValueFault(ValueFaultKind.WRONG_VALUE, path, what, fix)


def find_name_faults(document: Document) -> Iterator[ValueFault]:
    """A name that differs from the file's, by which GX finds a configuration."""
    name, file = document.text("name"), document.file
    if name is not None and name != file.stem:
        yield ValueFault(
            ValueFaultKind.OTHER_NAME,
            ("name",),
            f"the name is {name!r}, but the file is {file.name!r}",
            f"write {file.stem!r}, or rename the file to {name}.json",
        )


def find_repeated(named: Iterable[tuple[KeyPath, str]]) -> Iterator[tuple[KeyPath, str]]:
    """Each name that occurred earlier, with its path."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield path, name
        seen.add(name)


_NOUNS = {
    ValueFaultKind.UNKNOWN_MONITOR: "monitor",
    ValueFaultKind.UNKNOWN_CHECKPOINT: "checkpoint",
    ValueFaultKind.UNKNOWN_CHANNEL: "channel",
}


def find_unknown_names(
    kind: ValueFaultKind, named: Iterable[tuple[KeyPath, str]], known: Collection[str] | None
) -> Iterator[ValueFault]:
    """The names that are not among ``known``; None lets any name pass."""
    if known is None:
        return
    for path, name in named:
        if name not in known:
            what = f"there is no {_NOUNS[kind]} {name!r}"
            yield ValueFault(kind, path, what, did_you_mean(name, known))


def find_value_faults(model: type[BaseModel], value: object) -> list[ValueFault]:
    """Everything that is wrong with ``value`` as a ``model``."""
    try:
        model.model_validate(value)
    except ValidationError as fault:
        return _faults(model, value, fault)
    return []


def _faults(model: type[BaseModel], value: object, fault: ValidationError) -> list[ValueFault]:
    errors = fault.errors(include_url=False)
    return [_fault(model, value, one) for one in _of_likeliest(errors, value)]


def _fault(model: type[BaseModel], value: object, details: ErrorDetails) -> ValueFault:
    loc, word = details["loc"], str(details["loc"][-1]) if details["loc"] else ""
    path = _existing(value, loc)
    if details["type"] == "extra_forbidden":
        fix = did_you_mean(word, _known_keys(model, loc[:-1]))
        return ValueFault(ValueFaultKind.UNKNOWN_KEY, path, f"unknown key {word!r}", fix)
    if details["type"] == "missing":
        what = f"key {word!r} is missing"
        example = _example(model, loc)
        fix = f"add it, for example {example}" if example else f"add {word!r}"
        return ValueFault(ValueFaultKind.MISSING_KEY, (*path, word), what, fix)
    given, message = details.get("input"), details["msg"]
    if details["type"] == "value_error":
        return _own_fault(path, given, details["ctx"]["error"])
    if details["type"] in ("dict_type", "model_type"):
        what = f"{_shown(given)} is not a mapping"
        example = _example(model, path) if path else ""
        fix = f"write a mapping, for example {example}" if example else "write a mapping"
        return ValueFault(ValueFaultKind.WRONG_VALUE, path, what, fix)
    if details["type"] == "too_short":
        what = f"the {'mapping' if isinstance(given, dict) else 'list'} is empty"
        return ValueFault(ValueFaultKind.WRONG_VALUE, path, what, "write at least one entry")
    expected = _QUOTED.findall(str((details.get("ctx") or {}).get("expected", "")))
    return ValueFault(
        ValueFaultKind.WRONG_VALUE,
        path,
        f"{message[:1].lower()}{message[1:]}, not {_shown(given)}",
        did_you_mean(given, expected)
        if expected and isinstance(given, str)
        else _fix_of_value(details),
    )


_INSTANT = "an instant with a time zone, such as 2026-01-31T10:00:00-05:00"


def _own_fault(path: KeyPath, given: object, error: ValueError) -> ValueFault:
    """What a validator of ours says."""
    if isinstance(error, UnfitValueError):
        what, fix = f"{_shown(given)} is not a valid value", str(error)
    else:
        what, fix = f"{_shown(given)}: {error}", "correct the value"
    return ValueFault(ValueFaultKind.WRONG_VALUE, path, what, fix)


_ALLOWED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "list_type": "a list",
    "string_pattern_mismatch": "a text that matches the pattern",
    "string_too_short": "a text that is not empty",
    "string_type": "a text",
    "timezone_aware": _INSTANT,
    **dict.fromkeys(
        ("datetime_from_date_parsing", "datetime_object_invalid", "datetime_parsing"), _INSTANT
    ),
    **dict.fromkeys(
        ("date_from_datetime_inexact", "date_from_datetime_parsing", "date_parsing"),
        "a date, such as 2026-01-31",
    ),
}
"""By the type of an error of pydantic, with its context."""


def _fix_of_value(details: ErrorDetails) -> str:
    """What is allowed in place of a value."""
    allowed, given = _ALLOWED.get(details["type"]), details.get("input")
    if allowed is None:
        return "write a value of that kind"
    is_scalar = isinstance(given, str | int) and not isinstance(given, bool)
    if details["type"] == "list_type" and is_scalar:
        return f"write it as a list: [{_as_json(given)}]"
    return f"write {allowed.format(**(details.get('ctx') or {}))}"


def _as_json(value: str | int) -> str:
    return json.dumps(scrub(value) if isinstance(value, str) else value)


def _shown(value: object) -> str:
    """A value of a file for a message, without a secret that should not stand there."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return shown(scrub(value) if isinstance(value, str) else value)


def _of_likeliest(errors: Sequence[ErrorDetails], value: object) -> list[ErrorDetails]:
    """The errors of the alternative that was probably meant: the one with the fewest errors."""
    alternatives = [_alternative(one, value) for one in errors]
    counts = Counter(one for one in alternatives if one is not None)
    likeliest: dict[KeyPath, KeyPath] = {}
    for each, count in counts.items():
        best = likeliest.setdefault(each[:-1], each)
        if count < counts[best]:
            likeliest[each[:-1]] = each
    return [
        one
        for one, mine in zip(errors, alternatives, strict=True)
        if mine is None or likeliest[mine[:-1]] == mine
    ]


def _alternative(details: ErrorDetails, value: object) -> KeyPath | None:
    """The location up to pydantic's name for an alternative; None if there is none."""
    loc = details["loc"]
    depth = next((at for at in range(len(loc)) if len(_existing(value, loc[: at + 1])) <= at), None)
    if depth is None or depth >= len(loc) - (details["type"] == "missing"):
        return None
    return loc[: depth + 1]


def _existing(value: object, loc: KeyPath) -> KeyPath:
    """``loc`` in the file: without the names that pydantic gives to alternatives on the way."""
    path: KeyPath = ()
    for part in loc:
        is_index = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if is_index or (isinstance(value, Mapping) and part in value):
            value = value[part]  # type: ignore[index]
            path = (*path, part)
        elif part == _THE_KEY:
            path = (*path, part)
    return path


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at ``loc``."""
    return [name for name, _ in _fields(model, loc)]


def _example(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """The key at ``loc`` with a value, as YAML and JSON have it; empty: no example is known."""
    word = str(loc[-1])
    for name, field in _fields(model, loc[:-1]):
        if name == word and field.examples:
            return json.dumps({word: field.examples[0]}, ensure_ascii=False)[1:-1]
    return ""


def _fields(model: type[BaseModel], loc: tuple[int | str, ...]) -> Iterator[tuple[str, FieldInfo]]:
    """The keys allowed at ``loc``: a walk down the annotations of nested models."""
    current: list[type[BaseModel]] = [model]
    for part in loc:
        fields = [one.model_fields[str(part)] for one in current if part in one.model_fields]
        if fields:
            inner = [found for field in fields for found in _models_in(field.annotation)]
            current = inner or current
    for one in current:
        for name, field in one.model_fields.items():
            yield field.alias or name, field


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The pydantic models in an annotation: several if there are alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
