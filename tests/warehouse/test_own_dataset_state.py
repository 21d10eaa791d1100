"""The state of alerts in the warehouse: one wins each version, and none is lost.

With the embedded warehouse as it is, which takes any job id; and behind a proxy that takes each
once, as BigQuery does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import plumbline
from plumbline.alerts.state import AlertState, StateFormatError
from plumbline.alerts.store import ConflictError, StateStore
from plumbline.core.errors import WarehouseError
from plumbline.history.dataset import OwnDataset
from plumbline.history.events import IncidentRow
from plumbline.history.tables import INCIDENTS, SCHEMA_VERSION, STATE, TABLES, OwnColumn
from plumbline.project.targets import Target
from plumbline.warehouse.client import endpoint_of, open_client
from support.bigquery_proxy import BigQueryProxy, CutAfter, CutBefore, JobFails, Refused, Runs
from support.committer import with_mute
from support.sockets import refused_port
from support.targets import embedded_target
from support.warm_python import warm_python

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("short_waits")]

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)
MANY = 5


@pytest.fixture
def proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


@pytest.fixture
def plain_proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    """It has faults to give, and takes any job id, as the embedded warehouse does."""
    with BigQueryProxy(endpoint_of(warehouse), honours_job_ids=False) as proxy:
        yield proxy


@pytest.fixture
def embedded(warehouse: Target) -> Callable[[], StateStore]:
    """A process's store on the embedded warehouse, which takes any job id."""
    return lambda: StateStore(warehouse)


@pytest.fixture
def bigquery(warehouse: Target, proxy: BigQueryProxy) -> Callable[[], StateStore]:
    """A process's store on a warehouse that takes a job id once."""
    return lambda: StateStore(warehouse, endpoint=proxy.url, honours_job_ids=True)


@pytest.fixture(params=["embedded", "bigquery"])
def store(request: pytest.FixtureRequest) -> Callable[[], StateStore]:
    found: Callable[[], StateStore] = request.getfixturevalue(request.param)
    return found


def event(number: int) -> IncidentRow:
    return IncidentRow(
        event_id=f"a-1-{number:04d}-opened",
        incident_id="a-1",
        monitor="a",
        kind="data",
        event="opened",
        reason="first failure",
        status="WARNING",
        as_of=NOW,
        opened_at=NOW,
        speaks=True,
    )


def with_event(state: AlertState, number: int) -> AlertState:
    return replace(state, events=(event(number),))


def rows(target: Target, sql: str) -> list[dict[str, Any]]:
    found = open_client(target).query(sql.format(d=f"{target.project}.plumbline")).result()
    return [dict(row.items()) for row in found]


def events_in_table(target: Target) -> list[str]:
    found = rows(target, "select event_id from `{d}.incidents` order by event_id")
    return [row["event_id"] for row in found]


def names(state: AlertState) -> list[str]:
    return [mute.monitor for mute in state.mutes]


# What is committed is read


def test_before_the_first_commit_nothing_is_known(store: Callable[[], StateStore]) -> None:
    assert store().load() == AlertState()


def test_what_one_process_commits_another_reads(store: Callable[[], StateStore]) -> None:
    here = store()
    done = here.commit(with_mute(here.load(), "x"), based_on=AlertState())

    assert done.version == 1
    assert store().load() == done


def test_the_last_commit_is_what_is_read(store: Callable[[], StateStore]) -> None:
    here = store()
    state = AlertState()
    for name in "xyz":
        state = here.commit(with_mute(state, name), based_on=state)

    found = store().load()

    assert (found.version, names(found)) == (3, ["x", "y", "z"])


def test_a_state_of_long_ago_is_found_too(warehouse: Target) -> None:
    then = datetime.now(UTC) - timedelta(days=400)
    early = StateStore(warehouse, clock=lambda: then)
    early.commit(with_mute(early.load(), "x"), based_on=AlertState())

    late = StateStore(warehouse)
    state = late.load()

    assert names(state) == ["x"]
    assert late.commit(with_mute(state, "y"), based_on=state).version == 2


