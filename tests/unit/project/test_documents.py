"""Where a key stands: JSON and YAML with positions, and what can't be read as a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from plumbline.project.document import Document, KeyPath, Mark
from plumbline.project.json_document import read_json
from plumbline.project.yaml_document import read_yaml

FILE = Path("some.file")
JSON = """\
{
  "name": "a \\"quoted\\" {name}",
  "list": [1, {"x": true,
    "y": null}, []],
  "empty": {}
}
"""
YAML = """\
# a comment
name: a
list:
  - 1
  - x: true
    y:
empty: {}
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 1, 1),
        (("name",), 2, 3),
        (("list",), 3, 3),
        (("list", 0), 3, 12),
        (("list", 1), 3, 15),
        (("list", 1, "x"), 3, 16),
        (("list", 1, "y"), 4, 5),
        (("list", 2), 4, 17),
        (("empty",), 5, 3),
        (("empty", "missing"), 5, 3),
        (("missing",), 1, 1),
    ],
)
def test_a_key_of_json_has_its_place(path: KeyPath, line: int, column: int) -> None:
    place = read_json(FILE, JSON).place(*path)
    assert (place.line, place.column) == (line, column)


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("name",), 2, 1),
        (("list",), 3, 1),
        (("list", 0), 4, 5),
        (("list", 1), 5, 5),
        (("list", 1, "y"), 6, 5),
        (("empty", "missing"), 7, 1),
    ],
)
def test_a_key_of_yaml_has_its_place(path: KeyPath, line: int, column: int) -> None:
    place = read_yaml(FILE, YAML).place(*path)
    assert (place.line, place.column) == (line, column)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def every_path(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    return [path, *(found for key, entry in inner for found in every_path(entry, (*path, key)))]


@settings(max_examples=settings().max_examples // 3)
@given(st.dictionaries(st.text(max_size=4), VALUES), st.sampled_from([None, 1, 2]))
def test_every_key_of_any_json_is_found_where_it_stands(
    value: dict[str, Any], indent: int | None
) -> None:
    text = json.dumps(value, indent=indent)
    document = read_json(FILE, text)
    assert document.value == value
    assert document.faults == ()
    lines = text.split("\n")
    assert set(document.marks) == set(every_path(value))
    for path in document.marks:
        place = document.place(*path)
        assert place.column is not None
        rest = lines[place.line - 1][place.column - 1 :]
        if path and isinstance(path[-1], str):
            assert rest.startswith(json.dumps(path[-1]) + ":")


@settings(max_examples=settings().max_examples // 3)
@given(st.dictionaries(st.text("abc", max_size=3), VALUES))
def test_every_key_of_any_yaml_has_a_place(value: dict[str, Any]) -> None:
    text = yaml.safe_dump(value, sort_keys=False)
    document = read_yaml(FILE, text)
    assert document.value == (value or {})
    assert set(every_path(value)) - {()} <= set(document.marks)


MERGED = """\
base: &base {schema: stripe, loader: x}
more: &more
  tags: [y]
sources:
  - <<: *base
    schema: other
  - <<: [*base, *more]
    <<: {schema: z}
"""


def test_what_a_merge_key_brings_gives_way_and_is_no_duplicate() -> None:
    document = read_yaml(FILE, MERGED)
    assert document.faults == ()
    assert document.value == yaml.safe_load(MERGED)
    place = document.place("sources", 0, "schema")
    assert (place.line, place.column) == (6, 5)
    assert document.place("sources", 0, "loader").line == 1  # where it comes from
    assert document.place("sources", 1, "tags").line == 3


def test_beside_a_merge_key_a_key_that_stands_twice_is_still_found() -> None:
    document = read_yaml(FILE, "base: &base {a: 1}\nb:\n  <<: *base\n  a: 2\n  a: 3\n")
    (fault,) = document.faults
    assert fault.mark is not None
    assert (fault.kind, fault.mark.line) == ("duplicate-key", 5)


@pytest.mark.parametrize(
    "value", ["!!bool maybe", "!!int ''", "!!float ''", "!!timestamp today", "0x_", "2026-02-30"]
)
def test_a_value_that_is_not_of_its_type_is_named_where_it_stands(value: str) -> None:
    (fault,) = read_yaml(FILE, f"first: 1\nsecond: {value}\n").faults
    text = value.rpartition(" ")[2]
    assert f"has an invalid value: {text}: " in fault.what
    assert fault.mark == Mark(2, 9)


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_both_of_two_keys_are_told_apart_by_their_level(read: Any) -> None:
    document = read(FILE, '{"a": {"b": 1}, "b": {"b": 2, "b": 3}}')
    (fault,) = document.faults
    assert (fault.kind, fault.key) == ("duplicate-key", "b.b")
    assert fault.mark == Mark(1, 31)
    assert document.value == {"a": {"b": 1}, "b": {"b": 3}}


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a.b[1].c", ("a", "b", 1, "c")),
        ("models.second.columns", ("models", 1, "columns")),
        ("models.third", ("models",)),
        ("", ()),
        ("line 3, column 2", ("line 3, column 2",)),
    ],
)
def test_a_key_given_as_text_is_found_by_number_or_by_name(key: str, path: KeyPath) -> None:
    text = '{"models": [{"name": "first"}, {"name": "second", "columns": []}], "a": {"b": [0, {"c": 1}]}}'
    document = read_json(FILE, text)
    assert document.place_of_key(key) == document.place(*path)


def test_what_is_not_there_is_nothing() -> None:
    document = Document(FILE, {"a": [{"b": "text"}, 3], "c": ""})
    assert document.get("a", 0, "b") == "text"
    assert document.get("a", 5) is None
    assert document.get("a", 0, "b", "c") is None
    assert document.text("c") is None
    assert document.mapping("a") == {}
    assert [path for path, _ in document.entries("a")] == [("a", 0)]
    assert list(document.entries("c")) == []
