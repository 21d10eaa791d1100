"""Lets the folder run as ``python scripts/soak``."""

import sys
from pathlib import Path


def _run() -> int:
    # What is wanted first on the path is the folder that holds the package, not the package.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from soak.cli import main

    return main()


sys.exit(_run())
