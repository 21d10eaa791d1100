"""The words that every channel shares: headlines, durations, trends, a message as plain text.

A person reads these on a phone at night: the first line holds status, monitor, number and since
when. All of it is plain text on one line, free of control and direction characters; what a
receiver would read as markup is escaped by its own channel.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from plumbline.alerts.channels.message import GroupLine, Item, Message
from plumbline.alerts.incidents.model import Reason
from plumbline.core.alert_line import Event
from plumbline.core.instants import in_utc, last_day
from plumbline.core.safe_text import name, one_line
from plumbline.core.status import IMPACT_OF_ERROR, Status
from plumbline.core.text import NOTHING, amount, capped, fraction, listing, metric_and_levels, span

LONGEST_HEADLINE = 150
LONGEST_SPARKLINE = 28
LONGEST_LINK = 1_000
SAMPLE = "SAMPLE: this is a test of the channel, nothing is wrong."
LATE_AFTER = timedelta(minutes=15)
"""A message that is delivered later than this after it was decided says so."""
MOST_NOTES = 3
"""Notes of a message or of an item that are shown."""
MOST_CHILDREN = 5
"""Monitors that fail because of an item's that are shown."""
MOST_FAILED = 10
"""Failed expectations of an item that are shown."""

_LONGEST_MONITOR = 60
_BLOCKS = "▁▂▃▄▅▆▇█"
_GAP = NOTHING
_COUNTED = re.compile(r"\d+ of \d+\b")
_BETWEEN = re.compile(r", (?=(?:critical|warning|info)\b)")
_BOUND = re.compile(r"[<>≤≥]\s*(-?\d+(?:\.\d+)?)(?: [^<>≤≥(]+)?$")


_ASSUMED = "Earlier runs that could not be stored may have sent an ERROR: it has ended."


@dataclass(frozen=True)
class Detail:
    """A labelled line of an incident: ``found``, ``impact``, ``do``, ``owner``."""

    label: str
    text: str


def headline(item: Item, *, longest: int = LONGEST_HEADLINE) -> str:
    """One line: status, monitor, number, since when; at most ``longest`` characters.

    Where it is too long, the middle gives way: status, monitor and since when stay.
    """
    monitor = cut(one_line(item.monitor), _LONGEST_MONITOR)
    if item.event.is_end:
        head = f"{item.event.upper().replace('_', ' ')} {monitor}: "
        tail = f"was {item.status} for {span(in_utc(item.at) - in_utc(item.since))}"
        if item.is_assumed:
            tail = f"no run was recorded since {data_moment(item.since)}"
        found = _ended(item)
    else:
        head = f"{item.status} {monitor}{_aside(item)}: "
        tail = f"since {data_moment(item.since)}"
        found = f"{number(item)}{_crossed(item)}"
    room = longest - len(head) - len(tail) - 2
    middle = f"{cut(found, room)}, " if found and room > 0 else ""
    return cut(f"{head}{middle}{tail}", longest)


def subject(message: Message, *, longest: int = LONGEST_HEADLINE) -> str:
    """The first line of the whole message: of several items their counts, then the first one.

    ``2 new CRITICAL, 1 ongoing: CRITICAL line_coverage: 44.2 % (critical < 50 %), since ...``
    """
    before = "SAMPLE " if message.is_sample else ""
    if not message.items:
        return cut(f"{before}{one_line(message.checkpoint)}: nothing to report", longest)
    if len(message.items) > 1:
        before += f"{counts(message.items)}: "
    return f"{before}{headline(message.items[0], longest=longest - len(before))}"


def counts(items: Sequence[Item]) -> str:
    """``2 new CRITICAL, 1 escalated, 1 with new groups, 1 ongoing, 3 ended``."""
    found = Counter(map(_count_of, items))
    return ", ".join(f"{number} {what}" for what, number in found.items())


def _count_of(item: Item) -> str:
    if item.event.is_end:
        return "ended"
    if item.event in (Event.OPENED, Event.FLAPPING):
        return f"new {item.status}"
    named = {Event.ESCALATED: "escalated", Event.CHANGED: "with new groups"}
    return named.get(item.event, "ongoing")


def number(item: Item) -> str:
    """What was found, as one number: ``44.2 %``, ``6 of 7 systems critical``; never of an ERROR.

    Of an ERROR it is why the check could not run; where a suite declares no number, it is what
    failed.
    """
    if item.status is Status.ERROR:
        reason = one_line(item.reason_text or item.summary)
        return f"not checked: {reason}" if reason else "not checked"
    if item.crossed:
        return one_line(item.crossed)
    if item.observed is None and item.expectations:
        more = len(item.expectations) - 1
        return one_line(item.expectations[0]) + (f" and {more:,} more" if more else "")
    first = one_line(item.summary).split("; ")[0]
    if item.observed is None or _COUNTED.match(first):
        return first or "no value"
    return figure(item.observed, item.unit, against=bound(item))


