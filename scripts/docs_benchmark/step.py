"""One run of the checkpoint, and the docs step of it measured: a process of its own.

    python step.py PROJECT plumbline|gx

Prints one JSON object: CPU and wall seconds of the docs step alone, files opened for reading, and
files written.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

CHECKPOINT = "health_check_full"


def main() -> None:
    """Run, measure, print."""
    root, which = Path(sys.argv[1]), sys.argv[2]
    from plumbline.gx.context import load_context
    from plumbline.project import Project

    context = load_context(Project(root))
    checkpoint: Any = context.checkpoints.get(CHECKPOINT)
    checkpoint.actions = []
    result = checkpoint.run()
    action = _action(which)
    action._data_context = context
    read, written = set(), set()

    def listen(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        name = os.fsdecode(arguments[0])
        if name.endswith((".py", ".pyc")):  # modules that are first used here
            return
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        (written if writes else read).add(name)

    sys.addaudithook(listen)
    cpu, wall = time.process_time(), time.perf_counter()
    action.run(checkpoint_result=result)
    print(
        json.dumps(
            {
                "cpu": time.process_time() - cpu,
                "wall": time.perf_counter() - wall,
                "read": len(read),
                "written": len(written),
            }
        )
    )


def _action(which: str) -> Any:
    if which == "plumbline":
        from plumbline.gx.docs_action import DocsAction

        return DocsAction(name="docs", site_names=["local_site"])
    from great_expectations.checkpoint import UpdateDataDocsAction

    return UpdateDataDocsAction(name="docs", site_names=["gx_site"])


if __name__ == "__main__":
    main()
