"""The embedded BigQuery parses and translates a statement once, and writes no list of jobs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import sqlglot
from sqlglot import exp

from plumbline.project import Project
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse import embedded_process

PROJECT = Project(Path(__file__).parents[2])
SQL = "select a, b from t where a > 1"

TRANSLATE = """
import json, runpy, sys
process = runpy.run_path(sys.argv[1])
process["quiet_log"]()
from bqemulator.sql.translator import SQLTranslator

translator = SQLTranslator()
asked = json.load(sys.stdin)

def translate():
    return [translator.translate(sql, schema=asked["tables"]).value for sql in asked["statements"]]

plain = translate()
process["remember_statements"]()
print(json.dumps({"plain": plain, "first": translate(), "again": translate()}))
"""

LIST_JOBS = """
import json, runpy, sys
from datetime import UTC, datetime
process = runpy.run_path(sys.argv[1])
process["quiet_log"]()
process["keep_jobs_in_memory"]()
from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository
from bqemulator.catalog.models import JobMeta

class Engine:
    statements = []

    def execute(self, statement, *parameters):
        self.statements.append(statement)

catalog = DuckDBCatalogRepository(Engine())
catalog.ensure_ready = lambda: None
now = datetime.now(UTC)
catalog.upsert_job(JobMeta(
    project_id="p", job_id="j", job_type="QUERY", state="DONE", configuration={},
    creation_time=now, etag="e",
))
listed = [job.job_id for job in catalog.list_jobs("p")]
print(json.dumps({"listed": listed, "written": len(Engine.statements)}))
"""


def test_a_remembered_translation_is_the_one_that_bqemulator_makes() -> None:
    jobs = MonitorJobs(PROJECT, PROJECT.target("local"), datetime(2026, 2, 2, 12, tzinfo=UTC))
    names = ("line_coverage", "prediction_freshness", "phase_completion", "duplicate_rows")
    statements = [jobs.compile(PROJECT.suite(name)).sql for name in names]
    # A division, a decimal and a join are each rewritten before the translation.
    statements.append("select avg(x / 2.5) as q, normalize(s) as s from t join u using (k)")
    tables = {"t": {"x": "DECIMAL(38, 9)", "s": "VARCHAR", "k": "BIGINT"}}

    done = subprocess.run(
        [sys.executable, "-c", TRANSLATE, embedded_process.__file__],
        input=json.dumps({"statements": statements, "tables": tables}),
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )

    made = json.loads(done.stdout)
    assert made["first"] == made["plain"]
    assert made["again"] == made["plain"]


def test_a_tree_that_no_one_changed_is_given_again() -> None:
    parse = embedded_process.parse_once(sqlglot.parse_one)

    tree = parse(SQL, read="bigquery")

    assert parse(SQL, read="bigquery") is tree
    assert parse(SQL, read="duckdb") is not tree


def test_a_tree_that_was_changed_is_parsed_anew() -> None:
    parse = embedded_process.parse_once(sqlglot.parse_one)
    unchanged = parse(SQL, read="bigquery").sql()
    changes = {
        "a node replaced": lambda tree: tree.find(exp.Column).replace(exp.column("z")),
        "a text set": lambda tree: tree.find(exp.Identifier).set("this", "z"),
        "a node added": lambda tree: tree.select("z", copy=False),
        "a node removed": lambda tree: tree.args["where"].pop(),
        "a type given": lambda tree: setattr(tree.find(exp.Column), "type", "INT64"),
        "put into another": lambda tree: exp.Subquery(this=tree),
    }

    for what, change in changes.items():
        tree = parse(SQL, read="bigquery")
        change(tree)
        again = parse(SQL, read="bigquery")
        assert again is not tree, what
        assert again.sql() == unchanged, what
        assert again.parent is None, what


class Translator:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, sql: str, **_: object) -> Translation:
        self.asked.append(sql)
        return Translation(ok="fails" not in sql)


class Translation:
    def __init__(self, *, ok: bool) -> None:
        self._ok = ok

    def is_ok(self) -> bool:
        return self._ok


def test_a_translation_is_made_once_for_a_text_and_its_tables() -> None:
    translator = Translator()
    translate = embedded_process.translate_once(Translator.translate)

    for schema in ({"t": {"a": "INT64"}}, {"t": {"a": "INT64"}}, {"t": {"a": "STRING"}}, None):
        translate(translator, SQL, schema=schema)

    assert translator.asked == [SQL] * 3


def test_an_error_is_found_anew() -> None:
    translator = Translator()
    translate = embedded_process.translate_once(Translator.translate)

    assert not translate(translator, "it fails").is_ok()
    assert not translate(translator, "it fails").is_ok()
    assert translator.asked == ["it fails"] * 2


def test_a_job_is_listed_and_not_written_to_the_data_file() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIST_JOBS, embedded_process.__file__],
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )

    assert json.loads(done.stdout) == {"listed": ["j"], "written": 0}
