"""What is deployed: requests to a stand-in of Cloud Run's REST API, an endpoint, a command."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.deploy.deployed import (
    Deployed,
    UnknownDeploymentError,
    read_deployed,
    read_revisions,
)
from plumbline.deploy.logs import ENDPOINT_VARIABLE, count_errors
from plumbline.deploy.platform import Platform
from plumbline.net import google_api
from plumbline.project.services import Service, ServiceEntry
from support.fake_cloud_run import CREATED, HEAD, FakeCloudRun, revision
from support.fake_receivers import FakeReceiver, Reply
from support.sockets import refused_port

AT = datetime.fromisoformat(CREATED)


@pytest.fixture
def cloud() -> FakeCloudRun:
    return FakeCloudRun()


@pytest.fixture
def endpoint(cloud: FakeCloudRun) -> Iterator[str]:
    with FakeReceiver(cloud) as server:
        yield server.url


def service(deployed: Mapping[str, Any], name: str = "worker") -> Service:
    entry = ServiceEntry.model_validate(
        {"name": name, "paths": ["shared"], "owner": "ml-platform", "deployed": deployed}
    )
    return Service(entry, "services[0]", Path("deploy/services.yml"))


def on_cloud_run(endpoint: str, **more: str) -> Service:
    return service({"cloud_run": {"region": "us-west2", "endpoint": endpoint} | more})


def read(of: Service, root: Path = Path()) -> Deployed:
    return read_deployed(of, Platform("acme"), root=root)


# Cloud Run


@pytest.mark.parametrize(
    ("said", "found_by"),
    [
        (
            {"labels": {"commit-sha": HEAD}, "variables": {"BUILD_COMMIT": "0" * 40}},
            "label commit-sha",
        ),
        ({"variables": {"BUILD_COMMIT": HEAD}}, "variable BUILD_COMMIT"),
        ({"image": f"us-docker.pkg.dev/acme/platform/worker:{HEAD}"}, "image tag"),
        ({"image": f"us-docker.pkg.dev/acme/platform/worker:{HEAD}@sha256:00ff"}, "image tag"),
        ({"labels": {"commit-sha": "unknown"}, "variables": {"BUILD_COMMIT": HEAD}}, "variable"),
    ],
    ids=["the label goes first", "else a variable", "else the tag", "with a digest", "next best"],
)
def test_the_commit_of_a_revision(
    cloud: FakeCloudRun, endpoint: str, said: dict[str, Any], found_by: str
) -> None:
    cloud.add("worker", revision("worker-00007-abc", **said))
    found = read(on_cloud_run(endpoint))
    assert (found.commit, found.revision, found.at) == (HEAD, "worker-00007-abc", AT)
    assert found.found_by.startswith(found_by)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, "no label commit-sha, no variable BUILD_COMMIT and no image tag"),
        ({"image": "worker:latest"}, "image tag is 'latest'"),
        ({"labels": {"commit-sha": "v1.2"}}, "label commit-sha is 'v1.2'"),
    ],
    ids=["nothing", "a tag that moves", "a label that is not a commit"],
)
def test_a_revision_that_does_not_say_its_commit_is_unknown(
    cloud: FakeCloudRun, endpoint: str, said: dict[str, Any], shown: str
) -> None:
    cloud.add("worker", revision("worker-00007-abc", **said))
    with pytest.raises(UnknownDeploymentError, match="doesn't name its commit") as caught:
        read(on_cloud_run(endpoint))
    assert shown in caught.value.what
    assert caught.value.fix == "deploy with --labels=commit-sha=$(git rev-parse HEAD)"


def test_what_answers_counts_and_not_what_was_configured_last(
    cloud: FakeCloudRun, endpoint: str
) -> None:
    new = revision("worker-00008-new", labels={"commit-sha": HEAD})
    old = revision("worker-00007-old", labels={"commit-sha": "8cb96558"})
    cloud.add("worker", new, old, **{"worker-00007-old": 90, "worker-00008-new": 10})
    assert read(on_cloud_run(endpoint)).commit == "8cb96558"
    cloud.add("worker", new, old, latest=100)
    assert read(on_cloud_run(endpoint)).commit == HEAD


def test_two_halves_of_the_traffic_are_no_answer(cloud: FakeCloudRun, endpoint: str) -> None:
    new = revision("worker-00008-new", labels={"commit-sha": HEAD})
    old = revision("worker-00007-old", labels={"commit-sha": "8cb96558"})
    cloud.add("worker", new, old, **{"worker-00007-old": 50, "worker-00008-new": 50})
    with pytest.raises(UnknownDeploymentError, match="the same share of the traffic"):
        read(on_cloud_run(endpoint))


def test_a_job_is_one_of_the_services(cloud: FakeCloudRun, endpoint: str) -> None:
    cloud.jobs["health-check"] = revision("", image=f"plumbline:{HEAD}")
    found = read(on_cloud_run(endpoint, job="health-check"))
    assert found == Deployed(HEAD, "image tag", None, AT)


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (
            Reply(404, {"error": {"code": 404, "message": "no"}}),
            "has no service worker in us-west2",
        ),
        (
            Reply(403, {"error": {"code": 403, "message": "denied"}}),
            "permission to read worker on Cloud Run was denied",
        ),
        (
            Reply(500, {"error": {"code": 500, "message": "oops"}}),
            "did not return the deployed commit of worker",
        ),
        (Reply(how="cut"), "did not return the deployed commit of worker"),
    ],
    ids=["not found", "forbidden", "broken", "cut"],
)
def test_what_cloud_run_does_not_say_is_unknown(
    cloud: FakeCloudRun, endpoint: str, reply: Reply, what: str
) -> None:
    cloud.fault = reply
    with pytest.raises(UnknownDeploymentError) as caught:
        read(on_cloud_run(endpoint))
    assert what in caught.value.what
    assert caught.value.fix


def test_a_cloud_run_that_stays_down_is_asked_again_and_then_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # the second is longer than the time for all attempts
    monkeypatch.setattr(google_api, "RETRY_WAITS", (0.01, 60.0))
    with FakeReceiver() as server:
        server.answers(Reply(503))
        with pytest.raises(
            UnknownDeploymentError, match="did not return the deployed commit of worker"
        ):
            read(on_cloud_run(server.url))
    assert len(server.requests) == 2


def test_without_credentials_nothing_is_asked_and_the_fix_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(
        UnknownDeploymentError, match="Cloud Run needs Google credentials"
    ) as caught:
        read(service({"cloud_run": {"region": "us-west2"}}))
    assert "gcloud auth application-default login" in str(caught.value.fix)


def test_a_token_goes_to_cloud_run_and_not_to_a_server_on_this_machine(
    cloud: FakeCloudRun,
) -> None:
    cloud.add("worker", revision("w-1", labels={"commit-sha": HEAD}))
    with FakeReceiver(cloud) as server:
        read(on_cloud_run(server.url))
    assert all("authorization" not in request.headers for request in server.requests)


def test_the_project_must_be_known(endpoint: str) -> None:
    with pytest.raises(UnknownDeploymentError, match="project of worker is unknown"):
        read_deployed(on_cloud_run(endpoint), Platform(), root=Path())


def test_the_last_deployments_are_listed_also_where_their_commit_is_unknown(
    cloud: FakeCloudRun, endpoint: str
) -> None:
    cloud.add("worker", revision("w-2", labels={"commit-sha": HEAD}), revision("w-1"))
    found = read_revisions(on_cloud_run(endpoint), Platform("acme"))
    assert [(one.revision, one.commit) for one in found] == [("w-2", HEAD), ("w-1", "")]


# An endpoint


def test_an_endpoint_says_its_commit_as_text_or_under_a_key() -> None:
    with FakeReceiver() as server:
        server.answers(Reply(body=f"{HEAD}\n"))
        assert read(service({"http": {"url": server.url}})) == Deployed(HEAD, "http")
        server.answers(Reply(body={"build": HEAD}))
        assert read(service({"http": {"url": server.url, "field": "build"}})).commit == HEAD


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply(503, "down"), "answered 503"),
        (Reply(body={"version": "1"}), "no key 'build'"),
        (Reply(body={"build": "1.2.3"}), "'1.2.3' is not a commit"),
        (Reply(body="<html>"), "no key 'build'"),
    ],
    ids=["down", "another answer", "no commit", "no JSON"],
)
def test_an_endpoint_that_says_something_else_is_unknown(reply: Reply, what: str) -> None:
    with FakeReceiver() as server:
        server.answers(reply)
        with pytest.raises(UnknownDeploymentError) as caught:
            read(service({"http": {"url": server.url, "field": "build"}}))
    assert what in caught.value.what


def test_an_endpoint_that_is_not_there_is_unknown() -> None:
    url = f"http://127.0.0.1:{refused_port()}/version"
    with pytest.raises(UnknownDeploymentError, match="doesn't return the deployed commit"):
        read(service({"http": {"url": url}}))


# A command


def test_the_first_word_that_a_command_prints_is_the_commit(tmp_path: Path) -> None:
    (tmp_path / "DEPLOYED").write_text(f"{HEAD} by ana\n")
    assert read(service({"command": ["cat", "DEPLOYED"]}), tmp_path) == Deployed(HEAD, "command")


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (["cat", "NOWHERE"], "failed (exit code 1)"),
        (["no-such-command"], "can't be run"),
        ([sys.executable, "-c", "print('v1')"], "'v1' is not a commit"),
        (["true"], "'' is not a commit"),
    ],
    ids=["fails", "is not there", "says something else", "says nothing"],
)
def test_a_command_that_does_not_say_it_is_unknown(
    command: list[str], what: str, tmp_path: Path
) -> None:
    with pytest.raises(UnknownDeploymentError) as caught:
        read(service({"command": command}), tmp_path)
    assert what in caught.value.what


# Logs


def counted(of: Service, since: str, until: str) -> int:
    return count_errors(
        of,
        Platform("acme"),
        since=datetime.fromisoformat(since).astimezone(UTC),
        until=datetime.fromisoformat(until).astimezone(UTC),
    )


def test_errors_of_a_window_are_counted(
    cloud: FakeCloudRun, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, endpoint)
    cloud.errors = [f"2026-02-02T20:0{minute}:00Z" for minute in (1, 5, 9)]
    worker = on_cloud_run(endpoint)
    assert counted(worker, "2026-02-02T20:00:00Z", "2026-02-02T20:09:00Z") == 2
    assert counted(worker, "2026-02-02T19:00:00Z", "2026-02-02T20:00:00Z") == 0


def test_pages_of_the_log_are_added_up_also_after_an_empty_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = {"severity": "ERROR"}
    with FakeReceiver() as server:
        monkeypatch.setenv(ENDPOINT_VARIABLE, server.url)
        server.answers(
            Reply(body={"nextPageToken": "a"}),
            Reply(body={"entries": [entry, entry], "nextPageToken": "b"}),
            Reply(body={"entries": [entry]}),
        )
        found = counted(on_cloud_run(server.url), "2026-02-02T20:00:00Z", "2026-02-02T20:09:00Z")
    assert found == 3
    assert [request.json().get("pageToken") for request in server.requests] == [None, "a", "b"]


def test_logs_that_may_not_be_read_are_no_0(
    cloud: FakeCloudRun, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT_VARIABLE, endpoint)
    cloud.fault = Reply(403, {"error": {"code": 403, "message": "denied"}})
    with pytest.raises(
        UnknownDeploymentError, match="permission to read the logs was denied"
    ) as caught:
        counted(on_cloud_run(endpoint), "2026-02-02T20:00:00Z", "2026-02-02T20:09:00Z")
    assert "roles/logging.viewer" in str(caught.value.fix)
