"""Great Expectations and Soda Core, each opened alone over an embedded BigQuery.

For the processes that the benchmarks compare with plumbline. It imports nothing of plumbline, and
nothing that a Python with ``soda-core-bigquery`` lacks.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import Any


def open_gx(endpoint: str, project: str) -> Any:
    """A context of Great Expectations whose BigQuery data sources ask ``endpoint``."""
    _without_credentials(project)
    os.environ["BIGQUERY_EMULATOR_HOST"] = endpoint
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


def scan_with_soda(endpoint: str, project: str, sodacl: object) -> dict[str, Any]:
    """The results of one scan; an error ends the process."""
    _without_credentials(project)
    from soda.scan import Scan

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
    scan.add_sodacl_yaml_str(json.dumps(sodacl))
    scan.execute()
    if scan.has_error_logs():
        sys.exit(scan.get_error_logs_text())
    return dict(scan.get_scan_results())


def _without_credentials(project: str) -> None:
    """Both take credentials from the environment or a key file, and none are needed here."""
    import google.auth
    from google.auth.credentials import AnonymousCredentials

    google.auth.default = lambda *_, **__: (AnonymousCredentials(), project)  # type: ignore[assignment]
    logging.disable(logging.WARNING)
