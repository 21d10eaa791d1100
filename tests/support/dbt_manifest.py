"""``target/manifest.json`` as dbt 1.11 writes it, without what plumbline does not read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

Entry = tuple[str, dict[str, Any]]
"""The id of a node, and the node."""


def model(name: str, *, project: str = "shop", **changes: Any) -> Entry:
    """A model that dbt has built as a table."""
    entry = {
        "name": name,
        "package_name": project,
        "database": "shop-project",
        "schema": "shop",
        "alias": name,
        "original_file_path": f"models/{name}.sql",
        "config": {"materialized": "table"},
    }
    return f"model.{project}.{name}", entry | changes


def source(source: str, table: str, *, project: str = "shop", **changes: Any) -> Entry:
    """A table of a source."""
    entry = {
        "name": table,
        "source_name": source,
        "package_name": project,
        "database": "shop-project",
        "schema": source,
        "identifier": table,
        "relation_name": f"`shop-project`.`{source}`.`{table}`",
        "original_file_path": "models/sources.yml",
    }
    return f"source.{project}.{source}.{table}", entry | changes


def generic_test(
    macro: str,
    on: str,
    column: str | None = None,
    *,
    project: str = "shop",
    compiled: str | None = "select 1 from `shop-project`.`shop`.`orders`",
    config: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> Entry:
    """A test of ``macro`` (``not_null``, ``dbt_utils.recency``) on the node ``on``."""
    namespace, _, name = macro.rpartition(".")
    words = "_".join(filter(None, (namespace, name, on.rpartition(".")[2], column)))
    column_name = {} if column is None else {"column_name": column}
    entry = {
        "name": words,
        "package_name": project,
        "original_file_path": "models/schema.yml",
        "column_name": column,
        "attached_node": on,
        "compiled_code": compiled,
        "depends_on": {
            "macros": [f"macro.{namespace or 'dbt'}.test_{name}", "macro.dbt.get_where_subquery"],
            "nodes": [on],
        },
        "test_metadata": {
            "name": name,
            "namespace": namespace or None,
            "kwargs": {**column_name, **arguments, "model": "{{ get_where_subquery(...) }}"},
        },
        "config": dict(config or {}),
    }
    # dbt's own ends in a hash of the arguments.
    return f"test.{project}.{words}.{md5(str(arguments).encode()).hexdigest()[:10]}", entry | dict(
        changes or {}
    )


def singular_test(
    name: str,
    compiled: str | None,
    *reads: str,
    project: str = "shop",
    config: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Entry:
    """A test that is a query."""
    entry = {
        "name": name,
        "package_name": project,
        "original_file_path": f"tests/{name}.sql",
        "compiled_code": compiled,
        "depends_on": {"macros": [], "nodes": list(reads)},
        "config": dict(config or {}),
    }
    return f"test.{project}.{name}", entry | changes


def manifest(*entries: Entry, project: str = "shop", schema: int = 12, **others: Any) -> str:
    """The text of a manifest."""
    content = {
        "metadata": {
            "dbt_schema_version": f"https://schemas.getdbt.com/dbt/manifest/v{schema}.json",
            "dbt_version": "1.11.16",
            "adapter_type": "bigquery",
            "project_name": project,
        },
        "nodes": {id_: entry for id_, entry in entries if not id_.startswith("source.")},
        "sources": {id_: entry for id_, entry in entries if id_.startswith("source.")},
        "disabled": {},
    }
    return json.dumps(content | others)


def write_manifest(root: Path, *entries: Entry, **others: Any) -> Path:
    """A manifest where dbt writes it in the project ``root``."""
    file = root / "target" / "manifest.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(manifest(*entries, **others))
    return file
