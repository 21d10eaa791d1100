"""BigQuery in trouble: each kind of fault at each request of a day's runs, and no lie comes of it.

A fault that passes is ridden out: the run finds what the data say. One that stays is the ERROR of
whom it hit, which says what happened; it is never a PASS, and never a CRITICAL that the data do not
give. Every run ends by its deadline, and no alert is lost.

Three grids: of the monitors' own requests, of the alerts' requests to the state that is kept in the
warehouse, both in one process with deadlines of moments; and all kinds in a whole process.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts import factory
from plumbline.core.errors import MonitorError, WarehouseError
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.history import dataset, loads
from plumbline.project import Target
from plumbline.project.targets import Limits
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse import query, retries
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.retries import PATIENCE
from scenarios.conftest import Finished, Plumbline
from support.bigquery_faults import (
    FAULTS,
    JobFails,
    Kind,
    Refused,
)
from support.bigquery_proxy import BigQueryProxy
from support.each import for_each
from support.fake_slack import FakeSlack
from support.projects import SmallProject, make_project
from support.sampled import sampled
from support.targets import bigquery_target
from support.warehouse import shared_state_dir, warehouse

__all__ = ["shared_state_dir", "warehouse"]

AT_ONCE = """
channels: {errors: {type: slack, webhook: SLACK_WEBHOOK_URL_ERROR}}
routes: [{to: [errors]}]
fallback: errors
confirm_after: {error: 1}
"""

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

START = datetime(2026, 2, 2, 12, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)
DAY = (100, 20, 20, 100)
"""What the data say of `coverage` at each run of the day, in percent: it breaks and is mended."""
DEADLINE_SECONDS = 2.5
LONGEST_SECONDS = DEADLINE_SECONDS + 20
"""Of a run: its deadline, and what it takes to end on a busy machine. The client's own retries go on
for ten minutes."""


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, what takes seconds on a network takes moments.

    What a sound run asks is found before: a busy machine may need longer for an answer.
    """

    def begin() -> None:
        monkeypatch.setattr(query, "INSERT_SECONDS", 0.5)
        monkeypatch.setattr(query, "POLL_SECONDS", 0.5)
        monkeypatch.setattr(dataset, "SECONDS", 1.5)
        monkeypatch.setattr(loads, "SECONDS", 1.5)
        monkeypatch.setitem(PATIENCE, "bigquery", 1.5)
        for module in (loads, query, retries):
            monkeypatch.setattr(module, "FIRST_WAIT_SECONDS", 0.02)

    return begin


@pytest.fixture
def key_file(
    warehouse: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[BigQueryProxy], None]]:
    """Credentials that Google's client finds where it looks, and that lead to the proxy."""
    with BigQueryProxy(endpoint_of(warehouse)) as tokens:
        written = tokens.write_key_file(tmp_path / "key.json")
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(written))
        yield lambda proxy: None


def applies(kind: Kind, request: str) -> bool:
    """Whether BigQuery could answer this request so."""
    if isinstance(kind.fault, JobFails):
        return request in ("insert", "results", "upload")
    if isinstance(kind.fault, Refused) and kind.fault.code == 409:
        return request in ("insert", "upload")
    return True


def is_ridden_out(name: str) -> bool:
    """Whether a run finds what the data say although this came once."""
    # Google's client asks for a new token when the old one is refused.
    return FAULTS[name].passes or name == "401 authError"


# The monitors' requests


@dataclass(frozen=True)
class Case:
    """A fault at one request of one run."""

    run: int
    of: str
    """Whose request."""
    place: int
    request: str
    """What is asked there, when each request is answered in time."""
    kind: str


@dataclass(frozen=True)
class Asked:
    """What a run found with the fault of its case."""

    case: Case
    proxy: BigQueryProxy
    found: dict[str, list[Any] | MonitorError]
    seconds: float

    @property
    def was_late(self) -> bool:
        """Whether the machine was too busy for deadlines this short.

        Then a request that met no fault, or the attempt after one that passes, had no answer in
        its moments, or was sent again, and the fault met another one; or the fault that stays
        was told too late, and the job was inserted again. What is so for another reason is so
        each time.
        """
        asked = [seen.kind for seen in self.proxy.seen if self.case.of in (seen.job_id or "")]
        if asked[self.case.place : self.case.place + 1] != [self.case.request]:
            return True
        if not is_ridden_out(self.case.kind) and asked.count("insert") > 1:
            return True
        late = [
            isinstance(said, WarehouseError) and said.reason in ("timeout", "unreachable")
            for name, said in self.found.items()
            if name != self.case.of or is_ridden_out(self.case.kind)
        ]
        return any(late) or self.seconds >= LONGEST_SECONDS or len(self.proxy.given) != 1


