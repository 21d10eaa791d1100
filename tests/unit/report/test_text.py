"""The report for terminals and logs."""

from __future__ import annotations

import re
import shlex
import subprocess
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plumbline.core.alert_line import AlertLine, Event
from plumbline.core.outcome import ExpectationOutcome, Outcome
from plumbline.core.pricing import Price
from plumbline.core.status import Status
from plumbline.history.cost.summary import CostLine
from plumbline.report import wording
from plumbline.report.costs import Costs, costs_page
from plumbline.report.page import Command, Facts, Items, Name, Result, Results, Section, Table
from plumbline.report.terminal import as_text
from support.reports import (
    AS_OF,
    HOSTILE,
    failed,
    failure,
    grading,
    group,
    outcome,
    report,
    seed_day,
)
from support.reports import text_of as render

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def block_of(text: str, monitor: str) -> str:
    """The part of the report that stands below the monitor's title."""
    return text.split(f"  {monitor}\n")[1].split("\n\n")[0]


def test_the_first_line_says_what_was_judged() -> None:
    first = render(seed_day()).splitlines()[0]
    assert first == (
        "health_check · target local · end of 2026-02-02 (America/New_York) · suites at "
        "commit 0123456789ab"
    )


def test_of_many_monitors_that_do_not_fail_the_first_are_listed() -> None:
    many = [
        *(outcome(f"fine_{number}", Status.PASS) for number in range(1_100)),
        *(outcome(f"off_{number}", Status.SKIPPED, reason="no game") for number in range(2)),
        outcome("last", Status.CRITICAL),
    ]
    text = render(report(*many))
    assert "PASS      fine_49 " in text
    assert "fine_50" not in text
    assert "off_0" not in text
    assert "last" in text
    assert "\nNot listed: 1,050 PASS, 2 SKIPPED\n" in text


def test_a_monitor_with_a_note_is_listed_though_many_pass() -> None:
    many = [outcome(f"fine_{number}", Status.PASS) for number in range(50)]
    text = render(report(*many, outcome("noted", Status.PASS, notes=("the query ran twice",))))
    assert "the query ran twice" in text
    assert "Not listed" not in text


def test_it_says_when_the_day_is_the_demos() -> None:
    assert "checks its day, 2026-02-02" in render(seed_day()).splitlines()[1]


def test_an_instant_within_a_day_is_shown_with_its_time() -> None:
    text = render(report(as_of=AS_OF.replace(hour=15, minute=30)))
    assert "2026-02-03 15:30 (America/New_York)" in text


def test_outside_git_it_says_so() -> None:
    assert "suites not in git" in render(report(revision=None))


def test_each_monitor_is_one_line_with_status_observed_and_threshold() -> None:
    line = next(line for line in render(seed_day()).splitlines() if "line_coverage" in line)
    assert re.split(r"\s{2,}", line) == [
        "✗ CRITICAL",
        "line_coverage",
        "44.2 %",
        "mean of coverage_pct: warning < 80 %, critical < 50 %",
    ]


def test_the_last_line_is_the_verdict() -> None:
    assert render(seed_day()).splitlines()[-1] == (
        "CRITICAL · score 60/100 · 3 passed, 0 warning, 2 critical, 0 error, 0 skipped · "
        "5 jobs · 2.1 s · exit 2"
    )


def test_the_verdict_of_nothing_checked_has_no_score() -> None:
    run = report(outcome("a", Status.SKIPPED, observed=None, reason="no games", summary="no games"))
    assert render(run).splitlines()[-1].startswith("SKIPPED · no score · 0 passed")


def test_the_verdict_shows_the_exit_code_that_fail_on_makes() -> None:
    text = render(report(outcome("a", Status.CRITICAL), fail_on="never"))
    assert text.splitlines()[-1].endswith("exit 0")


def test_bytes_are_shown_where_the_warehouse_says_them() -> None:
    text = render(report(outcome("a", bytes_billed=20 * 1024**2)))
    assert "1 job, 20.0 MiB billed" in text


def test_a_failing_monitor_says_where_what_to_do_and_who() -> None:
    block = block_of(render(seed_day()), "grading_completeness")
    assert (
        "fails    critical: graded_pct of each system_id must be at least 50 %: 2 of 4 groups (50 %) fail\n"
        in block
    )
    assert re.search(r"where +catboost_v8 +12\.2 % +49/400", block)
    assert "impact   Accuracy of the listed prediction systems is unknown." in block
    assert "do       Run the grading backfill for the dates named." in block
    assert "runbook  docs/runbooks/grading_completeness.md" in block
    assert "owner    ml-platform" in block


