"""From evaluated expectations to an outcome: the one place where a status is decided.

It reads plain values, so that a GX result, a backtest and a test are judged alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from plumbline.checks.bounds import observe, to_number, total
from plumbline.checks.check import Check, checks_of
from plumbline.checks.expected import condition, expected
from plumbline.checks.failing import sample_failing
from plumbline.checks.failures import failures_of
from plumbline.checks.groups import (
    judge_groups,
    judged_keys,
    retired_groups,
    table_metrics,
    units_of,
)
from plumbline.checks.in_force import in_force
from plumbline.checks.judged import JudgedExpectation
from plumbline.checks.summary import summarise
from plumbline.checks.thresholds import group_lines_of, lines_of, main_threshold
from plumbline.checks.verdict import SortedRows
from plumbline.core.failure import on_rows
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ExpectationOutcome, GroupOutcome, Outcome
from plumbline.core.status import STATUS_OF_SEVERITY, Status, worst
from plumbline.project.suites import ObservedColumn, ObservedCount, ObservedFailingRows, Suite


@dataclass(frozen=True)
class Evidence:
    """What stood behind an outcome, whatever it became."""

    as_of: datetime
    model: str | None = None
    sql_hash: str | None = None
    tables: tuple[str, ...] = ()
    """``dataset.table`` of each table that the model reads."""
    parameters: Mapping[str, object] = field(default_factory=dict)
    grain: tuple[str, ...] = ()
    personal: frozenset[str] = frozenset()
    """Columns whose values are masked in the rows that are judged."""
    job_ids: tuple[str, ...] = ()
    bytes_billed: int | None = None
    seconds: float = 0.0
    rows: int = 0


def fault(
    monitor: str, reason: str, *, suite: Suite | None, evidence: Evidence, declared: int = 0
) -> Outcome:
    """The ERROR of a monitor that could not be checked."""
    return _blank(monitor, suite, evidence, declared, Status.ERROR, reason)


def skip(suite: Suite, verdict: SortedRows, evidence: Evidence) -> Outcome:
    """The SKIPPED of a monitor from which nothing was expected."""
    reason = "; ".join(verdict.skipped)
    blank = _blank(suite.monitor_name, suite, evidence, suite.declared, Status.SKIPPED, reason)
    return replace(blank, notes=verdict.notes)


def judge(
    suite: Suite,
    verdict: SortedRows,
    results: Sequence[JudgedExpectation],
    evidence: Evidence,
) -> Outcome:
    """The outcome of an evaluated suite.

    ERROR comes before every other status: what was not checked whole has no verdict.

    Args:
        suite: as it may be shown.
        verdict: the rows, masked where columns are personal: what they hold may be written.
        results: what GX made of the real rows, masked.
    """
    monitor = suite.monitor
    columns = _columns(verdict.judge)
    results = [result.for_its_units() for result in results]
    judged_by = in_force(suite, results)
    metrics = table_metrics(results) if monitor.table is not None else units_of(results)
    groups = tuple(
        replace(
            group,
            lines=group_lines_of(judged_by, monitor.observed, group.key),
            metrics=metrics.get(group.key, {}),
        )
        for group in judge_groups(suite, results, columns, evidence.grain)
    )
    unevaluated = [result for result in results if result.error is not None]
    skipped = [result for result in results if result.skipped is not None]
    evaluated = len(results) - len(unevaluated) - len(skipped)
    failed = [result for result in results if result.error is None and not result.success]
    status = worst(result.status for result in results)
    observed = _observed(suite, results, columns, groups, rows=len(verdict.judge))
    unit = monitor.observed.unit if monitor.observed else _unit_of_first(results)
    reason = None
    if unevaluated:
        first = unevaluated[0]
        reason = f"{first.type} could not be evaluated: {first.error}"
        if len(unevaluated) > 1:
            reason += f"; {len(unevaluated) - 1} more could not be evaluated"
    elif evaluated + len(skipped) != suite.declared:
        reason = f"{evaluated} of {suite.declared} declared expectations were evaluated"
    elif not results:
        reason = "the suite has no expectations, so nothing was evaluated"
    elif verdict.unknown:
        reason = "; ".join(verdict.unknown)
    if reason is not None:
        found = f"; the other expectations are {status}" if status.severity else ""
        status, reason, observed = Status.ERROR, reason + found, None
    elif evaluated == 0:
        status, observed = Status.SKIPPED, None
        reason = "; ".join(dict.fromkeys(str(result.skipped) for result in skipped))
    outcome = Outcome(
        monitor=suite.monitor_name,
        status=status,
        summary="",
        as_of=evidence.as_of,
        observed=observed,
        unit=unit,
        reason=reason,
        metrics=metrics.get(GroupKey(()), {}),
        groups=groups,
        judged=judged_keys(results, columns, evidence.grain),
        lists_failing_only=suite.returns_failing_rows,
        retired=retired_groups(results),
        failing=sample_failing(results, verdict.judge, evidence.personal),
        expectations=tuple(
            _expectation(result, key, result.unit(monitor.observed))
            for key, result in _keyed(results)
        ),
        failures=failures_of(suite, results),
        declared=suite.declared,
        evaluated=evaluated,
        failed=len(failed),
        numerator=total(columns.get("numerator")),
        denominator=total(columns.get("denominator")),
        notes=(*verdict.notes, *verdict.skipped, *_of_expectations(results)),
        **_common(suite, judged_by, evidence),
    )
    return replace(outcome, summary=summarise(outcome, suite, failed))


_ROW_COUNT = "expect_table_row_count_to_"


def _blank(
    monitor: str,
    suite: Suite | None,
    evidence: Evidence,
    declared: int,
    status: Status,
    reason: str,
) -> Outcome:
    return Outcome(
        monitor=monitor,
        status=status,
        summary=reason,
        as_of=evidence.as_of,
        unit=suite.monitor.observed.unit if suite and suite.monitor.observed else "",
        reason=reason,
        declared=declared or (suite.declared if suite else 0),
        **_common(suite, checks_of(suite) if suite else (), evidence),
    )


def _common(suite: Suite | None, checks: Sequence[Check], evidence: Evidence) -> dict[str, Any]:
    monitor = suite.monitor if suite else None
    return {
        "rows": evidence.rows,
        "model": evidence.model,
        "sql_hash": evidence.sql_hash,
        "tables": evidence.tables,
        "parameters": evidence.parameters,
        "job_ids": evidence.job_ids,
        "bytes_billed": evidence.bytes_billed,
        "seconds": evidence.seconds,
        "thresholds": main_threshold(checks, monitor.observed) if monitor else "",
        "lines": lines_of(checks, monitor.observed) if monitor else (),
        "owner": monitor.owner if monitor else None,
        "impact": monitor.impact if monitor else None,
        "action": monitor.action if monitor else None,
        "runbook": monitor.runbook if monitor else None,
        "depends_on": tuple(monitor.depends_on) if monitor else (),
        "tags": tuple(monitor.tags) if monitor else (),
        "renamed_from": tuple(monitor.renamed_from) if monitor else (),
        "criteria": suite.criteria if suite else "",
    }


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = list(rows[0]) if rows else []
    return {name: [row[name] for row in rows] for name in names}


def _observed(
    suite: Suite,
    results: Sequence[JudgedExpectation],
    columns: Mapping[str, list[Any]],
    groups: Sequence[GroupOutcome],
    rows: int,
) -> float | None:
    declared = suite.monitor.observed
    if isinstance(declared, ObservedCount):
        at = STATUS_OF_SEVERITY[declared.count_failing]
        return float(sum(group.status.severity >= at.severity for group in groups))
    if isinstance(declared, ObservedFailingRows):
        return float(rows)
    if isinstance(declared, ObservedColumn):
        if not columns:
            return None
        try:
            found = observe(
                columns, column=declared.column, aggregate=declared.aggregate, group_by=()
            )
        except (KeyError, TypeError):
            return None
        return found[0].observed
    first = _first_number(results)
    return None if first is None else to_number(first.observed)


def _first_number(results: Sequence[JudgedExpectation]) -> JudgedExpectation | None:
    """The first expectation that observed a number, which stands for a suite that declares none."""
    for result in results:
        try:
            if to_number(result.observed) is not None:
                return result
        except TypeError:
            continue  # GX's own expectations observe lists and names as well
    return None


def _unit_of_first(results: Sequence[JudgedExpectation]) -> str:
    first = _first_number(results)
    if first is None:
        return ""
    return "rows" if first.type.startswith(_ROW_COUNT) else first.unit(None)


def _of_expectations(results: Sequence[JudgedExpectation]) -> tuple[str, ...]:
    """What a reader should know of expectations besides their verdict."""
    skipped = [result for result in results if result.skipped is not None]
    if len(skipped) == len(results):  # then it is the monitor's reason
        skipped = []
    notes = [
        f"{on_rows(expected(result.type, result.kwargs), condition(result.kwargs))}: "
        f"{result.skipped}"
        for result in skipped
    ]
    for result in results:
        notes += _unmatched_overrides(result)
    return tuple(dict.fromkeys(notes))


def _unmatched_overrides(result: JudgedExpectation) -> Iterator[str]:
    """Overrides for groups that are not there: a misspelt one would go unseen."""
    if not result.groups:
        return
    labels = [group.key.label for group in result.groups]
    for name in result.overridden:
        if name not in labels:
            near = get_close_matches(name, labels, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"the override for {name!r} matches no group{hint}"


def _keyed(results: Sequence[JudgedExpectation]) -> Iterator[tuple[str, JudgedExpectation]]:
    """Each with what names it in history; of several that are alike but for their bounds, the
    later ones are numbered."""
    seen = Counter[str]()
    for result in results:
        seen[result.identity] += 1
        number = seen[result.identity]
        yield result.identity if number == 1 else f"{result.identity}-{number}", result


def _expectation(result: JudgedExpectation, key: str, unit: str) -> ExpectationOutcome:
    required = on_rows(expected(result.type, result.kwargs, unit), condition(result.kwargs))
    return ExpectationOutcome(
        type=result.type,
        severity=result.severity,
        success=result.success,
        text=result.description or required,
        observed=result.observed,
        error=result.error,
        skipped=result.skipped,
        key=key,
    )
