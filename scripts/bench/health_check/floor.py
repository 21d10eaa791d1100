"""The floor: Google's client alone sends five queries, one after the other, and prints the figures.

Run as a process of its own by the benchmark: ``python floor.py ENDPOINT PROJECT [FOLDER]``. It
imports nothing of plumbline, and its SQL is written by hand for the one day; a folder names other
queries, of whose first row the first column is printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

QUERIES = Path(__file__).with_name("queries")


def main(endpoint: str, project: str, folder: Path | str = QUERIES) -> None:
    """Print ``{query: figure}`` as JSON."""
    client = bigquery.Client(
        project=project,
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": endpoint},
    )
    figures = {}
    for file in sorted(Path(folder).glob("*.sql")):
        (row,) = client.query(file.read_text()).result()
        figures[file.stem] = row[0]
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
