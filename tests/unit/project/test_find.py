"""The project is found from the working directory, never from where the package lies."""

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project.find import find_project_dir, find_state_dir


@pytest.fixture
def project_dir(tmp_path: Path) -> Path:
    (tmp_path / "great_expectations.yml").write_text("config_version: 4.0\n")
    return tmp_path


def test_a_folder_below_the_project_finds_it(project_dir: Path) -> None:
    below = project_dir / "models" / "monitors"
    below.mkdir(parents=True)
    assert find_project_dir(start=below) == project_dir


def test_the_nearest_project_wins(project_dir: Path) -> None:
    inner = project_dir / "inner"
    inner.mkdir()
    (inner / "great_expectations.yml").write_text("")
    assert find_project_dir(start=inner) == inner


def test_a_named_project_is_taken_as_it_is(project_dir: Path, tmp_path: Path) -> None:
    assert find_project_dir(project_dir, start=Path("/")) == project_dir


def test_no_project_says_where_it_looked_and_what_to_do() -> None:
    with pytest.raises(ConfigError) as caught:
        find_project_dir(start=Path("/"))
    assert "no great_expectations.yml in /" in str(caught.value)
    assert "--project-dir" in str(caught.value)


def test_a_named_folder_without_the_file_is_refused_not_searched_above(project_dir: Path) -> None:
    below = project_dir / "models"
    below.mkdir()
    with pytest.raises(ConfigError, match="is not a plumbline project"):
        find_project_dir(below)


def test_local_state_lies_in_an_ignored_folder_of_the_project(
    project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLUMBLINE_STATE_DIR", raising=False)
    assert find_state_dir(project_dir) == project_dir / ".plumbline"


def test_the_environment_moves_local_state(
    project_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(tmp_path / "elsewhere"))
    assert find_state_dir(project_dir) == tmp_path / "elsewhere"


def test_a_project_inside_the_dbt_project_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop" / "plumbline").mkdir(parents=True)
    (tmp_path / "shop" / "models").mkdir()
    start = tmp_path / "shop" / "models"
    with pytest.raises(ConfigError) as none:
        find_project_dir(start=start)
    assert "`plumbline init` makes one" in str(none.value.fix)
    (tmp_path / "shop" / "plumbline" / "great_expectations.yml").touch()
    for folder, named in ((start.parent, "plumbline"), (start, "../plumbline")):
        with pytest.raises(ConfigError) as beside:
            find_project_dir(start=folder)
        assert beside.value.fix == f"name the project: --project-dir {named}"
