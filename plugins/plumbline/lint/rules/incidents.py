"""Rules for ``checkpoints/incidents.yml``, the labelled incidents for backtests."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import MonitorError
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.document import Document
from plumbline.project.labels import LabelEntry, find_label_faults
from plumbline.project.parsing import valid_entries

RULES = Rules()

UNKNOWN_COLUMN = RULES.error(
    "incident-unknown-group-column",
    "No monitor of the labelled incident has groups with this column, so no alert finds it.",
    wrong="groups: [{sytem_id: catboost_v8}]",
    right="groups: [{system_id: catboost_v8}]",
)


def check(context: LintContext) -> Iterator[Finding]:
    incidents = context.facts.documents.incidents
    if incidents is not None and incidents.is_readable:
        yield from value_findings(incidents, find_label_faults(incidents))
        yield from _unknown_columns(context.facts, incidents)


def _unknown_columns(facts: Facts, incidents: Document) -> Iterator[Finding]:
    for path, label in valid_entries(LabelEntry, incidents, "incidents"):
        known: set[str] = set()
        for monitor in label.monitors:
            columns = _group_columns(facts, monitor)
            if not columns:  # unknown here: only a run tells
                break
            known |= columns
        else:
            for index, group in enumerate(label.groups):
                for column in sorted(group.keys() - known):
                    yield UNKNOWN_COLUMN.unknown(
                        incidents.place(*path, "groups", index, column),
                        f"{', '.join(label.monitors)} has no group column",
                        column,
                        known,
                    )


def _group_columns(facts: Facts, monitor: str) -> set[str]:
    """The columns by which it names groups; none where its files don't say."""
    try:
        suite = facts.project.suite_of(monitor)
        model = facts.described.get(suite.monitor.model or "")
        columns = {*suite.monitor.group_by, *(model.grain if model else ())}
    except MonitorError:
        return set()
    for each in suite.written.expectations:
        group_by = each.kwargs.get("group_by") or ()
        columns.update([group_by] if isinstance(group_by, str) else map(str, group_by))
    return columns