def test_the_state_of_a_newer_plumbline_is_refused_and_left_alone(warehouse: Target) -> None:
    store = StateStore(warehouse)
    store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    snapshot = '{"format":2,"state":{"whatever":1}}'
    open_client(warehouse).query(
        f"insert into `{warehouse.project}.plumbline.state` "
        "(event_id, version, writer, written_at, schema_version, snapshot, project, target) "
        f"values ('2-w', 2, 'w', current_timestamp(), 1, '{snapshot}', 'small', 'local')"
    ).result()

    with pytest.raises(StateFormatError, match="newer plumbline") as raised:
        StateStore(warehouse).load()

    assert "upgrade" in str(raised.value.fix)
    assert "version 2" in str(raised.value.where)


# One wins


def test_who_commits_on_an_old_version_is_told(store: Callable[[], StateStore]) -> None:
    first, second = store(), store()
    state, seen = first.load(), second.load()
    first.commit(with_mute(state, "first"), based_on=state)

    with pytest.raises(ConflictError):
        second.commit(with_mute(seen, "second"), based_on=seen)

    assert names(store().load()) == ["first"]


def test_who_lost_reads_again_and_commits_on_that(store: Callable[[], StateStore]) -> None:
    first, second = store(), store()
    state, seen = first.load(), second.load()
    first.commit(with_mute(state, "first"), based_on=state)
    with pytest.raises(ConflictError):
        second.commit(with_mute(seen, "second"), based_on=seen)

    seen = second.load()
    second.commit(with_mute(seen, "second"), based_on=seen)

    assert names(store().load()) == ["first", "second"]


def test_who_took_the_id_but_is_not_done_yet_wins(
    bigquery: Callable[[], StateStore], proxy: BigQueryProxy
) -> None:
    first, second = bigquery(), bigquery()
    state, seen = first.load(), second.load()
    proxy.on("state", Runs(polls=3))
    first.commit(with_mute(state, "first"), based_on=state)

    with pytest.raises(ConflictError):
        second.commit(with_mute(seen, "second"), based_on=seen)


@pytest.mark.parametrize(
    "kind", ["bigquery", "embedded", "embedded, without taking turns", "emulator of two machines"]
)
def test_of_processes_at_once_each_version_has_one_writer_and_none_is_lost(
    warehouse: Target, proxy: BigQueryProxy, kind: str
) -> None:
    options = {
        "bigquery": ["--endpoint", proxy.url],
        "embedded": ["--turns"],
        "embedded, without taking turns": [],
        "emulator of two machines": ["--emulator", endpoint_of(warehouse)],
    }[kind]
    others = [one.replace("127.0.0.1", "localhost") for one in options]  # with a lock of its own
    processes = [committer(warehouse, "a", *options), committer(warehouse, "b", *others)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    won = sorted(int(line) for out, _ in said for line in out.split() if line.isdecimal())
    assert won == list(range(1, 2 * MANY + 1))
    state = StateStore(warehouse).load()
    assert sorted(names(state)) == sorted(f"{n}-{i}" for n in "ab" for i in range(MANY))
    written = rows(warehouse, "select version, count(*) as n from `{d}.state` group by 1")
    assert {row["version"]: row["n"] for row in written} == dict.fromkeys(won, 1)


def committer(target: Target, name: str, *options: str) -> subprocess.Popen[str]:
    package, tests = Path(plumbline.__file__).parents[1], Path(__file__).parents[1]
    return subprocess.Popen(
        [
            *warm_python(),
            "-m",
            "support.committer",
            *("--state-dir", str(target.state_dir)),
            *("--project", target.project),
            *("--name", name),
            *("--commits", str(MANY)),
            *options,
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(package), str(tests)])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# Faults


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(CutBefore(), id="the upload never arrived"),
        pytest.param(CutAfter(), id="the answer was lost"),
        pytest.param(JobFails(), id="the job failed"),
        pytest.param(JobFails(times=2), id="the job failed twice"),
        pytest.param(Refused(503, "backendError", "try again"), id="503"),
        pytest.param(Runs(), id="the job takes its time"),
    ],
)
def test_whatever_becomes_of_the_load_the_state_is_written_once(
    warehouse: Target, bigquery: Callable[[], StateStore], proxy: BigQueryProxy, fault: Any
) -> None:
    store = bigquery()
    state = store.load()
    proxy.on("state", fault)

    done = store.commit(with_mute(state, "x"), based_on=state)

    assert bigquery().load() == done
    assert rows(warehouse, "select count(*) as n from `{d}.state`") == [{"n": 1}]


