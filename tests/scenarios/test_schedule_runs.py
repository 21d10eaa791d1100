"""The scheduler for one machine, as real processes: what it runs, ends, catches up and leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.project.state_files import StateFiles
from plumbline.schedule.last_runs import NAME, read_last_runs
from support.processes import environment
from support.projects import make_project
from support.sockets import silent_port
from support.targets import embedded_target
from support.warm_python import warm_python

pytestmark = pytest.mark.scenario

QUICK = ["-P", str(Path(__file__).parents[1] / "support" / "quick_scheduler.py")]


@dataclass
class Scheduler:
    """A scheduler that runs, and what it has said so far."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[str]:
        """The log, without its instants."""
        text = self.log.read_text()
        return [line.partition(" ")[2] for line in text[: text.rfind("\n") + 1].splitlines()]

    def wait_for(self, word: str, *, times: int = 1, seconds: float = 60) -> None:
        """Until the log has ``word`` so often."""
        until = time.monotonic() + seconds
        while sum(word in line for line in self.lines) < times:
            assert time.monotonic() < until, f"no {word!r} in {self.log.read_text()}"
            assert self.process.poll() is None or word in self.log.read_text(), self.lines
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """A signal, to it alone."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; its exit code."""
        self.send(number)
        return self.process.wait(timeout=30)


Start = Callable[..., Scheduler]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts schedulers; none outlives the test."""
    started: list[Scheduler] = []

    def begin(command: list[str], **changes: str) -> Scheduler:
        log = tmp_path / f"log{len(started)}"
        ours = {"PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST"}
        kept = {name: value for name, value in environment().items() if name not in ours}
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command,
                stdout=subprocess.DEVNULL,
                stderr=stream,
                env=kept | changes,
                # tests that run under nohup would hand it on that a hangup is ignored
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )
        started.append(Scheduler(process, log))
        return started[-1]

    yield begin
    for scheduler in started:
        if scheduler.process.poll() is None:
            scheduler.process.kill()
            scheduler.process.wait()


@pytest.fixture
def quick(start: Start, tmp_path: Path) -> Start:
    """Starts one whose runs are a line of shell, every second unless said otherwise."""

    def begin(script: str, python: Sequence[str] = (), **numbers: float) -> Scheduler:
        values = {"deadline": 10.0, "grace": 10.0, "every": 1.0} | numbers
        words = [str(values[name]) for name in ("deadline", "grace", "every")]
        return start([*(python or warm_python()), *QUICK, str(tmp_path / "state"), script, *words])

    return begin


def test_each_due_run_is_made_once(quick: Start, tmp_path: Path) -> None:
    told = tmp_path / "told"
    scheduler = quick(f'echo "$PLUMBLINE_SCHEDULE $PLUMBLINE_DUE" >> {told}')
    scheduler.wait_for("done in", times=3)
    assert scheduler.end() == 0
    names, instants = zip(*(line.split() for line in told.read_text().splitlines()), strict=True)
    assert set(names) == {"quick"}
    seconds = [datetime.fromisoformat(instant).timestamp() for instant in instants]
    assert seconds == [seconds[0] + number for number in range(len(seconds))]


def test_a_run_that_takes_longer_than_to_the_next_is_never_overtaken(
    quick: Start, tmp_path: Path
) -> None:
    log = tmp_path / "runs"
    scheduler = quick(f"echo in >> {log}; sleep 1.2; echo out >> {log}", every=0.5)
    scheduler.wait_for("done in", times=2)
    scheduler.end()
    assert log.read_text().split()[:4] == ["in", "out", "in", "out"]
    # Of the two or three that fell due meanwhile one was made up for, not each.
    started = [line for line in scheduler.lines if "started, due" in line]
    first, second = (
        datetime.fromisoformat(line.rpartition("(")[2].rstrip(")")) for line in started[:2]
    )
    assert timedelta(seconds=1) <= second - first <= timedelta(seconds=3)


def test_a_run_that_hangs_is_ended_at_its_deadline_and_the_next_ones_go_on(
    quick: Start, tmp_path: Path
) -> None:
    scheduler = quick("sleep 600", deadline=0.5)
    scheduler.wait_for("HUNG", times=2)
    assert scheduler.end() == 0
    hung = [line for line in scheduler.lines if "HUNG" in line]
    assert all("(signal 15)" in line for line in hung)
    assert (
        read_last_runs(StateFiles(tmp_path / "state", "quick", "local"), [])["quick"].outcome
        == "hung"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_lets_a_run_end_and_starts_no_other(
    quick: Start, tmp_path: Path, number: signal.Signals
) -> None:
    done = tmp_path / "done"
    scheduler = quick(f"sleep 1.5; echo x >> {done}")
    scheduler.wait_for("started, due")
    assert scheduler.end(number) == 0
    assert done.read_text().split() == ["x"]
    assert [line.partition(":")[0] for line in scheduler.lines if "next run" not in line] == [
        "quick", "stopping", "quick", "stopped",
    ]  # fmt: skip
    assert "done in" in scheduler.lines[-2]


def test_after_the_grace_it_ends_what_runs_and_catches_that_up_at_the_next_start(
    quick: Start, tmp_path: Path
) -> None:
    scheduler = quick("sleep 600", grace=0.3, deadline=60)
    scheduler.wait_for("started, due")
    assert scheduler.end() == 0
    assert "stopped with the scheduler" in scheduler.lines[-2]
    assert (
        read_last_runs(StateFiles(tmp_path / "state", "quick", "local"), [])["quick"].outcome
        == "first seen"
    )
    again = quick("true")
    again.wait_for("done in")
    assert "started, due" in again.lines[0]  # before any next run is spoken of
    assert again.end() == 0


def test_a_second_signal_ends_what_runs_at_once(quick: Start) -> None:
    scheduler = quick("sleep 600", grace=600, deadline=600)
    scheduler.wait_for("started, due")
    scheduler.send(signal.SIGTERM)
    scheduler.wait_for("stopping")
    began = time.monotonic()
    assert scheduler.end() == 0
    assert time.monotonic() - began < 10


def test_a_scheduler_that_was_killed_leaves_no_lock(quick: Start) -> None:
    first = quick("true", [sys.executable])  # its process is the one that is killed
    first.wait_for("done in")
    first.process.kill()
    first.process.wait()
    second = quick("true")
    second.wait_for("done in")
    assert second.end() == 0


# The command line itself, with real runs.

SCHEDULES = """
schedules:
  - checkpoint: all
    cron: "0 */6 * * *"
    timezone: America/Los_Angeles
    deadline: 5m
    notify: [slack]
