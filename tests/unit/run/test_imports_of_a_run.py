"""A run of suites over models imports nothing that only suites over tables need."""

from __future__ import annotations

import os
import subprocess
import sys


def test_what_suites_over_tables_need_is_not_imported_with_the_jobs() -> None:
    code = (
        "import sys, plumbline.run.jobs; "
        "print([m for m in sys.modules if m.startswith('plumbline.evaluate.pushdown')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
