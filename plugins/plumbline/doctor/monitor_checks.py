"""Checks of ``plumbline debug`` for what a run makes of the project's files: Great Expectations'
configuration, the actions of checkpoints, each monitor's suite and SQL.

They read the files as a run does, so that both find the same faults, in the same words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.doctor.diagnosis import Diagnosis, Level, fault

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.project import Project, Target


def check_great_expectations(project: Project) -> Iterator[Diagnosis]:
    """Whether Great Expectations loads the project, its checkpoints and its suites."""
    from plumbline.gx.context import load_context

    try:
        with _no_new_folders(project.root, project.state_dir):
            context = load_context(project)
    except PlumblineError as error:
        yield fault("great expectations", error)
        return
    for name in project.checkpoint_names():
        try:
            project.checkpoint(name)
        except PlumblineError:
            continue  # said of the files
        try:
            context.checkpoints.get(name)
        except PlumblineError as error:
            yield fault(f"checkpoint {name}", error)
    from plumbline.evaluate.build_suite import build_suite

    for name in project.suite_names():
        try:
            suite = project.suite(name)
        except PlumblineError:
            continue  # said of the files
        try:
            build_suite(suite)
        except PlumblineError as error:
            yield fault(f"suite {name}", error)


@contextlib.contextmanager
def _no_new_folders(*roots: Path) -> Iterator[None]:
    """Remove the folders of its stores that Great Expectations makes when it loads a project."""

    def folders() -> set[Path]:
        below = (root.glob(shape) for root in roots for shape in ("*/", "*/*/"))
        return {found for found in (*roots, *chain.from_iterable(below)) if found.is_dir()}

    before = folders()
    try:
        yield
    finally:
        for folder in sorted(folders() - before, reverse=True):
            with contextlib.suppress(OSError):  # it is not empty: a run is using it
                folder.rmdir()


def check_monitors(project: Project, target: Target, now: datetime) -> Iterator[Diagnosis]:
    """Whether each monitor's SQL can be made; of a suite over a table, only a run can tell."""
    from plumbline.run.engine import has_model
    from plumbline.run.jobs import MonitorJobs

    jobs, compiled, faults = MonitorJobs(project, target, now), 0, 0
    for name in _in_checkpoints(project):
        try:
            suite = project.suite_of(name)
            if suite.monitor.table is not None or not has_model(project, name):
                continue
        except PlumblineError:
            continue  # said of the files
        try:
            jobs.compile(suite)
            compiled += 1
        except PlumblineError as error:
            faults += 1
            yield fault(f"monitor {name}", error)
    if compiled and not faults:
        yield Diagnosis("monitors", Level.OK, f"the SQL of {compiled} compiles")


def _in_checkpoints(project: Project) -> Iterator[str]:
    seen = set()
    for checkpoint in project.checkpoint_names():
        try:
            found = project.checkpoint(checkpoint).monitors
        except PlumblineError:
            continue
        for name in found:
            if name not in seen:
                seen.add(name)
                yield name