def found(item: Item) -> str:
    """The number with its counts and thresholds.

    ``44.2 %, 240 of 525 (mean of coverage_pct: warning < 80 %, critical < 50 %)``
    """
    text = number(item)
    if item.status is Status.ERROR:
        return text
    counts = fraction(item.observed, item.unit, item.numerator, item.denominator)
    if counts and not _COUNTED.match(text):
        text += f", {counts.replace('/', ' of ')}"
    if not item.thresholds or item.crossed or item.observed is None:
        return text
    return f"{text} ({one_line(item.thresholds)})"


def news(item: Item) -> str:
    """`found`, where the headline and the failed expectations leave some of it out."""
    text = found(item)
    is_told = text == number(item) or (text.startswith(f"{number(item)} (") and item.expectations)
    return "" if is_told and number(item) in headline(item) else text


def impact(item: Item) -> str:
    """What it costs; while a check cannot be made, nobody knows."""
    if item.status is Status.ERROR:
        return IMPACT_OF_ERROR
    return item.impact or ""


def last_good(item: Item) -> str:
    """``92.1 %, 25 Jan 19:00 EST``; empty where none is known."""
    if item.last_good_at is None:
        return ""
    when = data_moment(item.last_good_at)
    return when if item.last_good is None else f"{figure(item.last_good, item.unit)}, {when}"


def figure(value: float | None, unit: str = "", *, against: float | None = None) -> str:
    """As in the reports, but a whole percentage has no decimals: ``0 %``, ``44.2 %``."""
    text = amount(value, one_line(unit), against=against)
    if value is not None and math.isfinite(value) and float(value).is_integer():
        return re.sub(r"^(-?\d+)\.0+\b", r"\1", text)
    return text


def group_text(line: GroupLine, *, status: Status | None = None, marks_new: bool = True) -> str:
    """``catboost_v8: 21.5 %, 52 of 242``; with its status where that is not ``status``.

    At an opening all are new, and ``marks_new`` is False.
    """
    if line.status is Status.ERROR:
        parts = ["not checked"]
    elif line.is_missing:
        parts = ["no rows"]
    else:
        value = figure(line.observed, line.unit, against=line.threshold)
        parts = ["no value" if value == NOTHING else value]
        counts = fraction(line.observed, line.unit, line.numerator, line.denominator)
        if counts:
            parts.append(counts.replace("/", " of "))
    if line.usual:
        parts.append(one_line(line.usual))
    if status is not None and line.status is not status:
        parts.append(str(line.status))
    if line.is_new and marks_new:
        parts.append("new")
    return f"{name(line.label)}: {', '.join(parts)}"


def group_line(item: Item, line: GroupLine) -> str:
    """`group_text` of a group of ``item``."""
    return group_text(line, status=item.status, marks_new=item.event is not Event.OPENED)


