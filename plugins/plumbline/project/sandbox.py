"""Jinja for a project's texts, which anyone who can propose a change has written.

Jinja's sandbox keeps a template from Python's internals, not from running for ever or filling the
memory. A thread can't be ended in Python, so each operation pays for what it makes, before it makes
it where that is more than it was given. A template can include no other file: that would be any
file of the machine.
"""

from __future__ import annotations

import re
import time
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sized,
    ValuesView,
)
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

EXTENSIONS = ("jinja2.ext.do", "jinja2.ext.loopcontrols")
"""dbt's."""

MOST_STEPS = 10_000_000
"""Of all templates of one monitor: passes of loops, calls, and the characters and values made."""
MOST_SECONDS = 10.0
"""Of the processor's time, for the same."""
MOST_VALUES = 2_000_000
"""Characters and entries of one value. BigQuery takes a query of a million."""
_PAYMENTS_A_LOOK = 200
_STEPS_OF_A_CALL = 10
"""It takes as long as so many others."""
_MOST_BITS = 1024
"""Of an integer; with more, a power takes hours."""
_MOST_DECIMALS = 400
_PLACE = re.compile(r"%(?:\([^)]*\))?[^a-zA-Z%]*|\{[^{}]*\}?")
"""Where a format puts a value: in the style of ``%`` or of ``str.format``."""
_GIVEN_WIDTH = re.compile(r"%[^a-zA-Z%]*\*|:[^}]*\{")
_UNBOUNDED_METHODS = frozenset({"encode", "expandtabs", "from_bytes", "to_bytes", "translate"})
_UNBOUNDED_FILTERS = frozenset({"pprint", "striptags", "urlize", "wordwrap", "xmlattr"})
"""Most are for HTML. They take long on some texts or values."""
_LONG_NUMBER = re.compile(r"[\d_]{4301}")
"""Python reads no longer integer."""
_EACH, _JOINED, _WEIGHED = "plumbline each", "plumbline joined", "plumbline weighed"


class LimitError(Exception):
    """A template would take or make too much."""


class IncludeError(TemplateSyntaxError):
    """A template includes, imports or extends another file."""


@dataclass
class _Budget:
    steps: int
    until: float
    payments: int = 0

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise LimitError(f"it takes more than {MOST_STEPS:,} steps")
        self.payments += 1
        # To ask for the time takes longer than what most steps do.
        if self.payments % _PAYMENTS_A_LOOK == 0 and time.thread_time() > self.until:
            raise LimitError(f"it takes more than {MOST_SECONDS:.0f} seconds")


_BUDGET: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """Rendering within has one budget; within another such block, that of the outer one."""
    if _BUDGET.get() is not None:
        yield
        return
    token = _BUDGET.set(_Budget(MOST_STEPS, time.thread_time() + MOST_SECONDS))
    try:
        yield
    finally:
        _BUDGET.reset(token)


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, with an end to what is rendered within `bounded`."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(
            undefined=StrictUndefined,
            extensions=EXTENSIONS,
            autoescape=False,  # SQL and names, not HTML
            finalize=_paid,
            **options,
        )
        del self.globals["lipsum"]
        self.filters = {
            name: _bounded_filter(name, function)
            for name, function in self.filters.items()
            if name not in _UNBOUNDED_FILTERS
        }
        self.filters |= {_EACH: _each, _JOINED: _joined, _WEIGHED: _paid}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
        except ValueError:  # the only one is Python's, of an integer that is too long
            before = _LONG_NUMBER.split(source, maxsplit=1)[0]
            raise TemplateSyntaxError(
                "a number has too many digits", before.count("\n") + 1, name, filename
            ) from None
        kinds = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
        for node in tree.find_all(kinds):
            raise IncludeError(
                "the template includes another file", node.lineno, name=name, filename=filename
            )
        return tree

    def _generate(self, source: nodes.Template, *arguments: Any, **named: Any) -> str:
        return super()._generate(_Paying().visit(source), *arguments, **named)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Without methods that make much from little."""
        return attr not in _UNBOUNDED_METHODS and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """``str.format``, unless what it would make is too large."""
        format_text = super().wrap_str_format(value)
        if format_text is None:
            return None

        def run(*args: Any, **kwargs: Any) -> str:
            _refuse_format(value.__self__, [*args, *kwargs.values()])
            return format_text(*args, **kwargs)

        return run

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """A call is paid for by what it makes."""
        text = getattr(__obj, "__self__", None)
        if isinstance(text, str):  # a method, of Markup too
            args = _refuse_much(__obj.__name__, text, args, kwargs)[1:]
        _spend(_STEPS_OF_A_CALL)
        return _paid(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An operator, unless what it would make is too large."""
        if operator == "%" and isinstance(left, str):
            _refuse_format(left, right if isinstance(right, tuple) else [right])
        if operator in ("*", "**"):
            _refuse_product(operator, left, right)
        return _paid(super().call_binop(context, operator, left, right))


