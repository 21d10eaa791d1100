"""How numbers, durations and instants are written for people, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from plumbline.checks.failures import unmeasured_failure
from plumbline.core.alert_line import AlertLine, Event
from plumbline.core.outcome import GroupOutcome, Outcome, RunReport
from plumbline.core.safe_text import name, one_line
from plumbline.core.status import RunStatus, Status
from plumbline.core.text import NOTHING, amount, count, duration, size
from plumbline.report.page import Line, Name, parts_of

SYMBOLS: dict[str, str] = {
    Status.PASS: "✓",
    Status.WARNING: "!",
    Status.CRITICAL: "✗",
    Status.ERROR: "?",
    Status.SKIPPED: "-",
    RunStatus.OK: "✓",
}


def plain(line: Line) -> str:
    """``line`` as text, a status with its symbol."""
    found = []
    for part in parts_of(line):
        if isinstance(part, Status | RunStatus):
            found.append(f"{SYMBOLS[part]} {part}")
        else:
            found.append(name(part) if isinstance(part, Name) else one_line(part))
    return "".join(found)


_UNSENT = {"not confirmed yet": "to be confirmed by the next runs, see confirm_after"}
"""Reasons of incidents in the words of a report; JSON has the stored ones."""


def observed(outcome: Outcome) -> str:
    """The monitor as one number; a dash if it was not judged, or if something else failed."""
    if not outcome.status.is_judged or unmeasured_failure(outcome) is not None:
        return NOTHING
    return amount(outcome.observed, outcome.unit)


def group_observed(group: GroupOutcome) -> str:
    """A group's number, and of a failing one what is usual of it: ``70 %, usually 92 ± 4``.

    NULL is a number that the data lacks, a dash one that was not asked for.
    """
    if not group.status.is_judged:
        return NOTHING
    if group.is_missing:
        found = "no rows"
    elif group.observed is None:
        found = "NULL"
    else:
        found = amount(group.observed, group.unit, against=group.threshold)
    is_wrong = group.status is not Status.PASS
    return f"{found}, {group.usual}" if group.usual and is_wrong else found


def alerts(lines: Iterable[AlertLine]) -> list[str]:
    """``sent to slack-error: opened line_coverage-3fa9c1d2``; of many incidents one line, if the
    same became of them."""
    found: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        found.setdefault(_around(line), []).append(line.incident)
    texts = []
    for (before, after), ids in found.items():
        number = f"{count(len(ids), 'incidents')}: " if len(ids) > 1 else ""
        texts.append(f"{before}{number}{', '.join(ids)}{after}")
    return texts


def _around(line: AlertLine) -> tuple[str, str]:
    """What is said before and after the incident."""
    if line.channel is None:
        # That it is suppressed is what "no message" says.
        event = "" if line.event is Event.SUPPRESSED else f"{line.event} "
        return f"no message: {event}", f" ({_UNSENT.get(line.why, line.why)})"
    why = f" ({line.why})" if line.why else ""
    told = "sent to" if line.delivered else "not yet delivered to"
    return f"{told} {line.channel}{'' if line.delivered else why}: {line.event} ", ""


def minute(at: datetime | None, zone: tzinfo) -> str:
    """``2026-02-02 06:00``, in the domain's zone; nothing for None."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def score(report: RunReport) -> str:
    """``score 60/100``; nothing counted has no score."""
    return "no score" if report.score is None else f"score {report.score}/100"


def counts(report: RunReport) -> str:
    return ", ".join(f"{number} {name}" for name, number in report.counts.items())


def verdict(report: RunReport) -> str:
    """The last line: the run in a dozen words."""
    jobs = count(report.jobs, "jobs")
    if report.bytes_billed is not None:
        jobs += f", {size(report.bytes_billed)} billed"
    parts = [str(report.status), score(report), counts(report), jobs]
    return " · ".join([*parts, duration(report.seconds), f"exit {report.exit_code}"])


def docs(address: str) -> str:
    """Where the data docs are: a path where they are on this machine, as short as it can be."""
    parts = urlsplit(address)
    if parts.scheme != "file":
        return address
    path, here = Path(url2pathname(parts.path)), Path.cwd()
    # From the root a relative path would look like the absolute one without its slash.
    is_shorter = path.is_relative_to(here) and here != Path(here.anchor)
    return str(path.relative_to(here) if is_shorter else path)