def sparkline(values: Sequence[float | None]) -> str:
    """A trend in Unicode blocks, the last at most 28 values; what is not known is a dash.

    Empty where fewer than two are known.
    """
    shown = [None if v is None or not math.isfinite(v) else v for v in values[-LONGEST_SPARKLINE:]]
    known = [value for value in shown if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    scale = (high - low) or 1.0
    if not math.isfinite(scale):  # the ends of what a float can hold
        low, high, scale = low / 4, high / 4, high / 4 - low / 4
        shown = [None if value is None else value / 4 for value in shown]
    top = len(_BLOCKS) - 1
    flat = high == low
    return "".join(
        _GAP if value is None else _BLOCKS[top // 2 if flat else round((value - low) / scale * top)]
        for value in shown
    )


def what_changed(item: Item) -> list[str]:
    """What is different from the last word on the incident, a sentence each."""
    lines = []
    if item.event is Event.FLAPPING:
        lines.append("Flapping: no more messages until it is stable or a new group is CRITICAL.")
    new = [line.label for line in item.groups if line.is_new]
    if item.event is not Event.OPENED and new:
        lines.append(f"{len(new)} new: {names(new)}")
    if item.recovered:
        lines.append(f"{len(item.recovered)} recovered: {names(item.recovered)}")
    if item.thresholds_before is not None:
        before, now = one_line(item.thresholds_before), one_line(item.thresholds)
        edited = f": {before} before, {now} now" if before != now else ""
        lines.append(f"The suite's thresholds or groups changed{edited}.")
    if item.excused:
        lines.append(f"{len(item.excused)} pass only because of that: {names(item.excused)}")
    if item.left:
        lines.append(f"{len(item.left)} aged out without a fix: {names(item.left)}")
    return lines


def names(labels: Sequence[str], most: int = 5) -> str:
    """``a, b, c and 7 more``, each safe and no longer than a reader takes in."""
    return listing([name(label) for label in labels[:most]], most, total=len(labels))


def links(item: Item) -> list[tuple[str, str]]:
    """Labels and addresses of what a reader may open; a runbook without an address is a detail."""
    found = (
        ("Runbook", None if item.event.is_end else item.runbook),
        ("Docs", item.docs_url),
        ("SQL", item.sql_url),
        ("Suite", item.suite_url),
    )
    return [
        (label, address)
        for label, address in found
        if address and len(address) <= LONGEST_LINK and is_link(address)
    ]


def details(item: Item, *, most_groups: int = 8, addresses: bool = True) -> list[Detail]:
    """All that is said below the headline, most needed first.

    Args:
        addresses: whether `links` are among it; where not, the channel shows them by itself.
    """
    lines = [Detail("change", text) for text in what_changed(item)]
    if item.event.is_end:
        lines.append(Detail("found", found(item) if item.observed is not None else ""))
    else:
        lines += [Detail("found", news(item)), *_failing(item, most_groups)]
        lines.append(Detail("impact", one_line(impact(item))))
        lines.append(Detail("do", item.action or ""))
    children = [
        f"{child.status} {one_line(child.monitor)}: {one_line(child.summary)}"
        for child in item.children
    ]
    lines += [Detail("also", text) for text in capped(children, MOST_CHILDREN)]
    lines += [
        Detail("last good", last_good(item) if not item.event.is_end else ""),
        Detail("trend", sparkline(item.trend)),
        Detail("owner", one_line(item.owner or "")),
        Detail("acked by", one_line(item.acked_by or "")),
        *runbook_path(item),
        *(Detail(label.lower(), address) for label, address in links(item) if addresses),
        Detail("ack", one_line(item.ack_command or "")),
        Detail("note", _ASSUMED if item.is_assumed else ""),
        *(Detail("note", one_line(note)) for note in item.notes[:MOST_NOTES]),
        Detail("since", data_moment(item.since) if item.event.is_end else ""),
        Detail("incident", one_line(item.incident)),
    ]
    return [line for line in lines if line.text]


def labelled(lines: Iterable[Detail]) -> Iterator[tuple[str, str]]:
    """Labels and texts; a label that goes on is empty, so that it is shown once."""
    last = ""
    for line in lines:
        yield ("" if line.label == last else line.label), line.text
        last = line.label


def runbook_path(item: Item) -> list[Detail]:
    """A runbook that has no address: where it is in the repository."""
    runbook = "" if item.event.is_end else one_line(item.runbook or "")
    return [Detail("runbook", runbook)] if runbook and "Runbook" not in dict(links(item)) else []


def plain_text(message: Message, *, limit: int, now: datetime | None = None) -> str:
    """The whole message as plain text, in its order, in at most ``limit`` characters.

    Items that have no room are counted: "and N more".

    Args:
        limit: characters.
        now: when it is sent; a late message says so.
    """
    opening = [subject(message), *remarks(message, now)]
    text = cut("\n".join(opening), limit)
    closing = "\n\n" + footer(message)
    for index, item in enumerate(message.items):
        left = len(message.items) - index
        tail = f"\n\nand {left:,} more" + closing
        # the first line has the headline of an item that is alone
        block = "\n" + _details(item) if len(message.items) == 1 else "\n\n" + _block(item)
        last = closing if left == 1 else f"\n\nand {left - 1:,} more" + closing
        if len(text) + len(block) + len(last) > limit:
            if index:
                return cut(text + tail, limit)
            block = cut(block, max(0, limit - len(text) - len(last)))
        text += block
    return cut(text + closing, limit)


def remarks(message: Message, now: datetime | None) -> Iterator[str]:
    """What is said before the items: that it is a sample or late, and notes."""
    if message.is_sample:
        yield SAMPLE
    yield from filter(None, (late(message, now), *notes_of(message)))


def footer(message: Message) -> str:
    """Where it comes from: checkpoint, target, instant, suites, run."""
    parts = [
        cut(one_line(message.checkpoint), _LONGEST_MONITOR),
        *([f"target {cut(one_line(message.target), _LONGEST_MONITOR)}"] if message.target else []),
        f"as of {data_moment(message.as_of)}",
        *([f"suites {cut(one_line(message.revision), 50)}"] if message.revision else []),
        f"run {cut(one_line(message.run_id), _LONGEST_MONITOR)}",
    ]
    return " · ".join(parts)


def late(message: Message, now: datetime | None) -> str:
    """``Sent 2 h late: created 3 Feb 07:00 EST.``; empty where it is not."""
    waited = timedelta() if now is None else in_utc(now) - in_utc(message.created_at)
    if waited < LATE_AFTER:
        return ""
    decided = message.created_at.astimezone(message.as_of.tzinfo)
    return f"Sent {span(waited)} late: created {moment(decided)}."


def notes_of(message: Message) -> list[str]:
    """Why this channel is notified in place of another; the first three."""
    return [one_line(note) for note in message.notes[:MOST_NOTES]]


def moment(instant: datetime) -> str:
    """Day, time and zone: ``26 Jan 07:00 EST``."""
    return f"{instant.day} {instant:%b %H:%M} {_zone(instant)}".rstrip()


def data_moment(instant: datetime) -> str:
    """Up to when data counts: as `moment`, but midnight is the ``end of 26 Jan EST``."""
    day = last_day(instant)
    if day == instant.date():
        return moment(instant)
    return f"end of {day.day} {day:%b} {_zone(instant)}".rstrip()


def _zone(instant: datetime) -> str:
    zone = instant.strftime("%Z")
    # an instant that was kept as JSON has only an offset
    return f"UTC{zone}" if zone[:1] in ("+", "-") else zone


def in_zone(message: Message, zone: tzinfo) -> Message:
    """``message`` with its instants in ``zone``: JSON keeps their offset, and not EST or EDT."""

    def moved(item: Item) -> Item:
        good = item.last_good_at
        return replace(
            item,
            since=item.since.astimezone(zone),
            at=item.at.astimezone(zone),
            last_good_at=None if good is None else good.astimezone(zone),
        )

    return replace(
        message,
        as_of=message.as_of.astimezone(zone),
        created_at=message.created_at.astimezone(zone),
        items=tuple(map(moved, message.items)),
    )


def is_link(text: str) -> bool:
    """Whether it is an http or https address, free of what could break out of a link."""
    if not text.isascii() or re.search(r"[\s<>|\"'`\\^{}\x00-\x1f\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def cut(text: str, longest: int) -> str:
    """``text``, or its beginning with an ellipsis."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rstrip() + "…" if longest > 0 else ""


def bound(item: Item) -> float | None:
    """The threshold of the item's status that its number is held against."""
    match = _BOUND.search(_level(item)[1])
    return float(match[1]) if match else None


def _aside(item: Item) -> str:
    if item.reason is Reason.NOT_ACKNOWLEDGED:
        return " (not acknowledged)"
    before = item.previous_status
    if item.event in (Event.ESCALATED, Event.DOWNGRADED) and before is not None:
        return f" (was {before})"
    if item.event is Event.CHANGED:
        new = sum(line.is_new for line in item.groups)
        return f" ({new} new)" if new else " (changed)"
    return {Event.REMINDED: " (still)", Event.FLAPPING: " (flapping)"}.get(item.event, "")


_ENDS_IN_WORDS = {
    Event.EXPIRED: "aged out without a fix",
    Event.MONITOR_REMOVED: "the project no longer has it",
    Event.THRESHOLD_CHANGED: "passes after a change of the suite",
}


def _ended(item: Item) -> str:
    if item.event is Event.CLOSED:
        return f"by {one_line(item.closed_by or '')}: {one_line(item.close_reason)}"
    if item.event in _ENDS_IN_WORDS:
        return _ENDS_IN_WORDS[item.event]
    if item.kind == "error":
        return "can be checked again"
    return figure(item.observed, item.unit) if item.observed is not None else ""


def _level(item: Item) -> tuple[str, str]:
    """The metric, and its bound at the item's status: ``mean of coverage_pct``, ``< 50 %``."""
    if item.crossed or item.observed is None or item.status is Status.ERROR:
        return "", ""
    metric, levels = metric_and_levels(one_line(item.thresholds))
    begins = (f"{item.status.lower()} ", f"{item.status.lower()}: ")
    for level in _BETWEEN.split(levels):
        if level.startswith(begins):
            return metric, level.removeprefix(begins[0]).removeprefix(begins[1])
    return "", ""


def _crossed(item: Item) -> str:
    """`` (critical if mean of coverage_pct < 50 %)``, `` (sum of orders usually 92 ± 4)``."""
    metric, bound = _level(item)
    if not bound:
        return ""
    condition = " ".join(filter(None, (metric, bound)))
    return f" ({item.status.lower()} if {condition})" if bound[0] in "<>≤≥" else f" ({condition})"


def _failing(item: Item, most: int) -> list[Detail]:
    """What fails: each expectation with its counts, then the groups."""
    groups = [group_line(item, line) for line in item.groups[:most]]
    total = len(item.groups) + item.more_groups
    failed = capped([one_line(text) for text in item.expectations], MOST_FAILED)
    where = capped(groups, most, total=total) if groups else []
    return [*(Detail("fails", text) for text in failed), *(Detail("where", one) for one in where)]


def _block(item: Item) -> str:
    return f"{headline(item)}\n{_details(item)}"


def _details(item: Item) -> str:
    return "\n".join(f"  {label:<9} {one_line(text)}" for label, text in labelled(details(item)))
