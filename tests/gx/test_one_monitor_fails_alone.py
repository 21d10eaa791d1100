"""What can't be evaluated, stored or drawn of one monitor is its own ERROR: the others go on."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import plumbline.core.run
import plumbline.evaluate.evaluation
import plumbline.gx.judged_definition
import plumbline.gx.site_builder
import plumbline.project.sandbox
import plumbline.run.compiling
import plumbline.site.pages.monitor
from plumbline.core.errors import ConfigError
from plumbline.core.outcome import RunReport
from plumbline.core.status import RunStatus, Status
from support.projects import SmallProject

pytestmark = pytest.mark.warehouse

DOCS = [{"name": "docs", "type": "plumbline_docs"}]


@pytest.fixture
def two(small: SmallProject) -> SmallProject:
    """A monitor that a test breaks, and one that is well."""
    for name in ("broken", "well"):
        small.add(name, "select 90.0 as pct")
    small.checkpoint("broken", "well", actions=DOCS)
    return small


def raising_for(name: str, call: Callable[..., Any], find: Callable[..., str]) -> Any:
    """``call``, which raises for what belongs to ``name``, once."""
    left = [name]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if find(*args) in left:
            left.clear()
            raise TypeError("what is that?")
        return call(*args, **kwargs)

    return wrapped


def page(two: SmallProject, report: RunReport, name: str) -> str:
    assert report.docs is not None
    site = two.root / ".plumbline" / "docs" / two.target.name
    return (site / "monitors" / f"{name}.html").read_text()


@pytest.mark.parametrize(
    ("module", "target", "find", "why"),
    [
        (
            plumbline.gx.judged_definition,
            "store_result",
            lambda monitor, *_: monitor.name,
            "the result could not be stored",
        ),
        (
            plumbline.evaluate.evaluation,
            "mask_result",
            lambda result, *_: result.suite_name,
            "the suite could not be evaluated",
        ),
        (
            plumbline.run.compiling.Compiler,
            "compile",
            lambda _compiler, model: model,
            "the SQL could not be compiled",
        ),
    ],
)
def test_what_can_not_be_compiled_masked_or_stored_is_its_monitors_error(
    two: SmallProject,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType | type,
    target: str,
    find: Callable[..., str],
    why: str,
) -> None:
    real = getattr(module, target)
    monkeypatch.setattr(module, target, raising_for("broken", real, find))

    report = two.run()

    broken, well = report.outcomes
    assert (broken.status, well.status) == (Status.ERROR, Status.PASS)
    assert str(broken.reason).startswith(f"{why}: TypeError: what is that?")
    assert report.action_errors == ()
    assert "what is that?" in page(two, report, "broken")
    assert "PASS" in page(two, report, "well")


LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def endless(model: Path) -> None:
    model.write_text(f"select 1 as pct {LOOPS}")


def pipe(model: Path) -> None:
    model.unlink()
    os.mkfifo(model)


def link(model: Path) -> None:
    model.unlink()
    model.symlink_to("/proc/self/environ")


@pytest.mark.parametrize(
    ("make", "why"),
    [(endless, "takes more than"), (pipe, "regular file"), (link, "outside the project")],
)
def test_a_template_that_would_hang_or_spy_is_its_monitors_error(
    two: SmallProject,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], None],
    why: str,
) -> None:
    monkeypatch.setattr(plumbline.project.sandbox, "MOST_STEPS", 50_000)
    make(two.root / "models" / "monitors" / "broken.sql")

    broken, well = two.run().outcomes

    assert (broken.status, well.status) == (Status.ERROR, Status.PASS)
    assert why in str(broken.reason)


def test_a_store_that_takes_neither_the_result_nor_its_error_ends_no_run(
    two: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = plumbline.gx.judged_definition.store_result

    def store(monitor: Any, *rest: Any) -> None:
        if monitor.name == "broken":
            raise TypeError("what is that?")
        real(monitor, *rest)

    monkeypatch.setattr(plumbline.gx.judged_definition, "store_result", store)

    broken, well = two.run().outcomes

    assert (broken.status, well.status) == (Status.ERROR, Status.PASS)
    assert broken.reason == "the result could not be stored: TypeError: what is that?"


def test_a_site_that_gives_no_address_costs_the_run_only_its_links(
    two: SmallProject, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def address(*_: Any) -> str:
        raise ConfigError("the bucket can't be reached")

    monkeypatch.setattr(plumbline.gx.site_builder.SiteBuilder, "address", address)

    report = two.run()

    assert [outcome.status for outcome in report.outcomes] == [Status.PASS, Status.PASS]
    assert [outcome.docs_url for outcome in report.outcomes] == [None, None]
    assert "broken has no link to its page: the bucket can't be reached" in caplog.text


@pytest.mark.parametrize("digits", ["32a12a0a", "4144a12a", "9a182233", "2a182511", "0a007a7a"])
def test_no_run_id_is_taken_for_a_time(
    two: SmallProject, monkeypatch: pytest.MonkeyPatch, digits: str
) -> None:
    """GX reads a run's name as its time where it is told none: 70 hours from UTC, or 7 days ago."""
    monkeypatch.setattr(plumbline.core.run, "uuid4", lambda: uuid.UUID(digits + "0" * 24))
    real, times = plumbline.gx.judged_definition.store_result, []

    def store(monitor: Any, result: Any, run_id: Any, batch_id: str) -> None:
        times.append(run_id.run_time)
        real(monitor, result, run_id, batch_id)

    monkeypatch.setattr(plumbline.gx.judged_definition, "store_result", store)
    began = datetime.now(UTC)

    report = two.run()

    assert report.run_id.endswith(f"-{digits}")
    assert [outcome.status for outcome in report.outcomes] == [Status.PASS, Status.PASS]
    assert all(began - timedelta(minutes=1) < time <= datetime.now(UTC) for time in times)
    assert len(times) == 2


def test_a_page_that_can_not_be_drawn_says_so_and_the_others_are_drawn(
    two: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = plumbline.site.pages.monitor.render
    monkeypatch.setattr(
        plumbline.site.pages.monitor,
        "render",
        raising_for("broken", real, lambda _data, view: view.name),
    )

    report = two.run()

    assert [outcome.status for outcome in report.outcomes] == [Status.PASS, Status.PASS]
    assert report.status is RunStatus.ERROR
    assert report.exit_code == 3
    assert report.score == 100
    (error,) = report.action_errors
    assert "broken: its page could not be drawn: TypeError: what is that?" in error
    assert "its page could not be drawn" in page(two, report, "broken")
    assert "PASS" in page(two, report, "well")
