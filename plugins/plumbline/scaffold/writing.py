"""Writes new files into a folder: all or none, without overwriting any."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from plumbline.core.errors import ConfigError


def write_new(
    root: Path,
    files: Mapping[str, str],
    changed: Mapping[str, str] | None = None,
    *,
    check: Callable[[], object] = lambda: None,
) -> list[Path]:
    """Write ``files`` below ``root``, and ``changed`` in place of what is there.

    Args:
        root: the project's folder.
        files: by path: the text of a file that must not be there.
        changed: by path: the new text of a file that is.
        check: looks at what was written; where it raises, all of it is taken back.

    Returns:
        What was written, in order.

    Raises:
        ConfigError: one is there, or can't be written: then nothing is changed. So it is with
            whatever ``check`` raises.
    """
    changed = changed or {}
    for name in files:
        if (root / name).exists():
            raise ConfigError(
                f"{name} already exists",
                file=root / name,
                fix="choose another name or move the file; nothing was overwritten",
            )
    before = {name: (root / name).read_bytes() for name in changed}
    written: list[Path] = []
    folders: list[Path] = []
    try:
        for name, text in {**files, **changed}.items():
            path = root / name
            for folder in _missing(path.parent):
                folder.mkdir(exist_ok=True)
                folders.append(folder)
            written.append(path)
            path.write_text(text, encoding="utf-8")
        check()
    except BaseException as fault:
        for path in written:
            name = path.relative_to(root).as_posix()
            with contextlib.suppress(OSError):
                if name in before:
                    path.write_bytes(before[name])
                else:
                    path.unlink(missing_ok=True)
        for folder in reversed(folders):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if not isinstance(fault, OSError):
            raise
        raise ConfigError(
            f"the files can't be written: {fault.strerror or fault}",
            file=getattr(fault, "filename", None),
            fix="check the disk space and permissions; nothing was changed",
        ) from fault
    return written


def _missing(folder: Path) -> Iterator[Path]:
    """``folder`` and those above it that are not there, the highest first."""
    if not folder.exists():
        yield from _missing(folder.parent)
        yield folder
