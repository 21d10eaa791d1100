"""A whole run, with alerts and docs, after ten runs and after ten thousand.

All that those runs would have left is made of what one real run left: GX's results as files, and
the rows of plumbline's own dataset, each run six hours before the next.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.health_check.measure import HERE, Measured, Process, run
from bench.health_check.parts import Part, Target
from bench.health_check.proxy import Counted, forwarding
from bench.past import copied, copy_project
from bench.shared import BenchmarkError, python, python_path
from plumbline.history.dataset import OwnDataset
from plumbline.history.tables import DELIVERIES, HEARTBEATS, INCIDENTS, OUTCOMES, STATE, OwnTable
from plumbline.project import Project

CHECKPOINT = "health_check"
FEW = 10
AT_MOST = 1.15
HOURS = 6
INSTANTS = ("2026-02-02T18", "2026-02-03T00", "2026-02-03T06", "2026-02-03T12", "2026-02-03T18",
            "2026-02-04T00", "2026-02-04T06")  # fmt: skip
"""What the runs judge: one by which the past is made, one that is not measured, then the others."""
MOST_ROUNDS = len(INSTANTS) - 2

RUNS_AN_INCIDENT = 40
"""Every so manieth run of the past opened an incident, as in the demo season (10 in 424 runs)."""
HOURS_OF_INCIDENT = 12

_MOVED: Mapping[str, tuple[str, ...]] = {
    HEARTBEATS.name: ("beat_at", "due_at", "recorded_at"),
    OUTCOMES.name: ("as_of", "recorded_at"),
    INCIDENTS.name: ("as_of", "opened_at", "recorded_at"),
    DELIVERIES.name: ("attempted_at", "recorded_at"),
    STATE.name: ("written_at",),
}
"""The instants of each table that lie earlier in an earlier run."""


@dataclass(frozen=True)
class _Read:
    """What one process took and read."""

    process: Process
    rows: int
    files: int


def measure_history(
    *,
    runs: int,
    rounds: int,
    folder: Path,
    shipped: Path,
    endpoint: str,
    project: str,
    progress: Callable[[str], None],
) -> Part:
    """Measure runs after `FEW` and after ``runs`` stored ones, in turn.

    Args:
        runs: how many.
        rounds: processes of each; at most `MOST_ROUNDS`.
        folder: where the projects and their state are made.
        shipped: the project.
        endpoint: of the embedded BigQuery.
        project: of BigQuery.
        progress: is told each step.

    Raises:
        BenchmarkError: a command fails.
    """
    with ExitStack() as stack:
        webhook = stack.enter_context(_taking())
        address, counted = stack.enter_context(forwarding(endpoint))
        hosted = {
            "BIGQUERY_EMULATOR_HOST": address,
            "PLUMBLINE_PROJECT": project,
            "SLACK_WEBHOOK_URL_ERROR": webhook,
            "SLACK_WEBHOOK_URL_WARNING": webhook,
        }
        places = [_Place.make(folder, shipped, count, hosted, counted) for count in (FEW, runs)]
        for place in places:
            stack.callback(place.forget)
            place.fill(progress)
        found: dict[int, list[_Read]] = {place.runs: [] for place in places}
        unmeasured = 1 if rounds > 1 else 0  # fills caches
        for number, instant in enumerate(INSTANTS[1 : 1 + unmeasured + rounds]):
            for place in places:
                one = place.run(instant)
                progress(
                    f"run after {place.runs:,}: {one.process.cpu:.2f} s CPU, {one.rows:,} rows, "
                    f"{one.files:,} files"
                )
                if number >= unmeasured:
                    found[place.runs].append(one)
    few, many = found.values()
    measured = {
        f"run with alerts and docs, after {count:,}": Measured(
            str(count), tuple(one.process for one in reads)
        )
        for count, reads in found.items()
    }
    first, last = measured.values()
    after = f"after {runs:,} runs, times after {FEW}"
    return Part(
        measured=measured,
        targets=(
            Target("history", f"CPU of a whole run {after}", last.cpu / first.cpu, AT_MOST),
            Target(
                "history rows", f"rows that it reads {after}", _ratio(many, few, "rows"), AT_MOST
            ),
            Target(
                "history files", f"files that it reads {after}", _ratio(many, few, "files"), AT_MOST
            ),
        ),
        counts={
            f"{what} read after {count:,} runs": max(getattr(one, what) for one in reads)
            for what in ("rows", "files")
            for count, reads in found.items()
        },
    )


def _ratio(many: list[_Read], few: list[_Read], what: str) -> float:
    return sum(getattr(one, what) for one in many) / sum(getattr(one, what) for one in few)


@dataclass(frozen=True)
class _Place:
    """A project with a past, its own state and its own dataset in the warehouse."""

    runs: int
    root: Path
    environment: Mapping[str, str]
    counted: Counted

    @classmethod
    def make(
        cls, folder: Path, shipped: Path, runs: int, hosted: Mapping[str, str], counted: Counted
    ) -> _Place:
        root = copy_project(shipped, folder / f"after_{runs}").root
        state = {
            "PLUMBLINE_STATE_DIR": str(folder / f"state_{runs}"),
            "PYTHONPATH": python_path(),
        }
        return cls(runs, root, {**hosted, **state}, counted)

    @property
    def state(self) -> Path:
        return Path(self.environment["PLUMBLINE_STATE_DIR"])

    def fill(self, progress: Callable[[str], None]) -> None:
        """One real run, all before it made of that, and a site that knows them."""
        progress(f"making {self.runs:,} stored runs")
        self.state.mkdir()
        self.run(INSTANTS[0])
        results = self.state / "results"
        one_run = len(list(results.rglob("*.json")))
        for _ in copied(results, one_run * self.runs):
            pass
        with self.dataset() as dataset:
            for table in (HEARTBEATS, OUTCOMES, INCIDENTS, DELIVERIES, STATE):
                dataset.client.query(_past(table, self.runs - 1, dataset)).result()
        progress(f"building the site of {self.runs:,} runs")
        arguments = ("docs", "build", "--afresh", "--project-dir", str(self.root))
        command = python("-m", "plumbline", *arguments)
        run(command, self.environment)

    @contextmanager
    def dataset(self) -> Iterator[OwnDataset]:
        """Plumbline's own, of this project alone."""
        with _environment(self.environment):
            dataset = OwnDataset(Project(self.root).target("local"))
        try:
            yield dataset
        finally:
            dataset.close()

    def forget(self) -> None:
        """Leave the warehouse as it was found."""
        with self.dataset() as dataset:
            dataset.client.delete_dataset(dataset.name, delete_contents=True, not_found_ok=True)

    def run(self, instant: str) -> _Read:
        """A whole run, measured, counted."""
        out = self.state / "files.txt"
        command = (
            *python("-P", str(HERE / "counted.py"), str(out), "run", CHECKPOINT, "--alerts"),
            *("--as-of", f"{instant}:00:00Z", "--target", "local", "--format", "json"),
            *("--fail-on", "error", "--project-dir", str(self.root)),
        )
        self.counted.rows = 0
        process, printed = run(command, self.environment)
        if instant == INSTANTS[0] and not json.loads(printed)["alerts"]:
            raise BenchmarkError("the first run told nothing, so there is no past to be made")
        return _Read(process, rows=self.counted.rows, files=len(out.read_text().splitlines()))


