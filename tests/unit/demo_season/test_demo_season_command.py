"""``python scripts/demo_season``: the same call gives the same bytes; wrong usage is 64."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from demo_season.cli import main
from demo_season.season import make_season

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
SHORT = ["--from", "2026-01-25", "--to", "2026-02-02"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo_season"), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_command_writes_the_same_bytes_every_time(tmp_path: Path) -> None:
    done = run("--out", tmp_path / "one", *SHORT)
    assert (done.returncode, done.stdout) == (0, "")
    assert "9 tables" in done.stderr
    assert main(["--out", str(tmp_path / "two"), *SHORT]) == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(contents(tmp_path / "one")) == 9


def test_the_whole_season_is_the_same_every_time(tables, incidents) -> None:
    again = make_season(incidents)
    assert all(again[name].equals(table) for name, table in tables.items())


def test_another_seed_makes_another_season(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "one"), *SHORT]) == 0
    assert main(["--out", str(tmp_path / "two"), *SHORT, "--seed", "7"]) == 0
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert all(one[name] != two[name] for name in one)


def test_rows_lie_between_the_dates_given_and_the_calendar_stays_whole(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--from", "2026-01-10", "--to", "2026-01-12"]) == 0
    features = pq.read_table(tmp_path / "nba_predictions.ml_feature_store_v2.parquet")
    days = sorted(set(features["game_date"].to_pylist()))
    assert [str(day) for day in days] == ["2026-01-10", "2026-01-11", "2026-01-12"]
    games = pq.read_table(tmp_path / "nba_reference.nba_schedule.parquet").to_pandas()
    games = games[~games["is_all_star"]]
    assert len(games) == 1232
    assert str(games[games["game_status"] == 3]["game_date"].max()) == "2026-01-12"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '--out'"),
        (["--out", "x", "--from", "hello"], "'hello' does not match"),
        (["--out", "x", "--from", "2026-02-02", "--to", "2026-01-01"], "not part of the calendar"),
        (["--out", "x", "--to", "2027-01-01"], "choose dates from 2025-10-21 to 2026-04-12"),
        (["--out", "x", "--seed", "-1"], "--seed"),
        (["--out", "x", "--sed", "1"], "--seed"),
        (["--out", str(Path(__file__) / "below")], "give another folder"),
    ],
)
def test_wrong_usage_is_64_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    if len(arguments) == 2:
        arguments = [*arguments, "--from", "2026-01-10", "--to", "2026-01-10"]
    assert main(arguments) == 64
    assert said in capsys.readouterr().err


def test_help_has_an_example_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "64" in text
    example = text.split("Example: python scripts/demo_season ")[1].split(" Exit codes")[0]
    arguments = example.replace("build/season", str(tmp_path)).split()
    assert main([*arguments, "--to", "2026-01-15"]) == 0
