"""Ctrl-C: at once, with its own exit code, which no library's carelessness changes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from support.processes import PLUMBLINE, environment
from support.projects import SmallProject
from support.sockets import silent_port

SWALLOWS = """
import os, signal, plumbline.cli.main as cli

def careless(arguments):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        pass
    {again}
    return 0

cli.invoke = careless
cli.main()
"""


def interrupted(project: SmallProject, port: int) -> subprocess.CompletedProcess[str]:
    """`plumbline debug`, interrupted while it waits for a server that says nothing."""
    process = subprocess.Popen(
        [*PLUMBLINE, "debug"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(BIGQUERY_EMULATOR_HOST=f"127.0.0.1:{port}"),
    )
    assert process.stdout is not None
    seen = ""
    while "target:" not in seen:
        line = process.stdout.readline()
        assert line, "it ended before it asked the server"
        seen += line
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)  # it is at once; a busy machine is not
    return subprocess.CompletedProcess(process.args, process.returncode, seen + out, err)


def test_it_ends_with_130_and_a_word(project: SmallProject) -> None:
    with silent_port() as port:
        finished = interrupted(project, port)
    assert finished.returncode == 130
    assert finished.stderr.strip() == "interrupted"


@pytest.mark.parametrize(
    "again",
    ["", "os.kill(os.getpid(), signal.SIGINT); raise SystemExit(99)"],
    ids=["once", "twice"],
)
def test_a_library_that_swallows_it_changes_no_exit_code(again: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", SWALLOWS.format(again=again)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
    )
    assert finished.returncode == 130
    assert "Traceback" not in finished.stderr
    assert again or finished.stderr == "interrupted\n"
