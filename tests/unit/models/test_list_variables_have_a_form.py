"""Each list variable of a shipped model has a form, so that a typing error names its file and key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.models import Compiler
from plumbline.models.compilation import BUILT_IN
from plumbline.project import Project
from plumbline.run.jobs import MonitorJobs

PROJECT = Project(Path(__file__).parents[3])
TARGET = PROJECT.target("local")
JOBS = MonitorJobs(PROJECT, TARGET, datetime(2026, 2, 2, 12, tzinfo=UTC))
COMPILER = Compiler(PROJECT, TARGET)


@pytest.mark.parametrize("monitor", PROJECT.suite_names())
def test_the_model_declares_the_form_of_its_list_variables(monitor: str) -> None:
    compiled = JOBS.compile(PROJECT.suite(monitor))
    described = COMPILER.properties(compiled.name)
    assert described is not None
    lists = [
        one.name for one in compiled.parameters if one.element_type and one.name not in BUILT_IN
    ]
    assert [name for name in lists if "entries" not in described.bounds.get(name, {})] == []
