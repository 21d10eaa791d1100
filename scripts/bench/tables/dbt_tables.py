"""dbt alone: the checks as generic tests of sources, with eight threads.

Run as a process of its own by the benchmark, by a Python that has ``dbt-bigquery``:
``python dbt_tables.py FOLDER``. It imports nothing of plumbline.
"""

from __future__ import annotations

import json
import sys

KINDS = {"not_null": "not_null", "unique": "unique", "accepted_values": "in_set"}


def main(folder: str) -> None:
    """Print ``{check: 1 or 0}`` as JSON."""
    from dbt.cli.main import dbtRunner

    done = dbtRunner().invoke(
        [
            *(
                "--log-level",
                "none",
                "--no-send-anonymous-usage-stats",
                "test",
                "--no-populate-cache",
            ),
            *("--project-dir", folder, "--profiles-dir", folder),
        ]
    )
    if done.exception:
        sys.exit(str(done.exception))
    found = {}
    for one in done.result:
        node = one.node
        source = node.sources[0]
        name = f"{source[0]}.{source[1]}.{node.column_name} {KINDS[node.test_metadata.name]}"
        if one.status not in ("pass", "fail"):
            sys.exit(f"{name}: {one.status}: {one.message}")
        found[name] = float(one.status == "pass")
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
