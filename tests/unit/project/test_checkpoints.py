"""A fault in a checkpoint is refused before anything runs (64)."""

import json
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "expectations").mkdir()
    (tmp_path / "checkpoints").mkdir()
    for name in ("line_coverage", "grading"):
        (tmp_path / "expectations" / f"{name}.json").write_text("{}")
    return Project(tmp_path)


def write(project: Project, checkpoint: object, name: str = "daily") -> None:
    text = checkpoint if isinstance(checkpoint, str) else json.dumps(checkpoint)
    (project.checkpoints_dir / f"{name}.json").write_text(text)


def naming(*monitors: str) -> dict[str, object]:
    return {"name": "daily", "validation_definitions": [{"name": name} for name in monitors]}


def test_monitors_keep_the_order_of_the_file(project: Project) -> None:
    write(project, naming("line_coverage", "grading"))
    assert project.checkpoint("daily").monitors == ("line_coverage", "grading")


def test_a_monitor_whose_suite_is_malformed_is_still_a_monitor(project: Project) -> None:
    (project.expectations_dir / "grading.json").write_text("{")
    write(project, naming("grading"))
    assert project.checkpoint("daily").monitors == ("grading",)


def test_a_plain_validation_definition_may_stand_beside_monitors(project: Project) -> None:
    project.validation_definitions_dir.mkdir()
    (project.validation_definitions_dir / "whole_table.json").write_text("{}")
    write(project, naming("grading", "whole_table"))
    assert project.checkpoint("daily").monitors == ("grading", "whole_table")


@pytest.mark.parametrize(
    ("checkpoint", "key", "said"),
    [
        ("{", "line 1, column 2", "not JSON"),
        ({"name": "daily"}, "validation_definitions", "missing"),
        (
            {"name": "daily", "validation_definitions": []},
            "validation_definitions",
            "the list is empty",
        ),
        ({**naming("grading"), "action": []}, "action", "did you mean 'actions'?"),
        ({**naming("grading"), "name": "weekly"}, "name", "rename the file"),
        (naming("grading", "gradng"), "validation_definitions[1].name", "did you mean 'grading'?"),
        (naming("grading", "grading"), "validation_definitions[1].name", "twice"),
    ],
)
def test_a_malformed_checkpoint_is_refused_with_file_key_and_fix(
    project: Project, checkpoint: object, key: str, said: str
) -> None:
    write(project, checkpoint)
    with pytest.raises(ConfigError) as caught:
        project.checkpoint("daily")
    assert caught.value.key == key
    assert said in str(caught.value)
    assert caught.value.exit_code == 64


def test_an_unknown_checkpoint_is_refused_with_the_near_one(project: Project) -> None:
    write(project, naming("grading"))
    with pytest.raises(ConfigError) as caught:
        project.checkpoint("dayly")
    assert caught.value.fix == "did you mean 'daily'?"
