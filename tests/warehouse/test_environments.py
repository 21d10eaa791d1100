"""One project, two environments in one warehouse: a prefix and a suffix name each one's datasets.

Both hold the same tables with other rows. Everything that a target reads or shows is its own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plumbline.project.targets import Target
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.dbt_manifest import model, source, write_manifest
from support.fake_slack import FakeSlack
from support.processes import environment
from support.warehouse import running_warehouse
from support.warm_python import warm_python

pytestmark = pytest.mark.warehouse

ROWS = {"dev": {"dataset": "dev_shop", "paid": 3}, "prod": {"dataset": "shop_live", "paid": 0}}
"""Paid orders of each target: in dev all is well."""

GREAT_EXPECTATIONS = """
targets:
"""


@pytest.fixture(scope="module")
def server(shared_state_dir: Path) -> Target:
    return running_warehouse(shared_state_dir)
