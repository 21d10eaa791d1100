"""Expectations for suites over a table, which GX has no counterpart of.

BigQuery computes them in the suite's one statement (`plumbline.evaluate.pushdown`). On rows of a
model or in plain GX they can't be evaluated, and say so.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.render.components import LegacyDiagnosticRendererType
from great_expectations.render.renderer.renderer import renderer

from plumbline.core.text import NOTHING, number
from plumbline.evaluate.expectations.stated import StatedExpectation

MEASURED_ELSEWHERE = "it can be evaluated only in a suite over a table (meta.monitor.table)"


class _OfATable:
    """Not an expectation itself: GX registers each class of one that it can instantiate."""

    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        raise ValueError(MEASURED_ELSEWHERE)


class ExpectForeignKeyToExist(_OfATable, StatedExpectation):
    """Expect each value of a column to exist in a column of another table.

    ExpectForeignKeyToExist is a Batch Expectation.

    Args:
        column (str): The column of the suite's table. NULL is skipped.
        to_table (str): The other table, named as in `meta.monitor.table`.
        to_column (str): The column of the other table.
        mostly (number): The share of values that must exist, from 0 to 1. Default 1.
        row_condition (str or None): Which rows are checked.
        condition_parser (str or None): `pandas` or `great_expectations`.

    Examples:
        ExpectForeignKeyToExist(column="customer_id", to_table="shop.customers", to_column="id")
    """

    column: str = pydantic.Field(min_length=1, description="Column of the suite's table.")
    to_table: str = pydantic.Field(min_length=1, description="The other table.")
    to_column: str = pydantic.Field(regex=r"^[^`]+$", description="Column of the other table.")
    mostly: float = pydantic.Field(
        1.0, ge=0, le=1, description="Share of the values that must exist, from 0 to 1."
    )
    row_condition: str | dict[str, Any] | None = pydantic.Field(
        None, description="Which rows are checked."
    )
    condition_parser: str | None = pydantic.Field(None, description="Syntax of row_condition.")

    success_keys: ClassVar[tuple[str, ...]] = (
        *("column", "to_table", "to_column", "mostly"),
        *("row_condition", "condition_parser"),
    )
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    class Config:
        title = "Expect foreign key to exist"


class ExpectSchemaNotToChange(_OfATable, StatedExpectation):
    """Expect a table to have the columns that were accepted, with the same types and modes.

    ExpectSchemaNotToChange is a Batch Expectation.

    Args:
        columns (dict of str to str): The accepted columns, as `plumbline accept` writes them: the
            type, followed by `NOT NULL` if the mode is REQUIRED. Fields of a STRUCT are columns of
            their own: `address.city`.
        allow_added (boolean): If True, new columns pass. Default False.

    Notes:
        * It reads the table's metadata, not its rows. The order of columns is not compared.
        * A failure names each column that was added, removed or changed.

    Examples:
        ExpectSchemaNotToChange(columns={"order_id": "INT64 NOT NULL", "email": "STRING"})
    """

    columns: dict[str, str] = pydantic.Field(
        default_factory=dict,
        description="Accepted columns and their types; `plumbline accept` writes them.",
    )
    allow_added: bool = pydantic.Field(False, description="Whether new columns pass.")

    success_keys: ClassVar[tuple[str, ...]] = ("columns", "allow_added")
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    class Config:
        title = "Expect schema not to change"


class ExpectTableToBeFresh(_OfATable, StatedExpectation):
    """Expect the newest value of a column to be at most a number of hours old.

    ExpectTableToBeFresh is a Batch Expectation.

    Args:
        column (str): A TIMESTAMP, DATETIME or DATE column. DATETIME and DATE are in the project's
            time zone.
        max_hours (number): The maximum age that passes, in hours before the instant of the run.

    Notes:
        * It looks for the newest value of the whole table: of `rows`, only `where` and `arrival`
          apply, and `group_by` does not.
        * observed_value is the age in hours.

    Examples:
        ExpectTableToBeFresh(column="created_at", max_hours=24)
    """

    column: str = pydantic.Field(min_length=1, description="Column with the time of a row.")
    max_hours: float = pydantic.Field(gt=0, description="Maximum age in hours.")

    success_keys: ClassVar[tuple[str, ...]] = ("column", "max_hours")
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: Any,
    ) -> str:
        found = ((result and result.result) or {}).get("observed_value")
        return f"{number(found, 'h')} old" if isinstance(found, int | float) else found or NOTHING

    class Config:
        title = "Expect table to be fresh"
