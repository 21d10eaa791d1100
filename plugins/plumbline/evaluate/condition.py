"""``row_condition``: which rows an expectation looks at, in all three syntaxes of GX 1.24.

Comparisons, ``in``, tests for NULL, ``and``, ``or`` and ``not``, with SQL's three-valued logic: a
row is looked at where the condition is true, not where it is NULL. Everything else is refused.
Read by lint as well, so this module needs neither Great Expectations nor pandas.
"""

from __future__ import annotations

import ast
import io
import operator
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.core.errors import shown
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.values import (
    ConversionError,
    coerce,
    common_type,
    comparable,
    convert,
    equal,
    is_nan,
    key,
)
from plumbline.warehouse.types import BigQueryType

Truth = bool | None
"""SQL's: None is NULL."""


class ConditionError(EvaluationError, ValueError):
    """A condition that can't be read: ``what is wrong; what may be written``."""

    @property
    def fix(self) -> str:
        """What to do."""
        return super().fix or _ALLOWED


@dataclass(frozen=True)
class Compare:
    """A column against a value: ``state == 'paid'``."""

    column: str
    operator: str
    value: object


@dataclass(frozen=True)
class CompareColumns:
    """A column against another."""

    column: str
    operator: str
    other: str


@dataclass(frozen=True)
class In:
    """A column in a set of values."""

    column: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class IsNull:
    """A column that is NULL."""

    column: str


@dataclass(frozen=True)
class IsTrue:
    """A column of type BOOL by itself."""

    column: str


@dataclass(frozen=True)
class Not:
    """The opposite."""

    inner: Condition


@dataclass(frozen=True)
class And:
    """Every one of them."""

    inner: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """At least one of them."""

    inner: tuple[Condition, ...]


