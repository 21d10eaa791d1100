"""The query for the rows behind a failing monitor: as its suite declares it, else derived.

It is made of what the run knows, shown to people, and never run. Used by `plumbline.run.engine`.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from plumbline.core.errors import MonitorError
from plumbline.core.masking import explain_masked
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.models import CompiledModel
from plumbline.models.copied_sql import with_values
from plumbline.models.drilldown import FailingGroups
from plumbline.project import Suite
from plumbline.project.local_paths import without_local_paths
from plumbline.report.run import failing
from plumbline.run.compiling import table_of
from plumbline.run.jobs import MonitorData, MonitorJobs
from plumbline.run.withheld import withheld

logger = logging.getLogger(__name__)


def with_drilldown(outcome: Outcome, jobs: MonitorJobs) -> Outcome:
    """``outcome`` with the query, where it fails and there is one.

    A fault in a drilldown doesn't change what was found: it is a note.
    """
    is_failing = outcome.status in (Status.WARNING, Status.CRITICAL)
    if not is_failing or jobs.project.asset_of(outcome.monitor) is not None:
        return outcome  # of a data asset of GX there is no query of ours
    suite = jobs.project.suite_of(outcome.monitor)
    try:
        return replace(outcome, drilldown=_drilldown(suite, outcome, jobs))
    except MonitorError as error:
        fault = error
    except Exception as raised:  # no alert is lost over a query that nobody has run
        logger.debug("the drilldown of %s could not be made", outcome.monitor, exc_info=True)
        fault = MonitorError(f"{type(raised).__name__}: {raised}", file=suite.file)
    said = without_local_paths(explain_masked(fault, jobs.mask(suite)), jobs.project.root)
    return replace(outcome, notes=(*outcome.notes, f"the drilldown could not be made: {said}"))


def _drilldown(suite: Suite, outcome: Outcome, jobs: MonitorJobs) -> str | None:
    data = jobs.data(outcome.monitor)
    groups = failing_groups(suite, data, outcome)
    compiled = (
        _derived(suite, data, outcome, groups)
        if suite.drilldown is None
        else jobs.compile_drilldown(suite, groups)
    )
    if compiled is None:
        return None
    return with_values(compiled, withheld=withheld(compiled, suite, data.mask))


def failing_groups(suite: Suite, data: MonitorData, outcome: Outcome) -> FailingGroups:
    """The failing groups of an outcome."""
    compiled = data.compiled
    return FailingGroups(
        keys=[group.key for group in failing(outcome.groups)],
        columns=suite.group_columns.union(compiled.grain),
        types={column.name: column.type for column in data.result.schema},
        personal=data.mask.columns,
    )


def _derived(
    suite: Suite, data: MonitorData, outcome: Outcome, groups: FailingGroups
) -> CompiledModel | None:
    """Of a suite over a table the rows that its failed expectations count, of a query of failing
    rows that query; None: of a model that aggregates, the rows are not known."""
    table = table_of(data.compiled)
    if table is None:
        return data.compiled if suite.returns_failing_rows else None
    failed = [
        index
        for index, one in enumerate(outcome.expectations)
        if not one.success and one.error is None
    ]
    return table.failing_rows(failed, groups)
