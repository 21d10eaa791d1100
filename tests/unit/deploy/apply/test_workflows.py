"""The workflows: what is merged is tested, deployed and then seen to run."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.cli.deploy import command as deploy_group
from support.dockerfile import read_dockerfile
from unit.deploy.apply.conftest import ROOT

FOLDER = ROOT / ".github" / "workflows"


def read(name: str) -> dict[Any, Any]:
    content = yaml.safe_load((FOLDER / name).read_text())
    assert isinstance(content, dict)
    content["on"] = content.pop(True)  # YAML 1.1 reads the word as a truth value
    return content


def steps(name: str, job: str) -> list[dict[str, Any]]:
    return list(read(name)["jobs"][job]["steps"])


def scripts(name: str, job: str) -> str:
    return "\n".join(step["run"] for step in steps(name, job) if "run" in step)


def test_ci_runs_what_ci_is() -> None:
    assert scripts("ci.yml", "test").splitlines()[-1] == ".ci/run"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100
    assert set(read("ci.yml")["on"]) == {"pull_request", "workflow_call"}


def test_fuzzing_takes_a_minute_before_a_merge_and_an_hour_each_week() -> None:
    assert scripts("ci.yml", "fuzz") == "make fuzz"
    assert re.search(r"^FUZZ_SECONDS \?= 60$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert scripts("security.yml", "fuzz") == "make fuzz FUZZ_SECONDS=3600"


def test_tests_by_hypothesis_get_new_examples_each_week() -> None:
    assert read("matrix.yml")["jobs"]["examples"]["env"] == {"HYPOTHESIS_PROFILE": "weekly"}
    for words in re.findall(r"tests/[\w/.]+", scripts("matrix.yml", "examples")):
        assert (ROOT / words).exists(), words


def test_a_merge_is_deployed_after_its_tests_and_one_at_a_time() -> None:
    content = read("deploy.yml")
    assert content["on"]["push"]["branches"] == ["main"]
    assert content["jobs"]["test"]["uses"] == "./.github/workflows/ci.yml"
    assert content["jobs"]["deploy"]["needs"] == "test"
    assert content["concurrency"] == {"group": "deploy", "cancel-in-progress": False}


def test_whatever_goes_into_the_image_or_says_how_it_runs_deploys() -> None:
    paths = read("deploy.yml")["on"]["push"]["paths"]
    copied = [
        source.rstrip("/")
        for step in read_dockerfile(ROOT / "Dockerfile")
        if step.word == "COPY" and "--from" not in step.value
        for source in step.value.split()[:-1]
    ]
    folders = [path.removesuffix("/**") for path in paths]
    for source in (*copied, "Dockerfile", ".dockerignore", "deploy"):
        assert any(Path(source).is_relative_to(folder) for folder in folders), source
    for folder in folders:
        assert (ROOT / folder).exists(), folder


def test_google_is_reached_without_a_key() -> None:
    deploy = read("deploy.yml")["jobs"]["deploy"]
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    (auth,) = [
        s for s in deploy["steps"] if s.get("uses", "").startswith("google-github-actions/auth")
    ]
    assert set(auth["with"]) == {"workload_identity_provider", "service_account"}
    assert "secrets." not in (FOLDER / "deploy.yml").read_text()


def test_the_commit_is_baked_in_and_is_the_one_that_must_run() -> None:
    typed = scripts("deploy.yml", "deploy")
    assert '--build-arg PLUMBLINE_REVISION="$GITHUB_SHA"' in typed
    assert typed.splitlines()[-1] == (
        'plumbline deploy test-chain --through-scheduler --revision="$GITHUB_SHA"'
    )


def test_each_command_of_ours_has_the_options_that_it_is_given() -> None:
    lines = re.findall(r"plumbline deploy ([^)\"\n]+)", scripts("deploy.yml", "deploy"))
    assert len(lines) == 3
    for line in lines:
        name, *arguments = shlex.split(line.replace("=", " ").rstrip())
        known = {option for param in deploy_group.commands[name].params for option in param.opts}
        assert {word for word in arguments if word.startswith("--")} <= known


def test_the_watchdog_looks_each_hour_and_may_tell() -> None:
    content = read("watchdog.yml")
    (at,) = (entry["cron"] for entry in content["on"]["schedule"])
    minute, *rest = at.split()
    assert rest == ["*"] * 4
    assert 0 < int(minute) < 60
    last = steps("watchdog.yml", "check")[-1]
    assert last["run"] == "plumbline schedule check --target bigquery"
    named = yaml.safe_load((ROOT / "deploy" / "deploy.yml").read_text())["secrets"]
    assert set(named) <= set(last["env"])


def test_the_watchdog_looks_also_where_google_lets_it_not_in_and_a_finding_fails_the_job() -> None:
    (login,) = [
        step
        for step in steps("watchdog.yml", "check")
        if step.get("uses", "").startswith("google-github-actions/auth")
    ]
    assert login["continue-on-error"] is True
    assert "continue-on-error" not in steps("watchdog.yml", "check")[-1]


def test_drift_is_looked_for_every_six_hours_in_whole_clones() -> None:
    content = read("deployment-drift.yml")
    (at,) = (entry["cron"] for entry in content["on"]["schedule"])
    assert at.split()[1:] == ["*/6", "*", "*", "*"]
    made = steps("deployment-drift.yml", "drift")
    clones = [step for step in made if step.get("uses", "").startswith("actions/checkout")]
    assert [step["with"]["fetch-depth"] for step in clones] == [0, 0]
    assert made[-1]["env"]["NBA_PLATFORM_REPOSITORY"].endswith(clones[1]["with"]["path"])


def test_a_drift_fails_the_job_and_its_command_is_one_that_is_there() -> None:
    last = steps("deployment-drift.yml", "drift")[-1]
    assert 'exit "${PIPESTATUS[0]}"' in last["run"]
    assert "continue-on-error" not in last
    line = last["run"].partition("|")[0]
    drift_command = deploy_group.commands["drift"]
    assert shlex.split(line)[:3] == ["plumbline", "deploy", "drift"]
    known = {option for param in drift_command.params for option in param.opts}
    assert {word for word in shlex.split(line) if word.startswith("--")} <= known


@pytest.mark.parametrize("missing", ["PROVIDER", "ACCOUNT", "PROJECT", None])
def test_the_smoke_test_says_in_its_summary_that_it_was_skipped(
    missing: str | None, tmp_path: Path
) -> None:
    first, *others = steps("smoke.yml", "smoke")
    names = list(first["env"])
    summary, output = tmp_path / "summary", tmp_path / "output"
    summary.touch()
    output.touch()
    done = subprocess.run(
        ["bash", "-e", "-c", first["run"]],
        env={name: "" if name == missing else "set" for name in names}
        | {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert ("Skipped" in summary.read_text()) == (missing is not None)
    assert (output.read_text() == "now=yes\n") == (missing is None)
    assert {step["if"] for step in others} == {"steps.configured.outputs.now == 'yes'"}


def test_the_smoke_test_runs_no_code_of_a_pull_request() -> None:
    assert set(read("smoke.yml")["on"]) == {"schedule", "workflow_dispatch"}
    assert "plumbline smoke --target bigquery --write" in scripts("smoke.yml", "smoke")
