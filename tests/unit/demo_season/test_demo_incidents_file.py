"""An incidents file that is wrong gets one clear message, with file and key, and exit code 64."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from demo_season.cli import main
from demo_season.incidents import Incidents, kind_names, read_incidents
from demo_season.season import make_season

GOOD = {
    "id": "silent",
    "title": "Two systems made no predictions",
    "kind": "silent_systems",
    "tables": ["nba_predictions.player_prop_predictions"],
    "dates": [dt.date(2025, 12, 10)],
    "systems": ["ensemble_v1", "moving_average"],
    "began": dt.datetime(2025, 12, 10, 14, tzinfo=dt.UTC),
    "due": None,
    "mended": None,
    "monitors": ["recent_predictions"],
}
GRADING = GOOD | {
    "kind": "grading_outage",
    "tables": ["nba_predictions.prediction_accuracy"],
    "monitors": ["grading_completeness"],
}
FEW = GOOD | {"kind": "few_predictions", "rows": {"catboost_v9": {dt.date(2025, 12, 10): 20}}}
del GRADING["systems"], FEW["systems"]


def write(folder: Path, *incidents: object) -> Path:
    path = folder / "mine.yml"
    path.write_text(yaml.safe_dump({"incidents": list(incidents)}))
    return path


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        (GOOD | {"kind": "silent_system"}, ["unknown kind 'silent_system'", "'silent_systems'?"]),
        (
            GOOD | {"kind": "nonsense"},
            ["unknown kind 'nonsense'", "one of: box_scores, duplicates"],
        ),
        ({k: v for k, v in GOOD.items() if k != "kind"}, ["kind is missing", "one of: "]),
        ({k: v for k, v in GOOD.items() if k != "dates"}, ["dates is missing", "(silent).dates"]),
        ({k: v for k, v in GOOD.items() if k != "mended"}, ["mended is missing", "null: never"]),
        (GOOD | {"dates": []}, ["(silent).dates", "at least 1 item"]),
        (GOOD | {"dates": "2025-12-32"}, ["(silent).dates", "2026-01-31..2026-02-01"]),
        (GOOD | {"dates": "2025-12-12..2025-12-10"}, ["ends before it begins"]),
        (GOOD | {"dates": ["soon"]}, ["(silent).dates.0"]),
        (GOOD | {"sistems": []}, ["unknown key 'sistems'", "did you mean 'systems'?"]),
        (GOOD | {"systems": ["ensemble_v9"]}, ["(silent).systems.0", "'ensemble_v"]),
        (GOOD | {"began": dt.datetime(2025, 12, 10)}, ["began has no zone", "-05:00"]),  # noqa: DTZ001
        (GOOD | {"began": "yesterday"}, ["(silent).began"]),
        (GOOD | {"mended": dt.datetime(2025, 12, 1, tzinfo=dt.UTC)}, ["earlier than began"]),
        (GOOD | {"tables": ["nba_predictions.x"]}, ["does not touch", "player_prop_predictions"]),
        (GRADING | {"graded": {"catboost_v9": 76}}, ["(silent).graded.catboost_v9", "equal to 1"]),
        (GRADING | {"graded": {"catbost_v9": 0.5}}, ["'catboost_v9'?"]),
        (GOOD | {"errors": {"service": "grading"}}, ["(silent).errors.service", "'nba-grading"]),
        (FEW | {"rows": {}}, ["(silent).rows", "at least 1 item"]),
        (FEW | {"rows": {"catbost_v9": 20}}, ["'catboost_v9'?"]),
        (FEW | {"rows": {"catboost_v9": -1}}, ["(silent).rows.catboost_v9", "equal to 0"]),
        (GOOD | {"groups": ["ensemble_v1"]}, ["(silent).groups.0", "valid dictionary"]),
        (GOOD | {"groups": [{}]}, ["(silent).groups.0", "at least 1 item"]),
        ("a word", ["incidents[0]"]),
    ],
)
def test_a_faulty_incident_is_told_with_file_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], incident: object, said: list[str]
) -> None:
    path = write(tmp_path, incident)
    code = main(["--out", str(tmp_path / "out"), "--incidents", str(path)])
    message = capsys.readouterr().err
    assert code == 64
    assert f"  in: {path}: incidents[0]" in message
    for words in said:
        assert words in message
    assert "Traceback" not in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("incidents: [", "not valid YAML"),
        ("nothing: here", "no list of incidents"),
        ("", "no list of incidents"),
    ],
)
def test_a_file_that_holds_no_incidents_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(text)
    assert main(["--out", str(tmp_path / "out"), "--incidents", str(path)]) == 64
    message = capsys.readouterr().err
    assert said in message
    assert str(path) in message


def test_a_file_that_is_not_there_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path), "--incidents", str(tmp_path / "none.yml")]) == 64
    assert "No such file" in capsys.readouterr().err


def test_two_incidents_may_not_contradict_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for other, said in (("silent", "two incidents have the id"), ("again", "both silent_systems")):
        path = write(tmp_path, GOOD, GOOD | {"id": other})
        assert main(["--out", str(tmp_path / "out"), "--incidents", str(path)]) == 64
        assert said in capsys.readouterr().err


def test_a_game_can_be_postponed_only_to_a_day_with_games(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    postponed = GOOD | {
        "kind": "postponed_game",
        "tables": ["nba_reference.nba_schedule"],
        "away": "BOS",
        "home": "LAL",
        "replayed": dt.date(2025, 12, 24),
    }
    del postponed["systems"]
    path = write(tmp_path, postponed)
    assert main(["--out", str(tmp_path / "out"), "--incidents", str(path)]) == 64
    assert "2025-12-24, which has too few games" in capsys.readouterr().err


def test_an_added_incident_changes_the_rows_of_its_own_dates_only(tmp_path: Path) -> None:
    day = dt.date(2025, 12, 10)
    week = {"first": dt.date(2025, 12, 7), "last": dt.date(2025, 12, 14)}
    before = make_season(Incidents(), **week)
    after = make_season(read_incidents(write(tmp_path, GOOD)), **week)
    for name, table in before.items():
        old, new = table.to_pandas(), after[name].to_pandas()
        dates = ("data_date", "game_date", "observed_at")
        date = next(column for column in dates if column in old)
        elsewhere = old[old[date] != day].reset_index(drop=True)
        assert elsewhere.equals(new[new[date] != day].reset_index(drop=True)), name
    predictions = after["nba_predictions.player_prop_predictions"].to_pandas()
    systems = set(predictions[predictions["game_date"] == day]["system_id"])
    assert len(systems) == 5
    assert not systems & {"ensemble_v1", "moving_average"}


def test_rows_written_twice_can_be_told_of_either_table(tmp_path: Path) -> None:
    day = {"first": dt.date(2025, 12, 10), "last": dt.date(2025, 12, 10)}
    healthy = make_season(Incidents(), **day)
    for table in ("nba_predictions.player_prop_predictions", "nba_predictions.prediction_accuracy"):
        twice = GOOD | {"kind": "duplicates", "tables": [table], "rows": 60}
        season = make_season(read_incidents(write(tmp_path, twice)), **day)
        assert len(season[table]) == len(healthy[table]) + 60


def test_predictions_that_are_never_made_good_never_come(tmp_path: Path) -> None:
    never = {k: v for k, v in GOOD.items() if k != "systems"} | {"kind": "late_predictions"}
    day = {"first": dt.date(2025, 12, 10), "last": dt.date(2025, 12, 10)}
    season = make_season(read_incidents(write(tmp_path, never)), **day)
    assert len(season["nba_predictions.player_prop_predictions"]) == 0
    assert len(season["nba_predictions.prediction_accuracy"]) == 0
    assert len(season["nba_predictions.ml_feature_store_v2"]) > 0


def test_few_predictions_are_of_the_systems_named(tmp_path: Path) -> None:
    day = {"first": dt.date(2025, 12, 10), "last": dt.date(2025, 12, 10)}
    rows = {"catboost_v9": {dt.date(2025, 12, 10): 20}, "ensemble_v1": 3, "moving_average": 0}

    def counts(incidents: Incidents) -> dict[str, int]:
        predictions = make_season(incidents, **day)["nba_predictions.player_prop_predictions"]
        return predictions.to_pandas()["system_id"].value_counts().to_dict()

    healthy = counts(Incidents())
    few = counts(read_incidents(write(tmp_path, FEW | {"rows": rows})))
    assert {name: few.get(name, 0) for name in rows} == {
        "catboost_v9": 20, "ensemble_v1": 3, "moving_average": 0,
    }  # fmt: skip
    assert set(few) == set(healthy) - {"moving_average"}
    assert few["catboost_v8"] > 50


def test_more_predictions_than_players_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, FEW | {"rows": {"catboost_v9": 500}})
    assert main(["--out", str(tmp_path / "out"), "--incidents", str(path)]) == 64
    message = capsys.readouterr().err
    assert "catboost_v9 can't predict 500 players on 2025-12-10" in message
    assert "in: silent.rows" in message


def test_a_service_that_is_behind_by_documentation_only_runs_its_own_code(tmp_path: Path) -> None:
    stale = {k: v for k, v in GOOD.items() if k != "systems"} | {
        "kind": "stale_deployment",
        "tables": ["plumbline.service_deployments"],
        "service": "nba-scrapers",
        "behind": 369,
        "own_paths": 0,
        "dates": "2025-12-10..2025-12-16",
    }
    week = {"first": dt.date(2025, 12, 10), "last": dt.date(2025, 12, 16)}
    looks = make_season(read_incidents(write(tmp_path, stale)), **week)[
        "plumbline.service_deployments"
    ].to_pandas()
    scrapers = looks[looks["service"] == "nba-scrapers"]
    assert scrapers["commits_behind"].max() == 369
    assert (scrapers["own_commits_behind"] == 0).all()
    assert scrapers["oldest_at"].isna().all()
    assert (scrapers["last_own_commit"] == scrapers["deployed_commit"]).all()


def test_the_readme_lists_every_kind_and_its_keys(incidents_file: Path) -> None:
    readme = incidents_file.with_name("README.md").read_text()
    shared = set(GOOD) - {"systems"} | {"undetected", "errors", "failed_runs", "groups"}
    for name, kind in kind_names().items():
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` |"))
        for key in set(kind.model_fields) - shared:
            assert f"`{key}`" in line, (name, key)
