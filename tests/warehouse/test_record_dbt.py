"""Results of dbt, recorded into the history, the incidents and the messages of a real warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.outcome import RunReport
from plumbline.dbt.record import RecordRequest, record_dbt
from plumbline.history.reader import open_history
from plumbline.project.targets import Target
from plumbline.site.sync import read_news
from support.dbt_manifest import singular_test, write_manifest
from support.dbt_results import write_run_results, write_sources
from support.fake_slack import FakeSlack, Status
from support.projects import SmallProject, make_project

pytestmark = pytest.mark.warehouse

T0 = datetime(2026, 2, 2, 6, tzinfo=UTC)


def hours(number: float) -> datetime:
    return T0 + timedelta(hours=number)


@dataclass(frozen=True)
class Shop:
    """A project, dbt's target folder in it, and a receiver of its messages."""

    small: SmallProject
    slack: FakeSlack

    @property
    def folder(self) -> Path:
        return self.small.root / "target"

    def dbt(self, at: datetime, invocation: str, *, select: str = "", **statuses: str) -> None:
        """A `dbt build` that was done a minute after ``at``."""
        args: dict[str, Any] = {"select": [select]} if select else {}
        write_run_results(self.folder, statuses, at=at, invocation=invocation, **args)

    def record(self, **changes: Any) -> RunReport:
        request = RecordRequest(self.small.project, self.small.target, alerts=True)
        now = datetime.now(UTC)
        return record_dbt(replace(request, **changes), now=now, open_docs=None)


def sent(report: RunReport) -> list[str]:
    """What a recording has notified of."""
    return sorted(
        f"{line.event} {line.incident.rpartition('-')[0]}"
        for line in report.alerts
        if line.delivered
    )


@pytest.fixture
def shop(tmp_path: Path, warehouse: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with FakeSlack() as slack:
        monkeypatch.setenv("SLACK_WEBHOOK_URL", slack.webhook_url)
        yield Shop(make_project(tmp_path, warehouse), slack)


def test_an_incident_stays_open_while_its_test_does_not_run_and_ends_by_a_retry(
    shop: Shop,
) -> None:
    shop.dbt(hours(0), "1", a="fail", b="warn", c="pass")
    report = shop.record()
    assert (report.exit_code, report.checkpoint, report.action_errors) == (2, "dbt", ())
    assert sent(report) == ["opened dbt.a", "opened dbt.b"]

    again = shop.record()
    assert (again.run_id, again.alerts) == (report.run_id, ()), "the same invocation, again"

    shop.dbt(hours(1), "2", select="c", c="pass")
    assert sent(shop.record()) == [], "a part of the tests says nothing of the others"

    shop.dbt(hours(2), "3", invocation_command="dbt retry", a="pass")
    assert sent(shop.record()) == ["resolved dbt.a"]

    shop.dbt(hours(3), "4", a="pass", b="pass", c="pass")
    assert sent(shop.record()) == ["resolved dbt.b"]
    assert len(shop.slack.messages) == 3


def test_of_two_invocations_at_once_the_later_run_of_each_test_counts(shop: Shop) -> None:
    # One began first, ran `a` first, and is recorded last.
    shop.dbt(hours(0.5), "short", a="pass")
    shop.record()
    shop.dbt(hours(0), "long", a="fail")
    report = shop.record()
    assert report.alerts == ()
    (note,) = [note for note in report.notes if "changes no incident" in note]
    assert note.startswith("dbt.a: ")


def test_a_test_that_is_gone_from_dbt_ends_its_incident(shop: Shop) -> None:
    shop.dbt(hours(0), "1", a="fail", b="fail")
    shop.record()

    def of(invocation: str) -> dict[str, Any]:
        schema = "https://schemas.getdbt.com/dbt/manifest/v12.json"
        return {"metadata": {"dbt_schema_version": schema, "invocation_id": invocation}}

    only_a = singular_test("a", "select 1")
    shop.dbt(hours(1), "2", a="fail")
    write_manifest(shop.small.root, only_a, **of("another"))
    assert sent(shop.record()) == [], "another command's manifest may be of before"
    write_manifest(shop.small.root, only_a, **of("2"))
    assert sent(shop.record()) == ["monitor_removed dbt.b"]


def test_the_history_has_each_outcome_once_and_the_score_of_whole_runs(shop: Shop) -> None:
    shop.dbt(hours(0), "1", a="pass", b="fail")
    write_sources(shop.folder, "warn", at=hours(-1), invocation="f")
    for _ in range(2):
        shop.record()
    shop.dbt(hours(1), "2", select="a", a="pass")
    shop.record()
    later = hours(0) + timedelta(seconds=1)
    with open_history(shop.small.target) as history:
        found = history.outcomes(("as_of", "recorded_at", "run_id", "checkpoint", "monitor",
                                  "group_key", "status", "whole"), since=hours(-2)) or []  # fmt: skip
    assert [
        (one.outcome.monitor, one.outcome.as_of, str(one.outcome.status), one.is_whole)
        for one in found
    ] == [
        ("dbt.freshness.raw.orders", hours(-1), "WARNING", False),
        ("dbt.a", hours(0), "PASS", True),
        ("dbt.b", later, "CRITICAL", True),
        ("dbt.a", hours(1), "PASS", False),
    ]
    (run,) = read_news(shop.small.target, since=hours(-2), recorded=None).runs
    assert (run.checkpoint, run.as_of, run.score) == ("dbt", later, 50)


def test_a_message_that_slack_did_not_take_goes_out_when_the_results_are_recorded_again(
    shop: Shop,
) -> None:
    shop.slack.next(Status(403, body="action_prohibited"))
    shop.dbt(hours(0), "1", a="fail")
    assert shop.record().waiting == 1
    assert shop.record().waiting == 0
    assert ["dbt.a" in str(message) for message in shop.slack.messages] == [True]
