"""``plumbline deploy`` as it is typed: a platform's repository, its remote, Cloud Run's stand-in, a
warehouse."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from plumbline.cli.main import invoke
from plumbline.history.dataset import OwnDataset
from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of
from scenarios.conftest import Finished, Plumbline
from support.fake_cloud_run import FakeCloudRun, revision
from support.fake_github import FakeGitHub
from support.fake_receivers import FakeReceiver, Reply
from support.projects import SmallMonitor, SmallProject, between, make_project
from support.repositories import History, git
from support.sockets import refused_port

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
SERVICES = """
services:
  - name: worker
    repository: PLATFORM
    paths: [predictions/worker, shared]
    deployed: {{cloud_run: {{project: acme, region: us-west2, endpoint: "{endpoint}"}}}}
    tests: [cat, shared/lib.py]
    verify: post_deploy_worker
    monitors: [deployment_drift]
    owner: ml-platform
"""
SUITE_KWARGS = {"column": "hours_behind", "group_by": ["service"]}


@dataclass
class World:
    """A project over a warehouse of its own, the platform that it watches, and Cloud Run."""

    small: SmallProject
    platform: History
    cloud: FakeCloudRun
    environment: dict[str, str]

    def type(self, *arguments: str, now: datetime = NOW) -> Finished:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            runner = CliRunner()
            with runner.isolation() as streams:
                code = invoke(
                    [*arguments, "--project-dir", str(self.small.root)], clock=lambda: now
                )
                out, err = streams[0].getvalue().decode(), streams[1].getvalue().decode()
        return Finished(code, out, err)

    def deploy(self, commit: str, *, name: str = "worker-00001", ago: float = 2.0) -> None:
        """Let Cloud Run run ``commit``, for so many hours."""
        at = (NOW - timedelta(hours=ago)).isoformat().replace("+00:00", "Z")
        self.cloud.add("worker", revision(name, labels={"commit-sha": commit}, created=at))

    def rows(self) -> list[dict[str, object]]:
        dataset = OwnDataset(self.small.target)
        try:
            return dataset.read("drift", "select * from `{dataset}.service_deployments`")
        finally:
            dataset.close()


@pytest.fixture
def world(warehouse: Target, tmp_path: Path) -> Iterator[World]:
    small = make_project(tmp_path / "project", warehouse)
    for name in ("models/sources.yml", "models/staging/evaluations.sql"):
        shutil.copy(ROOT / name, small.root / name)
    small.add(
        "deployment_drift",
        SmallMonitor(
            (ROOT / "models/monitors/deployment_drift.sql").read_text(),
            [
                between("warning", max_value=6, **SUITE_KWARGS),
                between("critical", max_value=72, **SUITE_KWARGS),
            ],
            {"column": "drifted", "aggregate": "sum", "unit": "services"},
        ),
    )
    small.add("errors", "select 0.0 as pct")
    small.checkpoint("deployment_drift", name="health")
    small.checkpoint("errors", name="post_deploy_worker")
    dbt = small.root / "dbt_project.yml"
    ephemeral = "models:\n  small:\n    staging:\n      +materialized: ephemeral\n"
    dbt.write_text(dbt.read_text() + f"  services: [worker]\n  deployment_hours: 12\n{ephemeral}")
    platform = History(tmp_path / "remote", now=NOW - timedelta(days=30))
    platform.commit("predictions/worker/a.py", "shared/lib.py", "docs/notes.md")
    cloud = FakeCloudRun()
    with FakeReceiver(cloud) as server:
        (small.root / "deploy").mkdir()
        (small.root / "deploy/services.yml").write_text(SERVICES.format(endpoint=server.url))
        environment = {
            "PLATFORM": str(platform.folder),
            "BIGQUERY_EMULATOR_HOST": endpoint_of(warehouse),
            "PLUMBLINE_PROJECT": warehouse.project,
            "PLUMBLINE_STATE_DIR": str(tmp_path / "state"),
        }
        yield World(small, platform, cloud, environment)


def test_drift_is_recorded_and_the_monitor_judges_it(world: World) -> None:
    deployed = world.platform.commit("shared/lib.py")
    world.deploy(deployed)
    world.platform.now = NOW - timedelta(hours=80)
    for _ in range(3):
        world.platform.commit("predictions/worker/a.py")
    world.platform.commit("docs/notes.md")
    done = world.type("deploy", "drift")
    assert done.code == 2
    assert "✗ CRITICAL  worker: 3 of 4 commits touch its own paths" in done.stdout
    (row,) = world.rows()
    assert (row["own_commits_behind"], row["commits_behind"]) == (3, 4)
    found = world.small.run_at(NOW + timedelta(minutes=5))
    (outcome,) = found.outcomes
    assert (str(outcome.status), outcome.observed) == ("CRITICAL", 1.0)


def test_documentation_is_no_drift_and_its_run_a_pass(world: World) -> None:
    world.deploy(world.platform.commit("shared/lib.py"))
    world.platform.commit("docs/notes.md")
    done = world.type("deploy", "drift", "--format", "json")
    assert done.code == 0
    assert done.json["services"][0]["own_commits_behind"] == 0


@pytest.mark.parametrize("what", ["no label", "unknown commit", "Cloud Run down", "shallow clone"])
def test_what_is_not_known_is_an_error_of_the_command_and_of_the_monitor(
    world: World, what: str, tmp_path: Path
) -> None:
    deployed = world.platform.commit("shared/lib.py")
    world.deploy(deployed)
    if what == "no label":
        world.cloud.add("worker", revision("worker-00001"))
    elif what == "unknown commit":
        world.deploy("deadbeef" * 5)
    elif what == "Cloud Run down":
        world.cloud.fault = Reply(500)  # a 503 is asked again for ten seconds
    else:
        world.platform.commit("shared/lib.py")
        world.environment["PLATFORM"] = str(world.platform.clone(tmp_path / "c", "--depth=1"))
    done = world.type("deploy", "drift")
    assert done.code == 3
    assert "? ERROR     worker: unknown: " in done.stdout
    (row,) = world.rows()
    assert (row["deployed_commit"], row["own_commits_behind"]) == (None, None)
    (outcome,) = world.small.run_at(NOW + timedelta(minutes=5)).outcomes
    assert (str(outcome.status), outcome.observed) == ("ERROR", None)


def test_a_collector_that_died_is_no_green(world: World) -> None:
    world.deploy(world.platform.commit("shared/lib.py"))
    assert world.type("deploy", "drift").code == 0
    (fresh,) = world.small.run_at(NOW + timedelta(hours=11)).outcomes
    (stale,) = world.small.run_at(NOW + timedelta(hours=13)).outcomes
    assert [str(one.status) for one in (fresh, stale)] == ["PASS", "ERROR"]
    assert "nobody has looked" in (stale.reason or "")


def test_what_cannot_be_recorded_is_said_and_no_success(world: World) -> None:
    world.deploy(world.platform.commit("shared/lib.py"))
    world.environment |= {"BIGQUERY_EMULATOR_HOST": f"127.0.0.1:{refused_port()}"}
    done = world.type("deploy", "drift")
    assert done.code == 3
    assert "Not recorded, so the monitor deployment_drift doesn't see it" in done.stdout


def test_issues_follow_the_drift(world: World) -> None:
    github = FakeGitHub()
    with FakeReceiver(github) as server:
        world.environment |= {"GITHUB_TOKEN": "token", "GITHUB_API_URL": server.url}
        asked = ("deploy", "drift", "--no-record", "--issues", "acme/data")
        deployed = world.platform.commit("shared/lib.py")
        world.deploy(deployed)
        world.platform.now = NOW - timedelta(hours=20)
        new = world.platform.commit("shared/lib.py")
        assert world.type(*asked).code == 1
        assert [issue["state"] for issue in github.issues] == ["open"]
        world.deploy(new)
        assert world.type(*asked).code == 0
        assert [issue["state"] for issue in github.issues] == ["closed"]
        github.fault = lambda _: Reply(401, {"message": "Bad credentials"})
        done = world.type(*asked)
    assert done.code == 3
    assert "The issues could not be updated" in done.stdout
    del world.environment["GITHUB_TOKEN"]
    assert "GITHUB_TOKEN is not set" in world.type(*asked).stderr


def test_check_looks_at_everything_and_says_what_to_do(world: World, tmp_path: Path) -> None:
    deployed = world.platform.commit("shared/lib.py")
    world.deploy(deployed)
    world.platform.commit("shared/lib.py")
    clone = world.platform.clone(tmp_path / "clone")
    world.environment["PLATFORM"] = str(clone)
    done = world.type("deploy", "check", "worker")
    assert done.code == 0, done.stdout
    assert "all checks passed · exit 0" in done.stdout
    (clone / "shared/lib.py").write_text("not committed\n")
    done = world.type("deploy", "check", "worker")
    assert done.code == 2
    assert "✗ CRITICAL  uncommitted changes: 1 file in its own paths" in done.stdout
    assert "don't deploy" in done.stdout
    git(clone, "checkout", "--quiet", ".")
    found = world.type("deploy", "check", "worker", "--no-tests", "--format", "json")
    assert (found.code, found.json["status"]) == (1, "WARNING")


def test_verify_blocks_only_where_it_is_told_to(world: World) -> None:
    world.deploy(world.platform.commit("shared/lib.py"))
    done = world.type("deploy", "verify", "worker", "--no-logs")
    assert done.code == 0
    assert "✗ CRITICAL  errors" in done.stdout
    assert "before  CRITICAL too" in done.stdout
    found = world.type(
        *("deploy", "verify", "worker", "--no-logs", "--fail-on", "critical", "--format", "json")
    )
    assert (found.code, found.json["ending"], found.json["status"]) == (2, "not calm", "CRITICAL")
    at = (NOW - timedelta(hours=2)).isoformat(timespec="seconds")[:13]
    assert found.json["since"][:13] == at  # as Cloud Run says


# The shipped project, on the demo season


def test_phase_4s_own_target_is_missed_after_its_deployment(plumbline: Plumbline) -> None:
    done = plumbline(
        *("deploy", "verify", "nba-phase4-precompute-processors", "--as-of", "2026-01-28"),
        *("--since", "2026-01-25T18:00:00-05:00", "--format", "json", "--fail-on", "warning"),
    )
    assert done.code == 2, done.stderr
    coverage, errors = done.json["found"]
    assert (coverage["name"], coverage["status"]) == ("phase4_line_coverage", "CRITICAL")
    assert (coverage["before"], coverage["compared"]) == ("PASS", "worse")
    assert errors["status"] == "PASS"
    assert done.json["ending"] == "worse"


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (("drift", "prediction-wroker"), "no service", "did you mean 'prediction-worker'?"),
        (("check", "nowhere"), "no service", "known: "),
        (("verify", "nba-scrapers"), "no checkpoint verifies nba-scrapers", "such as health_check"),
        (("verify", "prediction-worker", "--since", "yesterday"), "neither a date", "--since"),
        (("verify", "prediction-worker", "--watch", "15m"), "needs current data", "leave out --watch"),
        (("drift", "--issues", "acme/data"), "GITHUB_TOKEN is not set", "Issues: read and write"),
    ],
    ids=["misspelt", "unknown", "no checkpoint", "no instant", "no now", "no token"],
)  # fmt: skip
def test_wrong_usage_is_64_with_its_fix(arguments: tuple[str, ...], what: str, fix: str) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "GITHUB_TOKEN"}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_TOKEN", raising=False)
        runner = CliRunner(env=environment)
        with runner.isolation() as streams:
            code = invoke(["deploy", *arguments, "--project-dir", str(ROOT)])
            said = streams[1].getvalue().decode()
    assert code == 64
    assert what in said
    assert fix in said
