"""What a finished dbt command left in ``target/``: ``run_results.json`` and ``sources.json``.

Read by ``plumbline record dbt``. Both are written by dbt alone, so a file that is not as dbt writes
it is refused whole: half of its results would look like all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

from plumbline.core.errors import ConfigError

RUN_RESULTS, SOURCES = "run_results.json", "sources.json"

_VERSIONS = {RUN_RESULTS: ("run-results", (5, 6)), SOURCES: ("sources", (3,))}
"""The name of each schema, and the versions that dbt 1.7 to 1.11 write."""

_SCHEMA = re.compile(r"/dbt/([a-z-]+)/v(\d+)\.json$")

_WITH_TESTS = ("build", "test", "retry")
"""The commands that run tests. Others list tests as ``success``: `dbt compile`."""

_COMMANDS = {"generate": "docs generate"}
"""As they are typed, where dbt calls them otherwise."""

_PARTIAL_OPTIONS = ("select", "exclude", "selector", "resource_types", "exclude_resource_types")
"""Options with which dbt runs a part of the project; empty by default."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one node: a test, a model, the freshness of a source."""

    id: str
    """dbt's ``unique_id``."""
    status: str
    at: datetime
    """When it was done; of what was skipped, when dbt had finished."""
    seconds: float = 0.0
    message: str | None = None
    failures: int | None = None
    """Of a test: failing rows, or what ``fail_calc`` counts."""
    age_seconds: float | None = None
    """Of a source: how old its newest row is."""
    criteria: Mapping[str, Any] = field(default_factory=dict)
    """Of a source: ``warn_after`` and ``error_after``."""


@dataclass(frozen=True)
class Invocation:
    """One dbt command, as one file tells of it."""

    file: Path
    kind: Literal["tests", "freshness"]
    id: str
    generated_at: datetime
    """When dbt had finished."""
    command: str
    """``build``, ``build --sample``; empty where the file does not say it."""
    is_partial: bool
    """Whether options or a retry left out tests."""
    results: tuple[NodeResult, ...]

    @property
    def shortfall(self) -> str | None:
        """Why the results don't tell whether the data is right; None: they do.

        `dbt compile` lists tests without running them. With ``--empty`` tests read no rows, so that
        all pass; with ``--sample`` they read only the rows of a time range.
        """
        if self.command in ("", *_WITH_TESTS):
            return None
        return "tests only a sample" if self.command.endswith(" --sample") else "tests no data"


def has_results(folder: Path) -> bool:
    """Whether dbt left results of tests or of freshness in ``folder``."""
    return any((folder / name).is_file() for name in _VERSIONS)


def read_invocations(folder: Path) -> tuple[Invocation, ...]:
    """What dbt left in ``folder``: of tests, of freshness, or of both.

    Raises:
        ConfigError: neither file is there; or one can't be read, or is of an unknown version.
    """
    files = [folder / name for name in (RUN_RESULTS, SOURCES)]
    found = tuple(_invocation(file) for file in files if file.is_file())
    if not found:
        raise ConfigError(
            f"there is no {RUN_RESULTS} and no {SOURCES}",
            file=folder,
            fix="run `dbt build`, `dbt test` or `dbt source freshness` first, or name dbt's "
            "target folder: plumbline record dbt FOLDER",
        )
    return found


def _invocation(file: Path) -> Invocation:
    content = _content(file)
    metadata = _mapping(content.get("metadata"), file, "metadata")
    _check_version(metadata, file)
    generated_at = _instant(metadata.get("generated_at"))
    if generated_at is None:
        _refuse(file, "has no time at which dbt wrote it", "metadata.generated_at")
    args = _mapping(content.get("args") or {}, file, "args")
    entries = content.get("results")
    if not isinstance(entries, list):
        _refuse(file, "has no list of results", "results")
    by_id: dict[str, NodeResult] = {}
    for place, entry in enumerate(entries):
        one = _result(_mapping(entry, file, f"results[{place}]"), file, place, generated_at)
        by_id[one.id] = one
    return Invocation(
        file=file,
        kind="tests" if file.name == RUN_RESULTS else "freshness",
        # Not every version of dbt writes an id.
        id=str(metadata.get("invocation_id") or generated_at.isoformat()),
        generated_at=generated_at,
        command=_command(args),
        is_partial=_is_partial(args),
        results=tuple(by_id.values()),
    )


