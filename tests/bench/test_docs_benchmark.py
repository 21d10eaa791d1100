"""The benchmark of the data docs: what it measures, and the exit codes that CI relies on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench import shared
from bench.cli import main
from bench.docs import cli
from bench.docs.cli import FEW, Measured
from plumbline.core.errors import WarehouseError
from plumbline.project.targets import Target
from plumbline.warehouse.retries import PATIENCE
from support.each import for_each
from support.processes import environment
from support.sockets import refused_port
from support.warm_python import warm_python

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench"


def test_help_says_what_the_exit_codes_are() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "docs", "--help"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert "0 flat; 1 it grows" in " ".join(done.stdout.split())


def test_wrong_usage_is_64(capsys: pytest.CaptureFixture[str]) -> None:
    def is_64(wrong: tuple[str, ...]) -> None:
        assert main(["docs", *wrong]) == 64
        assert "Usage: python scripts/bench docs" in capsys.readouterr().err

    for_each((("--rounds", "0"), ("--many", str(FEW)), ("--format", "xml"), ("--nonsense",)), is_64)


def test_what_cannot_be_measured_is_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PATIENCE, "embedded", 0.1)
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"127.0.0.1:{refused_port()}")
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", "")  # so that it is again as it was
    monkeypatch.delenv("PLUMBLINE_STATE_DIR")
    done = CliRunner().invoke(cli.command, ["--few", "1", "--many", "2"])
    assert done.exit_code == 3, done.output
    assert str(os.environ["BIGQUERY_EMULATOR_HOST"]) in done.stderr


@dataclass
class Found:
    """What would be measured, by how many results are stored."""

    cpu: Mapping[int, float]
    read: Mapping[int, int] = field(default_factory=lambda: {FEW: 100, 500: 100})
    overview: int = 30_000


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (Found({FEW: 0.20, 500: 0.20}), 0),
        (Found({FEW: 0.20, 500: 0.219}), 0),
        (Found({FEW: 0.20, 500: 0.221}), 1),
        (Found({FEW: 0.20, 500: 0.20}, read={FEW: 100, 500: 101}), 1),
        (Found({FEW: 0.20, 500: 0.20}, overview=300_001), 1),
    ],
    ids=["flat", "just", "more CPU", "more files read", "a large overview"],
)
def test_what_grows_is_1(monkeypatch: pytest.MonkeyPatch, found: Found, code: int) -> None:
    class NoServer:
        @classmethod
        def of(cls, _: object) -> NoServer:
            return cls()

        def stop(self, _: object) -> None:
            pass

    def measured(builder: str, stored: Mapping[int, object], _: int) -> list[Measured]:
        return [
            Measured(builder, count, found.cpu[count], 1.0, found.read[count], 20)
            for count in stored
        ]

    changes: dict[str, Any] = {
        "ensure_ready": lambda *_: object(),
        "EmbeddedWarehouse": NoServer,
        "_prepared": lambda *_: None,
        "_measured": measured,
        "_overview": lambda _: found.overview,
    }
    for name, change in changes.items():
        monkeypatch.setattr(cli, name, change)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", "unused")
    arguments = ["--many", "500", "--format", "json", "--no-gx"]
    done = CliRunner().invoke(cli.command, arguments)
    assert done.exit_code == code, done.output
    assert json.loads(done.stdout)["ratio"] == found.cpu[500] / found.cpu[FEW]


def test_a_fault_on_the_way_is_3(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise WarehouseError("it does not start")

    monkeypatch.setattr(cli, "ensure_ready", broken)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", "unused")
    assert CliRunner().invoke(cli.command, []).exit_code == 3


@pytest.mark.weekly
@pytest.mark.timeout(1000)
@pytest.mark.warehouse
@pytest.mark.scenario
def test_few_results_are_measured_for_real(season: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "PYTHON", warm_python())
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(season.state_dir))
    arguments = ["--few", "30", "--many", "45", "--rounds", "1", "--no-gx", "--format", "json"]
    done = CliRunner().invoke(cli.command, arguments)
    assert done.exit_code in (0, 1), done.output  # so few rounds prove nothing of the CPU
    said = json.loads(done.stdout)
    few, many = said["measured"]
    assert (few["stored"], many["stored"]) == (30, 45)
    assert many["read"] <= few["read"]
    assert 0 < said["overview_bytes"] <= 300_000
    assert said["ratio"] == pytest.approx(many["cpu"] / few["cpu"])
