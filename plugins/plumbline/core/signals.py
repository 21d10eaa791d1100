"""The signals that end a command, what it then exits with, and how to hold them back."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

ENDING = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else []))

_last_calls: list[Callable[[], None]] = []


@contextlib.contextmanager
def last_call(call: Callable[[], None]) -> Iterator[None]:
    """Have ``call`` made if the process ends at once (`end_at_once`) within the ``with``."""
    _last_calls.append(call)
    try:
        yield
    finally:
        _last_calls.remove(call)


def end_at_once(code: int) -> NoReturn:
    """End this process without unwinding what it does."""
    for call in tuple(_last_calls):
        call()
    os._exit(code)


def exit_code(number: int) -> int:
    """Of a command that a signal ended."""
    return 128 + number


def message(number: int) -> str:
    """What such a command says last."""
    if number == signal.SIGINT:
        return "interrupted"
    return f"stopped by {signal.Signals(number).name}"


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Handle signals that come meanwhile at the end of the ``with``."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt the main thread only
        return
    came: list[tuple[signal.Signals, FrameType | None]] = []
    handlers = {
        number: handler for number in ENDING if callable(handler := signal.getsignal(number))
    }
    for number in handlers:
        signal.signal(number, lambda number, frame: came.append((signal.Signals(number), frame)))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in came:
            handlers[number](number, frame)
