"""What plain Great Expectations says of the cells: its pandas engine on a frame of the rows.

Only for ``docs/expectations.md``, which says where plumbline differs.
"""

from __future__ import annotations

from typing import Any

from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import get_expectation_impl
from great_expectations.validator.validator import Validator

from matrix.cells import ERROR, FAIL, PASS, Cell, Question
from plumbline.warehouse.result import to_dataframe


def verdicts(question: Question) -> dict[str, str]:
    """By condition; ERROR where it raises, or takes no such argument."""
    return {cell.condition: _verdict(question, cell) for cell in question.cells}


def _verdict(question: Question, cell: Cell) -> str:
    try:
        get_expectation_impl(question.expectation)(**question.kwargs)
        result = _result(question, cell)
    except Exception:  # noqa: BLE001 - whatever it raises, it gives no verdict
        return ERROR
    if any(_raised(result.exception_info)):
        return ERROR
    return PASS if result.success else FAIL


def _result(question: Question, cell: Cell) -> Any:
    frame = to_dataframe(cell.table.schema, cell.table.python)
    engine = PandasExecutionEngine(batch_data_dict={"rows": frame})
    configuration = ExpectationConfiguration(
        type=question.expectation, kwargs={**question.kwargs, "batch_id": "rows"}
    )
    [result] = Validator(execution_engine=engine).graph_validate(configurations=[configuration])
    return result


def _raised(info: Any) -> list[bool]:
    """GX has two shapes for it: flat, or keyed by metric."""
    flat = info.get("raised_exception")
    if flat is not None:
        return [bool(flat)]
    return [bool(one.get("raised_exception")) for one in info.values()]
