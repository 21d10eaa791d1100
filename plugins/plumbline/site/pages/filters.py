"""The filters of a page: what the lines of its tables can be told apart by.

``static/filters.js`` reads what a line carries in ``data-`` attributes, and keeps the choices in
the page's address; without scripts every line is shown and the filters are not. Used by the pages
that list monitors: the overview, the runs of a day, and the suites.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plumbline.core.status import FAILING, WORST_FIRST, Status
from plumbline.site.view_models import MonitorView

NEVER_RAN = "NEVER RAN"

_SOME = ("tag", "change")
"""What only some lines have: also a single value tells them apart."""

Choice = tuple[str, str, tuple[tuple[str, str], ...]]
"""A filter: its name in the URL, its label, and its values with their words."""


def choices(views: Sequence[MonitorView]) -> tuple[Choice, ...]:
    """The filters whose values tell monitors apart."""
    statuses = {view.latest.status if view.latest else None for view in views}
    return useful(
        ("status", "Status", statuses_in_words(statuses, unattended=True)),
        ("owner", "Owner", values([view.owner] for view in views)),
        ("tag", "Tag", values(view.tags for view in views)),
        ("checkpoint", "Checkpoint", values(view.checkpoints for view in views)),
    )


def useful(*found: Choice) -> tuple[Choice, ...]:
    """Without those that would tell nothing apart."""
    return tuple(
        choice for choice in found if len(choice[2]) > 1 or (choice[0] in _SOME and choice[2])
    )


def statuses_in_words(
    there: Iterable[Status | None], *, unattended: bool = False
) -> tuple[tuple[str, str], ...]:
    """The values of the filter by status, worst first.

    Args:
        there: the statuses of the lines; None: it never ran.
        unattended: whether lines say that somebody acknowledged or muted them.
    """
    known = set(there)
    found: list[tuple[str, str]] = []
    if known.intersection(FAILING):
        found.append(("failing", "failing"))
        if unattended:
            found.append(("unattended", "failing, not acknowledged or muted"))
    found += [(status.value, status.value) for status in WORST_FIRST if status in known]
    if None in known:
        found.append((NEVER_RAN, NEVER_RAN))
    return tuple(found)


def values(of_lines: Iterable[Iterable[str | None]]) -> tuple[tuple[str, str], ...]:
    """Each value that a line has, sorted."""
    return tuple((one, one) for one in sorted({one for line in of_lines for one in line if one}))
