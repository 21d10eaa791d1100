"""Validation definitions: a suite and the data that it judges, under a name of its own.

A monitor needs one only where its suite judges a data asset of Great Expectations, or where one
suite is run more than once. Read without GX, so that light commands stay light.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, NonNegativeInt

from plumbline.core.errors import MonitorError
from plumbline.project.document import Document
from plumbline.project.entry import Entry
from plumbline.project.parsing import (
    ValueFault,
    explain,
    find_name_faults,
    refuse_faults,
    wrong_value,
)

BATCH_DEFINITION = "rows"
"""The only batch definition of a SQL model."""

MODEL_PARAMETERS = ("vars",)
"""``batch_parameters`` that a definition over a SQL model may hold."""


class NamedEntry(Entry):
    """Something of GX's, by its name."""

    name: str = Field(min_length=1)
    id: str | None = Field(None, description="GX's id; not needed.")


class DataEntry(Entry):
    """``data``: the rows, as GX names them."""

    datasource: NamedEntry = Field(
        description="A datasource of `great_expectations.yml`: GX's own, or that of the models."
    )
    asset: NamedEntry = Field(
        description="An asset of the datasource. For models: the suite whose model returns the "
        "rows."
    )
    batch_definition: NamedEntry = Field(
        description=f"A batch definition of the asset; for a model, `{BATCH_DEFINITION}`."
    )


class DefinitionEntry(Entry):
    """A file of ``validation_definitions/``."""

    schema_: str | None = Field(default=None, alias="$schema")
    name: str = Field(
        description="The monitor; the same as the file's name without `.json`.",
        examples=["orders_eu"],
    )
    id: str | None = Field(
        None, description="GX's id; not needed, because it is generated from the name."
    )
    suite: NamedEntry = Field(description="The suite to evaluate.")
    data: DataEntry = Field(description="The data on which the suite is evaluated.")
    batch_parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="As in GX's `run(batch_parameters=...)`; for a model, `vars`.",
        examples=[{"country": "fr"}, {"vars": {"days": 7}}],
    )
    days_back: NonNegativeInt = Field(
        0,
        description="For batches by day, month or year: evaluate the batch of this many days "
        "before the day of `as_of`.",
        examples=[1],
    )


@dataclass(frozen=True)
class Definition:
    name: str
    file: Path
    entry: DefinitionEntry

    @property
    def suite(self) -> str:
        return self.entry.suite.name

    @property
    def datasource(self) -> str:
        return self.entry.data.datasource.name

    @property
    def asset(self) -> str:
        return self.entry.data.asset.name

    @property
    def batch_definition(self) -> str:
        return self.entry.data.batch_definition.name


def read_definition(document: Document) -> Definition:
    """The validation definition in a file.

    Raises:
        MonitorError: not JSON, an unknown or missing key, a wrong type, another name than the
            file's: with file, key and fix.
    """
    file = document.file
    raw = document.mapping_or_raise(error=MonitorError, what="the validation definition")
    entry = explain(DefinitionEntry, raw, file=file, error=MonitorError)
    refuse_faults(find_name_faults(document), file=file, error=MonitorError)
    return Definition(name=entry.name, file=file, entry=entry)


def find_model_faults(definition: Definition) -> Iterator[ValueFault]:
    """What a definition over a SQL model says that no model has: a batch definition, a parameter,
    a day."""
    if definition.batch_definition != BATCH_DEFINITION:
        yield wrong_value(
            ("data", "batch_definition", "name"),
            f"a model has no batch definition {definition.batch_definition!r}",
            f"write {BATCH_DEFINITION!r}",
        )
    parameters = definition.entry.batch_parameters
    for name in parameters:
        if name not in MODEL_PARAMETERS:
            yield wrong_value(
                ("batch_parameters", name),
                f"a model has no batch parameter {name!r}",
                "write values for the model's variables as batch_parameters.vars; "
                "the day is that of --as-of",
            )
    if not isinstance(parameters.get("vars", {}), dict):
        yield wrong_value(
            ("batch_parameters", "vars"), "vars is not a mapping", 'write {"name": value}'
        )
    if definition.entry.days_back:
        yield wrong_value(
            ("days_back",),
            "a model has no batches by day, so days_back has no meaning",
            "use a variable of the model instead: batch_parameters.vars",
        )
