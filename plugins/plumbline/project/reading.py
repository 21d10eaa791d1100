"""Opens a project's files, which anyone who can propose a change has written.

A file must be a regular one of at most `MOST_BYTES`, and a link may not lead out of the project:
else a pull request could hang whoever checks it, or put another file of the machine into messages
and pages.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISDIR, S_ISREG

MOST_BYTES = 4 * 1024**2
"""Of one file that people write: to parse that much YAML takes seconds."""

_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):  # none is on every system
    _FLAGS |= getattr(os, _name, 0)

_GIT = ".git"
"""Its configuration may hold a token."""


class RefusedFileError(OSError):
    """A file that could be opened but isn't read; ``fix`` says what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


class Confined:
    """Reads files below ``root``, also through links that stay below it; None: of any folder."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self._are_inside: dict[Path, bool] = {}

    def read_bytes(self, file: Path, *, most: int = MOST_BYTES) -> bytes:
        """The content of ``file``, of at most ``most`` bytes.

        Raises:
            RefusedFileError: it is not a regular file, too large, or outside the folder.
            OSError: it can't be read.
        """
        self._refuse_outside(file)
        descriptor = os.open(file, _FLAGS)  # which doesn't wait for the writer of a FIFO
        with os.fdopen(descriptor, "rb") as stream:
            mode = os.fstat(descriptor).st_mode
            if S_ISDIR(mode):
                raise IsADirectoryError(f"{file} is a folder")
            if not S_ISREG(mode):
                raise RefusedFileError("it is not a regular file", "replace it with a regular file")
            content = stream.read(most + 1)  # files in /proc have no size before they are read
        if len(content) > most:
            raise RefusedFileError(f"it is larger than {most // 1024**2} MiB", "split it")
        return content

    def _refuse_outside(self, file: Path) -> None:
        if self._root is None:
            return
        # To resolve each file takes longer than to read it; most share their folder.
        known = file if file.is_symlink() else file.parent
        if known not in self._are_inside:
            self._are_inside[known] = _is_inside(known, self._root)
        if not self._are_inside[known]:
            raise RefusedFileError(
                "it is outside the project, or a link leads there",
                "put a copy of it into the project",
            )


def _is_inside(path: Path, root: Path) -> bool:
    real, base = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    return real.is_relative_to(base) and _GIT not in real.relative_to(base).parts
