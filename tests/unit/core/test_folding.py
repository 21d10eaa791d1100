"""Lines of a terminal end between words, and never within a value."""

from __future__ import annotations

import shlex

import pytest

from plumbline.core.folding import folded, folded_command

WIDTHS = (60, 80, 120, 200)

VALUES = (
    "critical < 50 %",
    "warning ≤ 48 predictions",
    "warning >= 1",
    "critical != 0",
    "at least 50 %",
    "10 errors",
    "(6 × 4 games)",
    "6 of 7 groups",
    "worst 0 %",
    "critical ≤ min(50, 6 × games) predictions",
    "warning ≤ 48 predictions (12 × 4 games)",
    "critical < 6 players per game,",
    "10.6 s",
    "179/375 rows",
    "exit 3",
    "score 60/100",
    "`plumbline alerts flush`",
    "2026-02-02 15:00 (America/New_York)",
    "end of 2026-02-02 (America/Argentina/Buenos_Aires)",
    "2026-12-02 06:00 PST",
    "3 Feb 05:00 UTC",
    "end of 2 Feb EST",
    "post-deploy-nba-grading-service-0123456789ab",
)
"""Each stays on one line."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("value", VALUES)
def test_no_line_ends_within_a_value(value: str, width: int) -> None:
    for before in range(width):
        text = f"{'x' * before} {value} and more of the sentence"
        lines = folded(text, width).split("\n")
        assert any(value in line for line in lines)
        assert " ".join(line.strip() for line in lines).strip() == text.strip()
        assert max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("line", "indent"),
    [
        ("error: there is no monitor", 7),
        ("  fix: run `plumbline alerts list`", 7),
        ("- not yet delivered to slack-error", 2),
        ("  where     moving_average: 0 %", 12),
        ("MISSING  channel slack: no variable", 9),
        ("line_coverage is muted", 0),
        ("  changed the file", 2),
    ],
)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_rest_of_a_line_stands_below_its_beginning(line: str, indent: int, width: int) -> None:
    first, *rest = folded(f"{line}{' and more words' * 20}", width).split("\n")
    assert first.startswith(line.split("  ")[0])
    assert rest
    assert {len(one) - len(one.lstrip()) for one in rest} == {indent}


@pytest.mark.parametrize("width", [None, 200])
def test_what_fits_and_what_nobody_looks_at_stays_as_it_is(width: int | None) -> None:
    text = "error: two\n\n  lines  \n"
    assert folded(text, width) == text


def test_without_a_terminal_no_line_is_folded() -> None:
    assert folded("word " * 100, None) == "word " * 100


def test_no_line_begins_with_a_separator() -> None:
    text = "CRITICAL · score 60/100 · 3 passed, 2 critical · 5 jobs · 10.6 s · exit 2"
    for width in range(24, 80):
        assert "\n·" not in folded(text, width)


def test_a_word_wider_than_a_line_is_whole() -> None:
    path = "/a-folder/with/a/long/path" * 5
    assert path in folded(f"error: there is no file {path} at all", 60).split("\n")[-2]


COMMANDS = (
    "plumbline new monitor played_minutes --table nba_raw.play_by_play --kind count --warning 1000",
    "plumbline new monitor x --condition 'confidence_score is not null' --group-by system_id",
    "bq query \"select 'a  b' as n, count(*) from shop.orders group by all\" --format json",
    'plumbline alerts mute line_coverage --for 2d --reason "the \\"old\\"  feed is down" --owner ana',
)


@pytest.mark.parametrize("width", [*range(20, 80), 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_several_lines_is_one_for_a_shell(command: str, width: int) -> None:
    text = folded_command(command, width, indent=2)
    assert shlex.split(text.replace("\\\n", "")) == shlex.split(command)
    wide = [line.strip(" \\") for line in text.split("\n") if len(line) > width]
    assert all(" " not in line or "'" in line or '"' in line for line in wide)


@pytest.mark.parametrize("label", ["  do        ", "  ack       "])
@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_message_is_copied_as_one(command: str, width: int, label: str) -> None:
    first, *rest = folded(label + command, width).split("\n")
    assert first.startswith(label)
    assert all(line.startswith(" " * len(label)) for line in rest)
    text = "\n".join([first.removeprefix(label), *rest])
    assert shlex.split(text.replace("\\\n", "")) == shlex.split(command)


def test_a_sentence_that_begins_as_a_command_does_is_none() -> None:
    sentence = "  do        make sure that the feed of the shop arrives before six in the morning"
    assert "\\" not in folded(sentence, 60)


def test_a_command_that_has_room_is_one_line() -> None:
    assert folded_command(COMMANDS[0], len(COMMANDS[0]), indent=2) == COMMANDS[0]


def test_an_option_stands_on_the_line_of_its_value() -> None:
    assert folded_command(COMMANDS[0], 60, indent=2).split("\n") == [
        "plumbline new monitor played_minutes \\",
        "  --table nba_raw.play_by_play --kind count --warning 1000",
    ]


def test_a_number_is_glued_to_its_unit_and_not_to_the_next_name() -> None:
    text = "at least 1: catboost_v8 0, catboost_v9 0, ensemble_v1 0 and 2 more"
    assert folded(text, 30).split("\n")[0] == "at least 1: catboost_v8 0,"
