"""The report for pull requests: GitHub-flavoured Markdown in which data is only text."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from plumbline.core.markdown import escape
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.report.page import Items, Note, Result, Results, Section
from plumbline.report.writers import as_markdown, code
from support.reports import HOSTILE, failure, grading, group, outcome, report, seed_day
from support.reports import markdown_of as render


def test_it_begins_with_the_verdict_and_ends_with_the_counts() -> None:
    lines = render(seed_day()).splitlines()
    assert lines[0] == "## ✗ CRITICAL: `health_check`"
    assert lines[-1].startswith("**CRITICAL · score 60/100 · 3 passed")


def test_a_table_holds_every_monitor() -> None:
    assert (
        "| ✓ PASS | `recent_predictions` | 281 predictions | max of primary\\_predictions: warning ≤ "
        "100 predictions, critical ≤ 50 predictions "
        "| 281 predictions |"
    ) in render(seed_day())


def test_failing_groups_stand_in_a_table_of_their_own_worst_first() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* %.* \|(?: . (\w+))? \|$", render(seed_day()), re.M)
    assert rows == [
        ("catboost_v8", ""),
        ("ensemble_v1", ""),
        ("catboost_v9", "WARNING"),
    ]


def test_a_runbook_is_code_and_a_url_of_one_is_a_link() -> None:
    assert "- **runbook**: `docs/runbooks/line_coverage.md`" in render(seed_day())
    linked = outcome("a", Status.CRITICAL, runbook="https://wiki.example.com/a?b=1")
    assert "- **runbook**: <https://wiki.example.com/a?b=1>" in render(report(linked))


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a&#124;b"),
        ("a\\|b", "a&#92;&#124;b"),
        ("`code`", "\\`code\\`"),
        ("<script>", "&lt;script\\>"),
        ("&lt;", "&amp;lt;"),
        ("*bold* _it_ ~~no~~", "\\*bold\\* \\_it\\_ \\~\\~no\\~\\~"),
        ("[a](b)", "\\[a\\](b)"),
        ("![a](b)", "!\\[a\\](b)"),
        ("@someone", "@<!-- -->someone"),
        ("http://evil", "http:<!-- -->//evil"),
        ("www.evil.example", "www<!-- -->.evil.example"),
        ("#12", "\\#<!-- -->12"),
        ("GH-12", "GH<!-- -->-12"),
        (":tada:", ":<!-- -->tada:"),
        ("10:15:00", "10:15:00"),
        ("one\ntwo", "one&#92;ntwo"),
        ("\x1b[31m", "&#92;x1b\\[31m"),
    ],
)
def test_text_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`b`", "`` `b` ``"),
        ("a``b", "```a``b```"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a\\|b", "<code>a&#92;&#124;b</code>"),
        ("|</code>", "<code>&#124;&lt;/code\\></code>"),
        ("", "`''`"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_names_are_code(text: str, shown: str) -> None:
    assert code(text) == shown


NAMES = ("a|b", "@team", "<b>", "#1", "_a_", "a`b", "~~a~~", "a\\|b", "GH-1", ":tada:", "www.a.de")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@pytest.mark.parametrize("name", NAMES)
def test_as_rendered_tables_stay_tables_and_each_name_is_itself(name: str) -> None:
    run = report(
        replace(
            grading((group(name, Status.CRITICAL, 0.0),)),
            monitor=name,
            summary=name,
            owner=name,
            notes=(name,),
        )
    )
    shown = MARKDOWN.render(render(run))
    tables = re.findall(r"<table>.*?</table>", shown, re.DOTALL)
    assert len(tables) == 2
    for table in tables:
        rows = [len(re.findall("<t[hd]", row)) for row in table.split("<tr>")[1:]]
        assert len(set(rows)) == 1
    assert not re.search(
        r"<(?!/?(?:h\d|p|table|thead|tbody|tr|th|td|ul|li|strong|code|!--)\b)",
        shown.replace("<!-- -->", ""),
    )
    # What GitHub links, it finds in what stands between tags and outside of code.
    outside = re.sub(r"<code>.*?</code>", "", shown, flags=re.DOTALL)
    assert not re.search(r"(?<!\w)@\w|#\d|GH-\d|:tada:|www\.", outside)
    plain = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert plain.count(name) >= 4


def again(text: str) -> str:
    (command,) = re.findall(r"^- \*\*again\*\*: `(.+)`$", text, re.MULTILINE)
    return str(command)


HOSTILE_PLACES = {
    "a group": grading((group(HOSTILE, Status.CRITICAL, 0.0),)),
    "a summary": outcome("a", Status.CRITICAL, summary=HOSTILE),
    "a reason": outcome("a", Status.ERROR, summary="x", reason=HOSTILE),
    "a note": outcome("a", notes=(HOSTILE,)),
    "an expectation": outcome("a", failures=(failure(HOSTILE, "info", samples=(HOSTILE,)),)),
    "an owner": outcome("a", Status.CRITICAL, owner=HOSTILE),
    "a runbook": outcome("a", Status.CRITICAL, runbook=HOSTILE),
    "an action": outcome("a", Status.CRITICAL, action=HOSTILE),
}


@pytest.mark.parametrize("place", HOSTILE_PLACES.values(), ids=list(HOSTILE_PLACES))
def test_data_can_break_no_table_and_call_nobody(place: Outcome) -> None:
    text = render(report(place))
    assert "@everyone" not in text
    assert "<img" not in text
    assert "\n| PASS" not in text
    assert "](http" not in re.sub(r"\\\]", "", text)
    columns = {line.count("|") for line in text.splitlines() if line.startswith("| ✗ CRITICAL")}
    assert columns <= {6}


@pytest.mark.parametrize(
    "command",
    [f"bq query 'select {'x' * 400}'", "bq query 'select `a`' | head"],
    ids=["long", "with a pipe"],
)
def test_a_command_to_do_is_whole_where_it_is_copied_from(command: str) -> None:
    text = render(report(outcome("a", Status.CRITICAL, action=command)))
    (copied,) = re.findall(r"^- \*\*do\*\*: (`+)(.+)\1$", text, re.MULTILINE)
    assert copied[1] == command


def test_the_command_that_asks_again_is_whole() -> None:
    asked = ("--var", "names=" + "x" * 400)
    text = render(report(outcome("a", Status.CRITICAL), given=asked))
    assert again(text).endswith(shlex.join(asked))


def test_it_is_asked_again_of_the_day_and_with_the_variables_that_were_asked() -> None:
    asked = ("--as-of", "2026-01-28", "--var", "names=[a, b]")
    text = render(report(outcome("a", Status.CRITICAL), given=asked))
    assert again(text) == (
        "plumbline run health_check --select a --target local "
        "--as-of 2026-01-28 --var 'names=[a, b]'"
    )


def test_an_error_shows_no_percentage() -> None:
    broken = outcome("a", Status.ERROR, observed=44.2, summary="no table", reason="no table")
    assert not re.search(r"\d %", render(report(broken)))


def test_of_five_hundred_failing_groups_eight_are_named() -> None:
    groups = tuple(group(f"s{i}", Status.CRITICAL, i / 11, of=(i, 500)) for i in range(500))
    text = render(report(grading(groups)))
    assert len(re.findall(r"^\| `s\d+` ", text, re.M)) == 8
    assert "| and 492 more | | |" in text


def test_a_run_of_skips_is_a_table_and_a_verdict() -> None:
    run = report(outcome("a", Status.SKIPPED, observed=None, reason="no games", summary="no games"))
    text = render(run)
    assert "| - SKIPPED | `a` | – |" in text
    assert "###" not in text


BLOCKS = (
    *("- a", "+ a", "---", "- - -", "1. a", "12) a", "    code", "# a", "> a", "=== a"),
    *("-5 rows", "2026-02-02", "1.5 %", ":100:", ":-1:", "_www.a.de", "[ ] a", "[!NOTE]"),
)


@pytest.mark.parametrize("text", BLOCKS)
def test_data_at_the_beginning_of_a_block_begins_no_other_block(text: str) -> None:
    result = Result(Status.SKIPPED, text)
    page = [Section(text, (text, Note(text), Results((result,)), "end", Items((text,))))]
    tokens = MARKDOWN.parse(as_markdown(page))
    opened = [token.type for token in tokens if token.nesting == 1 or token.type.endswith("block")]
    a_list = ["bullet_list_open", "list_item_open", "paragraph_open"]
    a_note = ["blockquote_open", "paragraph_open"]
    assert opened == ["heading_open", "paragraph_open", *a_note, *a_list, "paragraph_open", *a_list]
    shown = html.unescape(re.sub(r"<[^>]*>", "", MARKDOWN.render(as_markdown(page))))
    assert shown.count(text.strip()) == 5


def test_a_number_or_a_date_at_the_beginning_is_not_escaped() -> None:
    for text in ("-5 rows", "2026-02-02 15:00", "1.5 %"):
        assert as_markdown([Section("", (text,))]) == f"{text}\n"
