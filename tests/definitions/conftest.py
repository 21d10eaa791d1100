"""Two witnesses for every definition: the embedded BigQuery, and Google's own evaluator.

pytest tests/definitions -m "not oracle"     the embedded BigQuery alone
pytest tests/definitions -m oracle           Google's evaluator alone
"""

from __future__ import annotations

from pathlib import Path

import pytest

from definitions.cases import Interview
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.targets import embedded_target
from support.warehouse import shared_state_dir

__all__ = ["shared_state_dir"]


@pytest.fixture(scope="session")
def embedded(shared_state_dir: Path) -> Interview:
    """The embedded BigQuery."""
    from definitions.embedded import EmbeddedBigQuery

    target = embedded_target(shared_state_dir, project="unused")
    EmbeddedWarehouse.of(target).start()
    return Interview(EmbeddedBigQuery(target))


@pytest.fixture(scope="session")
def evaluator() -> Interview:
    """Google's evaluator."""
    from definitions.evaluator import Evaluator

    return Interview(Evaluator())


@pytest.fixture(
    params=[
        pytest.param("embedded", marks=pytest.mark.warehouse),
        pytest.param("evaluator", marks=pytest.mark.oracle),
    ]
)
def witness(request: pytest.FixtureRequest) -> Interview:
    """Each of the two in turn."""
    interview: Interview = request.getfixturevalue(request.param)
    return interview
