"""The results of dbt's tests and of source freshness as outcomes: one monitor a test or source.

Pure. ``run_results.json`` and ``sources.json`` suffice; a manifest adds owners, columns and words.
Used by `plumbline.dbt.record`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.failure import Failure
from plumbline.core.masking import without_quoted
from plumbline.core.outcome import ExpectationOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.core.text import count, listing
from plumbline.dbt.manifest import DataTest, DbtManifest, Resource
from plumbline.dbt.run_results import Invocation, NodeResult

TEST_STATUSES = {
    "pass": Status.PASS,
    "warn": Status.WARNING,
    "fail": Status.CRITICAL,
    "error": Status.ERROR,
    "skipped": Status.ERROR,
}
FRESHNESS_STATUSES = {
    "pass": Status.PASS,
    "warn": Status.WARNING,
    "error": Status.CRITICAL,
    "runtime error": Status.ERROR,
}

_FAILED = ("error", "fail", "runtime error", "partial success")
"""Statuses of nodes because of which dbt skips others."""

_HASH = re.compile(r"\.[0-9a-f]{10}$")
_COMPILED = re.compile(r"\n\s*compiled code at .*")
_CONFIGURED = re.compile(r"configured to (warn|fail) if (.+)")
_SEVERITIES = {"warn": "warning", "fail": "critical"}
_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0}
_ROWS = "failing rows"


def readable_name(id_: str) -> str:
    """``not_null_orders_id`` of a test, ``freshness.shop.orders`` of a source, by dbt's id."""
    kind, _, rest = id_.partition(".")
    name = rest.partition(".")[2] or rest
    return f"freshness.{name}" if kind == "source" else _HASH.sub("", name)


def monitor_names(checkpoint: str, ids: Iterable[str]) -> dict[str, str]:
    """The monitor of each test and source, by dbt's id.

    Tests of the same name are told apart by the rest of their ids.

    Args:
        checkpoint: begins each name, so that no monitor of the project has it.
        ids: all that are known.
    """
    every = dict.fromkeys(ids)
    used = Counter(map(readable_name, every))
    return {
        id_: f"{checkpoint}.{name if used[name] == 1 else id_.partition('.')[2]}"
        for id_, name in ((id_, readable_name(id_)) for id_ in every)
    }


def monitored_ids(invocation: Invocation) -> list[str]:
    """The nodes of an invocation that are monitors: data tests, or sources."""
    prefix = "test." if invocation.kind == "tests" else "source."
    return [one.id for one in invocation.results if one.id.startswith(prefix)]


def failed_builds(invocation: Invocation) -> list[NodeResult]:
    """What failed and is no monitor: models, unit tests, hooks."""
    monitors = set(monitored_ids(invocation))
    return [one for one in invocation.results if one.status in _FAILED and one.id not in monitors]


@dataclass(frozen=True)
class Graph:
    """Which nodes of an invocation failed upstream of a skipped test.

    Args:
        failed: those that failed, in the order of the file.
        parents: by node, what it depends on, as the manifest says; empty without one.
    """

    failed: Sequence[NodeResult]
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def upstream_of(self, id_: str) -> list[NodeResult]:
        """The failed nodes that a node needs; all that failed, where that is not known."""
        above = self._above(id_)
        # In a build, dbt skips what depends on a model whose test failed, too.
        found = [
            one
            for one in self.failed
            if one.id in above
            or (one.id.startswith("test.") and not above.isdisjoint(self.parents.get(one.id, ())))
        ]
        return [one for one in found or self.failed if one.id != id_]

    def _above(self, id_: str) -> set[str]:
        found: set[str] = set()
        todo = list(self.parents.get(id_, ()))
        while todo:
            parent = todo.pop()
            if parent not in found:
                found.add(parent)
                todo += self.parents.get(parent, ())
        return found


