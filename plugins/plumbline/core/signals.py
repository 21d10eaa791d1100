"""The signals that end a command, what it then exits with, and how to hold them back."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
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


Handler = Callable[[int, FrameType | None], object]


class Held:
    """Stands in for a handler while signals are held."""

    def __init__(self, handler: Handler, came: list[Callable[[], object]]) -> None:
        self.handler = handler
        self._came = came

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._came.append(partial(self.handler, number, frame))


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Handle signals that come meanwhile at the end of the ``with``."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals interrupt the main thread only
        return
    came: list[Callable[[], object]] = []
    held = {
        number: Held(handler, came)
        for number in ENDING
        if callable(handler := signal.getsignal(number))
    }
    for number, one in held.items():
        signal.signal(number, one)
    try:
        yield
    finally:
        for number, one in held.items():
            signal.signal(number, one.handler)
        for handle in came:
            handle()
