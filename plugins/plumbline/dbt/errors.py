"""Why a test can't be taken over."""

from __future__ import annotations


class NoCounterpartError(Exception):
    """A suite over a table has nothing that checks the same; a query of failing rows may."""


class NotImportedError(Exception):
    """Nothing of plumbline can check the same."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
