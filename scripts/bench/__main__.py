"""Lets the folder run as ``python scripts/bench``."""

import sys
from pathlib import Path


def _run() -> int:
    # What is wanted first on the path is the folder that holds the package, not the package.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from bench.cli import main

    return main()


sys.exit(_run())
