"""What runs were billed, from the job's statistics through the history to whoever reads it.

The embedded warehouse does not say what it bills, so the jobs' statistics are filled in where they
come from the network; all else is real.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.cli.main import invoke
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.history.dataset import OwnDataset
from plumbline.history.outcomes import append_outcomes
from plumbline.history.reader import HistoryReader, Spent
from plumbline.project.targets import Target
from plumbline.warehouse import jobs
from plumbline.warehouse.result import QueryResult
from support.projects import NOW, SmallMonitor, SmallProject, make_project
from support.reports import group, outcome, report, text_of

pytestmark = pytest.mark.warehouse

MB = 1024**2
ALERTS = {"name": "alerts", "type": "plumbline_alerts"}
MODEL = (
    "select cast(instant as timestamp) as as_of, 'judge' as verdict, 100.0 as pct\n"
    "from unnest({{ var('as_of') }}) as instant\n"
)


def record(
    dataset: OwnDataset, run_id: str, *outcomes: Outcome, at: datetime = NOW, **changes: Any
) -> None:
    """A run's rows in the history, recorded at ``at``."""
    found = [replace(one, as_of=at) for one in outcomes]
    run = report(*found, run_id=run_id, as_of=at, **changes)
    assert append_outcomes(dataset, run, run.outcomes, clock=lambda: at)


def billed(monitor: str, amount: int | None, **changes: Any) -> Outcome:
    return outcome(monitor, bytes_billed=amount, **changes)


@pytest.fixture
def dataset(warehouse: Target) -> OwnDataset:
    return OwnDataset(warehouse)


