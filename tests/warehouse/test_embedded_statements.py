"""What makes the embedded BigQuery quick changes none of its answers."""

from __future__ import annotations

import gzip
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import sqlglot
from sqlglot import exp

from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse import embedded_process
from plumbline.warehouse.client import endpoint_of
from support.warm_python import warm_python

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

FILL_TEMPLATES = """
import json, runpy, sys
process = runpy.run_path(sys.argv[1])
import sqlglot

statements = json.load(sys.stdin)
parse_one, parsed = sqlglot.parse_one, []

def count(sql, **options):
    parsed.append(sql)
    return parse_one(sql, **options)

def generate():
    return [sqlglot.transpile(sql, read="snowflake", write="duckdb") for sql in statements]

plain = generate()
sqlglot.parse_one = count
process["parse_templates_once"]()
parsed.clear()
generators = [sqlglot.Dialect.get_or_raise("duckdb").generator() for _ in range(2)]
made = len(parsed)
print(json.dumps({"plain": plain, "ours": generate(), "again": generate(), "parsed": made}))
"""

WRITE_CATALOG = """
import json, runpy, sys
from datetime import UTC, datetime
process = runpy.run_path(sys.argv[1])
process["quiet_log"]()
import duckdb
from bqemulator.catalog.duckdb_repository import DuckDBCatalogRepository
from bqemulator.catalog.models import DatasetMeta, TableMeta
from bqemulator.storage.engine import DuckDBEngine

upserts = []

def execute(engine, sql, parameters=None):
    upserts.append("OR REPLACE" in sql)
    return DuckDBEngine.execute(engine, sql, parameters)

class Engine:
    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("create schema _bqemulator_catalog")

def written():
    engine = Engine()
    catalog = DuckDBCatalogRepository(engine)
    catalog.ensure_ready()
    now = datetime(2026, 2, 2, tzinfo=UTC)
    common = {"project_id": "p", "dataset_id": "d", "creation_time": now, "last_modified_time": now}
    dataset = DatasetMeta(**common, etag="1")
    table = TableMeta(**common, table_id="t", etag="1")
    other = table.model_copy(update={"table_id": "other"})
    catalog.create_dataset(dataset)
    catalog.create_table(table)
    catalog.create_table(other)
    catalog.update_dataset(dataset.model_copy(update={"location": "EU", "etag": "2"}))
    catalog.update_table(table.model_copy(update={"num_rows": 7, "etag": "2"}))
    return [
        row
        for name in ("datasets", "tables")
        for row in engine.connection.execute(
            f"select * from _bqemulator_catalog.{name} order by all"
        ).fetchall()
    ]

def found():
    upserts.clear()
    return {"rows": written(), "upserts": sum(upserts)}

Engine.execute = execute
plain = found()
Engine.execute = process["without_upserts"](execute)
print(json.dumps({"plain": plain, "ours": found()}, default=str))
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

    made = _printed_by(TRANSLATE, {"statements": statements, "tables": tables})

    assert made["first"] == made["plain"]
    assert made["again"] == made["plain"]


def test_the_catalog_that_is_written_without_upserts_is_the_same() -> None:
    made = _printed_by(WRITE_CATALOG)

    assert len(made["plain"]["rows"]) == 3
    assert made["ours"]["rows"] == made["plain"]["rows"]
    assert (made["plain"]["upserts"], made["ours"]["upserts"]) == (5, 0)


def test_the_templates_of_a_generator_are_parsed_once_and_filled_in_as_before() -> None:
    # Snowflake's: of BigQuery's functions, none is written by a template.
    statements = [
        "select randstr(5, 1)",
        "select randstr(7, 2), array_except(a, b) from t",
        "select array_intersection(a, b) from t",
        "select strtok(a, '.', 1) from t",
    ]

    made = _printed_by(FILL_TEMPLATES, statements)

    assert made["ours"] == made["plain"]
    assert made["again"] == made["plain"]
    assert made["parsed"] == 0


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
    assert _printed_by(LIST_JOBS) == {"listed": ["j"], "written": 0}


def test_a_request_is_decompressed_and_neither_logged_nor_counted(warehouse: Target) -> None:
    asked = json.dumps({"query": "select 1 as n", "useLegacySql": False}).encode()

    answer = requests.post(
        f"{endpoint_of(warehouse)}/bigquery/v2/projects/{warehouse.project}/queries",
        data=gzip.compress(asked),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
        timeout=60,
    )

    assert answer.json()["rows"] == [{"f": [{"v": "1"}]}]
    assert "x-correlation-id" not in answer.headers, "which the layer of the log adds"


def _printed_by(script: str, given: object = None) -> Any:
    done = subprocess.run(
        [*warm_python(), "-c", script, embedded_process.__file__],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    return json.loads(done.stdout)
