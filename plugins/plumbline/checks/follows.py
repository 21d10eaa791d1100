"""Whether what follows history follows what history holds: else one number is held against another.

Plain values; read by lint, and by a run before it evaluates anything, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.core.expectation_types import FOLLOWS_HISTORY


@dataclass(frozen=True)
class HistoryFault:
    """An argument of an expectation, and what is wrong with it."""

    index: int
    """Of the expectation in its suite."""
    argument: str
    what: str
    fix: str


def faults_of_following(
    observed: Mapping[str, Any] | None, expectations: Sequence[Mapping[str, Any]]
) -> Iterator[HistoryFault]:
    """Expectations of a suite over a model that compare a number with the past of another.

    Of the whole, history holds ``observed``; of a group that was well, what the first expectation
    with its ``group_by`` measures (see `plumbline.checks.groups`).

    Args:
        observed: ``meta.monitor.observed``.
        expectations: all of the suite, in their order, as they stand in the file.
    """
    for index, entry in enumerate(expectations):
        kwargs = _kwargs(entry)
        if entry.get("type") != FOLLOWS_HISTORY:
            continue
        if kwargs.get("metric") is not None:
            what, fix = "metric is for suites over a table", "name the model's column instead"
            yield HistoryFault(index, "metric", what, fix)
            continue
        if "column" not in kwargs:
            yield HistoryFault(index, "column", f"{FOLLOWS_HISTORY} needs 'column'", "add it")
            continue
        groups = _names(kwargs.get("group_by"))
        if groups:
            # It is one of them itself, so there is a first.
            first = next(n for n, one in enumerate(expectations) if _groups(one) == groups)
            held, where = _kwargs(expectations[first]), f"expectations[{first}]"
            fix = f"check {_shown(kwargs)} in a monitor of its own"
        else:
            if observed is None or "column" not in observed:
                yield _no_number(index, kwargs, observed)
                continue
            held, where = observed, "meta.monitor.observed"
            fix = f"observe it, or check {_shown(kwargs)} in a monitor of its own"
        for argument in ("column", "aggregate"):
            if kwargs.get(argument) != held.get(argument):
                yield HistoryFault(
                    index,
                    argument,
                    f"the history holds {_shown(held)} ({where}), not {_shown(kwargs)}",
                    fix,
                )
                break


def _no_number(
    index: int, kwargs: Mapping[str, Any], observed: Mapping[str, Any] | None
) -> HistoryFault:
    holds = "how many groups fail" if observed else "no number of a column"
    return HistoryFault(
        index,
        "column",
        f"the history holds {holds} (meta.monitor.observed), not {_shown(kwargs)}",
        "name the column and its aggregate in observed, or follow each group with group_by",
    )


def _kwargs(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    kwargs = entry.get("kwargs")
    return kwargs if isinstance(kwargs, Mapping) else {}


def _groups(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return _names(_kwargs(entry).get("group_by"))


def _names(group_by: object) -> tuple[str, ...]:
    """In the order in which a group's key has them."""
    return tuple(sorted(map(str, group_by))) if isinstance(group_by, list | tuple) else ()


def _shown(measured: Mapping[str, Any]) -> str:
    """``the mean of 'pct'``, or ``'pct' of each row``."""
    column, aggregate = measured.get("column"), measured.get("aggregate")
    return f"the {aggregate} of {column!r}" if aggregate else f"{column!r} of each row"
