"""What BigQuery's SQL and dbt's YAML allow: lint, debug, compile and run say the same of each.

A row is a construct. Where it is accepted, the embedded warehouse runs it; where that does not know
it, ``runs`` says so, and the compiled SQL is what stands here. Where it is refused, each of the four
refuses it, with the same message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status
from plumbline.doctor.diagnosis import Level
from plumbline.doctor.table_checks import check_sources, resolve_sources
from plumbline.lint.linter import lint
from plumbline.models import Compiler
from plumbline.project import Target
from plumbline.project.targets import Target as ResolvedTarget
from plumbline.warehouse.client import open_client
from support.projects import NOW, SmallMonitor, SmallProject, between, make_project

pytestmark = pytest.mark.warehouse

N = "select count(*) as n from {{ source('raw', 'events') }}"
EXPECTATIONS = (between("critical", column="n", min_value=1),)
TABLES = (
    "create table `{project}`.shop.events_20260101 (id int64, state string)",
    "insert into `{project}`.shop.events_20260101 values (1, 'paid'), (2, 'open')",
    "create table `{project}`.shop.events_20260102 (id int64, state string)",
    "insert into `{project}`.shop.events_20260102 values (3, 'paid')",
    "create table `{project}`.shop.arrivals (id int64) partition by _PARTITIONDATE",
    "insert into `{project}`.shop.arrivals (id) values (1)",
    "create table `{project}`.shop.`events-eu` (id int64, `näme` string)",
    "insert into `{project}`.shop.`events-eu` values (1, 'x')",
)


@dataclass(frozen=True)
class Accepted:
    """Something that all four take."""

    table: str
    """The keys of the one source table beside its name."""
    sql: str = N
    compiled: str = ""
    """A part of the SQL that BigQuery gets."""
    source: str = "schema: shop"
    yaml: str = ""
    """Before the sources."""
    runs: bool = True
    warnings: tuple[str, ...] = ()


COLUMNS = "columns: [{name: id, data_type: INT64}, {name: state, data_type: STRING}]"

ACCEPTED = {
    "a table without columns": Accepted(
        "identifier: events_20260101", compiled="`shop`.`events_20260101`"
    ),
    "Jinja in all names": Accepted(
        "identifier: \"events_{{ var('day') }}\"",
        source="schema: \"{{ env_var('NOT_SET', 'shop') }}\"\n"
        '    database: "{{ target.project }}"',
        compiled="`shop`.`events_20260101`",
    ),
    "a wildcard": Accepted(f"identifier: events_2*\n        {COLUMNS}", compiled="`events_2*`"),
    "a wildcard by its suffix": Accepted(
        f"identifier: events_2*\n        {COLUMNS}",
        N + " where _TABLE_SUFFIX between '0260101' and '0260102'",
        "_TABLE_SUFFIX between",
    ),
    "a partition by arrival, as a date": Accepted(
        "identifier: arrivals\n        columns: [{name: id, data_type: INT64}]\n"
        "        config: {meta: {partition_by: _PARTITIONDATE, require_partition_filter: true,\n"
        "          arrival_time: _PARTITIONTIME}}",
        N + " where _PARTITIONDATE >= '2020-01-01'",
        "_PARTITIONDATE >=",
    ),
    "a partition by arrival, as a time": Accepted(
        "identifier: arrivals\n        columns: [{name: id, data_type: INT64}]\n"
        "        config: {meta: {partition_by: _PARTITIONDATE, require_partition_filter: true}}",
        N + " where _PARTITIONTIME >= timestamp '2020-01-01'",
        "_PARTITIONTIME >=",
    ),
    "dashes and Unicode in names": Accepted(
        "identifier: events-eu\n        columns: [{name: näme, data_type: STRING}]",
        N + " where `näme` = 'x'",
        "`shop`.`events-eu`",
    ),
    "Unicode in a table's name": Accepted(
        "identifier: 'événements हिन्दी'", compiled="`shop`.`événements हिन्दी`", runs=False
    ),
    "a merge key": Accepted(
        "<<: *table\n        identifier: events_20260101",
        yaml="anchors:\n  - &table {identifier: other, description: Events.}\n",
        compiled="`events_20260101`",
    ),
    "INFORMATION_SCHEMA of a dataset": Accepted(
        "identifier: INFORMATION_SCHEMA.TABLES", compiled="`shop`.INFORMATION_SCHEMA.TABLES"
    ),
    "INFORMATION_SCHEMA of a region": Accepted(
        "identifier: INFORMATION_SCHEMA.JOBS",
        source="schema: region-us",
        compiled="`region-us`.INFORMATION_SCHEMA.JOBS",
        runs=False,
    ),
    "INFORMATION_SCHEMA as the dataset": Accepted(
        "identifier: JOBS",
        source="schema: region-eu.INFORMATION_SCHEMA",
        compiled="`region-eu`.INFORMATION_SCHEMA.JOBS",
        runs=False,
    ),
    "INFORMATION_SCHEMA named in the SQL": Accepted(
        "identifier: events_20260101",
        "select count(*) as n from shop.INFORMATION_SCHEMA.COLUMNS",
        "INFORMATION_SCHEMA",
    ),
    "PIVOT": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "select paid as n from (select id, state from {{ source('raw', 'events') }}) "
        "pivot (count(id) for state in ('paid', 'open'))",
        "pivot (",
    ),
    "PIVOT of a CTE": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "with e as (select id, state from {{ source('raw', 'events') }}) "
        "select paid as n from e pivot (count(id) for state in ('paid', 'open'))",
        "pivot (",
    ),
    "UNPIVOT": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "select * from (select min(id) as a, max(id) as b from {{ source('raw', 'events') }}) "
        "unpivot (n for which in (a, b))",
        "unpivot (",
    ),
    "a temporary function": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "create temp function twice(x int64) as (x * 2);\n"
        "select twice(count(*)) as n from {{ source('raw', 'events') }}",
        "create temp function twice(x int64) as (x * 2);",
    ),
    "pipe syntax": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "from {{ source('raw', 'events') }} |> where id > 0 |> aggregate count(*) as n",
        "|> where",
    ),
    "pipe syntax after WITH": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "with e as (select id from {{ source('raw', 'events') }}) from e |> aggregate count(*) as n",
        "from e |>",
    ),
    "an operator of pipe syntax that sqlglot does not know": Accepted(
        f"identifier: events_20260101\n        {COLUMNS}",
        "from {{ source('raw', 'events') }} |> rename id as n |> drop state",
        "|> drop",
        runs=False,
    ),
}


@dataclass(frozen=True)
class Refused:
    """Something that none of them takes."""

    what: str
    file: str = "models/sources.yml"
    table: str = "identifier: events_20260101"
    source: str = "schema: shop"
    sql: str = N
    in_names: bool = True
    """Whether it is a fault of the source, which ``debug`` looks at."""
    variables: str = field(default="")


REFUSED = {
    "a variable of the environment that is not set": Refused(
        "the environment variable NOT_SET is not set", source="schema: \"{{ env_var('NOT_SET') }}\""
    ),
    "a secret": Refused(
        "is a secret by its prefix", source="schema: \"{{ env_var('DBT_ENV_SECRET_S', 'shop') }}\""
    ),
    "a macro": Refused("'pick' is undefined", table='identifier: "{{ pick() }}"'),
    "a target's dataset that is not known": Refused(
        "target.schema is not known", source='schema: "{{ target.schema }}"'
    ),
    "a misspelt key": Refused("unknown key 'shema'", source="shema: shop"),
    "a key of the source at its table": Refused("dataset is set on a table", table="dataset: shop"),
    "a dash in a dataset's name": Refused(
        "'shop-eu' is not a valid BigQuery dataset", source="schema: shop-eu"
    ),
    "a variable that cannot be rendered": Refused(
        "the environment variable NOT_SET is not set",
        "dbt_project.yml",
        table="identifier: \"{{ var('broken') }}\"",
        variables="  broken: \"{{ env_var('NOT_SET') }}\"\n",
    ),
    "two statements": Refused(
        "more than one statement", "models/monitors/m.sql", sql="select 1 as n; select 2 as n",
        in_names=False,
    ),
    "a variable in a temporary function": Refused(
        "a variable is in a temporary function", "models/monitors/m.sql",
        sql="create temp function f() as ({{ var('days') }}); select f() as n", in_names=False,
    ),
    "a statement that is no query": Refused(
        "the model begins with 'create'", "models/monitors/m.sql",
        sql="create table x as select 1 as n", in_names=False,
    ),
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, warehouse: Target, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.delenv("NOT_SET", raising=False)
    return make_project(tmp_path / "project", warehouse)


def write(shop: SmallProject, row: Accepted | Refused) -> None:
    yaml = row.yaml if isinstance(row, Accepted) else ""
    (shop.root / "models" / "sources.yml").write_text(
        f"version: 2\n{yaml}sources:\n  - name: raw\n    {row.source}\n"
        f"    tables:\n      - name: events\n        {row.table}\n",
        encoding="utf-8",
    )
    file = shop.root / "dbt_project.yml"
    more = row.variables if isinstance(row, Refused) else "  day: '20260101'\n"
    file.write_text(file.read_text() + more)
    shop.add("m", SmallMonitor(row.sql, expectations=EXPECTATIONS, observed=None))
    shop.checkpoint("m")


def compiled(shop: SmallProject) -> str:
    compiler = Compiler(shop.project, shop.target)
    return compiler.compile("m", as_of=[NOW], vars={}, where="the test").sql


def errors(shop: SmallProject) -> list[str]:
    found = lint(shop.project).findings
    return [
        f"{finding.place.file}: {finding.what}"
        for finding in found
        if finding.severity == "error" and not finding.rule.code.startswith(("suite", "runbook"))
    ]


def make_tables(target: ResolvedTarget) -> None:
    client = open_client(target)
    client.create_dataset("shop")
    for statement in TABLES:
        client.query(statement.format(project=target.project)).result()


@pytest.mark.parametrize("row", ACCEPTED.values(), ids=ACCEPTED)
def test_all_four_accept(shop: SmallProject, row: Accepted) -> None:
    write(shop, row)
    assert errors(shop) == []
    assert row.compiled in compiled(shop)
    (sources,) = check_sources(resolve_sources(shop.project, shop.target))
    assert sources.level is Level.OK
    if row.runs:
        make_tables(shop.target)
        (outcome,) = shop.run().outcomes
        assert outcome.status is Status.PASS, outcome.reason


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED)
def test_all_four_refuse_with_the_same_message(shop: SmallProject, row: Refused) -> None:
    write(shop, row)
    with pytest.raises(PlumblineError) as caught:
        compiled(shop)
    assert row.what in caught.value.what
    assert str(caught.value.file).endswith(row.file)
    assert caught.value.fix

    assert any(row.file in text and caught.value.what in text for text in errors(shop))

    (sources,) = check_sources(resolve_sources(shop.project, shop.target))
    assert (caught.value.what in sources.detail) is row.in_names
    assert (sources.level is Level.MISSING) is row.in_names

    (outcome,) = shop.run().outcomes
    assert outcome.status is Status.ERROR
    assert caught.value.what in str(outcome.reason)
