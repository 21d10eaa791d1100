"""What each test of a dbt project becomes: an expectation of its table's suite, or a monitor of its
own that returns the failing rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any, Literal

from plumbline.core.expectation_types import IS_FRESH, NO_FAILING_ROWS
from plumbline.dbt.counterparts import (
    COUNT_ALL,
    HOURS,
    calculates_failures,
    counterparts,
    hours,
    levels_of,
    passes_without_rows,
)
from plumbline.dbt.errors import NoCounterpartError, NotImportedError
from plumbline.dbt.manifest import DataTest, DbtManifest, Freshness, Resource
from plumbline.dbt.merge import digest
from plumbline.dbt.personal import personal_columns
from plumbline.dbt.tables import Tables, reads_table
from plumbline.models.manifest import NO_ROWS, RUN_DBT, RUN_NOT_EMPTY
from plumbline.project.suites import MAX_UNEXPECTED

TEST_KEY = "dbt_test"
"""In ``meta`` of an expectation: which test of the table it is."""
EXPECTATION = "expectation "
"""Before the name of a part that is an expectation."""

Kind = Literal["expectation", "failing_rows", "not_imported"]

_CONDITION = re.compile(r"(!=|<>|>=|>)\s*(\d+)")

SINGULAR = "singular test"
"""Stands for the macro of a test that is a query of its own."""


@dataclass(frozen=True)
class Became:
    """One test, and what it became."""

    test: str
    group: str
    """The macro, ``singular test`` or ``source freshness``."""
    file: str
    kind: Kind
    suite: str | None = None
    types: tuple[str, ...] = ()
    why: str = ""
    """Why it is not an expectation of its table."""
    fix: str = ""


@dataclass
class SuitePlan:
    """A suite, as dbt has it."""

    of: str
    """The id of its table, or of the one test that it is of."""
    name: str
    monitor: dict[str, Any]
    notes: str
    expectations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By test."""
    sql: str | None = None
    """Of its model."""
    personal: frozenset[str] = frozenset()
    """Columns of its rows whose values are masked."""

    @property
    def parts(self) -> dict[str, Any]:
        """What of the suite's file comes from dbt."""
        whole = {**self.monitor, "notes": self.notes}
        return {key: value for key, value in whole.items() if value} | {
            f"{EXPECTATION}{test}": one for test, one in self.expectations.items()
        }


@dataclass(frozen=True)
class Plan:
    """All suites, and what became of each test."""

    suites: tuple[SuitePlan, ...]
    became: tuple[Became, ...]
    held: Mapping[str, frozenset[str]]
    """The tests that can't be imported now, by the id of their table, and each query of its own:
    what an earlier import made of them stays."""


