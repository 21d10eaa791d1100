"""A monitor as GX runs it: a validation definition that never breaks the house.

GX's own aborts the whole checkpoint when one query raises, so that the others give no result
and no action runs. This one turns whatever goes wrong into a result that says so.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.result_format import DEFAULT_RESULT_FORMAT
from great_expectations.core.run_identifier import RunIdentifier

from plumbline.checks import judge
from plumbline.checks.judge import Evidence
from plumbline.core.errors import MonitorError
from plumbline.core.masking import Mask, explain_masked
from plumbline.evaluate.evaluation import evaluate
from plumbline.evaluate.masking import mask_arguments
from plumbline.evaluate.parameters import with_parameters
from plumbline.evaluate.suite_results import failed_result, unjudged_result
from plumbline.gx.datasource import BigQueryModels, batch_id
from plumbline.gx.judged_definition import JudgedDefinition
from plumbline.gx.results import keep_or_fail, put_record, store_result
from plumbline.project import Suite
from plumbline.project.local_paths import without_local_paths
from plumbline.project.masked_suite import masked_suite
from plumbline.run.baselines import past_of
from plumbline.run.jobs import MonitorData, MonitorJobs
from plumbline.warehouse.result import QueryResult

logger = logging.getLogger(__name__)


class Monitor(JudgedDefinition):
    """A suite over the rows of its model.

    ``suite_file`` is the suite as read; ``fault`` says why it could not be, and is then the
    monitor's ERROR at each run.
    """

    _suite_file: Suite | None = pydantic.PrivateAttr(None)
    _fault: MonitorError | None = pydantic.PrivateAttr(None)
    _root: Path | None = pydantic.PrivateAttr(None)

    @property
    def suite_file(self) -> Suite | None:
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
        """Evaluate the suite; a failing query or a malformed file is a result, not an exception."""
        run_id = run_id or RunIdentifier(run_time=dt.datetime.now(dt.UTC))
        options = dict(batch_parameters or {})
        result = self._evaluate(options, result_format, expectation_parameters)
        self._add_run(result, checkpoint_id, run_id, options)
        return keep_or_fail(
            result,
            lambda kept: self._store(kept, run_id, options),
            lambda reason: self._failed(MonitorError(reason), self._jobs(options)),
        )

    def _store(
        self,
        result: ExpectationSuiteValidationResult,
        run_id: RunIdentifier,
        options: dict[str, Any],
    ) -> None:
        result.batch_id = batch_id(self.data_source.name, self.name, options)
        if self._run_stamp is not None and self._outcome is not None:
            sql = self._jobs(options).sql(self.name)
            put_record(result, self._run_stamp, self._outcome, sql=sql)
        store_result(self, result, run_id, result.batch_id)

    def _jobs(self, options: dict[str, Any]) -> MonitorJobs:
        source = self.data_source
        assert isinstance(source, BigQueryModels)
        return source.jobs(options)

    def _evaluate(
        self, options: dict[str, Any], result_format: Any, expectation_parameters: Any = None
    ) -> ExpectationSuiteValidationResult:
        jobs = self._jobs(options)
        try:
            if self._fault is not None:
                raise self._fault
            file, suite = self._filled(expectation_parameters, jobs)
            data = jobs.data(self.name)
            data = replace(data, suite=masked_suite(file, data.mask))
            if not data.verdict.judge:
                return self._not_judged(data)
            return self._judged(data, file, suite, jobs, result_format)
        except MonitorError as error:
            return self._failed(error, jobs)
        except Exception as raised:  # a fault of one monitor must not darken the others
            logger.debug("the suite of %s could not be evaluated", self.name, exc_info=True)
            fault = MonitorError(
                f"the suite could not be evaluated: {type(raised).__name__}: {raised}"
            )
            return self._failed(fault, jobs)

    def _filled(self, given: Any, jobs: MonitorJobs) -> tuple[Suite, ExpectationSuite]:
        """The suite with its parameters filled in: what is judged, and what is shown of it."""
        assert self._suite_file is not None  # without it there is a fault
        return with_parameters(self._suite_file, self.suite, given, jobs.as_of)

    def _judged(
        self,
        data: MonitorData,
        file: Suite,
        suite: ExpectationSuite,
        jobs: MonitorJobs,
        result_format: Any,
    ) -> ExpectationSuiteValidationResult:
        table = data.table()
        table.query_batch = partial(_query_batch, jobs, self.name, data.mask)
        evaluation = evaluate(
            suite,
            file.entry.expectations,
            table,
            file=file.file.name if self._root is None else _below(self._root, file.file),
            mask=data.mask,
            past=past_of(file, jobs),
            result_format=result_format,
        )
        assert evaluation.result is not None
        self._outcome = judge.judge(
            data.suite, data.shown, evaluation.judged, jobs.evidence(self.name)
        )
        return evaluation.result

    def _not_judged(self, data: MonitorData) -> ExpectationSuiteValidationResult:
        """SKIPPED, or ERROR where the SQL itself does not know: GX evaluates nothing."""
        if data.shown.unknown:
            reason = " ".join("; ".join(data.shown.unknown).split())
            return self._faulty(reason, data.suite, data.evidence, data.mask)
        self._outcome = judge.skip(data.suite, data.shown, data.evidence)
        return unjudged_result(
            self.suite, success=True, results=[], note="; ".join(data.shown.skipped)
        )

    def _failed(self, error: MonitorError, jobs: MonitorJobs) -> ExpectationSuiteValidationResult:
        suite, mask = self._suite_file, Mask()
        if suite is not None:
            mask = jobs.mask(suite)
            suite = masked_suite(suite, mask)
        reason = explain_masked(error, mask)
        return self._faulty(reason, suite, jobs.evidence(self.name), mask)

    def _faulty(
        self, reason: str, suite: Suite | None, evidence: Evidence, mask: Mask
    ) -> ExpectationSuiteValidationResult:
        if self._root is not None:
            reason = without_local_paths(reason, self._root)
        self._outcome = judge.fault(self.name, reason, suite=suite, evidence=evidence)
        result = failed_result(self.suite, reason)
        mask_arguments(result, mask)
        return result


def _query_batch(jobs: MonitorJobs, monitor: str, mask: Mask, query: str) -> QueryResult:
    """As `MonitorJobs.query_batch`; what BigQuery says of a failure is told without values."""
    try:
        return jobs.query_batch(monitor, query)
    except MonitorError as error:
        raise MonitorError(explain_masked(error, mask)) from None


def _below(root: Path, file: Path) -> str:
    return str(file.relative_to(root)) if file.is_relative_to(root) else file.name
