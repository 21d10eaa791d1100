"""Faults between plumbline and BigQuery, at random: nothing comes of them but the rows or an ERROR.

The grid of tests/scenarios/test_faults_of_bigquery.py has one fault at each request; here are up to
four in a run, and swapped, truncated, dripping and repeated answers besides.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from fuzz.conftest import Fuzz
from plumbline.core.errors import MonitorError
from plumbline.project import Target
from plumbline.project.targets import Limits
from plumbline.warehouse.client import endpoint_of
from scenarios.test_faults_of_bigquery import (
    DAY,
    LONGEST_SECONDS,
    ask_monitors,
    ask_through,
    key_file,
    moments,
    small_day,
)
from support.bigquery_faults import FAULTS, Dripping, Repeated, Swapped, Truncated
from support.bigquery_proxy import BigQueryProxy
from support.warehouse import shared_state_dir, warehouse

__all__ = ["key_file", "moments", "shared_state_dir", "warehouse"]

pytestmark = [
    pytest.mark.warehouse,
    # Threads of the product draw their jitter while hypothesis draws a case.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module"),
]


CUT, DRIP = st.builds(Truncated, st.floats(0.0, 0.99)), st.builds(Dripping)
ON_THE_WIRE = st.one_of(
    CUT, DRIP, st.builds(Swapped), st.builds(Repeated),
    st.sampled_from([kind.fault for name, kind in FAULTS.items() if "stall" not in name]),
)  # fmt: skip
PLACES = st.tuples(
    st.sampled_from(["plumbline_coverage_", "plumbline_steady_", ""]), st.integers(0, 5)
)


def test_faults_at_random_give_no_wrong_rows_and_end_by_the_deadline(
    warehouse: Target,
    tmp_path: Path,
    key_file: object,
    moments: Callable[[], None],
    fuzz: Fuzz,
) -> None:
    """Up to four faults in one run, at any of its requests: swapped, truncated, dripping, repeated
    answers, and all that the grid has. What is found is what the data say, or an ERROR."""
    project = small_day(warehouse, tmp_path / "project")
    patient = replace(project, target=replace(project.target, limits=Limits(deadline_seconds=60.0)))
    upstream, memory = endpoint_of(warehouse), {}
    truth = {"coverage": [DAY[1]] * 3, "steady": [90]}
    assert ask_monitors(patient, upstream, memory, None, 1)[1] == truth
    moments()
    met: Counter[str] = Counter()

    def check(faults: dict[tuple[str, int], Any]) -> None:
        began = time.monotonic()
        with BigQueryProxy(upstream, page_rows=2, memory=memory) as proxy:
            for (of, place), fault in faults.items():
                proxy.at(place, fault, of=of)
            found = ask_through(proxy, project, 1)
        shown = f"{proxy.given}: {found}"
        assert time.monotonic() - began < LONGEST_SECONDS, shown
        met["faults"] += len(proxy.given)
        for name, said in found.items():
            met["ERROR" if isinstance(said, MonitorError) else "the rows as they are"] += 1
            assert isinstance(said, MonitorError) or said == truth[name], shown

    fuzz(check, st.dictionaries(PLACES, ON_THE_WIRE, min_size=1, max_size=4))
    print(f"monitors: {dict(met)}; no wrong rows")
