"""Names of GX as names of files, monitors and models of plumbline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from plumbline.scaffold.import_gx.report import Report

_LONGEST = 100


def file_name(name: str) -> str:
    """``name`` with ``_`` for what a model's name can't have."""
    found = re.sub(r"[^A-Za-z0-9_]+", "_", name)[:_LONGEST]
    return found if found[:1].isalpha() else f"gx_{found}".replace("__", "_")


def unique_names(names: Sequence[str], kind: str, report: Report) -> dict[str, str]:
    """The name in plumbline by that in GX. Of two that would be the same, the second is reported.

    Args:
        names: of GX.
        kind: what they name, for messages.
        report: gets those that are left out.
    """
    taken: dict[str, str] = {}
    found = {}
    for name, number in Counter(names).items():
        ours = file_name(name)
        other = taken.setdefault(ours.lower(), name)
        if other != name or number > 1:
            report.leave(
                f"{kind} {name!r}",
                f"{kind} {other!r} has the same name in plumbline, {ours!r}",
                "rename one of the two in GX",
            )
            continue
        found[name] = ours
    return found
