"""A Python that has imported plumbline already: commands that begin in a fiftieth of a second.

    subprocess.run([*warm_python(), "-m", "plumbline", "run"], cwd=..., env=..., timeout=...)

Importing Great Expectations is most of what `plumbline run` costs, and hundreds of tests type a
command. This server imports the package once and forks for each command, which so is still a
process of its own: with its own folder, environment, streams, signals and exit code. Workers of
pytest-xdist share the server of the process that starts them.

``warm_python()`` is the beginning of a command line, in place of ``[sys.executable]``. It starts
this file as a program that hands its arguments and streams to the server, passes on signals, and
ends as the command does. What is about imports or the start of a process takes ``sys.executable``.

Workers of pytest-xdist are such commands themselves (`tests/conftest.py`).

It has imported bqemulator, too: `tests/conftest.py` has it run the embedded BigQuery, whose imports
are nine tenths of its start.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import signal
import socket
import sys

TYPE_CHECKING = False  # typing takes longer to import than all the rest
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

VARIABLE = "PLUMBLINE_TEST_WARM_PYTHON"
"""Names the socket of a server that was started for all workers."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HEAD_BYTES = 8
ENDED_BYTES = 8


def warm_python() -> list[str]:
    """What stands for ``python`` in a command line; the server starts at the first call."""
    global _server
    if _server is None:
        _server = os.environ.get(VARIABLE) or _start()
        _wait_for(_server)
    return _command(_server)


def share_warm_python() -> None:
    """Start the server, for this process and those that it starts from now on."""
    os.environ[VARIABLE] = _start()


@contextlib.contextmanager
def warm_python_of(python: Path) -> Iterator[list[str]]:
    """As ``warm_python()``, of another environment's ``python`` with the plumbline installed there."""
    with contextlib.ExitStack() as stopping:
        yield _command(_serve(stopping, str(python), {}))


def _command(address: str) -> list[str]:
    # -S, -E: it needs nothing but the standard library, and is to be quick
    return [sys.executable, "-S", "-E", __file__, address]


def stop_warm_python() -> None:
    """Stop the server, if this process started one."""
    _stopping.close()


_server: str | None = None
_stopping = contextlib.ExitStack()


def _start() -> str:
    from pathlib import Path

    import plumbline

    plugins = str(Path(plumbline.__file__).parents[1])
    _stopping.callback(os.environ.pop, VARIABLE, None)
    return _serve(_stopping, sys.executable, {"PYTHONPATH": plugins})


def _serve(stopping: contextlib.ExitStack, python: str, variables: dict[str, str]) -> str:
    import shutil
    import subprocess
    import tempfile

    folder = tempfile.mkdtemp(prefix="plumbline-")  # short: a socket's path has 107 characters
    address = f"{folder}/socket"
    with socket.socket(socket.AF_UNIX) as listener:
        # Listening before the server runs: commands that come early wait for it.
        listener.bind(address)
        listener.listen(64)
        server = subprocess.Popen(
            [python, "-P", __file__, "--serve", address, str(listener.fileno())],
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
        )

    stopping.callback(shutil.rmtree, folder, ignore_errors=True)
    stopping.callback(server.communicate)
    stopping.callback(server.kill)
    return address


def _wait_for(address: str) -> None:
    """Run an empty script: after it, a command doesn't wait until the server has its imports."""
    import subprocess

    started = subprocess.run([*_command(address), "-P", os.devnull], check=False)
    assert started.returncode == 0, "the server of warm Pythons does not start"


# The program that is started in place of Python


def ask(address: str, arguments: list[str]) -> int:
    """Let the server run a command with this process's streams; its exit code, minus a signal."""
    # One that comes early waits: the command may have said that it is ready before we know its pid.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    asked = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    said = json.dumps(asked).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        streams = array.array("i", [0, 1, 2])
        head = len(said).to_bytes(HEAD_BYTES, "big")
        server.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        server.sendall(said)
        pid = int.from_bytes(_received(server, HEAD_BYTES), "big")
        for number in SIGNALS:
            signal.signal(number, lambda number, _: os.kill(pid, number))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return int.from_bytes(_received(server, ENDED_BYTES), "big", signed=True)


