"""What ``plumbline import dbt`` says: what became what, and what is left to do."""

from __future__ import annotations

import difflib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from plumbline.core.text import count
from plumbline.dbt.importing import TEXT, Import
from plumbline.dbt.merge import Conflict
from plumbline.dbt.plan import SINGULAR, Became
from plumbline.report.page import (
    Block,
    Code,
    Command,
    Items,
    Line,
    Name,
    Result,
    Results,
    Section,
    Table,
    fix_facts,
)

SCHEMA_VERSION = 1

_CHANGES = {"create": "new", "change": "changed", "remove": "removed"}
"""What happens to a file, as people read it; JSON keeps the first."""
_MOST_REASONS = 2
_MOST_TESTS = 5
"""How many tests are named that were not imported for one reason; JSON has all."""


def import_page(found: Import, *, checkpoint: str, is_dry: bool, where: str) -> list[Section]:
    """A line a kind of test, what was not imported, what people edited, and the files.

    Args:
        found: the import.
        checkpoint: the monitors'.
        is_dry: whether nothing is written.
        where: the option that finds the project.
    """
    tests = defaultdict(list)
    for one in found.became:
        tests[one.group].append(one)
    rows = tuple(
        (Name(group), f"{len(some):,}", Name(_became(some)))
        for group, some in sorted(tests.items(), key=lambda item: (-len(item[1]), item[0]))
    )
    sections = [
        Section(f"dbt {found.manifest.dbt_version} · {found.manifest.project}", found.notes)
    ]
    if rows:
        sections.append(Section("", (Table(("test", "tests", "became"), rows, frozenset({1})),)))
    queries = [
        text
        for group, some in sorted(tests.items())
        if group != SINGULAR
        for text in _queries(group, some)
    ]
    if queries:
        title = "Queries of failing rows, because no expectation checks the same"
        sections.append(Section(title, (Items(tuple(queries)),)))
    left = tuple(_left(found.became))
    if left:
        sections.append(Section("Not imported", (Results(left),)))
    conflicts = [block for path, one in found.conflicts for block in _conflict(path, one)]
    if conflicts:
        title = "Changed in dbt and here; your version stays, so compare them"
        sections.append(Section(title, tuple(conflicts)))
    edited = tuple(_place(one.path, part) for one in found.files for part in one.merged.edited)
    if edited:
        sections.append(
            Section("Changed here, unchanged in dbt: left as they are", (Items(edited),))
        )
    files = tuple(f"{_CHANGES[one.verb]} {one.path}" for one in found.files if one.verb)
    title = "Files (dry run: nothing is written)" if is_dry else "Files"
    sections.append(Section(title, (Items(files or ("none changed",)),)))
    run = None if is_dry else f"plumbline run {checkpoint}{where}"
    sections.append(Section("", tuple(_end(found, run))))
    return sections


def _became(tests: Sequence[Became]) -> str:
    """``expect_column_values_to_not_be_null``; with numbers where tests of one macro differ."""
    kinds: Counter[str] = Counter()
    for one in tests:
        text = "not imported"
        if one.kind == "expectation":
            text = ", ".join(one.types)
        elif one.kind == "failing_rows":
            text = "query of failing rows"
        kinds[text] += 1
    texts = []
    for text, number in kinds.most_common():
        said = text.replace("query", "queries") if number > 1 else text
        texts.append(said if len(kinds) == 1 else f"{number:,} {said}")
    return ", ".join(texts)


def _queries(group: str, tests: Sequence[Became]) -> Iterator[str]:
    """Why tests of a macro became queries."""
    reasons = Counter(one.why for one in tests if one.kind == "failing_rows" and one.why)
    for reason, number in reasons.most_common(_MOST_REASONS):
        yield f"{group}: {reason} ({count(number, 'tests')})"
    if (more := len(reasons) - _MOST_REASONS) > 0:
        yield f"{group}: {count(more, 'more reasons')}"


