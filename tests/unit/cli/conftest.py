"""A small project, and plumbline's command line inside this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from support.projects import SmallMonitor, SmallProject, make_project
from support.targets import embedded_target

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # still 23 November in New York

MODEL = (
    "select cast(instant as timestamp) as as_of, 'judge' as verdict, 100.0 as pct,\n"
    "    {{ var('days') }} as numerator, {{ var('days') }} as denominator\n"
    "from unnest({{ var('as_of') }}) as instant\n"
)
SCHEMA = """
version: 2
models:
  - name: coverage
    description: A share.
    config:
      meta:
        vars:
          days: {min: 1, max: 366}
"""


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str


Plumbline = Callable[..., Said]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """Two monitors in two checkpoints, as the working directory; no warehouse runs."""
    for variable in (
        "PLUMBLINE_TARGET",
        "PLUMBLINE_PROJECT",
        "BIGQUERY_EMULATOR_HOST",
        "GOOGLE_APPLICATION_CREDENTIALS",
    ):
        monkeypatch.delenv(variable, raising=False)
    state_dir = tmp_path / "state"
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(state_dir))
    small = make_project(tmp_path / "project", embedded_target(state_dir))
    meta = {"owner": "data-platform", "runbook": "docs/runbooks/coverage.md"}
    small.add("coverage", SmallMonitor(MODEL, meta=meta))
    small.add("volume", MODEL)
    (small.root / "models" / "schema.yml").write_text(SCHEMA)
    small.checkpoint("coverage", name="health_check")
    small.checkpoint("coverage", "volume", name="health_check_full")
    monkeypatch.chdir(small.root)
    return small


@pytest.fixture
def plumbline(capsys: pytest.CaptureFixture[str]) -> Plumbline:
    """The command line, at a known instant."""

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = invoke(arguments, clock=lambda: NOW)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run