class _Paying(NodeTransformer):
    """Has the code of a template pay where the environment isn't asked."""

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        """What is to stand for ``node``, after the same was done within it."""
        super().generic_visit(node, *args, **kwargs)
        match node:
            case nodes.For():
                written = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
                node.iter = _filtered(node.iter, _EACH, nodes.Const(written))
            case nodes.Concat():
                parts = nodes.Tuple(node.nodes, "load", lineno=node.lineno)
                return _filtered(parts, _JOINED)
            case nodes.List() | nodes.Dict():
                return _filtered(node, _WEIGHED)
            case nodes.Tuple() if node.ctx == "load":
                return _filtered(node, _WEIGHED)
        return node


def _filtered(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)


def _spend(steps: int) -> None:
    budget = _BUDGET.get()
    if budget is not None:  # Jinja calculates constants when it compiles
        budget.spend(steps)


def _paid(value: Any) -> Any:
    _spend(_weight(value))
    return value


def _weight(value: Any) -> int:
    """The number of characters and entries in ``value``, with all that it is made of."""
    if isinstance(value, str):
        _refuse_size(len(value))
        return 1 + len(value)
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += 1
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset | ItemsView | KeysView | ValuesView):
            waiting += one
        elif isinstance(one, Namespace):
            waiting.append(one._Namespace__attrs)
        elif isinstance(one, int) and one.bit_length() > _MOST_BITS:
            raise LimitError("it calculates with too large a number")
        _refuse_size(total + len(waiting))
    return total


def _refuse_size(size: float) -> None:
    if size > MOST_VALUES:
        raise LimitError(f"it makes a value of more than {MOST_VALUES:,} characters or entries")


def _refuse_format(form: str, values: Iterable[Any]) -> None:
    if _GIVEN_WIDTH.search(form):
        raise LimitError("it formats with a width that a value gives")
    places = _PLACE.findall(form)
    digits = [found for place in places for found in re.findall(r"\d+", place)]
    widths = sum(int(width[:_MOST_DECIMALS]) for width in digits)
    longest = max(map(_weight, values), default=0)
    _refuse_size(len(form) + widths + len(places) * longest)


def _refuse_product(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, Sized) or isinstance(right, Sized):
        sequence, count = (left, right) if isinstance(left, Sized) else (right, left)
        if isinstance(count, int):
            _refuse_size(len(sequence) * count)
    elif isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() + right.bit_length()
        if operator == "**":
            bits = left.bit_length() * abs(right)
        if bits > _MOST_BITS:
            raise LimitError("it calculates with too large a number")


def _refuse_much(
    name: str, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Any, ...]:
    """Refuse what would make much from little.

    Args:
        kwargs: those by name.

    Returns:
        ``value`` and ``args``, with a list instead of what can be read once.
    """
    given = [*args, *kwargs.values()]
    longest = max(map(_length, given), default=0)
    match name:
        case "join" if isinstance(value, str) and args:  # the method
            args = (_listed(args[0]), *args[1:])
            _refuse_size(len(value) * len(args[0]))
        case "join":
            value = _listed(value)
            _refuse_size(len(value) * longest)
        case "replace" if len(given) > 1:
            _refuse_size(str(value).count(str(given[0])) * _length(given[1]))
        case "indent":
            _refuse_size((str(value).count("\n") + 1) * longest)
        case "tojson":
            _refuse_size(_weight(value) * longest)
        case "batch" | "center" | "ljust" | "rjust" | "slice" | "zfill":
            _refuse_size(longest)
        case "format":
            _refuse_format(str(value), given)
        case "round" if longest > _MOST_DECIMALS:
            raise LimitError(f"it rounds to more than {_MOST_DECIMALS} digits")
        case "sum" if any(isinstance(one, list | tuple) for one in given):
            raise LimitError("it adds up lists")
    return (value, *args)


def _listed(values: Any) -> Any:
    return values if isinstance(values, Sized) else list(values)


def _length(value: Any) -> int:
    """Of what an argument stands for: a text, or as many characters."""
    if isinstance(value, int):
        return abs(value)
    return len(value) if isinstance(value, str) else 0


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    # Some filters take the context or the environment first.
    before = 1 if hasattr(function, "jinja_pass_arg") else 0

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, rest = _paid(args[before]), args[before + 1 :]
        made = function(*args[:before], *_refuse_much(name, value, rest, kwargs), **kwargs)
        # A list, because generators of generators crash Python when it removes a long chain.
        return iter(list(_each(made))) if isinstance(made, Iterator) else _paid(made)

    return run


def _each(values: Iterable[Any], written: int = 0) -> Iterator[Any]:
    """``values``, each paid for, with ``written`` characters of the template for each."""
    for value in values:
        _spend(1 + written)
        yield value


def _joined(parts: tuple[Any, ...]) -> str:
    texts = [str(part) for part in parts]
    _refuse_size(sum(map(len, texts)))
    return str(_paid("".join(texts)))
