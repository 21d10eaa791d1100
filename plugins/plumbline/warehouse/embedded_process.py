"""The process of the embedded BigQuery: bqemulator, under a lock, without network.

`embedded.EmbeddedWarehouse` starts it as a script, by path: it imports nothing of plumbline, so
that it is up in a second and a half. Four things stand between it and `python -m bqemulator`:

* it holds ``server.lock`` for as long as it lives, so that there is never a second server on one
  folder, and a dead one leaves nothing stale behind;
* DuckDB's spatial extension, without which bqemulator does not start, is loaded from its PyPI
  package, not from the network;
* it leaves when its folder is removed: nobody could find it any more;
* what bqemulator derives from a statement's text alone is remembered, a write copies no table, the
  catalog is written without upserts, the list of jobs stays in memory, and requests pass fewer
  layers.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import json
import operator
import os
import re
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

ANOTHER_SERVER = 75
"""Exit code: another process holds the lock (EX_TEMPFAIL)."""

ALLOCATIONS = 50_000
"""Of objects, before Python looks for garbage among the youngest. A syntax tree has many: with
Python's own 700 the looking is a third of what a query takes."""

REMEMBERED_STATEMENTS = 1_000
"""How many translations are kept, a few thousand characters each."""

REMEMBERED_TREES = 8
"""How many syntax trees are kept: those of the statement under way, as it is rewritten."""

CATALOG_KEYS = {"datasets": 2, "tables": 3}
"""How many of the first columns identify a row of a table of bqemulator's catalog."""

UPSERT = re.compile(
    rf'INSERT OR REPLACE INTO ("_bqemulator_catalog"\."({"|".join(CATALOG_KEYS)})") \((.*?)\)'
)

HOST = "127.0.0.1"
ORPHAN_CHECK_SECONDS = 2.0


def hold_lock(path: Path, *, seconds: float = 2.0) -> int:
    """Take the server's lock for the life of this process; the descriptor stays open."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    expires = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A command that only checks the lock also holds it for an instant.
            if time.monotonic() >= expires:
                sys.exit(ANOTHER_SERVER)
            time.sleep(0.05)
        else:
            return descriptor


def choose_port(preferred: int) -> int:
    """The port of last time, so that what was configured by hand goes on working; else any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, preferred))
        except OSError:
            return 0
    return preferred


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write the record whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(record))
    draft.replace(path)


