"""Ctrl-C, SIGTERM and SIGHUP: a command ends soon, with the signal's own exit code, which no
library's carelessness changes, and leaves no program behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.processes import environment
from support.projects import SmallProject
from support.warm_python import warm_python

SECONDS = 30
"""It is at once; a busy machine is not."""

SWALLOWS = """
import os, signal, plumbline.cli.main as cli

def careless(arguments):
    try:
        os.kill(os.getpid(), signal.{signal})
    except KeyboardInterrupt:
        pass
    {again}
    return 0

cli.invoke = careless
cli.main()
"""

PYTHON = [sys.executable]
"""A warm one starts warm ones, which do not lead what they start."""

WORKS_LONG = """
import subprocess, sys, time
from pathlib import Path

helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pids = Path(__file__).parent / "pids"
pids.with_suffix(".draft").write_text(f"{__import__('os').getpid()} {helper.pid}")
pids.with_suffix(".draft").rename(pids)
time.sleep(600)
"""
"""A program with a helper of its own."""


@dataclass
class Started:
    """A command under way."""

    process: subprocess.Popen[str]

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """Signal it; its exit code and last words."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, err.strip().splitlines()[-1] if err.strip() else ""


Start = Callable[..., Started]


@pytest.fixture
def start(project: SmallProject) -> Iterator[Start]:
    """Type a command in the project."""
    with ExitStack() as stack:

        def begin(*arguments: str, python: Sequence[str] | None = None, **changes: str) -> Started:
            process = subprocess.Popen(
                [*(python or warm_python()), "-m", "plumbline", *arguments],
                cwd=project.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(**changes),
            )
            stack.callback(process.kill)
            return Started(process)

        yield begin


SIGNALS = {
    signal.SIGTERM: (143, "stopped by SIGTERM"),
    signal.SIGINT: (130, "interrupted"),
    signal.SIGHUP: (129, "stopped by SIGHUP"),
}
"""The exit code of each, and the last line on standard error."""

COMMANDS = [
    ["run", "--no-docs"],
    ["run", "--format", "json"],
    ["debug"],
    ["backtest", "--from", "2026-02-01", "--to", "2026-02-02", "--every", "6h"],
    ["docs", "build"],
    ["alerts", "list"],
    ["alerts", "flush"],
]
"""That ask the warehouse."""


@contextmanager
def silent_warehouse() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        yield listener


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments[:2]))
def test_a_command_that_waits_for_the_warehouse_ends_with_the_code_of_the_signal(
    start: Start, arguments: Sequence[str], number: signal.Signals
) -> None:
    with silent_warehouse() as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        command = start(*arguments, BIGQUERY_EMULATOR_HOST=host)
        with listener.accept()[0]:  # closed, it would be an answer
            assert command.stop(number) == SIGNALS[number]


def is_there(pid: int) -> bool:
    """Whether a process lives; one that has ended and is not yet asked for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def ended(pids: Sequence[int]) -> bool:
    """Whether none of them is there, a moment later at most."""
    until = time.monotonic() + 5
    while any(map(is_there, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_there, pids))


def pids_in(file: Path) -> list[int]:
    until = time.monotonic() + SECONDS
    while not file.exists():
        assert time.monotonic() < until, "the program was not started"
        time.sleep(0.02)
    return [int(word) for word in file.read_text().split()]


@pytest.fixture
def program(project: SmallProject) -> Iterator[Path]:
    """The project's seed command, which takes long; where it writes its process ids."""
    folder = project.root / "scripts"
    folder.mkdir()
    (folder / "demo_season").write_text(WORKS_LONG)
    yield folder / "pids"
    for pid in pids_in(folder / "pids"):
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_the_seed_command_and_what_it_started_end_with_the_command(
    start: Start, program: Path, project: SmallProject, number: signal.Signals
) -> None:
    command = start("warehouse", "start", python=PYTHON)
    pids = pids_in(program)
    assert len(pids) == 2
    assert command.stop(number) == SIGNALS[number]
    assert ended(pids)
    assert list(project.target.state_dir.glob("warehouse/season-*")) == []


def test_a_second_interrupt_ends_the_programs_too() -> None:
    script = (
        "import os, signal, plumbline.cli.main as cli\n"
        "from plumbline.core.signals import last_call\n"
        "def hangs(arguments):\n"
        "    with last_call(lambda: print('ended', flush=True)):\n"
        "        for _ in range(2):\n"
        "            try: os.kill(os.getpid(), signal.SIGINT)\n"
        "            except KeyboardInterrupt: pass\n"
        "cli.invoke = hangs\n"
        "cli.main()"
    )
    done = subprocess.run(
        [*warm_python(), "-c", script],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=SECONDS,
    )
    assert (done.returncode, done.stdout) == (130, "ended\n")


