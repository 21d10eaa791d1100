"""The task of the page about Airflow: its command ends as the page's table says."""

from __future__ import annotations

import ast
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.status import (
    EXIT_CRITICAL,
    EXIT_ERROR,
    EXIT_SOFTWARE,
    EXIT_USAGE,
    EXIT_WARNING,
)
from support.pages import Page

PAGE = Page("docs/airflow.md")
PLUMBLINE = "/opt/plumbline/bin/plumbline"


def read_task() -> dict[str, Any]:
    """The arguments of the page's BashOperator that are literals."""
    (block,) = PAGE.blocks("python")
    (call,) = [
        node
        for node in ast.walk(ast.parse(block.text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BashOperator"
    ]
    return {
        str(keyword.arg): ast.literal_eval(keyword.value)
        for keyword in call.keywords
        if not isinstance(keyword.value, ast.Call)
    }


@pytest.mark.parametrize("code", [0, EXIT_ERROR, EXIT_USAGE, EXIT_SOFTWARE])
def test_the_task_ends_with_plumblines_code_and_skips_none(code: int, tmp_path: Path) -> None:
    task = read_task()
    assert "skip_on_exit_code" not in task
    program = tmp_path / "plumbline"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexit {code}\n')
    program.chmod(0o755)
    command = str(task["bash_command"]).replace(PLUMBLINE, shlex.quote(str(program)))
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False)
    assert done.returncode == code
    asked = (tmp_path / "asked").read_text().split()
    assert asked == ["run", "health_check", "--target", "bigquery", "--fail-on", "error"]


def test_the_page_names_plumblines_own_codes() -> None:
    said = f"{EXIT_WARNING} for WARNING, {EXIT_CRITICAL} for CRITICAL, {EXIT_ERROR} for ERROR"
    assert said in PAGE.text
