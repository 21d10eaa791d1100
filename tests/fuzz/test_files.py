"""Each file of the shipped project, changed by hostile hands: every command that reads it ends,
with one of the codes of the contract, and shows no secret of the environment."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from shutil import copy, copytree

import pytest

from fuzz.conftest import CANARY, Fuzz
from fuzz.mutation import mutated, restructured
from plumbline.cli.main import invoke

ROOT = Path(__file__).resolve().parents[2]
KNOWN_CODES = {0, 1, 2, 3, 64}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shipped project."""
    root = tmp_path_factory.mktemp("fuzz") / "project"
    for name in ("models", "macros", "expectations", "checkpoints", "deploy", "docs/runbooks"):
        copytree(ROOT / name, root / name)
    for name in ("dbt_project.yml", "great_expectations.yml"):
        copy(ROOT / name, root)
    (root / "plugins").mkdir()
    return root


@pytest.fixture(autouse=True)
def _settings(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(project.parent / "state"))
    for name in ("PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    limit = sys.getrecursionlimit()
    yield
    assert sys.getrecursionlimit() == limit


def check(project: Path, file: Path, text: str, *commands: tuple[str, ...]) -> None:
    """Let each command read ``text`` as ``file``, which is put back."""
    before = file.read_bytes()
    try:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        for command in commands:
            if command is LINT and len(commands) > 1 and zlib.crc32(file.read_bytes()) % 5:
                continue
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                code = invoke(["--project-dir", str(project), *command])
            said = out.getvalue() + err.getvalue()
            assert code in KNOWN_CODES, f"{command}: exit {code}: {said[-2000:]}"
            assert CANARY not in said, f"{command} shows a secret"
    finally:
        file.write_bytes(before)


LINT = ("lint", "--no-plugins")
"""It takes as long as ten others, so it reads one case in five."""
CASES = {
    "expectations/line_coverage.json": (("compile", "line_coverage"), ("list",)),
    "expectations/grading_completeness.json": (("compile", "grading_completeness"), LINT),
    "checkpoints/health_check.json": (("list",), ("schedule", "show"), LINT),
    "checkpoints/alerts.yml": (("list",), LINT),
    "checkpoints/schedule.yml": (("schedule", "show"), LINT),
    "checkpoints/mutes.yml": (("list",), LINT),
    "checkpoints/incidents.yml": (LINT,),
    "deploy/services.yml": (LINT,),
    "great_expectations.yml": (("list",), ("compile", "line_coverage"), LINT),
    "dbt_project.yml": (("list",), ("compile", "line_coverage"), LINT),
    "models/sources.yml": (("compile", "line_coverage"), LINT),
    "models/schema.yml": (("compile", "line_coverage"), LINT),
    "models/monitors/line_coverage.sql": (("compile", "line_coverage"), LINT),
    "models/staging/calendar.sql": (("compile", "line_coverage"),),
    "macros/anchor_date.sql": (("compile", "line_coverage"),),
}


@pytest.mark.parametrize("name", CASES)
def test_a_file_that_was_changed_is_read_or_refused(project: Path, fuzz: Fuzz, name: str) -> None:
    file = project / name
    seeds = [file.read_text()]
    if file.suffix == ".json":
        seeds += [other.read_text() for other in sorted(file.parent.glob("*.json"))]
    if file.suffix == ".sql":
        seeds += [other.read_text() for other in sorted(file.parent.glob("*.sql"))]
    texts = mutated(seeds)
    if file.suffix != ".sql":
        texts |= restructured(seeds[0], file.suffix)
    fuzz(lambda text: check(project, file, text, *CASES[name]), texts)
