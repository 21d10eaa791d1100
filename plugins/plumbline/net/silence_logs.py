"""No secrets in logs: HTTP libraries are silent while a channel uses them.

urllib3 logs each request's path at DEBUG, and a webhook's path is its secret; google-auth logs
answers, and Secret Manager's answer is a secret. What a delivery did is told by its `Receipt`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

LOGGERS = (
    "google.auth.transport.requests",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)
"""Filters of a logger don't hold for its children: each that speaks is named."""

_quiet: ContextVar[bool] = ContextVar("plumbline_quiet_transport", default=False)


class _Filter(logging.Filter):
    """Drops what is logged where `quiet_transport` is on."""

    def filter(self, _: logging.LogRecord) -> bool:
        return not _quiet.get()


_FILTER = _Filter()


@contextlib.contextmanager
def quiet_transport() -> Iterator[None]:
    """Nothing that this thread does inside the block is logged by the libraries of HTTP.

    A new thread does not inherit it: enter it there.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # a second time changes nothing
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
