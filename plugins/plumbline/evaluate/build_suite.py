"""A suite file as a GX suite: every expectation built, or an error that says which is wrong.

GX drops an expectation of an unknown type, or with a wrong argument, with a log line, and
the suite passes with what is left. Here that is an error with file, key and fix.
"""

from __future__ import annotations

import contextlib
import io
import json
from importlib.resources import files
from typing import Any

from great_expectations.compatibility.pydantic import ValidationError
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)

from plumbline.checks.failing_rows import faults_of_failing_rows
from plumbline.checks.follows import faults_of_following
from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.ids import stable_id
from plumbline.evaluate.condition import ConditionError, parse_condition
from plumbline.evaluate.pushdown.faults import refuse_table_faults
from plumbline.evaluate.vacuous import fault_of_meta, find_vacuous
from plumbline.project.json_schema import faults_of
from plumbline.project.parameters import expression_of, is_parameter
from plumbline.project.suites import ExpectationEntry, Suite

# What every expectation class has, and a suite file says outside kwargs.
_SET_BY_GX = frozenset({"batch_id", "catch_exceptions", "result_format"})
_OUTSIDE = {"id", "meta", "notes", "severity", "description", "rendered_content", "windows"}


def build_suite(suite: Suite, *, as_written: bool = False) -> ExpectationSuite:
    """The GX suite of a suite file, ids filled in.

    Args:
        suite: the file.
        as_written: with ``{"$PARAMETER": ...}`` also where the value is known, as GX has suites
            that it may save.

    Raises:
        MonitorError: an unknown expectation type, an unknown or wrong argument, an expectation that
            follows another number than history holds.
    """
    refuse_table_faults(suite)
    read = suite.written if as_written else suite.entry
    built = ExpectationSuite(
        name=suite.name,
        id=read.id or str(stable_id("suite", suite.name)),
        meta=dict(suite.raw.get("meta") or {}),
        notes=read.notes,
        suite_parameters=read.suite_parameters,
    )
    built.expectations = [
        _build_expectation(suite, index, entry) for index, entry in enumerate(read.expectations)
    ]
    _check_followed(suite)
    _check_failing_rows(suite)
    return built


def _check_failing_rows(suite: Suite) -> None:
    observed = suite.monitor.observed
    for index, what, fix in faults_of_failing_rows(
        observed.model_dump() if observed is not None else None,
        [entry.type for entry in suite.entry.expectations],
    ):
        raise MonitorError(what, file=suite.file, key=f"expectations[{index}].type", fix=fix)


def _check_followed(suite: Suite) -> None:
    observed = suite.monitor.observed
    if suite.monitor.table is not None:
        return  # whose faults are told by `refuse_table_faults`
    for fault in faults_of_following(
        observed.model_dump() if observed is not None else None,
        [{"type": entry.type, "kwargs": entry.kwargs} for entry in suite.entry.expectations],
    ):
        raise MonitorError(
            fault.what,
            file=suite.file,
            key=f"expectations[{fault.index}].kwargs.{fault.argument}",
            fix=fault.fix,
        )


