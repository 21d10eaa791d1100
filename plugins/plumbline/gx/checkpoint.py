"""GX's checkpoint over plumbline's engine: one job a monitor, and all actions run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from great_expectations.checkpoint.actions import ActionContext
from great_expectations.checkpoint.checkpoint import Checkpoint as GxCheckpoint
from great_expectations.checkpoint.checkpoint import CheckpointResult
from great_expectations.compatibility import pydantic
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.freshness_diagnostics import CheckpointFreshnessDiagnostics
from great_expectations.core.run_identifier import RunIdentifier

from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.gx.alert_action import AlertAction
from plumbline.gx.docs_action import DocsAction
from plumbline.gx.judged_definition import JudgedDefinition, StoredResults
from plumbline.gx.monitor import Monitor
from plumbline.gx.project_context import one_reading
from plumbline.project import Project, Target
from plumbline.run.engine import Engine, stamp_of
from plumbline.run.jobs import MonitorJobs
from plumbline.run.workspace import ActionResults, RunOutcomes
from plumbline.site import paths

if TYPE_CHECKING:
    from plumbline.alerts.factory import LiveRun
    from plumbline.gx.site_builder import SiteBuilder

logger = logging.getLogger(__name__)


class Checkpoint(GxCheckpoint):
    """GX's checkpoint over monitors: one job each, all submitted before the first is awaited."""

    _last_run: RunOutcomes | None = pydantic.PrivateAttr(None)
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
        """Run all monitors, then all actions; see ``JudgedDefinition.run``.

        Without a ``run_id`` of GX's, plumbline's own is its name. The files are those of the moment
        in which it begins: an edit during the run is in the next one.
        """
        self._last_run = None
        with one_reading(self.context) as project:
            self.validation_definitions = [
                _as_read(definition, project, self.context)
                for definition in self.validation_definitions
            ]
            if self.definitions:
                return self._run(batch_parameters, expectation_parameters, run_id)
            return super().run(batch_parameters, expectation_parameters, run_id)

    def _run(
        self, batch_parameters: Any, expectation_parameters: Any, run_id: Any
    ) -> CheckpointResult:
        started_at = datetime.now(UTC)
        options, parameters = dict(batch_parameters or {}), dict(expectation_parameters or {})
        over_models = [one for one in self.definitions if isinstance(one, Monitor)]
        named = None if run_id is None or not run_id.run_name else str(run_id.run_name)
        jobs = (*over_models, *self.definitions)[0].jobs(
            options, checkpoint=self.name, run_id=named
        )
        run = jobs.run
        assert run is not None
        stamp = stamp_of(run, jobs.project, jobs.target, started_at=started_at)
        # Without a time, GX reads the name as one: a random part may be an offset of 70 hours.
        run_id = run_id or RunIdentifier(run.run_id, started_at)
        workspace = CheckpointWorkspace(self, run_id=run_id, options=options)
        # Other vars measure something else, GX's own parameters choose another batch, suite
        # parameters judge otherwise: that is not part of the docs' past.
        is_changed = bool(_given(options) - {"as_of"} or parameters)
        engine = Engine(
            jobs,
            tuple(definition.name for definition in self.definitions),
            stamp=None if is_changed else stamp,
            parameters=parameters,
            batch_parameters=options,
        )
        try:
            engine.submit()
            judging = engine.judge(workspace)
            found = []
            for definition in self.validation_definitions:
                if isinstance(definition, JudgedDefinition):
                    found.append(next(judging).outcome)
                else:
                    workspace.kept[definition.name] = definition.run(
                        checkpoint_id=self.id,
                        batch_parameters=batch_parameters,
                        expectation_parameters=expectation_parameters,
                        result_format=self.result_format,
                        run_id=run_id,
                    )
            outcomes = tuple(found)
            live = None if parameters else _live_run(jobs, run, options)
            workspace.act(RunOutcomes(run, outcomes, jobs.target, live))
            assert workspace.result is not None
            return workspace.result
        finally:
            jobs.close()

    def finish(
        self,
        found: RunOutcomes,
        kept: Mapping[str, ExpectationSuiteValidationResult],
        run_id: RunIdentifier,
    ) -> CheckpointResult:
        """Make ``found`` the last run, and return GX's result of it.

        Args:
            kept: GX's results by monitor.
        """
        self._last_run = found  # first: the result gets a copy of this checkpoint
        by_name = {definition.name: definition for definition in self.definitions}
        for outcome in found.outcomes:
            by_name[outcome.monitor].set_outcome(outcome)
        results = {
            self._build_result_key(
                validation_definition=definition,
                run_id=run_id,
                batch_identifier=kept[definition.name].batch_id or definition.name,
            ): kept[definition.name]
            for definition in self.validation_definitions
        }
        return self._construct_result(run_id=run_id, run_results=results)

    def act(self, result: CheckpointResult) -> ActionResults:
        """Each action runs whatever the one before it did; in GX one that raises ends them all."""
        self._failed_actions.clear()
        context = ActionContext()
        for action in self._sort_actions():
            action._data_context = self.context
            try:
                done = action.run(checkpoint_result=result, action_context=context)
                context.update(action=action, action_result=done)
            except (Exception, SystemExit) as raised:  # noqa: BLE001 - it may raise anything
                line = f"action {action.name!r} failed: {type(raised).__name__}: {raised}"
                self._failed_actions.append(" ".join(line.split()))
                logger.warning("%s", self._failed_actions[-1])
        alerts = [action.report for action in self.actions if isinstance(action, AlertAction)]
        docs = [action.built for action in self.actions if isinstance(action, DocsAction)]
        return ActionResults(
            alerts=tuple(report for report in alerts if report is not None),
            docs=tuple(built for each in docs for built in each),
            failed=tuple(self._failed_actions),
        )

    def _run_actions(self, checkpoint_result: CheckpointResult) -> None:
        """Of a checkpoint without monitors, which GX runs itself."""
        self.act(checkpoint_result)

    @property
    def context(self) -> Any:
        """GX's."""
        return self._resolve_context().context

    @property
    def definitions(self) -> list[JudgedDefinition]:
        """Its monitors."""
        return [one for one in self.validation_definitions if isinstance(one, JudgedDefinition)]

    @property
    def last_run(self) -> RunOutcomes | None:
        """The last run, or the one whose actions are under way; None: no monitor was judged."""
        return self._last_run

    @property
    def outcomes(self) -> list[Outcome]:
        """What the last run found, one a monitor, in the checkpoint's order."""
        return [one.outcome for one in self.definitions if one.outcome is not None]

    @property
    def failed_actions(self) -> list[str]:
        """What went wrong with the actions of the last run, one line each."""
        return list(self._failed_actions)


