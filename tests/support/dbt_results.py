"""``run_results.json`` and ``sources.json`` as dbt 1.11 writes them, without what plumbline does not
read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any


def id_of(name: str) -> str:
    """dbt's id of a singular test."""
    return f"test.shop.{name}"


def write_run_results(
    folder: Path, statuses: Mapping[str, str], *, at: datetime, invocation: str, **args: Any
) -> None:
    """What `dbt build` leaves of tests.

    Args:
        folder: dbt's target folder.
        statuses: by test.
        at: when the first test was done, the others a second later each, and dbt after a minute.
        invocation: its id.
        args: how dbt was called.
    """
    results = [
        {
            "unique_id": id_of(name),
            "status": status,
            "timing": [{"name": "execute", "completed_at": _text(at + timedelta(seconds=place))}],
            "execution_time": 0.5,
            "failures": 3 if status in ("fail", "warn") else 0,
            "message": None,
        }
        for place, (name, status) in enumerate(statuses.items())
    ]
    _write(
        folder / "run_results.json",
        "run-results/v6",
        results,
        at=at,
        invocation=invocation,
        args={"which": "build", "select": [], "invocation_command": "dbt build", **args},
    )


def write_sources(folder: Path, status: str, *, at: datetime, invocation: str) -> None:
    """What `dbt source freshness` leaves of one source."""
    result = {
        "unique_id": "source.shop.raw.orders",
        "status": status,
        "snapshotted_at": _text(at),
        "max_loaded_at_time_ago_in_s": 7200.0,
        "criteria": {"warn_after": {"count": 1, "period": "hour"}, "error_after": {}},
        "timing": [],
        "execution_time": 0.1,
    }
    _write(folder / "sources.json", "sources/v3", [result], at=at, invocation=invocation)


def _write(
    file: Path,
    schema: str,
    results: list[dict[str, Any]],
    *,
    at: datetime,
    invocation: str,
    **others: Any,
) -> None:
    metadata = {
        "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{schema}.json",
        "dbt_version": "1.11.16",
        "generated_at": _text(at + timedelta(minutes=1)),
        "invocation_id": invocation,
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"metadata": metadata, "results": results, **others}))


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
