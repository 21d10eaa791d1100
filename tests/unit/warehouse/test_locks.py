"""Locks between processes: held by the living only."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.warehouse.locks import LockTimeoutError, exclusive, is_held


@contextlib.contextmanager
def another_process_holds(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    code = (
        "import sys, time; from pathlib import Path;"
        "from plumbline.warehouse.locks import exclusive\n"
        "with exclusive(Path(sys.argv[1]), seconds=1):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_lock_is_held_while_its_process_lives(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)

    with another_process_holds(path):
        assert is_held(path)

    assert path.exists()
    assert not is_held(path)


def test_who_waits_too_long_gives_up_and_has_been_told(tmp_path: Path) -> None:
    path, told = tmp_path / "lock", []

    with another_process_holds(path), pytest.raises(LockTimeoutError):  # noqa: SIM117
        with exclusive(path, seconds=0.3, on_wait=lambda: told.append("waiting")):
            pass

    assert told == ["waiting"]


def test_who_waits_gets_it_when_the_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with another_process_holds(path) as holder:
        threading.Timer(0.3, holder.kill).start()
        began = time.monotonic()
        with exclusive(path, seconds=10):
            assert time.monotonic() - began > 0.2


def test_who_only_looks_stands_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_held(path)

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(20):
            with exclusive(path, seconds=5):
                assert is_held(path)
    finally:
        stop.set()
        for looker in lookers:
            looker.join()
