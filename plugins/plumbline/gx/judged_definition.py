"""Validation definitions whose run gives an outcome, and where their results are kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
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
from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier

from plumbline.core.outcome import Outcome
from plumbline.evaluate.monitors import LoadedMonitor, LoadedTable
from plumbline.gx.datasource import NOTEBOOK
from plumbline.gx.results import store_result
from plumbline.project import Target
from plumbline.run.engine import Engine
from plumbline.run.jobs import MonitorJobs
from plumbline.run.monitor_result import MonitorResult
from plumbline.site.records import META_KEY, Record, to_meta


class JudgedDefinition(ValidationDefinition):
    """A validation definition whose run gives an outcome."""

    _outcome: Outcome | None = pydantic.PrivateAttr(None)
    _loaded: LoadedMonitor | LoadedTable = pydantic.PrivateAttr()

    @property
    def outcome(self) -> Outcome | None:
        """What the last run of this object found; None before the first."""
        return self._outcome

    def set_outcome(self, outcome: Outcome) -> None:
        """Keep what the last run found."""
        self._outcome = outcome

    def bind(self, loaded: LoadedMonitor | LoadedTable) -> None:
        """Let it be made from ``loaded``; without that it can't be run."""
        self._loaded = loaded

    @property
    def loaded(self) -> LoadedMonitor | LoadedTable:
        """What a run judges: its files, and its suite as it is now."""
        return replace(self._loaded, built=self.suite)

    @abstractmethod
    def jobs(
        self, options: Mapping[str, Any], *, checkpoint: str = NOTEBOOK, run_id: str | None = None
    ) -> MonitorJobs:
        """The jobs of a run with these batch parameters.

        Args:
            checkpoint: the name of the checkpoint that is run.
            run_id: of the run; None: a new one.
        """

    @abstractmethod
    def result_name(
        self, result: ExpectationSuiteValidationResult, options: Mapping[str, Any]
    ) -> str | None:
        """The id of the batch that ``result`` is of, which names it in the store."""

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        """Always: it was made from its files a moment ago."""
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
        """Evaluate the suite; a failing query or a malformed file is a result, not an exception.

        Args:
            batch_parameters: ``as_of`` chooses the day, ``vars`` are the models'; others are GX's.
            expectation_parameters: values for ``$PARAMETER``.
        """
        options = dict(batch_parameters or {})
        jobs = self.jobs(options)
        engine = Engine(
            jobs,
            (self.name,),
            parameters=dict(expectation_parameters or {}),
            batch_parameters=options,
        )
        results = StoredResults(
            [self],
            run_id=run_id or RunIdentifier(run_time=datetime.now(UTC)),
            options=options,
            result_format=result_format,
            checkpoint_id=checkpoint_id,
        )
        try:
            (judged,) = engine.judge(results)
        finally:
            jobs.close()
        self._outcome = judged.outcome
        return judged.result


class StoredResults:
    """Validation definitions of one run, and GX's store for their results."""

    def __init__(
        self,
        definitions: Sequence[JudgedDefinition],
        *,
        run_id: RunIdentifier,
        options: Mapping[str, Any],
        result_format: Any,
        checkpoint_id: str | None,
    ) -> None:
        self.result_format = result_format
        self.run_id = run_id
        self.kept: dict[str, ExpectationSuiteValidationResult] = {}
        """By monitor, also those that could not be stored."""
        self._definitions = {definition.name: definition for definition in definitions}
        self._options = options
        self._checkpoint_id = checkpoint_id

    def monitor(self, name: str) -> LoadedMonitor | LoadedTable:
        """A monitor, as its definition has it."""
        return self._definitions[name].loaded

    def keep(self, judged: MonitorResult, record: Record | None) -> None:
        """Put the result of a monitor into GX's store, with what the data docs need."""
        name, result = judged.outcome.monitor, judged.result
        definition = self._definitions[name]
        self.kept[name] = result
        result.batch_id = definition.result_name(result, self._options)
        meta: Any = result.meta  # GX's type knows its own keys only
        meta.update(
            {
                "validation_id": definition.id,
                "checkpoint_id": self._checkpoint_id,
                "run_id": self.run_id,
                "validation_time": self.run_id.run_time,
                "batch_parameters": dict(make_batch_identifier(dict(self._options))) or None,
            }
        )
        if record is not None:
            meta[META_KEY] = to_meta(record)
        store_result(definition, result, self.run_id, result.batch_id or name)

    def page(self, name: str, target: Target) -> str | None:
        """None: a definition by itself builds no data docs."""
        return None
