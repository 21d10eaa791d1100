"""The files of the project, and where a run keeps what it writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from plumbline.core.errors import PlumblineError
from plumbline.core.text import listing
from plumbline.doctor.diagnosis import Diagnosis, Level, fault
from plumbline.project import Project
from plumbline.project.labels import project_labels
from plumbline.project.project import FIRST_MONITOR


def check_files(project: Project) -> Iterator[Diagnosis]:
    """The configuration, and a line for each kind of file."""
    try:
        zone = project.timezone.key
        project.check_stores()
        project.sites  # noqa: B018 - reading it is the check
        project_labels(project, None)
        project.identity  # noqa: B018 - reading it is the check
        yield Diagnosis("configuration", Level.OK, f"great_expectations.yml; days are in {zone}")
    except PlumblineError as error:
        yield fault("configuration", error)
    yield _models(project)
    yield _each("suites", project.suite_names(), lambda name: project.suite(name))
    if definitions := project.definition_names():
        yield _each("validation definitions", definitions, lambda name: project.suite_of(name))
    yield _each("checkpoints", project.checkpoint_names(), lambda name: project.checkpoint(name))


def _models(project: Project) -> Diagnosis:
    from plumbline.models.files import index_models
    from plumbline.project.dbt_folders import model_folders

    try:
        folders = model_folders(project.root, project.dbt)
        found = index_models(folders, project.files).files
    except PlumblineError as error:
        return fault("models", error)
    shown = ", ".join(os.path.relpath(folder, project.root) for folder in folders)
    if not found:
        return Diagnosis("models", Level.NOTE, f"none in {shown}; suites over tables need none")
    return Diagnosis("models", Level.OK, f"{len(found)} in {shown}")


def _each(what: str, names: tuple[str, ...], read: Callable[[str], object]) -> Diagnosis:
    if not names:
        return Diagnosis(what, Level.MISSING, "there are none", FIRST_MONITOR)
    faults: list[PlumblineError] = []
    for name in names:
        try:
            read(name)
        except PlumblineError as error:
            faults.append(error)
    if not faults:
        return Diagnosis(what, Level.OK, f"{len(names)}: {listing(names)}")
    first = fault(what, faults[0])
    return Diagnosis(
        what, Level.MISSING, f"{len(faults)} of {len(names)} invalid: {first.detail}", first.fix
    )


def check_state_dir(folder: Path) -> Diagnosis:
    there = folder
    while not there.exists():
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Diagnosis("local state", Level.OK, f"{folder} can be written")
    return Diagnosis(
        "local state",
        Level.MISSING,
        f"{folder} can't be written",
        "make it writable, or set PLUMBLINE_STATE_DIR to another folder",
    )


def check_revision(project: Project) -> Diagnosis:
    try:
        revision = project.revision
    except PlumblineError as error:
        return fault("revision", error)
    if revision is None:
        return Diagnosis(
            "revision",
            Level.NOTE,
            "not in git, and not set at build: outcomes will have no revision of the suites",
        )
    return Diagnosis("revision", Level.OK, str(revision))
