"""The embedded BigQuery: bqemulator as a process of its own that outlives the command.

One server a state folder, shared by every command that uses the folder. What says that it runs is
the lock that it holds (see `embedded_process`); ``server.json`` beside it says where. Used by
`ready.ensure_ready` before a run and by ``plumbline warehouse``.

    <state>/warehouse/
        start.lock   held by the command that starts, fills, stops or empties it
        server.lock  held by the server          server.json  its process and port
        server.log   what it said since its start
        data/        DuckDB's file, and the marks of what was filled
        uploads/     load jobs under way
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.host import SERVER_MIB, check_memory
from plumbline.core.installation import install_fix
from plumbline.net.programs import started
from plumbline.warehouse import embedded_process
from plumbline.warehouse.locks import LockTimeoutError, exclusive, is_held

if TYPE_CHECKING:
    from plumbline.project.targets import Target

Progress = Callable[[str], None]
"""Takes a line for people: what is being done now."""

START_SECONDS = 60.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 20.0
"""How long a living server may be busy (it serves one query at a time) before we give it up."""
OTHERS_SECONDS = 300.0
"""How long another command may take to start and fill it."""

NEEDED = ("bqemulator", "duckdb", "duckdb_extension_spatial")


def python_command() -> list[str]:
    """The Python that runs the server and the seed."""
    return [sys.executable]


def silent(_: str) -> None:
    """Discard progress messages."""


@dataclass(frozen=True)
class ServerRecord:
    """A running server's own entry in ``server.json``."""

    pid: int
    port: int
    started_at: float

    @property
    def url(self) -> str:
        """Its REST endpoint."""
        return f"http://{embedded_process.HOST}:{self.port}"


@dataclass(frozen=True)
class EmbeddedStatus:
    """What ``plumbline warehouse status`` shows."""

    state: Literal["running", "starting", "stopped", "not answering"]
    folder: Path
    log: Path
    data_bytes: int
    server: ServerRecord | None = None