Condition = Compare | CompareColumns | In | IsNull | IsTrue | Not | And | Or

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SWAPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OF_AST: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NULL_TESTS = {"isnull": True, "isna": True, "notnull": False, "notna": False}
_ALLOWED = (
    "write comparisons of a column (==, !=, <, <=, >, >=, in), tests for NULL (x.isnull(), "
    "x.notnull()), and, or, not"
)
_DEEPEST = 50
_TEXT_OR_NAME = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`([^`]*)`""", re.DOTALL)


def parse_condition(written: object) -> Condition:
    """A condition as a suite writes it: a text in pandas' or GX's syntax, or GX's object.

    Raises:
        ConditionError: it can't be read, or holds a construct that is not supported.
    """
    if isinstance(written, Mapping):
        found = _of_object(written, 0)
    elif isinstance(written, str):
        found = _of_text(written)
    else:
        raise ConditionError(f"a row_condition is a text or an object; {_ALLOWED}")
    _refuse_never_true(found)
    return found


def _refuse_never_true(condition: Condition) -> None:
    if isinstance(condition, And | Or):
        for inner in condition.inner:
            _refuse_never_true(inner)
    elif isinstance(condition, Not):
        inside = condition.inner
        if isinstance(inside, In) and None in inside.values:
            raise ConditionError(
                "NOT IN a set with NULL is never true; remove NULL from the set, and add "
                f"{inside.column}.notnull()"
            )
        _refuse_never_true(inside)


def columns_of(condition: Condition) -> Iterator[str]:
    """Every column that a condition names."""
    if isinstance(condition, Not):
        yield from columns_of(condition.inner)
    elif isinstance(condition, And | Or):
        for inner in condition.inner:
            yield from columns_of(inner)
    else:
        yield condition.column
        if isinstance(condition, CompareColumns):
            yield condition.other


def values_of(condition: Condition) -> Iterator[tuple[str, object]]:
    """Every column that is compared with a value, and the value."""
    if isinstance(condition, Not):
        yield from values_of(condition.inner)
    elif isinstance(condition, And | Or):
        for inner in condition.inner:
            yield from values_of(inner)
    elif isinstance(condition, Compare):
        yield condition.column, condition.value
    elif isinstance(condition, In):
        for value in condition.values:
            yield condition.column, value


def rows_that_meet(condition: Condition, table: Table) -> list[int]:
    """The positions of the rows for which ``condition`` is true.

    Raises:
        EvaluationError: a column is not there, or a value is not of its type.
    """
    return [at for at, truth in enumerate(_truths(condition, table)) if truth]


# Evaluation


def _truths(condition: Condition, table: Table) -> Sequence[Truth]:
    if isinstance(condition, Not):
        return [None if truth is None else not truth for truth in _truths(condition.inner, table)]
    if isinstance(condition, And | Or):
        each = [_truths(inner, table) for inner in condition.inner]
        decides = isinstance(condition, Or)
        return [_combined(truths, decides) for truths in zip(*each, strict=True)]
    if isinstance(condition, CompareColumns):
        return _compared_columns(condition, table)
    column = table.column(condition.column)
    if isinstance(condition, IsNull):
        return [value is None for value in column.values]
    if isinstance(condition, IsTrue):
        need_bool(column)
        return list(column.values)
    if isinstance(condition, In):
        return _in(condition, column)
    return _compared(condition, column)


def _combined(truths: Sequence[Truth], decides: bool) -> Truth:
    """``or`` where True decides, ``and`` where False does."""
    if decides in truths:
        return decides
    return None if None in truths else not decides


def _in(condition: In, column: TypedColumn) -> Sequence[Truth]:
    need_operator(column, "==")
    wanted = [_converted(value, column) for value in condition.values if value is not None]
    keys = {key(value) for value in wanted if not is_nan(value)}
    otherwise = None if None in condition.values else False
    return [
        None if value is None else True if _is_in(value, keys) else otherwise
        for value in column.values
    ]


def _is_in(value: Any, keys: set[Any]) -> bool:
    return not is_nan(value) and key(value) in keys


def _compared(condition: Compare, column: TypedColumn) -> Sequence[Truth]:
    if condition.value is None:
        raise EvaluationError(
            f"row_condition: a comparison of {column.name!r} with NULL is never true; write "
            f"{column.name}.isnull() or {column.name}.notnull()"
        )
    need_operator(column, condition.operator)
    wanted = comparable(_converted(condition.value, column))
    compare = _OPERATORS[condition.operator]
    return [
        None if value is None else compare(comparable(value), wanted) for value in column.values
    ]


def compared_type(one: TypedColumn, other: TypedColumn, operator: str) -> BigQueryType:
    """The type in which BigQuery compares two columns.

    Raises:
        EvaluationError: it does not.
    """
    kind = common_type([one.kind, other.kind])
    if kind is None:
        raise EvaluationError(
            f"row_condition: {one.name!r} is {one.kind} and {other.name!r} is {other.kind}, "
            "which BigQuery does not compare"
        )
    for column in (one, other):
        need_operator(column, operator)
    return kind


def _compared_columns(condition: CompareColumns, table: Table) -> Sequence[Truth]:
    one, other = table.column(condition.column), table.column(condition.other)
    kind = compared_type(one, other, condition.operator)
    pairs = [
        (coerce(a, kind), coerce(b, kind)) for a, b in zip(one.values, other.values, strict=True)
    ]
    if condition.operator == "==":
        return [equal(a, b, kind) for a, b in pairs]
    if condition.operator == "!=":
        return [None if (truth := equal(a, b, kind)) is None else not truth for a, b in pairs]
    compare = _OPERATORS[condition.operator]
    return [
        None if a is None or b is None else compare(comparable(a), comparable(b)) for a, b in pairs
    ]


def need_bool(column: TypedColumn) -> None:
    """Raises:
    EvaluationError: it is neither true nor false.
    """
    if column.kind.name != "BOOL":
        raise EvaluationError(
            f"row_condition: column {column.name!r} is {column.kind}, not BOOL; {_ALLOWED}"
        )


def need_operator(column: TypedColumn, comparison: str) -> None:
    """Raises:
    EvaluationError: BigQuery has no such comparison of its values.
    """
    kind = column.kind
    if not (kind.is_comparable if comparison in ("==", "!=") else kind.is_orderable):
        raise EvaluationError(
            f"row_condition: column {column.name!r} is {kind}, which BigQuery does not compare "
            f"with {comparison}"
        )


def _converted(value: object, column: TypedColumn) -> Any:
    try:
        return convert(value, column.kind)
    except ConversionError as fault:
        raise EvaluationError(
            f"row_condition: column {column.name!r} is {column.kind}: {fault}"
        ) from None


# GX's objects: {"type": "comparison", "column": {"name": "state"}, "operator": "==", ...}


def _of_object(written: Mapping[str, Any], depth: int) -> Condition:
    kind = written.get("type")
    if depth > _DEEPEST:
        raise ConditionError("the condition is nested too deeply: split it")
    if kind == "pass_through":
        return _of_text(str(written.get("pass_through_filter")))
    if kind in ("and", "or"):
        listed = written.get("conditions")
        if not isinstance(listed, list) or not listed:
            raise ConditionError(f"a condition of type {kind!r} needs a list of conditions")
        inner = tuple(_of_object(one, depth + 1) for one in listed if isinstance(one, Mapping))
        if len(inner) != len(listed):
            raise ConditionError(
                f"a condition of type {kind!r} contains something that is not a condition"
            )
        return And(inner) if kind == "and" else Or(inner)
    column = written.get("column")
    name = column.get("name") if isinstance(column, Mapping) else None
    if not isinstance(name, str):
        raise ConditionError('a condition needs its column: {"column": {"name": "state"}}')
    if kind == "nullity":
        is_null = written.get("is_null")
        if not isinstance(is_null, bool):
            raise ConditionError("a condition of type 'nullity' needs is_null: true or false")
        return IsNull(name) if is_null else Not(IsNull(name))
    if kind == "comparison":
        return _comparison(name, str(written.get("operator")), written.get("parameter"))
    raise ConditionError(
        f"there is no condition of type {kind!r}; write comparison, nullity, and, or"
    )


def _comparison(name: str, symbol: str, value: object) -> Condition:
    if symbol in ("IN", "NOT_IN"):
        if not isinstance(value, list | tuple):
            raise ConditionError(f"operator {symbol!r} needs a list of values")
        found = In(name, tuple(value))
        return found if symbol == "IN" else Not(found)
    if symbol not in _OPERATORS:
        raise ConditionError(f"there is no operator {symbol!r}; write {', '.join(_OPERATORS)}")
    return Compare(name, symbol, value)


# Texts: pandas' (``state == 'paid' and amount > 5``) and GX's (``col("state") == "paid"``)


def _of_text(text: str) -> Condition:
    names: dict[str, str] = {}

    def without_backticks(match: re.Match[str]) -> str:
        if match[1] is None:  # a text, which may hold backticks
            return match[0]
        word = f"__column_{len(names)}"
        names[word] = match[1]
        return word

    plain = _TEXT_OR_NAME.sub(without_backticks, text.strip())
    if not plain:
        raise ConditionError(f"the row_condition is empty; {_ALLOWED}")
    try:
        tree = ast.parse(f"({_with_words(plain)})", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        raise ConditionError(f"{shown(text, 120)} can't be read; {_ALLOWED}") from None
    return _Reader(text, names).read(tree.body, 0)


def _with_words(text: str) -> str:
    """``and`` for ``&`` and ``or`` for ``|``: pandas binds them alike, Python does not."""
    words = {"&": "and", "|": "or"}
    tokens = tokenize.generate_tokens(io.StringIO(text.replace("\n", " ")).readline)
    return " ".join(
        words.get(token.string, token.string) if token.type == tokenize.OP else token.string
        for token in tokens
    )


@dataclass(frozen=True)
class _Reader:
    """From Python's syntax tree to a condition."""

    text: str
    names: Mapping[str, str]
    """Of columns in backticks, by what stands in their place."""

    def read(self, node: ast.expr, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise self._refuse("it is nested too deeply")
        if isinstance(node, ast.BoolOp):
            inner = tuple(self.read(value, depth + 1) for value in node.values)
            return And(inner) if isinstance(node.op, ast.And) else Or(inner)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return Not(self.read(node.operand, depth + 1))
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.Call) and (test := self._null_test(node)) is not None:
            return test
        if isinstance(node, ast.Name | ast.Call) and (name := self._column(node)) is not None:
            return IsTrue(name)
        raise self._refuse()

    def _compare(self, node: ast.Compare) -> Condition:
        found = []
        left = node.left
        for symbol, right in zip(node.ops, node.comparators, strict=True):
            found.append(self._one(left, symbol, right))
            left = right
        return found[0] if len(found) == 1 else And(tuple(found))

    def _one(self, left: ast.expr, symbol: ast.cmpop, right: ast.expr) -> Condition:
        column, other = self._column(left), self._column(right)
        if isinstance(symbol, ast.In | ast.NotIn):
            if column is None or not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise self._refuse("in needs a column and a list of values")
            inside = In(column, tuple(self._value(entry) for entry in right.elts))
            return inside if isinstance(symbol, ast.In) else Not(inside)
        name = _OF_AST.get(type(symbol))
        if name is None:
            raise self._refuse()
        if column is not None and other is not None:
            return CompareColumns(column, name, other)
        if column is not None:
            return self._of_list(column, name, right) or Compare(column, name, self._value(right))
        if other is not None:
            return Compare(other, _SWAPPED[name], self._value(left))
        raise self._refuse("a comparison needs a column")

    def _of_list(self, column: str, name: str, right: ast.expr) -> Condition | None:
        """pandas reads ``x == [1, 2]`` as ``x in [1, 2]``."""
        if not isinstance(right, ast.List | ast.Tuple) or name not in ("==", "!="):
            return None
        inside = In(column, tuple(self._value(entry) for entry in right.elts))
        return inside if name == "==" else Not(inside)

    def _null_test(self, node: ast.Call) -> Condition | None:
        called = node.func
        if not isinstance(called, ast.Attribute) or node.args or node.keywords:
            return None
        test = _NULL_TESTS.get(called.attr.lower())
        column = self._column(called.value)
        if test is None or column is None:
            return None
        return IsNull(column) if test else Not(IsNull(column))

    def _column(self, node: ast.expr) -> str | None:
        """``state``, or ``col("state")``."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "col"
            and len(node.args) == 1
            and not node.keywords
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            return node.args[0].value
        return None

    def _value(self, node: ast.expr) -> object:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self._value(node.operand)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.Constant) and isinstance(
            node.value, bool | int | float | str | None
        ):
            return node.value
        if (  # date("2026-02-01"), of GX's syntax
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "date"
            and len(node.args) == 1
        ):
            return self._value(node.args[0])
        raise self._refuse()

    def _refuse(self, why: str = "") -> ConditionError:
        about = f": {why}" if why else ""
        return ConditionError(f"{shown(self.text, 120)} can't be evaluated{about}; {_ALLOWED}")
