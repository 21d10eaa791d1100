"""The text of a runbook, as a page shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.project import Project
from plumbline.project.files import Files
from plumbline.project.runbooks import find_runbook, read_runbook


def test_a_runbook_may_be_named_with_a_heading(tmp_path: Path) -> None:
    (tmp_path / "lag.md").write_text("# Lag\n")
    assert find_runbook(tmp_path, "lag.md#fix") == tmp_path / "lag.md"
    assert read_runbook(tmp_path, "lag.md#fix", Files()) == "# Lag\n"


@pytest.mark.parametrize("named", ["loop.md", "missing.md", "https://example.com/lag.md", "a\0.md"])
def test_a_runbook_that_can_not_be_read_has_no_text(tmp_path: Path, named: str) -> None:
    (tmp_path / "loop.md").symlink_to("loop.md")
    assert read_runbook(tmp_path, named, Files()) is None


def test_a_runbook_that_links_to_itself_does_not_end_a_run(tmp_path: Path) -> None:
    (tmp_path / "great_expectations.yml").touch()
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "expectations").mkdir()
    suite = '{"name": "lag", "meta": {"monitor": {"model": "lag", "runbook": "loop.md"}}}'
    (tmp_path / "expectations" / "lag.json").write_text(suite)
    Project(tmp_path).read_all()
