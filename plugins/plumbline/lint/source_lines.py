"""Maps lines of compiled SQL to the lines of the template that they came from.

Most lines of a template are unchanged in its SQL, so a diff finds them; what a macro wrote is
between such lines.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cached_property

_MOST_PAIRS = 250_000
"""Of lines that a diff takes seconds for."""
_MOST_ALIKE = 4_000
"""Of lines whose likeness is calculated, which takes longer."""


class SourceLines:
    """Lines of one compiled model, held against its template's; both count from 1."""

    def __init__(self, template: str, sql: str) -> None:
        self._compared = 0
        self._template = [line.strip() for line in template.splitlines()]
        self._sql = [line.strip() for line in sql.splitlines()]

    @property
    def count(self) -> int:
        """How many lines the SQL has."""
        return len(self._sql)

    def origin(self, line: int) -> int:
        """The template's line that gave the SQL's ``line``, as well as can be told."""
        if not self._origins:
            return 1
        return self._origins[min(max(line, 1), len(self._origins)) - 1]

    @cached_property
    def _origins(self) -> list[int]:
        if len(self._template) * len(self._sql) > _MOST_PAIRS:
            return [min(line, len(self._template)) for line in range(1, len(self._sql) + 1)]
        found: list[int] = []
        matcher = SequenceMatcher(None, self._template, self._sql, autojunk=False)
        for kind, first, last, start, end in matcher.get_opcodes():
            for position in range(start, end):
                if kind == "equal":
                    found.append(first + position - start + 1)
                else:
                    found.append(self._nearest(self._sql[position], first, last, position - start))
        return found

    def _nearest(self, line: str, first: int, last: int, offset: int) -> int:
        """Of the template's lines ``first`` to ``last``, the one that ``line`` is most like."""
        if first == last:  # the SQL has lines that the template has not
            return max(first, 1)
        self._compared += last - first
        if self._compared > _MOST_ALIKE:
            return min(first + offset, last - 1) + 1
        likeness = [
            SequenceMatcher(None, candidate, line).ratio()
            for candidate in self._template[first:last]
        ]
        best = max(likeness)
        # unlike all of them: a macro's own line, whose call comes before
        if best > 0.5:
            return first + likeness.index(best) + 1
        return min(first + offset, last - 1) + 1
