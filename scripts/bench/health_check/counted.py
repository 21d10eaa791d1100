"""A command of plumbline's, and the files that it reads: ``python counted.py OUT COMMAND ...``.

Writes their names to OUT, a line each; modules of Python are left out.
"""

from __future__ import annotations

import os
import sys

from bench.opened_files import listen


def main() -> None:
    """Listen, then be the command."""
    out = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    read: set[str] = set()

    def opened(name: str, writes: bool) -> None:
        if not writes and name not in read:
            read.add(name)
            os.write(out, f"{name}\n".encode())

    from plumbline.cli import main as cli

    listen(opened)
    cli.main()


if __name__ == "__main__":
    main()
