"""Which answers of an HTTP server are transient: the same request may work a moment later.

Used by whatever sends requests: channels, Secret Manager and BigQuery, whose reasons in the answer
count before its status (`plumbline.warehouse.retries`).
"""

from __future__ import annotations

TRANSIENT_STATUS_CODES = frozenset({408, 425, 429})
"""Below 500: the server was not ready for the request, or had too many."""


def is_transient(status_code: int) -> bool:
    """Whether an answer with this status may be another one later: all of 5xx may."""
    return status_code in TRANSIENT_STATUS_CODES or status_code >= 500
