"""A project as Great Expectations itself writes it, over SQLite, with its own results.

Its connection is the variable SHOP_DB: SQLite for Great Expectations, BigQuery for the import.
"""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONNECTION = "SHOP_DB"

TABLES: Mapping[str, tuple[str, tuple[tuple[Any, ...], ...]]] = {
    "orders": (
        "order_id int64, country string, state string, email string, total int64, ordered_on date",
        (
            (1, "de", "paid", "a@x.org", 9, "2026-02-02"),
            (2, "de", "open", None, 20, "2026-02-02"),
            (2, "fr", "gone", "c@x.org", 30, "2026-02-02"),
            (4, "fr", "paid", "d@x.org", 3, "2026-02-01"),
        ),
    ),
    "customers": ("id int64, name string", ((10, "ann"), (11, "bob"))),
}


def literal(value: object) -> str:
    """As SQL."""
    return "null" if value is None else repr(value)


def fill_sqlite(file: Path) -> None:
    """Make the tables in a SQLite file."""
    connection = sqlite3.connect(file)
    for table, (columns, rows) in TABLES.items():
        connection.execute(f"create table {table} ({columns})")
        for row in rows:
            connection.execute(f"insert into {table} values ({', '.join(map(literal, row))})")
    connection.commit()
    connection.close()


def make_gx_project(root: Path) -> dict[str, dict[str, bool]]:
    """Write the project into ``root``, where ``SHOP_DB`` is SQLite, and run its validation
    definitions.

    Returns:
        By validation definition and type of expectation: whether it holds.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.checkpoint import SlackNotificationAction, UpdateDataDocsAction
    from great_expectations.checkpoint.actions import EmailAction, OpsgenieAlertAction
    from great_expectations.expectations.row_conditions import Column

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = gx.get_context(mode="file", project_root_dir=root)
        shop = context.data_sources.add_sql("shop", connection_string=f"${{{CONNECTION}}}")
        orders = shop.add_table_asset("orders", table_name="orders")
        paid = shop.add_query_asset(
            "paid", query="SELECT o.* FROM orders AS o WHERE o.state = 'paid'"
        )
        suites = {
            "shop.orders": [
                gxe.ExpectTableRowCountToBeBetween(min_value=1),
                gxe.ExpectColumnValuesToNotBeNull(
                    column="email", mostly=0.95, severity="warning", notes="why"
                ),
                gxe.ExpectColumnValuesToBeInSet(column="state", value_set=["paid", "open"]),
                gxe.ExpectColumnValuesToBeBetween(
                    column="total", max_value=25, row_condition=Column("country") == "de"
                ),
                gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="total", column_B="order_id"),
                gxe.UnexpectedRowsExpectation(
                    unexpected_rows_query="SELECT * FROM {batch} WHERE total > 25"
                ),
            ],
            "common.ids": [gxe.ExpectColumnValuesToBeUnique(column="id")],
            "paid": [
                gxe.ExpectColumnValuesToBeBetween(column="total", min_value=5),
                gxe.ExpectColumnValuesToBeUnique(column="order_id"),
            ],
            "unused": [gxe.ExpectColumnToExist(column="id")],
        }
        made = {
            name: context.suites.add(gx.ExpectationSuite(name, expectations=expectations))
            for name, expectations in suites.items()
        }
        customers = shop.add_table_asset("customers", table_name="customers")
        runs = {
            "orders daily": (
                orders.add_batch_definition_daily(
                    "daily", column="ordered_on", validate_batchable=False
                ),
                "shop.orders",
            ),
            "orders_all": (orders.add_batch_definition_whole_table("all"), "shop.orders"),
            "customers": (customers.add_batch_definition_whole_table("all"), "common.ids"),
            "paid": (paid.add_batch_definition_whole_table("all"), "paid"),
            "paid daily": (
                paid.add_batch_definition_daily(
                    "daily", column="ordered_on", validate_batchable=False
                ),
                "paid",
            ),
        }
        definitions = [
            context.validation_definitions.add(
                gx.ValidationDefinition(name=name, data=batches, suite=made[suite])
            )
            for name, (batches, suite) in runs.items()
        ]
        context.checkpoints.add(
            gx.Checkpoint(
                name="nightly",
                validation_definitions=definitions,
                actions=[
                    SlackNotificationAction(
                        name="slack", slack_webhook="${SLACK_HOOK}", notify_on="failure"
                    ),
                    SlackNotificationAction(
                        name="pager",
                        slack_token="xoxb-not-a-real-token",
                        slack_channel="#pager",
                        notify_on="critical",
                    ),
                    EmailAction(
                        name="mail",
                        smtp_address="smtp.example.com",
                        smtp_port="587",
                        use_tls=True,
                        sender_login="${SMTP_LOGIN}",
                        sender_alias="dq@example.com",
                        sender_password="${SMTP_PASSWORD}",
                        receiver_emails="a@example.com, b@example.com",
                    ),
                    OpsgenieAlertAction(name="ops", api_key="${OPSGENIE_KEY}"),
                    UpdateDataDocsAction(name="docs"),
                ],
            )
        )
        return {
            definition.name: {
                one.expectation_config.type: bool(one.success)
                for one in definition.run().results
                if one.expectation_config is not None
            }
            for definition in definitions
        }
