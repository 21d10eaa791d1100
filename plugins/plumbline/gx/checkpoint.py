"""A checkpoint whose jobs are sent together, and whose actions all run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from great_expectations.checkpoint.actions import ActionContext
from great_expectations.checkpoint.checkpoint import Checkpoint as GxCheckpoint
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic
from great_expectations.core.freshness_diagnostics import CheckpointFreshnessDiagnostics
from great_expectations.core.run_identifier import RunIdentifier

from plumbline.core.errors import MonitorError, PlumblineError
from plumbline.core.outcome import Outcome
from plumbline.core.run import new_run_id
from plumbline.gx.datasource import BigQueryModels
from plumbline.gx.docs_action import DocsAction
from plumbline.gx.judged_definition import JudgedDefinition
from plumbline.gx.monitor import Monitor
from plumbline.gx.project_context import one_reading, project_of
from plumbline.project import Project
from plumbline.run.jobs import MonitorJobs
from plumbline.run.request import parse_as_of
from plumbline.site import paths
from plumbline.site.records import RunStamp

logger = logging.getLogger(__name__)


class Checkpoint(GxCheckpoint):
    """GX's checkpoint over monitors: one job each, all submitted before the first is awaited."""

    _on_outcome: Callable[[Outcome], None] | None = pydantic.PrivateAttr(None)
    _run_stamp: RunStamp | None = pydantic.PrivateAttr(None)
    _under_way: timedelta = pydantic.PrivateAttr(timedelta())
    _is_judged_otherwise: bool = pydantic.PrivateAttr(False)
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
        """Run all monitors, then all actions; see ``Monitor.run``.

        Without a ``run_id`` of GX's, plumbline's own is its name. The files are those of the moment
        in which it begins: an edit during the run is in the next one.
        """
        context = self._resolve_context().context
        with one_reading(context) as project:
            self.validation_definitions = [
                _as_read(definition, project, context) for definition in self.validation_definitions
            ]
            return self._run(batch_parameters, expectation_parameters, run_id)

    def _run(
        self, batch_parameters: Any, expectation_parameters: Any, run_id: Any
    ) -> CheckpointResult:
        self._is_judged_otherwise = bool(expectation_parameters)
        sources: dict[str, BigQueryModels] = {}
        jobs: MonitorJobs | None = None
        for definition in self.validation_definitions:
            source = definition.data_source
            if isinstance(definition, Monitor) and isinstance(source, BigQueryModels):
                sources[source.name] = source
                jobs = source.jobs(batch_parameters or {})
                jobs.submit([definition.name])
        given = dict(batch_parameters or {})
        self._run_stamp = self._stamp(jobs, run_id, given.pop("as_of", None))
        # Other vars measure something else, GX's own parameters choose another batch, suite
        # parameters judge otherwise: that is no part of the docs' past.
        is_own = not any(given.values()) and not expectation_parameters
        for definition in self.validation_definitions:
            if isinstance(definition, JudgedDefinition):
                definition._run_stamp = self._run_stamp if is_own else None
        # Without a time, GX reads the name as one: a random part may be an offset of 70 hours.
        run_id = run_id or RunIdentifier(self._run_stamp.run_id, self._run_stamp.started_at)
        try:
            return super().run(batch_parameters, expectation_parameters, run_id)
        finally:
            self._under_way = timedelta()
            for source in sources.values():
                source.forget_jobs()

    @property
    def run_stamp(self) -> RunStamp | None:
        """The last run, or the one under way; None before the first."""
        return self._run_stamp

    def _stamp(
        self, jobs: MonitorJobs | None, run_id: RunIdentifier | None, asked: object
    ) -> RunStamp:
        started = datetime.now(UTC) - self._under_way
        named = str(run_id.run_name) if run_id is not None and run_id.run_name else None
        project = project_of(self._resolve_context().context)
        revision = project.revision
        return RunStamp(
            run_id=named or (jobs.run_id if jobs else new_run_id(started)),
            checkpoint=self.name,
            target=(jobs.target if jobs else project.target()).name,
            as_of=jobs.as_of if jobs else _as_of(asked, started, project),
            started_at=started,
            monitors=len(project.checkpoint(self.name).monitors),
            revision=None if revision is None else str(revision),
        )

    @property
    def is_judged_otherwise(self) -> bool:
        """Whether the last run was given values of suite parameters: other thresholds, perhaps."""
        return self._is_judged_otherwise

    @property
    def outcomes(self) -> list[Outcome]:
        """What the last run found, one a monitor, in the checkpoint's order."""
        return [
            definition.outcome
            for definition in self.validation_definitions
            if isinstance(definition, JudgedDefinition) and definition.outcome is not None
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
            if isinstance(definition, JudgedDefinition) and definition.outcome is not None:
                definition._outcome = self._with_page(definition.outcome)
                if self._on_outcome:
                    self._on_outcome(definition._outcome)
        return results

    def _with_page(self, outcome: Outcome) -> Outcome:
        """With the address of its page, where this run builds the data docs."""
        if not any(isinstance(action, DocsAction) for action in self.actions):
            return outcome
        if self._run_stamp is None:
            return outcome
        # Not above: a run without docs needs none of what draws them.
        from plumbline.gx.site_builder import open_sites

        for site in open_sites(self._resolve_context().context):
            target = site.project.target(self._run_stamp.target)
            return replace(outcome, docs_url=site.address(paths.monitor(outcome.monitor), target))
        return outcome

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


def _as_read(definition: Any, project: Project, context: Any) -> Any:
    """``definition``, made anew where its files changed since it was made: in a notebook, a
    checkpoint may have been got long before it is run."""
    if not isinstance(definition, JudgedDefinition):
        return definition
    try:
        is_same = definition.suite_file == project.suite_of(definition.name)
    except MonitorError:
        is_same = False
    if is_same:
        return definition
    store = context.validation_definition_store
    return store.get(store.get_key(name=definition.name))


def _as_of(asked: object, started: datetime, project: Project) -> datetime:
    """The instant that a run over data assets of GX's own judges."""
    if not asked:
        return started
    try:
        return parse_as_of(str(asked), now=started, zone=project.timezone).instant
    except PlumblineError:  # the ERROR of each monitor
        return started