@dataclass
class Planner:
    """Reads the tests of one manifest.

    Args:
        manifest: the tests.
        tables: the tables that they read.
        names: a free name for the suite of a table or a test, by its id and the wanted name.
        tagged: the columns of a table that files of plumbline tag as personal, by the name that a
            suite has for it; None: the import tags them.
        gone: files of the project's own tests that are no longer there.
    """

    manifest: DbtManifest
    tables: Tables
    names: Callable[[str, str], str]
    tagged: Callable[[str], frozenset[str] | None]
    gone: frozenset[str] = frozenset()
    suites: dict[str, SuitePlan] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)

    def plan(self) -> Plan:
        """What each test becomes."""
        became = [self._test(test) for test in self.manifest.tests]
        became += [self._freshness(rule) for rule in self.manifest.freshness]
        held = {of: frozenset(tests) for of, tests in self.held.items()}
        return Plan(tuple(self.suites.values()), tuple(became), held)

    def _test(self, test: DataTest) -> Became:
        group = test.generic.macro if test.generic else SINGULAR
        file = test.resource.file
        became, why = partial(Became, test.resource.id, group, file), ""
        try:
            if test.package == self.manifest.project and file in self.gone:
                raise NotImportedError(
                    f"{file} doesn't exist: the manifest is out of date", RUN_DBT
                )
            levels = _levels(test)
            try:
                suite, type_ = self._expectation(test, levels)
            except NoCounterpartError as fault:
                why = str(fault)
                name = self._failing_rows(test, levels)
                return became("failing_rows", name, (NO_FAILING_ROWS,), why=why)
        except NotImportedError as fault:
            self._hold(test)
            what = f"{why}, and {fault.what}" if why else fault.what
            return became("not_imported", why=what, fix=fault.fix)
        return became("expectation", suite, (type_,))

    def _hold(self, test: DataTest) -> None:
        self.held[self._query_of(test)] = set()
        if test.node is not None:
            self.held.setdefault(test.node, set()).add(self._identity(test))

    # Suites over tables

    def _expectation(self, test: DataTest, levels: Mapping[str, int]) -> tuple[str, str]:
        if test.generic is None:
            raise NoCounterpartError("")
        if test.node is None:
            raise NoCounterpartError("it is not attached to a table")
        (type_, kwargs), *others = counterparts(test, self.tables, self.manifest.macros)
        tagged = self.tagged(self.tables.name(test.node))
        if tagged is not None and not self.manifest.resources[test.node].personal <= tagged:
            raise NoCounterpartError("a suite over its table would not mask its personal columns")
        if calculates_failures(test):
            raise NoCounterpartError("fail_calc has no counterpart")
        levels = levels_of(test, type_, levels)
        meta: dict[str, Any] = {"when_no_rows": "skip"} if passes_without_rows(test) else {}
        suite = self._suite_of_table(test.node)
        for severity, most in levels.items():
            identity = self._identity(test) + (f":{severity}" if len(levels) > 1 else "")
            allowed = {MAX_UNEXPECTED: most} if most else {}
            about = {"notes": test.resource.description, **meta, **allowed}
            suite.expectations[identity] = _expectation(type_, severity, kwargs, identity, **about)
            for other, arguments in others:
                at = f"{identity}:{other}"
                suite.expectations[at] = _expectation(other, severity, arguments, at, **about)
        _add_tags(suite, test.resource.tags)
        return suite.name, type_

    def _suite_of_table(self, node: str) -> SuitePlan:
        if node not in self.suites:
            table = self.tables.name(node)
            resource = self.manifest.resources[node]
            monitor: dict[str, Any] = {"table": table, "owner": resource.owner, "tags": []}
            name = self.names(node, _word(self._table_name(node)))
            suite = SuitePlan(node, name, monitor, resource.description, personal=resource.personal)
            _add_tags(suite, resource.tags)
            self.suites[node] = suite
        return self.suites[node]

    def _freshness(self, rule: Freshness) -> Became:
        source = rule.source
        became = partial(Became, source.id, "source freshness", source.file)
        try:
            column = _freshness_column(rule)
            suite = self._suite_of_table(source.id)
        except NotImportedError as fault:
            self.held.setdefault(source.id, set()).add("freshness")
            return became("not_imported", why=fault.what, fix=fault.fix)
        for severity, age in (("warning", rule.warn_after), ("critical", rule.error_after)):
            if age is not None:
                kwargs = {"column": column, "max_hours": hours(*age)}
                identity = f"freshness:{severity}"
                suite.expectations[identity] = _expectation(IS_FRESH, severity, kwargs, identity)
        return became("expectation", suite.name, (IS_FRESH,))

    # Queries of failing rows

    def _failing_rows(self, test: DataTest, levels: Mapping[str, int]) -> str:
        identity = self._identity(test)
        of = self._query_of(test)
        wanted = test.resource.name
        if test.generic is not None and not self._has_own_name(test):
            short = identity.removeprefix(f"{test.generic.package}.")
            of_test = self._table_name(test.node) if test.node else test.package
            wanted = f"{of_test}_{short}"
        sql = self._sql(test, levels)
        name = self.names(of, _word(wanted))
        readers = [test.node, *test.depends_on] if test.node else test.depends_on
        tables = [found for id_ in readers if (found := self.manifest.resources.get(id_))]
        monitor: dict[str, Any] = {
            "model": name,
            "observed": {"failing_rows": True, "unit": "rows"},
            "owner": test.resource.owner or next((one.owner for one in tables if one.owner), None),
            "tags": [],
        }
        suite = SuitePlan(
            of,
            name,
            monitor,
            test.resource.description,
            sql=self._template(test, sql),
            personal=self._personal(sql, tables),
        )
        _add_tags(suite, (*test.resource.tags, *(tables[0].tags if tables else ())))
        for severity, most in levels.items():
            at = f"{identity}:{severity}"
            kwargs = {"max_value": most} if most else {}
            suite.expectations[at] = _expectation(NO_FAILING_ROWS, severity, kwargs, at)
        self.suites[of] = suite
        return name

    def _sql(self, test: DataTest, levels: Mapping[str, int]) -> str:
        if not test.compiled:
            raise NotImportedError(
                "the manifest has no compiled SQL of it", "run `dbt compile` and import again"
            )
        if NO_ROWS in test.compiled:
            raise NotImportedError(
                "dbt compiled it with --empty, so that it reads no rows", RUN_NOT_EMPTY
            )
        if not reads_table(test.compiled):
            raise NotImportedError(
                "its compiled SQL reads no table: dbt pasted the results of a query into it",
                "keep the test in dbt, and record its results: `plumbline record dbt`",
            )
        day = next((day for day in self._days_of_compilation if day in test.compiled), None)
        if day is not None:
            raise NotImportedError(
                f"its compiled SQL holds {day}, the day of the compilation, so each run would "
                "check that day",
                "write the date in SQL in dbt: current_date()",
            )
        sql = test.compiled.strip().rstrip(";").rstrip()
        if test.limit is not None:
            sql = f"select * from (\n\n{sql}\n\n) limit {test.limit}"
        if not COUNT_ALL.fullmatch(test.fail_calc):
            if any(levels.values()):
                raise NotImportedError(
                    "it counts failures by fail_calc and allows a number of them",
                    "write a monitor, or leave out warn_if and error_if",
                )
            sql = (
                f"select * from (\n\nselect {test.fail_calc} as failures from (\n\n{sql}\n\n)"
                "\n\n) where failures is null or failures != 0"
            )
        return sql

    def _template(self, test: DataTest, sql: str) -> str:
        what = f"{test.resource.name} ({test.resource.file})"
        return (
            "{{ config(materialized='ephemeral') }}\n"
            f"-- The failing rows of dbt's test {what}, as dbt compiled it.\n"
            f"-- Written by `plumbline import dbt`.\n\n{self.tables.template(sql)}\n"
        )

    def _personal(self, sql: str, tables: Sequence[Resource]) -> frozenset[str]:
        if not self._has_personal:
            return frozenset()
        read = frozenset(name for table in tables for name in table.personal)
        return personal_columns(sql, read, self._tagged)

    @cached_property
    def _has_personal(self) -> bool:
        return any(one.personal for one in self.manifest.resources.values())

    def _tagged(self, parts: tuple[str, ...]) -> frozenset[str] | None:
        """The personal columns of a table, by the name that compiled SQL has for it."""
        resource = self.manifest.resources.get(self.tables.id_at(parts) or "")
        return None if resource is None else resource.personal

    @cached_property
    def _days_of_compilation(self) -> tuple[str, ...]:
        """The day on which dbt wrote the manifest, and those beside it, in any time zone; also as
        suffixes of tables."""
        try:
            day = datetime.fromisoformat(self.manifest.generated_at).date()
        except ValueError:
            return ()
        days = [day + timedelta(days=more) for more in (-1, 0, 1)]
        return tuple(f"{one:{form}}" for form in ("%Y-%m-%d", "%Y%m%d") for one in days)

    # Names

    def _query_of(self, test: DataTest) -> str:
        """What the monitor of a test is of, if it is a query."""
        if test.generic is None or test.node is None:
            return test.resource.id
        return f"{test.node}:{self._identity(test)}"

    def _table_name(self, node: str) -> str:
        """``orders``, ``orders_v2``, ``landing.raw_orders``."""
        _, _, *names = node.split(".")
        return ".".join(names) or node

    def _identity(self, test: DataTest) -> str:
        """A name of the test among those of its table. It stays when arguments change, other than
        dbt's id, so that the test is found again."""
        name = self._short_identity(test)
        if self._identities[test.node, name] == 1 or test.generic is None:
            return name
        content = [test.generic.arguments, test.where, test.fail_calc]
        return f"{name}.{(digest(content) or '')[:6]}"

    def _short_identity(self, test: DataTest) -> str:
        if test.generic is None or self._has_own_name(test):
            return test.resource.name
        column = test.column or test.generic.arguments.get("column_name")
        return f"{test.generic.macro}.{column}" if column else test.generic.macro

    def _has_own_name(self, test: DataTest) -> bool:
        """Whether a person has named it; dbt's names hold the arguments."""
        assert test.generic is not None
        made = test.generic.macro.replace(".", "_")
        return not test.resource.name.startswith((f"{made}_", f"source_{made}_"))

    @cached_property
    def _identities(self) -> Counter[tuple[str | None, str]]:
        return Counter((test.node, self._short_identity(test)) for test in self.manifest.tests)


