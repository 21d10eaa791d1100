"""`plumbline warehouse`: what can be said without starting a server."""

from __future__ import annotations

import pytest

from support.projects import SmallProject
from unit.cli.conftest import Plumbline

EVERY = ("start", "stop", "status", "seed", "reset")


def test_a_server_that_does_not_run_is_said_with_exit_3(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("warehouse", "status")
    assert said.code == 3
    assert said.out.splitlines()[0] == "stopped"
    assert str(project.target.state_dir / "warehouse") in said.out


def test_stopping_what_does_not_run_is_done(project: SmallProject, plumbline: Plumbline) -> None:
    said = plumbline("warehouse", "stop")
    assert (said.code, said.out) == (0, "it was not running\n")


@pytest.mark.parametrize("name", EVERY)
def test_bigquery_itself_is_left_alone(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("PLUMBLINE_PROJECT", "some-project")
    said = plumbline("warehouse", name, "--target", "bigquery")
    assert said.code == 64
    assert "target 'bigquery' is BigQuery, not the embedded warehouse" in said.err
    assert "fix: choose one of kind embedded: --target local" in said.err


@pytest.mark.parametrize("name", EVERY)
def test_a_server_of_the_users_is_left_alone(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "localhost:9050")
    said = plumbline("warehouse", name)
    assert said.code == 64
    assert "localhost:9050" in said.err
    assert "unset the variable" in said.err


def test_a_seed_command_that_is_not_there_is_refused(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("warehouse", "start")
    assert said.code == 64
    assert "scripts/demo_season" in said.err


def test_sources_outside_the_project_are_refused(
    project: SmallProject, plumbline: Plumbline
) -> None:
    sources = project.root / "models" / "sources.yml"
    sources.unlink(missing_ok=True)
    sources.symlink_to("/etc/hostname")
    said = plumbline("alerts", "list")
    assert said.code == 64
    assert "outside the project" in said.err
