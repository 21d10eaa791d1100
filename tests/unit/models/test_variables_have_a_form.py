"""Each text or list variable of a shipped model has a form, so that a typing error names its file and
key."""

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

CHECKED_BY_PROJECT = {*BUILT_IN, "timezone"}


@pytest.mark.parametrize("monitor", PROJECT.suite_names())
def test_the_model_declares_the_form_of_its_text_and_list_variables(monitor: str) -> None:
    compiled = JOBS.compile(PROJECT.suite(monitor))
    described = COMPILER.properties(compiled.name)
    assert described is not None
    read = [one for one in compiled.parameters if one.name not in CHECKED_BY_PROJECT]
    forms = {
        one.name: "entries" if one.element_type else "form"
        for one in read
        if one.element_type or one.type == "STRING"
    }
    bounds = described.bounds
    assert [name for name, key in forms.items() if key not in bounds.get(name, {})] == []