def ask_monitors(
    project: SmallProject, upstream: str, memory: dict[str, bytes], case: Case | None, run: int
) -> tuple[BigQueryProxy, dict[str, list[Any] | MonitorError]]:
    """One run's jobs, with a proxy of their own between."""
    with BigQueryProxy(upstream, page_rows=2, memory=memory) as proxy:
        if case is not None:
            proxy.at(case.place, FAULTS[case.kind].fault, of=f"plumbline_{case.of}_")
        return proxy, ask_through(proxy, project, run)


def ask_through(
    proxy: BigQueryProxy, project: SmallProject, run: int
) -> dict[str, list[Any] | MonitorError]:
    """What each monitor finds."""
    target = replace(project.target, api_endpoint=proxy.url)
    jobs = MonitorJobs(
        project.project, target, START + run * SIX_HOURS, vars={"coverage": DAY[run]}
    )
    found: dict[str, list[Any] | MonitorError] = {}
    jobs.submit(["coverage", "steady"])
    for monitor in ("coverage", "steady"):
        try:
            found[monitor] = [row["pct"] for row in jobs.data(monitor).result.rows]
        except MonitorError as error:
            found[monitor] = error
    return found


def small_day(warehouse: Target, root: Path) -> SmallProject:
    """Two monitors on BigQuery; the one's rows are what the run's variable says."""
    limits = Limits(deadline_seconds=DEADLINE_SECONDS)
    project = make_project(root, bigquery_target(project=warehouse.project, limits=limits))
    project.add("coverage", "select n, {{ var('coverage') }} as pct from unnest([1, 2, 3]) as n")
    project.add("steady", "select 90 as pct")
    file = project.root / "dbt_project.yml"
    file.write_text(file.read_text() + "  coverage: 0\n")
    return project


def test_each_fault_at_each_request_of_the_monitors_of_two_runs(
    warehouse: Target,
    tmp_path: Path,
    key_file: object,
    moments: Callable[[], None],
) -> None:
    project = small_day(warehouse, tmp_path / "project")
    patient = replace(project, target=replace(project.target, limits=Limits(deadline_seconds=60.0)))
    upstream, memory = endpoint_of(warehouse), {}
    healthy_and_broken = DAY[:2]  # the day's other two are asked the same
    truths = [{"coverage": [pct] * 3, "steady": [90]} for pct in healthy_and_broken]
    cases: list[Case] = []
    for run, truth in enumerate(truths):
        sound, found = ask_monitors(patient, upstream, memory, None, run)
        assert found == truth
        for monitor in truth:
            requests = [seen.kind for seen in sound.seen if monitor in (seen.job_id or "")]
            pages = 2 if monitor == "coverage" else 1
            assert requests == ["insert", *["results"] * pages]
            cases += [
                Case(run, monitor, place, request, name)
                for place, request in enumerate(requests)
                for name, kind in FAULTS.items()
                if applies(kind, request)
            ]
    moments()
    ridden_out, told = 0, 0

    def ask(case: Case) -> Asked:
        began = time.monotonic()
        proxy, found = ask_monitors(project, upstream, memory, case, case.run)
        return Asked(case, proxy, found, time.monotonic() - began)

    def judge(asked: Asked) -> None:
        nonlocal ridden_out, told
        case, proxy, found = asked.case, asked.proxy, asked.found
        kind, true = FAULTS[case.kind], truths[case.run]
        shown = f"{case}: {proxy.given}: {found}"
        errors = [said for said in found.values() if isinstance(said, MonitorError)]
        assert len(proxy.given) == 1, shown
        assert asked.seconds < LONGEST_SECONDS, shown
        assert all(found[name] in (true[name], *errors) for name in true), shown
        if is_ridden_out(case.kind):
            assert not errors, shown
            ridden_out += 1
        else:
            assert errors == [found[case.of]], shown
            assert kind.says in errors[0].what, shown
            told += 1
        failed = isinstance(kind.fault, JobFails) and kind.passes
        assert len(proxy.queries) <= 2 + failed, f"{shown}: paid twice"

    assert len(cases) > 200
    asked_now = sampled(cases, every=2)
    assert {case.kind for case in asked_now} == FAULTS.keys()
    with ThreadPoolExecutor(6) as at_once:
        first = list(at_once.map(ask, asked_now))
    for asked in first:
        again = 0
        while asked.was_late and again < 5:  # one by one: now the machine is idle, of ours at least
            asked, again = ask(asked.case), again + 1
        judge(asked)
    print(f"\n{len(asked_now)} cases: {ridden_out} ridden out, {told} told as ERROR")
    assert ridden_out + told == len(asked_now)
    assert min(ridden_out, told) > 20


