"""What Slack is sent. `PLUMBLINE_UPDATE_GOLDEN=1` rewrites the golden files: read them then."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.channels.slack.render import payload, payload_of, without_blocks
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from support.fake_slack import what_is_wrong
from support.slack_messages import AT, HOSTILE, grading, hostile, line_coverage, message, stories

GOLDEN = Path(__file__).with_name("golden")


def texts(found: Any) -> Iterator[str]:
    """Every text object of a payload."""
    if isinstance(found, dict):
        if found.get("type") in ("mrkdwn", "plain_text"):
            yield found["text"]
        for value in found.values():
            yield from texts(value)
    elif isinstance(found, list):
        for value in found:
            yield from texts(value)


def blocks_of(made: Any) -> list[Any]:
    """Those of the message, then those of its attachments."""
    return [*made["blocks"], *(one for bar in made["attachments"] for one in bar["blocks"])]


def mrkdwn_texts(made: Any) -> list[str]:
    """Those that Slack parses."""
    blocks = blocks_of(made)
    parsed = [block["text"] for block in blocks if block["type"] == "section"]
    parsed += [block["elements"][0] for block in blocks if block["type"] == "context"]
    return [made["text"], *(one["text"] for one in parsed)]


@pytest.mark.parametrize("story", stories())
def test_a_story_is_told_as_its_golden_file_says(story: str) -> None:
    made = json.dumps(payload(stories()[story], now=AT), indent=2, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{story}.json"
    if os.environ.get("PLUMBLINE_UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")
    assert made == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("story", stories())
def test_no_message_breaks_slacks_limits(story: str) -> None:
    made = payload(stories()[story], now=AT)

    assert what_is_wrong(made) is None
    assert len(json.dumps(made)) < 100_000


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("brief", [False, True])
def test_whatever_a_name_holds_the_message_stays_whole(name: str, brief: bool) -> None:
    made = payload_of(message(hostile(name)), hostile(name), now=AT, brief=brief)

    assert what_is_wrong(made) is None
    written = json.dumps(made, ensure_ascii=False)
    for sign in ("<!", "<@", "\u202e", "\u200b", "\\u0000", "\x1b", "<https://evil"):
        assert sign not in written
    for text in mrkdwn_texts(made):
        assert text.count("```") % 2 == 0
        assert all(block.startswith("\n") for block in text.split("```")[1::2])


def test_sixty_incidents_are_told_worst_first_and_the_rest_counted() -> None:
    items = [line_coverage(monitor=f"monitor_{n:02d}") for n in range(60)]
    made = payload(message(*items), now=AT)
    written = "\n".join(texts(made))

    assert what_is_wrong(made) is None
    assert written.index("monitor_00") < written.index("monitor_01") < written.index("monitor_20")
    assert "and 38 more" in written


def test_five_hundred_groups_are_eight_and_a_number() -> None:
    written = "\n".join(texts(payload(stories()["many_groups"], now=AT)))

    assert "system_007" in written
    assert "system_008" not in written
    assert "and 492 more" in written


def test_groups_that_the_message_does_not_name_are_counted_too() -> None:
    item = grading(more_groups=450)

    assert "and 450 more" in "\n".join(texts(payload(message(item), now=AT)))


def test_more_than_five_children_are_counted() -> None:
    item = grading(children=grading().children * 9)

    assert "and 4 more because of it" in "\n".join(texts(payload(message(item), now=AT)))


@pytest.mark.parametrize(
    ("runbook", "shown"),
    [
        ("https://git.example/a?b=1&c=2", "<https://git.example/a?b=1&amp;c=2|Runbook>"),
        ("docs/runbooks/a.md", "Runbook docs/runbooks/a.md"),
        ("javascript:alert(1)", "Runbook javascript:alert(1)"),
        ("https://x.example/|<!channel>", "Runbook https://x.example/|&lt;!channel&gt;"),
        ("https://x.example/" + "a" * 1_000, "Runbook https://x.example/aaa"),
    ],
)
def test_a_runbook_is_a_link_only_where_it_is_one(runbook: str, shown: str) -> None:
    item = line_coverage(runbook=runbook)

    assert shown in "\n".join(texts(payload(message(item), now=AT)))


def test_the_command_can_be_copied_as_it_is() -> None:
    item = line_coverage(action="bq query 'select `a_b*`'\nexit")

    assert "```\nbq query 'select `a_b*`'\nexit\n```" in "\n".join(
        texts(payload(message(item), now=AT))
    )


def test_a_thread_is_told_only_what_is_new() -> None:
    item = line_coverage(Event.CHANGED)
    made = payload_of(message(item), item, now=AT, brief=True)
    written = "\n".join(texts(made))

    assert "1 new: 2026-02-02" in written
    assert "Impact" not in written


def test_an_end_without_details_is_a_number() -> None:
    item = line_coverage(Event.RESOLVED, observed=85.1, groups=(), recovered=())
    made = payload_of(message(item), item, now=AT, brief=True)

    assert "85.1 %" in "\n".join(texts(made))


def test_without_groups_the_failed_expectations_are_named() -> None:
    item = line_coverage(groups=(), expectations=("rows must be at least 1",))

    assert "Fails: rows must be at least 1" in "\n".join(texts(payload(message(item), now=AT)))


def test_failed_expectations_are_named_beside_groups_with_their_counts() -> None:
    lines = tuple(
        f"column_{number} must be {'x' * 150}: {number} of 1,204 rows (0.2 %) fail: {'v, ' * 400}"
        for number in range(12)
    )
    item = line_coverage(expectations=lines)
    made = payload(message(*[item] * 8), now=AT)
    (section,) = [text for text in texts(payload(message(item), now=AT)) if "Fails:" in text]

    assert what_is_wrong(made) is None
    assert len(blocks_of(made)) <= 50
    assert [f"{number} of 1,204 rows (0.2 %) fail" in section for number in range(10)] == [
        True
    ] * 10
    assert section.endswith("\nand 2 more")


def test_a_message_without_items_is_still_one_that_slack_takes() -> None:
    assert what_is_wrong(payload(message(), now=AT)) is None


def test_a_note_of_the_message_is_shown() -> None:
    told = replace(message(line_coverage()), notes=("slack-error refused this message: gone",))

    assert "slack-error refused" in "\n".join(texts(payload(told, now=AT)))


def test_an_owners_people_are_mentioned_and_nothing_else_can_be() -> None:
    item = line_coverage(mentions=("U012AB3CD", "S0614TZR7", "!channel", "U1> <!here"))
    written = "\n".join(texts(payload(message(item), now=AT)))
    assert "<@U012AB3CD> <!subteam^S0614TZR7>" in written
    assert "<!channel>" not in written
    assert "<!here>" not in written


@pytest.mark.parametrize(
    ("event", "status", "color"),
    [
        (Event.OPENED, Status.CRITICAL, "#cf222e"),
        (Event.OPENED, Status.ERROR, "#8250df"),
        (Event.OPENED, Status.WARNING, "#bf8700"),
        (Event.RESOLVED, Status.CRITICAL, "#1a7f37"),
    ],
)
@pytest.mark.parametrize("brief", [False, True])
def test_an_incident_has_a_bar_in_the_color_of_its_status(
    event: Event, status: Status, color: str, brief: bool
) -> None:
    item = line_coverage(event, status=status)
    made = payload_of(message(item), item, now=AT, brief=brief)
    assert [bar["color"] for bar in made["attachments"]] == [color]


def test_the_headline_and_the_mentions_stand_above_what_slack_may_fold() -> None:
    item = line_coverage(mentions=("U012AB3CD",))
    made = payload(message(item, grading()), now=AT)
    assert [block["type"] for block in made["blocks"]] == ["header", "section"]
    assert made["blocks"][1]["text"]["text"] == "<@U012AB3CD>"


def test_no_message_has_a_button_that_needs_an_endpoint() -> None:
    item = line_coverage(runbook="https://docs.example/a", ack_command="plumbline alerts ack a")
    for made in (payload(message(item), now=AT), payload_of(message(item), item, now=AT)):
        assert {block["type"] for block in blocks_of(made)} <= {"header", "section", "context"}


def test_only_a_bots_message_is_acknowledged_by_a_reaction() -> None:
    item = line_coverage(ack_command="plumbline alerts ack a")
    by_bot = "\n".join(texts(payload_of(message(item), item, now=AT)))
    assert "acknowledge: react with :eyes: or `plumbline alerts ack a`" in by_bot
    by_webhook = "\n".join(texts(payload(message(item), now=AT)))
    assert "acknowledge: `plumbline alerts ack a`" in by_webhook


def test_items_without_room_are_headlines_and_the_whole_stays_below_slacks_limit() -> None:
    long = tuple(f"column_{number} must be {'x' * 300}" for number in range(10))
    made = payload(message(*[grading(expectations=long)] * 6), now=AT)
    assert what_is_wrong(made) is None
    assert 1 < len(made["attachments"]) < 6
    assert "\n".join(texts(made)).count("CRITICAL grading_completeness") == 7


@pytest.mark.parametrize("story", stories())
def test_without_blocks_a_message_is_one_text_that_slack_takes(story: str) -> None:
    made = without_blocks(payload(stories()[story], now=AT))
    assert what_is_wrong(made) is None
    assert made["text"].count("```") % 2 == 0
