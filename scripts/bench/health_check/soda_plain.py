"""Soda Core alone: the same figures, two thresholds each.

Run as a process of its own by the benchmark: ``python soda_plain.py ENDPOINT PROJECT``, by a Python
that has ``soda-core-bigquery``. It imports nothing of plumbline. Each figure is a user-defined
metric with the hand-written SQL of the floor, as Soda's documentation has it; Soda decides what it
asks.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

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
    import google.auth
    from google.auth.credentials import AnonymousCredentials

    # Soda takes credentials from the environment or a key file, and none are needed here.
    google.auth.default = lambda *_, **__: (AnonymousCredentials(), project)  # type: ignore[assignment]
    logging.disable(logging.WARNING)
    from soda.scan import Scan

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
    source = {
        "type": "bigquery",
        "use_context_auth": True,
        "project_id": project,
        "dataset": "nba_predictions",
        "client_options": {"api_endpoint": endpoint},
    }
    scan = Scan()
    scan.set_data_source_name("warehouse")
    scan.disable_telemetry()
    scan.add_configuration_yaml_str(json.dumps({"data_source warehouse": source}))
    scan.add_sodacl_yaml_str(json.dumps({"checks": checks}))
    scan.execute()
    found = scan.get_scan_results()
    if scan.has_error_logs():
        sys.exit(scan.get_error_logs_text())
    figures = {one["metricName"]: float(one["value"]) for one in found["metrics"]}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
