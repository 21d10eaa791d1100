"""A command reads the project once: an edit during a run is in the next run, and not in this one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import great_expectations as gx
import pytest

from plumbline.history.dataset import OwnDataset
from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.jobs import JobRunner
from support.fake_slack import FakeSlack
from support.processes import environment
from support.projects import SmallProject, make_project
from support.repositories import git
from support.warm_python import warm_python
from support.whole_project import EDITED, EDITED_NUMBER, edit_every_file, make_whole_project

pytestmark = pytest.mark.warehouse

COUNTING = """
import json, os, sys
from collections import Counter

root = sys.argv[1] + os.sep
del sys.argv[1]
opened, asked = Counter(), Counter()


def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
        path = os.path.abspath(os.fsdecode(args[0]))
        if path.startswith(root) and os.path.isfile(path):
            opened[path.removeprefix(root)] += 1
    elif event == "subprocess.Popen" and args[0] == "git":
        asked[" ".join(args[1])] += 1


sys.addaudithook(hook)
from plumbline.cli.main import main

try:
    main()
except SystemExit:
    pass
print("RESULT", json.dumps({"opened": opened, "asked": asked}))
"""


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", server.webhook_url)
        yield server


@pytest.fixture
def whole(warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """A project with every kind of file, whose state lies elsewhere."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", EmbeddedWarehouse.of(warehouse).url())
    monkeypatch.setenv("PLUMBLINE_PROJECT", warehouse.project)
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path / "state"))
    small = make_project(tmp_path / "project", warehouse)
    make_whole_project(small)
    return small


def test_a_run_opens_each_file_of_the_project_once(
    whole: SmallProject, slack: FakeSlack, tmp_path: Path
) -> None:
    (script := tmp_path / "counting.py").write_text(COUNTING)
    done = subprocess.run(
        [*warm_python(), "-P", str(script), str(whole.root), "run", "health_check"],
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        cwd=whole.root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stderr
    line = lines[0]
    counted: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    assert slack.messages, done.stdout
    assert "great_expectations.yml" in counted["opened"]
    assert {file: times for file, times in counted["opened"].items() if times > 1} == {}
    assert any("rev-parse --verify HEAD" in question for question in counted["asked"])
    assert {question: times for question, times in counted["asked"].items() if times > 1} == {}


def test_an_edit_during_a_run_leaves_no_trace_in_it(
    whole: SmallProject, slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = git(whole.root, "rev-parse", "HEAD")
    commits: list[str] = []
    submit = JobRunner.submit

    def edit_first(self: JobRunner, request: Any) -> Any:
        if not commits:
            commits.append(edit_every_file(whole.root))
        return submit(self, request)

    monkeypatch.setattr(JobRunner, "submit", edit_first)
    report = whole.run("health_check", alerts=True)

    assert commits
    found = [(outcome.monitor, outcome.status) for outcome in report.outcomes]
    assert found == [("coverage", "CRITICAL"), ("quiet", "CRITICAL"), ("again", "PASS")]
    assert report.revision is not None
    assert report.revision.commit == before
    assert report.action_errors == ()
    told = json.dumps(slack.messages)
    rows = json.dumps(
        OwnDataset(whole.target).read("all of it", "select * from `{dataset}.outcomes`"),
        default=str,
    )
    written = {
        file.relative_to(tmp_path).as_posix(): file.read_text(errors="replace")
        for file in (tmp_path / "state").rglob("*")
        if file.is_file()
    }
    texts = {"report": repr(report), "messages": told, "history": rows, **written}
    assert any(name.startswith("state/docs/") for name in texts)
    assert any(name.startswith("state/results/") for name in texts)
    for name, text in texts.items():
        for trace in (EDITED, str(EDITED_NUMBER), commits[0], commits[0][:12]):
            assert trace not in text, f"{trace} in {name}"

    again = whole.run("health_check", alerts=True)
    assert again.outcomes[0].status == "ERROR"
    assert again.revision is not None
    assert again.revision.commit == commits[0]


def test_a_run_in_a_notebook_reads_the_project_when_it_begins(
    whole: SmallProject, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint: Any = gx.get_context(context_root_dir=str(whole.root)).checkpoints.get(
        "health_check"
    )
    suite = whole.root / "expectations" / "coverage.json"
    suite.write_text(suite.read_text().replace('"min_value": 50', '"min_value": 30'))
    git(whole.root, "commit", "--quiet", "--all", "--message", "a lower threshold")
    edited: list[str] = []
    submit = JobRunner.submit

    def edit_first(self: JobRunner, request: Any) -> Any:
        if not edited:
            edited.append(edit_every_file(whole.root))
        return submit(self, request)

    monkeypatch.setattr(JobRunner, "submit", edit_first)
    checkpoint.run()

    outcomes = {outcome.monitor: outcome for outcome in checkpoint.outcomes}
    assert edited
    assert outcomes["coverage"].status == "WARNING"
    assert outcomes["again"].status == "PASS"
    assert EDITED not in repr(outcomes) + repr(checkpoint.last_run) + json.dumps(slack.messages)
