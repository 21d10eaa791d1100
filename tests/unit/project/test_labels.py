"""Labelled incidents: read strictly, and what they cover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from demo_season.incidents import read_incidents
from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey
from plumbline.project import Project
from plumbline.project.labels import TRACES, project_labels, read_labels
from support.documents import read_document
from unit.backtest.conftest import NEW_YORK

ROOT = Path(__file__).parents[3]
RIGHT = """
incidents:
  - id: no-lines
    title: No lines
    dates: 2026-01-26..2026-01-27
    began: 2026-01-26T06:30:00-05:00
    due: 2026-01-26T10:00:00-05:00
    mended: null
    monitors: [line_coverage]
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "incidents.yml"
    file.write_text(text)
    return file


def test_the_shipped_file_says_what_the_demo_season_makes() -> None:
    labels = project_labels(Project(ROOT), None)
    assert labels is not None
    every = read_incidents(ROOT / "scripts/demo_season/incidents.yml")
    season = {one.id: one for one in every if one.monitors}
    assert {label.id for label in labels} == set(season)
    for label in labels:
        made = season[label.id]
        assert (label.dates, label.began, label.due, label.mended) == (
            tuple(made.dates), made.began, made.due, made.mended,
        )  # fmt: skip
        assert (tuple(label.monitors), label.kind, label.title) == (
            made.monitors,
            made.kind,
            made.title,
        )
        assert tuple(label.groups) == made.groups


def test_a_project_without_the_file_has_no_labels(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: x\nvars: {timezone: America/New_York}\n")
    assert project_labels(Project(tmp_path), None) is None


def test_it_is_seen_until_its_traces_have_left_the_windows(tmp_path: Path) -> None:
    (label,) = read_labels(read_document(write(tmp_path, RIGHT)), zone=NEW_YORK)
    over = datetime(2026, 1, 28, 5, tzinfo=UTC)  # the end of its last date in New York
    assert label.dates == (date(2026, 1, 26), date(2026, 1, 27))
    assert label.ends == over + TRACES
    assert label.covers("line_coverage", over + TRACES)
    assert not label.covers("line_coverage", over + TRACES + timedelta(seconds=1))
    assert not label.covers("line_coverage", label.began - timedelta(seconds=1))
    assert not label.covers("bdb_coverage", over)


def test_the_file_may_say_until_when_it_is_seen(tmp_path: Path) -> None:
    text = RIGHT + "    until: 2026-02-01T00:00:00Z\n"
    (label,) = read_labels(read_document(write(tmp_path, text)), zone=NEW_YORK)
    assert label.ends == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "says", "key"),
    [
        ("    title: No lines\n", "    titel: No lines\n", "unknown key 'titel'", "incidents[0].titel"),
        ("    monitors: [line_coverage]\n", "", "'monitors' is missing", "incidents[0].monitors"),
        ("began: 2026-01-26T06:30:00-05:00", "began: 2026-01-26T06:30:00", "timezone", "incidents[0].began"),
        ("mended: null", "mended: 2026-01-25T00:00:00Z", "mended is earlier than began", "incidents[0].mended"),
        ("2026-01-26..2026-01-27", "2026-01-27..2026-01-26", "ends before it begins", "incidents[0].dates"),
        ("2026-01-26..2026-01-27", "26.01.2026", "'26.01.2026' is not a valid value", "incidents[0].dates"),
        ("2026-01-26..2026-01-27", "2025-01-26..2025-01-27", "2025-01-27, is long before began", "incidents[0].dates"),
        ("id: no-lines", "id: No Lines", "pattern", "incidents[0].id"),
        ("mended: null", "group: [{system_id: q43}]", "unknown key 'group'", "incidents[0].group"),
        ("mended: null", "groups: {system_id: q43}", "valid list", "incidents[0].groups"),
        ("mended: null", "groups: [q43]", "not a mapping", "incidents[0].groups[0]"),
        ("mended: null", "groups: [{}]", "the mapping is empty", "incidents[0].groups[0]"),
        ("mended: null", "groups: [{system_id: [q43]}]", "['q43'] is not a valid value", "incidents[0].groups[0].system_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_key(
    tmp_path: Path, old: str, new: str, says: str, key: str
) -> None:
    assert old in RIGHT
    with pytest.raises(ConfigError) as refused:
        read_labels(read_document(write(tmp_path, RIGHT.replace(old, new))), zone=NEW_YORK)
    assert says in refused.value.what
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("groups", "key", "is_concerned"),
    [
        ("[]", {"system_id": "q43"}, True),
        ("[{system_id: q43}]", {"system_id": "q43"}, True),
        ("[{system_id: q43}]", {"system_id": "q50"}, False),
        ("[{system_id: q43}, {system_id: q50}]", {"system_id": "q50"}, True),
        ("[{system_id: q43}]", {"system_id": "q43", "game_date": date(2026, 1, 26)}, True),
        ("[{game_date: 2026-01-26}]", {"system_id": "q43", "game_date": date(2026, 1, 26)}, True),
        ("[{system_id: q43, game_date: 2026-01-27}]", {"system_id": "q43", "game_date": date(2026, 1, 26)}, False),
        ("[{system_id: q43, game_date: 2026-01-26}]", {"system_id": "q43"}, False),
        ("[{game_id: 22500001}]", {"game_id": "22500001"}, True),
        ("[{system_id: null}]", {"system_id": None}, True),
        ("[{system_id: null}]", {"game_id": "1"}, False),
    ],
)  # fmt: skip
def test_a_label_concerns_the_groups_that_it_names_by_some_of_their_columns(
    tmp_path: Path, groups: str, key: dict[str, object], is_concerned: bool
) -> None:
    text = RIGHT.replace("mended: null", f"groups: {groups}")
    (label,) = read_labels(read_document(write(tmp_path, text)), zone=NEW_YORK)
    assert label.concerns(GroupKey.of(key)) is is_concerned


@pytest.mark.parametrize("value", ["2026-02-30T06:30:00-05:00", "2026-13-01", "2026-01-32"])
def test_a_day_that_does_not_exist_is_named_where_it_stands(tmp_path: Path, value: str) -> None:
    text = RIGHT.replace("2026-01-26T06:30:00-05:00", value)
    with pytest.raises(ConfigError) as refused:
        read_labels(read_document(write(tmp_path, text)), zone=NEW_YORK)
    assert f"has an invalid value: {value}: " in refused.value.what
    line = next(n for n, each in enumerate(text.splitlines(), 1) if value in each)
    assert f"line {line}" in str(refused.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    entry = RIGHT.split("incidents:\n")[1]
    with pytest.raises(ConfigError, match="two incidents have the id 'no-lines'"):
        read_labels(read_document(write(tmp_path, RIGHT + entry)), zone=NEW_YORK)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is missing"):
        project_labels(Project(ROOT), tmp_path / "none.yml")
