"""Personal columns: nothing is written of their values but pseudonyms (``masked-3f2a9c81d0``).

``schema.yml`` tags the columns. Suites are judged on the real values; what is then written
(outcomes, messages, history, GX's results, pages) holds pseudonyms. The same value has the same
pseudonym in every run and on every machine, so that a group stays the group that it was.

What a pseudonym protects against: that whoever reads a message, a page, a table of ours or a
report reads a name. It is an HMAC and no bare hash, so a list of hashed names from elsewhere
doesn't match it. What it doesn't: whoever has the key can hash every name that may occur and
compare; where few values are possible (names of players, yes and no) that is done in a moment.
Without ``PLUMBLINE_MASK_KEY`` the key is the project's name, which is not a secret.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from plumbline.core.errors import MonitorError, WarehouseError
from plumbline.core.group_key import GroupKey, canonical, shown

PREFIX = "masked-"
KEY_VARIABLE = "PLUMBLINE_MASK_KEY"
_DIGITS = 10
"""Of the HMAC, in hex: among 5,000 names two share one with a chance of 1 in 90,000."""
_PSEUDONYM = re.compile(rf"{PREFIX}[0-9a-f]{{{_DIGITS}}}")
_WORD = 4
"""A text shorter than this is only found in others as a word of its own."""
_QUOTE = re.compile(r"\s*(?:: |['\"`])")
_OF_THE_SQL = re.compile(
    r"^(?!Query error).* at \[\d+:\d+\]$|^(Binder|Catalog|Parser) Error", re.DOTALL
)
_PAIR = ("column_A", "column_B")
_QUOTED = re.compile(r"""col\(\s*(?:"[^"]*"|'[^']*')\s*\)|(["'])((?:\\.|(?!\1).)*)\1""", re.DOTALL)
"""A literal of a condition given as text; its second group is empty of the name in ``col("x")``."""
_TEXTS = frozenset({"like_pattern", "like_pattern_list", "max_value", "min_value", "regex",
                    "regex_list", "unexpected_rows_query"})  # fmt: skip
"""Arguments that may hold a value within a text."""


class ProjectLike(Protocol):
    """What the key is made from."""

    @property
    def dbt(self) -> Mapping[str, Any]:
        """``dbt_project.yml``, parsed."""


def mask_key(project: ProjectLike) -> str:
    """``PLUMBLINE_MASK_KEY``, else the project's name: the same on every machine."""
    return os.environ.get(KEY_VARIABLE) or str(project.dbt.get("name") or "plumbline")


@dataclass(frozen=True)
class Mask:
    """The personal columns of one model's rows, and what stands for their values."""

    columns: frozenset[str] = frozenset()
    key: str = field(default="", repr=False)
    seen: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Every value of these columns as it may be written, with its canonical text: so they are
    found where no column is named."""
    groups: Sequence[str] = ()
    """Of a suite over a table: its ``group_by``, which the arguments of expectations don't hold."""

    @classmethod
    def of(
        cls,
        columns: Collection[str],
        key: str,
        rows: Iterable[Mapping[str, Any]],
        groups: Sequence[str] = (),
    ) -> Mask:
        """The mask of ``rows``; one without columns changes nothing."""
        seen: dict[str, str] = {}
        for row in rows if columns else ():
            for column in columns:
                seen.update(_texts(row.get(column)))
        return cls(frozenset(columns), key, seen, groups)

    def __bool__(self) -> bool:
        return bool(self.columns)

    def value(self, value: object) -> str | None:
        """The pseudonym of a value; NULL stays NULL, and so does a pseudonym (of a group that only
        the history knows)."""
        known = canonical(value)
        if known is None or (isinstance(known, str) and _PSEUDONYM.fullmatch(known)):
            return known
        return self._pseudonym(shown(known))

    def holds(self, value: object) -> bool:
        """Whether ``value`` is one of the rows'. Yes and no are not told apart from others'."""
        if value is None or isinstance(value, bool):
            return False
        return any(text in self.seen for text in _texts(value))

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """``row`` with pseudonyms."""
        return {
            name: self.value(value) if name in self.columns else value
            for name, value in row.items()
        }

    def text(self, text: str) -> str:
        """``text`` with a pseudonym wherever one of the values occurs in it."""
        if text in self.seen:
            return self._pseudonym(self.seen[text])
        found = [value for value in self._longest_first if value in text]
        if not found:
            return text
        pattern = "|".join(_pattern(value) for value in found)
        return re.sub(pattern, lambda match: self._pseudonym(self.seen[match[0]]), text)

    @cached_property
    def _longest_first(self) -> Sequence[str]:
        return sorted((text for text in self.seen if text.strip()), key=len, reverse=True)

    def _pseudonym(self, text: str) -> str:
        made = hmac.new(self.key.encode(), text.encode(errors="replace"), hashlib.sha256)
        return PREFIX + made.hexdigest()[:_DIGITS]

    # What an expectation says

    def touched(self, kwargs: Mapping[str, Any]) -> frozenset[str]:
        """The personal columns that the arguments of an expectation name."""
        named = self.columns.intersection(_strings(kwargs))
        return named | self._named_in(" ".join(_strings(kwargs.get("row_condition"))))

    def kwargs(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of an expectation as they may be shown: names of groups, values."""
        found = dict(kwargs)
        for name in _TEXTS.intersection(kwargs):
            found[name] = self._texts_in(kwargs[name])
        if kwargs.get("row_condition"):
            found["row_condition"] = self.condition(kwargs["row_condition"])
        if self.columns.intersection(group_by := self.group_by(kwargs)):
            overrides, retired = kwargs.get("overrides"), kwargs.get("retired")
            if isinstance(overrides, Mapping):
                found["overrides"] = {
                    self.label(str(name), group_by): bounds for name, bounds in overrides.items()
                }
            if isinstance(retired, list):
                found["retired"] = [self.label(str(name), group_by) for name in retired]
        if not self.touched(kwargs):
            return found
        domain = domain_of(kwargs)
        for name in ("value_set", "value_pairs_set"):
            if isinstance(kwargs.get(name), list | tuple | set):
                found[name] = [self.entry(value, domain) for value in kwargs[name]]
        return found

    def group_by(self, kwargs: Mapping[str, Any]) -> Sequence[str]:
        """The columns that name a group of an expectation."""
        given = kwargs.get("group_by")
        return given if isinstance(given, list) else self.groups

    def condition(self, given: object) -> Any:
        """A ``row_condition``, in any of GX's syntaxes, as it may be shown."""
        if isinstance(given, str):
            if self._named_in(given):
                given = _QUOTED.sub(self._masked_literal, given)
            return self.text(given)
        if not isinstance(given, Mapping):
            return given
        column = given.get("column")
        if isinstance(column, Mapping) and "parameter" in given:
            domain = [str(column.get("name"))]
            parameter = given["parameter"]
            is_list = isinstance(parameter, list | tuple | set)
            masked = [self.entry(one, domain) for one in (parameter if is_list else [parameter])]
            return {**given, "parameter": masked if is_list else masked[0]}
        found = dict(given)
        if "pass_through_filter" in given:
            found["pass_through_filter"] = self.condition(given["pass_through_filter"])
        if "conditions" in given:
            found["conditions"] = [self.condition(one) for one in given["conditions"]]
        return found

    def _masked_literal(self, match: re.Match[str]) -> str:
        quote = match[1]
        if quote is None:  # the name of a column
            return match[0]
        literal = re.sub(r"\\(.)", r"\1", match[2])
        return f"{quote}{self.value(literal)}{quote}"

    def _named_in(self, text: str) -> frozenset[str]:
        """The personal columns that occur in ``text`` as words."""
        return frozenset(
            column
            for column in self.columns
            if re.search(rf"(?<!\w){re.escape(column)}(?!\w)", text)
        )

    def _texts_in(self, value: object) -> Any:
        if isinstance(value, list | tuple):
            return [self._texts_in(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def label(self, label: str, group_by: Sequence[str]) -> str:
        """The name of a group (`GroupKey.label`) as it is after masking."""
        columns = sorted(group_by)
        if len(columns) == 1:
            return shown(self._of_label(columns[0], label))
        parts = re.fullmatch(", ".join(f"{re.escape(c)}=(.*)" for c in columns), label, re.S)
        if parts is None:
            return self.text(label)
        values = zip(columns, parts.groups(), strict=True)
        return GroupKey.of({name: self._of_label(name, value) for name, value in values}).label

    def _of_label(self, column: str, value: str) -> str | None:
        if column not in self.columns or value == shown(None):
            return value
        return self.value(value)

    def entry(self, value: Any, domain: Sequence[str]) -> Any:
        """A value, or one a column of ``domain``, with those of personal columns masked."""
        if len(domain) == 1 and domain[0] in self.columns:
            return self.value(value)
        if len(domain) > 1 and isinstance(value, Mapping):
            return {name: self.entry(inner, [name]) for name, inner in value.items()}
        if len(domain) > 1 and isinstance(value, list | tuple) and len(value) == len(domain):
            return [self.entry(v, [name]) for name, v in zip(domain, value, strict=True)]
        return self.text(value) if isinstance(value, str) else value


def explain_masked(error: MonitorError, mask: Mask) -> str:
    """What ``error`` says in one line, without values, also of rows that never came."""
    if not mask:
        return error.one_line()
    what = error.what
    if isinstance(error, WarehouseError) and error.reason in ("invalid", "invalidQuery"):
        what = without_quoted(what)
    said = MonitorError(what, file=error.file, key=error.key, fix=error.fix)
    return mask.text(said.one_line())


def without_quoted(what: str) -> str:
    """What BigQuery says of a query, without the value that it quotes if it could not convert it.

    What it says of the SQL itself, it says with a position; everything else is cut where it begins
    to quote.
    """
    head = _QUOTE.split(what, maxsplit=1)[0]
    if head == what or _OF_THE_SQL.search(what):
        return what
    return f"{head} ... (what it quotes is withheld: columns are tagged as personal)"


def personal_among(personal: frozenset[str], names: Iterable[str]) -> frozenset[str]:
    """``personal``, and those of ``names`` that are one of them however it is spelled.

    A field of a personal column is one, and so is a column with a personal field.
    """
    known = {f"{_plain(one)}." for one in personal}
    return personal | {
        name
        for name in names
        for one in known
        if f"{_plain(name)}.".startswith(one) or one.startswith(f"{_plain(name)}.")
    }


def _plain(name: str) -> str:
    """A column without the signs of its arrays' elements; BigQuery does not mind its case."""
    return name.replace("[]", "").casefold()


def named_columns(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """Every column that an expectation names."""
    group_by = kwargs.get("group_by")
    return (*domain_of(kwargs), *(map(str, group_by) if isinstance(group_by, list) else ()))


def domain_of(kwargs: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that an expectation of GX's own looks at, in its order."""
    if "column" in kwargs:
        return (str(kwargs["column"]),)
    if all(name in kwargs for name in _PAIR):
        return tuple(str(kwargs[name]) for name in _PAIR)
    listed = kwargs.get("column_list")
    return tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()


def _texts(value: object) -> dict[str, str]:
    """How ``value``, or each that is in it, may be written, with its canonical text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set):
        return {text: known for inner in value for text, known in _texts(inner).items()}
    known = canonical(value)
    if known is None or isinstance(known, bool):
        return {}
    written = {shown(known), str(value), repr(value)[1:-1] if isinstance(value, str) else ""}
    return dict.fromkeys(written - {""}, shown(known))


def _pattern(value: str) -> str:
    escaped = re.escape(value)
    is_word = len(value) < _WORD or not re.search(r"[^\W\d]", value)
    return rf"(?<![\w.]){escaped}(?!\w|\.\d)" if is_word else escaped


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from _strings(inner)