def _command(args: Mapping[str, Any]) -> str:
    which = str(args.get("which") or "")
    option = next((f" --{name}" for name in ("empty", "sample") if args.get(name)), "")
    return _COMMANDS.get(which, which) + option


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as fault:
        _refuse(file, "is incomplete JSON", f"line {fault.lineno}, column {fault.colno}")
    except (ValueError, RecursionError):  # not UTF-8; a number that is too long
        _refuse(file, "is not JSON")
    except OSError as fault:
        _refuse(file, f"can't be read: {fault.strerror}")
    return _mapping(content, file, None)


def _check_version(metadata: Mapping[str, Any], file: Path) -> None:
    name, versions = _VERSIONS[file.name]
    written = str(metadata.get("dbt_schema_version"))
    schema = _SCHEMA.search(written)
    if schema and schema[1] == name and int(schema[2]) in versions:
        return
    known = " and ".join(f"v{version}" for version in versions)
    said = f"{schema[1]} v{schema[2]}" if schema else written
    by = metadata.get("dbt_version")
    raise ConfigError(
        f"dbt's {file.name} is of the unknown version {said}" + (f", of dbt {by}" if by else ""),
        file=file,
        key="metadata.dbt_schema_version",
        fix=f"plumbline reads {name} {known}: run dbt 1.7 to 1.11, or update plumbline",
    )


def _result(entry: Mapping[str, Any], file: Path, place: int, generated_at: datetime) -> NodeResult:
    for key in ("unique_id", "status"):
        if not isinstance(entry.get(key), str):
            _refuse(file, f"has no {key!r}", f"results[{place}].{key}")
    failures, message = entry.get("failures"), entry.get("message") or entry.get("error")
    criteria = entry.get("criteria")
    return NodeResult(
        id=entry["unique_id"],
        status=entry["status"],
        at=_done_at(entry) or generated_at,
        seconds=_number(entry.get("execution_time")) or 0.0,
        message=None if message is None else str(message).strip() or None,
        failures=failures if isinstance(failures, int) else None,
        age_seconds=_number(entry.get("max_loaded_at_time_ago_in_s")),
        criteria=criteria if isinstance(criteria, dict) else {},
    )


def _done_at(entry: Mapping[str, Any]) -> datetime | None:
    """When the last of its steps was done; a source's age is that of its snapshot."""
    timing = entry.get("timing")
    steps = [one for one in timing if isinstance(one, dict)] if isinstance(timing, list) else []
    done = [_instant(entry.get("snapshotted_at"))] + [
        _instant(one.get("completed_at")) for one in steps
    ]
    return max((at for at in done if at is not None), default=None)


def _is_partial(args: Mapping[str, Any]) -> bool:
    """By the options. `dbt retry` gives itself out for the command that it retries."""
    typed = str(args.get("invocation_command")).split()
    return "retry" in (*typed, args.get("which")) or any(map(args.get, _PARTIAL_OPTIONS))


def _instant(text: object) -> datetime | None:
    """dbt writes UTC, with a ``Z`` or without a zone."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _mapping(value: object, file: Path, key: str | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(file, "is malformed: this is not a mapping", key)
    return value


def _refuse(file: Path, what: str, key: str | None = None) -> NoReturn:
    raise ConfigError(
        f"dbt's {file.name} {what}",
        file=file,
        key=key,
        fix="run dbt again, and record its results when it has ended",
    )
