"""Expectation types: from the catalogue, else from Great Expectations itself.

The catalogue is generated from the registered classes, so that lint need not import GX. GX is
imported only for a type that is not in the catalogue, in a project with plugins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files

from plumbline.lint.known_types import ExpectationType
from plumbline.lint.plugins import Plugins


class ExpectationTypes:
    """Every type that a suite of this project may use."""

    def __init__(self, plugins: Plugins) -> None:
        self.plugins = plugins

    @cached_property
    def catalogue(self) -> Mapping[str, ExpectationType]:
        """GX's own and plumbline's."""
        text = (
            files("plumbline.evaluate.expectations").joinpath("catalogue.json").read_text("utf-8")
        )
        return {
            name: ExpectationType(name, entry["kwargs"], tuple(entry["required"]))
            for name, entry in json.loads(text).items()
        }

    def find(self, name: str) -> ExpectationType | None:
        """The type of that name."""
        return self.catalogue.get(name) or self._registered.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every type that is known so far."""
        return (*self.catalogue, *self._registered)

    @cached_property
    def _registered(self) -> Mapping[str, ExpectationType]:
        """What GX knows beside the catalogue, once the project's plugins are imported."""
        if not self.plugins.may_be_imported:
            return {}
        self.plugins.import_all()
        from plumbline.lint.registered import registered_types

        return {
            entry.name: entry for entry in registered_types() if entry.name not in self.catalogue
        }
