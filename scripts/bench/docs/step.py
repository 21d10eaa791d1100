"""One run of the checkpoint, and the docs step of it measured: a process of its own.

    python -m bench.docs.step PROJECT plumbline|gx

Prints one JSON object: CPU and wall seconds of the docs step alone, files opened for reading, and
files written.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.opened_files import listen

CHECKPOINT = "health_check_full"
AS_OF = "2026-02-02"


def main() -> None:
    """Run, measure, print."""
    root, which = Path(sys.argv[1]), sys.argv[2]
    from plumbline.gx.context import load_context
    from plumbline.project import Project

    context = load_context(Project(root))
    checkpoint: Any = context.checkpoints.get(CHECKPOINT)
    checkpoint.actions = []
    result = checkpoint.run(batch_parameters={"as_of": AS_OF})
    action = _action(which)
    action._data_context = context
    read: set[str] = set()
    written: set[str] = set()

    listen(lambda name, writes: (written if writes else read).add(name))
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
