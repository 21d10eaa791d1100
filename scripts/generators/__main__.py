"""Lets the folder run as ``python scripts/generators``."""

import sys
from pathlib import Path


def _run() -> int:
    root = Path(__file__).resolve().parents[2]
    # The folder that holds the package, not the package; and the tests, which hold the matrix.
    sys.path[:1] = [str(root / "scripts"), str(root / "tests")]
    from generators.cli import main

    return main()


sys.exit(_run())
