"""Judges a suite over a data asset of Great Expectations' own: the batch of the day that is judged,
or the table as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier
from great_expectations.exceptions.exceptions import NoAvailableBatchesError

from plumbline.checks import judge
from plumbline.checks.judge import Evidence
from plumbline.checks.verdict import SortedRows
from plumbline.core.errors import MonitorError, PlumblineError
from plumbline.core.instants import last_day
from plumbline.evaluate.batches import ChosenBatch, choose_batch
from plumbline.evaluate.evaluation import Evaluation, evaluate_batch
from plumbline.evaluate.monitors import LoadedTable
from plumbline.evaluate.parameters import with_parameters
from plumbline.run.jobs import MonitorJobs
from plumbline.run.monitor_result import MonitorResult

_FRAME = "dataframe"
"""The type of an asset in memory, and the batch parameter that brings it."""
_OF_MODELS = ("as_of", "vars")
"""Batch parameters of a run that are not Great Expectations' own."""


def judge_table(
    table: LoadedTable,
    jobs: MonitorJobs,
    *,
    parameters: Mapping[str, object] | None = None,
    batch_parameters: Mapping[str, Any],
    result_format: Any = None,
) -> MonitorResult:
    """The outcome of a suite over a data asset; its fault stays its own.

    Args:
        table: the suite and its batch definition.
        jobs: of the run, which says what ``as_of`` is; none is sent.
        parameters: values for parameters of the suite, before the suite's own.
        batch_parameters: of the run; those that are not of models go to Great Expectations.
        result_format: how much it keeps.
    """
    started = datetime.now(UTC)
    as_of = jobs.as_of.astimezone(jobs.project.timezone)
    evidence, suite, built = Evidence(as_of=started), table.suite, table.built
    try:
        batch = _batch(table, batch_parameters, as_of)
        evidence = Evidence(
            as_of=as_of if batch.day is not None else started,
            parameters=_identifier(batch),
        )
        suite, built = with_parameters(suite, built, parameters, evidence.as_of)
        evaluation = _evaluate(replace(table, built=built), batch, result_format)
        evidence = replace(evidence, seconds=(datetime.now(UTC) - started).total_seconds())
        notes = (*batch.notes, *_of_another_day(batch, as_of, started))
        verdict = SortedRows(judge=(), skipped=(), unknown=(), notes=notes)
        outcome = judge.judge(suite, verdict, evaluation.judged, evidence)
        return MonitorResult(
            outcome, built, suite, evidence, jobs.project.root, evaluation=evaluation
        )
    except Exception as raised:  # noqa: BLE001 - a data asset may raise anything
        return MonitorResult.error(
            table.name,
            _reason(raised),
            built=built,
            suite=suite,
            evidence=evidence,
            root=jobs.project.root,
        )


def _batch(table: LoadedTable, options: Mapping[str, Any], as_of: datetime) -> ChosenBatch:
    day = last_day(as_of) - timedelta(days=table.definition.entry.days_back)
    given = {name: value for name, value in options.items() if name not in _OF_MODELS}
    return choose_batch(table.definition, table.batch_definition, day, given)


def _evaluate(table: LoadedTable, batch: ChosenBatch, result_format: Any) -> Evaluation:
    """What Great Expectations finds.

    Raises:
        MonitorError: there is no such batch.
    """
    if table.batch_definition.data_asset.type == _FRAME and _FRAME not in batch.parameters:
        raise MonitorError(
            f"data asset {table.definition.asset!r} is a data frame, which only your code has",
            fix="run the checkpoint in that code, as "
            'checkpoint.run(batch_parameters={"dataframe": frame}); '
            "or make the asset one of a file or a table",
        )
    try:
        return evaluate_batch(
            table.built, table.batch_definition, batch.parameters, result_format=result_format
        )
    except NoAvailableBatchesError as raised:
        raise _no_rows(table, batch, raised) from raised


def _no_rows(
    table: LoadedTable, batch: ChosenBatch, raised: NoAvailableBatchesError
) -> MonitorError:
    definition = table.definition
    where = f"{definition.datasource}.{definition.asset}"
    if batch.day is not None:
        return MonitorError(
            f"no rows for {batch.day} in {where}",
            fix=f"load them, or check batch definition {definition.batch_definition!r}",
        )
    named = ", ".join(f"{name} {value!r}" for name, value in _identifier(batch).items())
    return MonitorError(
        f"no rows for {named or 'any batch'} in {where}: {raised}",
        fix="check the data source's paths, which are relative to the working directory: run "
        "plumbline where Great Expectations is run, with --project-dir",
    )


def _identifier(batch: ChosenBatch) -> dict[str, Any]:
    """What names the batch: in the place of a frame, that it is one."""
    return dict(make_batch_identifier(dict(batch.parameters)))


def _of_another_day(batch: ChosenBatch, as_of: datetime, started: datetime) -> tuple[str, ...]:
    """That the table was judged as it is now, where another day was asked for."""
    today = last_day(started.astimezone(as_of.tzinfo))
    if batch.day is not None or last_day(as_of) == today:
        return ()
    return (
        f"The current data is checked, not the data as of {last_day(as_of)}, because the batch "
        "does not depend on the date.",
    )


def _reason(raised: Exception) -> str:
    if isinstance(raised, PlumblineError):
        return raised.one_line()
    return " ".join(f"{type(raised).__name__}: {raised}".split())
