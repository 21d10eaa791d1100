"""What is said of a service that is behind, how it is judged, and the issues of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.alerts.channels.github.channel import GitHubChannel
from plumbline.core.errors import ConfigError
from plumbline.core.status import Status
from plumbline.deploy.deployed import Deployed, UnknownDeploymentError
from plumbline.deploy.drift import Drift, DriftReport, Limits, compare, read_limits, worst_first
from plumbline.deploy.gitlog import Behind, Commit
from plumbline.deploy.issues import update_issues
from plumbline.deploy.report import drift_dict, drift_page
from plumbline.deploy.services import choose_services
from plumbline.deploy.wording import summary
from plumbline.net.secret import Secret
from plumbline.project import Project
from plumbline.project.services import Service, ServiceEntry
from plumbline.report.terminal import as_text
from plumbline.report.writers import as_markdown
from support.fake_github import FakeGitHub
from support.fake_receivers import FakeReceiver
from support.projects import make_project
from support.repositories import History
from support.targets import embedded_target

NOW = datetime(2026, 2, 2, 18, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


def service(name: str = "worker", **more: object) -> Service:
    values = {
        "name": name,
        "paths": ["shared"],
        "owner": "ml-platform",
        "deployed": {"command": ["true"]},
        "runbook": f"docs/runbooks/{name}.md",
    }
    entry = ServiceEntry.model_validate(values | more)
    return Service(entry, "services[0]", Path("deploy/services.yml"))


def drift(
    own: int, hours: float, *, behind: int = 598, cancelled: int = 0, name: str = "worker"
) -> Drift:
    at = NOW - timedelta(hours=hours)
    what = tuple(
        Commit(f"{number:040x}", at, "Ana", f"fix <b>| #{number} @team `x`")
        for number in range(min(own, 50))
    )
    found = Behind("m" * 40, "l" * 40, behind, own, cancelled, at if own else None, what)
    return Drift(service(name), NOW, Deployed("8cb96558" + "0" * 32, "image tag"), found)


UNKNOWN = Drift(service("lost"), NOW, reason="it has no label", fix="label it")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (drift(0, 0), Status.PASS),
        (drift(1, 5.9), Status.PASS),
        (drift(1, 6), Status.PASS),
        (drift(1, 6.1), Status.WARNING),
        (drift(1, 72), Status.WARNING),
        (drift(1, 72.1), Status.CRITICAL),
        (drift(1, -3), Status.PASS),
        (UNKNOWN, Status.ERROR),
    ],
    ids=["none", "young", "the limit", "past it", "the second", "past it too", "future", "unknown"],
)
def test_how_old_the_oldest_is_decides(found: Drift, status: Status) -> None:
    assert found.status(Limits()) is status


def test_the_limits_are_those_of_the_suite() -> None:
    assert read_limits(Project(ROOT)) == Limits(timedelta(hours=6), timedelta(hours=72))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (drift(77, 158), "77 of 598 commits touch its own paths and are not deployed, the oldest for 6 d 14 h"),
        (drift(1, 2, behind=1), "1 of 1 commit touches its own paths and is not deployed, the oldest for 2 h"),
        (drift(0, 0, behind=0), "runs the newest commit of main"),
        (drift(0, 0, behind=12), "has all of its own commits; 12 commits to other paths behind main"),
        (drift(0, 0, behind=2, cancelled=2), "(2 to its own paths cancel each other out)"),
        (UNKNOWN, "unknown: it has no label"),
    ],
)  # fmt: skip
def test_it_is_said_in_one_line(found: Drift, text: str) -> None:
    assert text in summary(found)


REPORT = DriftReport(
    NOW, (drift(0, 0, name="fine"), UNKNOWN, drift(2, 7, name="young"), drift(77, 158))
)


def test_the_worst_comes_first() -> None:
    names = [one.service.name for one in worst_first(REPORT)]
    assert names == ["worker", "lost", "young", "fine"]


def test_the_text_lists_what_does_not_run_and_the_fix() -> None:
    text = as_text(drift_page(REPORT))
    assert "✗ CRITICAL  worker: 77 of 598" in text
    assert "and 67 more" in text
    assert "runs  8cb965580000 (image tag)" in text
    assert "? ERROR     lost: unknown: it has no label\n    fix  label it" in text


def test_services_that_are_unknown_for_the_same_reason_are_one_result() -> None:
    others = [replace(UNKNOWN, service=service(name)) for name in ("other", "third")]
    text = as_text(drift_page(DriftReport(NOW, (UNKNOWN, drift(0, 0), *others))))
    assert "? ERROR     lost, other, third: unknown: it has no label\n    fix  label it\n" in text
    assert text.count("fix  ") == 1
    markdown = as_markdown(drift_page(DriftReport(NOW, (UNKNOWN, *others))))
    assert (
        "- ? ERROR lost, other, third: unknown: it has no label\n  - **fix**: label it" in markdown
    )


def test_what_commits_say_is_no_markdown() -> None:
    text = as_markdown(drift_page(REPORT))
    assert "- ✗ CRITICAL worker: 77 of 598" in text
    assert "<b>" not in text
    assert "@team" not in text


def test_the_json_has_every_service_and_the_exit_code() -> None:
    found = drift_dict(REPORT)
    assert (found["status"], found["exit_code"]) == ("CRITICAL", 2)
    (worker,) = [one for one in found["services"] if one["name"] == "worker"]
    assert (worker["commits_behind"], worker["own_commits_behind"]) == (598, 77)
    (lost,) = [one for one in found["services"] if one["name"] == "lost"]
    assert (lost["status"], lost["commits_behind"], lost["reason"]) == (
        "ERROR",
        None,
        "it has no label",
    )


# Looking


def test_a_service_is_looked_at_in_the_repository_that_a_variable_names(tmp_path: Path) -> None:
    history = History(tmp_path / "platform")
    commit = history.commit("shared/b.py")
    history.commit("shared/b.py")
    of = service(repository="PLATFORM")
    environment = {"PLATFORM": str(history.folder)}

    def deployed(_: Service) -> Deployed:
        return Deployed(commit, "command")

    found = compare(of, root=tmp_path, now=NOW, deployed=deployed, environment=environment)
    assert found.behind is not None
    assert found.behind.own == 1
    unset = compare(of, root=tmp_path, now=NOW, deployed=deployed, environment={})
    assert unset.reason == "the repository of worker is not known: PLATFORM is not set"
    assert unset.deployed is not None  # that much is known


def test_what_is_not_known_is_an_error_with_its_fix() -> None:
    def deployed(_: Service) -> Deployed:
        raise UnknownDeploymentError("no label", fix="label it")

    found = compare(service(), root=ROOT, now=NOW, deployed=deployed)
    assert (found.status(Limits()), found.reason, found.fix) == (
        Status.ERROR,
        "no label",
        "label it",
    )


# What could not be done


@pytest.mark.parametrize(
    ("found", "code"), [(drift(0, 0), 3), (drift(1, 7), 3), (drift(1, 80), 2), (UNKNOWN, 3)]
)
def test_a_failure_is_an_error_in_the_exit_code_and_in_the_json(found: Drift, code: int) -> None:
    report = DriftReport(NOW, (found,)).with_failure("Not recorded: no such dataset")
    assert report.exit_code == code
    document = drift_dict(report)
    assert document["exit_code"] == code
    assert document["notes"] == ["Not recorded: no such dataset"]


def test_issues_that_cannot_be_updated_are_a_failure() -> None:
    with FakeReceiver(FakeGitHub()) as server:
        url = server.url
    channel = GitHubChannel("issues", "acme/data", Secret("token"), base_url=url)
    (failure,) = update_issues(DriftReport(NOW, (drift(1, 7),)), channel).failures
    assert failure.startswith("The issues could not be updated: ")


# Issues


def tell(report: DriftReport, server: FakeReceiver) -> None:
    channel = GitHubChannel("issues", "acme/data", Secret("token"), base_url=server.url)
    assert update_issues(report, channel) == report  # without a failure


def test_an_issue_a_drifted_service_is_opened_once_updated_and_closed() -> None:
    github = FakeGitHub()
    with FakeReceiver(github) as server:
        tell(DriftReport(NOW, (drift(1, 7), drift(0, 0, name="fine"), UNKNOWN)), server)
        (issue,) = github.issues
        assert issue["state"] == "open"
        assert "worker is behind" in issue["title"]
        tell(DriftReport(NOW, (drift(1, 8),)), server)
        assert github.comments.get(1, []) == []  # nothing new
        tell(DriftReport(NOW, (drift(5, 80),)), server)
        assert len(github.comments[1]) == 1
        assert "5 of 598" in github.comments[1][0]["body"]
        tell(DriftReport(NOW, (UNKNOWN,)), server)
        assert github.issues[0]["state"] == "open"
        tell(DriftReport(NOW, (drift(0, 0),)), server)
        assert [one["state"] for one in github.issues] == ["closed"]


def test_a_project_without_services_is_told_what_to_write(tmp_path: Path) -> None:
    small = make_project(tmp_path, embedded_target(tmp_path / "state"))
    with pytest.raises(ConfigError) as caught:
        choose_services(Project(small.root))
    fix = str(caught.value.fix)
    example = fix[fix.index("services: [") : fix.rindex("]") + 1]
    (small.root / "deploy").mkdir()
    (small.root / "deploy" / "services.yml").write_text(example)
    (service,) = choose_services(Project(small.root))
    assert service.name == "checkout"