@pytest.mark.parametrize("fault", [CutBefore(), CutAfter()])
def test_without_job_ids_too_a_lost_answer_writes_once(
    warehouse: Target, plain_proxy: BigQueryProxy, fault: Any
) -> None:
    store = StateStore(warehouse, endpoint=plain_proxy.url, honours_job_ids=False)
    state = store.load()
    plain_proxy.on("state", fault)

    done = store.commit(with_mute(state, "x"), based_on=state)

    assert StateStore(warehouse).load() == done
    assert rows(warehouse, "select count(*) as n from `{d}.state`") == [{"n": 1}]


def test_of_two_the_one_whose_job_failed_may_lose_to_the_other(
    bigquery: Callable[[], StateStore], proxy: BigQueryProxy
) -> None:
    first, second = bigquery(), bigquery()
    state, seen = first.load(), second.load()
    proxy.on("state", JobFails(reason="invalid", message="no such field"))
    first._dataset.ensure()  # so that it takes the failure for good
    with pytest.raises(WarehouseError):
        first.commit(with_mute(state, "first"), based_on=state)

    done = second.commit(with_mute(seen, "second"), based_on=seen)

    assert (done.version, names(bigquery().load())) == (1, ["second"])
    with pytest.raises(ConflictError):
        first.commit(with_mute(state, "first"), based_on=state)


def test_a_version_whose_row_was_taken_away_can_be_written_again(
    warehouse: Target, bigquery: Callable[[], StateStore]
) -> None:
    store = bigquery()
    state = store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    store.commit(with_mute(state, "lost"), based_on=state)
    open_client(warehouse).query(
        f"delete from `{warehouse.project}.plumbline.state` where version = 2"
    ).result()

    after = bigquery()
    state = after.load()
    done = after.commit(with_mute(state, "y"), based_on=state)

    assert (done.version, names(bigquery().load())) == (2, ["x", "y"])


def test_a_dataset_that_was_dropped_begins_anew(
    warehouse: Target, bigquery: Callable[[], StateStore]
) -> None:
    store = bigquery()
    store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    open_client(warehouse).delete_dataset("plumbline", delete_contents=True)

    after = bigquery()
    state = after.load()
    done = after.commit(with_mute(state, "y"), based_on=state)

    assert (state, done.version, names(bigquery().load())) == (AlertState(), 1, ["y"])


def test_a_warehouse_that_is_not_there_is_told_so(warehouse: Target) -> None:
    endpoint = f"http://127.0.0.1:{refused_port()}"
    store = StateStore(warehouse, endpoint=endpoint)

    with pytest.raises(WarehouseError) as raised:
        store.load()

    assert raised.value.reason == "unreachable"


def test_after_a_commit_of_unknown_fate_the_version_is_asked_again(
    warehouse: Target, plain_proxy: BigQueryProxy
) -> None:
    store = StateStore(warehouse, endpoint=plain_proxy.url, honours_job_ids=False)
    with store.exclusively():
        state = store.load()
        plain_proxy.on("state", CutAfter())
        plain_proxy.deny(
            "POST", "^/bigquery/v2/.*/(jobs|queries)$", Refused(400, "invalid", "no queries now")
        )
        with pytest.raises(WarehouseError):
            store.commit(with_mute(state, "x"), based_on=state)
        plain_proxy.allow()

        with pytest.raises(ConflictError):
            store.commit(with_mute(state, "y"), based_on=state)

    assert names(StateStore(warehouse).load()) == ["x"]


# Events get into their tables


