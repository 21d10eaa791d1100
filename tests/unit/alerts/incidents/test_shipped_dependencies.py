"""Who is notified of one cause that several of the shipped monitors see, and that none hides another.

Letters as in `test_stories`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.alert_policy import Policy
from plumbline.project import Project
from support.incidents import History, told

PROJECT = Project(Path(__file__).resolve().parents[4])
FEATURES = ("line_coverage", "feature_quality", "usage_rate")


def notified(**runs: str) -> list[list[str]]:
    """What is sent in each run, under the default policy."""
    history = History(Policy())
    depends_on = {name: PROJECT.suite(name).monitor.depends_on for name in runs}
    return [
        told(history.step(dict(zip(runs, letters, strict=True)), depends_on))
        for letters in zip(*runs.values(), strict=True)
    ]


def test_a_day_without_feature_rows_is_line_coverages_incident() -> None:
    lines = notified(line_coverage="CCC.", feature_quality="EEE.", usage_rate="EEE.")
    assert lines == [
        ["line_coverage: opened, first failure"],
        ["line_coverage: changed, new member"],  # the ERRORs, confirmed: its message names them
        [],
        ["line_coverage: resolved, recovered"],
    ]


@pytest.mark.parametrize("monitor", FEATURES[1:])
def test_what_fails_while_lines_are_missing_is_named(monitor: str) -> None:
    runs = dict.fromkeys(FEATURES, ".....") | {"line_coverage": "CCCCC", monitor: "..CC."}
    first, _, third, *_ = notified(**runs)
    assert first == ["line_coverage: opened, first failure"]
    if monitor == "feature_quality":
        assert third == ["line_coverage: changed, new member"]
    else:  # lines say nothing of the usage rate
        assert third == ["usage_rate: opened, first failure"]


def test_a_phase_3_that_wrote_few_box_scores_is_told_where_it_completed() -> None:
    assert notified(phase_completion="..", game_status_lag="..", box_score_coverage="w.") == [
        ["box_score_coverage: opened, first failure"],
        ["box_score_coverage: resolved, recovered"],
    ]


def test_a_game_that_is_not_final_and_few_box_scores_are_one_message() -> None:
    lines = notified(game_status_lag="w", box_score_coverage="w")
    assert lines == [["game_status_lag: opened, first failure"]]
