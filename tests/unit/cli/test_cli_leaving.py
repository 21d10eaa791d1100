"""The end of the process: what is to be done is done, and nothing is freed one by one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.processes import environment

ENDS = """
import atexit, sys, threading, time
import plumbline.cli.main as cli

class Freed:
    def __del__(self):
        print("freed", flush=True)

kept = Freed()

def work():
    time.sleep(0.3)
    print("a thread is done")

def invoke(arguments):
    atexit.register(print, "registered is done")
    threading.Thread(target=work).start()
    print("the report")
    return int(arguments[0])

cli.invoke = invoke
cli.main()
"""


def ended(code: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ENDS, str(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(PYTHONUNBUFFERED=""),
    )


@pytest.mark.parametrize("code", [0, 3, 70])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert ended(code).returncode == code


def test_all_that_was_begun_is_done_and_written_and_nothing_is_freed() -> None:
    assert ended(0).stdout.splitlines() == ["the report", "a thread is done", "registered is done"]
