"""A small web server for a site in a folder, on this machine only: for looking at it in a browser.

For a company there are better ways: see docs/data-docs.md. Used by ``plumbline docs serve``.
"""

from __future__ import annotations

import logging
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from plumbline.core.errors import ConfigError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"


class _Handler(SimpleHTTPRequestHandler):
    """Files as they are now: the folder is a link, and is followed at each request."""

    def end_headers(self) -> None:
        """No page is kept by a browser: the next build may be a moment away."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:  # noqa: ARG002
        """No lists of files."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """To the log, not to the terminal."""
        logger.debug(format, *args)


def open_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server for ``folder``, which already listens; ``serve_forever`` answers requests.

    Raises:
        ConfigError: the port can't be had.
    """
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))
    except OSError as fault:
        raise ConfigError(
            f"can't listen on port {port}: {fault.strerror}",
            key="--port",
            fix="choose another port; 0 uses any free port",
        ) from None
