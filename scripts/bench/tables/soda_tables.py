"""Soda Core alone: the checks in SodaCL, in one scan.

Run as a process of its own by the benchmark, by a Python that has ``soda-core-bigquery``:
``python soda_tables.py ENDPOINT PROJECT CHECKS``. It imports nothing of plumbline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bench.alone import scan_with_soda

KINDS = {"missing_count": "not_null", "duplicate_count": "unique", "invalid_count": "in_set"}


def main(endpoint: str, project: str, checks: str) -> None:
    """Print ``{check: 1 or 0}`` as JSON."""
    # With the dataset in the name, because the embedded BigQuery knows no default dataset.
    sodacl = {
        f"checks for {table}": [_check(*one) for one in wanted]
        for table, wanted in json.loads(Path(checks).read_text()).items()
    }
    found = {
        f"{one['table']}.{one['column']} {KINDS[one['name'].partition('(')[0]]}": float(
            one["outcome"] == "pass"
        )
        for one in scan_with_soda(endpoint, project, sodacl)["checks"]
    }
    print(json.dumps(found))


def _check(column: str, kind: str | list[str]) -> Any:
    if kind == "not_null":
        return f"missing_count({column}) = 0"
    if kind == "unique":
        return f"duplicate_count({column}) = 0"
    return {f"invalid_count({column}) = 0": {"valid values": kind}}


if __name__ == "__main__":
    main(*sys.argv[1:])
