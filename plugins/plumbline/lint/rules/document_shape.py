"""Turns the faults that a file's reader finds into findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from pydantic import BaseModel

from plumbline.lint.rule import Finding, Rule
from plumbline.lint.rules.files import MISSING_KEY, OTHER_NAME, UNKNOWN_KEY, WRONG_VALUE
from plumbline.project.document import Document, KeyPath
from plumbline.project.parsing import ValueFault, ValueFaultKind, find_value_faults

_NEAR = 0.8

_RULES = {
    ValueFaultKind.UNKNOWN_KEY: UNKNOWN_KEY,
    ValueFaultKind.MISSING_KEY: MISSING_KEY,
    ValueFaultKind.WRONG_VALUE: WRONG_VALUE,
    ValueFaultKind.OTHER_NAME: OTHER_NAME,
}


def check_shape(document: Document, path: KeyPath, model: type[BaseModel]) -> Iterator[Finding]:
    """What is wrong with the value at ``path`` as a ``model``."""
    faults = find_value_faults(model, document.get(*path))
    yield from value_findings(document, (fault.below(path) for fault in faults))


def value_findings(
    document: Document,
    faults: Iterable[ValueFault],
    rules: Mapping[ValueFaultKind, Rule] = MappingProxyType({}),
) -> Iterator[Finding]:
    """Findings of what the reader of ``document`` finds wrong; ``rules`` are for its own kinds."""
    for fault in faults:
        # A key that is missing has no place: it is said of what should hold it.
        is_missing = fault.kind is ValueFaultKind.MISSING_KEY
        place = document.place(*(fault.path[:-1] if is_missing else fault.path))
        yield {**_RULES, **rules}[fault.kind].at(place, fault.what, fault.fix)


def check_near_misses(
    document: Document, path: KeyPath, *, ours: tuple[str, ...], others: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """Keys that are nearly one of ``ours``, where anyone may write keys of their own."""
    for key in document.mapping(*path):
        if key in ours or key in others:
            continue
        near = get_close_matches(key, ours, n=1, cutoff=_NEAR)
        if near:
            yield UNKNOWN_KEY.at(
                document.place(*path, key), f"unknown key {key!r}", f"did you mean {near[0]!r}?"
            )
