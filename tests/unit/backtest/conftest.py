"""Projects and histories of a few lines, for tests that need no warehouse."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.status import Status
from plumbline.project import Suite
from plumbline.project.labels import Label
from plumbline.project.suites import read_suite
from support.documents import read_document
from support.projects import SmallProject, between, make_project
from support.targets import embedded_target

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 1, 1, 5, tzinfo=UTC)
STEP = timedelta(hours=6)


def at(run: int) -> datetime:
    """The instant of run number ``run``, from 0."""
    return START + run * STEP


def label(
    monitor: str = "coverage",
    *,
    began: int,
    due: int | None = None,
    ends: int,
    name: str = "it",
    systems: Iterable[str] = (),
) -> Label:
    """A labelled incident between two runs; of ``systems`` only, where there are any."""
    return Label(
        id=name,
        title=name,
        monitors=(monitor,),
        groups=[{"system_id": system} for system in systems],
        dates=(at(began).date(),),
        began=at(began),
        due=None if due is None else at(due),
        mended=None,
        ends=at(ends),
    )


def measured(
    values: Iterable[float | None], status: Status = Status.PASS, monitor: str = "coverage"
) -> list[Outcome]:
    """A run a value; None is SKIPPED."""
    return [
        Outcome(
            monitor,
            Status.SKIPPED if value is None else status,
            summary="",
            as_of=at(run),
            observed=value,
            unit="%",
        )
        for run, value in enumerate(values)
    ]


def grouped(runs: Iterable[dict[str, float]]) -> list[Outcome]:
    """A run a mapping of systems to values."""
    return [
        Outcome(
            "coverage",
            Status.PASS,
            summary="",
            as_of=at(run),
            observed=0.0,
            groups=tuple(
                GroupOutcome(GroupKey.of({"system_id": name}), Status.PASS, value)
                for name, value in values.items()
            ),
        )
        for run, values in enumerate(runs)
    ]


def write_suite(
    folder: Path,
    *expectations: dict[str, Any],
    observed: dict[str, Any] | None = None,
    name: str = "coverage",
) -> Suite:
    """A suite file, read."""
    meta = {"model": name, "observed": observed or {"column": "pct", "aggregate": "mean"}}
    file = folder / f"{name}.json"
    content = {"name": name, "meta": {"monitor": meta}, "expectations": list(expectations)}
    file.write_text(json.dumps(content, indent=2) + "\n")
    return read_suite(read_document(file))


def levels(warning: float = 80, critical: float = 50, **kwargs: Any) -> Sequence[dict[str, Any]]:
    """Two bounds from below."""
    chosen = {"column": "pct", "aggregate": "mean", **kwargs}
    return (
        between("warning", **chosen, min_value=warning),
        between("critical", **chosen, min_value=critical),
    )


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """``coverage``: mean of pct, 80 and 50."""
    return write_suite(tmp_path, *levels())


@pytest.fixture
def small(tmp_path: Path) -> SmallProject:
    """An empty project that is a git repository; no warehouse runs."""
    made = make_project(tmp_path / "project", embedded_target(tmp_path / "state"))
    git(made.root, "init", "-q", "-b", "main")
    return made


def git(root: Path, *arguments: str) -> str:
    """Run git as somebody."""
    person = ("-c", "user.name=ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=0")
    return subprocess.run(
        ["git", "-C", str(root), *person, *arguments], check=True, capture_output=True, text=True
    ).stdout


def commit(root: Path, message: str = "as it is") -> None:
    """Commit everything."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)
