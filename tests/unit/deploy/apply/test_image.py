"""The image: what is in it, as whom it runs, and that it says its revision.

No Docker is needed: the Dockerfile is read, and its one check is run in a shell.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from plumbline.project.revision import REVISION_VARIABLE
from support.dockerfile import Instruction, read_dockerfile
from unit.deploy.apply.conftest import COMMIT, ROOT

STEPS = read_dockerfile(ROOT / "Dockerfile")
LAST = max(step.stage for step in STEPS)


def steps(word: str, *, stage: int | None = None) -> list[Instruction]:
    return [s for s in STEPS if s.word == word and stage in (None, s.stage)]


def environment() -> dict[str, str]:
    pairs = [pair for step in steps("ENV", stage=LAST) for pair in shlex.split(step.value)]
    return dict(pair.split("=", 1) for pair in pairs)


def sources() -> list[str]:
    """What is copied from the repository."""
    words = [s.value.split() for s in steps("COPY") if "--from" not in s.value]
    return [source.rstrip("/") for *found, _ in words for source in found]


def sent() -> list[str]:
    """What .dockerignore lets into the build."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def test_it_is_slim_and_of_a_python_that_is_tested() -> None:
    bases = {step.value.removesuffix(" AS build") for step in steps("FROM")}
    assert bases == {"python:3.12-slim"}
    assert '"Programming Language :: Python :: 3.12"' in (ROOT / "pyproject.toml").read_text()
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert "python:3.12" in ci


def test_only_locked_packages_are_installed_and_none_of_the_local_extra() -> None:
    installs = [
        command
        for step in steps("RUN")
        for command in step.value.split("&&")
        if "pip install" in command or "pip wheel" in command
    ]
    assert len(installs) == 4
    for command in installs:
        assert "--no-deps" in command
        assert "--require-hashes" in command or "--no-index" in command
    text = " ".join(step.value for step in STEPS)
    assert set(re.findall(r"requirements/(\w+)\.txt", text)) == {"runtime", "build"}
    assert "[local]" not in text


def test_it_is_compiled_because_importing_great_expectations_is_slow() -> None:
    (compiles,) = [step for step in steps("RUN") if "compileall" in step.value]
    installs = [step for step in steps("RUN") if "pip install" in step.value]
    assert STEPS.index(compiles) > max(STEPS.index(step) for step in installs)


def test_its_bill_of_materials_lists_what_it_installs() -> None:
    (writes,) = [step for step in steps("RUN", stage=0) if "supply_chain sbom" in step.value]
    assert writes.value == (
        "/opt/plumbline/bin/python scripts/supply_chain sbom --here requirements/runtime.txt "
        "> /opt/plumbline/sbom.cdx.json"
    )
    assert "--from=build /opt/plumbline /opt/plumbline" in [s.value for s in steps("COPY")]


def test_it_runs_as_a_number_that_is_not_root() -> None:
    (user,) = steps("USER", stage=LAST)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.value)
    after = STEPS[STEPS.index(user) + 1 :]
    assert [step.word for step in after] == ["ENTRYPOINT", "CMD"]


def test_it_runs_the_health_check_and_fails_on_errors_alone() -> None:
    (entry,), (arguments,) = steps("ENTRYPOINT"), steps("CMD")
    assert json.loads(entry.value) == ["plumbline"]
    assert json.loads(arguments.value) == ["run", "health_check", "--fail-on", "error"]


def test_it_speaks_to_bigquery_and_writes_to_tmp_alone() -> None:
    said = environment()
    assert said["PLUMBLINE_TARGET"] == "bigquery"
    assert said["PLUMBLINE_STATE_DIR"].startswith("/tmp/")
    assert said["HOME"] == "/tmp"


def test_the_revision_is_baked_in_and_on_a_label() -> None:
    assert [step.value for step in steps("ARG")] == [REVISION_VARIABLE]
    assert environment()[REVISION_VARIABLE] == f"${REVISION_VARIABLE}"
    (labels,) = steps("LABEL")
    assert f"org.opencontainers.image.revision=${REVISION_VARIABLE}" in labels.value


@pytest.mark.parametrize(
    ("said", "builds"),
    [
        (COMMIT, True),
        (f"{COMMIT}-dirty", True),
        ("", False),
        ("main", False),
        (COMMIT[:12], False),
        (f"{COMMIT}x", False),
    ],
)
def test_without_a_revision_it_is_not_built(said: str, builds: bool) -> None:
    (check,) = [step for step in steps("RUN") if REVISION_VARIABLE in step.value]
    done = subprocess.run(
        ["sh", "-c", check.value],
        env={REVISION_VARIABLE: said, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert (done.returncode == 0) is builds
    if not builds:
        assert f"--build-arg {REVISION_VARIABLE}=" in done.stderr


def test_all_that_is_copied_is_there_and_is_sent_and_nothing_else_is() -> None:
    for source in sources():
        assert (ROOT / source).exists(), source
    assert sorted(sources()) == sorted(sent())
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_what_a_run_reads_is_in_it() -> None:
    from plumbline.project import Project

    project = Project(ROOT)
    runbooks = [project.suite(name).monitor.runbook for name in project.suite_names()]
    needed = [
        "great_expectations.yml",
        "dbt_project.yml",
        *project.dbt["model-paths"],
        *project.dbt["macro-paths"],
        *(
            folder.relative_to(ROOT)
            for folder in (project.expectations_dir, project.checkpoints_dir)
        ),
        *(runbook for runbook in runbooks if runbook),
    ]
    for path in map(Path, needed):
        assert any(path.is_relative_to(source) for source in sources()), path


def test_no_secret_and_no_registry_is_in_it() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"://|token|password|hooks\.slack|index-url", text, re.IGNORECASE)
    for step in steps("FROM"):
        assert re.fullmatch(r"[a-z]+:[\w.-]+( AS \w+)?", step.value)