def test_the_events_of_a_commit_are_written_once(
    warehouse: Target, store: Callable[[], StateStore]
) -> None:
    here = store()
    state = here.commit(with_event(here.load(), 1), based_on=AlertState())
    for process in (here, here, store()):
        process.write_events(state)

    assert events_in_table(warehouse) == [event(1).event_id]


def test_what_a_killed_process_did_not_write_the_next_commit_writes(
    warehouse: Target, store: Callable[[], StateStore]
) -> None:
    killed = store()
    killed.commit(with_event(killed.load(), 1), based_on=AlertState())

    here = store()
    state = here.load()
    done = here.commit(with_event(state, 2), based_on=state)
    here.write_events(done)

    assert events_in_table(warehouse) == [event(1).event_id, event(2).event_id]


def test_events_that_came_to_a_committed_version_later_are_written_too(
    warehouse: Target, store: Callable[[], StateStore]
) -> None:
    """A fallback's state stands on the version that the warehouse had, with events of its own."""
    here = store()
    state = here.commit(with_event(here.load(), 1), based_on=AlertState())
    here.write_events(state)

    kept = with_event(state, 2)
    here.commit(replace(kept, events=()), based_on=kept)

    assert events_in_table(warehouse) == [event(1).event_id, event(2).event_id]


@pytest.mark.parametrize("fault", [CutBefore(), CutAfter(), JobFails()])
def test_events_are_written_once_whatever_becomes_of_the_load(
    warehouse: Target, bigquery: Callable[[], StateStore], proxy: BigQueryProxy, fault: Any
) -> None:
    store = bigquery()
    state = store.commit(with_event(store.load(), 1), based_on=AlertState())
    proxy.on("incidents", fault)

    store.write_events(state)

    assert events_in_table(warehouse) == [event(1).event_id]


# Killed processes


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_while_it_commits_leaves_a_state_to_go_on_from(
    warehouse: Target, proxy: BigQueryProxy, bigquery: Callable[[], StateStore], when: str
) -> None:
    bigquery().load()
    held = proxy.hold("state", when=when)
    process = committer(warehouse, "killed", "--endpoint", proxy.url)
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    assert held.arrived.wait(60)
    process.kill()
    process.communicate()

    here = bigquery()
    state = here.load()
    done = here.commit(with_mute(state, "next"), based_on=state)
    held.go.set()

    expected = ["killed-0", "next"] if when == "after" else ["next"]
    assert names(bigquery().load()) == expected
    assert done.version == len(expected)


def test_a_process_killed_in_its_turn_does_not_hold_up_the_next(
    warehouse: Target, proxy: BigQueryProxy
) -> None:
    """A lock of the kernel goes with its holder."""
    store = StateStore(warehouse)
    with store.exclusively(lambda _: None):
        waiting = committer(warehouse, "killed", "--turns")
        assert waiting.stdin is not None
        waiting.stdin.write("go\n")
        waiting.stdin.flush()
    waiting.kill()
    waiting.communicate()
    told: list[str] = []

    with store.exclusively(told.append):
        state = store.load()
        store.commit(with_mute(state, "next"), based_on=state)

    assert "next" in names(StateStore(warehouse).load())


# The cost


def test_in_its_turn_a_commit_asks_nothing_that_is_known(
    warehouse: Target, plain_proxy: BigQueryProxy
) -> None:
    store = StateStore(warehouse, endpoint=plain_proxy.url, honours_job_ids=False)
    store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    with store.exclusively(lambda _: None):
        state = store.load()
        plain_proxy.requests.clear()

        state = store.commit(with_mute(state, "y"), based_on=state)
        store.commit(with_mute(state, "z"), based_on=state)

    assert [request.split()[0] for request in plain_proxy.requests] == ["POST", "PUT"] * 2
    assert names(StateStore(warehouse).load()) == ["x", "y", "z"]


def test_the_table_of_states_is_read_by_recent_days_first(
    warehouse: Target, proxy: BigQueryProxy
) -> None:
    store = StateStore(warehouse, endpoint=proxy.url)
    store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    table = open_client(warehouse).get_table(OwnDataset(warehouse).table_id(STATE))
    proxy.requests.clear()

    StateStore(warehouse, endpoint=proxy.url).load()

    assert table.time_partitioning.field == "written_at"
    assert len([request for request in proxy.requests if request.startswith("POST")]) == 1


