"""The output in the README is what the commands say."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
from pathlib import Path

import pytest
import yaml

from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from support.pages import ROOT, Page
from support.warm_python import warm_python

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

README = Page("README.md")
WHOLE_RUN, LOW, EMPTY, TYPO, GONE = (block.text for block in README.blocks("text"))


def same_words(text: str) -> str:
    """Without blanks and line breaks, and without what differs from run to run."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"suites (not in git|at commit \S+)", "suites REVISION", text)
    return re.sub(r"\d+\.\d s\b", "N s", text).replace(" ", "")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The shipped project, its suite line_coverage as the README has it."""
    root = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("expectations", "checkpoints", "macros", "models"):
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copytree(ROOT / "scripts/demo_season", root / "scripts/demo_season", ignore=ignored)
    for name in ("great_expectations.yml", "dbt_project.yml"):
        shutil.copy(ROOT / name, root / name)
    (suite,) = README.blocks("json")
    (root / "expectations" / "line_coverage.json").write_text(suite.text)
    return root


def read_predictions_from(dataset: str, project: Path) -> None:
    """Let the target find the tables of nba_predictions elsewhere, and leave the data alone."""
    file = project / "great_expectations.yml"
    content = yaml.safe_load(file.read_text())
    target = content["fluent_datasources"]["warehouse"]["targets"]["local"]
    target["datasets"] = {"nba_predictions": dataset}
    file.write_text(yaml.safe_dump(content))


def say(project: Path, season: Target, *arguments: str, emulator: bool = False) -> str:
    """What a person sees on a terminal, without colours."""
    environment = os.environ | {
        "NO_COLOR": "1",
        "COLUMNS": "99",
        "PLUMBLINE_STATE_DIR": str(season.state_dir),
        "PYTHONPATH": str(ROOT / "plugins"),
    }
    if emulator:
        # Used as it is found: another dataset would otherwise be filled with the season.
        record = json.loads((season.state_dir / "warehouse" / "server.json").read_text())
        environment["BIGQUERY_EMULATOR_HOST"] = f"127.0.0.1:{record['port']}"
        arguments = (*arguments, "--as-of", "2026-02-02")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 99, 0, 0))
    process = subprocess.Popen(
        [*warm_python(), "-m", "plumbline", "run", *arguments],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:
        pass  # the terminal's way to say that nobody writes to it any more
    process.wait(timeout=60)
    os.close(ours)
    return seen.decode()


def test_the_first_output_is_that_of_the_health_check(season: Target) -> None:
    said = same_words(say(ROOT, season)).replace(str(season.state_dir), ".plumbline")
    assert said == same_words(WHOLE_RUN)


def test_a_low_table(project: Path, season: Target) -> None:
    assert same_words(LOW) in same_words(say(project, season, "-s", "line_coverage"))


def test_a_typo(project: Path, season: Target) -> None:
    suite = project / "expectations" / "line_coverage.json"
    suite.write_text(suite.read_text().replace("metric_to_be_between", "metric_to_be_betwen", 1))
    said = same_words(say(project, season, "-s", "line_coverage"))
    assert same_words(TYPO) in said.replace(f"{project}/", "")


def test_an_empty_table_and_a_missing_one(project: Path, season: Target) -> None:
    client = open_client(season)
    table = f"`{season.project}.nba_predictions.ml_feature_store_v2`"
    client.create_dataset("readme")
    read_predictions_from("readme", project)
    missing = say(project, season, "-s", "line_coverage", emulator=True)
    assert same_words(GONE) in same_words(missing.replace("readme.", "nba_predictions."))

    client.query(
        f"create table readme.ml_feature_store_v2 as select * from {table} where false"
    ).result()
    empty = say(project, season, "-s", "line_coverage", emulator=True)
    assert same_words(EMPTY) in same_words(empty)
