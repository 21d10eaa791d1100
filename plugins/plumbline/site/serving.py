"""A small web server for a site in a folder, on this machine only: for looking at it in a browser.

For a company there are better ways: see docs/data-docs.md. Used by ``plumbline docs serve``.
"""

from __future__ import annotations

import logging
import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from plumbline.core.errors import ConfigError

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_OWN_NAMES = frozenset({HOST, "localhost", "::1"})


class _Handler(SimpleHTTPRequestHandler):
    """Files as they are now: the folder is a link, and is followed at each request."""

    def end_headers(self) -> None:
        """No page is kept by a browser: the next build may be a moment away."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def send_head(self) -> BytesIO | BinaryIO | None:
        """The head of an answer, with the file where there is one to be shown."""
        if not self._is_for_this_machine():
            # Else a page of another site, whose name is made to lead here, could read this one.
            self.send_error(421, explain="open the address that `plumbline docs serve` prints")
            return None
        try:
            if "\\" in self.path:  # browsers take it for a slash, and so a redirect to `/\\host`
                raise ValueError(self.path)
            is_inside = self._is_inside(self.translate_path(self.path))
        except ValueError:  # also for NUL, or no text of the file system
            self.send_error(400)
        except OSError:  # a name that is too long
            self.send_error(404)
        else:
            if is_inside:
                return super().send_head()
            self.send_error(404)
        return None

    def _is_for_this_machine(self) -> bool:
        hosts = self.headers.get_all("Host", [])
        return bool(hosts) and all(_name(host) in _OWN_NAMES for host in hosts)

    def _is_inside(self, path: str) -> bool:
        """Whether a file or a folder lies in the site, also when links are followed."""
        real = Path(os.path.realpath(path))
        is_kept = real.is_file() or real.is_dir()  # and no FIFO, whose reader waits
        return is_kept and real.is_relative_to(os.path.realpath(self.directory))

    def list_directory(self, path: object) -> None:  # noqa: ARG002
        """No lists of files."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """To the log, not to the terminal."""
        logger.debug(format, *args)


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def open_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server for ``folder``, which already listens; ``serve_forever`` answers requests.

    Raises:
        ConfigError: the port is not available.
    """
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))
    except OSError as fault:
        raise ConfigError(
            f"can't listen on port {port}: {fault.strerror}",
            key="--port",
            fix="choose another port; 0 uses any free port",
        ) from None
