"""A plain GX validation definition beside the monitors: a suite over a whole table, by GX's own
data assets. It gives an outcome like any monitor, and its fault stays its own.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.freshness_diagnostics import (
    ValidationDefinitionFreshnessDiagnostics,
)
from great_expectations.core.result_format import DEFAULT_RESULT_FORMAT
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition

from plumbline.errors import MonitorError
from plumbline.gx.parameters import with_parameters
from plumbline.gx.results import failed_result, put_record, read_results, store_result
from plumbline.project import Suite
from plumbline.project.local_paths import without_local_paths
from plumbline.run import judge
from plumbline.run.judge import Evidence
from plumbline.run.outcome import Outcome
from plumbline.run.verdict import Verdict
from plumbline.site.records import RunStamp


class TableMonitor(ValidationDefinition):
    """A suite over a data asset of GX's own."""

    _suite_file: Suite | None = pydantic.PrivateAttr(None)
    _outcome: Outcome | None = pydantic.PrivateAttr(None)
    _run_stamp: RunStamp | None = pydantic.PrivateAttr(None)
    _root: Path | None = pydantic.PrivateAttr(None)

    @property
    def outcome(self) -> Outcome | None:
        """What the last run of this object found; None before the first."""
        return self._outcome

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        """Always: it was made from its files a moment ago, its parameters filled in."""
        return ValidationDefinitionFreshnessDiagnostics(errors=[])

    def run(
        self,
        *,
        checkpoint_id: str | None = None,
        batch_parameters: Any = None,
        expectation_parameters: Any = None,
        result_format: Any = DEFAULT_RESULT_FORMAT,
        run_id: RunIdentifier | None = None,
    ) -> ExpectationSuiteValidationResult:
        """Evaluate the suite on the table as it is now; ``batch_parameters`` are the models'."""
        started = dt.datetime.now(dt.UTC)
        run_id = run_id or RunIdentifier(run_time=started)
        suite = self._suite_file
        try:
            if suite is not None:
                suite, self.suite = with_parameters(
                    suite, self.suite, expectation_parameters, started
                )
            result = super().run(
                checkpoint_id=checkpoint_id, result_format=result_format, run_id=run_id
            )
        except Exception as raised:  # noqa: BLE001 - a data asset may raise anything
            reason = " ".join(f"{type(raised).__name__}: {raised}".split())
            if isinstance(raised, MonitorError):
                reason = raised.one_line()
            if self._root is not None:
                reason = without_local_paths(reason, self._root)
            evidence = Evidence(as_of=started)
            self._outcome = judge.fault(self.name, reason, suite=suite, evidence=evidence)
            result = failed_result(self.suite, reason, run_id=run_id)
            self._keep(result, run_id)
            return result
        seconds = (dt.datetime.now(dt.UTC) - started).total_seconds()
        if suite is not None:
            self._outcome = judge.judge(
                suite,
                Verdict(judge=(), skipped=(), unknown=(), notes=()),
                read_results(self.suite, result),
                Evidence(as_of=started, seconds=seconds),
            )
        self._keep(result, run_id)
        return result

    def _keep(self, result: ExpectationSuiteValidationResult, run_id: RunIdentifier) -> None:
        """Store the result again, with what the data docs need: GX has stored it without."""
        if self._run_stamp is None or self._outcome is None:
            return
        put_record(result, self._run_stamp, self._outcome)
        store_result(self, result, run_id, result.batch_id or self.name)
