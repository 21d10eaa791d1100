"""Files are read whole or refused: what YAML and JSON would drop in silence is an error."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from plumbline.core.errors import ConfigError
from plumbline.project.parsing import find_value_faults
from plumbline.project.suites import MonitorEntry
from support.documents import read_document
from support.each import for_each


def read(folder: Path, text: str) -> object:
    file = folder / "file.yml"
    file.write_text(text)
    return read_document(file).mapping_or_raise(error=ConfigError, what="the file")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("models: [a]\nother: 1\nmodels: [b]\n", "line 3, column 1"),
        ("a:\n  days: 1\n  days: 2\n", "line 3, column 3"),
        ("a:\n  - {x: 1, x: 2}\n", "line 2, column 12"),
    ],
)
def test_a_key_that_stands_twice_is_refused_not_lost(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(ConfigError, match="occurs twice") as caught:
        read(tmp_path, text)
    assert caught.value.key == where


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {x: 1}\nb: {x: 2}\n", {"a": {"x": 1}, "b": {"x": 2}}),
        ("a: &a {x: 1}\nb: *a\n", {"a": {"x": 1}, "b": {"x": 1}}),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", {"a": {"x": 1}, "b": {"x": 1, "y": 2}}),
        ("# nothing\n", {}),
    ],
)
def test_the_same_key_in_two_places_an_alias_and_a_merge_are_fine(
    tmp_path: Path, text: str, value: object
) -> None:
    assert read(tmp_path, text) == value


ALLOWED: list[tuple[dict[str, Any], str]] = [
    ({"rows": {"days": 0}}, "write a number of at least 1"),
    ({"rows": {"days": 36_601}}, "write a number of at most 36600"),
    ({"rows": {"days": 1.5}}, "write a whole number"),
    ({"rows": {"days": "two"}}, "write a whole number"),
    (
        {"observed": "pct"},
        'write a mapping, for example "observed": '
        '{"column": "coverage_pct", "aggregate": "mean", "unit": "%"}',
    ),
    ({"vars": []}, 'write a mapping, for example "vars": {"days": 3}'),
    ({"group_by": "country"}, 'write it as a list: ["country"]'),
    ({"depends_on": {}}, "write a list"),
    ({"depends_on": True}, "write a list"),
    ({"table": ""}, "write a text that is not empty"),
    ({"owner": 5}, "write a text"),
]


def test_the_fix_of_a_value_says_what_is_allowed() -> None:
    def is_said(case: tuple[dict[str, Any], str]) -> None:
        given, fix = case
        assert [fault.fix for fault in find_value_faults(MonitorEntry, given)] == [fix]

    for_each(ALLOWED, is_said)


class Listed(BaseModel):
    names: list[str] = Field(min_length=1)


def test_an_empty_list_is_called_so() -> None:
    (fault,) = find_value_faults(Listed, {"names": []})
    assert (fault.what, fault.fix) == ("the list is empty", "write at least one entry")
