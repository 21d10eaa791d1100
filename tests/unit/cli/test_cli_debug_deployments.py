"""`plumbline debug`: can it be learnt what each service runs?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.fake_cloud_run import HEAD, FakeCloudRun, revision
from support.fake_receivers import FakeReceiver
from support.projects import SmallProject
from unit.cli.conftest import Plumbline
from unit.cli.test_cli_debug import lines_of


@pytest.fixture
def cloud() -> FakeCloudRun:
    return FakeCloudRun()


@pytest.fixture
def endpoint(cloud: FakeCloudRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PLUMBLINE_PROJECT", "acme")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with FakeReceiver(cloud) as server:
        yield server.url


def declare(project: SmallProject, deployed: str, more: str = "") -> None:
    file = project.root / "deploy" / "services.yml"
    file.parent.mkdir()
    file.write_text(
        "services:\n"
        f"  - {{name: worker, paths: [models], owner: ana, deployed: {{{deployed}}}{more}}}\n"
    )


def on_cloud_run(endpoint: str) -> str:
    return f"cloud_run: {{region: us-west2, endpoint: '{endpoint}'}}"


def test_what_a_service_runs_is_said_with_how_it_is_known(
    project: SmallProject, plumbline: Plumbline, cloud: FakeCloudRun, endpoint: str
) -> None:
    cloud.add("worker", revision("worker-00007-abc", labels={"commit-sha": HEAD}))
    declare(project, on_cloud_run(endpoint))
    said = plumbline("debug", "--target", "bigquery")
    assert f"OK       service worker: runs {HEAD[:12]} (label commit-sha)" in said.out


def test_a_service_that_does_not_say_its_commit_is_missing_with_the_fix(
    project: SmallProject, plumbline: Plumbline, cloud: FakeCloudRun, endpoint: str
) -> None:
    cloud.add("worker", revision("worker-00007-abc"))
    declare(project, on_cloud_run(endpoint))
    said = plumbline("debug", "--target", "bigquery")
    assert said.code == 3
    assert lines_of(said.out)["service worker"] == "MISSING"
    assert "fix: deploy with --labels=commit-sha=$(git rev-parse HEAD)" in said.out


def test_a_repository_that_is_not_on_this_machine_is_a_note(
    project: SmallProject, plumbline: Plumbline, cloud: FakeCloudRun, endpoint: str
) -> None:
    cloud.add("worker", revision("worker-00007-abc", labels={"commit-sha": HEAD}))
    declare(project, on_cloud_run(endpoint), ", repository: WORKER_REPOSITORY")
    said = plumbline("debug", "--target", "bigquery")
    assert lines_of(said.out)["service worker"] == "NOTE"
    assert f"runs {HEAD[:12]} (label commit-sha); its drift can't be determined here" in said.out
    assert "WORKER_REPOSITORY is not set" in said.out


@pytest.mark.parametrize(
    ("command", "verdict"), [("touch, made", "OK"), ("no-such-command", "MISSING")]
)
def test_a_command_is_looked_for_and_not_run(
    project: SmallProject, plumbline: Plumbline, endpoint: str, command: str, verdict: str
) -> None:
    declare(project, f"command: [{command}]")
    said = plumbline("debug", "--target", "bigquery")
    assert lines_of(said.out)["service worker"] == verdict
    assert not (project.root / "made").exists()


def test_on_a_local_target_no_service_is_asked_and_nothing_is_missing(
    project: SmallProject, plumbline: Plumbline
) -> None:
    declare(project, "cloud_run: {region: us-west2}")
    lines = lines_of(plumbline("debug").out)
    assert lines["services"] == "NOTE"
    assert "service worker" not in lines


def test_a_malformed_list_of_services_is_missing(
    project: SmallProject, plumbline: Plumbline
) -> None:
    declare(project, "cloud_run: {regio: us-west2}")
    said = plumbline("debug")
    assert said.code == 3
    assert lines_of(said.out)["services"] == "MISSING"
    assert "deploy/services.yml" in said.out
