"""A run leaves no connection open: many in one process would else hold hundreds until Python
collects its garbage."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from plumbline.project.targets import Target
from support.projects import make_project

pytestmark = pytest.mark.warehouse

MODEL = (
    "select cast(instant as timestamp) as as_of, 'judge' as verdict, 100.0 as pct\n"
    "from unnest({{ var('as_of') }}) as instant\n"
)
DESCRIPTORS = Path("/proc/self/fd")


def sockets() -> int:
    return sum(_leads_to(one).startswith("socket:") for one in DESCRIPTORS.iterdir())


def _leads_to(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # gone meanwhile
        return ""


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="only Linux says what a process has open")
def test_a_run_closes_its_connections_without_the_garbage_collector(
    warehouse: Target, tmp_path: Path
) -> None:
    small = make_project(tmp_path, warehouse)
    small.add("lines", MODEL)
    small.checkpoint(
        "lines",
        name="health",
        actions=[
            {"name": "alerts", "type": "plumbline_alerts"},
            {"name": "docs", "type": "plumbline_docs"},
        ],
    )
    small.run("health", alerts=True)  # whatever the first run opens for good
    gc.collect()
    before = sockets()
    gc.disable()
    try:
        for _ in range(3):
            small.run("health", alerts=True)
        after = sockets()
    finally:
        gc.enable()
    assert after <= before
