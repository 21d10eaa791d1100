"""What the sets of packages take: the tables, and whether the page is of today's lock."""

from __future__ import annotations

import re

from bench.installed.cli import PAGE, as_tables
from bench.shared import ROOT
from supply_chain.lock_file import read_lock


def test_the_largest_packages_are_listed_first() -> None:
    sizes = {"runtime": {"a": 1_400_000, "b": 2_000_000_000}, "local": {"a": 1_400_000}}
    assert as_tables(sizes).splitlines() == [
        "| installed | packages | MB |",
        "|---|---|---|",
        "| without extras: production | 2 | 2,001 |",
        "| with `local`: the embedded BigQuery | 1 | 1 |",
        "",
        "The largest without extras, in MB: b 2,000, a 1.",
        "",
        "The largest with `local`, in MB: a 1.",
    ]


def test_the_page_counts_the_packages_that_are_locked() -> None:
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    pins = [pin for pin in read_lock(locked) if pin.is_for_this_python]
    (said,) = re.findall(r"\| without extras: production \| (\d+) \|", PAGE.read_text())
    assert int(said) == len(pins), "run python scripts/bench installed --save"
