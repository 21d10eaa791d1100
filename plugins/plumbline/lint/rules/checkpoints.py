"""Rules for checkpoints: the monitors and actions that they name exist."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.lint.rules.files import MISSING_KEY, UNKNOWN_KEY
from plumbline.project.checkpoints import find_checkpoint_faults
from plumbline.project.document import Document, KeyPath
from plumbline.project.parsing import ValueFaultKind

RULES = Rules()

UNKNOWN_MONITOR = RULES.error(
    "checkpoint-unknown-monitor",
    "The checkpoint lists a monitor that doesn't exist, so the checkpoint would not run.",
    wrong='"validation_definitions": [{"name": "coverge"}]',
    right='"validation_definitions": [{"name": "coverage"}]',
)
MONITOR_TWICE = RULES.error(
    "checkpoint-monitor-twice",
    "The checkpoint lists a monitor twice.",
    wrong='[{"name": "coverage"}, {"name": "coverage"}]',
    right='[{"name": "coverage"}]',
)
UNKNOWN_ACTION = RULES.error(
    "checkpoint-unknown-action",
    "The action type doesn't exist, so no notification would be sent.",
    wrong='"actions": [{"type": "slak", ...}]',
    right='"actions": [{"type": "slack", ...}]',
)


_BY_KIND = {
    ValueFaultKind.UNKNOWN_MONITOR: UNKNOWN_MONITOR,
    ValueFaultKind.MONITOR_TWICE: MONITOR_TWICE,
}


def check(context: LintContext) -> Iterator[Finding]:
    documents = context.facts.documents
    for checkpoint in documents.checkpoints.values():
        if not checkpoint.is_readable:
            continue
        faults = find_checkpoint_faults(checkpoint, monitors=documents.listable)
        yield from value_findings(checkpoint, faults, _BY_KIND)
        for path, _ in checkpoint.entries("actions"):
            yield from _action(context, checkpoint, path)


def _action(context: LintContext, checkpoint: Document, path: KeyPath) -> Iterator[Finding]:
    kind = checkpoint.text(*path, "type")
    if kind is None:
        yield MISSING_KEY.at(
            checkpoint.place(*path), "the action has no type", "add `type`, such as slack"
        )
        return
    found = context.actions.find(kind)
    if found is None and context.plugins.may_define(kind):
        return
    if found is None:
        yield UNKNOWN_ACTION.unknown(
            checkpoint.place(*path, "type"), "there is no action", kind, context.actions.names
        )
        return
    given = checkpoint.mapping(*path)
    for key in given:
        if key not in found.keys:
            yield UNKNOWN_KEY.unknown(checkpoint.place(*path, key), "unknown key", key, found.keys)
    for key in sorted(found.required - set(given)):
        yield MISSING_KEY.at(checkpoint.place(*path), f"key {key!r} is missing", f"add {key!r}")
