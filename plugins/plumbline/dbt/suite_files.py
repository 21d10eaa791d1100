"""What of a suite or a checkpoint comes from dbt, and the file with other such parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plumbline.dbt.merge import Parts
from plumbline.dbt.plan import EXPECTATION, TEST_KEY
from plumbline.project.checkpoints import ACTIONS

_MONITOR_KEYS = ("table", "model", "observed", "owner", "tags")


def suite_parts(content: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a suite by name; whatever people have added is none."""
    monitor = (content.get("meta") or {}).get("monitor") or {}
    parts = {key: monitor[key] for key in _MONITOR_KEYS if monitor.get(key)}
    if content.get("notes"):
        parts["notes"] = content["notes"]
    for one in content.get("expectations", []):
        if (name := _part_of(one)) is not None:
            # `lint --fix` adds ids.
            parts[name] = {key: value for key, value in one.items() if key != "id"}
    return parts


def _part_of(expectation: Mapping[str, Any]) -> str | None:
    identity = (expectation.get("meta") or {}).get(TEST_KEY)
    return None if identity is None else f"{EXPECTATION}{identity}"


def with_suite_parts(content: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    """``content`` with ``parts`` instead of those that it has; all else stays where it is."""
    old, left = suite_parts(content), {k: v for k, v in parts.items() if k.startswith(EXPECTATION)}
    meta = dict(content.get("meta") or {})
    own = {k: v for k, v in (meta.get("monitor") or {}).items() if k not in _MONITOR_KEYS}
    meta["monitor"] = {key: parts[key] for key in _MONITOR_KEYS if key in parts} | own
    expectations = []
    for one in content.get("expectations", []):
        name = _part_of(one)
        if name is None:
            expectations.append(one)
        elif name in left:
            new = left.pop(name)
            expectations.append(one if old[name] == new else new)
    rest = {key: value for key, value in content.items() if key not in ("notes", "expectations")}
    notes = {"notes": parts["notes"]} if "notes" in parts else {}
    return {**rest, "meta": meta, **notes, "expectations": [*expectations, *left.values()]}


def checkpoint_parts(content: Mapping[str, Any]) -> dict[str, Any]:
    """The monitors of a checkpoint by name."""
    return {str(one.get("name")): one for one in content.get("validation_definitions", [])}


def with_checkpoint_parts(content: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    """``content`` with these monitors."""
    return {
        **content,
        "validation_definitions": list(parts.values()),
        "actions": content.get("actions", [*ACTIONS]),
    }