def test_the_worst_group_comes_first_and_passing_ones_are_left_out() -> None:
    block = block_of(render(seed_day()), "grading_completeness")
    order = list(re.findall(r"catboost_v8|catboost_v9|ensemble_v1|moving", block))
    assert order == ["catboost_v8", "ensemble_v1", "catboost_v9"]


def test_a_group_without_a_number_is_the_worst() -> None:
    groups = (group("low", Status.CRITICAL, 1.0), group("null", Status.CRITICAL, None))
    block = block_of(render(report(grading(groups))), "grading_completeness")
    assert block.index("null") < block.index("low")
    assert re.search(r"null +NULL", block)


def test_above_a_maximum_the_highest_is_the_worst() -> None:
    groups = (
        group("some", Status.CRITICAL, 6.0, threshold=5.0),
        group("many", Status.CRITICAL, 41.8, threshold=5.0),
    )
    block = block_of(render(report(grading(groups))), "grading_completeness")
    assert block.index("many") < block.index("some")


def test_of_five_hundred_failing_groups_eight_are_named() -> None:
    groups = tuple(group(f"s{i:03}", Status.CRITICAL, i / 11, of=(i, 500)) for i in range(500))
    block = block_of(render(report(grading(groups))), "grading_completeness")
    assert len(re.findall(r"s\d{3} ", block)) == 8
    assert "and 492 more" in block


def test_a_share_is_never_rounded_onto_the_threshold_that_it_breaks() -> None:
    block = block_of(
        render(report(grading((group("near", Status.CRITICAL, 49.97, of=(4997, 10000)),)))),
        "grading_completeness",
    )
    assert re.search(r"near +49\.97 % +4997/10000", block)


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_always_a_word(status: Status) -> None:
    run = report(outcome("a", status, reason="because", summary="because"))
    assert f" {status}" in render(run)
    assert f" {status}" in ANSI.sub("", render(run, width=120, colour=True))


def test_what_is_no_count_is_not_shown_as_a_fraction() -> None:
    hours = group("2026-02-02", Status.CRITICAL, 14.6, of=(14.6, 1), threshold=6.0, unit="h")
    block = block_of(render(report(grading((hours,)))), "grading_completeness")
    assert re.search(r"where +2026-02-02 +14\.6 h$", block, re.M)


def test_one_of_a_thing_is_not_called_many() -> None:
    run = report(outcome("a", observed=1.0, unit="games"), outcome("b", observed=2.0, unit="games"))
    assert re.search(r"a +1 game ", render(run))
    assert re.search(r"b +2 games ", render(run))


def test_an_error_shows_no_percentage_and_says_why() -> None:
    broken = outcome(
        "bdb_coverage",
        Status.ERROR,
        observed=44.2,
        summary="the query failed",
        reason="the query failed: no such table",
        groups=(group("x", Status.ERROR, 12.0),),
    )
    text = render(report(broken))
    assert not re.search(r"\d %", text)
    assert "why      the query failed: no such table" in text
    assert "The check could not run: the data may be right or wrong." in text


def test_the_fix_of_an_error_has_a_line_of_its_own() -> None:
    reason = "source 'shop' has no table 'ordrs' (in models/a.sql: line 3); did you mean 'orders'?"
    broken = outcome("a", Status.ERROR, summary=reason, reason=reason, fix="did you mean 'orders'?")
    text = render(report(broken))
    assert "  why      source 'shop' has no table 'ordrs' (in models/a.sql: line 3)\n" in text
    assert "\n  fix      did you mean 'orders'?\n  impact " in text
    assert text.count("did you mean") == 1


def test_an_errors_reason_is_not_said_twice() -> None:
    broken = outcome("a", Status.ERROR, summary="table missing", reason="table missing")
    assert render(report(broken)).count("table missing") == 1


def test_a_failed_info_is_shown_on_a_monitor_that_passes() -> None:
    run = report(
        outcome("a", failures=(failure("row count must be at least 10", "info"),), failed=1)
    )
    assert "fails  info: row count must be at least 10: not met" in render(run)
    assert render(run).splitlines()[-1].startswith("OK")


def render_unevaluated(reason: str, *expectations: ExpectationOutcome) -> str:
    error = outcome(
        "a", Status.ERROR, reason=reason, summary=reason, expectations=tuple(expectations)
    )
    return render(report(error))


