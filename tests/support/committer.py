"""A process that commits states of alerts: ``python -m support.committer``.

It adds mutes named ``NAME-0``, ``NAME-1``, ... to the state, one a commit, each on what it has
read; overtaken, it reads again. So whoever loses a commit loses a mute, which a test sees.
Prints the version of each commit; ``--turns`` takes a turn for each. ``--emulator`` is a server
that machines without a common lock share.
"""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from plumbline.alerts.state import AlertState
from plumbline.alerts.store import ConflictError, StateStore
from plumbline.core.mute import Mute
from support.targets import embedded_target

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)


def with_mute(state: AlertState, name: str) -> AlertState:
    """``state`` and one mute more."""
    mute = Mute(monitor=name, owner="o", reason="r", until=NOW, source="command")
    return replace(state, mutes=(*state.mutes, mute), events=())


def main() -> None:
    """Commit, as told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--endpoint")
    parser.add_argument("--emulator")
    parser.add_argument("--name", required=True)
    parser.add_argument("--commits", type=int, required=True)
    parser.add_argument("--turns", action="store_true")
    asked = parser.parse_args()
    store = StateStore(
        embedded_target(asked.state_dir, project=asked.project, emulator_host=asked.emulator),
        endpoint=asked.endpoint,
        honours_job_ids=asked.endpoint is not None,
    )
    print("ready", flush=True)
    input()
    for number in range(asked.commits):
        while True:
            with store.exclusively(lambda _: None) if asked.turns else nullcontext():
                state = store.load()
                try:
                    done = store.commit(with_mute(state, f"{asked.name}-{number}"), based_on=state)
                except ConflictError:
                    print("overtaken", flush=True)
                    continue
            print(done.version, flush=True)
            break


if __name__ == "__main__":
    main()
