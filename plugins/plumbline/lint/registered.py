"""Expectations and actions as Great Expectations has them registered.

Importing this module imports GX, which takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)
from pydantic import ValidationError

import plumbline  # noqa: F401 - our own are among them
from plumbline.core.errors import MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.lint.known_types import BESIDE_ARGUMENTS, ActionType, ExpectationType
from plumbline.project.suites import Suite, SuiteEntry

_SET_BY_GX = frozenset({"batch_id", "catch_exceptions", "result_format"})


def registered_types() -> Iterator[ExpectationType]:
    for type_name in list_registered_expectation_implementations():
        fields: Mapping[str, Any] = get_expectation_impl(type_name).__fields__
        arguments = [name for name in fields if name not in BESIDE_ARGUMENTS | _SET_BY_GX]
        yield ExpectationType(
            type_name,
            {argument: {} for argument in arguments},
            tuple(argument for argument in arguments if fields[argument].required),
        )


def fault_of(file: Path, expectation: object) -> MonitorError | None:
    """Why GX can't build one expectation of the suite in ``file``."""
    raw = {"name": file.stem, "expectations": [expectation]}
    try:
        entry = SuiteEntry.model_validate(raw)
    except ValidationError:
        return None  # a malformed entry: the rules for keys say it
    try:
        build_suite(Suite(name=file.stem, file=file, written=entry, raw=raw))
    except MonitorError as fault:
        return fault
    return None


def registered_actions() -> Mapping[str, ActionType]:
    found = {}
    for type_name, action in _VALIDATION_ACTION_REGISTRY._registered_actions.items():
        required = {name for name, field in action.__fields__.items() if field.required}
        optional = set(action.__fields__) - required
        found[str(type_name)] = ActionType(frozenset(required), frozenset(optional))
    return found
