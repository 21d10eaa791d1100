"""``checkpoints/mutes.yml``: who answers for silence, why, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project.mutes import read_mutes, read_until
from support.documents import read_document

NEW_YORK = ZoneInfo("America/New_York")

MUTES = """
mutes:
  - monitor: bdb_coverage
    owner: ml-platform
    reason: the vendor's feed is down
    until: 2026-02-10
  - {monitor: line_coverage, owner: ana, reason: backfill, until: 2026-02-10T18:00:00-05:00}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mutes.yml"


def test_a_mute_says_who_why_and_until_when(file: Path) -> None:
    file.write_text(MUTES)
    first, second = read_mutes(read_document(file), zone=NEW_YORK)
    assert (first.monitor, first.owner, first.source) == ("bdb_coverage", "ml-platform", "file")
    assert first.reason == "the vendor's feed is down"
    assert second.until == datetime(2026, 2, 10, 23, tzinfo=UTC)


def test_a_date_is_the_whole_day_in_the_projects_zone(file: Path) -> None:
    file.write_text(MUTES)
    mute = read_mutes(read_document(file), zone=NEW_YORK)[0]
    assert mute.covers("bdb_coverage", datetime(2026, 2, 11, 4, 59, tzinfo=UTC))
    assert not mute.covers("bdb_coverage", datetime(2026, 2, 11, 5, 0, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "# nothing yet", "mutes:", "mutes: []"])
def test_there_may_be_none(file: Path, text: str) -> None:
    file.write_text(text)
    assert read_mutes(read_document(file), zone=NEW_YORK) == ()


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("mutes:", "mutes: [", "line", "not YAML"),
        ("mutes:", "mute:", "mute", "did you mean 'mutes'?"),
        ("monitor: bdb_coverage", "monitor: line_coverage", "mutes[1].monitor", "muted twice"),
        ("    owner: ml-platform\n", "", "mutes[0].owner", "'owner' is missing"),
        ("    reason: the vendor's feed is down\n", "", "mutes[0].reason", "'reason' is missing"),
        ("    until: 2026-02-10\n", "", "mutes[0].until", "'until' is missing"),
        ("owner: ml-platform", 'owner: " "', "mutes[0].owner", "at least 1"),
        ("until: 2026-02-10\n", "until: '2026-02-30'\n", "mutes[0].until", "neither a date"),
        ("until: 2026-02-10\n", "until: 2026-02-30\n", "", "day is out of range for month"),
        ("until: 2026-02-10\n", "until: friday\n", "mutes[0].until", "neither a date"),
        ("until: 2026-02-10\n", "until: 9999-12-31\n", "mutes[0].until", "neither a date"),
        ("until: 2026-02-10\n", "until: 20260210\n", "mutes[0].until", "valid string"),
        ("18:00:00-05:00", "18:00:00", "mutes[1].until", "no time zone"),
    ],
)
def test_a_fault_is_refused_with_file_key_and_fix(
    file: Path, old: str, new: str, key: str, said: str
) -> None:
    assert old in MUTES
    file.write_text(MUTES.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        read_mutes(read_document(file), zone=NEW_YORK)
    fault = caught.value
    assert fault.file == str(file)
    assert key in (fault.key or "")
    assert said in f"{fault.what} {fault.fix}"


def test_an_instant_may_be_typed_with_utc() -> None:
    typed = read_until("2026-02-10T18:00Z", zone=NEW_YORK, key="--until")
    assert typed == datetime(2026, 2, 10, 18, tzinfo=UTC)


WINDOW = """
mutes:
  - monitor: bdb_coverage
    owner: ml-platform
    reason: the weekly reload
    window: {cron: "0 2 * * SUN", duration: 2h}
"""


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-02-01T01:59:00-05:00", False),
        ("2026-02-01T02:00:00-05:00", True),
        ("2026-02-01T03:59:00-05:00", True),
        ("2026-02-01T04:00:00-05:00", False),
        ("2026-02-02T02:30:00-05:00", False),
        ("2026-02-08T02:30:00-05:00", True),
        ("2026-07-05T02:30:00-04:00", True),
    ],
)
def test_a_window_recurs_in_its_zone(file: Path, at: str, holds: bool) -> None:
    file.write_text(WINDOW)
    (mute,) = read_mutes(read_document(file), zone=NEW_YORK)
    assert mute.covers("bdb_coverage", datetime.fromisoformat(at)) is holds


def test_a_window_ends_with_its_mute(file: Path) -> None:
    file.write_text(f"{WINDOW}    until: 2026-02-05\n")
    (mute,) = read_mutes(read_document(file), zone=NEW_YORK)
    assert mute.covers("bdb_coverage", datetime(2026, 2, 1, 7, 30, tzinfo=UTC))
    assert not mute.covers("bdb_coverage", datetime(2026, 2, 8, 7, 30, tzinfo=UTC))


def test_a_window_is_described_by_its_cron_and_zone(file: Path) -> None:
    file.write_text(WINDOW)
    (mute,) = read_mutes(read_document(file), zone=NEW_YORK)
    assert mute.describe() == (
        "bdb_coverage is muted for 2 h from each `0 2 * * SUN` (America/New_York) by "
        "ml-platform: the weekly reload"
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"0 2 * * SUN"', '"0 2 * *"', "mutes[0].window.cron"),
        ('"0 2 * * SUN"', '"0 2 31 2 *"', "mutes[0].window.cron"),
        ("2h}", "2 hours}", "mutes[0].window.duration"),
        ("2h}", "2h, zone: Mars/Olympus}", "mutes[0].window.zone"),
        ('window: {cron: "0 2 * * SUN", duration: 2h}', "", "mutes[0].until"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(file: Path, old: str, new: str, key: str) -> None:
    file.write_text(WINDOW.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        read_mutes(read_document(file), zone=NEW_YORK)
    assert refused.value.key == key
