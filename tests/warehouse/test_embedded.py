"""The embedded BigQuery as a process: it starts once, is shared, and leaves nothing stale."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.installation import install_fix
from plumbline.project.targets import Target
from plumbline.warehouse import embedded, embedded_process
from plumbline.warehouse.client import open_client
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest

pytestmark = pytest.mark.warehouse


@pytest.fixture
def own(own_target: Target) -> EmbeddedWarehouse:
    return EmbeddedWarehouse.of(own_target)


@pytest.fixture
def cold_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server starts from nothing, as it does for users."""
    monkeypatch.setattr(embedded, "python_command", lambda: [sys.executable])


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(condition: Callable[[], bool], *, seconds: float = 8.0) -> bool:
    expires = time.monotonic() + seconds
    while time.monotonic() < expires:
        if condition():
            return True
        time.sleep(0.05)
    return False


def put(target: Target, value: int) -> None:
    client = open_client(target)
    client.create_dataset("d", exists_ok=True)
    client.query("create table if not exists d.t (n int64)").result()
    client.query(f"insert into d.t values ({value})").result()


def held(target: Target) -> list[int]:
    answer = JobRunner(target).run(QueryRequest("held", "select n from d.t order by n"))
    return [row["n"] for row in answer.rows]


@pytest.mark.usefixtures("cold_python")
def test_it_starts_answers_and_stops(own: EmbeddedWarehouse, own_target: Target) -> None:
    said: list[str] = []

    server = own.start(said.append)

    assert JobRunner(own_target).run(QueryRequest("one", "select 1 as n")).rows == [{"n": 1}]
    assert own.status().state == "running"
    assert said[0] == "starting the embedded BigQuery"
    assert server.url in said[1]
    assert own.stop() is True
    assert not is_alive(server.pid)
    assert own.status().state == "stopped"
    assert own.stop() is False


def test_a_second_start_finds_the_first(own: EmbeddedWarehouse) -> None:
    said: list[str] = []
    first = own.start()

    assert own.start(said.append) == first
    assert said == []


def test_it_outlives_the_command_and_its_terminal(
    own: EmbeddedWarehouse, own_target: Target
) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from plumbline.warehouse.embedded import EmbeddedWarehouse;"
        f"EmbeddedWarehouse(Path({str(own_target.state_dir)!r}), 'p').start(print)"
    )
    # What reads the command's output must see its end, though the server goes on.
    command = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    server = own.server()
    assert server is not None
    assert server.url in command.stdout
    assert command.stderr == ""
    assert os.getsid(server.pid) == server.pid


def test_data_and_port_are_kept_between_runs(own: EmbeddedWarehouse, own_target: Target) -> None:
    first = own.start()
    put(own_target, 1)
    own.stop()

    again = own.start()

    assert held(own_target) == [1]
    assert again.port == first.port


def test_a_port_that_another_program_has_taken_is_left_to_it(
    own: EmbeddedWarehouse, own_target: Target
) -> None:
    first = own.start()
    put(own_target, 1)
    own.stop()

    with socket.create_server(("127.0.0.1", first.port)):
        again = own.start()

    assert again.port != first.port
    assert held(own_target) == [1]


def test_after_a_kill_it_starts_again_with_what_was_written(
    own: EmbeddedWarehouse, own_target: Target
) -> None:
    server = own.start()
    put(own_target, 1)
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: own.server() is None)

    again = own.start()

    assert again.pid != server.pid
    assert held(own_target) == [1]


