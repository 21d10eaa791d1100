"""Progress: a live line for a person, long steps for a log."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from plumbline.cli.output import live_line, write_result
from plumbline.cli.progress import LiveProgress, LoggedProgress
from plumbline.core.status import Status
from support.reports import HOSTILE, outcome


def test_a_log_gets_long_steps_only(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LoggedProgress()
    progress.step("asking")
    progress.long_step("starting the embedded BigQuery")
    progress.monitor_done(outcome("a"), of=1)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "starting the embedded BigQuery\n")


def test_a_person_sees_the_step_and_which_monitors_are_done() -> None:
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=True, width=80, markup=False)
    with console.status("starting") as status:
        progress = LiveProgress(status)
        progress.step("asking local for 5 monitors")
        assert str(status.status) == "asking local for 5 monitors"
        progress.monitor_done(outcome("line_coverage", Status.CRITICAL), of=5)
        assert str(status.status) == "1 of 5 done; line_coverage: CRITICAL"
        progress.long_step(HOSTILE)
        assert "\x1b" not in str(status.status)


def test_a_result_that_is_written_meanwhile_begins_on_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=True, width=80)
    monkeypatch.setattr("sys.stdout", seen)
    with console.status("querying") as status, live_line(status):
        write_result("first look\n")
    before, _, after = seen.getvalue().partition("first look\n")
    assert before.endswith("\x1b[2K")  # the live line is erased, and comes again
    assert "querying" in after


def test_a_second_run_of_one_command_counts_its_own_monitors() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with console.status("starting") as status:
        progress = LiveProgress(status)
        for name in ("a", "b", "a"):
            progress.monitor_done(outcome(name), of=2)
        assert str(status.status) == "1 of 2 done; a: PASS"


def test_the_live_line_is_one_line_and_shows_where_it_is_cut() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=30)
    with console.status("starting") as status:
        LiveProgress(status).step("loading table 2 of 9: nba_predictions.prediction_accuracy")
        assert len(console.render_lines(status.renderable)) == 1
        assert str(status.status) == "loading table 2 of 9: nba_p…"
