"""A command of plumbline's under Python's profiler: ``python profiled.py OUT COMMAND ...``.

Writes to OUT, as JSON, in which functions the main thread's time went: the largest shares.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
from pathlib import Path

TOP = 12


def main() -> None:
    """Profile, write."""
    out = Path(sys.argv[1])
    from plumbline.cli.main import invoke

    profile = cProfile.Profile()
    code = profile.runcall(invoke, sys.argv[2:])
    out.write_text(json.dumps(top_of(pstats.Stats(profile))))
    sys.exit(code)


def top_of(stats: pstats.Stats) -> list[tuple[str, float]]:
    """The functions with the largest shares of own time, the largest first."""
    own = {where: timed[2] for where, timed in stats.stats.items()}  # type: ignore[attr-defined]
    total = sum(own.values())
    largest = sorted(own, key=lambda where: -own[where])[:TOP]
    return [(_name(*where), own[where] / total) for where in largest]


def _name(file: str, line: int, function: str) -> str:
    """``package/module.py: function``, whichever folder the package lies in."""
    if not line:
        return function.strip("<>")
    parts = Path(file).parts
    for root in ("site-packages", "plugins", "python3.11", "python3.12", "python3.13"):
        if root in parts:
            parts = parts[parts.index(root) + 1 :]
            break
    return f"{'/'.join(parts[-3:])}: {function}"


if __name__ == "__main__":
    main()
