"""However a test run ends, what it started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.leftovers import processes_of

TESTS = Path(__file__).parents[1]

SERVER_AND_TEST = """
    import os, pathlib, subprocess, sys, time

    def test_that_starts_a_server_and_goes_on(request):
        server = subprocess.Popen(["sleep", "600"], start_new_session=True)
        pathlib.Path("draft").write_text(os.environ["PLUMBLINE_TEST_RUN"])
        pathlib.Path("draft").rename("token")
        time.sleep({seconds})
"""


def start(folder: Path, *, seconds: float) -> subprocess.Popen[bytes]:
    """pytest with a worker, on a test that starts a server and never stops it."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(
        "\n".join(line[4:] for line in SERVER_AND_TEST.format(seconds=seconds).splitlines())
    )
    plugins = ["-p", "xdist", "-p", "support.leftovers", "-p", "no:cacheprovider"]
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", *plugins, f"--basetemp={folder / 'tmp'}"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # whoever is started in the background ignores it, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether it comes to hold."""
    expires = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > expires:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda run: os.killpg(run.pid, signal.SIGINT), id="Ctrl-C"),
        pytest.param(lambda run: run.terminate(), id="SIGTERM"),
        pytest.param(lambda run: run.kill(), id="SIGKILL"),
    ],
)
def test_a_run_that_is_ended_early_leaves_no_process(
    tmp_path: Path, end: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    run = start(tmp_path, seconds=600)
    token = tmp_path / "token"
    try:
        assert eventually(token.exists)
        mine = token.read_text()
        assert any("sleep 600" in command for command in processes_of(mine).values())
        end(run)
        assert eventually(lambda: not processes_of(mine)), processes_of(mine)
    finally:
        run.kill()
        run.communicate()


def test_a_run_that_ends_by_itself_ends_what_its_tests_left_and_names_it(tmp_path: Path) -> None:
    run = start(tmp_path, seconds=0)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 0
    assert "left by the tests and ended: sleep 600" in said.decode()
    assert processes_of((tmp_path / "token").read_text()) == {}
