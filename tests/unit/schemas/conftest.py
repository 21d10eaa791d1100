"""The schemas of a project's files, as they are committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[3]
GONE = object()
"""In ``changed``: there is no such key."""


def schema_of(name: str) -> Draft7Validator:
    """The schema of suites, checkpoints or schedules."""
    text = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft7Validator(json.loads(text))


def changed(value: Any, path: str, new: Any) -> Any:
    """A deep copy of ``value`` with ``new`` at ``path`` (``a/0/b``)."""
    copy = json.loads(json.dumps(value))
    at = copy
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in way:
        at = at[part]
    if new is GONE:
        del at[last]
    else:
        at[last] = new
    return copy