def _build_expectation(suite: Suite, index: int, entry: ExpectationEntry) -> Expectation:
    key = f"expectations[{index}]"
    try:
        implementation = get_expectation_impl(entry.type)
    except GreatExpectationsError:
        raise MonitorError(
            f"there is no expectation {entry.type!r}",
            file=suite.file,
            key=f"{key}.type",
            fix=did_you_mean(entry.type, list_registered_expectation_implementations()),
        ) from None
    is_closed = implementation.__config__.extra == "forbid"
    for name in entry.kwargs:
        if name in _SET_BY_GX or (
            is_closed and name not in {*implementation.__fields__, *_OUTSIDE}
        ):
            raise MonitorError(
                f"{entry.type} has no argument {name!r}",
                file=suite.file,
                key=f"{key}.kwargs.{name}",
                fix=did_you_mean(name, _arguments(implementation)),
            )
        if name in _OUTSIDE:
            raise MonitorError(
                f"{name!r} is among the kwargs",
                file=suite.file,
                key=f"{key}.kwargs.{name}",
                fix="move it out of kwargs",
            )
    _check_condition(suite, key, entry)
    misread = fault_of_meta(entry.meta)
    if misread is not None:
        raise MonitorError(
            misread.what,
            file=suite.file,
            key=f"{key}.meta.{misread.argument}",
            fix=misread.fix,
        )
    vacuous = find_vacuous(entry.type, entry.kwargs, monitor=suite.monitor_name)
    if vacuous is not None:
        raise MonitorError(
            f"{entry.type} checks nothing: {vacuous.what}",
            file=suite.file,
            key=f"{key}.kwargs.{vacuous.argument}",
            fix=vacuous.fix,
        )
    bounds = _bounds_as_written(suite, entry)
    values: dict[str, Any] = {
        **entry.kwargs,
        **{name: {"$PARAMETER": name} for name in bounds},
        "severity": entry.severity,
        "id": entry.id or _expectation_id(suite, index),
    }
    for name in ("description", "notes", "meta", "windows"):
        value = getattr(entry, name)
        if value is not None:
            values[name] = value
    try:
        # Of a query without {batch} GX prints a warning, into what may be the run's JSON.
        with contextlib.redirect_stdout(io.StringIO()):
            built = implementation(**values)
    except ValidationError as fault:
        # A misspelt argument is unknown and leaves another missing: the unknown one has the fix.
        first = min(fault.errors(), key=lambda one: one["type"] != "value_error.extra")
        name = ".".join(str(part) for part in first["loc"] if part != "__root__")
        if first["type"] == "value_error.extra":
            raise MonitorError(
                f"{entry.type} has no argument {name!r}",
                file=suite.file,
                key=f"{key}.kwargs.{name}",
                fix=did_you_mean(name, _arguments(implementation)),
            ) from None
        if first["type"] == "value_error.missing":
            raise MonitorError(
                f"{entry.type} needs {name!r}",
                file=suite.file,
                key=f"{key}.kwargs.{name}",
                fix="add it",
            ) from None
        given_by = _given_by(suite, index, str(first["loc"][0]))
        what, fix = first["msg"], ""
        if first["type"] == "value_error":  # one of plumbline's own: what is wrong; the fix
            what, _, fix = what.partition("; ")
        raise MonitorError(
            f"{entry.type}: {what}{given_by}",
            file=suite.file,
            key=f"{key}.kwargs{'.' + name if name else ''}",
            fix=fix or _fix_of_value(entry, str(first["loc"][0])) or "fix the value",
        ) from None
    except (GreatExpectationsError, TypeError, ValueError) as fault:
        raise MonitorError(
            f"{entry.type}: {fault}", file=suite.file, key=f"{key}.kwargs", fix="fix the value"
        ) from None
    for name, text in bounds.items():
        setattr(built, name, text)
    return built


def _fix_of_value(entry: ExpectationEntry, argument: str) -> str | None:
    """What lint says; None where the catalogue of types does not say what is allowed."""
    file = files("plumbline.evaluate.expectations").joinpath("catalogue.json")
    known = json.loads(file.read_text("utf-8")).get(entry.type, {}).get("kwargs", {})
    if argument not in known or argument not in entry.kwargs:
        return None
    return next((one.fix for one in faults_of(entry.kwargs[argument], known[argument])), None)


def _check_condition(suite: Suite, key: str, entry: ExpectationEntry) -> None:
    """A condition that can't be read; over a table, where GX reads it, all is left to GX.

    Raises:
        MonitorError: it is so.
    """
    written = entry.kwargs.get("row_condition")
    if written is None or not suite.is_ours:
        return
    try:
        parse_condition(written)
    except ConditionError as fault:
        raise MonitorError(
            fault.what,
            file=suite.file,
            key=f"{key}.kwargs.row_condition",
            fix=fault.fix,
        ) from None


def _given_by(suite: Suite, index: int, argument: str) -> str:
    """Where the value of an argument comes from, when that is not where it stands."""
    written = suite.written.expectations[index].kwargs.get(argument)
    filled = suite.entry.expectations[index].kwargs.get(argument)
    if not is_parameter(written) or is_parameter(filled):
        return ""
    return f" ({filled!r} is the value of {expression_of(written)})"


def _bounds_as_written(suite: Suite, entry: ExpectationEntry) -> dict[str, str]:
    """Bounds that are texts: of a time, of a STRING, of a NUMERIC with all its digits.

    GX's classes take numbers and dates alone, and make a float of digits; a parameter stands in the
    text's place while they check the other arguments. Over a table GX judges, and reads them.
    """
    written = {name: entry.kwargs.get(name) for name in ("min_value", "max_value")}
    texts = {name: value for name, value in written.items() if isinstance(value, str)}
    if not texts or not suite.is_ours:
        return {}
    from plumbline.evaluate.catalogue import EVALUATIONS

    return texts if entry.type in EVALUATIONS else {}


def _expectation_id(suite: Suite, index: int) -> str:
    """Of what the file says: the same whatever its parameters are."""
    entry = suite.written.expectations[index]
    said = json.dumps(entry.model_dump(mode="json", exclude={"id"}), sort_keys=True)
    return str(stable_id("expectation", suite.name, index, said))


def _arguments(implementation: type[Expectation]) -> list[str]:
    return [name for name in implementation.__fields__ if name not in _OUTSIDE | _SET_BY_GX]
