"""Which files this process opens, as Python's audit hook tells; modules of Python are left out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

SOURCES = (".py", ".pyc", ".so", ".pth", ".dist-info")


def listen(opened: Callable[[str, bool], None]) -> None:
    """From now on, ``opened`` is told each file's name, and whether it is opened for writing."""

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        name = os.fsdecode(arguments[0])
        if not name.endswith(SOURCES) and "site-packages" not in name:
            opened(name, bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)))

    sys.addaudithook(hear)
