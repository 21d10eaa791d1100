"""A compiled model's parameters in words, for comments beside its SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from plumbline.core.safe_text import one_line
from plumbline.core.text import rfc3339

if TYPE_CHECKING:
    from plumbline.models import CompiledModel


def describe_parameters(compiled: CompiledModel) -> list[str]:
    """``@days INT64 = 3``, one a parameter."""
    return [
        f"@{parameter.name} {parameter.type} = {one_line(_value(parameter.value))}"
        for parameter in compiled.parameters
    ]


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return str(value)
