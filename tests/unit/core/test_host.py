"""Limits of the host: a run that meets one says so, and never waits for what can't come."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.backtest.fetch import ask
from plumbline.cli.faults import explain
from plumbline.core import host
from plumbline.core.errors import ConfigError
from plumbline.core.host import start_thread
from plumbline.net.deadline import call_within
from plumbline.project import Project
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from support.processes import environment
from support.sockets import refused_port
from support.targets import bigquery_target, foreign_emulator
from support.warm_python import warm_python


@pytest.fixture
def no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the memory or the number of threads is used up."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)


@pytest.mark.usefixtures("no_thread")
def test_without_another_thread_work_is_done_at_once() -> None:
    done: list[str] = []
    assert start_thread(lambda: done.append("work"), "x") is None
    assert call_within(5, lambda: done) == ["work"]


@pytest.mark.usefixtures("no_thread")
def test_without_another_thread_each_job_has_an_answer() -> None:
    target = replace(foreign_emulator(f"http://127.0.0.1:{refused_port()}"), seed=None)
    jobs = JobRunner(target)
    answers = [jobs.submit(QueryRequest(name=name, sql="select 1", labels={})) for name in "ab"]
    assert all("can't be reached" in str(one.exception(timeout=0)) for one in answers)


@pytest.mark.parametrize(
    "fault",
    [
        MemoryError(),
        RuntimeError("can't start new thread"),
        ImportError("x.so: failed to map segment from shared object"),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_a_want_of_memory_is_an_error_and_no_bug(
    fault: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(fault, debug=False) == 3
    assert "error: not enough memory" in capsys.readouterr().err


def test_a_want_of_memory_says_the_limit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(host, "memory_limit", lambda: 1100 * 1024**2)
    assert explain(MemoryError(), debug=False) == 3
    said = capsys.readouterr().err
    assert "error: not enough memory: MemoryError; the address space is limited to 1100 MiB" in said
    assert "fix: raise the limit (`ulimit -v unlimited`)" in said


def test_a_backtest_is_refused_with_too_little_address_space(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # With 1,400 MiB, Python waits for ever for one of the jobs' threads.
    monkeypatch.setattr(host, "memory_limit", lambda: 1400 * 1024**2)
    with pytest.raises(ConfigError, match="limited to 1400 MiB, and this command needs 1536 MiB"):
        ask(Project(tmp_path), bigquery_target(), {}, labels={})


def test_great_expectations_is_not_loaded_in_too_little_address_space(tmp_path: Path) -> None:
    # With 500 MiB, loading it never ends: OpenBLAS repeats mmap().
    script = (
        "import resource; from plumbline.core import host\n"
        "from plumbline.core.errors import ConfigError\n"
        "from plumbline.evaluate.load import load_great_expectations\n"
        "host.check_memory()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (500 * 1024**2, resource.RLIM_INFINITY))\n"
        "try: load_great_expectations()\n"
        "except ConfigError as fault: print(fault.exit_code, fault.what)\n"
    )
    done = subprocess.run(
        [*warm_python(), "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("64 the address space is limited to 500 MiB"), done.stderr
