"""One run as a real process: it ends by itself, or is ended with all that it started."""

from __future__ import annotations

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.schedule.child import Ended, Stopping, run_child

SOON = timedelta(seconds=0.3)
LATER = timedelta(seconds=60)


def run(code: str, *, stopping: Stopping | None = None, **changes: timedelta) -> Ended:
    """A Python that runs ``code``."""
    values = {"allowed": LATER, "patience": SOON} | changes
    return run_child(
        [sys.executable, "-S", "-c", code],
        environment=os.environ,
        stopping=stopping or Stopping(),
        **values,
    )


def is_gone(pid: int) -> bool:
    """Whether no such process is there, or only what its parent has not yet asked after."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("code", [0, 3, 64, 70])
def test_a_run_that_ends_has_its_exit_code(code: int) -> None:
    ended = run(f"raise SystemExit({code})")
    assert (ended.how, ended.exit_code) == ("done", code)


def test_a_run_that_is_killed_by_another_has_the_signal() -> None:
    ended = run("import os; os.kill(os.getpid(), 9)")
    assert (ended.how, ended.exit_code) == ("done", -9)


def test_a_run_that_hangs_is_asked_to_end_at_its_deadline() -> None:
    ended = run("import time; time.sleep(60)", allowed=SOON)
    assert (ended.how, ended.exit_code) == ("hung", -15)
    assert 0.3 <= ended.seconds < 5


def test_a_run_that_cleans_up_when_asked_keeps_its_exit_code() -> None:
    ended = run(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n"
        "time.sleep(60)",
        allowed=timedelta(seconds=1),
        patience=LATER,
    )
    assert (ended.how, ended.exit_code) == ("hung", 130)


def test_a_run_that_does_not_listen_is_killed() -> None:
    ended = run(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
        allowed=timedelta(seconds=1),
    )
    assert (ended.how, ended.exit_code) == ("hung", -9)


def test_what_a_hung_run_started_ends_with_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    ended = run(
        "import subprocess, sys, time, pathlib\n"
        f"other = subprocess.Popen([sys.executable, '-S', '-c', {stubborn!r}])\n"
        f"pathlib.Path({str(file)!r}).write_text(str(other.pid))\n"
        "time.sleep(60)",
        allowed=timedelta(seconds=1),
    )
    assert ended.how == "hung"
    assert is_gone(int(file.read_text()))


def test_when_the_scheduler_stops_a_run_may_end_within_the_grace() -> None:
    stopping = Stopping()
    stopping.ask(LATER)
    ended = run("import time; time.sleep(0.2)", stopping=stopping)
    assert (ended.how, ended.exit_code) == ("done", 0)


def test_when_the_scheduler_stops_a_run_is_ended_after_the_grace() -> None:
    stopping = Stopping()
    threading.Timer(0.3, stopping.ask, [SOON]).start()
    ended = run("import time; time.sleep(60)", stopping=stopping)
    assert (ended.how, ended.exit_code) == ("stopped", -15)
    assert ended.seconds < 5


def test_a_run_that_hangs_while_the_scheduler_stops_still_hangs() -> None:
    stopping = Stopping()
    stopping.ask(LATER)
    assert run("import time; time.sleep(60)", stopping=stopping, allowed=SOON).how == "hung"


def test_of_two_requests_to_stop_the_more_urgent_counts() -> None:
    stopping = Stopping()
    stopping.ask(timedelta())
    until = stopping.until
    stopping.ask(LATER)
    assert stopping.until == until


def test_a_run_reads_nothing_from_the_scheduler_s_terminal() -> None:
    assert run("import sys; raise SystemExit(len(sys.stdin.read()))").exit_code == 0


def test_what_can_t_be_started_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        run_child(["/not/there"], environment={}, allowed=SOON, stopping=Stopping(), patience=SOON)
