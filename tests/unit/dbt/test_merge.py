"""What a repeated import takes from dbt, and what it leaves to people."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.dbt.merge import Lock, LockedFile, hashes, merge, read_lock
from support.each import for_each

CASES = {
    # imported last, in the file, in dbt: what the file shall hold, who is told
    "first import": (None, None, "a", "a", ""),
    "nothing changed": ("a", "a", "a", "a", ""),
    "changed in dbt": ("a", "a", "b", "b", ""),
    "removed in dbt": ("a", "a", None, None, ""),
    "edited": ("a", "x", "a", "x", "edited"),
    "removed by a person": ("a", None, "a", None, "edited"),
    "the same change on both sides": ("a", "b", "b", "b", ""),
    "removed on both sides": ("a", None, None, None, ""),
    "edited, and changed in dbt": ("a", "x", "b", "x", "conflict"),
    "edited, and removed in dbt": ("a", "x", None, "x", "conflict"),
    "removed by a person, and changed in dbt": ("a", None, "b", None, "conflict"),
    "written by a person": (None, "x", None, "x", ""),
    "written by a person, and now in dbt": (None, "x", "a", "x", "conflict"),
}


def test_a_part_is_merged_as_git_merges() -> None:
    def is_so(case: str) -> None:
        base, ours, dbt, expected, told = CASES[case]
        parts = [{} if one is None else {"p": one} for one in (base, ours, dbt)]
        found = merge(hashes(parts[0]), parts[1], parts[2])
        assert found.parts.get("p") == expected
        assert bool(found.edited) == (told == "edited")
        assert bool(found.conflicts) == (told == "conflict")

    for_each(CASES, is_so)


def test_the_order_of_keys_is_no_change() -> None:
    one, other = {"p": {"a": 1, "b": 2}}, {"p": {"b": 2, "a": 1}}
    assert merge(hashes(one), other, one).edited == ()


def test_a_lock_reads_what_it_wrote(tmp_path: Path) -> None:
    lock = Lock({"expectations/a.json": LockedFile("model.shop.a", {"table": "1f"})})
    file = tmp_path / "dbt-import.lock"
    assert read_lock(file) == Lock()
    file.write_text(lock.text())
    assert read_lock(file) == lock


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "files": {}}', '{"version": 1}'])
def test_a_lock_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dbt-import.lock"
    file.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_lock(file)
    assert "git" in str(refused.value.fix)