"""


@dataclass
class World:
    """A small project whose warehouse says nothing, and the state of its scheduler."""

    root: Path
    state_dir: Path
    start: Start

    def files(self, target: str = "local") -> StateFiles:
        """The scheduler's."""
        return StateFiles(self.state_dir, "small", target)

    def scheduler(self, *arguments: str, **changes: str) -> Scheduler:
        """`plumbline schedule run`."""
        return self.start(
            [
                *warm_python(),
                "-m",
                "plumbline",
                "schedule",
                "run",
                "--project-dir",
                str(self.root),
                *arguments,
            ],
            PLUMBLINE_STATE_DIR=str(self.state_dir),
            **changes,
        )

    def miss(self, runs: int, *, target: str = "local") -> None:
        """As if the scheduler had been down for so many runs."""
        file = self.files(target).path(NAME)
        content = json.loads(file.read_text())
        entry = content["schedules"]["all"]
        due = datetime.fromisoformat(entry["due"]) - timedelta(hours=6 * runs)
        entry["due"] = due.isoformat()
        file.write_text(json.dumps(content))

    def schedule(self, old: str, new: str) -> None:
        """Change the schedule."""
        file = self.root / "checkpoints" / "schedule.yml"
        file.write_text(file.read_text().replace(old, new))


@pytest.fixture
def world(tmp_path: Path, start: Start) -> World:
    state_dir = tmp_path / "state"
    small = make_project(tmp_path / "project", embedded_target(state_dir))
    small.add("coverage", "select 100.0 as pct")
    small.checkpoint("coverage")
    (small.root / "checkpoints" / "schedule.yml").write_text(SCHEDULES)
    return World(small.root, state_dir, start)


def test_what_was_missed_is_run_once_for_real_and_is_ended_when_the_warehouse_hangs(
    world: World,
) -> None:
    with silent_port() as port:
        host = f"127.0.0.1:{port}"
        first = world.scheduler(BIGQUERY_EMULATOR_HOST=host)
        first.wait_for("next run")
        assert first.end() == 0
        assert not any("started" in line for line in first.lines)  # the very first start
        world.miss(5)
        world.schedule("5m", "3s")
        second = world.scheduler(BIGQUERY_EMULATOR_HOST=host)
        second.wait_for("HUNG")
        second.wait_for("next run")
        assert second.end() == 0
        assert sum("started, due" in line for line in second.lines) == 1
        third = world.scheduler(BIGQUERY_EMULATOR_HOST=host)
        third.wait_for("next run")
        assert third.end() == 0
        assert not any("started" in line for line in third.lines)


def test_a_run_that_checked_nothing_is_said_loudly(world: World) -> None:
    on_bigquery = {
        "PLUMBLINE_TARGET": "bigquery",
        "PLUMBLINE_PROJECT": "some-project",
        "GOOGLE_APPLICATION_CREDENTIALS": "/not/there.json",
    }
    first = world.scheduler(**on_bigquery)
    first.wait_for("next run")
    first.end()
    world.miss(1, target="bigquery")
    second = world.scheduler(**on_bigquery)
    second.wait_for("(exit code 64): FAILED, wrong configuration, nothing was checked")
    assert second.end() == 0


def test_two_at_once_would_run_all_twice_so_the_second_is_refused(world: World) -> None:
    first = world.scheduler()
    first.wait_for("next run")
    second = world.scheduler()
    assert second.process.wait(timeout=30) == 64
    text = second.log.read_text()
    assert "another scheduler runs project " in text
    assert "PLUMBLINE_STATE_DIR" in text
    assert first.process.poll() is None
    assert first.end() == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda world: world.schedule("checkpoint: all", "checkpoint: al"),
            "there is no checkpoint 'al'",
        ),
        (lambda world: world.schedule("0 */6 * * *", "0 6 31 2 *"), "never occurs"),
        (lambda world: world.schedule(SCHEDULES, "schedules: []"), "nothing is scheduled"),
        (
            lambda world: (world.root / "checkpoints" / "all.json").write_text("{}"),
            "key 'name' is missing",
        ),
    ],
    ids=["no such checkpoint", "a time that never occurs", "no schedule", "a broken checkpoint"],
)
def test_a_fault_in_the_configuration_is_refused_at_the_start(world: World, spoil, said) -> None:
    spoil(world)
    refused = world.scheduler()
    assert refused.process.wait(timeout=30) == 64
    assert said in refused.log.read_text()


def test_the_state_of_a_scheduler_is_a_small_file_beside_its_lock(world: World) -> None:
    scheduler = world.scheduler()
    scheduler.wait_for("next run")
    assert set(world.state_dir.iterdir()) == {
        world.files().path(NAME),
        world.files().path(NAME, ".lock"),
    }
    (run,) = read_last_runs(world.files(), []).values()
    assert (run.outcome, run.due < datetime.now(UTC)) == ("first seen", True)
