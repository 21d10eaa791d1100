"""Great Expectations alone, over sqlalchemy-bigquery: a table asset and a suite for each table.

Run as a process of its own by the benchmark: ``python gx_tables.py ENDPOINT PROJECT CHECKS``. It
imports nothing of plumbline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.alone import open_gx


def main(endpoint: str, project: str, checks: str) -> None:
    """Print ``{check: 1 or 0}`` as JSON."""
    context = open_gx(endpoint, project)
    import great_expectations as gx
    import great_expectations.expectations as gxe

    def expectation(column: str, kind: str | list[str]) -> gxe.Expectation:
        if kind == "not_null":
            return gxe.ExpectColumnValuesToNotBeNull(column=column)
        if kind == "unique":
            return gxe.ExpectColumnValuesToBeUnique(column=column)
        return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=kind)

    found = {}
    for table, wanted in json.loads(Path(checks).read_text()).items():
        dataset, _, name = table.partition(".")
        source = context.data_sources.add_or_update_bigquery(
            dataset, connection_string=f"bigquery://{project}/{dataset}"
        )
        asset = source.add_table_asset(name, table_name=name, schema_name=dataset)
        suite = context.suites.add(gx.ExpectationSuite(table))
        for column, kind in wanted:
            suite.add_expectation(expectation(column, kind))
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(
                name=table, data=asset.add_batch_definition_whole_table("all"), suite=suite
            )
        )
        for (column, kind), result in zip(wanted, definition.run().results, strict=True):
            if result.exception_info.get("raised_exception", True):  # False, or keyed by metric
                sys.exit(f"{table}.{column}: {result.exception_info}")
            named = kind if isinstance(kind, str) else "in_set"
            found[f"{table}.{column} {named}"] = float(result.success)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