class CheckpointWorkspace(StoredResults):
    """A checkpoint of GX's for one run of plumbline's engine: see `plumbline.run.workspace`."""

    def __init__(
        self, checkpoint: Checkpoint, *, run_id: RunIdentifier, options: Mapping[str, Any]
    ) -> None:
        super().__init__(
            checkpoint.definitions,
            run_id=run_id,
            options=options,
            result_format=checkpoint.result_format,
            checkpoint_id=checkpoint.id,
        )
        self._checkpoint = checkpoint
        self.result: CheckpointResult | None = None
        """GX's result of the run; None before its actions ran."""

    def page(self, name: str, target: Target) -> str | None:
        """The address of a monitor's page, where this run builds the data docs."""
        return None if self._site is None else self._site.address(paths.monitor(name), target)

    @cached_property
    def _site(self) -> SiteBuilder | None:
        """The first site; None: this run builds none."""
        if not any(isinstance(action, DocsAction) for action in self._checkpoint.actions):
            return None
        # Not above: a run without docs needs none of what draws them.
        from plumbline.gx.site_builder import open_sites

        return next(open_sites(self._checkpoint.context), None)

    def act(self, found: RunOutcomes) -> ActionResults:
        """Run the checkpoint's actions with GX's results of the run."""
        self.result = self._checkpoint.finish(found, self.kept, self.run_id)
        return self._checkpoint.act(self.result)


def _as_read(definition: Any, project: Project, context: Any) -> Any:
    """``definition``, made anew where its files changed since it was made: in a notebook, a
    checkpoint may have been got long before it is run."""
    if not isinstance(definition, JudgedDefinition):
        return definition
    try:
        is_same = definition.loaded.suite == project.suite_of(definition.name)
    except MonitorError:
        is_same = False
    if is_same:
        return definition
    store = context.validation_definition_store
    return store.get(store.get_key(name=definition.name))


def _live_run(jobs: MonitorJobs, run: Run, options: Mapping[str, Any]) -> LiveRun | None:
    """What a run in a notebook may tell of; None: it may touch no incident."""
    # ``as_of``, or the batch of a day of GX's own data assets
    asked_for_a_day = _given(options) - {"vars"}
    if asked_for_a_day or jobs.target.is_demo:
        return None
    # Not above: a run that tells nobody needs no channels.
    from plumbline.alerts.factory import LiveRun

    return LiveRun(
        jobs.project, jobs.target, run, datetime.now(UTC), is_kept=not options.get("vars")
    )


def _given(options: Mapping[str, Any]) -> set[str]:
    """The batch parameters that have a value. Not every value has a truth: a frame has none."""
    return {
        name
        for name, value in options.items()
        if value is not None and not (isinstance(value, str | Mapping) and not value)
    }
