"""Starts and stops the stand-in for Cloud Run; it outlives the command that starts it.

<state>/demo-platform/
    platform.git  platform   the remote and the clone
    deployments.json         what each service runs
    platform.json            where both are; plumbline reads it
    server.json              process, port, and whose folder it serves
    server.log
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from demo_platform import cloud_run

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class DemoPlatformError(Exception):
    """One message: what is wrong and what to do."""


@dataclass(frozen=True)
class Server:
    folder: Path

    @property
    def state(self) -> Path:
        """What it answers from."""
        return self.folder / "deployments.json"

    @property
    def _record(self) -> Path:
        return self.folder / "server.json"

    def port(self) -> int | None:
        """The port on which it answers for this folder; None: it doesn't run.

        The answer names the folder, so another program on the port isn't taken for it.
        """
        known = self._read()
        if known is None:
            return None
        connection = http.client.HTTPConnection(cloud_run.HOST, known["port"], timeout=5.0)
        try:
            connection.request("GET", cloud_run.HEALTH)
            answer = json.loads(connection.getresponse().read())
            return known["port"] if answer == {"state": str(self.state)} else None
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def start(self, port: int) -> int:
        """The port of the running server, started if none runs.

        Args:
            port: 0: any that is free.

        Raises:
            DemoPlatformError: the port is in use, or it does not start.
        """
        running = self.port()
        if running is not None and port in (0, running):
            return running
        self.stop()
        log = self.folder / "server.log"
        with log.open("wb") as written:
            process = subprocess.Popen(
                [sys.executable, "-P", cloud_run.__file__, str(self.state), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the command
            )
        expires = time.monotonic() + START_SECONDS
        while time.monotonic() < expires and process.poll() is None:
            text = log.read_text()
            if text.endswith("\n") and text.strip().isdigit():
                self._record.write_text(json.dumps({"pid": process.pid, "port": int(text)}))
                process.returncode = 0  # it is not ours to wait for any more
                return int(text)
            time.sleep(0.02)
        process.kill()
        process.wait()
        if "Address already in use" in log.read_text():
            raise DemoPlatformError(
                f"port {port} is in use\n  fix: choose another with --port, or leave it out"
            )
        raise DemoPlatformError(f"the stand-in for Cloud Run did not start\n  see: {log}")

    def stop(self) -> bool:
        """Stop it; False: it was not running."""
        known = self._read()
        # Only a process that answers for this folder is ours: its id may be another's by now.
        is_running = self.port() is not None
        if known is not None and is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(known["pid"], signal.SIGTERM)
            expires = time.monotonic() + STOP_SECONDS
            while self.port() is not None and time.monotonic() < expires:
                time.sleep(0.02)
        self._record.unlink(missing_ok=True)
        return is_running

    def _read(self) -> dict[str, int] | None:
        try:
            found: dict[str, int] = json.loads(self._record.read_text())
        except (OSError, ValueError):
            return None
        return found
