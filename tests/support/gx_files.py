"""Small projects of Great Expectations, file by file as GX 1.x writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

BIGQUERY = "bigquery://acme-data/shop"
NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}}
ORDERS = {"type": "table", "table_name": "orders", "batch_definitions": {"all": {}}}


def by(method: str, column: str = "day") -> dict[str, Any]:
    """The batch definition of an asset that is divided."""
    return {"partitioner": {"method_name": f"partition_on_{method}", "column_name": column}}


def write_gx(
    folder: Path,
    *,
    assets: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    suites: Mapping[str, Any] | None = None,
    definitions: Mapping[str, tuple[str, str, str]] | None = None,
    checkpoints: Mapping[str, Any] | None = None,
    variables: str = "",
) -> Path:
    """Write a project of GX 1.x, by default of one suite over one table.

    Args:
        folder: where.
        assets: of data source ``db``.
        source: ``db`` itself, beside its assets.
        suites: by name: the expectations, or the whole content.
        definitions: by name: suite, asset and batch definition.
        checkpoints: by name: the content.
        variables: of ``uncommitted/config_variables.yml``.
    """
    db = {"type": "bigquery", "connection_string": BIGQUERY, **(source or {})}
    content = {
        "config_version": 4.0,
        "fluent_datasources": {"db": {**db, "assets": assets or {"orders": ORDERS}}},
    }
    write(folder / "gx/great_expectations.yml", yaml.safe_dump(content))
    write(folder / "gx/uncommitted/config_variables.yml", variables)
    for name, suite in (suites or {"orders": [NOT_NULL]}).items():
        whole = suite if isinstance(suite, dict) else {"name": name, "expectations": suite}
        path = name.replace(".", "/")
        write(folder / f"gx/expectations/{path}.json", json.dumps(whole))
    for name, (of, asset, batches) in (
        definitions or {"orders": ("orders", "orders", "all")}
    ).items():
        data = {"datasource": "db", "asset": asset, "batch_definition": batches}
        definition = {
            "name": name,
            "suite": {"name": of},
            "data": {part: {"name": named} for part, named in data.items()},
        }
        write(folder / f"gx/validation_definitions/{name}.json", json.dumps(definition))
    for name, checkpoint in (checkpoints or {}).items():
        listed = [{"name": one} for one in definitions or {"orders": ()}]
        whole = {"name": name, "validation_definitions": listed, "actions": [], **checkpoint}
        write(folder / f"gx/checkpoints/{name}.json", json.dumps(whole))
    return folder


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
