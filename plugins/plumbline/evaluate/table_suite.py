"""A suite over a table, evaluated on what its statement counted: one row, or one a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from plumbline.checks.baseline import Past
from plumbline.checks.bounds import MeasuredGroup, to_number
from plumbline.checks.check import check_of
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.errors import MonitorError
from plumbline.core.group_key import GroupKey
from plumbline.core.masking import Mask
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.evaluation import Evaluation
from plumbline.evaluate.expectations.metric_history import ExpectMetricToFollowHistory
from plumbline.evaluate.found import CountFound, Measured, ValueFound
from plumbline.evaluate.masking import mask_result
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import (
    CALENDAR_BEGIN,
    CALENDAR_END,
    EXPECTED,
    ROWS,
    CompiledTable,
)
from plumbline.evaluate.pushdown.window import Window
from plumbline.evaluate.results import count_result, read_format, storable
from plumbline.evaluate.suite import Evaluated, of_query, raised_result, validation_result
from plumbline.evaluate.suite_results import read_results, suite_result
from plumbline.evaluate.table import Table
from plumbline.evaluate.vacuous import allowed_failures, may_look_at_nothing
from plumbline.project.suites import ExpectationEntry
from plumbline.warehouse.result import QueryResult

Row = Mapping[str, Any]
QueryBatch = Callable[[str], QueryResult]


@dataclass(frozen=True)
class _Counted:
    """What the statement found for one instant."""

    compiled: CompiledTable
    rows: Sequence[Row]
    as_of: datetime
    form: Mapping[str, Any]
    past: Past | None
    """What expectations that follow history compare with."""
    query_batch: QueryBatch | None

    @property
    def is_empty(self) -> bool:
        return not any(row[ROWS] for row in self.rows)

    @property
    def window(self) -> Window | None:
        """The dates that were looked at; None: the whole table."""
        return self.compiled.windows.get(self.as_of.astimezone(UTC))

    @property
    def no_rows(self) -> str:
        """What an empty window is called."""
        return "the table has no rows" if self.window is None else f"no rows for {self.window.text}"

    @property
    def is_unexpected(self) -> bool:
        """Whether no row was expected.

        Raises:
            MonitorError: the calendar does not reach to the window.
        """
        calendar, window = self.compiled.calendar, self.window
        if calendar is None or window is None or self.rows[0][EXPECTED]:
            return False
        begin, end = self.rows[0][CALENDAR_BEGIN], self.rows[0][CALENDAR_END]
        if end is None:
            what = "is empty"
        elif end < window.last:
            what = f"ends on {end}"
        elif begin > window.first:
            what = f"begins on {begin}"
        else:
            return True
        raise MonitorError(
            f"{self.no_rows}, and the calendar {calendar.name} {what}", fix="load the calendar"
        )


def evaluate_table(
    suite: ExpectationSuite,
    entries: Sequence[ExpectationEntry],
    compiled: CompiledTable,
    rows: Sequence[Row],
    as_of: datetime,
    *,
    file: str,
    mask: Mask,
    past: Past | None = None,
    query_batch: QueryBatch | None = None,
    result_format: Any = None,
) -> Evaluation:
    """What ``suite`` finds in a table.

    A window without rows is CRITICAL, whatever the suite holds, unless its calendar expects none.

    Args:
        suite: built from ``entries``.
        entries: as the suite's file has them.
        compiled: the statement.
        rows: what it returned for ``as_of``.
        as_of: the instant, in the project's time zone.
        file: the suite's, for messages.
        mask: of the rows.
        past: what expectations that follow history compare with.
        query_batch: sends a query over the rows, for expectations that are one.
        result_format: GX's.

    Raises:
        MonitorError: the calendar is empty or stale.
    """
    counted = _Counted(compiled, rows, as_of, read_format(result_format), past, query_batch)
    is_skipped = counted.is_empty and counted.is_unexpected
    evaluated = [
        _evaluate(counted, index, expectation, entry, f"{file}: expectations[{index}]")
        for index, (expectation, entry) in enumerate(zip(suite.expectations, entries, strict=True))
    ]
    result = suite_result(suite, evaluated)
    mask_result(result, mask)
    judged = [_by_group(one, compiled.groups) for one in read_results(suite, result, evaluated)]
    for each in result.results:
        each.result = storable(each.result)
    if is_skipped:
        judged = [replace(one, success=True, skipped=_not_expected(counted)) for one in judged]
    elif counted.is_empty:
        judged = _without_rows(counted, judged)
    return Evaluation(tuple(judged), result)


def _not_expected(counted: _Counted) -> str:
    calendar = counted.compiled.calendar
    return f"{counted.no_rows}, and {calendar.name if calendar else ''} expects none"


def _evaluate(
    counted: _Counted, index: int, expectation: Expectation, entry: ExpectationEntry, where: str
) -> Evaluated:
    measure = counted.compiled.measures[index]
    if isinstance(measure, EvaluationError):
        return Evaluated(raised_result(expectation, f"{measure} (in {where})"))
    if counted.is_empty and measure.needs_rows:
        return Evaluated(validation_result(expectation, success=False))
    try:
        if isinstance(expectation, ExpectMetricToFollowHistory):
            return _followed(counted, index, measure, expectation, entry)
        if isinstance(expectation, UnexpectedRowsExpectation):
            return of_query(expectation, Table((), (), counted.query_batch), counted.form)
        if counted.compiled.groups and measure.outputs:
            return _of_groups(counted, index, measure, expectation, entry)
        found = measure.read(counted.compiled.answer(counted.rows[0], index), counted.as_of)
    except NothingCheckedError as nothing:
        if may_look_at_nothing(entry.meta):
            result = validation_result(expectation, success=True)
            return Evaluated(result, skipped=nothing.what)
        return Evaluated(raised_result(expectation, f"{nothing} (in {where})"))
    except (EvaluationError, ValueError) as fault:  # GX's classes raise ValueError
        return Evaluated(raised_result(expectation, f"{fault} (in {where})"))
    except MonitorError as fault:
        return Evaluated(raised_result(expectation, f"{fault.one_line()} (in {where})"))
    return Evaluated(_shaped(expectation, entry, found, counted.form))


def _shaped(
    expectation: Expectation, entry: ExpectationEntry, found: Measured, form: Mapping[str, Any]
) -> ExpectationValidationResult:
    if isinstance(found, CountFound):
        result = count_result(found, found.samples, form)
        return validation_result(expectation, success=_holds(found, entry), result=result)
    result = {} if form["result_format"] == "BOOLEAN_ONLY" else dict(found.result)
    return validation_result(expectation, success=found.success, result=result)


def _holds(found: Measured, entry: ExpectationEntry) -> bool:
    if isinstance(found, CountFound):
        return found.keeps(_mostly(entry), allowed_failures(entry.meta))
    return found.success


def _mostly(entry: ExpectationEntry) -> float:
    mostly = entry.kwargs.get("mostly")
    return 1.0 if mostly is None else float(mostly)


def _of_groups(
    counted: _Counted,
    index: int,
    measure: Measure,
    expectation: Expectation,
    entry: ExpectationEntry,
) -> Evaluated:
    looked_at, _ = _read_groups(counted, index, measure, entry)
    groups = [_group(key, found, entry, rows) for key, found, rows in looked_at]
    counts = [found for _, found, _ in looked_at if isinstance(found, CountFound)]
    if not groups:
        raise NothingCheckedError(_NO_GROUP)
    result: dict[str, Any] = {
        "observed_value": {GroupKey.of(one["key"]).label: one["observed"] for one in groups}
    }
    if counts:
        total = _sum(counts)
        result |= count_result(total, total.samples, counted.form)
    result["details"] = {"groups": sorted(groups, key=lambda one: GroupKey.of(one["key"]).text)}
    success = all(one["success"] for one in groups)
    return Evaluated(validation_result(expectation, success=success, result=result))


_NO_GROUP = "no group has a value to check"


def _read_groups(
    counted: _Counted, index: int, measure: Measure, entry: ExpectationEntry
) -> tuple[list[tuple[GroupKey, Measured, int]], list[GroupKey]]:
    """Each group with what was found of it and its number of rows, and the groups of which it may
    look at nothing. Without groups, and of the table itself, the one of all rows."""
    groups = counted.compiled.groups if measure.outputs else ()
    looked_at, passed_over = [], []
    for row in counted.rows if groups else counted.rows[:1]:
        key = GroupKey.of(counted.compiled.key(row) if groups else {})
        try:
            found = measure.read(counted.compiled.answer(row, index), counted.as_of)
        except NothingCheckedError as nothing:
            if not groups:
                raise
            if not may_look_at_nothing(entry.meta):
                raise NothingCheckedError(f"{nothing.what} in group {key.label}") from None
            passed_over.append(key)
        else:
            looked_at.append((key, found, row[ROWS]))
    return looked_at, passed_over


def _followed(
    counted: _Counted,
    index: int,
    measure: Measure,
    expectation: ExpectMetricToFollowHistory,
    entry: ExpectationEntry,
) -> Evaluated:
    """Judged as rows of a model are, against the past of its metric."""
    looked_at, passed_over = _read_groups(counted, index, measure, entry)
    measured, beyond = [], ""
    for key, found, rows in looked_at:
        seen = cast("ValueFound", found).result["observed_value"]
        try:
            observed = to_number(seen)
        except TypeError:  # freshness does not look farther back
            observed, beyond = None, str(seen)
        measured.append(MeasuredGroup(key, observed, None, None, rows=rows or 1, nulls=0))
    past = counted.past and counted.past.of(str(check_of(entry).kept_as))
    if past and passed_over:  # these are there
        past = replace(past, unjudged=[*past.unjudged, *(key.as_dict() for key in passed_over)])
    groups = counted.compiled.groups if measure.outputs else ()
    judged = expectation.judge(measured, past, groups)
    if not judged["result"]["details"]["groups"]:
        raise NothingCheckedError(_NO_GROUP)
    if beyond:
        judged["result"]["details"]["usual"] = beyond
    return Evaluated(
        validation_result(expectation, success=judged["success"], result=judged["result"])
    )


def _sum(counts: Sequence[CountFound]) -> CountFound:
    missing = [one.missing for one in counts if one.missing is not None]
    return CountFound(
        elements=sum(one.elements for one in counts),
        missing=sum(missing) if missing else None,
        count=sum(one.count for one in counts),
        samples=tuple(value for one in counts for value in one.samples),
        columns=counts[0].columns,
    )


def _group(key: GroupKey, found: Measured, entry: ExpectationEntry, rows: int) -> dict[str, Any]:
    """As `plumbline.checks.metric_result` lists a group; of a count it is the share that holds."""
    listed = {"key": key.as_dict(), "success": _holds(found, entry), "rows": rows}
    if isinstance(found, CountFound):
        holding = found.judged - found.count
        return {
            **listed,
            "observed": 100 * holding / found.judged,
            "numerator": holding,
            "denominator": found.judged,
            "threshold": 100 * _mostly(entry),
            "unit": "%",
        }
    try:
        observed = to_number(found.result.get("observed_value"))
    except TypeError:
        observed = None
    bounds = check_of(entry).bounds
    broken = None if observed is None else bounds.broken_by(observed)
    return {
        **listed,
        "observed": observed,
        "numerator": None,
        "denominator": None,
        "threshold": bounds.first if broken is None else broken,
        "unit": "",
    }


def _by_group(judged: JudgedExpectation, groups: Sequence[str]) -> JudgedExpectation:
    """What is judged by group says so, as an expectation of plumbline's own does."""
    if not any(group.key.items for group in judged.groups):
        return judged
    return replace(judged, kwargs={**judged.kwargs, "group_by": list(groups)})


def _without_rows(
    counted: _Counted, judged: Sequence[JudgedExpectation]
) -> list[JudgedExpectation]:
    """CRITICAL, reported once: by the first expectation that needs rows. If none does, by the first
    that passes, or else the first that fails. What could not be evaluated stays an error."""
    found, is_reported = list(judged), False
    needs_rows = [
        at
        for at, measure in enumerate(counted.compiled.measures)
        if isinstance(measure, Measure) and measure.needs_rows
    ]
    evaluated = (at for at, one in enumerate(judged) if one.error is None)
    for at in needs_rows or sorted(evaluated, key=lambda at: not judged[at].success)[:1]:
        found[at] = replace(
            judged[at],
            severity="critical",
            success=False,
            observed=None,
            groups=(),
            element_count=None,
            error=None,
            skipped=None,
            description=counted.no_rows,
            is_covered=is_reported,
        )
        is_reported = True
    return found