def quiet_log() -> None:
    """Only warnings and worse: bqemulator logs at debug level until it is configured."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def load_spatial_from_its_package() -> None:
    """Have bqemulator load DuckDB's spatial extension from where pip put it, without network.

    Without the check of its signature, which takes a third of a second: pip has compared the
    package's hash, as it did for the other libraries of this process.
    """
    import duckdb
    import duckdb_extension_spatial
    from bqemulator.storage.engine import DuckDBEngine
    from bqemulator.types import geography

    package = Path(duckdb_extension_spatial.__file__).parent
    file = package / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    load = "load '{}'".format(str(file).replace("'", "''"))
    connect = functools.partial(duckdb.connect, config={"allow_unsigned_extensions": True})

    @functools.cache
    def connection_of_conversions() -> duckdb.DuckDBPyConnection:
        connection = connect(":memory:")
        connection.execute(load)
        return connection

    for owner, name, ours in (
        (duckdb, "connect", connect),
        (DuckDBEngine, "_load_spatial", lambda engine: engine.execute(load)),
        (geography, "_ensure_conv_conn", connection_of_conversions),
    ):
        setattr(owner, name, ours)


def remember_statements() -> None:
    """Have bqemulator parse and translate the same statement once.

    Of itself it parses each statement some twenty times, which is most of what a query takes. The
    values of parameters are bound later, so a monitor that runs again is the same text again.
    """
    import sqlglot
    from bqemulator.jobs import executor
    from bqemulator.sql.translator import SQLTranslator

    by_text = functools.lru_cache(REMEMBERED_STATEMENTS)
    for owner, name, remembering in (
        (sqlglot, "parse_one", parse_once),
        (SQLTranslator, "translate", translate_once),
        (executor, "parse_script", by_text),
        (executor, "rewrite_table_refs", by_text),
    ):
        setattr(owner, name, remembering(getattr(owner, name)))


def keep_no_versions() -> None:
    """Have bqemulator write a table without copying it for time travel, which is not offered here.

    With a retention of nothing it makes the copy all the same, and drops it later.
    """
    from bqemulator.versioning.snapshots import SnapshotManager

    capture = SnapshotManager.capture

    def capture_when_asked(*of: Any, kind: str = "AUTO") -> Any:
        return None if kind == "AUTO" else capture(*of, kind=kind)

    setattr(SnapshotManager, "capture", capture_when_asked)  # noqa: B010 - a method, to mypy


def keep_jobs_in_memory() -> None:
    """Have bqemulator keep its list of jobs only as long as it runs.

    Of itself it also writes each job to the data file, which is a third of a small job's time. No
    one could use the list after a restart: the results of the jobs are gone by then.
    """
    from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository

    setattr(DuckDBCatalogRepository, "_write_job", lambda *_: None)  # noqa: B010 - a method, to mypy


def parse_templates_once() -> None:
    """Have sqlglot parse the templates of DuckDB's generator once.

    In Python they are attributes of the class. In the compiled sqlglot each new generator parses
    them, which takes nine milliseconds, two or three times a statement. To share them is safe:
    sqlglot copies a template before it fills it in.
    """
    import sqlglot

    parse_one: Callable[..., Any] = sqlglot.parse_one
    templates: dict[str, Any] = {}

    def record(sql: str, **options: Any) -> Any:
        templates[sql] = parse_one(sql, **options)
        return templates[sql]

    def parse(sql: str, read: Any = None, **options: Any) -> Any:
        template = templates.get(sql) if read is None else None
        return parse_one(sql, read=read, **options) if template is None else template

    setattr(sqlglot, "parse_one", record)  # noqa: B010 - a function, to mypy
    sqlglot.Dialect.get_or_raise("duckdb").generator()
    setattr(sqlglot, "parse_one", parse)  # noqa: B010 - as above


def write_the_catalog_without_upserts() -> None:
    """Have bqemulator write the row of a dataset or a table by an UPDATE or an INSERT.

    DuckDB takes five times as long for the INSERT OR REPLACE that does both. It was a sixth of what
    the server does where many small tables are made.
    """
    from bqemulator.storage.engine import DuckDBEngine

    setattr(DuckDBEngine, "execute", without_upserts(DuckDBEngine.execute))  # noqa: B010 - as above


def without_upserts(execute: Callable[..., Any]) -> Callable[..., Any]:
    """``DuckDBEngine.execute`` that updates the catalog's row, or inserts it if there is none."""

    def run(engine: Any, sql: str, parameters: list[Any] | None = None) -> Any:
        if parameters is None or not (upsert := UPSERT.match(sql)):
            return execute(engine, sql, parameters)
        table, name, columns = upsert[1], upsert[2], upsert[3].split(", ")
        count = CATALOG_KEYS[name]
        values, keys = (
            separator.join(f"{column} = ?" for column in some)
            for separator, some in ((", ", columns[count:]), (" AND ", columns[:count]))
        )
        update = f"UPDATE {table} SET {values} WHERE {keys}"
        done = execute(engine, update, [*parameters[count:], *parameters[:count]])
        if done.fetchone()[0] == 0:
            return execute(engine, sql.replace("INSERT OR REPLACE", "INSERT", 1), parameters)
        return done

    return run


def serve_without_observers() -> None:
    """Have bqemulator answer requests without its access log and metrics, which nobody sees here.

    Each of these layers makes a task for each request. Without them, and without a thread for each
    of a request's two dependencies, a request takes a third less of the server's time.
    """
    import bqemulator.server
    from bqemulator.api.dependencies import get_caller, get_context
    from bqemulator.api.middleware import GzipRequestMiddleware
    from fastapi import Request

    server: Any = bqemulator.server
    create_app = server.create_app

    def create(context: Any) -> Any:
        async def own_context() -> Any:
            return context

        async def caller(request: Request) -> Any:
            return get_caller(request)

        # FastAPI looks for the name among this module's.
        caller.__annotations__["request"] = Request
        app = create_app(context)
        app.dependency_overrides = {get_context: own_context, get_caller: caller}
        app.user_middleware = [
            one for one in app.user_middleware if one.cls is GzipRequestMiddleware
        ]
        return app

    server.create_app = create


