"""The demo season's platform: its commits, the stand-in for Cloud Run, and what plumbline says."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo_platform import cli
from demo_platform.process import DemoPlatformError, Server
from demo_platform.repository import REMOTE, commit_before, make_repository, run_git
from demo_platform.story import DEPLOYED, DEPLOYMENTS, FIX, NOW, PHASE_4, make_commits
from plumbline.core.status import Status
from plumbline.deploy.deployed import UnknownDeploymentError, read_deployed, read_revisions
from plumbline.deploy.drift import compare, find_drifts
from plumbline.deploy.issues import preview_issues
from plumbline.deploy.platform import DEMO_FOLDER, Platform, find_platform
from plumbline.deploy.wording import missing_commits
from plumbline.project import Project, Target

ROOT = Path(__file__).parents[3]

HEAD = "4b039f078590"
"""The branch's newest commit, on every machine."""


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder in which the demo platform was started."""
    folder = tmp_path_factory.mktemp("state")
    cli.start(folder / DEMO_FOLDER)
    yield folder
    Server(folder / DEMO_FOLDER).stop()


@pytest.fixture
def project() -> Project:
    return Project(ROOT)


@pytest.fixture
def target(state_dir: Path, monkeypatch: pytest.MonkeyPatch, project: Project) -> Target:
    for name in ("NBA_PLATFORM_REPOSITORY", "BIGQUERY_EMULATOR_HOST", "PLUMBLINE_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(state_dir))
    return project.target("local")


def test_the_repository_is_the_same_on_every_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    clone = make_repository(tmp_path, make_commits())
    assert run_git(clone, "rev-parse", "origin/main").startswith(HEAD)
    assert run_git(clone, "status", "--porcelain") == ""
    assert run_git(tmp_path / REMOTE, "branch", "--format=%(refname:short)") == "main"


def test_phase_4_is_598_commits_behind_and_77_of_them_are_its_own(
    project: Project, target: Target
) -> None:
    report = find_drifts(project, target, project.services, NOW)
    drifts = {drift.service.name: drift for drift in report.drifts}
    behind = drifts[PHASE_4].behind
    assert behind is not None, drifts[PHASE_4]
    assert (behind.commits, behind.own) == (598, 77)
    assert drifts[PHASE_4].status(report.limits) is Status.CRITICAL
    assert str(drifts[PHASE_4].age) == "6 days, 14:00:00"
    newest, *_, oldest = missing_commits(drifts[PHASE_4])
    assert newest.endswith("(Chidi)")
    assert f" 2026-01-26 {FIX} (Ana)" in oldest
    del drifts[PHASE_4], drifts["plumbline-health-check"]
    assert {one.status(report.limits) for one in drifts.values()} == {Status.PASS}
    (issue,) = preview_issues(report)
    assert issue.startswith(f"# CRITICAL {PHASE_4} is behind: 77 of 598 commits")
    assert FIX in issue


def test_369_of_the_commits_are_documentation(state_dir: Path) -> None:
    clone = state_dir / DEMO_FOLDER / "platform"
    span = f"{commit_before(clone, DEPLOYED)}..origin/main"
    assert run_git(clone, "rev-list", "--count", span, "--", "docs") == "369"


def test_a_deployment_of_the_newest_commit_ends_the_drift(
    project: Project, target: Target, state_dir: Path
) -> None:
    state = Server(state_dir / DEMO_FOLDER).state
    before = state.read_text()
    try:
        said = cli.deploy(state_dir / DEMO_FOLDER, PHASE_4)
        assert said == f"{PHASE_4}-00232-new runs {HEAD}"
        (service,) = [one for one in project.services if one.name == PHASE_4]
        found = read_deployed(service, find_platform(target), root=ROOT)
        assert found.at == datetime(2026, 2, 3, 4, 30, tzinfo=UTC)
        drift = compare(
            service,
            root=ROOT,
            now=NOW,
            deployed=lambda _: found,
            environment=find_platform(target).environment,
        )
        assert (drift.is_known, drift.is_drifted) == (True, False)
        names = [one.revision for one in read_revisions(service, find_platform(target))]
        assert names[:2] == [f"{PHASE_4}-00232-new", f"{PHASE_4}-00231-kov"]
    finally:
        state.write_text(before)


def test_what_is_deployed_has_a_commit_for_each_revision(state_dir: Path) -> None:
    deployed = json.loads((state_dir / DEMO_FOLDER / "deployments.json").read_text())
    commits = [one["commit"] for several in deployed["services"].values() for one in several]
    assert len(commits) == len(DEPLOYMENTS)
    assert all(len(commit) == 40 for commit in commits)


def test_a_second_start_keeps_the_server_and_undoes_deployments(state_dir: Path) -> None:
    folder = state_dir / DEMO_FOLDER
    port, before = Server(folder).port(), Server(folder).state.read_text()
    cli.deploy(folder, PHASE_4)
    cli.start(folder)
    assert (Server(folder).port(), Server(folder).state.read_text()) == (port, before)


def test_the_users_own_clone_comes_before_the_demos(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBA_PLATFORM_REPOSITORY", "/mine")
    assert find_platform(target).environment["NBA_PLATFORM_REPOSITORY"] == "/mine"


def test_without_the_demo_platform_the_fix_is_to_start_it(
    project: Project, tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path))
    target = project.target("local")
    with pytest.raises(UnknownDeploymentError, match="has not been started") as caught:
        read_deployed(project.services[0], find_platform(target), root=ROOT)
    assert caught.value.fix == "run `make demo-platform`"


def test_a_target_on_bigquery_never_uses_the_demo_platform(
    project: Project, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_PROJECT", "acme")
    found = find_platform(project.target("bigquery"))
    assert found == Platform("acme", environment=os.environ)


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoPlatformError, match=f"port {port} is in use") as caught:
            Server(tmp_path).start(port)
    assert "choose another with --port" in str(caught.value)


def test_another_server_on_the_port_is_not_taken_for_ours_nor_stopped(
    state_dir: Path, tmp_path: Path
) -> None:
    other = Server(state_dir / DEMO_FOLDER)
    pid = json.loads((other.folder / "server.json").read_text())["pid"]
    (tmp_path / "server.json").write_text(json.dumps({"pid": pid, "port": other.port()}))
    assert Server(tmp_path).port() is None
    assert Server(tmp_path).stop() is False
    assert other.port() is not None


@pytest.mark.scenario
def test_the_line_of_the_readme_shows_the_drift_and_what_to_try_next(tmp_path: Path) -> None:
    assert "make demo-platform" in (ROOT / "README.md").read_text()
    environment = {
        name: text
        for name, text in os.environ.items()
        if name not in ("NBA_PLATFORM_REPOSITORY", "BIGQUERY_EMULATOR_HOST", "PLUMBLINE_TARGET")
    }
    environment |= {"PLUMBLINE_STATE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT / "plugins")}
    try:
        done = subprocess.run(
            ["make", "demo-platform", "LOCAL="],  # what it needs is installed
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        Server(tmp_path / DEMO_FOLDER).stop()
    assert done.returncode == 0, done.stderr
    assert f"CRITICAL  {PHASE_4}: 77 of 598 commits touch its own paths" in done.stdout
    assert f"plumbline deploy check {PHASE_4}\n" in done.stdout
