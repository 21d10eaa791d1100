"""From a parsed value to a checked one, or one error with file, key and fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plumbline.core.errors import PlumblineError, did_you_mean, shown
from plumbline.project.document import key_path

ModelT = TypeVar("ModelT", bound=BaseModel)


def check_name(name: str, file: Path, *, error: type[PlumblineError], what: str) -> None:
    """GX finds a configuration by the name of its file.

    Raises:
        PlumblineError: ``what`` in ``file`` has another ``name``; of class ``error``.
    """
    if name != file.stem:
        raise error(
            f"{what} is named {name!r} in a file named {file.name!r}",
            file=file,
            key="name",
            fix=f"write {file.stem!r}, or rename the file to {name}.json",
        )


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
        # A misspelt key is unknown and leaves another missing: the unknown one has the fix.
        errors = _of_likeliest(fault.errors(), value)
        first = min(errors, key=lambda one: one["type"] != "extra_forbidden")
        path = key_path(_keys(value, first["loc"]), below=key)
        if first["type"] == "extra_forbidden":
            word = str(first["loc"][-1])
            raise error(
                f"unknown key {word!r}",
                file=file,
                key=path,
                fix=did_you_mean(word, _known_keys(model, first["loc"][:-1])),
            ) from None
        if first["type"] == "missing":
            raise error(
                f"key {str(first['loc'][-1])!r} is missing", file=file, key=path, fix="add it"
            ) from None
        raise error(
            f"{first['msg']}, not {shown(first.get('input'))}",
            file=file,
            key=path,
            fix="write a value of that kind",
        ) from None


def _of_likeliest(errors: Sequence[ErrorDetails], value: object) -> list[ErrorDetails]:
    """Without what is wrong only if another alternative was meant: the one with the fewest errors
    is."""
    alternatives = Counter(_alternative(one["loc"], value) for one in errors)

    def is_likeliest(one: ErrorDetails) -> bool:
        mine = _alternative(one["loc"], value)
        if mine is None:
            return True
        others = [count for at, count in alternatives.items() if at and at[:-1] == mine[:-1]]
        return alternatives[mine] == min(others)

    return list(filter(is_likeliest, errors))


def _alternative(loc: tuple[int | str, ...], value: object) -> tuple[int | str, ...] | None:
    """Up to the name that pydantic gives to an alternative, where there is one on the way."""
    keys = list(_keys(value, loc))
    differs = next((at for at, key in enumerate(keys) if loc[at] != key), None)
    return None if differs is None else loc[: differs + 1]


def _keys(value: object, loc: tuple[int | str, ...]) -> Iterator[int | str]:
    """Where in the file: without the names that pydantic gives to alternatives on the way."""
    for number, part in enumerate(loc, start=1):
        is_there = isinstance(value, Mapping) and part in value
        if isinstance(value, Sequence) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif is_there:
            value = value[part]  # type: ignore[index]
        elif number < len(loc):
            continue
        yield part


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed at ``loc``: a walk down the annotations of nested models."""
    current: list[type[BaseModel]] = [model]
    for part in loc:
        fields = [one.model_fields[str(part)] for one in current if part in one.model_fields]
        if fields:
            inner = [found for field in fields for found in _models_in(field.annotation)]
            current = inner or current
    return [field.alias or name for one in current for name, field in one.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Each of them, where there are alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