class EmbeddedWarehouse:
    """The server of one state folder: start, stop, inspect, reset."""

    def __init__(self, state_dir: Path, project: str) -> None:
        self._state_dir = state_dir
        self._project = project
        self.folder = state_dir / "warehouse"
        self.data_dir = self.folder / "data"
        self.log = self.folder / "server.log"
        self._record_file = self.folder / "server.json"
        self._port_file = self.folder / "port"
        self._server_lock = self.folder / "server.lock"
        self._start_lock = self.folder / "start.lock"

    @classmethod
    def of(cls, target: Target) -> EmbeddedWarehouse:
        """The embedded warehouse of a target of kind ``embedded``."""
        return cls(target.state_dir, target.project)

    # Looking

    def server(self) -> ServerRecord | None:
        """The server that runs, or None. Takes no lock and no network: a few microseconds."""
        try:
            held = is_held(self._server_lock)
        except OSError as fault:
            raise self._unusable(fault) from fault
        if not held:
            return None
        try:
            return ServerRecord(**json.loads(self._record_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None  # it is starting

    def url(self) -> str:
        """The endpoint of the running server.

        Raises:
            WarehouseError: none runs.
        """
        server = self.server()
        if server is None:
            raise WarehouseError(
                "the embedded warehouse isn't running",
                fix="run `plumbline warehouse start`",
                reason="notRunning",
            )
        return server.url

    def running(self) -> ServerRecord | None:
        """The running server once it answers; None if there is none.

        Raises:
            WarehouseError: it lives and does not answer.
        """
        expires = time.monotonic() + ANSWER_SECONDS
        while is_held(self._server_lock):
            server = self.server()
            left = expires - time.monotonic()
            if server is not None and left > 0 and self._answers(server, seconds=left):
                return server
            if left <= 0:
                raise WarehouseError(
                    f"the embedded warehouse runs (process {server.pid if server else 'unknown'}) "
                    f"but has not answered for {ANSWER_SECONDS:.0f} s",
                    file=self.log,
                    fix="run `plumbline warehouse stop`, then try again",
                    reason="unreachable",
                )
            time.sleep(0.05)
        return None

    def status(self) -> EmbeddedStatus:
        """State, address and size, without changing any of them."""
        server = self.server()
        state: Literal["running", "starting", "stopped", "not answering"]
        if server is not None:
            state = "running" if self._answers(server, seconds=2.0) else "not answering"
        else:
            state = "starting" if is_held(self._server_lock) else "stopped"
        return EmbeddedStatus(
            state=state,
            folder=self.folder,
            log=self.log,
            data_bytes=self._data_bytes(),
            server=server,
        )

    # Changing

    @contextlib.contextmanager
    def exclusively(self, progress: Progress = silent) -> Iterator[None]:
        """Be the only command that starts, fills, stops or empties it.

        Raises:
            ConfigError: the state folder cannot be written.
            WarehouseError: another command does not finish.
        """
        if importlib.util.find_spec("fcntl") is None:
            raise ConfigError(
                "the embedded BigQuery runs on Linux and macOS only",
                fix="choose another target with --target, or use WSL",
            )
        with contextlib.ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(
                    exclusive(
                        self._start_lock,
                        seconds=OTHERS_SECONDS,
                        on_wait=lambda: progress(
                            "waiting: another plumbline command is preparing the embedded warehouse"
                        ),
                    )
                )
            except LockTimeoutError:
                raise WarehouseError(
                    f"another plumbline command has held the embedded warehouse for "
                    f"{OTHERS_SECONDS:.0f} s",
                    file=self._start_lock,
                    fix="stop that command, then run this one again",
                ) from None
            except OSError as fault:
                raise self._unusable(fault) from fault
            yield

    def start(self, progress: Progress = silent) -> ServerRecord:
        """The running server, started if none runs.

        Raises:
            ConfigError: bqemulator is not installed, or the state folder cannot be written.
            WarehouseError: it does not start, or it runs and does not answer.
        """
        with self.exclusively(progress):
            return self.start_held(progress)

    def start_held(self, progress: Progress = silent) -> ServerRecord:
        """`start`, for a caller that is inside `exclusively`."""
        server = self.running()
        if server is not None:
            return server
        _require_installed()
        began = time.monotonic()
        progress("starting the embedded BigQuery")
        try:
            server = self._launch()
            self._port_file.write_text(str(server.port))
        except OSError as fault:
            raise self._unusable(fault) from fault
        progress(
            f"the embedded BigQuery answers on {server.url} ({time.monotonic() - began:.1f} s)"
        )
        return server

    def stop(self, progress: Progress = silent) -> bool:
        """Stop the server; False when none ran."""
        with self.exclusively(progress):
            return self._stop_held()

    def reset(self, progress: Progress = silent) -> None:
        """Stop the server and remove all data, also what plumbline itself recorded there."""
        with self.exclusively(progress):
            self._stop_held()
            for folder in (self.data_dir, self.folder / "uploads"):
                shutil.rmtree(folder, ignore_errors=True)
            self.log.unlink(missing_ok=True)

    # Within

    def _launch(self) -> ServerRecord:
        check_memory(SERVER_MIB, "the embedded warehouse")
        self._record_file.unlink(missing_ok=True)
        with (
            self.log.open("wb") as log,
            # In a session of its own: a Ctrl-C is for the command, and the server goes on.
            started(
                [
                    *python_command(),
                    # Without the script's folder on the path: its modules aren't top-level ones.
                    "-P",
                    embedded_process.__file__,
                    str(self.folder.resolve()),
                    str(self._preferred_port()),
                    self._project,
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            expires = time.monotonic() + START_SECONDS
            while time.monotonic() < expires:
                if process.poll() is not None:
                    raise self._start_failed(f"stopped with exit code {process.returncode}")
                server = self.server()
                if server is not None and self._answers(server, seconds=5.0):
                    # It is not ours to wait for any more, nor to end.
                    process.returncode = 0
                    return server
                time.sleep(0.03)
        raise self._start_failed(f"did not answer within {START_SECONDS:.0f} s")

    def _start_failed(self, how: str) -> WarehouseError:
        said = self.log.read_text(errors="replace").strip().splitlines()
        tail = "\n".join(f"    {line.strip()[:300]}" for line in said[-5:])
        if "Could not set lock on file" in tail:
            fix = "close the program that has the data file open (its process id is in the text)"
        else:
            fix = (
                "read the log; `plumbline warehouse reset` deletes the data and starts over "
                "(demo data is generated again; recorded results are lost)"
            )
        return WarehouseError(
            f"the embedded BigQuery {how}" + (f":\n{tail}" if tail else ""),
            file=self.log,
            fix=fix,
            reason="notStarted",
        )

    def _stop_held(self) -> bool:
        expires = time.monotonic() + STOP_SECONDS
        while (server := self.server()) is None:
            if not is_held(self._server_lock):
                self._record_file.unlink(missing_ok=True)
                return False
            if time.monotonic() > expires:
                raise WarehouseError(
                    "the embedded warehouse is starting; its process ID isn't known yet",
                    file=self.log,
                    fix="stop the process that holds server.lock (next to the log)",
                )
            time.sleep(0.05)
        # The server holds its lock, so this process id cannot be another program's.
        for signal_number, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5.0)):
            try:
                os.kill(server.pid, signal_number)
            except ProcessLookupError:
                pass
            except PermissionError as fault:
                raise WarehouseError(
                    f"the embedded warehouse (process {server.pid}) belongs to another user",
                    fix="ask that user to stop it, or set PLUMBLINE_STATE_DIR to another folder",
                ) from fault
            expires = time.monotonic() + seconds
            while time.monotonic() < expires:
                if not is_held(self._server_lock):
                    self._record_file.unlink(missing_ok=True)
                    return True
                time.sleep(0.03)
        raise WarehouseError(
            f"the embedded warehouse (process {server.pid}) cannot be stopped", file=self.log
        )

    def _unusable(self, fault: OSError) -> ConfigError:
        return ConfigError(
            f"the folder for local state can't be used: {fault.strerror or fault}",
            file=fault.filename or self.folder,
            fix="make it writable, or set PLUMBLINE_STATE_DIR to another folder",
        )

    def _data_bytes(self) -> int:
        total = 0
        for file in self.data_dir.glob("*"):
            with contextlib.suppress(OSError):  # DuckDB's log comes and goes
                total += file.stat().st_size
        return total

    def _preferred_port(self) -> int:
        try:
            return int(self._port_file.read_text())
        except (OSError, ValueError):
            return 0

    def _answers(self, server: ServerRecord, *, seconds: float) -> bool:
        # http.client knows no HTTP_PROXY, which could not reach this machine.
        connection = http.client.HTTPConnection(
            embedded_process.HOST, server.port, timeout=max(seconds, 0.1)
        )
        try:
            # Not /readyz: its `select 1` runs on the connection of the queries, and another query
            # that is being read at that moment then answers with that row.
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _require_installed() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the embedded BigQuery is not installed ({', '.join(missing)} missing)",
            fix=f"{install_fix('local')}, or choose another target with --target",
        )
