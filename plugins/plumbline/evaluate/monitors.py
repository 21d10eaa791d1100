"""What a run judges, as loaded: suites as their files have them, and as they are evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.expectation_suite import ExpectationSuite

from plumbline.core.errors import MonitorError
from plumbline.core.ids import stable_id
from plumbline.evaluate.build_suite import build_suite
from plumbline.project import Project, Suite
from plumbline.project.definitions import Definition


@dataclass(frozen=True)
class LoadedMonitor:
    """A suite over the rows of its model."""

    name: str
    built: ExpectationSuite
    """Empty where the file can't be read."""
    suite: Suite | None = None
    """As the file has it; None: it can't be read."""
    fault: MonitorError | None = None
    """Why it can't be judged."""


@dataclass(frozen=True)
class LoadedTable:
    """A suite over a data asset of Great Expectations' own."""

    name: str
    built: ExpectationSuite
    suite: Suite
    definition: Definition
    batch_definition: BatchDefinition[Any]


def load_monitor(project: Project, name: str, fault: MonitorError | None = None) -> LoadedMonitor:
    """A monitor whose suite is built; what is wrong with its files is its ``fault``.

    Args:
        project: where the files are.
        name: of the monitor.
        fault: what is known to be wrong with it already.
    """
    suite: Suite | None = None
    built = ExpectationSuite(name=name, id=str(stable_id("suite", name)))
    try:
        suite = project.suite_of(name)
        built = build_suite(suite)
        if suite.monitor.table is None:
            project.model_of(suite)
    except MonitorError as error:
        fault = fault or error
    return LoadedMonitor(name, built, suite, fault)
