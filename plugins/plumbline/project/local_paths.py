"""Removes this machine's paths from texts that leave it: messages, history and data docs."""

from __future__ import annotations

from pathlib import Path

from plumbline.project.find import find_state_dir


def without_local_paths(text: str, root: Path) -> str:
    """``text``, in which files of the project are named from its root, those of its state from
    ``.plumbline`` and those of the person who runs it from ``~``."""
    named = [(find_state_dir(root), ".plumbline"), (root, ""), (Path.home(), "~")]
    for folder, short in named:
        for shown in dict.fromkeys((str(folder.absolute()), str(folder.resolve()))):
            if len(Path(shown).parts) > 1:  # where home is /, every path begins with it
                text = text.replace(f"{shown}/", f"{short}/" if short else "")
                text = text.replace(shown, short or ".")
    return text