def _expectation(
    type_: str,
    severity: str,
    kwargs: Mapping[str, Any],
    identity: str,
    *,
    notes: str = "",
    **meta: Any,
) -> dict[str, Any]:
    found: dict[str, Any] = {"type": type_, "severity": severity}
    if kwargs:
        found["kwargs"] = dict(kwargs)
    if notes:
        found["notes"] = notes
    return {**found, "meta": {**meta, TEST_KEY: identity}}


def _levels(test: DataTest) -> dict[str, int]:
    """How many failures each severity allows.

    Raises:
        NotImportedError: the condition is not that there are more than a number of failures.
    """
    if test.severity == "warn":
        return {"warning": _most(test.warn_if, "warn_if")}
    levels = {"critical": _most(test.error_if, "error_if")}
    warning = _most(test.warn_if, "warn_if")
    # Above the critical bound nobody would see the warning.
    return levels if warning >= levels["critical"] else {"warning": warning, **levels}


def _most(condition: str, key: str) -> int:
    found = _CONDITION.fullmatch(condition)
    number = int(found[2]) if found else 0
    if found is None or (found[1] in ("!=", "<>") and number) or (found[1] == ">=" and not number):
        raise NotImportedError(
            f"{key} is {condition!r}", f'write {key} as a number of failures in dbt: ">10"'
        )
    return number - 1 if found[1] == ">=" else number


def _freshness_column(rule: Freshness) -> str:
    """Raises:
    NotImportedError: the age is not that of a column's newest value.
    """
    if rule.column is None:
        what = "loaded_at_query" if rule.query else "BigQuery's metadata"
        raise NotImportedError(f"its freshness comes from {what}", "set loaded_at_field in dbt")
    if not re.fullmatch(r"\w+", rule.column.strip("`")):
        raise NotImportedError(
            f"loaded_at_field is an expression: {rule.column}",
            "name a column, or write a model that returns the failing rows",
        )
    if rule.condition:
        raise NotImportedError(
            f"freshness has a filter: {rule.condition}",
            "write a model that returns the failing rows",
        )
    for age in (rule.warn_after, rule.error_after):
        if age is not None and age[1] not in HOURS:
            raise NotImportedError(f"{age[1]!r} is not a period of dbt", "use minute, hour or day")
    return rule.column.strip("`")


def _add_tags(suite: SuitePlan, tags: Sequence[str]) -> None:
    suite.monitor["tags"] = sorted({*suite.monitor["tags"], *tags})


def _word(name: str) -> str:
    """A name that a file and a model can have."""
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:100]
    return word if word[:1].isalpha() else f"dbt_{word}"
