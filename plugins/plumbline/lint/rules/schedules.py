"""Rules for the schedule: each time occurs, and a run ends before the next begins."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from plumbline.core.cron import find_uneven_steps
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.alerts import UNKNOWN_CHANNEL
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.alerts import DEFAULT
from plumbline.project.document import Document, KeyPath
from plumbline.project.parsing import ValueFaultKind
from plumbline.project.schedule import find_schedule_faults

RULES = Rules()

UNKNOWN_CHECKPOINT = RULES.error(
    "schedule-unknown-checkpoint",
    "The schedule names a checkpoint that doesn't exist, so it would never run.",
    wrong="- {checkpoint: helth_check, cron: '0 */6 * * *', ...}",
    right="- {checkpoint: health_check, cron: '0 */6 * * *', ...}",
)
NEVER_COMES = RULES.error(
    "schedule-never-comes",
    "The day never occurs, so the checkpoint would never run.",
    wrong="cron: 0 6 31 2 *",
    right="cron: 0 6 L 2 *",
)
DEADLINE_TOO_LONG = RULES.error(
    "schedule-deadline-too-long",
    "The deadline is after the next run, so a run that hangs would delay the next one unnoticed.",
    wrong="{cron: '0 */6 * * *', deadline: 12h, ...}",
    right="{cron: '0 */6 * * *', deadline: 10m, ...}",
)
UNEVEN_STEP = RULES.warning(
    "schedule-uneven-step",
    "The step of a cron field does not divide the field's range, so the last interval is shorter.",
    wrong="cron: '*/25 * * * *', which runs at minutes 0, 25 and 50",
    right="cron: '*/20 * * * *'",
)

_BY_KIND = {
    ValueFaultKind.UNKNOWN_CHECKPOINT: UNKNOWN_CHECKPOINT,
    ValueFaultKind.UNKNOWN_CHANNEL: UNKNOWN_CHANNEL,
    ValueFaultKind.NEVER_COMES: NEVER_COMES,
    ValueFaultKind.DEADLINE_TOO_LONG: DEADLINE_TOO_LONG,
}


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    schedule = facts.documents.schedule
    if schedule is None or not schedule.is_readable:
        return
    faults = find_schedule_faults(
        schedule,
        checkpoints=facts.documents.checkpoints,
        channels=_channels(facts.documents.alerts),
    )
    yield from value_findings(schedule, faults, _BY_KIND)
    for path, cron in _crons(schedule):
        for what, fix in find_uneven_steps(cron):
            yield UNEVEN_STEP.at(schedule.place(*path), what, fix)


def _crons(schedule: Document) -> Iterator[tuple[KeyPath, str]]:
    yield from schedule.entry_texts("schedules", key="cron")
    for path, _ in schedule.entries("schedules"):
        yield from schedule.entry_texts(*path, "maintenance", key="cron")


def _channels(alerts: Document | None) -> Collection[str] | None:
    """The names that a schedule may notify; None where they can't be known."""
    if alerts is None:
        return list(DEFAULT["channels"])
    return alerts.mapping("channels") if alerts.is_readable else None
