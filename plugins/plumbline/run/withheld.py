"""Which parameters of SQL that people copy have no value there: it may name a person."""

from __future__ import annotations

import re

from plumbline.core.masking import Mask
from plumbline.core.parameter import Parameter
from plumbline.models import CompiledModel
from plumbline.models.compilation import BUILT_IN
from plumbline.project import Suite

_OF_EXPECTATION = re.compile(r"e(\d+)_")
"""As `plumbline.evaluate.pushdown` names the parameters of an expectation, by its index."""


def withheld(compiled: CompiledModel, suite: Suite, mask: Mask) -> frozenset[str]:
    """The parameters of a monitor whose values may be those of a personal column.

    Of a suite over a table, those of expectations that name such a column. Of a model with such a
    column, and of a declared drilldown, every text, because a variable may name a person whom no
    row names, and of a model also what its rows hold.
    """
    if not mask:
        return frozenset()
    every = [one for each in compiled.statements for one in each.parameters]
    return frozenset(one.name for one in every if _is_withheld(one, suite, mask))


def _is_withheld(parameter: Parameter, suite: Suite, mask: Mask) -> bool:
    if parameter.name in BUILT_IN:
        return False
    values = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
    is_text = any(isinstance(one, str) for one in values)
    if suite.monitor.table is None:
        return is_text or any(map(mask.holds, values))
    index = _OF_EXPECTATION.match(parameter.name)
    if index is None or int(index[1]) >= len(suite.entry.expectations):
        return is_text  # the other parameters are the instants and dates of the window
    return bool(mask.touched(suite.entry.expectations[int(index[1])].kwargs))
