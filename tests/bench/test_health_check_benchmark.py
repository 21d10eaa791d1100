"""The benchmark compares like with like, and says so in two forms."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from click.testing import CliRunner

from bench import shared
from bench.cli import main
from bench.health_check import measure
from bench.health_check.cli import command
from bench.health_check.measure import FLOOR, GX, PLUMBLINE, Asked, Measured, Measurement, Process
from bench.health_check.proxy import scans_in
from bench.health_check.report import (
    as_document,
    as_markdown,
    as_text,
    compare,
    part_of,
    targets_of,
)
from plumbline.project.targets import Target
from support.each import for_each
from support.warm_python import warm_python

# The fixture starts twenty processes, one after the other.
pytestmark = pytest.mark.timeout(1000)


def test_help_says_what_the_exit_codes_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health-check", "--help"]) == 0
    assert "1 one is missed" in " ".join(capsys.readouterr().out.split())


def test_wrong_usage_is_64(capsys: pytest.CaptureFixture[str]) -> None:
    def is_64(wrong: tuple[str, ...]) -> None:
        assert main(["health-check", *wrong]) == 64
        assert "Usage: python scripts/bench health-check" in capsys.readouterr().err

    for_each((("--rounds", "0"), ("--format", "xml"), ("--nonsense",)), is_64)


@pytest.fixture(scope="module")
def measured(season: Target) -> dict[str, Any]:
    """One round of everything but the backtest, without latency, and small."""
    small = ("--latency", "0", "--monitors", "8", "--runs", "12", "--no-backtest")
    arguments = ["--rounds", "1", *small, "--format", "json"]
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(shared, "PYTHON", warm_python())
        changes.setenv("PLUMBLINE_STATE_DIR", str(season.state_dir))
        done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code in (0, 1), done.output  # how quick this machine is now is not the point
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.weekly
@pytest.mark.warehouse
@pytest.mark.scenario
def test_all_find_the_figures_of_the_seeds_day(measured: dict[str, Any]) -> None:
    assert measured["figures"] == {
        "line_coverage": 44.2,
        "grading_completeness": 6,
        "phase_completion": 5,
        "recent_predictions": 281,
        "bdb_coverage": 100,
    }
    assert list(measured["contenders"]) == ["floor", "plumbline", "plain GX"]


@pytest.mark.weekly
@pytest.mark.warehouse
@pytest.mark.scenario
def test_jobs_and_scans_are_counted_and_times_compared(measured: dict[str, Any]) -> None:
    floor, ours, gx = measured["contenders"].values()
    assert (floor["jobs"], ours["jobs"]) == (5, 5)
    assert gx["jobs"] > 5
    assert floor["scans"] == 11
    ratio = measured["targets"]["floor"]["value"]
    assert ratio == pytest.approx(ours["wall"] / floor["wall"], rel=0.01)


@pytest.mark.weekly
@pytest.mark.warehouse
@pytest.mark.scenario
def test_many_monitors_are_measured_beside_five_and_their_bare_jobs(
    measured: dict[str, Any],
) -> None:
    names = ("plumbline, 5 monitors", "their bare jobs, 5",
             "plumbline, 8 monitors", "their bare jobs, 8")  # fmt: skip
    few, few_bare, many, many_bare = (measured["parts"][name]["cpu"] for name in names)
    beyond = 1000 * ((many - few) - (many_bare - few_bare)) / 3
    assert measured["targets"]["marginal"]["value"] == pytest.approx(beyond, abs=1)
    assert 0.5 < measured["targets"]["memory"]["value"] < 1.5
    assert len(measured["profile"]) > 5
    assert 0 < sum(measured["profile"].values()) < 1


@pytest.mark.weekly
@pytest.mark.warehouse
@pytest.mark.scenario
def test_a_run_after_more_runs_reads_no_more_rows_and_files(measured: dict[str, Any]) -> None:
    counts = measured["counts"]
    assert counts["rows read after 12 runs"] >= 20, "its queries' answers and its own state"
    assert counts["files read after 12 runs"] >= 50
    assert measured["targets"]["history rows"]["value"] == pytest.approx(1, abs=0.1)
    assert measured["targets"]["history files"]["value"] == pytest.approx(1, abs=0.1)


def test_a_process_is_weighed() -> None:
    program = "held = bytes(100 * 2**20); print(sum(range(10**6)))"
    weighed, printed = measure.run((sys.executable, "-S", "-c", program), {})
    assert printed == "499999500000\n"
    assert weighed.peak > 100
    assert weighed.cpu > 0
    assert weighed.wall > 0


# What is said of what was measured


def times(name: str, *seconds: float) -> Measured:
    return Measured(name, tuple(Process(wall, wall / 2, 100.0) for wall in seconds))


FOUND = Measurement(
    figures={"line_coverage": 44.24, "bdb_coverage": 100},
    quick={FLOOR: times(FLOOR, 1, 1, 9), PLUMBLINE: times(PLUMBLINE, 3, 3, 3), GX: times(GX, 7)},
    slow={FLOOR: times(FLOOR, 6), PLUMBLINE: times(PLUMBLINE, 3)},
    asked={FLOOR: Asked(2, 2, 0), PLUMBLINE: Asked(2, 3, 0), GX: Asked(9, 9, 0)},
    light={"plumbline list": times("plumbline list", 0.5)},
    latency=1.0,
)


def test_targets_are_ratios_of_medians_and_counts() -> None:
    targets = {one.key: (one.value, one.is_met) for one in targets_of(FOUND, at_most=4)}
    assert targets == {
        "floor": (3.0, True),
        "gx": (pytest.approx(3 / 7), True),
        "jobs": (2, True),
        "scans": (3, False),
        "latency": (0.5, True),
        "plumbline list": (0.5, True),
    }


def test_a_missed_target_is_said() -> None:
    text = as_text(FOUND, [part_of(FOUND, at_most=2)])
    assert "MORE than 2" in text
    assert "all find: line_coverage 44.2, bdb_coverage 100" in text
    assert "**missed**" in as_markdown(FOUND, [part_of(FOUND, at_most=2)])


def test_only_what_got_worse_beyond_the_tolerance_is_said() -> None:
    before = as_document(FOUND, [part_of(FOUND, at_most=4)])
    assert compare(before, before, 0.25) == []
    now = json.loads(json.dumps(before))
    now["targets"]["floor"]["value"] = 3.7
    assert compare(now, before, 0.25) == []
    now["targets"]["floor"]["value"] = 3.8
    assert compare(now, before, 0.25) == ["wall time, times the floor: 3.8, was 3"]


def test_what_is_not_measured_any_more_is_said() -> None:
    before = as_document(FOUND, [part_of(FOUND, at_most=4)])
    now = json.loads(json.dumps(before))
    del now["targets"]["gx"]
    assert compare(now, before, 0.25) == ["wall time, times plain GX: not measured now"]


# The proxy that counts


@pytest.mark.parametrize(
    ("sql", "scans"),
    [
        ("select 1", 0),
        ("select * from `d.t`", 1),
        ("with a as (select * from d.t) select * from a cross join a as b", 1),
        ("select * from d.t join d.t as u using (n)", 2),
        ("select * from unnest([1, 2])", 0),
        ("create table d.made as select * from d.t", 1),
    ],
)
def test_readings_of_tables_are_counted(sql: str, scans: int) -> None:
    assert scans_in(sql) == scans