@pytest.fixture
def bills(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes every job on the monitored tables say that it was billed so many bytes."""

    def bill(amount: int) -> None:
        real = jobs.run_query

        def run_query(*arguments: Any, **named: Any) -> QueryResult:
            return replace(real(*arguments, **named), total_bytes_billed=amount)

        monkeypatch.setattr(jobs, "run_query", run_query)

    return bill


@pytest.fixture
def small(warehouse: Target, tmp_path: Path) -> SmallProject:
    """A monitor that may cost 25 MB a day, in a checkpoint that is recorded."""
    found = make_project(tmp_path / "project", warehouse)
    meta = {"owner": "ml", "budget": {"bytes_per_day": "25 MB"}}
    found.add("lines", SmallMonitor(MODEL, meta=meta))
    found.checkpoint("lines", name="health", actions=[ALERTS])
    return found


def test_each_monitor_and_checkpoint_is_summed_up_with_its_owner(dataset: OwnDataset) -> None:
    lines = billed("lines", 20 * MB, owner="ml", groups=(group("a", Status.PASS, 1.0),))
    record(dataset, "r1", lines, billed("grades", 30 * MB, owner=None))
    record(dataset, "r2", lines, at=NOW + timedelta(hours=6))
    record(dataset, "r3", lines, checkpoint="full", at=NOW + timedelta(hours=6))

    until = NOW + timedelta(days=4)
    found = HistoryReader(dataset).spent(now=until, most=timedelta(days=30))

    assert found is not None
    assert found.span == timedelta(days=4)
    assert found.spent == (
        Spent("lines", "full", "ml", runs=1, jobs=1, bytes_billed=20 * MB),
        Spent("grades", "health_check", None, runs=1, jobs=1, bytes_billed=30 * MB),
        Spent("lines", "health_check", "ml", runs=2, jobs=2, bytes_billed=40 * MB),
    )


def test_a_load_that_came_twice_counts_once_and_a_repeated_run_twice(dataset: OwnDataset) -> None:
    again = report(billed("lines", 20 * MB), run_id="r1", as_of=NOW)
    append_outcomes(dataset, again, again.outcomes, clock=lambda: NOW)
    append_outcomes(dataset, again, again.outcomes, clock=lambda: NOW + timedelta(seconds=1))
    record(dataset, "r2", billed("lines", 20 * MB))

    found = HistoryReader(dataset).spent(now=NOW + timedelta(days=1), most=timedelta(days=30))

    assert found is not None
    assert [(one.runs, one.bytes_billed) for one in found.spent] == [(2, 40 * MB)]


def test_jobs_of_which_the_warehouse_is_silent_are_counted_failed_ones_are_not(
    dataset: OwnDataset,
) -> None:
    silent = billed("lines", None)
    failed = billed("lines", None, status=Status.ERROR, reason="gone")
    never = billed("lines", None, status=Status.ERROR, reason="no model", job_ids=())
    for number, one in enumerate((silent, failed, never)):
        record(dataset, f"r{number}", one, at=NOW + timedelta(hours=number))

    found = HistoryReader(dataset).spent(now=NOW + timedelta(days=1), most=timedelta(days=30))

    assert found is not None
    (spent,) = found.spent
    assert (spent.runs, spent.jobs, spent.bytes_billed, spent.silent_jobs) == (3, 2, None, 1)


def test_other_targets_and_older_runs_are_not_in_it(dataset: OwnDataset) -> None:
    record(dataset, "r1", billed("lines", 20 * MB), target="other")
    record(dataset, "r2", billed("lines", 20 * MB), at=NOW - timedelta(days=40))

    found = HistoryReader(dataset).spent(now=NOW, most=timedelta(days=30))

    assert found is not None
    assert found.spent == ()


def test_without_a_history_there_is_nothing_and_none_is_made(
    dataset: OwnDataset, warehouse: Target
) -> None:
    assert HistoryReader(dataset).spent(now=NOW, most=timedelta(days=30)) is None
    assert list(dataset.client.list_datasets()) == []


def test_a_budget_looks_at_today_and_at_other_runs(dataset: OwnDataset) -> None:
    for number, hours in enumerate((-30, 1, 2)):
        record(dataset, f"r{number}", billed("lines", 10 * MB), at=NOW + timedelta(hours=hours))

    found = HistoryReader(dataset).billed(["lines", "grades"], since=NOW, other_than="r2")

    assert found == {"lines": 10 * MB}


def test_a_run_says_what_it_was_billed_only_where_the_warehouse_does(
    small: SmallProject, bills: Callable[[int], None]
) -> None:
    assert small.run("health", docs=False).cost is None
    bills(10 * MB)

    found = small.run("health", docs=False)

    assert found.cost == "10.0 MiB billed in 1 job on 0 tables"
    assert "\n10.0 MiB billed in 1 job on 0 tables\n" in text_of(found)


def test_the_run_that_goes_over_the_budget_says_so_and_stays_a_pass(
    small: SmallProject, bills: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    bills(10 * MB)
    caplog.set_level(logging.WARNING, logger="plumbline.history.cost")
    # Recorded now, while the runs are of another day: the sum is of the day of the run.
    runs = [small.run_at(datetime.now(UTC) + timedelta(seconds=number)) for number in range(3)]

    assert [run.outcomes[0].status for run in runs] == [Status.PASS] * 3
    assert [run.outcomes[0].notes for run in runs] == [
        (),
        (),
        ("over its budget of 25.0 MiB per day: 30.0 MiB billed today, 10.0 MiB of it by this run",),
    ]
    (warning,) = caplog.records
    assert warning.__dict__["bytes_billed_today"] == 30 * MB
    assert "over its budget" in text_of(runs[2])


def test_the_costs_are_listed_for_people_and_for_machines(
    small: SmallProject,
    bills: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bills(10 * MB)
    now = datetime.now(UTC)
    small.run_at(now)
    monkeypatch.setattr("plumbline.project.Project.target", lambda *_: small.target)
    later = now + timedelta(minutes=5)

    assert (
        invoke(
            ["--project-dir", str(small.root), "list", "--costs", "--format", "json"],
            clock=lambda: later,
        )
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert said["total"]["bytes_billed"] == 10 * MB
    assert [line["name"] for line in said["by_owner"]] == ["ml"]
    assert [line["name"] for line in said["by_checkpoint"]] == ["health"]

    assert invoke(["--project-dir", str(small.root), "list", "--costs"], clock=lambda: later) == 0
    assert "10.0 MiB" in capsys.readouterr().out
