"""Writing a file: all of it or nothing, so that no reader sees half a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(file: Path, text: str) -> None:
    """Put ``text`` in the place of ``file``, whose mode stays; missing folders are made.

    Raises:
        OSError: it can't be written; the old file is then whole.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        if file.exists():
            Path(draft).chmod(file.stat().st_mode & 0o777)
        Path(draft).replace(file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
