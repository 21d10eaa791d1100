"""A run in the hour that comes twice judges, as any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from support.projects import SmallMonitor, between, make_project

pytestmark = pytest.mark.warehouse

SQL = "select as_of, 91.0 as pct from unnest({{ var('as_of') }}) as as_of"


@pytest.mark.parametrize("hour", [5, 6], ids=["first", "second"])
def test_a_run_in_the_hour_that_comes_twice_is_judged(
    hour: int, warehouse: Target, tmp_path: Path
) -> None:
    small = make_project(tmp_path, warehouse)
    small.add(
        "coverage", SmallMonitor(SQL, [between(column="pct", aggregate="mean", min_value=50)])
    )
    small.checkpoint("coverage", name="health")
    (outcome,) = small.run_at(datetime(2025, 11, 2, hour, 30, tzinfo=UTC)).outcomes
    assert (str(outcome.status), outcome.observed) == ("PASS", 91.0), outcome.reason
