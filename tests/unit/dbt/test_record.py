"""What ``plumbline record dbt`` records, leaves out and refuses, without a warehouse."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.outcome import RunReport
from plumbline.core.status import Status
from plumbline.dbt.record import RecordRequest, record_dbt
from plumbline.project.targets import Seed
from plumbline.report.json import as_dict
from plumbline.report.run import run_page
from plumbline.report.writers import as_markdown
from support.dbt_results import write_run_results, write_sources
from support.each import for_each
from support.projects import SmallProject, make_project
from support.targets import embedded_target

ARTIFACTS = Path(__file__).parent / "artifacts"
SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "run.schema.json").read_text())
BUILT = datetime(2026, 12, 1, 14, 55, tzinfo=UTC)
SOON = BUILT + timedelta(minutes=10)


@pytest.fixture
def small(tmp_path: Path) -> SmallProject:
    """A project whose dbt has run: the real artifacts."""
    made = make_project(tmp_path / "shop", embedded_target(tmp_path / "state"))
    (made.root / "target").mkdir()
    for name in ("run_results.json", "sources.json", "manifest.json"):
        shutil.copy(ARTIFACTS / name, made.root / "target")
    return made


def record(small: SmallProject, *, now: datetime = SOON, **changes: Any) -> RunReport:
    request = RecordRequest(small.project, small.target, alerts=False)
    return record_dbt(replace(request, **changes), now=now, open_docs=None)


def refused(small: SmallProject, **changes: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        record(small, **changes)
    return caught.value


def edit(small: SmallProject, **args: Any) -> None:
    file = small.root / "target" / "run_results.json"
    content = json.loads(file.read_text())
    content["args"].update(args)
    file.write_text(json.dumps(content))


def test_the_report_is_that_of_a_run(small: SmallProject) -> None:
    report = record(small)
    assert (report.checkpoint, report.status, report.exit_code) == ("dbt", "CRITICAL", 2)
    assert report.counts == {"passed": 5, "warning": 2, "critical": 3, "error": 5, "skipped": 0}
    jsonschema.validate(as_dict(report), SCHEMA)
    markdown = as_markdown(run_page(report, is_comment=True))
    assert "dbt test --select unique_orders_order_id" in markdown
    assert "plumbline run" not in markdown, "dbt makes the checks"


def test_the_same_results_are_the_same_run_whenever_and_of_each_name_another(
    small: SmallProject,
) -> None:
    again = record(small, now=SOON + timedelta(hours=1)).run_id
    assert record(small).run_id == again
    assert record(small, checkpoint="shop").run_id != again


def test_what_dbt_could_not_build_and_what_it_left_out_is_noted(small: SmallProject) -> None:
    built, left_out = record(small).notes
    assert (
        built
        == "dbt failed on nodes that are not tests, and so not monitors: model.shop.broken (error)."
    )
    assert left_out.startswith("sources.json has no result of source.shop.shop.no_such_table: ")


def test_a_source_without_a_result_is_an_error_where_dbt_was_to_read_all(
    small: SmallProject,
) -> None:
    outcome = record(small, all_sources=True).outcomes[-1]
    assert (outcome.monitor, str(outcome.status)) == ("dbt.freshness.shop.no_such_table", "ERROR")
    (small.root / "target" / "sources.json").unlink()
    outcomes = record(small, all_sources=True).outcomes[-2:]
    assert [str(one.status) for one in outcomes] == ["ERROR"] * 2, "dbt wrote no file at all"
    (small.root / "target" / "manifest.json").unlink()
    assert "keep dbt's manifest.json" in str(refused(small, all_sources=True).fix)


def test_a_manifest_that_cannot_be_read_costs_only_its_words(small: SmallProject) -> None:
    file = small.root / "target" / "manifest.json"
    whole = file.read_text()
    newer = whole.replace("manifest/v12", "manifest/v99")
    for text, why in ((whole[:500], "is not JSON"), ("{}", "dbt unknown"), (newer, "dbt 1.11.16")):
        file.write_text(text)
        report = record(small)
        assert report.counts["critical"] == 3
        (note,) = [note for note in report.notes if note.startswith("No owners, columns")]
        assert why in note


def test_old_results_beside_new_ones_are_left_out(small: SmallProject) -> None:
    folder = small.root / "target"
    write_sources(folder, "error", at=BUILT - timedelta(days=2), invocation="old")
    report = record(small)
    assert not [one for one in report.outcomes if "freshness" in one.monitor]
    assert any(note.startswith("sources.json is left out: dbt wrote it") for note in report.notes)


def test_what_is_not_of_now_or_not_real_sends_nothing_unasked(small: SmallProject) -> None:
    later = record(small, now=BUILT + timedelta(days=2), alerts=None)
    assert any(
        "which is more than 24 hours ago (use --alerts to send)" in note for note in later.notes
    )
    assert len(later.outcomes) == 15
    seed = Seed(("make",), BUILT.date())
    demo = record(small, target=replace(small.target, seed=seed), alerts=None)
    assert any("demo" in note and "(use --alerts to send)" in note for note in demo.notes)


def test_results_that_another_command_has_replaced_are_refused(small: SmallProject) -> None:
    edit(small, which="generate")  # as `dbt docs generate` is called there; it lists all tests
    fault = refused(small)
    assert fault.what == "run_results.json is of `dbt docs generate`, which tests no data"
    assert fault.key == "args.which"
    assert "right after `dbt build`" in str(fault.fix)


def test_tests_that_read_no_rows_are_refused(small: SmallProject) -> None:
    edit(small, empty=True)  # all of them pass, on `where false limit 0`
    fault = refused(small)
    assert fault.what == "run_results.json is of `dbt build --empty`, which tests no data"
    assert fault.key == "args.empty"
    edit(small, empty=False)
    assert record(small).counts["critical"] == 3


def test_tests_that_read_a_sample_are_refused(small: SmallProject) -> None:
    edit(small, sample="3 days")  # rows of other times are not tested
    what = "run_results.json is of `dbt build --sample`, which tests only a sample"
    fault = refused(small)
    assert (fault.what, fault.key) == (what, "args.sample")


def test_a_command_that_has_no_tests_is_left_out_beside_freshness(small: SmallProject) -> None:
    write_run_results(small.root / "target", {}, at=BUILT, invocation="1", which="run")
    report = record(small)
    assert [one.monitor for one in report.outcomes] == ["dbt.freshness.shop.raw_orders"]
    assert any("of `dbt run`, which tests no data" in note for note in report.notes)
    (small.root / "target" / "sources.json").unlink()
    assert "`dbt run`" in refused(small).what


def test_no_test_that_ran_is_no_fault(small: SmallProject) -> None:
    (small.root / "target" / "sources.json").unlink()
    write_run_results(small.root / "target", {}, at=BUILT, invocation="1", select=["orders"])
    report = record(small)
    assert (report.status, report.exit_code, report.score) == ("SKIPPED", 0, None)


def test_freshness_of_no_source_at_all_is_noted(small: SmallProject) -> None:
    for name in ("run_results.json", "manifest.json"):
        (small.root / "target" / name).unlink()
    file = small.root / "target" / "sources.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "results": []}))
    (note,) = record(small).notes
    assert note.startswith("sources.json has no result of any source: ")


def test_the_score_is_that_of_the_tests_as_in_the_data_docs(small: SmallProject) -> None:
    report = record(small)
    tests = [one.status for one in report.outcomes if "freshness" not in one.monitor]
    assert len(tests) < len(report.outcomes)
    assert report.score == 100 * tests.count(Status.PASS) // len(tests)
    (small.root / "target" / "run_results.json").unlink()
    assert record(small).score == 100  # freshness alone is a whole run


def test_sources_alone_suffice(small: SmallProject) -> None:
    (small.root / "target" / "run_results.json").unlink()
    report = record(small)
    assert [str(one.status) for one in report.outcomes] == ["PASS"]


def test_a_mute_of_a_test_counts_where_its_name_is_declared(small: SmallProject) -> None:
    folder = small.root / "checkpoints"
    mute = "{monitor: dbt.unique_orders_order_id, owner: a, reason: b, until: 2999-01-01}"
    (folder / "mutes.yml").write_text(f"mutes:\n  - {mute}\n")
    alerts = "channels: {slack: {type: slack, webhook: HOOK}}\nroutes: [{to: [slack]}]\n"
    (folder / "alerts.yml").write_text(alerts)
    assert (len(small.project.mutes), len(small.project.stale_entries)) == (0, 1)
    (folder / "alerts.yml").write_text(f"{alerts}recorded: [dbt]\n")
    assert (len(small.project.mutes), len(small.project.stale_entries)) == (1, 0)


def test_names_that_are_taken_are_refused(small: SmallProject) -> None:
    small.add("dbt.unique_orders_order_id", "select 1 as pct")
    small.add("coverage", "select 92.0 as pct")
    small.checkpoint("coverage", name="shop")
    small.checkpoint("coverage", name="shop_results")
    cases = {"shop": "has a checkpoint 'shop'", "shop_results": "has a checkpoint", "dbt": "has a monitor 'dbt.unique_orders_order_id'",
             "My Shop": "is not a valid name", "": "is not a valid name"}  # fmt: skip

    def is_refused(name: str) -> None:
        fault = refused(small, checkpoint=name)
        assert cases[name] in fault.what
        assert (fault.key, bool(fault.fix)) == ("--as", True)
        suggested = str(fault.fix).rpartition("--as ")[2]
        assert suggested not in cases or "letters" in suggested

    for_each(cases, is_refused)


def test_the_results_of_the_dbt_project_around_it_are_found(
    small: SmallProject, tmp_path: Path
) -> None:
    inner = make_project(small.root / "plumbline", small.target)
    assert len(record(inner).outcomes) == 15
    lonely = make_project(tmp_path / "lonely", small.target)
    assert refused(lonely).file == str(lonely.root / "target")
