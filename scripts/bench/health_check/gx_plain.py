"""Great Expectations alone, over sqlalchemy-bigquery: the same figures, two thresholds each.

Run as a process of its own by the benchmark: ``python gx_plain.py ENDPOINT PROJECT``. It imports
nothing of plumbline. Each figure is a query asset with the hand-written SQL of the floor, as GX's
documentation has it; GX decides what it asks.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.alone import open_gx

QUERIES = Path(__file__).with_name("queries")
THRESHOLDS = {
    "bdb_coverage": (90, 50),
    "grading_completeness": (0, 0),
    "line_coverage": (80, 50),
    "phase_completion": (5, 3),
    "recent_predictions": (100, 50),
}
"""Warning and critical, as the suites have them."""


def main(endpoint: str, project: str) -> None:
    """Print ``{query: figure}`` as JSON."""
    context = open_gx(endpoint, project)
    import great_expectations as gx
    import great_expectations.expectations as gxe

    source = context.data_sources.add_bigquery(
        "warehouse", connection_string=f"bigquery://{project}/nba_predictions"
    )
    figures = {}
    for file in sorted(QUERIES.glob("*.sql")):
        name = file.stem
        warning, critical = THRESHOLDS[name]
        asset = source.add_query_asset(name, query=f"SELECT * FROM (\n{file.read_text()}\n)")
        suite = context.suites.add(gx.ExpectationSuite(name))
        for severity, least in (("warning", warning), ("critical", critical)):
            suite.add_expectation(
                gxe.ExpectColumnMaxToBeBetween(
                    column="observed", min_value=least, severity=severity
                )
            )
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(
                name=name, data=asset.add_batch_definition_whole_table("all"), suite=suite
            )
        )
        result = definition.run()
        (figures[name],) = {found.result["observed_value"] for found in result.results}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
