"""Great Expectations' 350 pydantic models, made in half the time.

Used where the command line imports Great Expectations. Making the classes of its models is half of
that import, and pydantic's first version, on which they stand, spends most of it on two things:
copying the fields of every base for every subclass, whole and by `copy`'s slowest way, and reading
the signature of the same few validators a thousand times. Here fields are copied by their slots,
and each validator is read once. The classes that come of it are the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from types import BuiltinFunctionType, FunctionType, NoneType
from typing import Any

_SHARED = frozenset({NoneType, bool, int, float, str, bytes, FunctionType, BuiltinFunctionType})
"""Of these, and of classes, `copy.deepcopy` makes no copy either."""


@contextmanager
def models_made_quickly() -> Iterator[None]:
    """Classes of pydantic's first version that are made in this block are made in half the time.

    Where pydantic is not as it is known here, it is left alone.
    """
    from pydantic.v1 import class_validators, fields

    with ExitStack() as put_back:
        for copied in (fields.ModelField, fields.FieldInfo):
            if getattr(copied, "__slots__", None) and not hasattr(copied, "__deepcopy__"):
                _put(copied, "__deepcopy__", _copier(copied), put_back)
        if callable(getattr(class_validators, "make_generic_validator", None)):
            wrapped = _once_each(class_validators.make_generic_validator)
            _put(class_validators, "make_generic_validator", wrapped, put_back)
        yield


def _put(owner: Any, name: str, value: object, put_back: ExitStack) -> None:
    if hasattr(owner, name):
        put_back.callback(setattr, owner, name, getattr(owner, name))
    else:
        put_back.callback(delattr, owner, name)
    setattr(owner, name, value)


def _copier(of: type) -> Callable[[Any, dict[int, Any]], Any]:
    """``__deepcopy__`` for a class that keeps all it has in slots."""
    slots = [name for one in of.__mro__ for name in getattr(one, "__slots__", ())]

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        new = object.__new__(type(self))
        memo[id(self)] = new
        for name in slots:
            try:
                value = getattr(self, name)
            except AttributeError:
                continue
            setattr(new, name, _copy(value, memo))
        return new

    return copied


def _copy(value: Any, memo: dict[int, Any]) -> Any:
    if type(value) in _SHARED or isinstance(value, type):
        return value
    if type(value) is list and all(type(one) in _SHARED for one in value):
        return value.copy()
    return deepcopy(value, memo)


def _once_each(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    remembered = functools.cache(make)

    def made(validator: Any) -> Any:
        try:
            return remembered(validator)
        except TypeError:  # it has no hash; or it is wrong, which is then said again
            return make(validator)

    return made
