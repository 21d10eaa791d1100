"""What ``plumbline import gx`` says: what became what, what didn't, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plumbline.core.text import count, listing
from plumbline.report.page import (
    Block,
    Code,
    Command,
    Items,
    Name,
    Result,
    Results,
    Section,
    Table,
    fix_facts,
)
from plumbline.scaffold.import_gx.destination import Plan
from plumbline.scaffold.import_gx.report import NotConverted, Report, fix_for

SCHEMA_VERSION = 1
_PARTS_NAMED = 3
"""How many parts with the same reason are named; JSON has all."""


def import_page(plan: Plan, *, is_dry: bool, where: str = "") -> list[Section]:
    """A line for each part of the GX project, and the files.

    Args:
        plan: the import.
        is_dry: whether nothing is written.
        where: the option that finds the plumbline project.
    """
    report = plan.report
    rows = tuple((Name(one.what), Name(one.file), Name(one.detail)) for one in report.converted)
    table = Table(("in Great Expectations", "became", ""), rows)
    sections = [Section("", (table if rows else "Nothing was converted.",))]
    if report.not_converted:
        title = f"Not converted: {len(report.not_converted):,}"
        sections.append(Section(title, (Results(tuple(_left(report))),)))
    if report.to_do:
        sections.append(Section("Left to you", tuple(_to_do(report))))
    files = tuple(f"{verb} {name}" for name, verb in _files(plan) if verb != "unchanged")
    title = "Files (dry run: nothing is written)" if is_dry else "Files"
    if rows or files:
        sections.append(Section(title, (Items(files or ("none changed",)),)))
    if rows and is_dry:
        sections.append(Section("", ("Next: repeat it without --dry-run",)))
    elif plan.checkpoints:
        command = Command(f"plumbline run {plan.checkpoints[0]} --no-alerts{where}")
        sections.append(Section("", (("Next: ", command),)))
    if rows and report.not_converted:
        left = count(len(report.not_converted), "parts")
        sections.append(Section("", (f"Converted only in part: {left} not converted, see above.",)))
    return sections


def _left(report: Report) -> Iterator[Result]:
    """One for each reason: validation definitions of one suite share theirs."""
    by_reason: dict[tuple[str, str], list[NotConverted]] = {}
    for one in report.not_converted:
        by_reason.setdefault((one.why, one.any_fix), []).append(one)
    for (why, fix), parts in by_reason.items():
        named = listing([one.what for one in parts], _PARTS_NAMED)
        suites = list(dict.fromkeys(one.suite for one in parts))[:_PARTS_NAMED]
        yield Result(None, f"{named}: {why}", fix_facts(fix_for(fix, suites)))


def _to_do(report: Report) -> Iterator[Block]:
    """A line each; what is to be added to a file stands below it, to be copied."""
    for text, fix in report.to_do.items():
        what, _, code = text.partition("\n")
        yield Results((Result(None, what, fix_facts(fix)),))
        if code:
            yield Code(code, "yaml")


def import_dict(plan: Plan) -> dict[str, Any]:
    """For machines."""
    return {
        "schema_version": SCHEMA_VERSION,
        "project": str(plan.root),
        "converted": [
            {"what": one.what, "file": one.file, "detail": one.detail}
            for one in plan.report.converted
        ],
        "not_converted": [
            {"what": one.what, "reason": one.why, "fix": one.fix}
            for one in plan.report.not_converted
        ],
        "to_do": [f"{text}; {fix}" if fix else text for text, fix in plan.report.to_do.items()],
        "files": [{"path": name, "change": verb} for name, verb in _files(plan)],
    }


def _files(plan: Plan) -> Iterator[tuple[str, str]]:
    for verb, names in (
        ("new", plan.written),
        ("changed", plan.changed),
        ("kept", plan.kept),
        ("unchanged", plan.unchanged),
    ):
        for name in names:
            yield name, verb
