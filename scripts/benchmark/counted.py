"""A command of plumbline's, and the files that it reads: ``python counted.py OUT COMMAND ...``.

Writes their names to OUT, a line each; modules of Python are left out.
"""

from __future__ import annotations

import os
import sys
from typing import Any

SOURCES = (".py", ".pyc", ".so", ".pth", ".dist-info")


def main() -> None:
    """Listen, then be the command."""
    out = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    read: set[str] = set()

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        name = os.fsdecode(arguments[0])
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        is_of_python = name.endswith(SOURCES) or "site-packages" in name
        if writes or is_of_python or name in read:
            return
        read.add(name)
        os.write(out, f"{name}\n".encode())

    from plumbline.cli import main as cli

    sys.addaudithook(listen)
    cli.main()


if __name__ == "__main__":
    main()