def test_the_command_that_knows_what_is_deployed_ends_with_the_command(
    start: Start, program: Path, project: SmallProject
) -> None:
    (project.root / "deploy").mkdir()
    (project.root / "deploy" / "services.yml").write_text(
        "services:\n  - name: worker\n    paths: [models]\n    owner: me\n"
        f"    deployed: {{command: [{sys.executable}, scripts/demo_season]}}\n"
    )
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "All"]):
        name = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *name, *words], cwd=project.root, check=True)
    command = start("deploy", "drift", "worker")
    pids = pids_in(program)
    assert command.stop(signal.SIGHUP) == SIGNALS[signal.SIGHUP]
    assert ended(pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_served_site_ends_regularly(
    start: Start, project: SmallProject, number: signal.Signals
) -> None:
    site = project.root / ".plumbline" / "docs" / "local"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>")
    command = start("docs", "serve", "--port", "0", PLUMBLINE_STATE_DIR="")
    assert command.process.stdout is not None
    assert command.process.stdout.readline().startswith("http://127.0.0.1")
    assert command.stop(number)[0] == 0


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    script = (
        "import os, signal, plumbline.cli.main as cli\n"
        "cli.invoke = lambda arguments: os.kill(os.getpid(), signal.SIGHUP) or 3\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does\n"
        "cli.main()"
    )
    done = subprocess.run([*warm_python(), "-c", script], env=environment(), timeout=SECONDS)
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("signals", "last_seconds", "is_held"),
    [
        (["SIGTERM"], 0.1, False),
        (["SIGHUP"], 0.1, True),
        (["SIGINT", "SIGINT"], 600, False),
    ],
    ids=["once", "held", "Ctrl-C twice"],
)
def test_a_command_ends_though_a_library_does_not_return(
    signals: Sequence[str], last_seconds: float, is_held: bool
) -> None:
    """Until it does, Python calls no handler."""
    script = f"""
import contextlib, hashlib, os, signal, threading, time
import plumbline.cli.interrupts as interrupts, plumbline.cli.main as cli
from plumbline.core.signals import signals_held

interrupts.LAST_SECONDS = {last_seconds}

def send():
    for name in {signals}:
        time.sleep(0.2)
        os.kill(os.getpid(), signal.Signals[name])

def calls_a_library(arguments):
    threading.Thread(target=send, daemon=True).start()
    with signals_held() if {is_held} else contextlib.nullcontext():
        hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # minutes

cli.invoke = calls_a_library
cli.main()
"""
    done = subprocess.run(
        [*warm_python(), "-c", script],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=SECONDS,
    )
    says = {"SIGINT": "interrupted\n"}.get(signals[0], f"stopped by {signals[0]}\n")
    assert (done.returncode, done.stderr) == (128 + signal.Signals[signals[0]], says)


def test_a_command_whose_standard_error_nobody_reads_ends_too() -> None:
    script = """
import os, signal, time
import plumbline.cli.interrupts as interrupts, plumbline.cli.main as cli

interrupts.LAST_SECONDS = 0.1

def fills_the_pipe(arguments):
    os.set_blocking(2, False)
    try:
        while os.write(2, b"x" * 4096): pass
    except BlockingIOError:
        os.set_blocking(2, True)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        pass
    time.sleep(600)

cli.invoke = fills_the_pipe
cli.main()
"""
    with subprocess.Popen(
        [*warm_python(), "-c", script], stderr=subprocess.PIPE, env=environment()
    ) as process:
        try:
            assert process.wait(SECONDS) == 143
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("again", "name", "code"),
    [
        ("", "SIGINT", 130),
        ("os.kill(os.getpid(), signal.SIGINT); raise SystemExit(99)", "SIGINT", 130),
        ("", "SIGTERM", 143),
        ("os.kill(os.getpid(), signal.SIGTERM)", "SIGTERM", 143),
        ("import time; time.sleep(60)", "SIGTERM", 143),
    ],
    ids=["once", "twice", "SIGTERM", "SIGTERM twice", "never"],
)
def test_a_library_that_swallows_it_changes_no_exit_code(again: str, name: str, code: int) -> None:
    script = SWALLOWS.format(signal=name, again=again)
    if "sleep" in again:
        script = f"import plumbline.cli.interrupts as i\ni.LAST_SECONDS = 0.1\n{script}"
    finished = subprocess.run(
        [*warm_python(), "-c", script],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=SECONDS,
    )
    assert finished.returncode == code
    assert "Traceback" not in finished.stderr
    says = "interrupted\n" if name == "SIGINT" else f"stopped by {name}\n"
    assert finished.stderr == says
