"""`plumbline deploy test-chain`: whichever link is broken, that one is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plumbline.core.revision import Revision
from plumbline.deploy.apply.chain import is_revision, revisions_in
from support.fake_gcloud import FakeGcloud
from support.reports import report
from support.reports import text_of as render
from unit.deploy.apply.conftest import COMMIT, IMAGE, JOB, MORNING, OTHER, REPOSITORY, main


def links(text: str) -> dict[str, str]:
    """What each line says, by its link."""
    return {
        line[6:].partition(":")[0]: line[:4].strip()
        for line in text.splitlines()
        if line.startswith(("OK", "FAIL"))
    }


@pytest.mark.parametrize("more", [[], ["--through-scheduler"]])
def test_a_chain_that_holds_is_said_link_by_link(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    assert main(["test-chain", *more]) == 0
    said = capsys.readouterr().out
    assert links(said) == dict.fromkeys(("job", "trigger", "start", "run", "revision"), "OK")
    assert f"OK    revision: {COMMIT[:12]}\n" in said


def test_it_changes_nothing_but_what_it_starts(deployed: FakeGcloud) -> None:
    before = deployed.everything
    main(["test-chain"])
    assert deployed.changes == ["run jobs execute"] * 2
    assert deployed.everything == before


def test_a_job_that_takes_its_time_is_waited_for(deployed: FakeGcloud, slept: list[float]) -> None:
    deployed.ends(polls=4)
    assert main(["test-chain"]) == 0
    assert slept == [5.0] * 8


def test_a_job_that_does_not_end_is_said_not_to(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    deployed.ends(polls=10_000)
    file = project / "checkpoints" / "schedule.yml"
    file.write_text(file.read_text().replace("deadline: 10m", "deadline: 5s"))
    assert main(["test-chain", f"--project-dir={project}"]) == 3
    assert "it didn't end within 130 s" in capsys.readouterr().out  # two tries, and the start


def test_a_run_that_failed_says_why_and_which_revision_it_was(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.ends("Task plumbline-task0 failed with message: The container exited with code 3")
    assert main(["test-chain", "--alerts"]) == 3
    said = capsys.readouterr().out
    assert links(said)["run"] == "FAIL"
    assert "exited with code 3" in said
    assert links(said)["revision"] == "OK"
    assert "alerts" not in links(said)


def test_an_older_image_behind_the_tag_is_found_by_the_revision_that_ran(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.push(IMAGE, OTHER)
    assert main(["test-chain"]) == 3
    assert f"{OTHER[:12]} ran, {COMMIT[:12]} was expected" in capsys.readouterr().out


def test_what_was_merged_is_not_what_is_deployed(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test-chain", f"--revision={OTHER}"]) == 3
    assert links(capsys.readouterr().out)["revision"] == "FAIL"


def test_a_dirty_build_is_not_its_commit(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.push(IMAGE, f"{COMMIT}-dirty")
    assert main(["test-chain"]) == 3
    assert f"{COMMIT[:12]}-dirty ran" in capsys.readouterr().out


def test_a_run_without_a_revision_breaks_the_chain(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str], slept: list[float]
) -> None:
    deployed.push(IMAGE, None)
    assert main(["test-chain"]) == 3
    assert "PLUMBLINE_REVISION" in capsys.readouterr().out
    assert sum(slept) < 240


def test_an_image_whose_tag_is_no_commit_needs_to_be_told_the_revision(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.push(f"{REPOSITORY}:latest", COMMIT)
    main(["apply", f"--image={REPOSITORY}:latest"])
    assert main(["test-chain"]) == 3
    assert "pass --revision" in capsys.readouterr().out
    assert main(["test-chain", f"--revision={COMMIT}"]) == 0


def test_nothing_deployed_breaks_it_at_the_first_link(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test-chain"]) == 3
    assert links(capsys.readouterr().out) == {"job": "FAIL"}
    assert gcloud.changes == []


def test_a_paused_trigger_breaks_it(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.change("scheduler jobs", JOB, state="PAUSED")
    assert main(["test-chain"]) == 3
    said = capsys.readouterr().out
    of_the_first = said.partition(MORNING)[0]
    assert links(of_the_first) == {"job": "OK", "trigger": "FAIL"}
    assert f"gcloud scheduler jobs resume {JOB}" in said


def test_a_trigger_that_may_not_start_the_job_is_told_by_its_answer(
    deployed: FakeGcloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "gcloud.json"
    state.write_text(state.read_text().replace("roles/run.invoker", "roles/run.viewer"))
    assert main(["test-chain", "--through-scheduler"]) == 3
    said = capsys.readouterr().out
    assert links(said)["start"] == "FAIL"
    assert "PERMISSION_DENIED" in said
    assert "roles/run.invoker" in said
    assert "`token`" in said


def test_a_sample_is_sent_from_there_when_asked(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test-chain", "--alerts"]) == 0
    assert links(capsys.readouterr().out)["alerts"] == "OK"
    assert [call for call in deployed.calls if "--args=alerts,test,--target,bigquery" in call]


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("run jobs execute", "roles/run.developer"),
        ("logging read", "roles/logging.viewer"),
        ("run jobs executions list", "roles/viewer"),
    ],
)
def test_what_is_denied_names_the_role(
    deployed: FakeGcloud, capsys: pytest.CaptureFixture[str], command: str, role: str
) -> None:
    deployed.denies(command)
    assert main(["test-chain"]) == 3
    assert role in capsys.readouterr().err


def test_a_job_that_is_not_there_is_wrong_usage(
    gcloud: FakeGcloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test-chain", "--job=plumbline-healthcheck"]) == 64
    assert f"did you mean '{JOB}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"textPayload": f"x · suites at commit {COMMIT[:12]}"}, [COMMIT[:12]]),
        ({"textPayload": f"x · suites at commit {COMMIT[:12]}-dirty"}, [f"{COMMIT[:12]}-dirty"]),
        ({"textPayload": "x · suites not in git"}, []),
        ({"jsonPayload": {"suite_revision": COMMIT}}, [COMMIT]),
        ({"jsonPayload": {"revision": COMMIT[:12]}}, [COMMIT[:12]]),
        ({"jsonPayload": {"message": f"x · suites {COMMIT[:12]}"}}, [COMMIT[:12]]),
        ({"jsonPayload": {"suite_revision": None}}, []),
        ({"protoPayload": {"serviceName": "run.googleapis.com"}}, []),
    ],
)
def test_a_revision_is_read_from_text_and_from_json(
    entry: dict[str, Any], found: list[str]
) -> None:
    assert list(revisions_in(entry)) == found


def test_the_line_that_is_looked_for_is_the_one_that_a_report_begins_with() -> None:
    text = render(report(revision=Revision(COMMIT, dirty=True)))
    assert list(revisions_in({"textPayload": text.splitlines()[0]})) == [f"{COMMIT[:12]}-dirty"]


@pytest.mark.parametrize(
    ("ran", "expected", "same"),
    [
        (COMMIT[:12], COMMIT, True),
        (COMMIT, COMMIT, True),
        (COMMIT, COMMIT[:12], True),
        (f"{COMMIT}-dirty", COMMIT, False),
        (f"{COMMIT[:12]}-dirty", COMMIT, False),
        (OTHER, COMMIT, False),
    ],
)
def test_revisions_are_the_same_however_long_they_are_written(
    ran: str, expected: str, same: bool
) -> None:
    assert is_revision(ran, expected) is same
