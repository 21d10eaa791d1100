"""No secrets in logs: HTTP libraries are silent while a channel uses them.

urllib3 logs each request's path at DEBUG, and a webhook's path is its secret; google-auth logs
answers, and Secret Manager's answer is a secret. The result of a delivery is in its `Receipt`.
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
"""A logger's filters don't apply to its children, so each logger is listed."""

_quiet: ContextVar[bool] = ContextVar("plumbline_quiet_transport", default=False)


class _Filter(logging.Filter):
    """Drops what is logged where `quiet_transport` is on."""

    def filter(self, _: logging.LogRecord) -> bool:
        return not _quiet.get()


_FILTER = _Filter()


@contextlib.contextmanager
def quiet_transport() -> Iterator[None]:
    """Silence the HTTP libraries' logs for this thread inside the block.

    A new thread doesn't inherit this: enter the block there.
    """
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # a second time changes nothing
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
