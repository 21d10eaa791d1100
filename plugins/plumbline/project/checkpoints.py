"""Checkpoints: which monitors run together, and which actions follow, as GX writes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from plumbline.core.errors import ConfigError
from plumbline.project.document import Document
from plumbline.project.entry import Entry
from plumbline.project.parsing import (
    ValueFault,
    ValueFaultKind,
    find_name_faults,
    find_repeated,
    find_unknown_names,
    find_value_faults,
    refuse_faults,
)

ResultFormat = Literal["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]


ALERTS_ACTION = "plumbline_alerts"
"""The type of the action that hands outcomes to incidents."""
DOCS_ACTION = "plumbline_docs"
"""The type of the action that builds plumbline's sites."""
ACTIONS: tuple[Mapping[str, str], ...] = (
    {"name": "alerts", "type": ALERTS_ACTION},
    {"name": "docs", "type": DOCS_ACTION},
)
"""The actions of a new checkpoint."""
DOCS_ACTIONS = frozenset({DOCS_ACTION, "update_data_docs"})
"""The types of the actions that build data docs: ours, and GX's."""


class MonitorReference(Entry):
    """One of ``validation_definitions``: a monitor by its name."""

    name: str = Field(
        description="A monitor (a file in `expectations/` without `.json`), or a validation "
        "definition of `validation_definitions/`.",
        examples=["line_coverage"],
    )
    id: str | None = Field(None, description="GX's id; not needed.")


class CheckpointEntry(Entry):
    """A checkpoint file."""

    schema_: str | None = Field(
        default=None,
        alias="$schema",
        description="The JSON Schema of this file, for editors.",
        examples=["../schemas/checkpoint.schema.json"],
    )
    name: str = Field(
        description="Name of the checkpoint: the file's name without `.json`.",
        examples=["health_check"],
    )
    id: str | None = Field(
        None, description="GX's id; not needed, because it is generated from the name."
    )
    validation_definitions: list[MonitorReference] = Field(
        min_length=1, description="Monitors that run together, in the order of the report."
    )
    actions: list[dict[str, Any]] = Field(
        default_factory=list,
        description="Actions after a run. Each action runs even if an earlier one failed.",
    )
    result_format: ResultFormat | dict[str, Any] | None = Field(
        None, description="How much detail of the results GX keeps.", examples=["SUMMARY"]
    )


@dataclass(frozen=True)
class CheckpointFile:
    """One checkpoint file, checked; ``raw`` is what stands in the file."""

    name: str
    file: Path
    entry: CheckpointEntry
    raw: Mapping[str, Any]

    @property
    def monitors(self) -> tuple[str, ...]:
        return tuple(reference.name for reference in self.entry.validation_definitions)


def find_checkpoint_faults(
    document: Document, *, monitors: Collection[str]
) -> Iterator[ValueFault]:
    """Everything that is wrong with a checkpoint by itself; ``monitors`` are what it may list."""
    yield from find_value_faults(CheckpointEntry, document.value)
    yield from find_name_faults(document)
    listed = tuple(document.entry_texts("validation_definitions", key="name"))
    yield from find_unknown_names(ValueFaultKind.UNKNOWN_MONITOR, listed, monitors)
    for path, name in find_repeated(listed):
        what = f"the checkpoint lists monitor {name!r} twice"
        yield ValueFault(ValueFaultKind.MONITOR_TWICE, path, what, "list it once")


def read_checkpoint(document: Document, *, monitors: Collection[str]) -> CheckpointFile:
    """The checkpoint in a file, which may list ``monitors``.

    Raises:
        ConfigError: not JSON, an unknown or missing key, a wrong type, another name than the
            file's, a monitor that doesn't exist or is listed twice: with file, key and fix.
    """
    raw = document.mapping_or_raise(error=ConfigError, what="the checkpoint")
    faults = find_checkpoint_faults(document, monitors=monitors)
    refuse_faults(faults, file=document.file, error=ConfigError)
    entry = CheckpointEntry.model_validate(raw)
    return CheckpointFile(name=entry.name, file=document.file, entry=entry, raw=raw)
