"""A small project for the embedded warehouse: three tables and a command that makes two."""

from __future__ import annotations

import textwrap
from pathlib import Path

SOURCES = """
version: 2
sources:
  - name: nba
    tables:
      - name: predictions
        config: {meta: {partition_by: game_date, cluster_by: [player], require_partition_filter: true}}
        columns:
          - {name: player, data_type: STRING}
          - {name: game_date, data_type: DATE}
          - {name: features, data_type: ARRAY<FLOAT64>}
          - {name: points, data_type: "NUMERIC(5,1)"}
          - {name: created_at, data_type: TIMESTAMP}
      - name: games
        columns:
          - {name: game_id, data_type: STRING}
          - {name: status, data_type: INT64}
      - name: notes
        columns:
          - {name: text, data_type: STRING}
"""

# It counts how often it was run, and makes one Parquet file with its columns out of order, one
# NDJSON file, and nothing for the third table.
GENERATOR = """
import json, sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

out = Path(sys.argv[sys.argv.index("--out") + 1])
with Path("runs.txt").open("a") as runs:
    runs.write("run\\n")
print("what it prints is not for the user")
days = [date(2026, 2, 1), date(2026, 2, 2)]
table = pa.table({
    "game_date": days,
    "player": ["a", "b"],
    "points": pa.array([Decimal("21.5"), None], pa.decimal128(5, 1)),
    "features": [[1.0, 2.0], []],
    "created_at": pa.array([datetime(2026, 2, 2, 15, tzinfo=UTC)] * 2),
})
pq.write_table(table, out / "nba.predictions.parquet")
games = [{"status": 3, "game_id": "0022500001"}, {"game_id": "0022500002", "status": None}]
(out / "nba.games.ndjson").write_text("\\n".join(json.dumps(game) for game in games))
"""


def make_small_project(root: Path) -> Path:
    """Write the project into ``root``."""
    (root / "models").mkdir(parents=True)
    (root / "models" / "sources.yml").write_text(textwrap.dedent(SOURCES))
    (root / "make.py").write_text(GENERATOR)
    return root


def runs_of(project: Path) -> int:
    """How often the seed command was run."""
    file = project / "runs.txt"
    return len(file.read_text().splitlines()) if file.exists() else 0