def test_what_could_not_be_evaluated_is_the_reason_and_what_else_could_not_is_named() -> None:
    reason = "median of a could not be evaluated: no column 'a'"
    shown = render_unevaluated(
        reason,
        failed("median of a", error="no column 'a'"),
        failed("mean of b", error="no column 'b'"),
    )
    assert shown.count("no column 'a'") == 1
    assert "mean of b (could not be evaluated: no column 'b')" in shown


def test_the_levels_of_one_broken_expectation_say_once_why() -> None:
    reason = "median of a could not be evaluated: no column 'a' (in a.json: expectations[0])"
    errors = ("no column 'a'", "no column 'a'", "no column 'b'", "no column 'b'")
    shown = render_unevaluated(
        reason,
        *(
            failed("median", error=f"{error} (in a.json: expectations[{place}])")
            for place, error in enumerate(errors)
        ),
    )
    assert [shown.count(error) for error in ("no column 'a'", "no column 'b'")] == [1, 1]
    assert shown.count("median (could not be evaluated for the same reason)") == 2


def test_what_several_monitors_explain_has_one_label() -> None:
    both = outcome("c", Status.CRITICAL, depends_on=("a", "b"))
    shown = render(report(both, outcome("a", Status.WARNING), outcome("b", Status.ERROR)))
    assert shown.count("see also") == 1
    assert "this depends on b, which is ERROR" in shown


def test_it_points_to_the_monitor_that_it_depends_on_when_that_is_not_well() -> None:
    run = report(grading(()), outcome("game_status_lag", Status.WARNING))
    assert "see also  this depends on game_status_lag, which is WARNING" in render(run)
    assert "see also" not in render(report(grading(()), outcome("game_status_lag")))


def test_notes_are_shown_also_where_all_is_well() -> None:
    assert "note  1 postponed" in render(report(outcome("a", notes=("1 postponed",))))


def test_a_message_that_is_not_sent_says_why_in_plain_words() -> None:
    cases = {
        (Event.SUPPRESSED, "not confirmed yet"): (
            "no message: a-1 (to be confirmed by the next runs, see confirm_after)"
        ),
        (Event.SUPPRESSED, "muted"): "no message: a-1 (muted)",
        (Event.CHANGED, "acknowledged"): "no message: changed a-1 (acknowledged)",
    }
    for (event, why), said in cases.items():
        assert wording.alerts([AlertLine("a-1", event, None, delivered=False, why=why)]) == [said]


def test_of_many_incidents_to_which_the_same_happened_there_is_one_line() -> None:
    opened = [AlertLine(f"{name}-1", Event.OPENED, "slack", delivered=True) for name in "abc"]
    late = AlertLine("d-1", Event.OPENED, "slack", delivered=False, why="503")
    ended = AlertLine("e-1", Event.RESOLVED, "slack", delivered=True)
    assert wording.alerts([opened[0], late, *opened[1:], ended]) == [
        "sent to slack: opened 3 incidents: a-1, b-1, c-1",
        "not yet delivered to slack (503): opened d-1",
        "sent to slack: resolved e-1",
    ]


LONG_ID = "test.shop.accepted_values_orders_state__paid__open_or_returned.1309e815b1"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_name_is_whole_wherever_it_stands_even_if_it_is_wider_than_the_terminal(
    width: int,
) -> None:
    table = Table(("Name", "Observed"), ((Name(LONG_ID), "44.2 %"), (Name("b"), "1 %")))
    facts = Facts((("why", f"dbt skipped it: {LONG_ID} (fail)"), ("where", table)))
    result = Result(Status.ERROR, f"upstream {LONG_ID} failed", (("note", LONG_ID),))
    blocks = (LONG_ID, facts, table, Results((result,)), Items((f"opened {LONG_ID}",)))
    lines = as_text([Section(LONG_ID, blocks)], width=width).splitlines()
    assert sum(line.count(LONG_ID) for line in lines) == 8
    wider = [line for line in lines if len(line) > width]
    # Only the indent, a bullet or a status stand before a word that is too wide.
    assert [line for line in wider if len(line.split(LONG_ID)[0]) > 14] == []


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_folded_command_is_one_for_a_shell(width: int) -> None:
    command = f"gcloud run services logs read nba-grading-service {'--limit=100 ' * 10}".strip()
    quoted = f"dbt test --select '{'a b ' * 30}'"
    facts = Facts((("do", Command(command)), ("or", Command(quoted))))
    text = as_text([Section("", (facts,))], width=width)
    assert max(len(line) for line in text.splitlines() if "'" not in line) <= width
    for pasted, expected in zip(
        text.removeprefix("  do  ").split("  or  "), (command, quoted), strict=True
    ):
        words = subprocess.run(
            ["sh", "-c", f"printf '%s|' {pasted}"], capture_output=True, text=True
        )
        assert words.stdout.rstrip("|").split("|") == shlex.split(expected)
        assert words.stderr == ""


