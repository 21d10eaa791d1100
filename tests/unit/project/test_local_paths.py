"""Paths of this machine are not said to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.project.local_paths import without_local_paths


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("in {root}/expectations/x.json: name", "in expectations/x.json: name"),
        ("no such file: '{root}/rows.csv'", "no such file: 'rows.csv'"),
        ("in {root}", "in ."),
        ("see {state}/warehouse/server.log", "see .plumbline/warehouse/server.log"),
        ("{home}/.config/gcloud is not there", "~/.config/gcloud is not there"),
        ("{root}/a and {root}/b", "a and b"),
        ("a table nba.games is missing", "a table nba.games is missing"),
    ],
)
def test_files_are_named_from_where_others_know_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    root, state, home = (tmp_path / name for name in ("project", "state", "home"))
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(state))
    monkeypatch.setenv("HOME", str(home))
    assert without_local_paths(said.format(root=root, state=state, home=home), root) == told


def test_a_project_that_is_reached_by_a_link_is_named_by_neither_path(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    assert without_local_paths(f"in {link}/a and {tmp_path}/real/b", link) == "in a and b"


def test_where_home_is_the_root_of_all_files_paths_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/")
    assert without_local_paths("in /etc/hosts", tmp_path) == "in /etc/hosts"