@contextlib.contextmanager
def bystander() -> Iterator[int]:
    """A living process that has nothing to do with plumbline."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def test_a_process_that_has_inherited_the_pid_is_neither_asked_nor_killed(
    own: EmbeddedWarehouse,
) -> None:
    own.folder.mkdir(parents=True)
    (own.folder / "server.lock").touch()
    with bystander() as pid:
        (own.folder / "server.json").write_text(f'{{"pid": {pid}, "port": 1, "started_at": 1.0}}')

        assert own.status().state == "stopped"
        assert own.stop() is False
        assert is_alive(pid)
        assert own.start().pid != pid
        assert is_alive(pid)


def test_a_broken_record_of_the_server_is_ignored(own: EmbeddedWarehouse) -> None:
    own.folder.mkdir(parents=True)
    for content in ("", "not json", "[]", '{"pid": 1}'):
        (own.folder / "server.json").write_text(content)
        assert own.status().state == "stopped", content

    assert own.start().port > 0


def test_commands_that_start_it_at_once_share_one_server(own_target: Target) -> None:
    code = (
        "from pathlib import Path;"
        "from plumbline.warehouse.embedded import EmbeddedWarehouse;"
        f"print(EmbeddedWarehouse(Path({str(own_target.state_dir)!r}), 'p').start().pid)"
    )
    environment = os.environ | {"PYTHONPATH": ":".join(p for p in sys.path if p)}

    def command(_: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment, capture_output=True, text=True, check=True, timeout=60,
        ).stdout  # fmt: skip

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        pids = set(pool.map(command, range(3)))

    assert len(pids) == 1


def test_there_is_never_a_second_server_on_one_folder(own: EmbeddedWarehouse) -> None:
    own.start()

    second = subprocess.run(
        [sys.executable, "-P", embedded_process.__file__, str(own.folder), "0", "p"],
        timeout=30,
        check=False,
    )

    assert second.returncode == embedded_process.ANOTHER_SERVER
    assert own.status().state == "running"


def test_a_server_whose_starter_was_killed_is_waited_for(own: EmbeddedWarehouse) -> None:
    own.folder.mkdir(parents=True)
    orphan = subprocess.Popen(
        [sys.executable, "-P", embedded_process.__file__, str(own.folder), "0", "p"]
    )
    assert eventually(lambda: own.status().state == "starting")

    assert own.start().pid == orphan.pid

    assert own.stop() is True
    assert orphan.wait() == 0


def test_a_server_whose_folder_is_removed_leaves(own: EmbeddedWarehouse) -> None:
    server = own.start()

    own.folder.rename(own.folder.with_name("elsewhere"))

    assert eventually(lambda: not is_alive(server.pid))


def test_a_reset_removes_all_data(own: EmbeddedWarehouse, own_target: Target) -> None:
    own.start()
    put(own_target, 1)

    own.reset()

    assert own.status().state == "stopped"
    assert own.status().data_bytes == 0
    own.start()
    with pytest.raises(WarehouseError, match="Not found"):
        held(own_target)


def test_a_server_that_hangs_is_told_and_can_be_stopped(
    own: EmbeddedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = own.start()
    monkeypatch.setattr(embedded, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(embedded, "STOP_SECONDS", 1.0)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        assert own.status().state == "not answering"
        with pytest.raises(WarehouseError) as raised:
            own.start()
        assert f"process {server.pid}" in raised.value.what
        assert "plumbline warehouse stop" in str(raised.value.fix)

        assert own.stop() is True
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGCONT)
    assert not is_alive(server.pid)


def test_a_data_file_that_another_program_holds_is_told(own: EmbeddedWarehouse) -> None:
    own.start()
    own.stop()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys, time;"
            "c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)",
            str(own.data_dir / "bqemulator.duckdb"),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    try:
        with pytest.raises(WarehouseError) as raised:
            own.start()
    finally:
        holder.kill()
        holder.communicate()

    assert "Could not set lock on file" in raised.value.what
    assert str(holder.pid) in raised.value.what
    assert "close the program" in str(raised.value.fix)


@pytest.mark.usefixtures("cold_python")
def test_a_data_file_that_is_broken_is_told_with_the_end_of_the_log(
    own: EmbeddedWarehouse,
) -> None:
    own.data_dir.mkdir(parents=True)
    (own.data_dir / "bqemulator.duckdb").write_bytes(b"this is no DuckDB file" * 1000)

    with pytest.raises(WarehouseError) as raised:
        own.start()

    assert "exit code 1" in raised.value.what
    assert "not a valid DuckDB database file" in raised.value.what
    assert raised.value.file == str(own.log)
    assert "warehouse reset" in str(raised.value.fix)
    assert own.status().state == "stopped"


@pytest.mark.parametrize("home", ["empty", "read-only", "missing", "unset"])
def test_it_starts_without_network_whatever_the_home(
    own: EmbeddedWarehouse, own_target: Target, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    folder = own_target.state_dir.parent / "home"
    if home == "read-only":
        # Also for root, whom permissions do not stop: a file cannot hold `.duckdb/`.
        folder.touch()
    elif home == "empty":
        folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    if home == "unset":
        monkeypatch.delenv("HOME")
    # Whatever wanted to download the extension would be told so, at once.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    own.start()

    points = JobRunner(own_target).run(
        QueryRequest("point", "select st_astext(st_geogpoint(1, 2)) as point")
    )
    assert "POINT" in points.rows[0]["point"]


def test_a_state_folder_that_cannot_be_made_is_a_fault_of_the_configuration(
    own_target: Target,
) -> None:
    blocked = own_target.project_dir / "a file"
    blocked.touch()
    target = replace(own_target, state_dir=blocked)

    with pytest.raises(ConfigError) as raised:
        EmbeddedWarehouse.of(target).start()

    assert "the folder for local state can't be used" in raised.value.what
    assert "PLUMBLINE_STATE_DIR" in str(raised.value.fix)


def test_where_there_are_no_file_locks_the_way_out_is_told(
    own: EmbeddedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ConfigError) as raised:
        own.start()

    assert "Linux and macOS only" in raised.value.what
    monkeypatch.undo()


def test_without_the_local_extra_the_way_to_it_is_told(
    own: EmbeddedWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "NEEDED", ("bqemulator", "no_such_module"))

    with pytest.raises(ConfigError) as raised:
        own.start()

    assert "no_such_module missing" in raised.value.what
    assert install_fix("local") in str(raised.value.fix)