def _received(peer: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = peer.recv(count - len(found))
        if not more:
            raise EOFError("the server of warm Pythons is gone")
        found += more
    return found


# The server


def serve(listener: socket.socket) -> list[str]:
    """Fork for each command; returns in the new process, with the command's arguments."""
    import selectors

    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(0, selectors.EVENT_READ)
    commands: dict[int, socket.socket] = {}
    """Who waits for the end of each process."""
    ends: dict[int, int] = {}
    """The process of each descriptor that tells of its end."""
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listener:
                peer, _ = listener.accept()
                asked, streams = _asked(peer)
                pid = os.fork()
                if pid == 0:
                    for held in (waiting, listener, peer, *commands.values()):
                        held.close()
                    return _become(asked, streams)
                for stream in streams:
                    os.close(stream)
                with contextlib.suppress(OSError):  # it was killed already: select will say so
                    peer.sendall(pid.to_bytes(HEAD_BYTES, "big"))
                ends[descriptor := os.pidfd_open(pid)] = pid
                commands[pid] = peer
                waiting.register(descriptor, selectors.EVENT_READ)
                waiting.register(peer, selectors.EVENT_READ, pid)
            elif key.fileobj == 0:
                os._exit(0)  # whoever started the server has ended
            elif key.fileobj in ends:
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                pid = ends.pop(key.fd)
                _, status = os.waitpid(pid, 0)
                if (peer := commands.pop(pid, None)) is not None:
                    waiting.unregister(peer)
                    with contextlib.suppress(OSError):
                        code = os.waitstatus_to_exitcode(status)
                        peer.sendall(code.to_bytes(ENDED_BYTES, "big", signed=True))
                    peer.close()
            elif commands.get(key.data) is key.fileobj:
                # It was killed, and what it stands for dies with it.
                waiting.unregister(key.fileobj)
                commands.pop(key.data).close()
                os.kill(key.data, signal.SIGKILL)


def _asked(peer: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What a command is to do, and its streams."""
    rights = socket.CMSG_SPACE(3 * array.array("i").itemsize)
    head, messages, _, _ = peer.recvmsg(HEAD_BYTES, rights)
    head += _received(peer, HEAD_BYTES - len(head))
    streams = array.array("i")
    streams.frombytes(messages[0][2])
    return json.loads(_received(peer, int.from_bytes(head, "big"))), list(streams)


def _become(asked: dict[str, Any], streams: list[int]) -> list[str]:
    """Take on the streams, the folder and the environment of who asked."""
    import random
    import time

    for descriptor, stream in enumerate(streams):
        os.dup2(stream, descriptor)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    random.seed()
    for number in SIGNALS:
        is_interrupt = number == signal.SIGINT
        signal.signal(number, signal.default_int_handler if is_interrupt else signal.SIG_DFL)
    return list(asked["arguments"])


_IMPORTED_WHEN_NEEDED = (
    "cronsim.explain", "jinja2.ext", "pyarrow.parquet",
    "sqlglot.dialects.bigquery",
)  # fmt: skip
"""By functions of the package and of the libraries that it imports."""


def _import_everything(address: str) -> None:
    import gc
    import importlib
    import pkgutil

    import great_expectations  # noqa: F401 - first, as a run does: it registers our expectations

    import plumbline
    from plumbline.site.pages import frame
    from plumbline.warehouse import embedded, embedded_process

    for module in pkgutil.walk_packages(plumbline.__path__, "plumbline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    embedded_process.quiet_log()
    for name in (*_IMPORTED_WHEN_NEEDED, "duckdb_extension_spatial", "bqemulator.server"):
        importlib.import_module(name)
    templates = frame.environment()
    for name in templates.list_templates():
        templates.get_template(name)
    embedded.python_command = lambda: _command(address)
    gc.collect()
    gc.freeze()


def main() -> None:
    """Serve, or ask the server."""
    if sys.argv[1] != "--serve":
        code = ask(sys.argv[1], sys.argv[2:])
        if code < 0:
            if -code in SIGNALS:
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        sys.exit(code)
    address, listener = sys.argv[2], socket.socket(fileno=int(sys.argv[3]))
    _import_everything(address)
    arguments = serve(listener)
    if arguments[0] == "-u":  # as the output of a warm Python is
        del arguments[0]
    try:
        _run(*arguments)
    except SystemExit as ended:
        _leave(ended.code)
    except Exception:  # noqa: BLE001 - said as Python says it
        sys.excepthook(*sys.exc_info())
        _leave(1)
    _leave()


def _run(option: str, *arguments: str) -> None:
    import runpy

    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [folder for folder in added if folder not in sys.path]
    if option == "-c":
        program, *sys.argv[1:] = arguments
        sys.argv[0] = option
        sys.path.insert(0, "")
        exec(program, {"__name__": "__main__"})
    elif option == "-m":
        module, *sys.argv[1:] = arguments
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 - the folder where it is typed, as -m has it
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    elif option == "-P":
        sys.argv[:] = arguments
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        assert not option.startswith("-"), "a warm Python knows [-P] SCRIPT, -m MODULE and -c TEXT"
        sys.argv[:] = [option, *arguments]
        program = os.path.abspath(option)  # noqa: PTH100
        if os.path.isfile(program):  # noqa: PTH113 - of a folder, the next line sees to it
            sys.path.insert(0, os.path.dirname(program))  # noqa: PTH120
        runpy.run_path(program, run_name="__main__")


def _leave(code: int | str | None = 0) -> None:
    """End as a program does that says so or has reached its end, without DuckDB's destructors.

    They would wait for threads that the fork left behind in the server, and abort.
    """
    import atexit
    import threading

    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    if isinstance(code, str):
        print(code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if isinstance(code, str) else code or 0)


if __name__ == "__main__":
    main()
