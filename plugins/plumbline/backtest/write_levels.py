"""Writes new thresholds into a suite's file and changes nothing but the numbers.

Used by ``plumbline calibrate --write``.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.backtest.calibration import Calibration, FamilyCalibration
from plumbline.backtest.proposing import as_written
from plumbline.checks.threshold_families import Rates
from plumbline.core.errors import ConfigError
from plumbline.project.json_document import key_offsets, read_json
from plumbline.project.suites import Suite

_NUMBER = re.compile(r'"(?:min|max)_value"\s*:\s*(-?[0-9][0-9.eE+-]*)')
_KEY = re.compile(r'"overrides"\s*:\s*')


@dataclass(frozen=True)
class _Edit:
    begin: int
    end: int
    text: str


def write_levels(suite: Suite, calibration: Calibration) -> str:
    """Write the proposed thresholds into the suite's file; what changed, as a diff.

    Raises:
        ConfigError: nothing can be proposed, or the file can't be written.
    """
    before = suite.file.read_text(encoding="utf-8")
    after = with_levels(before, suite.file, calibration.families)
    if after == before:
        return ""
    try:
        suite.file.write_text(after, encoding="utf-8")
    except OSError as fault:
        raise ConfigError(
            f"the suite can't be written: {fault.strerror}", file=suite.file
        ) from None
    name = f"expectations/{suite.file.name}"
    return "".join(
        difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            fromfile=name,
            tofile=name,
            n=2,
        )
    )


def with_levels(text: str, file: Path, families: Iterable[FamilyCalibration]) -> str:
    """``text`` with the proposed numbers.

    Raises:
        ConfigError: nothing can be proposed, or the file is malformed by now.
    """
    proposed = [family for family in families if family.levels is not None]
    if not proposed:
        raise ConfigError(
            "nothing can be proposed from this history, so nothing is written",
            file=file,
            key="--write",
            fix="see the report; collect more history, or record some with "
            "plumbline backtest --record",
        )
    read_json(file, text).mapping_or_raise(error=ConfigError, what="the suite")
    offsets = key_offsets(text)
    edits: list[_Edit] = []
    for family in proposed:
        side, levels = family.family.bound_key, family.levels or {}
        for member in family.family.members:
            level = member.level
            if member.severity not in ("warning", "critical"):
                continue
            kwargs = ("expectations", member.index, "kwargs")
            path = (*kwargs, "per", side) if isinstance(family.family, Rates) else (*kwargs, side)
            at = offsets.get(path)
            if at is None or level not in levels:
                continue
            found = _NUMBER.match(text, at)
            if found is None:
                continue
            if float(found[1]) != levels[level]:
                edits.append(_Edit(found.start(1), found.end(1), as_written(levels[level])))
            own = {
                label: {side: of_group[level]}
                for label, of_group in family.overrides.items()
                if level in of_group
            }
            if own:
                there = offsets.get((*kwargs, "overrides"))
                edits.append(_overrides(text, found.end(1), at, there, own))
    for edit in sorted(edits, key=lambda one: one.begin, reverse=True):
        text = text[: edit.begin] + edit.text + text[edit.end :]
    return text


def _overrides(
    text: str,
    after: int,
    key: int,
    there: int | None,
    own: Mapping[str, Mapping[str, float]],
) -> _Edit:
    """The bounds of single groups: into those that are there, or right behind the bound."""
    line = text.rfind("\n", 0, key) + 1
    indent = text[line:key]
    alone = not indent.strip()
    if there is None:
        lead = f",\n{indent}" if alone else ", "
        return _Edit(after, after, f'{lead}"overrides": {_object(own, indent if alone else None)}')
    found = _KEY.match(text, there)
    begin = found.end() if found else there
    value, end = json.JSONDecoder().raw_decode(text, begin)
    merged: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
    for label, bounds in own.items():
        merged[label] = {**merged.get(label, {}), **bounds}
    is_long = "\n" in text[begin:end]
    return _Edit(begin, end, _object(merged, indent if is_long else None))


def _object(value: Mapping[str, Any], indent: str | None) -> str:
    plain = {
        label: {name: _json_number(inner) for name, inner in bounds.items()}
        for label, bounds in value.items()
    }
    if indent is None:
        return json.dumps(plain, ensure_ascii=False)
    lines = json.dumps(plain, ensure_ascii=False, indent=2).split("\n")
    return "\n".join([lines[0], *(indent + line for line in lines[1:])])


def _json_number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
