"""Lets the folder run as ``python scripts/demo_season --out DIR``."""

import sys
from pathlib import Path


def _run() -> int:
    # Python puts this folder itself first on the path, where its modules would shadow others of
    # the same name; what is wanted there is the folder that holds the package.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from demo_season.cli import main

    return main()


sys.exit(_run())
