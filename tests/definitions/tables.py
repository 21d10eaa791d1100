"""Small tables made by hand: the world that a monitor is asked about.

Times are New York times, as in the definitions, so that a case reads like the definition it tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")

Row = Mapping[str, Any]


def at(text: str) -> datetime:
    """``2026-02-02 10:00`` in New York; a bare date is its end, as for ``--as-of``."""
    if len(text) == len("2026-02-02"):
        local = datetime.fromisoformat(text) + timedelta(days=1)
    else:
        local = datetime.fromisoformat(text)
    return local.replace(tzinfo=NEW_YORK).astimezone(UTC)


def day(text: str) -> date:
    """``2026-02-02``."""
    return date.fromisoformat(text)


@dataclass(frozen=True, eq=False)
class World:
    """Rows by ``dataset.table``; a table that is not named is empty."""

    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def world(*rows: tuple[str, Row] | Sequence[tuple[str, Row]]) -> World:
    """A world of rows, each with its table, as the functions below make them."""
    tables: dict[str, list[Row]] = {}
    for entry in rows:
        pairs = [entry] if isinstance(entry, tuple) else entry
        for table, row in pairs:
            tables.setdefault(table, []).append(row)
    return World(tables)


def game(
    game_id: str | None, on: str, status: int | None = 3, *, all_star: bool | None = False
) -> tuple[str, Row]:
    """A row of the calendar."""
    return "nba_reference.nba_schedule", {
        "game_id": game_id,
        "game_date": day(on),
        "game_status": status,
        "is_all_star": all_star,
    }


def features(on: str, lines: Sequence[float], **how: Any) -> list[tuple[str, Row]]:
    """A feature row for each value of the Vegas line."""
    return [feature_row(on, line, **how) for line in lines]


def feature_row(
    on: str,
    line: float = 20.5,
    *,
    arrived: str | None = "2025-01-01 09:00",
    length: int = 33,
    usage: float | None = None,
    quality: str | None = None,
) -> tuple[str, Row]:
    """A feature row whose features are one apart from each other but for the line, and the usage
    rate where one is given."""
    values = [1000.0 + index for index in range(length)]
    if length > 25:
        values[25] = line
    if length > 31 and usage is not None:
        values[31] = usage
    return "nba_predictions.ml_feature_store_v2", {
        "game_date": day(on),
        "features": values,
        "feature_quality_score": None if quality is None else Decimal(quality),
        "created_at": None if arrived is None else at(arrived),
    }


def prediction(
    system: str | None,
    on: str,
    player: str | None = "p1",
    game_id: str = "0022500001",
    *,
    line: str = "ACTUAL_PROP",
    arrived: str | None = "2025-01-01 09:00",
) -> tuple[str, Row]:
    """A row of ``player_prop_predictions``."""
    return "nba_predictions.player_prop_predictions", {
        "system_id": system,
        "player_lookup": player,
        "game_id": game_id,
        "game_date": day(on),
        "line_source": line,
        "created_at": None if arrived is None else at(arrived),
    }


def grade(
    system: str,
    on: str,
    player: str = "p1",
    game_id: str = "0022500001",
    *,
    voided: bool = False,
    arrived: str | None = "2025-01-01 09:00",
) -> tuple[str, Row]:
    """A row of ``prediction_accuracy``."""
    return "nba_predictions.prediction_accuracy", {
        "system_id": system,
        "player_lookup": player,
        "game_id": game_id,
        "game_date": day(on),
        "is_voided": voided,
        "graded_at": None if arrived is None else at(arrived),
    }


def completion(
    processor: str,
    on: str,
    *,
    status: str = "success",
    phase: str = "phase3",
    records: int | None = None,
    arrived: str | None = "2025-01-01 09:00",
) -> tuple[str, Row]:
    """A row of ``phase_completions``."""
    return "nba_orchestration.phase_completions", {
        "phase": phase,
        "game_date": day(on),
        "processor_name": processor,
        "status": status,
        "record_count": records,
        "completed_at": None if arrived is None else at(arrived),
    }


def play(bdb_game_id: int | None, on: str, event: str = "1") -> tuple[str, Row]:
    """A row of ``bigdataball_play_by_play``."""
    return "nba_raw.bigdataball_play_by_play", {
        "bdb_game_id": bdb_game_id,
        "game_date": day(on),
        "event_id": event,
    }


def look(
    service: str,
    on: str,
    *,
    own: int | None = 0,
    behind: int | None = 0,
    oldest: str | None = None,
    commit: str | None = "0a1b2c3d",
    reason: str | None = None,
    project: str | None = "shop",
    target: str | None = "prod",
) -> tuple[str, Row]:
    """A row of ``service_deployments``, looked at at a time in New York."""
    return "plumbline.service_deployments", {
        "service": service,
        "observed_at": at(on),
        "recorded_at": at(on) + timedelta(seconds=20),
        "deployed_commit": commit,
        "commits_behind": behind,
        "own_commits_behind": own,
        "oldest_at": None if oldest is None else at(oldest),
        "reason": reason,
        "project": project,
        "target": target,
    }


def service_error(service: str, when: str, severity: str = "error") -> tuple[str, Row]:
    """A row of ``service_errors``."""
    return "nba_orchestration.service_errors", {
        "service_name": service,
        "error_timestamp": at(when),
        "error_type": "TimeoutError",
        "severity": severity,
    }


def run_of(
    processor: str | None,
    started: str | None,
    status: str | None,
    on: str | None = None,
    *,
    run_id: str | None = None,
) -> tuple[str, Row]:
    """A row of ``processor_run_history``; for the day on which it started, unless told."""
    return "nba_reference.processor_run_history", {
        "processor_name": processor,
        "run_id": run_id,
        "status": status,
        "data_date": day(on or (started or "")[:10]),
        "started_at": None if started is None else at(started),
    }
