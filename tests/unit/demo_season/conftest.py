"""The demo season, made once for all its tests; no server is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo_season.incidents import Incidents, read_incidents
from demo_season.season import make_season
from unit.demo_season.season_in_pandas import Season

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def incidents_file() -> Path:
    return ROOT / "scripts" / "demo_season" / "incidents.yml"


@pytest.fixture(scope="session")
def incidents(incidents_file: Path) -> Incidents:
    return read_incidents(incidents_file)


@pytest.fixture(scope="session")
def tables(incidents: Incidents):
    return make_season(incidents)


@pytest.fixture(scope="session")
def season(tables) -> Season:
    return Season(tables)
