"""Charts: gaps stay gaps, thresholds are those of then, and words say the same."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from plumbline.core.status import Status
from plumbline.site.charts import Scale, group_scale, in_words, large_chart, small_chart
from plumbline.site.view_models import SeriesPoint, ThresholdLine
from support.site_data import site_data

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(
    *values: float | None, status: Status = Status.PASS, bounds: tuple[float, ...] = ()
) -> list[SeriesPoint]:
    return [
        SeriesPoint(
            START + timedelta(days=index),
            Status.SKIPPED if value is None else status,
            value,
            (ThresholdLine("warning", bounds[index]),) if bounds else (),
        )
        for index, value in enumerate(values)
    ]


def test_a_run_without_a_value_is_a_gap_and_not_a_zero() -> None:
    assert len(small_chart(series(1, 2, None, 3, 4), unit="").lines) == 2


def test_a_value_between_two_gaps_is_still_drawn() -> None:
    assert len(small_chart(series(None, 5, None), unit="").lines[0].split()) == 2


def test_an_error_without_a_value_is_marked_at_the_bottom() -> None:
    chart = small_chart([SeriesPoint(START, Status.ERROR)], unit="", height=32)
    (mark,) = chart.marks
    assert (mark.status, mark.path.split()[1]) == (Status.ERROR, "29h0")


def test_a_threshold_steps_where_it_was_changed() -> None:
    chart = small_chart(series(90, 90, 90, 90, bounds=(70, 70, 80, 80)), unit="%")
    heights = [point.split(",")[1] for point in chart.steps[0].points.split()]
    assert len(heights) == 4
    assert heights[0] == heights[1] != heights[2] == heights[3]


def test_a_value_outside_of_a_shared_scale_stays_in_the_box() -> None:
    chart = small_chart(series(-50, 150), unit="%", height=32, scale=Scale(0, 100))
    assert [point.split(",")[1] for point in chart.lines[0].split()] == ["29", "3"]


def test_groups_share_one_scale_from_0_to_100_percent() -> None:
    assert group_scale(site_data().monitors[1].groups) == Scale(0.0, 100.0)
    assert Scale.around([], unit="%") == Scale(0.0, 1.0)
    assert Scale.around([5.0]) == Scale(4.5, 5.5)


def test_words_say_what_the_line_shows() -> None:
    assert (
        in_words(series(1, None, 3), "%")
        == "3 runs: lowest 1.0 %, highest 3.0 %, last 3.0 %; 1 skipped"
    )
    assert (
        in_words(series(2, status=Status.CRITICAL), "")
        == "1 run: lowest 2, highest 2, last 2; 1 failing"
    )
    assert in_words(series(None), "") == "1 run, none with a value"
    assert in_words(series(*[None] * 1200), "") == "1,200 runs, none with a value"


def test_the_large_chart_has_a_column_of_thresholds_as_they_were() -> None:
    data = site_data()
    view = data.monitors[0]
    chart = large_chart(
        view.points,
        [known.incident for known in data.incidents if known.incident.monitor == view.name],
        unit="%",
        zone="UTC",
    )
    warning, critical = chart["lines"]
    assert set(warning["values"]) == {70.0, 80.0, None}
    assert set(critical["values"]) == {50.0, None}
    assert len(chart["at"]) == len(chart["observed"]) == len(warning["values"]) == 90
    assert len(chart["shades"]) == 3
    assert all(shade["from"] <= shade["to"] for shade in chart["shades"])


def test_numbers_that_json_lacks_become_gaps() -> None:
    chart = large_chart(series(math.inf, math.nan, 1), unit="", zone="UTC")
    assert chart["observed"] == [None, None, 1]


def test_a_chart_of_nothing_is_empty() -> None:
    assert small_chart([], unit="").lines == ()
    assert large_chart([], unit="", zone="UTC")["at"] == []