def _past(table: OwnTable, runs: int, dataset: OwnDataset) -> str:
    """SQL that gives a table of plumbline's own, with one run in it, those before it."""
    made = {
        name: f"timestamp_sub({name}, interval back * {HOURS} hour)" for name in _MOVED[table.name]
    }
    columns = {column.name for column in table.columns}
    if "event_id" in columns:
        made["event_id"] = "concat(event_id, '-', cast(back as string))"
    if "run_id" in columns:
        # as the files of the same run have it
        made["run_id"] = (
            "concat(format_timestamp('%Y%m%dT%H%M%SZ', timestamp_sub("
            f"timestamp '{INSTANTS[0]}:00:00+00', interval back * {HOURS} hour)), '-', "
            "format('%08x', back))"
        )
    for name in ("incident_id", "message_id"):
        if name in columns:
            made[name] = f"concat({name}, '-', cast(back as string))"
    if table is STATE:
        made["version"] = "version - 1000 * back"  # the real one stays the last
    which = ""
    if table in (INCIDENTS, DELIVERIES):
        which = f" where mod(back, {RUNS_AN_INCIDENT}) = 0"
    if table is INCIDENTS:
        # each is opened, and ends
        which = " cross join unnest([false, true]) as ends" + which
        made["event"] = "if(ends, 'resolved', event)"
        made["event_id"] = f"concat({made['event_id']}, if(ends, '-end', ''))"
        made["as_of"] = (
            f"timestamp_add({made['as_of']}, interval if(ends, {HOURS_OF_INCIDENT}, 0) hour)"
        )
    chosen = ", ".join(f"{made.get(one.name, one.name)} as {one.name}" for one in table.columns)
    return (
        f"insert into `{dataset.table_id(table)}` "
        f"({', '.join(one.name for one in table.columns)}) "
        f"select {chosen} from `{dataset.table_id(table)}` "
        f"cross join unnest(generate_array(1, {runs})) as back{which}"
    )


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _taking() -> Iterator[str]:
    """A receiver of webhooks on this machine that takes all: its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0/benchmark"
    finally:
        server.shutdown()
        server.server_close()
