"""Text from data and files at each outlet: nothing in it moves, recolours or hides anything."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.cli.output import write_message, write_result
from plumbline.core.failure import Failure
from plumbline.core.outcome import Outcome
from plumbline.core.safe_text import (
    LONGEST_LINE,
    in_json,
    name,
    on_terminal,
    one_line,
    shorten,
    visible,
)
from plumbline.core.status import Status
from plumbline.report.page import Code, Facts, Items, Name, Result, Results, Section, Table
from plumbline.report.terminal import as_text
from plumbline.report.writers import as_json, as_markdown

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ATTACK = "\x1b]0;title\x07\x1b[31m\x9b2J\r\x00\u202ekcatta\u2066\u200b\u2028\ud800"


def harm(text: str, *, besides: str = "") -> set[str]:
    return {one for one in text if unicodedata.category(one) in HARMFUL} - set(besides)


def test_every_character_that_unicode_calls_invisible_is_written_out() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = one_line(every, longest=len(every) * 10)
    assert harm(shown) == set()
    # "Cn": not assigned in the Unicode of this Python
    kept = {one for one in every if unicodedata.category(one) not in HARMFUL | {"Cn"}}
    assert kept - set(shown) == set()


@given(st.text(st.characters() | st.sampled_from(ATTACK), max_size=40))
def test_each_outlet_leaves_nothing_that_harms(text: str) -> None:
    assert harm(one_line(text)) == set()
    assert harm(name(text)) == set()
    assert harm(visible(text), besides="\n\t") == set()
    assert harm(on_terminal(text, colour=False), besides="\n\t") == set()
    written = in_json(json.dumps({"a": text}, ensure_ascii=False))
    assert harm(written) == set()
    assert json.loads(written) == {"a": text}


def test_colours_pass_where_there_are_any_and_nothing_else() -> None:
    assert on_terminal("\x1b[1;31mred\x1b[0m\x1b[2J\x1b]0;x\x07", colour=True) == (
        "\x1b[1;31mred\x1b[0m\\x1b[2J\\x1b]0;x\\x07"
    )


@pytest.mark.parametrize("text", ["x" * 100_000, "\x00" * 100_000, "é" * 100_000])
def test_a_line_is_bounded(text: str) -> None:
    assert len(one_line(text)) == LONGEST_LINE
    assert len(one_line(text, longest=10)) == 10


def test_an_outcome_holds_no_more_than_a_reader_takes_in() -> None:
    long = "x" * 100_000
    now = datetime(2026, 2, 2, tzinfo=UTC)
    outcome = Outcome("lag", Status.ERROR, long, now, reason=long, unit=long, owner=long)
    assert {len(outcome.summary), len(outcome.reason or ""), len(outcome.unit)} == {LONGEST_LINE}
    failure = Failure("expect_x", "critical", long, description=long)
    assert len(failure.text()) < 3 * LONGEST_LINE


PAGE = (
    Section(
        ATTACK,
        (
            ATTACK,
            (Name(ATTACK), ATTACK),
            Items((ATTACK,)),
            Table((ATTACK,), ((ATTACK,),)),
            Facts(((ATTACK, ATTACK),)),
            Results((Result(Status.ERROR, ATTACK, ((ATTACK, ATTACK),)),)),
            Code(ATTACK, "sql"),
        ),
    ),
)


def test_no_report_has_anything_that_harms() -> None:
    assert harm(as_text(PAGE), besides="\n") == set()
    assert harm(as_text(PAGE, width=80), besides="\n") == set()
    assert harm(as_markdown(PAGE), besides="\n") == set()
    written = as_json({ATTACK: [ATTACK]})
    assert harm(written, besides="\n") == set()
    assert json.loads(written) == {ATTACK: [ATTACK]}


class Terminal(io.StringIO):
    """Stands for a terminal, which a test has not."""

    def isatty(self) -> bool:
        return True


def test_what_is_written_to_a_terminal_is_safe_whoever_writes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Terminal())
    write_result(f"select '{ATTACK}'\n")
    write_message(ATTACK)
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, Terminal)
        plain = stream.getvalue().replace("\x1b[31m", "")  # a colour does no harm
        assert harm(plain, besides="\n") == set()


def test_a_pipe_gets_sql_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    write_result("select '\u202e'\n")
    assert isinstance(sys.stdout, io.StringIO)
    assert sys.stdout.getvalue() == "select '\u202e'\n"


def test_a_text_that_fits_is_whole() -> None:
    assert shorten("x" * 9, 9) == "x" * 9
    assert shorten("x" * 10, 9) == "x" * 8 + "…"
