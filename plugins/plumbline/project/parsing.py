"""From a file's text to a checked value, or one error with file, key and fix."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from plumbline.core.errors import PlumblineError, did_you_mean, shown

MERGE = "tag:yaml.org,2002:merge"
"""The tag of YAML's key ``<<``."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def read_text(path: Path, *, error: type[PlumblineError], what: str) -> str:
    """The text of ``path`` (UTF-8)."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(f"{what} is missing", file=path, fix="add the file") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise error(f"{what} can't be read: {fault}", file=path, fix="fix the file") from fault


def read_json(path: Path, *, error: type[PlumblineError], what: str) -> dict[str, Any]:
    """A JSON object from ``path``; a key that stands twice is refused, not dropped."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for name, value in pairs:
            if name in seen:
                raise error(
                    f"{what} says {name!r} twice", file=path, key=name, fix="keep one of the two"
                )
            seen[name] = value
        return seen

    def no_constant(name: str) -> float:
        raise error(f"{what} holds {name}, which is not JSON", file=path, fix="write a number")

    text = read_text(path, error=error, what=what)
    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=no_constant)
    except json.JSONDecodeError as fault:
        raise error(
            f"{what} is not JSON: {fault.msg}",
            file=path,
            key=f"line {fault.lineno}, column {fault.colno}",
            fix="fix the JSON there",
        ) from None
    except RecursionError:
        raise error(f"{what} is nested too deeply", file=path, fix="write it flat") from None
    if not isinstance(value, dict):
        raise error(f"{what} is not a JSON object", file=path, fix="wrap it in { }")
    return value


def read_yaml(path: Path, *, error: type[PlumblineError], what: str) -> dict[str, Any]:
    """A YAML mapping from ``path``."""
    text = read_text(path, error=error, what=what)
    try:
        value = _construct(text)
    except (yaml.YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        raise error(
            f"{what} is not YAML: {getattr(fault, 'problem', None) or fault}",
            file=path,
            key=None if mark is None else f"line {mark.line + 1}, column {mark.column + 1}",
            fix="fix the YAML there",
        ) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise error(f"{what} is not a mapping", file=path, fix="write `key: value` lines")
    return value


def _construct(text: str) -> object:
    """The value of a YAML text; a key that stands twice is refused, where YAML drops the first."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_repeated_keys(node, set())
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_repeated_keys(node: yaml.Node, visited: set[int]) -> None:
    if id(node) in visited:  # an alias: the same node again
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[tuple[str, str]] = set()
        for key, value in node.value:
            # `<<` merges: what it brings gives way to what stands beside it, and nothing is lost.
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                if (key.tag, key.value) in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"key {key.value!r} stands twice, and the first would be lost",
                        problem_mark=key.start_mark,
                    )
                seen.add((key.tag, key.value))
            _refuse_repeated_keys(value, visited)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            _refuse_repeated_keys(entry, visited)


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


def key_path(loc: Iterable[int | str], *, below: str = "") -> str:
    """A place in a file as text: ``expectations[0].type``."""
    text = below
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


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
