"""The files of a project as one command reads them: each file once.

A run takes minutes and a `git pull` a second. If a run read files again, its report could show new
thresholds beside statuses that the old ones decided. So all reading of project files is here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

from plumbline.core.errors import PlumblineError
from plumbline.project.document import Document, Fault, FaultKind
from plumbline.project.json_document import read_json
from plumbline.project.reading import MOST_BYTES, Confined, RefusedFileError
from plumbline.project.yaml_document import read_yaml

T = TypeVar("T")

_NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""With any other error, the file exists but can't be read."""


class Files:
    """The content of files by path; no file is opened twice."""

    def __init__(self) -> None:
        self._confined = Confined()
        self._contents: dict[Path, bytes | OSError] = {}
        self._are_there: dict[Path, bool] = {}
        self._listed: dict[tuple[Path, str, bool], tuple[Path, ...]] = {}
        self._made: dict[Hashable, Any] = {}

    def confine(self, root: Path) -> None:
        """From now on, read only what is in the project ``root``."""
        self._confined = Confined(root)

    def content(self, file: Path, *, most: int = MOST_BYTES) -> bytes:
        """The bytes of ``file``, which may be ``most``.

        Raises:
            OSError: it can't be read, as when it was first asked for.
        """
        if file not in self._contents:
            try:
                self._contents[file] = self._confined.read_bytes(file, most=most)
            except OSError as fault:
                self._contents[file] = fault
        found = self._contents[file]
        if isinstance(found, OSError):
            raise found
        return found

    def plain_text(self, file: Path, *, most: int = MOST_BYTES) -> str:
        """The text of ``file``, with the line ends of `Path.read_text`.

        Raises:
            OSError: it can't be read.
            UnicodeDecodeError: it is not UTF-8.
        """
        return (
            self.content(file, most=most).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        )

    def text(
        self, file: Path, *, error: type[PlumblineError], what: str, most: int = MOST_BYTES
    ) -> str:
        """The text of ``file``; ``what`` is what the file is, in messages.

        Raises:
            PlumblineError: it can't be read; of class ``error``.
        """
        read = self.text_or_fault(file, most=most)
        if isinstance(read, Fault):
            raise error(read.text(what), file=file, fix=read.fix)
        return read

    def text_or_fault(self, file: Path, *, most: int = MOST_BYTES) -> str | Fault:
        """The text of ``file``, or why it can't be read."""
        try:
            return self.plain_text(file, most=most)
        except FileNotFoundError:
            return Fault(FaultKind.UNREADABLE, "is missing", "add the file")
        except UnicodeDecodeError:
            why = "can't be read: it is not UTF-8"
            return Fault(FaultKind.UNREADABLE, why, "save it as UTF-8 text")
        except OSError as fault:
            fix = fault.fix if isinstance(fault, RefusedFileError) else "save it as UTF-8 text"
            return Fault(FaultKind.UNREADABLE, f"can't be read: {fault}", fix)

    def document(self, file: Path) -> Document:
        """``file``, parsed by its ending. What can't be read is a fault of the document."""
        return self.once(("document", file), lambda: self._parsed(file))

    def is_file(self, file: Path) -> bool:
        if file in self._contents:
            return not isinstance(self._contents[file], _NO_FILE)
        listed = self._listed.get((file.parent, f"*{file.suffix}", False))
        if listed is not None:
            return file in listed
        if file not in self._are_there:
            # A FIFO or a device is there: reading it is refused, with the fix.
            self._are_there[file] = file.exists() and not file.is_dir()
        return self._are_there[file]

    def listed(self, folder: Path, pattern: str, *, below: bool = False) -> tuple[Path, ...]:
        """The files in ``folder`` whose names match ``pattern``, sorted.

        Args:
            folder: one that need not be there.
            pattern: ``*.json``.
            below: also those in folders within it.
        """
        at = (folder, pattern, below)
        if at not in self._listed:
            found = folder.rglob(pattern) if below else folder.glob(pattern)
            self._listed[at] = tuple(sorted(found))
        return self._listed[at]

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` makes of the files, made once. What it raises is raised each time."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    def read_all(self, files: Iterable[Path]) -> None:
        """Read what will be needed later; what can't be read is reported then."""
        for file in files:
            try:
                self.content(file)
            except OSError:
                continue

    def _parsed(self, file: Path) -> Document:
        read = self.text_or_fault(file)
        if isinstance(read, Fault):
            return Document(file, faults=(read,))
        return read_json(file, read) if file.suffix == ".json" else read_yaml(file, read)
