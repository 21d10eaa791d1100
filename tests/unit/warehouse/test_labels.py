"""Job labels keep BigQuery's rules, whatever a monitor is called."""

from __future__ import annotations

import re

import pytest

from plumbline.warehouse.labels import job_labels

CASES = [
    ({"monitor": "line_coverage"}, {"monitor": "line_coverage"}),
    ({"Run": "2026-02-02T00:00:00Z"}, {"run": "2026-02-02t00_00_00z"}),
    ({"monitor": "Größe (v2)"}, {"monitor": "gr__e__v2_"}),
    ({"1st": ""}, {"l1st": ""}),
    ({"monitor": "x" * 100}, {"monitor": "x" * 63}),
    ({"9" * 70: "x"}, {"l" + "9" * 62: "x"}),
    ({}, {}),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_what_the_rules_forbid_becomes_an_underscore(
    given: dict[str, str], expected: dict[str, str]
) -> None:
    assert job_labels(given) == expected


def test_there_are_never_more_than_64() -> None:
    labels = job_labels({f"key{n}": "x" for n in range(100)})

    assert len(labels) == 64
    assert all(re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) for key in labels)
