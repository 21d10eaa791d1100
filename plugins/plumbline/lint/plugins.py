"""The project's own Python for GX, imported only if a type is not known otherwise."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from plumbline.evaluate.plugins import import_plugins, plugin_modules
from plumbline.lint.facts import Facts


class Plugins:
    """The modules in ``plugins_directory``, other than plumbline itself."""

    def __init__(self, facts: Facts) -> None:
        self.folder = facts.documents.plugins_dir
        self.faults: tuple[tuple[Path, Exception], ...] = ()
        """The modules that could not be imported, and why."""

    @cached_property
    def are_there(self) -> bool:
        """Whether the folder has any."""
        try:
            return bool(plugin_modules(self.folder))
        except (OSError, ValueError):
            return False

    def import_all(self) -> None:
        """Import them, and GX before them."""
        import plumbline.lint.registered  # noqa: F401 - imports GX, to which they register

        self.faults = tuple(import_plugins(self.folder))
