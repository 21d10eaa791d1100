"""One run's alerts as a process of its own, which can kill itself between any two steps.

    python -m support.tell --state-dir D --project P --as-of 2026-02-02T12:00:00Z a=CRITICAL b=PASS
    ... --die-at 3       # SIGKILL at its fourth step
    ... --steps FILE     # only writes the names of the steps
    ... --stop-at "before deliver_all"   # SIGSTOP at the first step of that name
    ... --endpoint URL --claim-seconds 3 # a warehouse that takes a job id once; short claims
    ... --emulator URL   # the warehouse is this server, and not that of the state folder
    ... --patience 0.5   # how many seconds a server that does not answer is waited for

What it tells is made up; the state in the warehouse, the channels and the kill are real.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from plumbline.alerts import claims, delivery, factory
from plumbline.alerts.store import StateStore
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.project import Project
from plumbline.warehouse.retries import PATIENCE
from support.targets import embedded_target


def main() -> None:
    """Tell, or die on the way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--as-of", type=datetime.fromisoformat, required=True)
    parser.add_argument("--die-at", type=int, default=-1)
    parser.add_argument("--stop-at", default="")
    parser.add_argument("--endpoint")
    parser.add_argument("--emulator")
    parser.add_argument("--claim-seconds", type=float)
    parser.add_argument("--patience", type=float, default=PATIENCE["embedded"])
    parser.add_argument("--steps", type=Path)
    parser.add_argument("outcomes", nargs="+", help="MONITOR=STATUS")
    arguments = parser.parse_args()

    steps: list[str] = []

    def step(name: str) -> None:
        if len(steps) == arguments.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == arguments.stop_at and name not in steps:
            print(f"stopped {os.getpid()}", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
        steps.append(name)

    for method in ("load", "commit", "write_events", "record_outcomes"):
        _watch(StateStore, method, step)
    _watch(delivery, "deliver_all", step)

    if arguments.endpoint:
        factory.StateStore = partial(  # type: ignore[attr-defined, misc, assignment]
            StateStore, endpoint=arguments.endpoint, honours_job_ids=True
        )
    if arguments.claim_seconds:
        claims.CLAIM_SECONDS = delivery.CLAIM_SECONDS = arguments.claim_seconds
        claims.RENEWED_BELOW = timedelta(seconds=arguments.claim_seconds / 3)

    PATIENCE["embedded"] = arguments.patience

    outcomes = []
    for text in arguments.outcomes:
        monitor, status = text.split("=")
        outcomes.append(
            Outcome(
                monitor=monitor,
                status=Status(status),
                summary=f"{monitor} is {status}",
                as_of=arguments.as_of,
                reason="it can't be known" if status == "ERROR" else None,
            )
        )
    target = embedded_target(
        arguments.state_dir, project=arguments.project, emulator_host=arguments.emulator
    )
    report = factory.notify(
        factory.LiveRun(
            project=Project(arguments.root),
            target=target,
            run=Run(f"run-{os.getpid()}", "health_check_full", target.name, arguments.as_of, None),
            now=arguments.as_of,
        ),
        outcomes,
    )
    for line in report.lines:
        print(line.event, line.incident, line.channel, line.delivered)
    for note in report.notes:
        print(note)
    if arguments.steps:
        arguments.steps.write_text("\n".join(steps))


def _watch(owner: Any, name: str, step: Callable[[str], None]) -> None:
    """Make ``owner.name`` say when it begins and when it has ended."""
    whole = getattr(owner, name)

    def watched(*args: Any, **kwargs: Any) -> Any:
        step(f"before {name}")
        done = whole(*args, **kwargs)
        step(f"after {name}")
        return done

    setattr(owner, name, watched)


if __name__ == "__main__":
    main()
