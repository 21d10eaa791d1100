"""Each due run once: what was missed is caught up once, and what is running is never overtaken."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.project import Schedule
from plumbline.project.state_files import StateFiles
from plumbline.schedule.child import Stopping
from plumbline.schedule.executor import Executor
from plumbline.schedule.last_runs import NAME, LastRun, read_last_runs
from unit.schedule.conftest import schedule, window

DUE = datetime(2026, 11, 25, 20, tzinfo=UTC)
"""Noon in Los Angeles."""
SIX_HOURS = timedelta(hours=6)


@dataclass
class World:
    """A clock that is set by hand, a log, and runs that are lines of shell."""

    state_dir: Path
    now: datetime = DUE + timedelta(seconds=1)
    script: str = "true"
    said: list[str] = field(default_factory=list)
    stopping: Stopping = field(default_factory=Stopping)

    @property
    def files(self) -> StateFiles:
        """The scheduler's."""
        return StateFiles(self.state_dir, "shop", "bigquery")

    @property
    def runs(self) -> list[str]:
        """What each run was told of itself."""
        file = self.state_dir / "runs"
        return file.read_text().splitlines() if file.exists() else []

    def command(self, one: Schedule) -> Sequence[str]:
        """A run that notes itself."""
        note = f'echo "$PLUMBLINE_SCHEDULE $PLUMBLINE_DUE" >> {shlex.quote(str(self.state_dir / "runs"))}'
        return ["sh", "-c", f"{note}; {self.script}"]

    def executor(self, *schedules: Schedule, **changes) -> Executor:
        """As after a start of the scheduler."""
        values = {
            "command": self.command,
            "state": self.files,
            "stopping": self.stopping,
            "say": self.said.append,
            "clock": lambda: self.now,
            "patience": timedelta(seconds=0.3),
        }
        return Executor(schedules, **(values | changes))

    def last(self, name: str = "health_check") -> LastRun:
        """What is remembered."""
        return read_last_runs(self.files, [name])[name]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


ONE = schedule()


def test_at_the_very_first_start_nothing_is_caught_up(world: World) -> None:
    executor = world.executor(ONE)
    assert executor.missed(ONE) is None
    executor.take(ONE)
    assert world.runs == []
    assert (world.last().due, world.last().outcome) == (DUE, "first seen")


def test_what_falls_due_is_run_once_and_told_which_run_it_is(world: World) -> None:
    executor = world.executor(ONE)
    world.now += SIX_HOURS
    executor.take(ONE)
    executor.take(ONE)
    assert world.runs == ["health_check 2026-11-26T02:00:00Z"]
    assert world.last() == LastRun(
        cron=ONE.cron,
        timezone="America/Los_Angeles",
        due=DUE + SIX_HOURS,
        outcome="done",
        exit_code=0,
        ended_at=world.now,
    )


def test_at_the_instant_itself_it_is_due(world: World) -> None:
    executor = world.executor(ONE)
    world.now = DUE + SIX_HOURS
    executor.take(ONE)
    assert world.runs == ["health_check 2026-11-26T02:00:00Z"]


@pytest.mark.parametrize("missed", [1, 2, 40])
def test_however_many_were_missed_while_it_was_down_one_is_caught_up(
    world: World, missed: int
) -> None:
    world.executor(ONE)
    world.now += missed * SIX_HOURS
    started_again = world.executor(ONE)
    assert started_again.missed(ONE) is not None
    started_again.take(ONE)
    assert len(world.runs) == 1
    assert world.executor(ONE).missed(ONE) is None


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": 1, "schedules": {}}'])
def test_with_a_torn_memory_nothing_is_caught_up(world: World, text: str) -> None:
    world.executor(ONE)
    world.files.path(NAME).write_text(text)
    world.now += 3 * SIX_HOURS
    assert world.executor(ONE).missed(ONE) is None


@pytest.mark.parametrize("changed", [schedule("0 */3 * * *"), schedule(timezone=ZoneInfo("UTC"))])
def test_a_schedule_that_was_changed_did_not_miss_what_it_never_had(
    world: World, changed: Schedule
) -> None:
    world.executor(ONE)
    world.now += 3 * SIX_HOURS
    assert world.executor(changed).missed(changed) is None


def test_a_clock_that_was_far_ahead_once_does_not_keep_runs_away(world: World) -> None:
    right = world.now
    world.now += timedelta(days=3650)
    executor = world.executor(ONE)
    world.now = right
    executor.take(ONE)
    assert world.runs == ["health_check 2026-11-25T20:00:00Z"]


def test_a_clock_that_is_put_back_a_little_repeats_nothing(world: World) -> None:
    executor = world.executor(ONE)
    world.now = DUE - timedelta(seconds=2)
    executor.take(ONE)
    assert world.runs == []