@dataclass(frozen=True)
class OutcomeMaker:
    """Makes the outcomes of one invocation.

    Args:
        invocation: what dbt did.
        names: monitors by dbt's ids, as `monitor_names` gives them.
        zone: of the project.
        manifest: None: there is none.
    """

    invocation: Invocation
    names: Mapping[str, str]
    zone: ZoneInfo
    manifest: DbtManifest | None = None

    def outcomes(self) -> tuple[Outcome, ...]:
        """One a test, or one a source."""
        by_id = {one.id: one for one in self.invocation.results}
        make = self._of_test if self.invocation.kind == "tests" else self._of_source
        return tuple(make(by_id[id_]) for id_ in monitored_ids(self.invocation))

    def _of_test(self, result: NodeResult) -> Outcome:
        test = self._tests.get(result.id)
        status = TEST_STATUSES.get(result.status, Status.ERROR)
        failures = result.failures or 0
        counted = "count(*)" if test is None else test.fail_calc
        is_counted = counted == "count(*)"
        found = count(failures, _ROWS) if is_counted else f"{counted} = {failures}"
        base = self._base(result, status, what=_what(test) or readable_name(result.id))
        base = replace(
            base,
            owner=self._owner_of(test),
            tags=self._tags(test),
            action=f"dbt test --select {readable_name(result.id)}",
        )
        if status is Status.ERROR:
            return self._as_error(base, result)
        return replace(
            base,
            summary=found if status is Status.PASS else f"{found} ({result.status})",
            observed=float(failures),
            unit=_ROWS if is_counted else "",
            thresholds=_with_metric(_ROWS if is_counted else counted, _thresholds(test, result)),
            rows=failures if is_counted else 0,
            failures=_failures(base, result, test, failures),
        )

    def _of_source(self, result: NodeResult) -> Outcome:
        status = FRESHNESS_STATUSES.get(result.status, Status.ERROR)
        source = self._resources.get(result.id)
        table = readable_name(result.id).partition(".")[2]
        base = self._base(result, status, what=f"freshness of {table}")
        base = replace(
            base,
            owner=source.owner if source else None,
            tags=source.tags if source else (),
            action=f"dbt source freshness --select source:{table}",
            impact=None,
        )
        if status is Status.ERROR:
            return self._as_error(base, result)
        hours = None if result.age_seconds is None else result.age_seconds / 3600
        lines = tuple(_lines(result.criteria))
        return replace(
            base,
            summary="no row" if hours is None else f"the newest row is {hours:.1f} h old",
            observed=hours,
            unit="h",
            lines=lines,
            thresholds=_with_metric(
                "age of the newest row",
                ", ".join(f"{line.severity} > {line.value:g} h" for line in lines),
            ),
        )

    def _base(self, result: NodeResult, status: Status, *, what: str) -> Outcome:
        failed = status in (Status.WARNING, Status.CRITICAL)
        return Outcome(
            monitor=self.names[result.id],
            status=status,
            summary="",
            as_of=result.at.astimezone(self.zone),
            expectations=(
                ExpectationOutcome(
                    type=result.id,
                    severity="warning" if status is Status.WARNING else "critical",
                    success=status is Status.PASS,
                    text=what,
                    key="test",  # each is a monitor of its own
                ),
            ),
            declared=1,
            evaluated=int(status.is_judged),
            failed=int(failed),
            notes=(f"dbt: {result.id}",) if status.is_failing else (),
            parameters={"unique_id": result.id},
            seconds=result.seconds,
        )

    def _as_error(self, base: Outcome, result: NodeResult) -> Outcome:
        reason, depends_on = self._reason(result)
        expectations = tuple(replace(one, error=reason) for one in base.expectations)
        return replace(
            base, summary=reason, reason=reason, expectations=expectations, depends_on=depends_on
        )

    def _reason(self, result: NodeResult) -> tuple[str, tuple[str, ...]]:
        """Why a test or source is ERROR, and the monitors because of which it is."""
        message = self._message(result)
        if result.status == "skipped":
            upstream = self._graph.upstream_of(result.id)
            causes = [f"{one.id} ({one.status})" for one in upstream]
            because = f": upstream {listing(causes)}" if causes else ""
            said = f": {message}" if message else ""
            failed = tuple(self.names[one.id] for one in upstream if one.id in self.names)
            return f"dbt skipped it{because}{said}", failed
        if result.status in ("error", "runtime error"):
            return message or f"dbt reports {result.status!r} without a reason", ()
        said = f": {message}" if message else ""
        return f"dbt's status {result.status!r} is unknown{said}", ()

    def _message(self, result: NodeResult) -> str:
        """What dbt says, in one line; without values where columns are personal."""
        where, _, what = _COMPILED.sub("", result.message or "").partition("\n")
        if not what:
            where, what = "", where
        what = " ".join(what.split())
        test = self._tests.get(result.id)
        read = {result.id, *((test.node, *test.depends_on) if test else ())}
        if any(one.personal for id_, one in self._resources.items() if id_ in read):
            what = without_quoted(what)
        return f"{where} {what}".strip()

    @cached_property
    def _graph(self) -> Graph:
        nodes = None if self.manifest is None else self.manifest.content.get("nodes")
        return Graph(
            [one for one in self.invocation.results if one.status in _FAILED],
            {id_: _depends_on(entry) for id_, entry in nodes.items()} if nodes else {},
        )

    @cached_property
    def _tests(self) -> Mapping[str, DataTest]:
        return {one.resource.id: one for one in self.manifest.tests} if self.manifest else {}

    @property
    def _resources(self) -> Mapping[str, Resource]:
        return self.manifest.resources if self.manifest else {}

    def _owner_of(self, test: DataTest | None) -> str | None:
        """The test's own, else that of what it tests."""
        return next((one.owner for one in self._about(test) if one.owner), None)

    def _tags(self, test: DataTest | None) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for one in self._about(test) for tag in one.tags))

    def _about(self, test: DataTest | None) -> Iterator[Resource]:
        if test is None:
            return
        yield test.resource
        for id_ in (test.node,) if test.node else test.depends_on:
            if id_ in self._resources:
                yield self._resources[id_]