def _left(became: Sequence[Became]) -> Iterator[Result]:
    """By reason, because one often holds of many tests."""
    tests = defaultdict(list)
    for one in became:
        if one.kind == "not_imported":
            tests[one.why, one.fix].append(Name(one.test.removeprefix("test.")))
    for (why, fix), names in tests.items():
        more = len(names) - _MOST_TESTS
        shown: list[Line] = [*names[:_MOST_TESTS]]
        if more > 0:
            shown.append(f"and {more:,} more; --format json names all")
        facts = [("" if place else "tests", name) for place, name in enumerate(shown)]
        line = f"{why} ({count(len(names), 'tests')})"
        yield Result(None, line, (*facts, *fix_facts(fix)))


def _place(path: str, part: str) -> str:
    return path if part == TEXT else f"{path}: {part}"


def _conflict(path: str, one: Conflict) -> Iterator[Block]:
    if one.part != TEXT or one.dbt is None:
        ours = "changed" if one.part == TEXT else _shown(one.ours)
        yield Items((_place(path, one.part), f"here: {ours}", f"dbt: {_shown(one.dbt)}"))
        return
    diff = difflib.unified_diff(
        one.ours.splitlines(), one.dbt.splitlines(), "here", "dbt", lineterm="", n=1
    )
    yield Items((path,))
    yield Code("\n".join(diff), "diff")


def _shown(part: Any) -> str:
    return "removed" if part is None else json.dumps(part, ensure_ascii=False)


def _end(found: Import, run: str | None) -> Iterator[Line | Code]:
    counts = counted(found)
    removed = counts["removed"]
    yield (
        f"{count(counts['tests'], 'tests')}: "
        f"{counts['expectations']:,} in {count(counts['table_suites'], 'table suites')}, "
        f"{count(counts['failing_rows'], 'queries')} of failing rows, "
        f"{counts['not_imported']:,} not imported"
        f"{f', {removed:,} in suites that you removed' if removed else ''}. "
        f"A run is {count(counts['monitors'], 'jobs')}."
    )
    if found.monitors:
        yield (
            "Unlike in dbt, a table without any row is CRITICAL, and an expectation that finds "
            "nothing to check is SKIPPED."
        )
    if found.manifest.unit_tests:
        number = count(found.manifest.unit_tests, "unit tests")
        yield f"Not imported, because they check SQL and not data: {number}."
    if found.monitors:
        yield "Next: repeat it without --dry-run" if run is None else ("Next: ", Command(run))
    else:
        yield (
            "There is no monitor to run: add tests to the dbt project and import again, or write "
            "a monitor with ",
            Command("plumbline new monitor"),
            ".",
        )


def counted(found: Import) -> dict[str, int]:
    """How many tests became what."""
    removed = [one for one in found.became if one.suite in found.removed]
    kinds = Counter(one.kind for one in found.became if one.suite not in found.removed)
    tables = [one for one in found.suites if one.sql is None and one.name not in found.removed]
    return {
        "tests": len(found.became),
        "expectations": kinds["expectation"],
        "failing_rows": kinds["failing_rows"],
        "not_imported": kinds["not_imported"],
        "removed": len(removed),
        "table_suites": len(tables),
        "monitors": found.monitors,
        "conflicts": sum(1 for _ in found.conflicts),
    }


def import_dict(found: Import) -> dict[str, Any]:
    """For machines."""
    return {
        "schema_version": SCHEMA_VERSION,
        "dbt_version": found.manifest.dbt_version,
        "notes": list(found.notes),
        "counts": counted(found),
        "tests": [
            {
                "test": one.test,
                "macro": one.group,
                "file": one.file,
                "became": one.kind,
                "suite": one.suite,
                "expectations": list(one.types),
                "reason": one.why or None,
                "fix": one.fix or None,
            }
            for one in found.became
        ],
        "files": [{"path": one.path, "change": one.verb} for one in found.files if one.verb],
        "edited": [
            {"path": one.path, "part": part} for one in found.files for part in one.merged.edited
        ],
        "conflicts": [
            {"path": path, "part": one.part, "here": one.ours, "dbt": one.dbt}
            for path, one in found.conflicts
        ],
    }
