"""GitHub workflows, those of the repository, those exported and those in the docs: what they may do,
and whose code runs in them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from plumbline.schedule.export.files import Cloud
from plumbline.schedule.export.github_actions import write_github_actions
from support.pages import ROOT, blocks
from unit.schedule.conftest import schedule

FOLDER = ROOT / ".github" / "workflows"
CLOUD = Cloud("bigquery", plumbline_project="shop", secrets=("SLACK_WEBHOOK_URL",))

# A repository's token and secrets are in reach of these, with the code of a pull request.
UNSAFE_TRIGGERS = {"pull_request_target", "workflow_run", "issue_comment"}


@dataclass(frozen=True)
class Workflow:
    """One workflow, by its text."""

    name: str
    text: str

    @property
    def content(self) -> dict[Any, Any]:
        """As GitHub reads it; YAML 1.1 takes the key `on` for true."""
        read = yaml.safe_load(self.text)
        read["on"] = read.pop(True)
        return dict(read)

    @property
    def triggers(self) -> set[str]:
        on = self.content["on"]
        return {on} if isinstance(on, str) else set(on)

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return list(self.content["jobs"].values())

    @property
    def steps(self) -> list[dict[str, Any]]:
        return [step for job in self.jobs for step in job.get("steps", ())]


def exported() -> list[Workflow]:
    """With and without the step that checks the clock."""
    schedules = [
        schedule(),
        replace(schedule(timezone=ZoneInfo("UTC")), name="daily_validation"),
    ]
    files = write_github_actions(
        schedules,
        CLOUD,
        installing=["python -m pip install ./wheels/plumbline_dq-0.1.0-py3-none-any.whl"],
        folder="data/dq",
        now=datetime(2026, 5, 1, tzinfo=UTC),
    )
    return [Workflow(f"exported {file.name}", file.text) for file in files]


@pytest.fixture(scope="module")
def workflows() -> list[Workflow]:
    files = [Workflow(file.name, file.read_text()) for file in sorted(FOLDER.glob("*.y*ml"))]
    shown = [
        Workflow(block.where, block.text)
        for block in blocks("yaml", "yml")
        if re.search(r"^jobs:", block.text, re.MULTILINE)
    ]
    return [*files, *shown, *exported()]


def test_each_action_is_pinned_by_commit_with_its_version_in_a_comment(
    workflows: list[Workflow],
) -> None:
    steps_alone = [Workflow(block.where, block.text) for block in blocks("yaml", "yml")]
    for workflow in [*workflows, *steps_alone]:
        for used in re.findall(r"\buses:\s*(.+)", workflow.text):
            assert re.fullmatch(
                r"\./\.github/workflows/[\w.-]+|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+",
                used,
            ), f"{workflow.name}: {used}"


def test_an_action_has_the_same_version_everywhere(workflows: list[Workflow]) -> None:
    versions = defaultdict(set)
    for workflow in workflows:
        for action, version in re.findall(r"\buses:\s*([^@\s]+)@(.+)", workflow.text):
            versions[action].add(version)
    assert {action: found for action, found in versions.items() if len(found) > 1} == {}


def test_no_checkout_leaves_its_token_behind(workflows: list[Workflow]) -> None:
    for workflow in workflows:
        for step in workflow.steps:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, workflow.name


def test_a_workflow_only_reads_unless_a_job_is_granted_more(workflows: list[Workflow]) -> None:
    for workflow in workflows:
        assert workflow.content["permissions"] == {"contents": "read"}, workflow.name


def test_a_job_ends(workflows: list[Workflow]) -> None:
    for workflow in workflows:
        for job in workflow.jobs:
            is_whole = workflow.name.endswith(".yml") or "timeout-minutes" in job
            bounded = job if is_whole else job["steps"][-1]
            assert "uses" in job or bounded["timeout-minutes"] <= 90, workflow.name


def test_no_shell_is_given_an_expression_to_run(workflows: list[Workflow]) -> None:
    for workflow in workflows:
        for step in workflow.steps:
            assert "${{" not in step.get("run", ""), f"{workflow.name}: {step}"


def test_pull_request_code_runs_without_secrets_and_without_a_token_that_writes(
    workflows: list[Workflow],
) -> None:
    for workflow in workflows:
        assert not workflow.triggers & UNSAFE_TRIGGERS, workflow.name
        if "pull_request" in workflow.triggers:
            assert "secrets" not in workflow.text, workflow.name
            for job in workflow.jobs:
                granted = job.get("permissions", {})
                assert "id-token" not in granted
                is_ours_alone = all("uses" not in step for step in job["steps"])
                assert "write" not in granted.values() or is_ours_alone, workflow.name


def test_these_rules_read_every_workflow(workflows: list[Workflow]) -> None:
    names = {workflow.name for workflow in workflows}
    assert {file.name for file in FOLDER.iterdir()} <= names
    assert len([name for name in names if name.startswith("exported")]) == 2


def test_only_the_job_that_publishes_can_and_it_runs_no_code_of_the_repository(
    workflows: list[Workflow],
) -> None:
    (release,) = [workflow for workflow in workflows if workflow.name == "release.yml"]
    assert release.triggers == {"release"}
    assert "secrets." not in release.text
    jobs = release.content["jobs"]
    publish = jobs.pop("publish")
    assert [name for name, job in jobs.items() if "permissions" in job] == []
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"]["name"] == "pypi"
    assert publish["needs"] == "test"
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
