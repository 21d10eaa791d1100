"""How looks after a deployment compare with the window before, and when watching ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.outcome import RunReport
from plumbline.core.status import Status
from plumbline.deploy import verify as verifying
from plumbline.deploy.deployed import UnknownDeploymentError
from plumbline.deploy.verify import After, Line, Look, Verified, look_after, verify
from plumbline.project import Project
from plumbline.project.services import find_service
from support.reports import outcome, report

PROJECT = Project(Path(__file__).parents[3])
SINCE = datetime(2026, 2, 2, 18, tzinfo=UTC)
NOW = SINCE + timedelta(minutes=30)


def after(
    logs: Callable[[datetime, datetime], int] | None = None, name: str = "prediction-worker"
) -> After:
    service = find_service(PROJECT.services, name, file=PROJECT.services_file)
    return After(PROJECT, PROJECT.target("local"), service, SINCE, logs)


Runs = Callable[[Sequence[Status], Sequence[Status]], list[tuple[datetime, datetime]]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """What the runs find, one a call; the last one for ever. The first run is before, all others
    after. Gives the windows that were asked for."""

    def given(
        afterwards: Sequence[Status], before: Sequence[Status]
    ) -> list[tuple[datetime, datetime]]:
        left, asked = list(afterwards), []

        def run(of: After, *, since: datetime, until: datetime, progress: object) -> RunReport:
            asked.append((since, until))
            if until <= of.since:
                return report(*(outcome("errors", status) for status in before))
            status = left.pop(0) if len(left) > 1 else left[0]
            return report(outcome("errors", status, summary=f"{status} now"))

        monkeypatch.setattr(verifying, "_run", run)
        return asked

    return given


def test_the_window_before_is_as_long_ends_with_the_deployment_and_is_asked_for_first(
    runs: Runs,
) -> None:
    asked = runs([Status.PASS], [Status.PASS])
    look_after(after(), now=NOW)
    assert asked == [(SINCE - timedelta(minutes=30), SINCE), (SINCE, NOW)]


@pytest.mark.parametrize(
    ("now", "before", "compared"),
    [
        (Status.PASS, Status.PASS, "same"),
        (Status.SKIPPED, Status.PASS, "same"),
        (Status.CRITICAL, Status.CRITICAL, "same"),
        (Status.CRITICAL, Status.WARNING, "worse"),
        (Status.WARNING, Status.PASS, "worse"),
        (Status.PASS, Status.CRITICAL, "better"),
        (Status.CRITICAL, Status.ERROR, "new"),
        (Status.ERROR, Status.PASS, "worse"),
    ],
)
def test_what_is_compared(runs: Runs, now: Status, before: Status, compared: str) -> None:
    runs([now], [before])
    look, _ = look_after(after(), now=NOW)
    assert look.lines[0].compared == compared


def test_what_was_as_wrong_before_is_not_this_deployments_doing(runs: Runs) -> None:
    runs([Status.CRITICAL], [Status.CRITICAL])
    found = verify(after(), clock=lambda: NOW)
    assert (found.ending, found.last.is_worse) == ("not calm", False)


def test_what_is_not_known_of_before_counts_as_worse(runs: Runs) -> None:
    runs([Status.WARNING], [])
    assert verify(after(), clock=lambda: NOW).ending == "worse"


def test_a_deployment_of_the_future_is_refused(runs: Runs) -> None:
    runs([Status.PASS], [Status.PASS])
    with pytest.raises(ConfigError, match="not in the past"):
        look_after(after(), now=SINCE)


def test_a_service_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(ConfigError, match="no checkpoint verifies nba-scrapers"):
        after(name="nba-scrapers").checkpoint  # noqa: B018 - reading it is the check


# Logs


@pytest.mark.parametrize(
    ("now", "status"),
    [(0, Status.PASS), (1, Status.WARNING), (10, Status.WARNING), (11, Status.CRITICAL)],
)
def test_logged_errors_of_ten_minutes_are_judged(runs: Runs, now: int, status: Status) -> None:
    runs([Status.PASS], [Status.PASS])
    asked = []

    def count(since: datetime, until: datetime) -> int:
        asked.append((since, until))
        return now if until == NOW else 0

    look, _ = look_after(after(count), now=NOW)
    line = look.lines[-1]
    assert (line.name, line.status, line.before) == ("logged errors", status, Status.PASS)
    minutes = timedelta(minutes=10)
    assert asked == [(NOW - minutes, NOW), (SINCE - minutes, SINCE)]


def test_logs_that_cannot_be_read_are_an_error(runs: Runs) -> None:
    runs([Status.PASS], [Status.PASS])

    def count(since: datetime, until: datetime) -> int:
        raise UnknownDeploymentError("permission to read the logs was denied", fix="grant the role")

    look, _ = look_after(after(count), now=NOW)
    line = look.lines[-1]
    assert (line.status, line.summary, line.action) == (
        Status.ERROR,
        "permission to read the logs was denied",
        "grant the role",
    )


# Watching


def watched(runs: Runs, *statuses: Status, minutes: int = 15) -> tuple[Verified, float]:
    """Looks with these results, and for how many minutes it was waited."""
    runs(statuses, [Status.PASS])
    waited = [0.0]

    def wait(seconds: float) -> None:
        waited[0] += seconds

    found = verify(
        after(),
        clock=lambda: NOW + timedelta(seconds=waited[0]),
        watch=timedelta(minutes=minutes),
        wait=wait,
    )
    return found, waited[0] / 60


GOOD, BAD = Status.PASS, Status.CRITICAL


@pytest.mark.parametrize(
    ("statuses", "ending", "minutes"),
    [
        ([GOOD], "calm", 1),
        ([BAD], "worse", 1),
        ([BAD, GOOD, GOOD], "calm", 2),
        ([GOOD, BAD, BAD], "worse", 2),
        ([GOOD, BAD] * 20, "not calm", 15),
    ],
    ids=["calm twice", "worse twice", "a bad start", "worse later", "neither"],
)
def test_it_is_watched_until_calm_or_worse_or_the_time_is_over(
    runs: Runs, statuses: list[Status], ending: str, minutes: int
) -> None:
    found, waited = watched(runs, *statuses)
    assert (found.ending, waited) == (ending, minutes)


def test_the_window_before_is_asked_for_once(runs: Runs) -> None:
    asked = runs([GOOD, BAD] * 20, [GOOD])
    verify(
        after(),
        clock=iter([NOW + timedelta(minutes=n) for n in range(40)]).__next__,
        watch=timedelta(minutes=6),
        wait=lambda _: None,
    )
    assert sum(until <= SINCE for _, until in asked) == 1


def test_a_look_says_what_is_wrong_and_what_it_was_before() -> None:
    from plumbline.deploy.report import look_page
    from plumbline.report.terminal import as_text

    line = Line("errors", BAD, "12 errors", GOOD, "0 errors", "read the logs", "docs/r.md")
    same = Line("lines", BAD, "44.2 %", BAD, "46.0 %")
    many = Line(
        "predictions",
        BAD,
        "6 predictions; at least 24 (6 × 4 games): 1 of 1 row (100 %) fails: 6 predictions; x is 1",
        BAD,
        "9 %; pct must be at least 50 %: observed 9 %",
        "gcloud run services logs read worker",
    )
    new = Line("runs", Status.WARNING, "1 failed", None)
    text = as_text(look_page(Look(after().service, SINCE, NOW, (line, same, many, new))))
    assert "✗ CRITICAL  errors: 12 errors\n    before   PASS (0 errors)" in text
    assert "    do       read the logs\n    runbook  docs/r.md" in text
    assert "    before  CRITICAL too (46.0 %)" in text
    said = "6 predictions; at least 24 (6 × 4 games): 1 of 1 row (100 %) fails; x is 1"
    assert f"✗ CRITICAL  predictions: {said}\n" in text
    assert "    before  CRITICAL too (9 %; pct must be at least 50 %)\n" in text
    assert "! WARNING   runs: 1 failed\n    before  not known" in text
