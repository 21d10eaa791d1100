"""The project's own Python for GX, imported only if a type is not known otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from plumbline.evaluate.plugins import import_plugins, plugin_modules
from plumbline.lint.facts import Facts

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Plugins:
    """The modules in ``plugins_directory``, other than plumbline itself."""

    def __init__(self, facts: Facts, *, is_trusted: bool = True) -> None:
        """Args:
        facts: the project.
        is_trusted: whether they may be imported.
        """
        self._facts = facts
        self._is_trusted = is_trusted
        self.folder = facts.documents.plugins_dir
        self.faults: tuple[tuple[Path, Exception], ...] = ()
        """The modules that could not be imported, and why."""

    @cached_property
    def modules(self) -> tuple[Path, ...]:
        """Files and packages."""
        try:
            return plugin_modules(self.folder)
        except (OSError, ValueError):
            return ()

    @property
    def may_be_imported(self) -> bool:
        """Whether there are any, and they are trusted."""
        return bool(self.modules) and self._is_trusted

    def import_all(self) -> None:
        """Import them, and GX before them."""
        import plumbline.lint.registered  # noqa: F401 - imports GX, to which they register

        self.faults = tuple(import_plugins(self.folder))

    def may_define(self, type_name: str) -> bool:
        """Whether modules that are not imported seem to define a type of that name."""
        return not self._is_trusted and type_name in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        """Of the modules' texts: names of classes as GX writes them, and all others."""
        words = {word for text in self._texts() for word in re.findall(r"\w+", text)}
        return frozenset(words | {_CAPITAL.sub("_", word).lower() for word in words})

    def _texts(self) -> Iterator[str]:
        files = self._facts.files
        for module in self.modules:
            inner = files.listed(module, "*.py", below=True)
            for file in (module, *inner) if module.suffix == ".py" else inner:
                text = files.text_or_fault(file)
                if isinstance(text, str):
                    yield text
