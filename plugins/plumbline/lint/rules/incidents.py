"""``checkpoints/incidents.yml``: what backtests are held against must be readable beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import ConfigError
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding
from plumbline.lint.rules.document_shape import check_shape
from plumbline.lint.rules.files import WRONG_VALUE
from plumbline.project.labels import LabelsEntry, read_labels


def check(context: LintContext) -> Iterator[Finding]:
    """Unknown and missing keys, wrong values, an id that stands twice."""
    incidents = context.facts.incidents
    if incidents is None or not incidents.is_readable:
        return
    shape = list(check_shape(incidents, (), LabelsEntry))
    yield from shape
    if shape:
        return
    try:
        read_labels(incidents, zone=context.facts.timezone)
    except ConfigError as fault:
        yield WRONG_VALUE.at(
            incidents.place_of_key(fault.key or ""), fault.what, fault.fix or "fix it"
        )
