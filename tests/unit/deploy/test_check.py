"""What is looked at before a deployment, in real repositories with a remote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.alerts.incidents.model import Incident
from plumbline.core.status import Status
from plumbline.deploy.check import CHECKS, CheckContext, CheckResult, run_checks
from plumbline.deploy.deployed import Deployed, UnknownDeploymentError
from plumbline.deploy.drift import compare
from plumbline.deploy.report import result_page
from plumbline.project import Project
from plumbline.project.services import Service, ServiceEntry
from plumbline.report.terminal import as_text
from support.fake_receivers import FakeReceiver, Reply
from support.repositories import History, git

NOW = datetime(2026, 2, 2, 18, tzinfo=UTC)


@pytest.fixture
def remote(tmp_path: Path) -> History:
    made = History(tmp_path / "remote")
    made.commit("shared/b.py", "docs/c.md", "schemas/migrations/001_first.sql")
    return made


@pytest.fixture
def clone(remote: History, tmp_path: Path) -> Path:
    """What a person deploys from."""
    return remote.clone(tmp_path / "clone")


def before(
    clone: Path,
    *,
    deployed: str | None = None,
    revisions: Sequence[Deployed] | UnknownDeploymentError = (),
    incidents: Sequence[Incident] | None = (),
    runs_tests: bool = True,
    folder: str = ".",
    **entry: object,
) -> CheckContext:
    values = {
        "name": "worker",
        "paths": ["shared"],
        "owner": "ml-platform",
        "deployed": {"command": ["true"]},
    }
    service = Service(ServiceEntry.model_validate(values | entry), "services[0]", Path("s.yml"))
    commit = deployed or git(clone, "rev-parse", "HEAD")

    def read_revisions() -> Sequence[Deployed]:
        if isinstance(revisions, UnknownDeploymentError):
            raise revisions
        return revisions

    return CheckContext(
        project=Project(clone / folder),
        service=service,
        now=NOW,
        drift=compare(
            service, root=clone / folder, now=NOW, deployed=lambda _: Deployed(commit, "command")
        ),
        revisions=read_revisions,
        incidents=None if incidents is None else (lambda: incidents),
        runs_tests=runs_tests,
    )


def found(name: str, of: CheckContext) -> CheckResult:
    (one,) = [checked for checked in run_checks(of) if checked.name == name]
    return one


def commit_here(clone: Path, name: str) -> None:
    (clone / name).write_text("new\n")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "here")


def test_every_check_is_made_also_where_another_is_broken(clone: Path) -> None:
    made = list(run_checks(before(clone, repository="NOT_SET_ANYWHERE")))
    assert [one.name for one in made] == list(CHECKS)
    assert found("branch", before(clone, repository="NOT_SET_ANYWHERE")).status is Status.ERROR


def test_nothing_speaks_against_a_clean_clone_with_something_to_deploy(
    remote: History, tmp_path: Path
) -> None:
    deployed = git(remote.folder, "rev-parse", "HEAD")
    remote.commit("shared/b.py")
    clone = remote.clone(tmp_path / "fresh")
    statuses = {one.name: one.status for one in run_checks(before(clone, deployed=deployed))}
    assert set(statuses.values()) == {Status.PASS, Status.SKIPPED}
    assert statuses["what would be deployed"] is Status.PASS


@pytest.mark.parametrize(
    ("file", "status"),
    [("shared/b.py", Status.CRITICAL), ("shared/new.py", Status.CRITICAL), ("docs/c.md", Status.WARNING)],
    ids=["of its own", "a new one of its own", "of others"],
)  # fmt: skip
def test_uncommitted_changes(clone: Path, file: str, status: Status) -> None:
    assert found("uncommitted changes", before(clone)).status is Status.PASS
    (clone / file).write_text("changed\n")
    one = found("uncommitted changes", before(clone))
    assert one.status is status
    assert file in one.details[0]


def test_another_branch_is_a_hard_failure(clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "feature")
    one = found("branch", before(clone))
    assert (one.status, one.what, one.fix) == (
        Status.CRITICAL,
        "on feature, but the service is deployed from main",
        "git switch main",
    )
    git(clone, "switch", "--quiet", "--detach")
    assert "detached" in found("branch", before(clone)).what


def test_the_remote_is_asked_before_it_is_believed(remote: History, clone: Path) -> None:
    assert found("in step with the remote", before(clone)).status is Status.PASS
    remote.commit("docs/c.md")
    one = found("in step with the remote", before(clone))
    assert (one.status, one.what) == (Status.CRITICAL, "1 behind origin/main")
    commit_here(clone, "docs/mine.md")
    assert (
        "diverged: 1 only here, 1 only there"
        in found("in step with the remote", before(clone)).what
    )


def test_what_was_not_pushed_is_a_hard_failure(clone: Path) -> None:
    commit_here(clone, "shared/mine.py")
    one = found("in step with the remote", before(clone))
    assert (one.status, one.fix) == (Status.CRITICAL, "git push")


def test_a_remote_that_does_not_answer_is_an_error(remote: History, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "/nowhere")
    assert found("in step with the remote", before(clone)).status is Status.ERROR
    git(clone, "branch", "--unset-upstream")
    assert found("in step with the remote", before(clone)).status is Status.WARNING
    assert remote


@pytest.mark.parametrize(
    ("tests", "runs", "status"),
    [
        (["true"], True, Status.PASS),
        (["false"], True, Status.CRITICAL),
        (["no-such-command"], True, Status.CRITICAL),
        (["true"], False, Status.WARNING),
        (None, True, Status.SKIPPED),
    ],
    ids=["pass", "fail", "are not there", "left out", "not declared"],
)
def test_the_services_tests(
    clone: Path, tests: list[str] | None, runs: bool, status: Status
) -> None:
    assert found("tests", before(clone, tests=tests, runs_tests=runs)).status is status


def test_paths_are_those_of_the_repository_where_the_project_is_a_folder_in_it(
    remote: History, tmp_path: Path
) -> None:
    remote.commit("plumbline/README.md", "schemas/APPLIED")
    clone = remote.clone(tmp_path / "clone")
    (clone / "schemas/APPLIED").write_text("none\n")
    declared = {"migrations": ["schemas/migrations"], "applied": ["cat", "schemas/APPLIED"]}
    one = found("schema changes", before(clone, folder="plumbline", **declared))
    assert (one.status, "001_first.sql" in str(one)) == (Status.CRITICAL, True)
    tests = found("tests", before(clone, folder="plumbline", tests=["ls", "shared/b.py"]))
    assert tests.status is Status.PASS


def test_schema_changes_must_have_been_applied(remote: History, tmp_path: Path) -> None:
    remote.commit("schemas/migrations/002_second.sql", "schemas/migrations/notes.md")
    (remote.folder / "schemas/APPLIED").write_text("001_first.sql\n")
    remote.commit("docs/c.md")
    clone = remote.clone(tmp_path / "fresh")
    declared = {"migrations": ["schemas/migrations"], "applied": ["cat", "schemas/APPLIED"]}
    one = found("schema changes", before(clone, **declared))
    assert (one.status, one.what, one.details) == (
        Status.CRITICAL,
        "1 of 2 are not applied",
        ("002_second.sql",),
    )
    (clone / "schemas/APPLIED").write_text("001_first.sql\n002_second.sql\n")
    assert found("schema changes", before(clone, **declared)).status is Status.PASS
    unsaid = found("schema changes", before(clone, migrations=["schemas/migrations"]))
    assert unsaid.status is Status.ERROR


def test_a_deployment_of_a_moment_ago_is_a_warning(clone: Path) -> None:
    last = Deployed("8cb96558", "image tag", "worker-00007", NOW - timedelta(minutes=5))
    older = Deployed("", "nowhere", "worker-00006", NOW - timedelta(days=2))
    one = found("last deployments", before(clone, revisions=[last, older]))
    assert one.status is Status.WARNING
    assert "commit unknown" in one.details[1]
    assert found("last deployments", before(clone, revisions=[older])).status is Status.PASS
    unknown = UnknownDeploymentError("Cloud Run did not say", fix="try again")
    assert found("last deployments", before(clone, revisions=unknown)).status is Status.ERROR


def test_a_service_that_is_ill_before_is_a_warning(clone: Path) -> None:
    with FakeReceiver() as server:
        assert found("health", before(clone, health=server.url)).status is Status.PASS
        server.answers(Reply(503))
        one = found("health", before(clone, health=server.url))
    assert (one.status, "answered 503" in one.what) == (Status.WARNING, True)
    assert found("health", before(clone)).status is Status.SKIPPED


def incident(monitor: str, **changes: object) -> Incident:
    values = {
        "id": f"{monitor}-1a2b3c4d",
        "monitor": monitor,
        "kind": "data",
        "status": Status.CRITICAL,
        "worst": Status.CRITICAL,
        "opened_at": NOW,
        "last_seen": NOW,
        "checkpoint": "health_check",
    }
    return Incident(**values | changes)  # type: ignore[arg-type]


def test_open_incidents_of_its_monitors_are_a_warning(clone: Path) -> None:
    known = [
        incident("line_coverage"),
        incident("bdb_coverage"),
        incident("line_coverage", id="old", closed_at=NOW, ending="resolved"),
    ]
    one = found("open incidents", before(clone, incidents=known, monitors=["line_coverage"]))
    assert (one.status, one.what, len(one.details)) == (
        Status.WARNING,
        "1 open for its monitors",
        1,
    )
    quiet = before(clone, incidents=known, monitors=["grading_completeness"])
    assert found("open incidents", quiet).status is Status.PASS
    demo = before(clone, incidents=None, monitors=["line_coverage"])
    assert found("open incidents", demo).status is Status.SKIPPED


def test_nothing_new_to_deploy_is_a_warning_and_an_unknown_state_an_error(clone: Path) -> None:
    name = "what would be deployed"
    assert found(name, before(clone)).status is Status.WARNING
    assert found(name, before(clone, deployed="deadbeef")).status is Status.ERROR


def test_what_keeps_several_checks_from_being_made_is_said_once() -> None:
    first = CheckResult(Status.ERROR, "no repository", "clone it", name="branch")
    assert as_text(result_page(first)) == "? ERROR     branch: no repository\n    fix  clone it\n"
    later = as_text(result_page(replace(first, name="remote"), [first]))
    assert later == "? ERROR     remote: not checked, see branch\n"
    own = replace(first, name="remote", status=Status.CRITICAL)
    assert "no repository" in as_text(result_page(own, [replace(own, name="branch")]))
