"""The schedule: does each time come, and is a run done before the next begins?

Which checkpoint it names is looked at in ``checkpoints``, whom it tells in ``alerts``.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from plumbline.core.errors import ConfigError
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, error
from plumbline.lint.rules.document_shape import check_shape
from plumbline.lint.rules.files import WRONG_VALUE
from plumbline.project.document import Document
from plumbline.project.schedule import ScheduleEntry, SchedulesEntry, find_faults, read_schedules

NEVER_COMES = error(
    "schedule-never-comes",
    "The day never occurs, so the checkpoint would never run.",
    wrong="cron: 0 6 31 2 *",
    right="cron: 0 6 L 2 *",
)
DEADLINE_TOO_LONG = error(
    "schedule-deadline-too-long",
    "The deadline is after the next run, so a run that hangs would delay the next one unnoticed.",
    wrong="{cron: '0 */6 * * *', deadline: 12h, ...}",
    right="{cron: '0 */6 * * *', deadline: 10m, ...}",
)

RULES = (NEVER_COMES, DEADLINE_TOO_LONG)

_BY_KIND = {"wrong": WRONG_VALUE, "never": NEVER_COMES, "too-long": DEADLINE_TOO_LONG}


def check(context: LintContext) -> Iterator[Finding]:
    """What is wrong with ``schedule.yml``."""
    schedule = context.facts.schedule
    if schedule is None or not schedule.is_readable:
        return
    shape = list(check_shape(schedule, (), SchedulesEntry))
    yield from shape
    faults = list(_faults(schedule))
    yield from faults
    if shape or faults:
        return
    try:
        read_schedules(schedule)
    except ConfigError as fault:
        yield WRONG_VALUE.at(
            schedule.place_of_key(fault.key or ""), fault.what, fault.fix or "fix it"
        )


def _faults(schedule: Document) -> Iterator[Finding]:
    for path, raw in schedule.entries("schedules"):
        try:
            entry = ScheduleEntry.model_validate(raw)
        except ValidationError:
            continue  # said of its shape
        for fault in find_faults(entry):
            yield _BY_KIND[fault.kind].at(schedule.place(*path, fault.key), fault.what, fault.fix)
