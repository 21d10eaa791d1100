"""A checkpoint whose jobs are sent together, and whose actions all run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from great_expectations.checkpoint.actions import ActionContext
from great_expectations.checkpoint.checkpoint import Checkpoint as GxCheckpoint
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic
from great_expectations.core.freshness_diagnostics import CheckpointFreshnessDiagnostics

from plumbline.gx.datasource import BigQueryModels
from plumbline.gx.monitor import Monitor
from plumbline.gx.table_monitor import TableMonitor
from plumbline.run.outcome import Outcome

logger = logging.getLogger(__name__)


class Checkpoint(GxCheckpoint):
    """GX's checkpoint over monitors: one job each, all submitted before the first is awaited."""

    _on_outcome: Callable[[Outcome], None] | None = pydantic.PrivateAttr(None)
    _failed_actions: list[str] = pydantic.PrivateAttr(default_factory=list)

    def is_fresh(self) -> CheckpointFreshnessDiagnostics:
        """Always: it was made from its files a moment ago, ids filled in."""
        return CheckpointFreshnessDiagnostics(errors=[])

    def run(
        self,
        batch_parameters: Any = None,
        expectation_parameters: Any = None,
        run_id: Any = None,
    ) -> CheckpointResult:
        """Run all monitors, then all actions; see ``Monitor.run``."""
        sources: dict[str, BigQueryModels] = {}
        for definition in self.validation_definitions:
            source = definition.data_source
            if isinstance(definition, Monitor) and isinstance(source, BigQueryModels):
                sources[source.name] = source
                source.jobs(batch_parameters or {}).submit([definition.name])
        try:
            return super().run(batch_parameters, expectation_parameters, run_id)
        finally:
            for source in sources.values():
                source.forget_jobs()

    @property
    def outcomes(self) -> list[Outcome]:
        """What the last run found, one a monitor, in the checkpoint's order."""
        return [
            definition.outcome
            for definition in self.validation_definitions
            if isinstance(definition, Monitor | TableMonitor) and definition.outcome is not None
        ]

    @property
    def failed_actions(self) -> list[str]:
        """What went wrong with the actions of the last run, one line each."""
        return list(self._failed_actions)

    def _run_validation_definitions(
        self,
        batch_parameters: Any,
        expectation_parameters: Any,
        result_format: Any,
        run_id: Any,
    ) -> dict[Any, Any]:
        results: dict[Any, Any] = {}
        for definition in self.validation_definitions:
            result = definition.run(
                checkpoint_id=self.id,
                batch_parameters=batch_parameters,
                expectation_parameters=expectation_parameters,
                result_format=result_format,
                run_id=run_id,
            )
            key = self._build_result_key(
                validation_definition=definition,
                run_id=run_id,
                batch_identifier=result.batch_id or definition.name,
            )
            results[key] = result
            if self._on_outcome and isinstance(definition, Monitor | TableMonitor):
                outcome = definition.outcome
                if outcome is not None:
                    self._on_outcome(outcome)
        return results

    def _run_actions(self, checkpoint_result: CheckpointResult) -> None:
        """Each action runs whatever the one before it did; in GX one that raises ends them all."""
        self._failed_actions.clear()
        context = ActionContext()
        for action in self._sort_actions():
            action._data_context = self._resolve_context().context
            try:
                done = action.run(checkpoint_result=checkpoint_result, action_context=context)
                context.update(action=action, action_result=done)
            except Exception as raised:  # noqa: BLE001 - an action may raise anything
                line = f"action {action.name!r} failed: {type(raised).__name__}: {raised}"
                self._failed_actions.append(" ".join(line.split()))
                logger.warning("%s", self._failed_actions[-1])
