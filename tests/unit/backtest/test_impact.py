"""What a change does: found in the files, judged on stored numbers, without a warehouse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from plumbline.backtest.changes import MonitorChange, monitor_changes, other_changes
from plumbline.backtest.impact import Impact, ImpactRequest, find_changes, measure_impact
from plumbline.backtest.instants import ScheduledRuns, Span
from plumbline.backtest.reports.impact import impact_dict, impact_page
from plumbline.backtest.revision_files import project_at
from plumbline.core.errors import ConfigError
from plumbline.project import Project
from plumbline.project.labels import Label
from plumbline.report.terminal import as_text
from plumbline.report.writers import as_markdown
from support.projects import SmallMonitor, SmallProject, between
from unit.backtest.conftest import NEW_YORK, at, commit, git, grouped, label, measured

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SQL = (
    "select cast(instant as timestamp) as as_of, 100.0 as pct, {{ var('days') }} as days\n"
    "from unnest({{ var('as_of') }}) as instant\n"
)


@pytest.fixture
def changed(small: SmallProject) -> SmallProject:
    """A monitor and a checkpoint, committed."""
    small.add("coverage", SQL)
    small.checkpoint("coverage", name="health_check")
    commit(small.root)
    return small


def edit(small: SmallProject, old: str, new: str, file: str = "expectations/coverage.json") -> None:
    path = small.root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def changes(small: SmallProject) -> list[MonitorChange]:
    with project_at(small.project, "HEAD") as base:
        return list(monitor_changes(base, small.project, small.target))


def impact(
    small: SmallProject, values: list[float | None], *labels: Label, span: Span | None = None
) -> Impact:
    with project_at(small.project, "HEAD") as base:
        request = ImpactRequest(base, "main", small.project, small.target, labels, span)
        return measure_impact(
            request,
            find_changes(request),
            {"coverage": measured(values)} if values else {},
            now=NOW,
        )


# What changed


def test_an_untouched_project_has_no_changes(changed: SmallProject) -> None:
    assert changes(changed) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "kind", "what"),
    [
        ("expectations/coverage.json", '"min_value": 80', '"min_value": 70', "thresholds",
         "mean of pct: warning < 80 %, critical < 50 % → warning < 70 %, critical < 50 %"),
        ("expectations/coverage.json", '"severity": "warning"', '"severity": "info"', "thresholds",
         "mean of pct: warning < 80 %, critical < 50 % → info < 80 %, critical < 50 %"),
        ("expectations/coverage.json", '"aggregate": "mean",\n        "min_value": 80',
         '"aggregate": "min",\n        "min_value": 80', "measurement",
         "mean of pct: warning < 80 %, critical < 50 % → critical < 50 %"),
        ("expectations/coverage.json", '"unit": "%"', '"unit": "percent"', "measurement", "observed"),
        ("expectations/coverage.json", '"model": "coverage"',
         '"model": "coverage", "owner": "ann"', "text", "texts, owner or notes"),
        ("expectations/coverage.json", '"model": "coverage"',
         '"model": "coverage", "vars": {"days": 3}', "measurement", "days 1 → 3"),
        ("models/monitors/coverage.sql", "100.0", "99.0", "measurement", "SQL of model coverage"),
        ("dbt_project.yml", "days: 1", "days: 2", "measurement", "days 1 → 2"),
        ("expectations/coverage.json", '"model": "coverage"', '"modle": "coverage"', "broken", None),
    ],
)  # fmt: skip
def test_what_changed_is_told_apart(
    changed: SmallProject, file: str, old: str, new: str, kind: str, what: str | None
) -> None:
    edit(changed, old, new, file)
    (change,) = changes(changed)
    assert (change.name, change.kind) == ("coverage", kind)
    if what is not None:
        assert change.what[0] == what


@pytest.mark.parametrize(
    ("value", "kind", "what"),
    [
        (35, "thresholds", "mean of pct: warning < 80 %, critical < 50 % → warning < 70 %, critical < 50 %"),
        (40, "text", "texts, owner or notes"),
        (None, "measurement",
         "mean of pct: warning < 80 %, critical < 50 % → warning < $(least * 2) %, critical < 50 %"),
    ],
)  # fmt: skip
def test_a_parameter_is_compared_by_its_value(
    changed: SmallProject, value: int | None, kind: str, what: str
) -> None:
    edit(changed, '"min_value": 80', '"min_value": {"$PARAMETER": "least * 2"}')
    if value is not None:
        given = f'"suite_parameters": {{"least": {value}}}, "expectations": ['
        edit(changed, '"expectations": [', given)
    (change,) = changes(changed)
    assert (change.kind, change.what[0]) == (kind, what)


@pytest.mark.parametrize(
    ("old", "new", "kind", "what"),
    [
        ("shop.orders", "shop.invoices", "measurement", "table"),
        ('"days": 1', '"days": 2', "measurement", "rows"),
        ('"country"', '"city"', "measurement", "group_by"),
        ('"min_value": 5', '"min_value": 3', "thresholds", "row count: critical < 5 → critical < 3"),
    ],
)  # fmt: skip
def test_what_changed_of_a_suite_over_a_table_is_told_apart(
    changed: SmallProject, old: str, new: str, kind: str, what: str
) -> None:
    monitor = {
        "table": "shop.orders",
        "rows": {"date_column": "day", "days": 1},
        "group_by": ["country"],
    }
    counted = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 5}}
    suite = {"name": "coverage", "meta": {"monitor": monitor}, "expectations": [counted]}
    (changed.root / "expectations" / "coverage.json").write_text(json.dumps(suite))
    commit(changed.root)
    edit(changed, old, new)
    (change,) = changes(changed)
    assert (change.kind, change.what[0]) == (kind, what)


def test_new_and_removed_monitors_are_changes(changed: SmallProject) -> None:
    changed.add("other", SQL)
    (changed.root / "expectations" / "coverage.json").unlink()
    assert [(one.name, one.kind) for one in changes(changed)] == [
        ("coverage", "removed"),
        ("other", "added"),
    ]


def test_schedules_and_checkpoints_are_told_with_their_runs_a_month(changed: SmallProject) -> None:
    changed.add("other", SQL)
    changed.checkpoint("coverage", "other", name="health_check")
    (changed.root / "checkpoints" / "schedule.yml").write_text(
        "schedules:\n- {checkpoint: health_check, cron: '0 */6 * * *', timezone: UTC, "
        "deadline: 10m, notify: [slack]}\n"
    )
    (changed.root / "checkpoints" / "alerts.yml").write_text(
        "channels: {slack: {type: slack, webhook: SLACK}}\nroutes: [{status: ERROR, to: [slack]}]\n"
    )
    with project_at(changed.project, "HEAD") as base:
        found = list(other_changes(base, changed.project, now=NOW))
    assert found[:2] == [
        "checkpoint health_check runs with other",
        "schedule of health_check: none → 0 */6 * * * (UTC): 0 → 120 runs per month",
    ]


@pytest.mark.parametrize(
    ("base", "says"), [("nothing", "git has no revision"), ("--all", "git has no revision")]
)
def test_a_base_that_is_not_there_is_refused(changed: SmallProject, base: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says), project_at(changed.project, base):
        pass


def test_outside_git_there_is_no_base(tmp_path: Path) -> None:
    outside = Project(tmp_path)
    with pytest.raises(ConfigError, match="not in a git"), project_at(outside, "HEAD"):
        pass


def test_a_project_in_a_folder_of_a_repository_has_a_base(changed: SmallProject) -> None:
    inner = changed.root / "inner"
    inner.mkdir()
    for name in ("great_expectations.yml", "dbt_project.yml"):
        (inner / name).write_text((changed.root / name).read_text())
    commit(changed.root)
    with project_at(Project(inner), "HEAD") as base:
        assert sorted(path.name for path in base.root.iterdir()) == [
            "dbt_project.yml",
            "great_expectations.yml",
        ]


def test_looking_at_a_base_changes_nothing(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 70')
    before = git(changed.root, "status", "--porcelain")
    changes(changed)
    assert git(changed.root, "status", "--porcelain") == before


@pytest.mark.parametrize("of_link", ["/etc", "../elsewhere", "models", "nothing"])
def test_a_link_in_the_repository_is_no_fault_of_its_base(
    changed: SmallProject, of_link: str
) -> None:
    (changed.root / "link").symlink_to(of_link)
    git(changed.root, "add", "link")
    git(changed.root, "commit", "-q", "-m", "A link")
    edit(changed, '"min_value": 80', '"min_value": 70')
    (found,) = changes(changed)
    assert found.name == "coverage"


# What it does


def test_thresholds_are_judged_again_on_stored_numbers(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    found = impact(changed, [90, 90, 96, 90, 96, 40, 96, 96], label(began=5, due=5, ends=6))
    (effect,) = found.effects
    assert effect.source.startswith("stored history, 2026-01-01 to 2026-01-02, 8 runs")
    assert (effect.before.false_alarms, effect.after.false_alarms) == (0, 2)
    # The third opening within a day and a half is flapping, whose end is not told at once.
    assert (effect.before.alerts, effect.after.alerts) == (2, 5)
    assert effect.before.found == effect.after.found == ("it",)
    assert found.exit_code == 0


def test_an_incident_that_is_no_longer_found_is_named(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 30')
    edit(changed, '"min_value": 50', '"min_value": 20')
    found = impact(changed, [90, 60, 60, 90, 90, 90], label(began=1, due=1, ends=3))
    assert found.effects[0].newly_missed == ("it",)
    assert "no longer found: it" in as_text(impact_page(found, NEW_YORK))


def test_without_history_and_range_it_says_what_it_could_not_tell(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    found = impact(changed, [])
    assert found.exit_code == 3
    assert "no stored history" in found.effects[0].source
    assert "pass --from and --to" in found.effects[0].source


def test_groups_stored_by_pseudonyms_are_not_held_against_a_suites_names(
    changed: SmallProject,
) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    with project_at(changed.project, "HEAD") as base:
        request = ImpactRequest(base, "main", changed.project, changed.target, (), None)
        stored = {"coverage": grouped([{"masked-0": 90.0}] * 8)}
        found = measure_impact(request, find_changes(request), stored, now=NOW)
    assert found.exit_code == 3
    assert "pseudonyms" in found.effects[0].source


def runs(first: int, last: int) -> Span:
    """The range from one run to another."""
    instants = tuple(at(run) for run in range(first, last + 1))
    schedule = ScheduledRuns("health_check", "every 6h", NEW_YORK, instants)
    return Span(at(first), at(last), (schedule,))


DIPS: list[float | None] = [96, 90, 96, 96, 96, 90, 96, 40, 40, 96, 96, 96]
"""At runs 1 and 5, and an outage at 7 and 8."""


@pytest.mark.parametrize(
    ("span", "alarms", "found", "missed", "source"),
    [
        (None, 2, ("it",), (), "stored history, 2026-01-01 to 2026-01-03, 12 runs"),
        (runs(0, 11), 2, ("it",), (), "stored history, 2026-01-01 to 2026-01-03, 12 runs"),
        (runs(3, 11), 1, ("it",), (), "stored history, 2026-01-01 to 2026-01-03, 9 runs"),
        (runs(6, 11), 0, ("it",), (), "stored history, 2026-01-02 to 2026-01-03, 6 runs"),
        # The outage is not of that range, on either side.
        (runs(0, 4), 1, (), (), "stored history, 2026-01-01 to 2026-01-02, 5 runs"),
        (runs(8, 11), 0, (), (), "stored history, 2026-01-03, 4 runs"),
    ],
)
def test_of_a_stored_history_the_range_counts_on_both_sides_and_of_the_labels(
    changed: SmallProject,
    span: Span | None,
    alarms: int,
    found: tuple[str, ...],
    missed: tuple[str, ...],
    source: str,
) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    (effect,) = impact(changed, DIPS, label(began=7, due=7, ends=9), span=span).effects
    assert effect.source == source
    assert (effect.before.false_alarms, effect.after.false_alarms) == (0, alarms)
    for side in (effect.before, effect.after):
        assert (side.found, side.missed) == (found, missed)


def test_a_range_that_is_stored_in_part_is_judged_in_part_and_says_what_is_missing(
    changed: SmallProject,
) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    found = impact(changed, DIPS, span=runs(-12, 40))
    source = (
        "stored history, 2026-01-01 to 2026-01-03, 12 runs; nothing stored from 2025-12-29 to "
        "2026-01-01, 2026-01-03 to 2026-01-11"
    )
    assert found.effects[0].source == source
    assert found.exit_code == 0
    for page in (as_text(impact_page(found, NEW_YORK)), as_markdown(impact_page(found, NEW_YORK))):
        assert "only a part of the time is stored for: coverage" in page
        assert source in page
    (monitor,) = impact_dict(found)["monitors"]
    assert monitor["basis"]["runs"] == 12
    assert monitor["basis"]["missing"][0] == {
        "from": "2025-12-29T05:00:00Z",
        "to": "2026-01-01T05:00:00Z",
    }


def test_a_range_of_which_nothing_is_stored_is_replayed_and_says_so(
    changed: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A fake backtest: a real one needs the warehouse (tests/scenarios/test_backtest.py).
    replayed = SimpleNamespace(outcomes={"coverage": measured(DIPS)}, not_replayed={})
    monkeypatch.setattr("plumbline.backtest.impact.run_backtest", lambda *_, **__: replayed)
    edit(changed, '"min_value": 80', '"min_value": 95')
    (effect,) = impact(changed, DIPS, span=runs(100, 140)).effects
    assert effect.source == (
        "backtest of both versions, 2026-01-26 to 2026-02-05, 41 runs; nothing of the range is "
        "stored"
    )
    assert effect.basis is not None
    assert not effect.basis.is_stored


def test_a_gap_within_the_stored_history_is_said_without_a_range(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    stored = [one for run, one in enumerate(measured([96.0] * 60)) if not 20 <= run < 40]
    with project_at(changed.project, "HEAD") as base:
        request = ImpactRequest(base, "main", changed.project, changed.target, (), None)
        found = measure_impact(request, find_changes(request), {"coverage": stored}, now=NOW)
    assert found.effects[0].source.endswith("40 runs; nothing stored from 2026-01-05 to 2026-01-11")


def test_a_history_without_units_does_not_judge_bounds_per_unit(changed: SmallProject) -> None:
    per = '"per": {"column": "games", "min_value": 12}'
    edit(changed, '"min_value": 80', f'"min_value": 80, {per}')
    found = impact(changed, [90.0] * 8)
    assert (found.exit_code, found.effects[0].before) == (3, None)
    assert "the history does not hold games" in found.effects[0].source
    assert "pass --from and --to" in found.effects[0].source


def test_changed_sql_is_never_guessed_from_history(changed: SmallProject) -> None:
    edit(changed, "100.0", "99.0", "models/monitors/coverage.sql")
    found = impact(changed, [90.0] * 8)
    assert (found.exit_code, found.effects[0].before) == (3, None)


def test_a_broken_suite_is_told_with_its_fault(changed: SmallProject) -> None:
    edit(changed, '"model": "coverage"', '"modle": "coverage"')
    found = impact(changed, [90.0] * 8)
    assert found.exit_code == 3
    assert "modle" in as_text(impact_page(found, NEW_YORK))


def test_the_report_is_a_table_for_a_pull_request(changed: SmallProject) -> None:
    edit(changed, '"min_value": 80', '"min_value": 95')
    found = impact(changed, [90, 90, 96, 96], label(began=9, ends=12))
    page = as_markdown(impact_page(found, NEW_YORK))
    assert page.startswith("## Impact against main\n")
    assert "| monitor | alerts | incidents found | missed | false alarms | from |" in page
    assert "| coverage | 0 → 2 | 0 → 0 | 0 → 0 | 0 → 1 | stored history" in page
    assert "WARNING, 2 alerts" in page
    assert json.loads(json.dumps(impact_dict(found)))["monitors"][0]["after"]["false_alarms"] == 1


def test_nothing_changed_is_one_sentence(changed: SmallProject) -> None:
    page = as_text(impact_page(impact(changed, []), NEW_YORK))
    assert (
        page
        == "Impact against main\nNo change to suites, models, checkpoints, schedules or alerts.\n"
    )


def test_a_suite_of_other_expectations_has_to_be_asked(changed: SmallProject) -> None:
    changed.add("coverage", SmallMonitor(SQL, [between(column="days", min_value=1)]))
    (change,) = changes(changed)
    assert change.kind == "measurement"
