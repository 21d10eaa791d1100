"""dbt-style SQL models: a file with Jinja compiles to one SELECT with query parameters.

Used by the runner (one model a monitor), by ``plumbline compile`` and by the linter. Knows
neither Google's client nor GX, so that a command that only compiles stays quick.
"""

from plumbline.models.compiled import CompiledModel
from plumbline.models.compiler import Compiler
from plumbline.models.properties import ModelProperties
from plumbline.models.variables import VariableError

__all__ = [
    "CompiledModel",
    "Compiler",
    "ModelProperties",
    "VariableError",
]
