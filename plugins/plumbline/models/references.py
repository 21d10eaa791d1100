"""How a template sees a variable: a mark in the text, and never the value.

``{{ var('days') }}`` must not paste a value into SQL. It renders as a marker, which becomes
``@days`` once the SQL is read token by token (``binding.py``); a value goes to BigQuery as a query
parameter. So a template can't calculate with a variable, and an error says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from plumbline.core.errors import MonitorError

# Two characters of Unicode's private use area: no SQL holds them, and no Jinja filter changes them.
OPEN, CLOSE = "\ue000", "\ue001"
MARKER = re.compile(f"{OPEN}([0-9]+){CLOSE}")


@dataclass(frozen=True)
class Place:
    """A line of a file, or a key in it, for messages."""

    file: str
    line: int
    named: str = ""

    @property
    def key(self) -> str:
        return self.named or f"line {self.line}"


class Reference:
    """What ``var()`` gives to a template: it can be rendered, and nothing else.

    Anything that would look at the value raises: the value is not there, and SQL is where to
    calculate.
    """

    def __init__(self, index: int, name: str, place: Place) -> None:
        self._index = index
        self._name = name
        self._place = place

    def __str__(self) -> str:
        return f"{OPEN}{self._index}{CLOSE}"

    def __html__(self) -> str:
        return str(self)

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise MonitorError(
            f"the template calculates with var({self._name!r}), but its value is only known to "
            "BigQuery, as a query parameter",
            file=self._place.file,
            key=self._place.key,
            fix=f"calculate in SQL: {{{{ var('{self._name}') }}}} + 1, "
            f"unnest({{{{ var('{self._name}') }}}}), if(...)",
        )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    # Python looks these up on the class, so each has to stand here.
    __iter__ = __len__ = __bool__ = __getitem__ = __contains__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse
    __pow__ = __rpow__ = __neg__ = __pos__ = __abs__ = _refuse
    __int__ = __float__ = __index__ = __round__ = __call__ = _refuse
    __hash__ = object.__hash__