# The alerts' requests


KINDS_OF_ALERTS = (
    "503 backendError", "cut after", "403 accessDenied", "cut before", "403 rateLimitExceeded",
    "400 invalid", "cut in the middle", "401 authError", "job fails: backendError",
    "429 rateLimitExceeded", "stall after", "502 front end", "job fails: invalidQuery",
)  # fmt: skip
"""Each request of the day meets one of them, in turn."""


def outcome(run: int, at: datetime) -> Outcome:
    broken = DAY[run] < 50
    return Outcome(
        monitor="coverage",
        status=Status.CRITICAL if broken else Status.PASS,
        summary=f"{DAY[run]} %",
        as_of=at,
        observed=DAY[run],
    )


def test_a_fault_at_each_request_of_the_alerts_of_a_day_loses_no_alert(
    warehouse: Target,
    tmp_path: Path,
    key_file: object,
    moments: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Days of four runs, each run with one fault; whoever is to be told is told each day."""
    with BigQueryProxy(endpoint_of(warehouse)) as proxy, FakeSlack() as slack:
        for name in ("ERROR", "WARNING"):
            monkeypatch.setenv(f"SLACK_WEBHOOK_URL_{name}", f"{slack.webhook_url}/{name.lower()}")
        target = replace(
            bigquery_target(project=warehouse.project, api_endpoint=proxy.url),
            state_dir=tmp_path / "state",
        )
        project = make_project(tmp_path / "project", target)

        def tell(day: int, run: int) -> list[str]:
            """The kinds of the requests of one run; its faults are set before."""
            before, at = len(proxy.seen), START + timedelta(days=day) + run * SIX_HOURS
            began = time.monotonic()
            factory.notify(
                factory.LiveRun(
                    project=project.project,
                    target=target,
                    run=Run(f"run-{day}-{run}", "all", target.name, at, revision=None),
                    now=at,
                ),
                [outcome(run, at)],
                clock=lambda: at,
            )
            assert time.monotonic() - began < 60, proxy.given[-1:]
            return [request.kind for request in proxy.seen[before:]]

        def told() -> tuple[int, int]:
            lines = [str(message["text"]).split(":")[0] for message in slack.messages]
            known = {"CRITICAL coverage", "RESOLVED coverage"}
            assert set(lines) <= known, "nothing is told that the data do not give"
            return lines.count("CRITICAL coverage"), lines.count("RESOLVED coverage")

        for run in range(4):
            tell(0, run)  # the dataset is made
        assert told() == (1, 1)
        sound = [tell(1, run) for run in range(4)]
        cases = []
        for run, requests in enumerate(sound):
            faults = [
                (place, KINDS_OF_ALERTS[(place + 3 * run) % len(KINDS_OF_ALERTS)])
                for place, request in enumerate(requests)
                if request != "token"
            ]
            cases.append(list(sampled(faults, every=2)))
        assert {name for faults in cases for _, name in faults} == set(KINDS_OF_ALERTS)
        total = sum(map(len, cases))
        moments()
        day = 2
        while any(cases):
            before = told()
            for run in range(4):
                if cases[run]:
                    place, name = cases[run].pop()
                    proxy.at(place, FAULTS[name].fault)
                tell(day, run)
                proxy.heal()
            if any(now <= then for now, then in zip(told(), before, strict=True)):
                tell(day, 3)  # what waits goes out with the next run
            opened, resolved = told()
            assert opened > before[0], f"an alert of day {day} was lost: {proxy.given[-4:]}"
            assert resolved > before[1], f"an end of day {day} was lost: {proxy.given[-4:]}"
            day += 1
        assert len(proxy.given) == total
        print(f"\n{total} cases in {day} days: {len(proxy.given)} faults met, {told()} told")


# Whole processes


def of(name: str) -> str:
    """The monitor whose inserts meet the fault of this name."""
    return f"meets_{re.sub('[^a-zA-Z0-9]+', '_', name).lower()}"


def run_with_each_fault(
    plumbline: Plumbline, warehouse: Target, folder: Path, names: Sequence[str]
) -> tuple[Finished, str, BigQueryProxy]:
    """`plumbline run --target bigquery --alerts`: each fault goes on at every insert of a monitor of
    its own, and one monitor meets none. What the run says, what Slack was told, and the proxy."""
    with BigQueryProxy(endpoint_of(warehouse)) as proxy, FakeSlack() as slack:
        project = make_project(folder / "project", warehouse)
        project.add("steady", "select 90 as pct")
        for name in names:
            project.add(of(name), "select 20 as pct")
            proxy.on_query(f"plumbline_{of(name)}_", replace(FAULTS[name].fault, times=999))
        project.checkpoint(
            *map(of, names), "steady", actions=[{"name": "alerts", "type": "plumbline_alerts"}]
        )
        (project.root / "checkpoints" / "alerts.yml").write_text(AT_ONCE)
        file = project.root / "great_expectations.yml"
        text = file.read_text()
        for old, new in (
            ("kind: bigquery\n", f"kind: bigquery\n        api_endpoint: {proxy.url}\n"),
            ("deadline_seconds: 120", "deadline_seconds: 6"),
            ("concurrent_jobs: 16", "concurrent_jobs: 50"),
        ):
            assert old in text
            text = text.replace(old, new)
        file.write_text(text)
        said = plumbline(
            *("run", "all", "--target", "bigquery", "--alerts", "--no-docs", "--format", "json"),
            cwd=project.root,
            env={
                "GOOGLE_APPLICATION_CREDENTIALS": str(proxy.write_key_file(folder / "key.json")),
                "PLUMBLINE_PROJECT": warehouse.project,
                "PLUMBLINE_STATE_DIR": str(folder / "state"),
                "SLACK_WEBHOOK_URL_ERROR": slack.webhook_url + "/error",
            },
            seconds=250,
        )
    (message,) = slack.messages
    assert said.monitor("steady")["status"] == "PASS"
    assert "Traceback" not in said.stdout + said.stderr
    return said, json.dumps(message), proxy


def test_each_kind_that_goes_on_is_the_error_of_its_monitor_in_a_whole_process(
    warehouse: Target, plumbline: Plumbline, tmp_path: Path
) -> None:
    names = [name for name in FAULTS if "409" not in name]
    began = time.monotonic()
    said, told, proxy = run_with_each_fault(plumbline, warehouse, tmp_path, names)
    assert time.monotonic() - began < 200, "its start and the alerts included, on a busy machine"
    assert said.code == 3, said.stderr
    assert "CRITICAL" not in told
    opened = {
        line["incident"].rpartition("-")[0]
        for line in said.json["alerts"]
        if (line["event"], line["delivered"]) == ("opened", True)
    }
    assert opened == set(map(of, names))

    def is_the_error_of_its_monitor(name: str) -> None:
        kind, found = FAULTS[name], said.monitor(of(name))
        assert (found["status"], found["observed"]) == ("ERROR", None)
        assert kind.says in found["reason"]
        expected = 3 if isinstance(kind.fault, JobFails) and kind.passes else 1
        jobs = [job for job in proxy.queries if f"plumbline_{of(name)}_" in job]
        assert len(jobs) <= expected, "paid twice"

    for_each(names, is_the_error_of_its_monitor)


def test_a_job_that_is_there_already_is_picked_up_in_a_whole_process(
    warehouse: Target, plumbline: Plumbline, tmp_path: Path
) -> None:
    name = "409 duplicate"
    said, told, proxy = run_with_each_fault(plumbline, warehouse, tmp_path, [name])
    assert (said.code, said.monitor(of(name))["status"]) == (2, "CRITICAL"), said.stderr
    assert f"CRITICAL {of(name)}" in told
    assert len([job for job in proxy.queries if "meets" in job]) == 1, "paid twice"
