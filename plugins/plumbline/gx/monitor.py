"""Monitors as GX has them: validation definitions that plumbline's engine runs.

GX's own validation definition aborts the whole checkpoint when one query raises, so that the others
give no result and no action runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)

from plumbline.core.run import Run, new_run_id
from plumbline.gx.datasource import NOTEBOOK, BigQueryModels, batch_id, given_as_of
from plumbline.gx.judged_definition import JudgedDefinition
from plumbline.gx.project_context import project_of
from plumbline.run.jobs import MonitorJobs


class Monitor(JudgedDefinition):
    """A suite over the rows of its model."""

    @property
    def source(self) -> BigQueryModels:
        """The datasource that holds its rows."""
        source = self.data_source
        assert isinstance(source, BigQueryModels)
        return source

    def jobs(
        self, options: Mapping[str, Any], *, checkpoint: str = NOTEBOOK, run_id: str | None = None
    ) -> MonitorJobs:
        """New ones of its datasource."""
        return self.source.jobs(options, checkpoint=checkpoint, run_id=run_id)

    def result_name(
        self,
        result: ExpectationSuiteValidationResult,
        options: Mapping[str, Any],
    ) -> str:
        """See `batch_id`."""
        return batch_id(self.source.name, self.name, options)


class TableMonitor(JudgedDefinition):
    """A suite over a data asset of GX's own."""

    def jobs(
        self, options: Mapping[str, Any], *, checkpoint: str = NOTEBOOK, run_id: str | None = None
    ) -> MonitorJobs:
        """None is sent: they say which run it is, and which instant is judged."""
        project = project_of(self._resolve_context().context)
        target, now = project.target(), datetime.now(UTC)
        given = given_as_of(options, project, now)
        as_of = now if given is None else given.instant
        run = Run(run_id or new_run_id(now), checkpoint, target.name, as_of, project.revision)
        return MonitorJobs(project, target, as_of, run=run)

    def result_name(
        self,
        result: ExpectationSuiteValidationResult,
        options: Mapping[str, Any],
    ) -> str | None:
        """GX's: it names a result by suite and batch. Two definitions may share both."""
        found = result.batch_id
        is_unique = found is None or self.name == self.suite.name
        return found if is_unique else f"{self.name}-{found}"
