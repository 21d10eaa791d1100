"""The files of a project, each read once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project import Project
from plumbline.project.files import Files


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of files that this user may not open."""
    names: set[str] = set()
    open_file = os.open

    def open_unlocked(path: Path, flags: int, *rest: int, **others: int) -> int:
        if Path(path).name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return open_file(path, flags, *rest, **others)

    monkeypatch.setattr(os, "open", open_unlocked)
    return names


def test_a_file_that_may_not_be_opened_is_there(tmp_path: Path, locked: set[str]) -> None:
    file, files = tmp_path / "a.yml", Files()
    file.write_text("a: 1\n")
    locked.add(file.name)
    files.read_all([file])
    assert files.is_file(file)


@pytest.mark.parametrize("name", ["missing.yml", "folder", "file/inside"])
def test_what_is_no_file_is_not_there_after_it_was_asked_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    files = Files()
    files.read_all([tmp_path / name])
    assert not files.is_file(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("checkpoints/alerts.yml", "alerts"),
        ("checkpoints/mutes.yml", "mutes"),
        ("checkpoints/schedule.yml", "schedules"),
        ("deploy/services.yml", "services"),
        ("dbt_project.yml", "vars"),
    ],
)
def test_a_run_does_not_take_defaults_for_a_file_that_it_may_not_open(
    tmp_path: Path, locked: set[str], name: str, part: str
) -> None:
    (tmp_path / "great_expectations.yml").touch()
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("{}\n")
    locked.add(file.name)
    project = Project(tmp_path)
    project.read_all()
    with pytest.raises(ConfigError, match="can't be read"):
        getattr(project, part)
