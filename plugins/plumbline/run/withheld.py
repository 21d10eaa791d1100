"""Which parameters of SQL that people copy have no value there: it may name a person."""

from __future__ import annotations

from plumbline.core.masking import Mask
from plumbline.core.parameter import Parameter
from plumbline.models import CompiledModel
from plumbline.models.compilation import BUILT_IN
from plumbline.project import Suite
from plumbline.run.compiling import table_of


def withheld(compiled: CompiledModel, suite: Suite, mask: Mask) -> frozenset[str]:
    """The parameters of a monitor whose values may be those of a personal column.

    Of a suite over a table, those of expectations that name such a column. Of a model with such a
    column, every text, because a variable may name a person whom no row names, and numbers that
    its rows hold.
    """
    if not mask:
        return frozenset()
    every = {one.name: one for each in compiled.statements for one in each.parameters}
    if table_of(compiled) is not None:
        touched = [
            f"e{index}_"
            for index, entry in enumerate(suite.entry.expectations)
            if mask.touched(entry.kwargs)
        ]
        return frozenset(name for name in every if name.startswith(tuple(touched)))
    return frozenset(
        name for name, one in every.items() if name not in BUILT_IN and _may_name(one, mask)
    )


def _may_name(parameter: Parameter, mask: Mask) -> bool:
    values = parameter.value if isinstance(parameter.value, tuple) else (parameter.value,)
    return any(isinstance(one, str) or mask.holds(one) for one in values)