def _what(test: DataTest | None) -> str | None:
    """What a test checks: ``not_null on orders.id``."""
    if test is None:
        return None
    if test.generic is None:
        return f"no row of {test.resource.file or test.resource.name}"
    table = readable_name(test.node).removeprefix("freshness.") if test.node else ""
    where = ".".join(part for part in (table, test.column) if part)
    return f"{test.generic.macro} on {where}" if where else test.generic.macro


def _with_metric(metric: str, levels: str) -> str:
    return f"{metric}: {levels}" if levels else ""


def _thresholds(test: DataTest | None, result: NodeResult) -> str:
    """When it fails; without a manifest, what dbt says of a failure."""
    if test is not None:
        critical = () if test.severity == "warn" else (f"critical {test.error_if}",)
        is_same = bool(critical) and test.warn_if == test.error_if
        return ", ".join((*(() if is_same else (f"warning {test.warn_if}",)), *critical))
    said = _CONFIGURED.search(result.message or "")
    return f"{_SEVERITIES[said[1]]} {said[2]}" if said else ""


def _failures(
    base: Outcome, result: NodeResult, test: DataTest | None, failures: int
) -> tuple[Failure, ...]:
    if not base.failed:
        return ()
    (expectation,) = base.expectations
    return (
        Failure(
            expectation=result.id,
            severity=expectation.severity,
            expected=expectation.text,
            description=(test.resource.description or None) if test else None,
            column=test.column if test else None,
            unexpected_count=failures,
        ),
    )


def _lines(criteria: Mapping[str, Any]) -> Iterator[ThresholdLine]:
    for key, severity in (("warn_after", "warning"), ("error_after", "critical")):
        rule = criteria.get(key)
        if isinstance(rule, dict) and isinstance(rule.get("count"), int | float):
            hours = rule["count"] * _HOURS.get(str(rule.get("period")), 1.0)
            yield ThresholdLine(severity, hours, "above")  # type: ignore[arg-type]


def _depends_on(entry: object) -> Sequence[str]:
    depends_on = entry.get("depends_on") if isinstance(entry, dict) else None
    nodes = depends_on.get("nodes") if isinstance(depends_on, dict) else None
    return nodes if isinstance(nodes, list) else ()


def latest(outcomes: Sequence[Outcome], otherwise: datetime) -> datetime:
    """The instant of the last of ``outcomes``."""
    return max((one.as_of for one in outcomes), default=otherwise)
