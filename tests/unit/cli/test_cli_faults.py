"""Faults: an exit code each, one message, and a traceback only with --debug."""

from __future__ import annotations

from typing import NoReturn

import click
import pytest

from plumbline.core.errors import ConfigError, MonitorError, PlumblineError, WarehouseError
from support.projects import SmallProject
from unit.cli.conftest import Plumbline


@pytest.fixture
def broken(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    """``plumbline list`` with a fault inside."""
    monkeypatch.setattr("plumbline.report.catalogue.read_catalogue", Broken.fail)
    return Broken


class Broken:
    """What is raised instead of an answer."""

    fault: BaseException

    @classmethod
    def fail(cls, *_: object) -> NoReturn:
        raise cls.fault


def aborted_by(fault: BaseException) -> click.Abort:
    """What click raises at a question."""
    abort = click.Abort()
    abort.__context__ = fault
    return abort


FAULTS: list[tuple[BaseException, int, str]] = [
    (ConfigError("wrong", file="a.yml", key="b.c", fix="fix it"), 64, "error: wrong"),
    (MonitorError("wrong"), 3, "error: wrong"),
    (WarehouseError("no answer"), 3, "error: no answer"),
    (PlumblineError("odd"), 70, "error: odd"),
    (KeyError("x"), 70, "error: bug in plumbline: KeyError: 'x'"),
    (ValueError(), 70, "error: bug in plumbline: ValueError"),
    (RecursionError("deep"), 70, "error: bug in plumbline: RecursionError: deep"),
    (PermissionError(13, "Permission denied", "f"), 70, "PermissionError"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (aborted_by(KeyboardInterrupt()), 130, "interrupted"),
    (aborted_by(EOFError()), 64, "\nerror: a question was not answered: the input has ended"),
]


@pytest.mark.parametrize(
    ("fault", "code", "message"), FAULTS, ids=[type(case[0]).__name__ for case in FAULTS]
)
def test_a_fault_has_its_exit_code_and_one_message(
    broken: type[Broken], plumbline: Plumbline, fault: BaseException, code: int, message: str
) -> None:
    broken.fault = fault
    said = plumbline("list")
    assert said.code == code
    assert said.out == ""
    assert message in said.err
    assert "Traceback" not in said.err


def test_an_error_says_file_key_and_fix(broken: type[Broken], plumbline: Plumbline) -> None:
    broken.fault = ConfigError("wrong", file="a.yml", key="b.c", fix="fix it")
    assert plumbline("list").err == "error: wrong\n  in: a.yml: b.c\n  fix: fix it\n"


def test_a_file_of_the_project_has_its_short_name(
    broken: type[Broken], plumbline: Plumbline, project: SmallProject
) -> None:
    broken.fault = ConfigError("wrong", file=project.root / "expectations" / "a.json")
    assert "  in: expectations/a.json\n" in plumbline("list").err


def test_a_file_elsewhere_keeps_its_whole_name(broken: type[Broken], plumbline: Plumbline) -> None:
    broken.fault = ConfigError("wrong", file="/elsewhere/a.json")
    assert "  in: /elsewhere/a.json\n" in plumbline("list").err


@pytest.mark.parametrize(
    "arguments", [("--debug", "list"), ("list", "--debug")], ids=["before", "after"]
)
@pytest.mark.parametrize("fault", [KeyError("x"), MonitorError("wrong")], ids=["ours", "theirs"])
def test_debug_shows_the_traceback_and_keeps_message_and_code(
    broken: type[Broken],
    plumbline: Plumbline,
    arguments: tuple[str, ...],
    fault: Exception,
) -> None:
    broken.fault = fault
    said = plumbline(*arguments)
    assert "Traceback (most recent call last)" in said.err
    assert "error: " in said.err.splitlines()[-1] or "error: " in said.err
    assert said.code == (3 if isinstance(fault, MonitorError) else 70)


def test_without_debug_the_message_of_a_fault_of_ours_says_how_to_see_it(
    broken: type[Broken], plumbline: Plumbline
) -> None:
    broken.fault = KeyError("x")
    assert "--debug" in plumbline("list").err


def test_a_message_of_several_lines_stays_one_message(
    broken: type[Broken], plumbline: Plumbline
) -> None:
    broken.fault = WarehouseError("it stopped:\n    Could not set lock\x1b[31m", fix="close it")
    assert plumbline("list").err == (
        "error: it stopped:\n      Could not set lock\\x1b[31m\n  fix: close it\n"
    )
