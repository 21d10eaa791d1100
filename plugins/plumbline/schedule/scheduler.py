"""The scheduler for one machine: a thread for each schedule, which wakes when a run is due.

Used by ``plumbline schedule run``. One a project and target: two would run everything twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from plumbline.core.errors import ConfigError
from plumbline.project.state_files import StateFiles
from plumbline.schedule.child import Stopping
from plumbline.schedule.executor import Executor
from plumbline.schedule.signals import StopSignals
from plumbline.warehouse.locks import LockTimeoutError, exclusive

_LOOK_SECONDS = 0.2


def run_until_stopped(
    make_executor: Callable[[Stopping], Executor],
    *,
    state: StateFiles,
    grace: timedelta,
    say: Callable[[str], None],
) -> None:
    """Run what falls due until SIGTERM, SIGINT or SIGHUP; then let runs end, for ``grace``.

    A second signal ends what runs at once. Only for the main thread, which signals go to.

    Args:
        make_executor: is called once it is sure that there is no other scheduler.
        state: only one scheduler at a time has it.
        grace: how long runs may go on after the signal.
        say: takes a line of the log.

    Raises:
        ConfigError: another scheduler has it.
    """
    state.folder.mkdir(parents=True, exist_ok=True)
    lock = state.path("schedule", ".lock")
    try:
        with exclusive(lock, seconds=0), StopSignals() as signals:
            _run(make_executor, signals, grace=grace, say=say)
    except LockTimeoutError:
        raise ConfigError(
            f"another scheduler runs project {state.project} on target {state.target}",
            file=lock,
            fix="stop it first, or set PLUMBLINE_STATE_DIR to another folder for this one",
        ) from None


def _run(
    make_executor: Callable[[Stopping], Executor],
    signals: StopSignals,
    *,
    grace: timedelta,
    say: Callable[[str], None],
) -> None:
    stopping = Stopping()
    executor = make_executor(stopping)
    followers = [
        # A daemon: should the main thread fail, the process ends with it.
        threading.Thread(target=executor.follow, args=[one], name=one.name, daemon=True)
        for one in executor.schedules
    ]
    for follower in followers:
        follower.start()
    signals.wait()
    stopping.ask(grace)
    if executor.is_running:
        say(f"stopping: current runs have {grace.total_seconds():g} s to finish")
    while executor.is_running:
        if signals.wait(_LOOK_SECONDS):
            stopping.ask(timedelta())
    for follower in followers:
        follower.join(_LOOK_SECONDS)
    say("stopped")
