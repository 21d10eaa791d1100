"""Streams: results on standard output, the rest on standard error, whatever becomes of them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from support.processes import PLUMBLINE, environment
from support.projects import SmallProject
from support.warm_python import warm_python

pytestmark = pytest.mark.slow

LONG = 500
"""Monitors, of a name of 180 characters, of a list that no pipe's buffer holds."""


@pytest.fixture
def many(project: SmallProject) -> SmallProject:
    """A project whose list is longer than a pipe's buffer."""
    suite = (project.root / "expectations" / "coverage.json").read_text()
    for number in range(LONG):
        name = f"coverage_{number:0171}"
        (project.root / "expectations" / f"{name}.json").write_text(
            suite.replace('"name": "coverage"', f'"name": "{name}"', 1)
        )
    return project


def test_a_reader_that_goes_away_is_no_fault(many: SmallProject) -> None:
    process = subprocess.Popen(
        [*PLUMBLINE, "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


def test_a_reader_that_goes_away_keeps_the_exit_code(many: SmallProject) -> None:
    (many.root / "expectations" / "volume.json").write_text("{")
    process = subprocess.Popen(
        [*PLUMBLINE, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 3


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["--version"]])
def test_a_closed_standard_output_is_no_fault(project: SmallProject, arguments: list[str]) -> None:
    command = " ".join(["exec", *PLUMBLINE, *arguments, ">&-"])
    finished = subprocess.run(["sh", "-c", command], capture_output=True, env=environment())
    assert (finished.returncode, finished.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_result_that_could_not_be_written_is_no_success(project: SmallProject) -> None:
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(
            [*PLUMBLINE, "list"], stdout=full, stderr=subprocess.PIPE, env=environment()
        )
    assert finished.returncode == 70
    assert b"No space left on device" in finished.stderr
    assert b"Traceback" not in finished.stderr


def test_where_the_locale_knows_no_symbols_words_remain(project: SmallProject) -> None:
    (project.root / "expectations" / "volume.json").write_text("{")
    finished = subprocess.run(
        [*PLUMBLINE, "list"], capture_output=True, env=environment(PYTHONIOENCODING="ascii")
    )
    assert finished.returncode == 3
    assert b"? ERROR" in finished.stdout
    assert finished.stdout.isascii()


def test_json_is_utf_8_whatever_the_locale_says(project: SmallProject) -> None:
    suite = project.root / "expectations" / "coverage.json"
    suite.write_text(suite.read_text().replace("data-platform", "Jokić"), encoding="utf-8")
    finished = subprocess.run(
        [*PLUMBLINE, "list", "--format", "json"],
        capture_output=True,
        env=environment(PYTHONIOENCODING="ascii"),
        check=True,
    )
    assert json.loads(finished.stdout.decode("utf-8"))["monitors"][0]["owner"] == "Jokić"


def on_a_terminal(*arguments: str, **changes: str) -> str:
    """What a person sees."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*warm_python(), "-m", "plumbline", *arguments],
        stdout=theirs,
        stderr=theirs,
        env=environment(**{"TERM": "xterm-256color", "COLUMNS": "80", **changes}),
    ):
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # the other side has closed
                break
            if not chunk:
                break
            seen += chunk
    os.close(ours)
    return seen.decode()


def test_on_a_terminal_there_is_colour(project: SmallProject) -> None:
    assert "\x1b[" in on_a_terminal("debug")
    assert "\x1b[1;38;5;160merror:" in on_a_terminal("nope")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colour_can_be_turned_off(project: SmallProject, variable: dict[str, str]) -> None:
    for command in ("list", "debug", "nope"):
        assert "\x1b[" not in on_a_terminal(command, **variable)


def test_in_a_pipe_there_is_no_colour(project: SmallProject) -> None:
    finished = subprocess.run(
        [*PLUMBLINE, "list"], capture_output=True, env=environment(TERM="xterm-256color")
    )
    assert b"\x1b" not in finished.stdout + finished.stderr