def test_what_falls_due_while_a_run_goes_on_is_made_up_for_after_it(world: World) -> None:
    def command(one: Schedule) -> Sequence[str]:
        if not world.runs:
            world.now += 2 * SIX_HOURS  # so long does the first one take
        return world.command(one)

    executor = world.executor(ONE, command=command)
    world.now += SIX_HOURS
    executor.take(ONE)
    assert world.runs == [
        "health_check 2026-11-26T02:00:00Z",
        "health_check 2026-11-26T14:00:00Z",
    ]


def test_two_schedules_of_a_checkpoint_take_turns(world: World) -> None:
    other = schedule(name="again")
    executor = world.executor(ONE, other)
    world.now += SIX_HOURS
    log = world.state_dir / "log"
    world.script = f"echo in >> {log}; sleep 0.3; echo out >> {log}"
    threads = [threading.Thread(target=executor.take, args=[one]) for one in (ONE, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read_text().split() == ["in", "out", "in", "out"]


def test_schedules_of_two_checkpoints_run_side_by_side(world: World) -> None:
    other = schedule(name="full", checkpoint="health_check_full")
    executor = world.executor(ONE, other)
    world.now += SIX_HOURS
    log = world.state_dir / "log"
    world.script = (  # each waits for the other
        f"echo x >> {log}; for i in $(seq 100); do [ $(wc -l < {log}) = 2 ] && exit 0; "
        "sleep 0.05; done; exit 1"
    )
    threads = [threading.Thread(target=executor.take, args=[one]) for one in (ONE, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (world.last("health_check").exit_code, world.last("full").exit_code) == (0, 0)


CODES = {
    0: "done in",
    3: "ERROR, a check could not run",
    64: "FAILED, wrong configuration, nothing was checked",
    70: "FAILED, a bug in plumbline",
    130: "(exit code 130): FAILED",
}


@pytest.mark.parametrize(("code", "words"), CODES.items())
def test_the_log_says_how_it_went_and_when_the_next_is_due(
    world: World, code: int, words: str
) -> None:
    executor = world.executor(ONE)
    world.now += SIX_HOURS
    world.script = f"exit {code}"
    executor.take(ONE)
    started, ended, following = world.said
    assert started == "health_check: started, due 2026-11-25 18:00 PST (2026-11-26T02:00:00Z)"
    assert words in ended
    assert f"exit code {code}" in ended
    assert following == "health_check: next run 2026-11-26 00:00 PST (2026-11-26T08:00:00Z)"
    assert world.last().exit_code == code


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(seconds=59), ""),
        (timedelta(minutes=7), ", 7 min ago"),
        (timedelta(hours=5), ", 5 h ago"),
    ],
)
def test_a_late_start_is_said(world: World, late: timedelta, words: str) -> None:
    executor = world.executor(ONE)
    world.now = DUE + SIX_HOURS + late
    executor.take(ONE)
    assert world.said[0].endswith("(2026-11-26T02:00:00Z)" + words)


def test_a_run_that_hangs_is_ended_said_and_not_run_again(world: World) -> None:
    hasty = schedule(deadline=timedelta(seconds=1))
    executor = world.executor(hasty)
    world.now += SIX_HOURS
    world.script = "sleep 60"
    executor.take(hasty)
    assert "HUNG: not done within its deadline of 1s, stopped after" in world.said[1]
    assert (world.last().outcome, world.last().exit_code) == ("hung", -15)
    assert world.executor(hasty).missed(hasty) is None


def test_a_run_that_is_killed_is_said(world: World) -> None:
    executor = world.executor(ONE)
    world.now += SIX_HOURS
    world.script = "kill -9 $$"
    executor.take(ONE)
    assert "FAILED, killed by signal 9" in world.said[1]


def test_a_run_that_can_t_be_started_is_said_and_the_next_one_is_tried(world: World) -> None:
    executor = world.executor(ONE, command=lambda _: ["/not/there"])
    world.now += SIX_HOURS
    executor.take(ONE)
    assert "FAILED, the run can't be started" in world.said[1]
    assert world.last().outcome == "not started"
    assert executor.missed(ONE) is None
    world.now += SIX_HOURS
    assert executor.missed(ONE) == DUE + 2 * SIX_HOURS


def test_once_it_stops_nothing_is_started(world: World) -> None:
    executor = world.executor(ONE)
    world.now += SIX_HOURS
    world.stopping.ask(timedelta())
    executor.take(ONE)
    assert world.runs == []
    assert not executor.is_running


def test_what_was_stopped_with_the_scheduler_is_caught_up_at_its_next_start(world: World) -> None:
    executor = world.executor(ONE)
    world.now += SIX_HOURS
    world.script = "sleep 60"
    thread = threading.Thread(target=executor.take, args=[ONE])
    thread.start()
    while not world.runs:
        time.sleep(0.02)
    assert executor.is_running
    world.stopping.ask(timedelta())
    thread.join(timeout=10)
    assert "stopped with the scheduler" in world.said[1]
    assert not executor.is_running
    assert world.executor(ONE).missed(ONE) == DUE + SIX_HOURS


def test_a_full_disk_is_said_and_runs_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = world.executor(ONE)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    world.now += SIX_HOURS
    executor.take(ONE)
    assert any("the last runs can't be stored" in line for line in world.said)
    assert executor.missed(ONE) is None


def test_what_is_no_longer_scheduled_is_forgotten(world: World) -> None:
    world.executor(ONE, schedule(name="old"))
    world.executor(ONE)
    assert list(read_last_runs(world.files, [])) == ["health_check"]


# What each schedule's thread does, with runs that fall due every few milliseconds or never.


def follow(world: World, executor: Executor, until: Callable[[], bool]) -> None:
    """Follow ``ONE`` in a thread until ``until``; then the scheduler stops."""
    thread = threading.Thread(target=executor.follow, args=[ONE])
    thread.start()
    deadline = time.monotonic() + 20
    while not until() and time.monotonic() < deadline:
        time.sleep(0.01)
    found = until()
    world.stopping.ask(timedelta())
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert found, (world.said, world.runs)


def test_one_that_is_not_due_is_waited_for(world: World) -> None:
    follow(world, world.executor(ONE), until=lambda: bool(world.said))
    assert world.said == ["health_check: next run 2026-11-25 18:00 PST (2026-11-26T02:00:00Z)"]
    assert world.runs == []


def test_what_was_missed_is_run_before_anything_is_waited_for(world: World) -> None:
    world.executor(ONE)
    world.now += 3 * SIX_HOURS
    follow(world, world.executor(ONE), until=lambda: len(world.said) == 3)
    assert world.runs == ["health_check 2026-11-26T14:00:00Z"]
    assert "started, due" in world.said[0]


def test_what_was_missed_is_caught_up_after_the_maintenance_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.schedule.executor._LOOK_EVERY", timedelta(seconds=0.02))
    held = schedule(maintenance=(window("0 19 * * *", 7),))
    world.executor(held)
    world.now = DUE + timedelta(hours=8)  # 20:00; the run of 18:00 was missed
    executor = world.executor(held)
    thread = threading.Thread(target=executor.follow, args=[held])
    thread.start()
    time.sleep(0.1)
    in_window = world.runs
    world.now = DUE + timedelta(hours=14)  # 02:00, its end
    deadline = time.monotonic() + 20
    while len(world.said) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    world.stopping.ask(timedelta())
    thread.join(timeout=10)
    assert in_window == []
    assert world.runs == ["health_check 2026-11-26T02:00:00Z"]
    assert world.said[-1].startswith("health_check: next run 2026-11-26 06:00 PST")


@pytest.mark.parametrize("runs", [1, 5])
def test_a_clock_that_leaps_while_a_run_is_waited_for_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    """As after a machine has slept: the wait itself goes by a clock that stood still."""
    monkeypatch.setattr("plumbline.schedule.executor._LOOK_EVERY", timedelta(seconds=0.02))

    def leapt() -> bool:
        if len(world.said) == 1:
            world.now = DUE + runs * SIX_HOURS
        return len(world.said) == 4  # next run, started, done, next run

    follow(world, world.executor(ONE), until=leapt)
    assert len(world.runs) == 1
    assert world.last().due == DUE + runs * SIX_HOURS


def test_a_clock_that_is_put_back_far_does_not_keep_the_next_run_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.schedule.executor._LOOK_EVERY", timedelta(seconds=0.02))
    right = world.now
    world.now += timedelta(days=3650)
    executor = world.executor(ONE)

    def put_back() -> bool:
        if world.said and world.now > right + timedelta(days=30):
            world.now = right
            time.sleep(0.1)
            world.now = right + SIX_HOURS
        return bool(world.runs)

    follow(world, executor, until=put_back)
    assert world.runs == ["health_check 2026-11-26T02:00:00Z"]


def test_a_fault_of_ours_in_one_run_does_not_keep_the_next_away(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("plumbline.schedule.executor._LOOK_EVERY", timedelta(seconds=0.02))

    def command(one: Schedule) -> Sequence[str]:
        if len(world.said) < 3:
            raise ValueError("ours")
        return world.command(one)

    def due() -> bool:
        world.now += SIX_HOURS / 20
        return bool(world.runs)

    follow(world, world.executor(ONE, command=command), until=due)
    assert "health_check: FAILED, a bug in plumbline" in caplog.text
    assert "ours" in caplog.text


def test_a_clock_that_is_put_back_by_a_microsecond_hides_no_run(world: World) -> None:
    executor = world.executor(ONE)
    due = DUE + SIX_HOURS
    world.now = due - timedelta(microseconds=1)
    executor.take(ONE, reached=due)
    assert world.last().due == due