def test_incidents_are_partitioned_by_what_they_are_read_by(warehouse: Target) -> None:
    StateStore(warehouse).load()

    table = open_client(warehouse).get_table(OwnDataset(warehouse).table_id(INCIDENTS))

    assert table.time_partitioning.field == "as_of"
    assert table.clustering_fields == ["monitor", "incident_id"]


# Turns


def test_a_turn_in_a_turn_is_one(warehouse: Target) -> None:
    store = StateStore(warehouse)

    with store.exclusively(), store.exclusively():
        state = store.load()

    assert state == AlertState()


def test_who_waits_for_too_long_for_its_turn_is_told(
    warehouse: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.alerts.store.TURN_SECONDS", 0.1)
    told: list[str] = []

    with (
        StateStore(warehouse).exclusively(),
        pytest.raises(WarehouseError, match="another run has locked") as raised,
        StateStore(warehouse).exclusively(told.append),
    ):
        pass

    assert raised.value.reason == "locked"
    assert told == ["another run is sending its alerts: waiting for it"]


def test_where_no_lock_can_be_made_that_is_told(warehouse: Target, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = replace(warehouse, state_dir=tmp_path / "file")
    url = endpoint_of(warehouse)

    with pytest.raises(WarehouseError, match="the lock file of runs can't be opened"):
        StateStore(nowhere, endpoint=url).exclusively().__enter__()


HOLDER = """
import sys
from pathlib import Path
from plumbline.alerts.store import StateStore
from support.targets import embedded_target
changes = {"emulator_host": sys.argv[3]} if len(sys.argv) > 3 else {}
with StateStore(embedded_target(Path(sys.argv[1]), project=sys.argv[2], **changes),
                endpoint="http://127.0.0.1:1").exclusively():
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("server", ["own", "named by the environment"])
def test_the_lock_does_not_depend_on_the_folder_of_temporary_files(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.alerts.store.TURN_SECONDS", 0.1)
    here, there = tmp_path / "here", tmp_path / "there"
    host = [] if server == "own" else ["127.0.0.1:1"]
    (tmp_path / "tmp").mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(here if server == "own" else there), "p", *host],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "USER": "somebody",
             "PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    target = embedded_target(here, project="p", **({"emulator_host": host[0]} if host else {}))
    store = StateStore(target, endpoint="http://127.0.0.1:1")

    with pytest.raises(WarehouseError, match="another run has locked"), store.exclusively():
        pass
    holder.kill()
    holder.wait()
    with store.exclusively():
        pass


# The tables' columns


def test_tables_of_an_older_plumbline_get_their_columns_when_the_state_is_read(
    warehouse: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StateStore(warehouse)
    store.commit(with_mute(store.load(), "x"), based_on=AlertState())
    more = OwnColumn("mood", "STRING", "Of whoever looked.")
    newer = tuple(
        replace(table, columns=(*table.columns, more)) if table is INCIDENTS else table
        for table in TABLES
    )
    monkeypatch.setattr("plumbline.history.dataset.TABLES", newer)
    monkeypatch.setattr("plumbline.history.dataset.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr("plumbline.alerts.store.SCHEMA_VERSION", SCHEMA_VERSION + 1)

    StateStore(warehouse).load()

    assert rows(warehouse, "select mood from `{d}.incidents`") == []


# What is read back


def test_the_history_of_an_incident_is_read_in_order_and_each_event_once(
    warehouse: Target,
) -> None:
    store = StateStore(warehouse)
    state = store.load()
    for number in (2, 1):
        state = store.commit(with_event(state, number), based_on=state)
        store.write_events(state)
    open_client(warehouse).query(
        f"insert into `{warehouse.project}.plumbline.incidents` "
        f"select * from `{warehouse.project}.plumbline.incidents`"
    ).result()

    found = store.events_of("a-1", since=NOW)

    assert [row["event_id"] for row in found] == [event(1).event_id, event(2).event_id]
    assert store.events_of("b-1", since=NOW) == []