@pytest.mark.parametrize("width", range(50, 130, 5))
def test_no_line_ends_within_a_level_or_before_a_percent_sign(width: int) -> None:
    lines = render(seed_day(), width=width).splitlines()
    assert [line for line in lines if re.search(r"(warning|critical|[<>≤≥])$", line)] == []
    assert [line for line in lines if line.lstrip().startswith("%")] == []
    assert max(map(len, lines)) <= width


def test_without_colour_there_is_no_escape_sequence() -> None:
    assert "\x1b" not in render(seed_day())
    assert "\x1b" not in render(seed_day(), width=100)


def test_with_colour_the_words_are_the_same() -> None:
    assert ANSI.sub("", render(seed_day(), width=140, colour=True)).split() == (
        render(seed_day(), width=140).split()
    )


@pytest.mark.parametrize("width", [None, 60, 120])
def test_of_a_fact_the_label_is_dim_and_the_value_is_not(width: int | None) -> None:
    value = "a value of many words " * 10
    text = as_text([Section("", (Facts((("why", value),)),))], width=width, colour=True)
    assert re.findall("\x1b\\[2m([^\x1b]*)\x1b", text) == ["  why"]
    assert " ".join(ANSI.sub("", text).split()) == f"why {value}".strip()


HOSTILE_PLACES = {
    "a group": grading((group(HOSTILE, Status.CRITICAL, 0.0),)),
    "a summary": outcome("a", Status.CRITICAL, summary=HOSTILE),
    "a reason": outcome("a", Status.ERROR, summary="x", reason=HOSTILE),
    "a note": outcome("a", notes=(HOSTILE,)),
    "an expectation": outcome("a", failures=(failure(HOSTILE, "info", samples=(HOSTILE,)),)),
    "an owner": outcome("a", Status.CRITICAL, owner=HOSTILE),
}


@pytest.mark.parametrize("place", HOSTILE_PLACES.values(), ids=list(HOSTILE_PLACES))
@pytest.mark.parametrize("width", [None, 80, 200])
def test_control_characters_of_data_never_reach_the_terminal(
    place: Outcome, width: int | None
) -> None:
    text = render(report(place), width=width)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)
    assert "\n| PASS" not in text


def test_square_brackets_are_text_not_markup() -> None:
    text = render(report(outcome("a", Status.CRITICAL, summary="[bold]x[/bold] :smile:")))
    assert "[bold]x[/bold] :smile:" in text


def test_in_a_pipe_nothing_is_cut_and_a_summary_stays_on_its_line() -> None:
    summary = " ".join(f"word{number}" for number in range(200))
    cases = {Status.ERROR: "why", Status.SKIPPED: "why", Status.CRITICAL: "found"}
    for status, label in cases.items():
        text = render(report(outcome("a", status, summary=summary)))
        assert re.search(rf"^  {label} +{summary}$", text, re.MULTILINE), text
        assert text.count(summary) == 1


@pytest.mark.parametrize("width", [None, 80, 100, 200])
def test_a_report_says_the_same_at_every_width(width: int | None) -> None:
    run = report(
        outcome("a", Status.ERROR, summary="no such table"),
        outcome("b", Status.CRITICAL, failures=(failure("rows must be at least 10"),)),
        outcome("c", summary="100.0 %"),
    )
    assert sorted(render(run, width=width).replace("─", "").split()) == sorted(render(run).split())


@pytest.mark.parametrize("width", [40, 80, 99, 100, 120, 200])
def test_on_a_terminal_no_line_is_wider_and_no_word_of_a_failure_is_lost(width: int) -> None:
    summary = " ".join(f"w{number}" for number in range(100))
    run = report(
        outcome("a_monitor_with_a_name", Status.CRITICAL, summary=summary),
        outcome("b", Status.SKIPPED, observed=None, reason="no games", summary="no games"),
    )
    text = render(run, width=width)
    wider = [line.split() for line in text.splitlines() if len(line) > width]
    # A name without room is whole.
    assert [words for words in wider if "a_monitor_with_a_name" not in words[-1]] == []
    joined = "".join(text.split())
    assert "".join(summary.split()) in joined
    assert "nogames" in joined


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_on_a_terminal_no_name_number_or_word_is_broken(width: int) -> None:
    whole = set(render(seed_day()).split()) - {"Status", "Monitor"}  # titles of columns
    assert set(render(seed_day(), width=width).replace("─", "").split()) >= whole


