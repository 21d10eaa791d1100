"""A project without a fault, to be broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.lint_project import LintedProject, make_linted


@pytest.fixture
def linted(tmp_path: Path) -> LintedProject:
    """In a folder of the test's own."""
    return make_linted(tmp_path / "project")
