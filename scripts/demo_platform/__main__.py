"""Lets the folder run as ``python scripts/demo_platform start``."""

import sys
from pathlib import Path


def _run() -> int:
    # Python puts this folder itself first on the path; its modules are demo_platform's.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from demo_platform.cli import main

    return main(sys.argv[1:])


sys.exit(_run())