def test_where_columns_would_break_words_the_rows_stand_below_each_other() -> None:
    lines = render(seed_day(), width=46).splitlines()
    place = lines.index("✗ CRITICAL  line_coverage")
    assert lines[place + 1 : place + 4] == [
        "  Observed   44.2 %",
        "  Threshold  mean of coverage_pct:",
        "             warning < 80 %, critical < 50 %",
    ]


@pytest.mark.parametrize(
    ("width", "levels"),
    [
        (60, ["mean of coverage_pct:", "warning < 80 %, critical < 50 %"]),
        (80, ["mean of coverage_pct: warning < 80 %, critical < 50 %"]),
    ],
)
def test_thresholds_without_room_stand_below_their_monitor(width: int, levels: list[str]) -> None:
    lines = render(seed_day(), width=width).splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Status"))
    assert lines[place].split() == ["Status", "Monitor", "Observed"]
    assert lines[place + 1] == f"{'':12}Threshold"
    assert set(lines[place + 2]) == {"─"}
    assert lines[place + 3].split() == ["✗", "CRITICAL", "line_coverage", "44.2", "%"]
    assert lines[place + 4 : place + 4 + len(levels)] == [f"{'':12}{one}" for one in levels]


def test_with_room_for_all_a_monitor_is_one_line() -> None:
    lines = render(seed_day(), width=200).splitlines()
    line = next(line for line in lines if "line_coverage" in line)
    assert line.endswith("  mean of coverage_pct: warning < 80 %, critical < 50 %")


@pytest.mark.parametrize(
    ("here", "shown"),
    [("/srv/site", "docs/index.html"), ("/", "/srv/site/docs/index.html"), ("/srv/other", None)],
)
def test_the_docs_are_named_by_a_path_that_works_from_here(
    here: str, shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path(here))
    whole = "/srv/site/docs/index.html"
    assert wording.docs(f"file://{whole}") == (shown or whole)


def test_a_run_without_monitors_is_a_report_too() -> None:
    assert render(report()).splitlines()[-1].startswith("SKIPPED")


def test_in_a_pipe_no_line_is_filled_up_to_the_width() -> None:
    """The width of a pipe is a million: blanks up to there were 3 GB for a list of monitors."""
    tracemalloc.start()
    try:
        render(seed_day())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


def test_in_a_terminal_the_levels_stand_below_their_metric() -> None:
    lines = render(seed_day(), width=99).splitlines()
    place = next(n for n, line in enumerate(lines) if "line_coverage" in line)
    assert lines[place].endswith("  mean of coverage_pct:")
    assert lines[place + 1].strip() == "warning < 80 %, critical < 50 %"


def test_where_the_table_has_no_room_what_failed_is_not_said_twice() -> None:
    text = render(seed_day(), width=90)
    section = text[text.rindex("grading_completeness\n") :]
    assert "fails    critical: graded_pct of each system_id" in section
    assert "found" not in section


LEVELS = (
    ("mean of covered_pct: warning < 90 %, critical < 50 %", ["critical < 50 %"]),
    ("errors: warning > 0 errors, critical > 10 errors", ["critical > 10 errors"]),
    ("hours_behind by service: warning > 6 h, critical > 72 h", ["critical > 72 h"]),
    ("a: warning < 12 players per game, critical < 6 players per game", ["critical < 6 players"]),
    ("a: warning > -1,000.5 rows, critical > 2 rows", ["warning > -1,000.5 rows"]),
    ("failed by name: warning > 0; still_failing by name: critical > 0", ["critical > 0"]),
    ("warning ≤ min(100, 12 × games) predictions", ["warning ≤ min(100,"]),
)


@pytest.mark.parametrize(("text", "whole"), LEVELS, ids=[text for text, _ in LEVELS])
@pytest.mark.parametrize("width", range(24, 100, 4))
def test_no_line_ends_between_a_level_its_operator_its_number_and_its_unit(
    text: str, whole: list[str], width: int
) -> None:
    shown = as_text([Section("", (text,))], width=width)
    assert [piece for piece in whole if piece not in shown] == []
    assert " ".join(shown.split()) == text