def parse_once(parse_one: Callable[..., Any]) -> Callable[..., Any]:
    """``sqlglot.parse_one`` that returns the tree of the last time, unless somebody changed it."""
    trees: OrderedDict[tuple[str, str], tuple[Any, list[Any]]] = OrderedDict()

    def parse(sql: str, read: Any = None, **options: Any) -> Any:
        if options or not isinstance(read, str):
            return parse_one(sql, read=read, **options)
        known = trees.pop((sql, read), None)
        if known is None or not _are_the_same(known[1], _parts(known[0])):
            tree = parse_one(sql, read=read)
            known = tree, _parts(tree)
        trees[sql, read] = known
        if len(trees) > REMEMBERED_TREES:
            trees.popitem(last=False)
        return known[0]

    return parse


def _parts(tree: Any) -> list[Any]:
    """What a tree is made of, in its order."""
    parts = [tree.parent]
    for node in tree.walk():
        parts += (node, node.type, *node.args.values())
    return parts


def _are_the_same(some: list[Any], others: list[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))


def translate_once(translate: Callable[..., Any]) -> Callable[..., Any]:
    """``SQLTranslator.translate`` that remembers what it translated; an error it finds again."""
    known: OrderedDict[tuple[str, str, Any], Any] = OrderedDict()

    def look_up(translator: Any, sql: str, *, schema: Any = None, caller: Any = None) -> Any:
        asked = sql, json.dumps(schema), caller
        result = known.pop(asked, None) or translate(translator, sql, schema=schema, caller=caller)
        if result.is_ok():
            known[asked] = result
        if len(known) > REMEMBERED_STATEMENTS:
            known.popitem(last=False)
        return result

    return look_up


def serve(folder: Path, *, preferred_port: int, project: str, lock: int) -> None:
    """Serve until SIGTERM."""
    quiet_log()
    gc.set_threshold(ALLOCATIONS)
    load_spatial_from_its_package()
    parse_templates_once()
    remember_statements()
    keep_no_versions()
    write_the_catalog_without_upserts()
    keep_jobs_in_memory()
    serve_without_observers()
    from bqemulator.config import LogFormat, LogLevel, PersistenceMode, Settings
    from bqemulator.server import EmulatorServer

    class Server(EmulatorServer):
        async def start(self) -> None:
            await super().start()
            # The tables are small: to share one out costs twice what reading it does.
            self._engine.execute("set threads = 1")
            write_record(
                folder / "server.json",
                {"pid": os.getpid(), "port": self.rest_port, "started_at": time.time()},
            )
            self._orphan_watch = asyncio.create_task(leave_when_orphaned(folder, lock))

    Server(
        Settings(
            rest_host=HOST,
            rest_port=choose_port(preferred_port),
            grpc_host=HOST,
            grpc_port=0,
            persistence_mode=PersistenceMode.PERSISTENT,
            data_dir=folder / "data",
            default_project_id=project,
            # The system's temporary folder may belong to another user of this machine.
            upload_staging_dir=folder / "uploads",
            # Only for Avro files, and fetched from the network.
            enable_format_extensions=False,
            time_travel_retention_days=0,
            metrics_enabled=False,
            tracing_enabled=False,
            admin_enabled=False,
            log_level=LogLevel.WARNING,
            log_format=LogFormat.JSON,
        )
    ).run_forever()


async def leave_when_orphaned(folder: Path, lock: int) -> None:
    """Stop when the folder, and so the lock, is not the one that this process holds."""
    mine = os.fstat(lock)
    while True:
        await asyncio.sleep(ORPHAN_CHECK_SECONDS)
        try:
            there = (folder / "server.lock").stat()
        except OSError:
            break
        if (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
            break
    os.kill(os.getpid(), signal.SIGTERM)


def main(folder: Path, preferred_port: int, project: str) -> None:
    """Take the lock, then serve."""
    lock = hold_lock(folder / "server.lock")
    record = folder / "server.json"
    # What it says is of a server that is gone.
    record.unlink(missing_ok=True)
    try:
        serve(folder, preferred_port=preferred_port, project=project, lock=lock)
    finally:
        with contextlib.suppress(OSError):
            record.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
