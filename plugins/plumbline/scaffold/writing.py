"""New files into a folder: all of them or none, and none over one that is there."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from plumbline.errors import ConfigError


def write_new(
    root: Path, files: Mapping[str, str], changed: Mapping[str, str] | None = None
) -> list[Path]:
    """Write ``files`` below ``root``, and ``changed`` in place of what is there.

    Args:
        root: the project's folder.
        files: by path: the text of a file that must not be there.
        changed: by path: the new text of a file that is.

    Returns:
        What was written, in order.

    Raises:
        ConfigError: one is there, or can't be written: then nothing is changed.
    """
    changed = changed or {}
    for name in files:
        if (root / name).exists():
            raise ConfigError(
                f"{name} is there already",
                file=root / name,
                mend="take another name, or move the file away: nothing is written over",
            )
    before = {name: (root / name).read_bytes() for name in changed}
    written: list[Path] = []
    try:
        for name, text in {**files, **changed}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            path.write_text(text, encoding="utf-8")
    except OSError as fault:
        for path in written:
            name = path.relative_to(root).as_posix()
            with contextlib.suppress(OSError):
                if name in before:
                    path.write_bytes(before[name])
                else:
                    path.unlink(missing_ok=True)
        raise ConfigError(
            f"the files can't be written: {fault.strerror or fault}",
            file=getattr(fault, "filename", None),
            mend="make room or get the rights there; nothing was changed",
        ) from fault
    return written
