"""How numbers, durations and instants are written for people, the same in every report."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from plumbline.core.outcome import GroupOutcome, Outcome, RunReport
from plumbline.core.status import RunStatus, Status
from plumbline.core.text import number
from plumbline.run.request import last_day

if TYPE_CHECKING:
    from plumbline.core.alert_line import AlertLine

NOTHING = "–"

SYMBOLS: dict[str, str] = {
    Status.PASS: "✓",
    Status.WARNING: "!",
    Status.CRITICAL: "✗",
    Status.ERROR: "?",
    Status.SKIPPED: "-",
    RunStatus.OK: "✓",
}


def amount(value: float | None, unit: str = "", *, against: float | None = None) -> str:
    """``44.2 %``, ``281 predictions``, ``7.3 hours``; a dash for what is not known.

    Against a threshold, see `number`.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return number(value, unit, against=against)


def fraction(numerator: float | None, denominator: float | None) -> str:
    """``31/252``; empty where one of them is not known, or is no count."""
    if numerator is None or denominator is None or denominator == 1:  # of 1: a count, no share
        return ""
    if not (float(numerator).is_integer() and float(denominator).is_integer()):
        return ""
    return f"{amount(numerator)}/{amount(denominator)}"


def observed(outcome: Outcome) -> str:
    """The monitor as one number; what could not be checked has none."""
    if not outcome.status.is_judged:
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


def alert(line: AlertLine) -> str:
    """``slack-error was told: opened line_coverage-3fa9c1d2``."""
    what = f"{line.event} {line.incident}"
    if line.channel is None:
        return f"nobody is told ({line.why}): {what}"
    if line.delivered:
        return f"{line.channel} was told: {what}"
    why = f" ({line.why})" if line.why else ""
    return f"{line.channel} could not be told yet{why}: {what}"


def duration(seconds: float) -> str:
    """``2.1 s``, ``3 min 5 s``."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def size(count: int) -> str:
    """Bytes in binary units: ``512 B``, ``1.5 GiB``."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def moment(instant: datetime) -> str:
    """``end of 2026-02-02 (America/New_York)``, ``2026-02-02 15:00 (America/New_York)``."""
    zone = getattr(instant.tzinfo, "key", None) or instant.strftime("%Z") or "no zone"
    day = last_day(instant)
    if day < instant.date():  # at midnight, but not at the second one of a day that has two
        return f"end of {day} ({zone})"
    return f"{instant:%Y-%m-%d %H:%M} ({zone})"


def rfc3339(instant: datetime) -> str:
    """In UTC, to the millisecond where it is no whole second: ``2026-02-03T05:00:00Z``."""
    timespec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def score(report: RunReport) -> str:
    """``score 60/100``; nothing counted has no score."""
    return "no score" if report.score is None else f"score {report.score}/100"


def counts(report: RunReport) -> str:
    """``3 passed, 0 warning, 2 critical, 0 error, 0 skipped``."""
    return ", ".join(f"{number} {name}" for name, number in report.counts.items())


def verdict(report: RunReport) -> str:
    """The last line: the run in a dozen words."""
    jobs = "1 job" if report.jobs == 1 else f"{report.jobs} jobs"
    if report.bytes_billed is not None:
        jobs += f", {size(report.bytes_billed)} billed"
    parts = [str(report.status), score(report), counts(report), jobs]
    return " · ".join([*parts, duration(report.seconds), f"exit {report.exit_code}"])


def docs(address: str) -> str:
    """Where the data docs are: a path where they are on this machine, as short as it can be."""
    parts = urlsplit(address)
    if parts.scheme != "file":
        return address
    path = Path(url2pathname(parts.path))
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
