"""Soda Core alone: the same figures, two thresholds each.

Run as a process of its own by the benchmark: ``python soda_plain.py ENDPOINT PROJECT``, by a Python
that has ``soda-core-bigquery``. It imports nothing of plumbline. Each figure is a user-defined
metric with the hand-written SQL of the floor, as Soda's documentation has it; Soda decides what it
asks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.alone import scan_with_soda

QUERIES = Path(__file__).with_name("queries")
CHECKS = {
    "bdb_coverage": ("< 90", "< 50"),
    "grading_completeness": ("> 0", "> 0"),
    "line_coverage": ("< 80", "< 50"),
    "phase_completion": ("< 5", "< 3"),
    "recent_predictions": ("< 100", "< 50"),
}
"""When it warns and when it fails, as the suites have it."""


def main(endpoint: str, project: str) -> None:
    """Print ``{query: figure}`` as JSON."""
    checks = [
        {
            name: {
                f"{name} query": (QUERIES / f"{name}.sql").read_text(),
                "warn": f"when {warns}",
                "fail": f"when {fails}",
            }
        }
        for name, (warns, fails) in CHECKS.items()
    ]
    found = scan_with_soda(endpoint, project, {"checks": checks})
    figures = {one["metricName"]: float(one["value"]) for one in found["metrics"]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
