"""A validation definition beside the monitors: a suite over a data asset of GX's own. It gives an
outcome like any monitor, and its fault stays its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.result_format import DEFAULT_RESULT_FORMAT
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.exceptions.exceptions import NoAvailableBatchesError

from plumbline.checks import judge
from plumbline.checks.judge import Evidence
from plumbline.checks.verdict import Verdict
from plumbline.core.errors import MonitorError, PlumblineError
from plumbline.core.instants import last_day
from plumbline.evaluate.batches import ChosenBatch, choose_batch
from plumbline.evaluate.evaluation import Evaluation, evaluate_batch
from plumbline.evaluate.parameters import with_parameters
from plumbline.evaluate.suite_results import failed_result
from plumbline.gx.judged_definition import JudgedDefinition
from plumbline.gx.results import keep_or_fail, put_record, store_result
from plumbline.project import Project, Suite
from plumbline.project.definitions import Definition
from plumbline.project.local_paths import without_local_paths
from plumbline.run.request import parse_as_of

_OF_MODELS = ("as_of", "vars")
"""Batch parameters of a run that are not GX's own."""


class TableMonitor(JudgedDefinition):
    """A suite over a data asset of GX's own.

    ``bind`` tells it its files; without them it can't be run.
    """

    _project: Project = pydantic.PrivateAttr()
    _suite_file: Suite = pydantic.PrivateAttr()
    _definition: Definition = pydantic.PrivateAttr()

    def bind(self, project: Project, suite: Suite, definition: Definition) -> None:
        """The files that it was made from."""
        self._project, self._suite_file, self._definition = project, suite, definition

    @property
    def suite_file(self) -> Suite:
        """The suite as its file said when this was made."""
        return self._suite_file

    def run(
        self,
        *,
        checkpoint_id: str | None = None,
        batch_parameters: Any = None,
        expectation_parameters: Any = None,
        result_format: Any = DEFAULT_RESULT_FORMAT,
        run_id: RunIdentifier | None = None,
    ) -> ExpectationSuiteValidationResult:
        """Evaluate the suite on the batch of the day that is judged, or on the table as it is.

        Args:
            checkpoint_id: of GX's checkpoint.
            batch_parameters: ``as_of`` chooses the day, ``vars`` are the models'; others are GX's.
            expectation_parameters: values for ``$PARAMETER``.
            result_format: how much GX keeps.
            run_id: of the run.
        """
        started = dt.datetime.now(dt.UTC)
        run_id = run_id or RunIdentifier(run_time=started)
        options = dict(batch_parameters or {})
        evidence = Evidence(as_of=started)
        suite = self._suite_file
        try:
            as_of = self._as_of(options, started)
            batch = self._batch(options, as_of)
            evidence = Evidence(
                as_of=as_of if batch.day is not None else started,
                parameters=dict(batch.parameters),
            )
            suite, self.suite = with_parameters(
                suite, self.suite, expectation_parameters, evidence.as_of
            )
            evaluation = self._validate(batch, result_format)
            assert evaluation.result is not None
            result = evaluation.result
            notes = (*batch.notes, *self._of_another_day(batch, as_of, started))
            seconds = (dt.datetime.now(dt.UTC) - started).total_seconds()
            self._outcome = judge.judge(
                suite,
                Verdict(judge=(), skipped=(), unknown=(), notes=notes),
                evaluation.judged,
                replace(evidence, seconds=seconds),
            )
        except Exception as raised:  # noqa: BLE001 - a data asset may raise anything
            result = self._failed(_reason(raised), suite, evidence)
        self._add_run(result, checkpoint_id, run_id, options)
        return keep_or_fail(
            result,
            lambda kept: self._keep(kept, run_id),
            lambda reason: self._failed(reason, suite, evidence),
        )

    def _failed(
        self, reason: str, suite: Suite, evidence: Evidence
    ) -> ExpectationSuiteValidationResult:
        reason = without_local_paths(reason, self._project.root)
        self._outcome = judge.fault(self.name, reason, suite=suite, evidence=evidence)
        return failed_result(self.suite, reason)

    def _as_of(self, options: Mapping[str, Any], now: dt.datetime) -> dt.datetime:
        """The instant that is judged, with the project's zone."""
        zone = self._project.timezone
        if options.get("as_of"):
            return parse_as_of(str(options["as_of"]), now=now, zone=zone).instant
        return (self._run_stamp.as_of if self._run_stamp else now).astimezone(zone)

    def _batch(self, options: Mapping[str, Any], as_of: dt.datetime) -> ChosenBatch:
        day = last_day(as_of) - dt.timedelta(days=self._definition.entry.days_back)
        given = {name: value for name, value in options.items() if name not in _OF_MODELS}
        return choose_batch(self._definition, self.batch_definition, day, given)

    def _validate(self, batch: ChosenBatch, result_format: Any) -> Evaluation:
        """What GX finds.

        Raises:
            MonitorError: there is no such batch.
        """
        try:
            evaluation = evaluate_batch(
                self.suite, self.batch_definition, batch.parameters, result_format=result_format
            )
        except NoAvailableBatchesError as raised:
            raise self._no_rows(batch, raised) from raised
        # GX names a result by suite and batch: two definitions may share both.
        if self.name != self.suite.name and evaluation.result is not None:
            evaluation.result.batch_id = f"{self.name}-{evaluation.result.batch_id}"
        return evaluation

    def _no_rows(self, batch: ChosenBatch, raised: NoAvailableBatchesError) -> MonitorError:
        definition = self._definition
        where = f"{definition.datasource}.{definition.asset}"
        if batch.day is not None:
            return MonitorError(
                f"no rows for {batch.day} in {where}",
                fix=f"load them, or look at batch definition {definition.batch_definition!r}",
            )
        said = ", ".join(f"{name} {value!r}" for name, value in batch.parameters.items())
        return MonitorError(f"no rows for {said or 'any batch'} in {where}: {raised}")

    def _of_another_day(
        self, batch: ChosenBatch, as_of: dt.datetime, started: dt.datetime
    ) -> tuple[str, ...]:
        """That the table was judged as it is now, where another day was asked for."""
        today = last_day(started.astimezone(as_of.tzinfo))
        if batch.day is not None or last_day(as_of) == today:
            return ()
        return (
            f"What is judged is as it is now, not as of {last_day(as_of)}: which batch it is does "
            "not depend on the date.",
        )

    def _keep(self, result: ExpectationSuiteValidationResult, run_id: RunIdentifier) -> None:
        """Store the result, with what the data docs need where this run is part of their past."""
        if self._run_stamp is not None and self._outcome is not None:
            put_record(result, self._run_stamp, self._outcome)
        store_result(self, result, run_id, result.batch_id or self.name)


def _reason(raised: Exception) -> str:
    if isinstance(raised, PlumblineError):
        return raised.one_line()
    return " ".join(f"{type(raised).__name__}: {raised}".split())
