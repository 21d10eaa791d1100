"""What ``plumbline import dbt`` prints: what became what, and what is left to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.scaffold.project import make_project
from support.dbt_manifest import generic_test, model, singular_test, write_manifest

ORDERS = model("orders")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project(tmp_path / "shop", name="shop", example=False).root
    (root / "tests").mkdir()
    for file in ("models/schema.yml", "tests/no_lost_orders.sql"):
        (root / file).write_text("")
    write_manifest(
        root,
        ORDERS,
        generic_test("unique", ORDERS[0], "order_id"),
        generic_test("unique", ORDERS[0], "lower(email)"),
        generic_test("is_even", ORDERS[0], "total", compiled=None),
        singular_test("no_lost_orders", "select 1 from `shop-project`.`shop`.`orders`", ORDERS[0]),
        unit_tests={"unit_test.shop.orders.t": {}},
    )
    monkeypatch.chdir(root)
    return root


def test_a_line_a_kind_of_test_and_what_is_left_to_do(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["import", "dbt", "--dry-run"]) == 0
    assert (
        capsys.readouterr().out
        == """\
dbt 1.11.16 · shop

test           tests  became
unique             2  1 expect_column_values_to_be_unique, 1 query of failing rows
is_even            1  not imported
singular test      1  query of failing rows

Queries of failing rows, because no expectation checks the same
- unique: 'lower(email)' is an expression, not a column (1 test)

Not imported
- is_even has no counterpart, and the manifest has no compiled SQL of it (1 test)
  tests  shop.is_even_orders_total.99914b932b
  fix    run `dbt compile` and import again

Files (dry run: nothing is written)
- new expectations/no_lost_orders.json
- new expectations/orders.json
- new expectations/orders_unique_lower_email.json
- new models/monitors/no_lost_orders.sql
- new models/monitors/orders_unique_lower_email.sql
- new checkpoints/dbt_tests.json
- new dbt-import.lock

4 tests: 1 in 1 table suite, 2 queries of failing rows, 1 not imported. A run is 3 jobs.
Unlike in dbt, a table without any row is CRITICAL, and an expectation that finds nothing to check is SKIPPED.
Not imported, because they check SQL and not data: 1 unit test.
Next: repeat it without --dry-run
"""
    )
    assert not (root / "expectations" / "orders.json").exists()


def test_the_next_command_finds_the_same_project(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root.parent)
    assert invoke(["import", "dbt", "--project-dir", root.name]) == 0
    assert capsys.readouterr().out.endswith(
        f"Next: plumbline run dbt_tests --project-dir {root.name}\n"
    )


def test_of_many_tests_that_are_left_five_are_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [generic_test("is_odd", ORDERS[0], f"c{number}", compiled=None) for number in range(8)]
    write_manifest(root, ORDERS, *odd)
    assert invoke(["import", "dbt", "--dry-run"]) == 3  # nothing was imported
    text = capsys.readouterr().out.split("Not imported\n")[1].split("\n\n")[0]
    first, *names, more, fix = text.splitlines()
    assert first.endswith(" (8 tests)")
    assert len(names) == 5
    assert more.strip() == "and 3 more; --format json names all"
    assert fix.strip() == "fix    run `dbt compile` and import again"


def test_an_import_without_a_monitor_leads_to_no_run(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(root, ORDERS)
    assert invoke(["import", "dbt", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "plumbline run" not in said
    assert "There is no monitor to run" in said
    assert "checkpoints/" not in said


def test_tests_of_which_none_can_be_imported_are_an_error(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_manifest(root, ORDERS, generic_test("is_even", ORDERS[0], "total", compiled=None))
    assert invoke(["import", "dbt", "--dry-run", "--format", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["tests"][0]["became"] == "not_imported"


def test_edits_and_conflicts_are_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["import", "dbt"]) == 0
    file = root / "expectations" / "orders.json"
    file.write_text(file.read_text().replace("critical", "warning"))
    capsys.readouterr()
    assert invoke(["import", "dbt"]) == 0
    said = capsys.readouterr().out
    assert "left as they are\n- expectations/orders.json: expectation unique.order_id" in said
    write_manifest(root, ORDERS)
    assert invoke(["import", "dbt"]) == 0
    said = capsys.readouterr().out
    assert "- expectations/orders.json: expectation unique.order_id\n- here: {" in said
    assert "- dbt: removed" in said


def test_of_sql_that_both_changed_the_lines_are_shown(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = singular_test(
        "no_lost_orders", "select 2 from `shop-project`.`shop`.`orders`", ORDERS[0]
    )
    assert invoke(["import", "dbt"]) == 0
    file = root / "models" / "monitors" / "no_lost_orders.sql"
    file.write_text(file.read_text().replace("select 1", "select 9"))
    for test, said in (
        (lost, "-select 9 from {{ ref('orders') }}\n+select 2 from {{ ref('orders') }}"),
        (None, f"- {file.relative_to(root)}\n- here: changed\n- dbt: removed"),
    ):
        write_manifest(root, ORDERS, *([test] if test else []))
        capsys.readouterr()
        assert invoke(["import", "dbt"]) == 0
        shown = capsys.readouterr().out
        assert said in "\n".join(line.strip() for line in shown.splitlines())
        assert "\\n" not in shown


def test_suites_that_people_have_removed_are_not_counted(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["import", "dbt"]) == 0
    (root / "expectations" / "orders.json").unlink()
    (root / "expectations" / "no_lost_orders.json").unlink()
    capsys.readouterr()
    assert invoke(["import", "dbt"]) == 0
    assert (
        "4 tests: 0 in 0 table suites, 1 query of failing rows, 1 not imported, 2 in suites that "
        "you removed. A run is 1 job."
    ) in capsys.readouterr().out


def test_json_names_each_test(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["import", "dbt", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {
        "tests": 4,
        "expectations": 1,
        "failing_rows": 2,
        "not_imported": 1,
        "removed": 0,
        "table_suites": 1,
        "monitors": 3,
        "conflicts": 0,
    }
    assert [one["became"] for one in found["tests"]] == [
        "expectation",
        "failing_rows",
        "not_imported",
        "failing_rows",
    ]


def test_without_a_dbt_project_nothing_is_done(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "target" / "manifest.json").unlink()
    assert invoke(["import", "dbt"]) == 64
    assert "run `dbt compile` in the dbt project" in capsys.readouterr().err
