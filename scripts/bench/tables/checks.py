"""The checks of checks.json, and a plumbline project and a dbt project that make them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.shared import ROOT

FILE = Path(__file__).with_name("checks.json")


@dataclass(frozen=True)
class Check:
    """What is checked of one column."""

    table: str
    """``dataset.table``."""
    column: str
    kind: str
    """``not_null``, ``unique`` or ``in_set``."""
    values: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The same for all contenders."""
        return f"{self.table}.{self.column} {self.kind}"


def read() -> dict[str, list[Check]]:
    """The checks, by table."""
    return {
        table: [
            Check(table, column, kind)
            if isinstance(kind, str)
            else Check(table, column, "in_set", tuple(kind))
            for column, kind in checks
        ]
        for table, checks in json.loads(FILE.read_text()).items()
    }


_TYPES = {
    "not_null": "expect_column_values_to_not_be_null",
    "unique": "expect_column_values_to_be_unique",
    "in_set": "expect_column_values_to_be_in_set",
}


def write_plumbline(root: Path) -> Path:
    """A suite a table, and a checkpoint ``all`` of them; the folder."""
    for name in ("models", "macros", "expectations", "checkpoints"):
        (root / name).mkdir(parents=True)
    shutil.copy(ROOT / "great_expectations.yml", root)
    (root / "dbt_project.yml").write_text("name: tables\nversion: 1.0.0\nprofile: tables\n")
    names = []
    for table, checks in read().items():
        name = table.partition(".")[2]
        names.append(name)
        suite = {
            "name": name,
            "meta": {"monitor": {"table": table}},
            "expectations": [
                {
                    "type": _TYPES[one.kind],
                    "severity": "critical",
                    "kwargs": {"column": one.column}
                    | ({"value_set": list(one.values)} if one.values else {}),
                }
                for one in checks
            ],
        }
        (root / "expectations" / f"{name}.json").write_text(json.dumps(suite, indent=2))
    checkpoint = {"name": "all", "validation_definitions": [{"name": name} for name in names]}
    (root / "checkpoints" / "all.json").write_text(json.dumps(checkpoint | {"actions": []}))
    return root


def found_by_plumbline(printed: str) -> dict[str, float]:
    """1 for each check that passed and 0 for each that failed, of ``run --format json``."""
    failures = {
        (monitor["name"], failure["column"], failure["expectation"])
        for monitor in json.loads(printed)["monitors"]
        for failure in monitor["failures"]
    }
    return {
        one.name: float((table.partition(".")[2], one.column, _TYPES[one.kind]) not in failures)
        for table, checks in read().items()
        for one in checks
    }


def write_dbt(root: Path, *, endpoint: str, project: str, threads: int) -> Path:
    """Sources with the checks as generic tests, and a profile; the folder."""
    (root / "models").mkdir(parents=True)
    (root / "dbt_project.yml").write_text(
        "name: tables\nversion: 1.0.0\nprofile: tables\nmodel-paths: [models]\n"
    )
    sources = [{"name": dataset, "tables": tables} for dataset, tables in _dbt_tables().items()]
    (root / "models" / "sources.yml").write_text(yaml.safe_dump({"version": 2, "sources": sources}))
    output = {
        "type": "bigquery", "method": "oauth-secrets", "token": "made-up", "project": project,
        "dataset": "dbt_tests", "location": "US", "api_endpoint": endpoint, "threads": threads,
        "job_retries": 0,
    }  # fmt: skip
    profiles = {"tables": {"target": "bench", "outputs": {"bench": output}}}
    (root / "profiles.yml").write_text(yaml.safe_dump(profiles))
    return root


def _dbt_tables() -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, checks in read().items():
        dataset, _, name = table.partition(".")
        columns = [{"name": one.column, "data_tests": [_dbt_test(one)]} for one in checks]
        tables.setdefault(dataset, []).append({"name": name, "columns": columns})
    return tables


def _dbt_test(check: Check) -> str | dict[str, Any]:
    if check.kind != "in_set":
        return check.kind
    return {"accepted_values": {"arguments": {"values": list(check.values)}}}
