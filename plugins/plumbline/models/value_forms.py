"""Forms of a text variable and of a list variable's entries: the values of ``form`` and ``entries``
in ``config.meta.vars``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

FormName = Literal["text", "time", "name_from_date", "period"]


@dataclass(frozen=True)
class Form:
    noun: str
    """What the text is: ``name or name/date``."""
    fix: str
    example: str
    is_met_by: Callable[[str], bool]


def _is_time(text: str) -> bool:
    # BigQuery reads no time without seconds.
    if re.fullmatch(r"\d{2}:\d{2}:\d{2}", text) is None:
        return False
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_text(text: str) -> bool:
    return text != "" and text == text.strip()


def _is_name_from_date(text: str) -> bool:
    name, slash, from_date = text.partition("/")
    return re.fullmatch(r"\S+", name) is not None and (not slash or _is_date(from_date))


def _is_period(text: str) -> bool:
    first, _, rest = text.partition("/")
    last, _, _ = rest.partition("/")
    return _is_date(first) and _is_date(last) and first <= last


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


FORMS: Mapping[str, Form] = {
    "text": Form(
        noun="a name without blanks around it",
        fix="write a name, without blanks around it",
        example="name",
        is_met_by=_is_text,
    ),
    "time": Form(
        noun="a time of day",
        fix="write HH:MM:SS, from 00:00:00 to 23:59:59",
        example="10:00:00",
        is_met_by=_is_time,
    ),
    "name_from_date": Form(
        noun="name or name/date",
        fix="write name, or name/YYYY-MM-DD with a date that exists",
        example="name/2026-02-22",
        is_met_by=_is_name_from_date,
    ),
    "period": Form(
        noun="first/last/name with two dates in order",
        fix="write YYYY-MM-DD/YYYY-MM-DD/name with dates that exist, the earlier one first",
        example="2026-02-13/2026-02-18/name",
        is_met_by=_is_period,
    ),
}
