"""Forms of a list variable's entries: the values of ``entries`` in ``config.meta.vars``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

EntryFormName = Literal["text", "name_from_date", "period"]


@dataclass(frozen=True)
class EntryForm:
    noun: str
    """What an entry is: ``name or name/date``."""
    fix: str
    example: str
    is_met_by: Callable[[str], bool]


def _is_text(entry: str) -> bool:
    return entry != "" and entry == entry.strip()


def _is_name_from_date(entry: str) -> bool:
    name, slash, from_date = entry.partition("/")
    return re.fullmatch(r"\S+", name) is not None and (not slash or _is_date(from_date))


def _is_period(entry: str) -> bool:
    first, _, rest = entry.partition("/")
    last, _, _ = rest.partition("/")
    return _is_date(first) and _is_date(last) and first <= last


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


ENTRY_FORMS: Mapping[EntryFormName, EntryForm] = {
    "text": EntryForm(
        noun="a name without blanks around it",
        fix="remove the blanks, or the entry if it is empty",
        example="name",
        is_met_by=_is_text,
    ),
    "name_from_date": EntryForm(
        noun="name or name/date",
        fix="write name, or name/YYYY-MM-DD with a date that exists",
        example="name/2026-02-22",
        is_met_by=_is_name_from_date,
    ),
    "period": EntryForm(
        noun="first/last/name with two dates in order",
        fix="write YYYY-MM-DD/YYYY-MM-DD/name with dates that exist, the earlier one first",
        example="2026-02-13/2026-02-18/name",
        is_met_by=_is_period,
    ),
}
