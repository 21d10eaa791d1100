"""Values in words, the same in every report: numbers and units, bytes, durations, instants."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from plumbline.core.instants import last_day

NOTHING = "–"
"""For what is not known."""

_NAMED = 5
_LEVELS = re.compile(r"(?:^|: )(?=(?:critical|warning|info)\b)")
_ROUNDED = 0.06
"""Percentage points that a model may round a percentage by."""
_WHOLE = 1e15
"""From here on, floats no longer tell numbers apart that follow each other."""


def number(value: float | None, unit: str = "", *, against: float | None = None) -> str:
    """``44.2 %``, ``281 predictions``, ``1 prediction``; ``NULL`` for nothing.

    A value on the wrong side of the threshold ``against`` is not rounded onto it: 49.97 against
    50 stays ``49.97 %``, so that a reader never sees 50.0 below 50.
    """
    if value is None:
        return "NULL"
    text = f"{value:.0f}" if unit != "%" and float(value).is_integer() else f"{value:.1f}"
    if against is not None and value != against and float(text) == against:
        text = f"{value:.9f}".rstrip("0").rstrip(".")
    return with_unit(text, unit)


def with_unit(text: str, unit: str) -> str:
    """``44.2 %``, ``1 prediction``: a number that is in words already."""
    return f"{text} {singular(unit) if text == '1' else unit}".rstrip()


def plain(value: float, *, against: float | None = None) -> str:
    """``21.49``, ``1234567``, ``0.004``: two decimals, or three digits where it is below 1.

    A value on the wrong side of the threshold ``against`` is not rounded onto it: 49.997 against
    50 stays ``49.997``.
    """
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= _WHOLE:
        return f"{value:.6g}"
    text = f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"
    if "e" in text or (against is not None and value != against and float(text) == against):
        text = f"{value:.12f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def singular(unit: str) -> str:
    """``game`` for ``games``, ``query`` for ``queries``; other words as they are."""
    if unit.endswith("ies"):
        return unit[:-3] + "y"
    plural = len(unit) > 2 and unit.endswith("s") and not unit.endswith("ss")
    return unit[:-1] if plural else unit


def plural(noun: str) -> str:
    """``countries`` for ``country``."""
    if noun.endswith("y") and noun[-2:-1] not in ("", *"aeiou"):
        return f"{noun[:-1]}ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def unit_of(column: str, observed_column: str | None, unit: str) -> str:
    """The unit of a column: percentages end in ``_pct``, hours begin with ``hours_``; the observed
    column has the suite's."""
    if column.endswith("_pct"):
        return "%"
    if column == observed_column and unit:
        return unit
    return "h" if column.startswith("hours_") else ""


def metric_and_levels(threshold: str) -> tuple[str, str]:
    """``mean of coverage_pct`` and ``warning < 80 %, critical < 50 %``, of a threshold in words."""
    found = _LEVELS.search(threshold)
    return (threshold[: found.start()], threshold[found.end() :]) if found else ("", threshold)


def count(total: int, what: str) -> str:
    """``1,204 rows``, ``1 row``: ``what`` in the plural."""
    return f"{total:,} {singular(what) if total == 1 else what}"


def share(part: int, whole: int, percent: float) -> str:
    """``0.2 %``; a share that is neither none nor all is not rounded to either."""
    if float(percent).is_integer():
        return f"{percent:.0f} %"
    text = f"{percent:.1f}"
    if text == "0.0" and part:
        return "< 0.1 %"
    return "> 99.9 %" if text == "100.0" and part < whole else f"{text} %"


def listing(names: Sequence[str], limit: int = _NAMED, *, total: int | None = None) -> str:
    """``a, b, c and 7 more``; ``total`` where there are more than ``names``."""
    more = (len(names) if total is None else total) - min(len(names), limit)
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


def capped(
    lines: Sequence[str], limit: int, *, total: int | None = None, of: str = ""
) -> list[str]:
    """The first ``lines``, and ``and 7 more``; ``total`` where there are more than ``lines``."""
    more = (len(lines) if total is None else total) - min(len(lines), limit)
    return [*lines[:limit], *([f"and {more:,} more{of}"] if more > 0 else [])]


def amount(value: float | None, unit: str = "", *, against: float | None = None) -> str:
    """``44.2 %``, ``281 predictions``, ``7.3 hours``; a dash for what is not known.

    Against a threshold, see `number`.
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return number(value, unit, against=against)


def fraction(
    observed: float | None, unit: str, numerator: float | None, denominator: float | None
) -> str:
    """``31/252``. Empty if one of them is unknown or not a count, or if ``observed`` is not
    made of them (see `makes`)."""
    if numerator is None or denominator is None or denominator == 1:  # of 1: a count, no share
        return ""
    if not (float(numerator).is_integer() and float(denominator).is_integer()):
        return ""
    if not makes(observed, numerator, denominator, is_share=unit == "%"):
        return ""
    return f"{amount(numerator)}/{amount(denominator)}"


def makes(observed: float | None, numerator: float, denominator: float, *, is_share: bool) -> bool:
    """Whether numerator and denominator are those of the observed number.

    A model has one pair of them, for what it is about. Another of its columns (how many games are
    not final, hours) has nothing to do with them, and a mean of percentages is not their quotient.
    """
    if not is_share:
        return bool(observed) and observed == numerator
    if observed is None or denominator == 0:
        return True
    return math.isclose(observed, 100 * numerator / denominator, abs_tol=_ROUNDED)


def duration(seconds: float) -> str:
    """``2.1 s``, ``3 min 5 s``."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def span(time: timedelta | None) -> str:
    """A length of time, by its two largest units: ``8 d 6 h``, ``6 h 20 min``, ``3 min``."""
    if time is None:
        return NOTHING
    sign, whole = ("-", -time) if time < timedelta() else ("", time)
    hours, minutes = divmod(int(whole.total_seconds() // 60), 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min")]
    first = next((place for place, (count, _) in enumerate(units) if count), 2)
    shown = [f"{count} {unit}" for count, unit in units[first : first + 2] if count]
    return sign + " ".join(shown) if shown else "0 min"


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
    return f"{local_moment(instant)} ({zone_name(instant)})"


def local_moment(instant: datetime) -> str:
    """As `moment`, where the zone is said elsewhere."""
    day = last_day(instant)
    if day < instant.date():  # at midnight, but not at the second one of a day that has two
        return f"end of {day}"
    return f"{instant:%Y-%m-%d %H:%M}"


def zone_name(instant: datetime) -> str:
    """``America/New_York``."""
    return getattr(instant.tzinfo, "key", None) or instant.strftime("%Z") or "no zone"


def rfc3339(instant: datetime) -> str:
    """In UTC, to the millisecond where it is not a whole second: ``2026-02-03T05:00:00Z``."""
    timespec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
