"""The stores in ``great_expectations.yml``.

A run needs plumbline's stores, which read monitors and fill in ids. A file that Great Expectations
itself wrote names its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.project.documents import DATASOURCE_TYPE

MODULE = "plumbline.gx.stores"
_OF_GX = "great_expectations"

CONVERT = (
    "run `plumbline init` there, which adds what is missing; or convert the project with "
    "`plumbline import gx` in a new folder"
)
"""What to do with a project of Great Expectations."""

_NEEDED = (
    ("expectations_store_name", "expectations_store", "ExpectationsStore"),
    ("", "validation_definition_store", "ValidationDefinitionStore"),
    ("checkpoint_store_name", "checkpoint_store", "CheckpointStore"),
)
"""The key that names the store (GX fixes the name of one), its usual name, its class. Results may
lie in GX's own store."""


@dataclass(frozen=True)
class StoreFault:
    """A store that is not plumbline's."""

    store: str
    is_there: bool
    class_name: str
    is_of_gx: bool = False
    """Whether the whole project is Great Expectations' own."""

    @property
    def what(self) -> str:
        if not self.is_there:
            return f"there is no store {self.store!r}"
        return f"store {self.store!r} is Great Expectations' own, which doesn't support monitors"

    @property
    def fix(self) -> str:
        first = f"{CONVERT}, or " if self.is_of_gx else ""
        added = f"`module_name: {MODULE}`"
        if self.is_there:
            return f"{first}add {added} beside its class_name"
        return f"{first}add it with `class_name: {self.class_name}` and {added}"


def has_targets(configuration: Mapping[str, Any]) -> bool:
    """Whether a ``great_expectations.yml`` has plumbline's data source: GX's own has none."""
    sources = configuration.get("fluent_datasources")
    return any(
        isinstance(source, Mapping) and source.get("type") == DATASOURCE_TYPE
        for source in (sources.values() if isinstance(sources, Mapping) else ())
    )


def find_store_faults(configuration: Mapping[str, Any]) -> list[StoreFault]:
    """The stores of ``great_expectations.yml`` with which no monitor can be run."""
    declared = configuration.get("stores")
    stores = declared if isinstance(declared, Mapping) else {}
    found = []
    for key, usual, class_name in _NEEDED:
        name = str(configuration.get(key) or usual)
        store = stores.get(name)
        module = store.get("module_name") if isinstance(store, Mapping) else None
        # Another module is a subclass of the project's own.
        if module is None or str(module).startswith(_OF_GX):
            is_there, is_of_gx = isinstance(store, Mapping), not has_targets(configuration)
            found.append(StoreFault(name, is_there, class_name, is_of_gx))
    return found


def check_stores(configuration: Mapping[str, Any], *, file: Path) -> None:
    """Refuse stores with which no monitor can be run.

    Raises:
        ConfigError: one is Great Expectations' own, or is missing.
    """
    faults = find_store_faults(configuration)
    if not faults:
        return
    first = faults[0]
    others = [one.store for one in faults[1:] if one.is_there == first.is_there]
    same = f"; the same for {' and '.join(others)}" if others else ""
    raise ConfigError(first.what, file=file, key=f"stores.{first.store}", fix=f"{first.fix}{same}")
