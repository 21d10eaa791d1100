"""Dataclasses as JSON and back, by pydantic: for the state and the cache that are kept in files."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@functools.cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Made when it is first needed: that takes longer than to import most modules."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
