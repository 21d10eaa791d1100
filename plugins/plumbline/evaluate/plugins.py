"""A project's own Python for GX: expectations and actions register when their module is imported.

GX puts ``plugins_directory`` on the path and leaves the import to whoever writes the script; a
command line has no script.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

OURS = "plumbline"
"""In this repository the package itself lies among the plugins."""


def plugin_modules(folder: Path) -> tuple[Path, ...]:
    """The modules and packages right in ``folder``, but for plumbline itself."""
    files = (*folder.glob("*.py"), *(file.parent for file in folder.glob("*/__init__.py")))
    return tuple(sorted(file for file in files if file.stem.isidentifier() and file.stem != OURS))


def import_plugins(folder: Path) -> Iterator[tuple[Path, Exception]]:
    """Import every module of ``folder``; those that can't be, each with its fault."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    for file in plugin_modules(folder):
        try:
            import_module(file.stem)
        except Exception as fault:  # noqa: BLE001 - a user's module may raise anything
            yield file, fault