def monitors(count: int = 3, *, below: int | None = None) -> Table:
    """As `plumbline list` has them."""
    row = (
        Name("prediction_coordinator_errors"),
        Name("NEVER RAN"),
        "max of primary_predictions: warning < 100 predictions, critical < 50 predictions",
        Name("prediction_coordinator"),
        Name("ml-platform"),
    )
    header = ("Monitor", "Last", "Thresholds", "Model or table", "Owner")
    return Table(header, (row,) * count, keep=(0, 1, 4, 2, 3), below=below)


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (30, None),
        (60, ["Thresholds", "Model or table"]),
        (80, ["Thresholds"]),
        (110, ["Model or table"]),
        (120, []),
        (150, []),
        (200, []),
    ],
)
def test_a_narrow_list_leaves_out_columns_and_says_which(
    width: int, left_out: list[str] | None
) -> None:
    text = as_text([Section("", (monitors(),))], width=width)
    # A word without room beside its label is whole.
    assert max(map(len, text.splitlines())) <= (40 if left_out is None else width)
    assert text.count("prediction_coordinator_errors") == 3
    assert ("─" in text) == (left_out is not None)
    note = f"Not shown at {width} columns: {', '.join(left_out or ())}"
    assert (note in text) == bool(left_out)


@pytest.mark.parametrize(
    ("width", "left_out", "is_below"),
    [
        (60, ["Model or table"], True),
        (80, [], True),
        (110, ["Model or table"], False),
        (150, [], False),
    ],
)
def test_a_narrow_list_has_thresholds_below_its_rows(
    width: int, left_out: list[str], is_below: bool
) -> None:
    text = as_text([Section("", (monitors(below=2),))], width=width)
    assert max(map(len, text.splitlines())) <= width
    assert " ".join(text.split()).count("critical < 50 predictions") == 3
    assert text.count("\n  max of primary_predictions: warning < 100 predictions,") == 3 * is_below
    assert ("Not shown" in text) == bool(left_out)
    assert f"Not shown at {width} columns: Thresholds" not in text


def test_one_row_of_a_list_shows_all_its_columns_at_any_width() -> None:
    text = as_text([Section("", (monitors(1),))], width=80)
    assert "critical < 50 predictions" in text
    assert "Not shown" not in text


def test_a_narrow_table_of_costs_keeps_the_costs() -> None:
    sizes = {"bytes_billed": 2**26, "minimum": 2**26, "per_run": 2.0**25, "per_day": 2.0**26}
    spent = CostLine(
        "grading_completeness",
        3,
        3,
        **sizes,
        is_least=True,
        per_month=2.0**31,
        money_per_month=0.02,
    )
    by_monitor = (spent, replace(spent, name="usage_rate"))
    costs = Costs("local", AS_OF, timedelta(days=1), Price(), spent, {"monitor": by_monitor})
    lines = as_text(costs_page(costs), width=60).splitlines()
    assert lines[1] == "≥ 64.0 MiB billed in 3 jobs; 2.0 GiB and 0.02 USD per month"
    assert sum(line.endswith("0.02 USD") for line in lines) == 2
    assert max(map(len, lines[: lines.index("")])) <= 60
    (note,) = (line for line in lines if line.startswith("Not shown at 60 columns: "))
    assert "Cost" not in note


def dated(long: str) -> Table:
    """Dates with times beside names and a long text, as a backtest's labelled incidents."""
    header = ("incident", "due", "by", "notified", "missed")
    row = ("2026-01-26-few-lines", "2026-01-26 10:00", long, "2026-01-26 10:15", "")
    return Table(header, (row, row))


@pytest.mark.parametrize("width", range(50, 150))
@pytest.mark.parametrize("title", ["", "Labelled incidents"])
def test_no_header_or_name_of_a_table_is_cut_at_any_width(width: int, title: str) -> None:
    table = dated("recent_predictions CRITICAL, prediction_freshness WARNING after 6 h")
    text = as_text([Section(title, (table,))], width=width)
    assert max(map(len, text.splitlines())) <= width
    words = {word for cell in (*table.header, *table.rows[0]) for word in str(cell).split()}
    lost = words - set(text.split())
    assert lost <= ({"incident", "missed"} if "─" not in text else set())


def test_dates_are_whole_before_a_long_text_is() -> None:
    table = dated("recent_predictions CRITICAL, prediction_freshness WARNING after 6 h")
    text = as_text([Section("", (table,))], width=110)
    assert "2026-01-26 10:00" in text
    assert "2026-01-26 10:15" in text
