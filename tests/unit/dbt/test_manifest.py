"""The tests of dbt's manifest: what they check, who owns it, and what a malformed entry loses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.dbt.manifest import DbtManifest, read_dbt_manifest
from plumbline.project.files import Files
from support.each import for_each

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v{}.json"


def read(folder: Path, schema: int = 12, **content: Any) -> DbtManifest:
    metadata = {"dbt_schema_version": SCHEMA.format(schema), "dbt_version": "1.11.2"}
    file = folder / "manifest.json"
    file.write_text(json.dumps({"metadata": metadata | {"project_name": "shop"}, **content}))
    return read_dbt_manifest(file, Files())


UNIQUE = {
    "name": "unique_orders_order_id",
    "package_name": "shop",
    "original_file_path": "models/schema.yml",
    "description": "One row an order.",
    "column_name": "order_id",
    "attached_node": "model.shop.orders",
    "compiled_code": "select 1",
    "test_metadata": {
        "name": "unique",
        "namespace": None,
        "kwargs": {"column_name": "order_id", "model": "{{ get_where_subquery(ref('orders')) }}"},
    },
    "depends_on": {"macros": ["macro.dbt.test_unique"], "nodes": ["model.shop.orders"]},
    "config": {
        "severity": "WARN",
        "where": "state = 'paid'",
        "limit": 10,
        "warn_if": ">1",
        "tags": "nightly",
        "meta": {"owner": "ana"},
    },
}


def test_a_generic_test_is_read_with_what_it_checks_and_how(tmp_path: Path) -> None:
    (test,) = read(tmp_path, nodes={"test.shop.unique_orders_order_id.1a": UNIQUE}).tests
    assert (test.generic.macro, test.generic.arguments) == ("unique", {"column_name": "order_id"})
    assert (test.column, test.node) == ("order_id", "model.shop.orders")
    assert (test.severity, test.warn_if, test.error_if) == ("warn", ">1", "!= 0")
    assert (test.where, test.limit, test.compiled) == ("state = 'paid'", 10, "select 1")
    assert (test.resource.owner, test.resource.tags) == ("ana", ("nightly",))
    assert test.resource.description == "One row an order."


def test_a_singular_test_has_no_macro(tmp_path: Path) -> None:
    entry = {"name": "no_lost_orders", "package_name": "shop", "config": {}}
    (test,) = read(tmp_path, nodes={"test.shop.no_lost_orders": entry}).tests
    assert (test.generic, test.node, test.compiled) == (None, None, None)


def test_the_owner_is_that_of_meta_else_that_of_the_group(tmp_path: Path) -> None:
    groups = {"group.shop.finance": {"name": "finance", "owner": {"name": "", "email": "f@x"}}}
    cases = {
        "in config": ({"config": {"meta": {"owner": "ana"}, "group": "finance"}}, "ana"),
        "before dbt 1.10": ({"meta": {"owner": "ana"}}, "ana"),
        "as a mapping": ({"config": {"meta": {"owner": {"name": "ana"}}}}, "ana"),
        "of the group": ({"config": {"group": "finance"}}, "f@x"),
        "nobody": ({"config": {"meta": {"owner": ""}}}, None),
    }

    def is_so(case: str) -> None:
        entry, owner = cases[case]
        found = read(tmp_path, nodes={"model.shop.orders": entry}, groups=groups)
        assert found.resources["model.shop.orders"].owner == owner

    for_each(cases, is_so)


def test_the_freshness_of_a_source_is_read_and_one_without_bounds_is_none(tmp_path: Path) -> None:
    rule = {"warn_after": {"count": 6, "period": "hour"}, "error_after": {"count": None}}
    source = {"source_name": "shop", "name": "raw", "loaded_at_field": "at", "freshness": rule}
    bare = {"source_name": "shop", "name": "bare", "freshness": {"warn_after": {}}}
    found = read(tmp_path, sources={"source.shop.shop.raw": source, "source.shop.shop.bare": bare})
    (freshness,) = found.freshness
    assert freshness.source.name == "shop.raw"
    assert (freshness.column, freshness.warn_after, freshness.error_after) == (
        "at",
        (6, "hour"),
        None,
    )


def test_a_version_that_is_not_known_is_read_all_the_same(tmp_path: Path) -> None:
    versions = {8: False, 9: True, 12: True, 13: False}
    for version, is_known in versions.items():
        found = read(tmp_path, version, nodes={"test.shop.unique.1a": UNIQUE})
        assert (found.is_known, len(found.tests)) == (is_known, 1)


def test_a_manifest_without_the_projects_name_is_of_the_one_that_is_read(tmp_path: Path) -> None:
    content = {"macros": {"macro.shop.test_unique": {}, "macro.dbt.test_unique": {}}}
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"metadata": {}, **content}))
    found = read_dbt_manifest(file, Files(), project="shop")
    assert (found.project, found.macros) == ("shop", {"test_unique"})


def test_a_malformed_entry_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    entry = {"test_metadata": {"name": "x", "kwargs": []}, "depends_on": [], "config": 1}
    found = read(tmp_path, nodes={"test.shop.x.1a": entry, "test.shop.y": 5}, sources=[], groups=0)
    (test,) = found.tests
    assert (test.generic.macro, test.severity, test.depends_on) == ("x", "error", ())


def test_no_json_is_refused_with_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    file.write_text("{")
    with pytest.raises(MonitorError, match="not JSON"):
        read_dbt_manifest(file, Files())
