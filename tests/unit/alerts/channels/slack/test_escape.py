"""Signs of Slack's markup in texts from data."""

from __future__ import annotations

import pytest

from plumbline.alerts.channels.slack.escape import code, mrkdwn, plain


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("line_coverage", "line_coverage"),
        ("catboost_v8: 21.5 %", "catboost_v8: 21.5 %"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("*a* _b_ ~c~ `d`", "∗a∗ ˍbˍ ∼c∼ ˋdˋ"),
        ("@here", "＠here"),
        ("kim@example.com", "kim@example.com"),
        ("a @ b", "a @ b"),
        (":skull:", "꞉skull:"),
        ("07:00:10", "07:00:10"),
        ("a\nb", r"a\nb"),
        ("\u202ea", r"\u202ea"),
        ("\x00", r"\x00"),
        ("🏀", "🏀"),
    ],
)
def test_data_is_shown_as_itself_in_mrkdwn(text: str, escaped: str) -> None:
    assert mrkdwn(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("critical < 50", "critical < 50"),
        ("<!channel>", "‹!channel>"),
        ("<https://x|y>", "‹https://x|y>"),
        ("*a*\n", r"*a*\n"),
    ],
)
def test_plain_text_holds_nothing_that_looks_like_a_mention(text: str, escaped: str) -> None:
    assert plain(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a `b` c", "a `b` c"),
        ("```", "ˋˋ`"),
        ("a\nb", "a\nb"),
        ("a\r\x1b", r"a\r\x1b"),
        ("a > b && c", "a &gt; b &amp;&amp; c"),
    ],
)
def test_a_code_block_cannot_be_broken_out_of(text: str, escaped: str) -> None:
    assert code(text) == escaped
