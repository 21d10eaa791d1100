"""A document held against the pydantic model of its kind: every fault, not only the first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from plumbline.core.errors import did_you_mean, shown
from plumbline.lint.rule import Finding
from plumbline.lint.rules.files import MISSING_KEY, UNKNOWN_KEY, WRONG_VALUE
from plumbline.project.document import Document, KeyPath

_QUOTED = re.compile(r"'([^']+)'")
_NEAR = 0.8


def check_shape(document: Document, path: KeyPath, model: type[BaseModel]) -> Iterator[Finding]:
    """What is wrong with the value at ``path`` as a ``model``."""
    try:
        model.model_validate(document.get(*path))
    except ValidationError as fault:
        for details in _of_likely_branches(fault, document, path):
            yield _finding(details, document, path, model)


def check_near_misses(
    document: Document, path: KeyPath, *, ours: tuple[str, ...], others: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Keys that are nearly one of ``ours``, where anyone may write keys of their own."""
    for key in document.mapping(*path):
        if key in ours or key in others:
            continue
        near = get_close_matches(key, ours, n=1, cutoff=_NEAR)
        if near:
            yield UNKNOWN_KEY.at(
                document.place(*path, key), f"unknown key {key!r}", f"did you mean {near[0]!r}?"
            )


def _finding(
    details: Mapping[str, Any], document: Document, path: KeyPath, model: type[BaseModel]
) -> Finding:
    loc = details["loc"]
    where = (*path, *_real(document, path, loc))
    if details["type"] == "extra_forbidden":
        word = str(loc[-1])
        return UNKNOWN_KEY.at(
            document.place(*where),
            f"unknown key {word!r}",
            did_you_mean(word, _known_keys(model, loc[:-1])),
        )
    if details["type"] == "missing":
        missing = str(loc[-1])
        return MISSING_KEY.at(
            document.place(*where),
            f"key {missing!r} is missing",
            f"add {missing!r}",
        )
    value = details.get("input")
    what = f"{_lower(str(details['msg']))}, not {shown(value)}"
    expected = _QUOTED.findall(str((details.get("ctx") or {}).get("expected", "")))
    if expected and isinstance(value, str):
        fix = did_you_mean(value, expected)
    else:
        fix = "write a value of that kind"
    return WRONG_VALUE.at(document.place(*where), what, fix)


def _of_likely_branches(
    fault: ValidationError, document: Document, path: KeyPath
) -> list[Mapping[str, Any]]:
    """The faults, of each choice between kinds only those of the kind that fits best.

    pydantic names the kind in the location, as a part that the document does not have.
    """
    found: list[Mapping[str, Any]] = []
    choices: dict[KeyPath, dict[str | int, list[Mapping[str, Any]]]] = {}
    for details in fault.errors(include_url=False):
        loc = details["loc"]
        depth = _depth(document, path, loc)
        if depth >= len(loc) - (details["type"] == "missing"):
            found.append(dict(details))
        else:
            choices.setdefault(loc[:depth], {}).setdefault(loc[depth], []).append(dict(details))
    for branches in choices.values():
        fewest: list[Mapping[str, Any]] = min(branches.values(), key=len)
        found += fewest
    return found


def _depth(document: Document, path: KeyPath, loc: KeyPath) -> int:
    """How many parts of ``loc`` lead to something in the document."""
    for depth in range(len(loc)):
        if not document.has(*path, *loc[: depth + 1]):
            return depth
    return len(loc)


def _real(document: Document, path: KeyPath, loc: tuple[str | int, ...]) -> KeyPath:
    """``loc`` without the parts that name a kind and not a key."""
    real: KeyPath = ()
    for part in loc:
        if document.has(*path, *real, part):
            real = (*real, part)
    return real


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys allowed at ``loc``."""
    current: Any = model
    for part in loc:
        current = _step(current, part)
    found = _model_in(current)
    if found is None:
        return []
    return [field.alias or name for name, field in found.model_fields.items()]


def _step(annotation: Any, part: str | int) -> Any:
    """The annotation of ``part`` within ``annotation``."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _step(arguments[0], part)
    if origin in (Union, UnionType):
        for argument in arguments:
            if getattr(argument, "__name__", None) == part:
                return argument
        steps = (_step(argument, part) for argument in arguments)
        return next((step for step in steps if step is not None), None)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if part in (name, field.alias):
                return field.annotation
        return None
    if origin is list and isinstance(part, int):
        return arguments[0]
    if origin is dict:
        return arguments[1]
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
