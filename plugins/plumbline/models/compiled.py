"""What a model is once compiled: SQL, and the parameters that go with it.

Values: read by the runner, the outcome (hash, parameters) and the reports.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from plumbline.core.parameter import Parameter


@dataclass(frozen=True)
class CompiledModel:
    """One SELECT as BigQuery gets it."""

    name: str
    sql: str
    parameters: tuple[Parameter, ...]
    """In the order in which the SQL first names them; only those that it does name."""
    sources: tuple[str, ...]
    """``dataset.table`` of every table read, each once."""
    variables: tuple[str, ...]
    """The variables that the model reads, also those that became identifiers."""
    grain: tuple[str, ...]
    """The columns that say what a row is about, from ``schema.yml``."""
    personal: frozenset[str] = frozenset()
    """The columns whose values are masked, from ``schema.yml``; see `plumbline.core.masking`."""
    file: Path | None = field(default=None, compare=False)
    """The model's; None of a suite over a table, which has no SQL file."""

    @property
    def statements(self) -> tuple[CompiledModel, ...]:
        """What is sent, a job each: this one."""
        return (self,)

    @property
    def text(self) -> str:
        """The SQL of all statements."""
        return ";\n\n".join(one.sql for one in self.statements)

    @property
    def set_oriented(self) -> bool:
        """Whether the model takes a list of evaluation instants, so that it can be backtested."""
        return any(parameter.name == "as_of" for parameter in self.parameters)

    @cached_property
    def sql_hash(self) -> str:
        """SHA-256 of the SQL: the same for every ``as_of`` and every value of a variable."""
        return hashlib.sha256(self.sql.encode()).hexdigest()
