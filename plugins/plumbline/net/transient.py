"""Which HTTP statuses are transient: the same request may work a moment later.

Used for channels, Secret Manager and BigQuery. BigQuery's own reason for an error takes precedence
over its status (`plumbline.warehouse.retries`).
"""

from __future__ import annotations

TRANSIENT_STATUS_CODES = frozenset({408, 425, 429})
"""Below 500: the server was not ready for the request, or had too many."""


def is_transient(status_code: int) -> bool:
    """Whether a retry may get another status; true for all of 5xx."""
    return status_code in TRANSIENT_STATUS_CODES or status_code >= 500
