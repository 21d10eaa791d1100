"""Google's evaluator as the witness of the matrix: what BigQuery's SQL says of a cell.

It has the features of GoogleSQL that BigQuery has not switched off. What it can't do (GEOGRAPHY's
functions) it says by itself, and such a cell then has a verdict by hand.
"""

from __future__ import annotations

from typing import Any

from zetasql.core.exceptions import ServerError
from zetasql.types import (
    AnalyzerOptions,
    LanguageFeature,
    LanguageOptions,
    SimpleCatalog,
    ZetaSQLBuiltinFunctionOptions,
)
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

from definitions.evaluator import Evaluator
from matrix.cells import ERROR, Answer, Cell, Question, verdict

_NOT_IN_BIGQUERY = (
    # https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_properties
    LanguageFeature.FEATURE_ARRAY_EQUALITY,
    LanguageFeature.FEATURE_ARRAY_ORDERING,
    LanguageFeature.FEATURE_JSON_TYPE_COMPARISON,
    # a text is no BYTES: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules
    LanguageFeature.FEATURE_IMPLICIT_COERCION_STRING_LITERAL_TO_BYTES,
)


class Witness:
    """Asks Google's evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._service = evaluator.service
        language = LanguageOptions.maximum_features()
        language.product_mode = evaluator.language.product_mode
        language.enabled_language_features = [
            feature
            for feature in language.enabled_language_features
            if feature not in _NOT_IN_BIGQUERY
        ]
        self._options = AnalyzerOptions(
            language_options=language, default_timezone="UTC"
        ).to_proto()
        functions = ZetaSQLBuiltinFunctionOptions(language_options=language)
        self._catalog = SimpleCatalog(name="catalog", builtin_function_options=functions).to_proto()

    def ask(self, question: Question) -> dict[str, Answer]:
        """What BigQuery's SQL says of each cell of ``question``, by condition."""
        cells = list(question.cells)
        try:
            rows = self._rows(" union all ".join(map(_labelled, cells)))
        except ServerError as error:
            if len(cells) == 1:
                return {cells[0].condition: _refusal(str(error))}
            return {cell.condition: self._ask_alone(cell) for cell in cells}
        return {
            condition: Answer(verdict(looked_at, judged, question.mostly))
            for condition, looked_at, judged in rows
        }

    def _ask_alone(self, cell: Cell) -> Answer:
        try:
            ((_, looked_at, judged),) = self._rows(_labelled(cell))
        except ServerError as error:
            return _refusal(str(error))
        return Answer(verdict(looked_at, judged, cell.question.mostly))

    def _rows(self, sql: str) -> list[list[Any]]:
        request = local_service_pb2.EvaluateQueryRequest(
            sql=sql, options=self._options, simple_catalog=self._catalog
        )
        response = self._service.wasm_client.call_grpc_func(
            "ZetaSqlLocalService_EvaluateQuery", request, local_service_pb2.EvaluateQueryResponse
        )
        return [[_python(cell) for cell in row.cell] for row in response.content.table_data.row]


def _labelled(cell: Cell) -> str:
    return f"select '{cell.condition}' as asked, answer.* from ({cell.sql}) as answer"


def _refusal(message: str) -> Answer:
    if message.startswith("[UNIMPLEMENTED]") or "[Unsupported argument type" in message:
        return Answer(None)
    text = message.split("] ", 1)[-1]
    assert not text.startswith("Syntax error"), text
    return Answer(ERROR, text)


def _python(cell: Any) -> Any:
    kind = cell.WhichOneof("value")
    return getattr(cell, kind) if kind else None
