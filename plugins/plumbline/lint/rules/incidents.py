"""Rules for ``checkpoints/incidents.yml``, the labelled incidents for backtests."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.labels import find_label_faults

RULES = Rules()
"""None: its rules are those of ``files``."""


def check(context: LintContext) -> Iterator[Finding]:
    incidents = context.facts.documents.incidents
    if incidents is not None and incidents.is_readable:
        yield from value_findings(incidents, find_label_faults(incidents))
