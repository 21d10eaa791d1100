"""Writes pages into a folder: all or none, and only those that changed.

The site's folder is a symbolic link to a version of it, a folder beside it:

    docs            -> docs.versions/000042
    docs.versions/000041, 000042

A build makes the next version, in which what did not change is a hard link to the same file, and
then puts another link in the place of the first by one rename. So a reader sees the old site or
the new one; a build that dies leaves the old one whole, and a bookmark of ``docs/index.html``
stays good. Writing each file in its place would be simpler, but leaves half a site where a build
dies; two renames of a folder leave a moment without any. The version before the last is kept for
those who are reading it.

It needs symbolic links, which Linux and macOS have. A server must resolve the link at each request.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.site.pages import Pages
from plumbline.warehouse.locks import LockTimeoutError, exclusive

MANIFEST = "site.json"
"""What the pages of a site were drawn with."""
_LOCK_SECONDS = 60.0


class MissingPagesError(PlumblineError):
    """Pages to be kept from an earlier build are not there: draw them, and write again."""

    def __init__(self, paths: frozenset[str]) -> None:
        super().__init__(f"{len(paths)} pages of earlier builds are missing: {min(paths)} ...")
        self.paths = paths


class ConflictError(PlumblineError):
    """Another build wrote the site in between: read again what it is, and build again."""


@dataclass(frozen=True)
class Written:
    written: tuple[str, ...]
    """New or changed, sorted."""
    unchanged: int
    removed: tuple[str, ...]
    """Of the earlier build, and no longer part of the site."""


class SiteFiles(Protocol):
    """Where a site lies: a folder, or a bucket."""

    def exclusively(self) -> AbstractContextManager[None]:
        """Allow one build at a time, if the place supports it."""

    def read(self, path: str) -> bytes | None:
        """A file of the site as it is; None: there is none."""

    def has(self, path: str) -> bool:
        """Whether the site has that file."""

    def layout(self) -> str | None:
        """What its pages were drawn with, as `Pages.layout`; None: there is no site."""

    def write(self, pages: Pages) -> Written:
        """Make the site hold exactly ``pages``: what was drawn, and what is kept.

        Raises:
            MissingPagesError: kept pages are not there; nothing was written.
            ConflictError: where the store can't keep to one build at a time.
        """

    def address(self, path: str) -> str:
        """Where people find a page."""


class FolderSite:
    """A site in a folder of this machine.

    Args:
        folder: the site's; made where missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._versions = self.folder.with_name(f"{self.folder.name}.versions")
        self._held: Path | None = None
        """The version that is current, while this build is the only one."""

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """One build at a time.

        Raises:
            ConfigError: the folder holds something that plumbline did not write.
            PlumblineError: it can't be made, or another build held it for a minute.
        """
        try:
            self._versions.mkdir(parents=True, exist_ok=True)
            _refuse_others(self.folder)
            with contextlib.ExitStack() as stack:
                try:
                    lock = exclusive(self._versions / ".lock", seconds=_LOCK_SECONDS)
                    stack.enter_context(lock)
                except LockTimeoutError:
                    raise PlumblineError(
                        "another build of the data docs is still running",
                        fix="run it again when that build has finished",
                    ) from None
                self._held = self._current()
                yield
        except OSError as fault:
            raise PlumblineError(
                f"the data docs could not be written: {fault.strerror or fault}",
                file=self.folder.name,
                fix="check the free disk space, and that the folder is writable",
            ) from fault
        finally:
            self._held = None

    def read(self, path: str) -> bytes | None:
        """A file of the site as it is, even if the link to it was removed."""
        current = self._current()
        try:
            return None if current is None else (current / path).read_bytes()
        except OSError:
            return None

    def has(self, path: str) -> bool:
        current = self._held or self._current()
        return current is not None and _is_file(current, path)

    def layout(self) -> str | None:
        current = self._current()
        return None if current is None else _layout(current)

    def write(self, pages: Pages) -> Written:
        """Make the folder hold exactly ``pages``; where nothing changed, nothing is written.

        Raises:
            MissingPagesError: kept pages are not there; nothing was written.
        """
        return _write(self.folder, self._versions, self._current(), pages)

    def address(self, path: str) -> str:
        """Where a browser on this machine finds a page."""
        return (self.folder / path).as_uri()

    def _current(self) -> Path | None:
        if self.folder.is_symlink() and self.folder.is_dir():
            return self.folder.resolve()
        try:
            numbered = [entry for entry in self._versions.iterdir() if entry.name.isdigit()]
        except OSError:
            return None
        return max(numbered, key=lambda entry: entry.name, default=None)


def _write(folder: Path, versions: Path, current: Path | None, pages: Pages) -> Written:
    absent = frozenset(
        path for path in pages.kept if current is None or not _is_file(current, path)
    )
    if absent:
        raise MissingPagesError(absent)
    manifest = json.dumps({"format": 1, "layout": pages.layout}).encode() + b"\n"
    files = {**pages.files, MANIFEST: manifest}
    earlier = frozenset(_paths(current)) if current else frozenset()
    changed = sorted(
        path
        for path, content in files.items()
        if path not in earlier or not current or (current / path).read_bytes() != content
    )
    removed = tuple(sorted(earlier - set(files) - pages.kept))
    unchanged = len(files) + len(pages.kept) - len(changed)
    if not changed and not removed and folder.is_symlink():
        return Written((), unchanged, ())
    _remove(versions, keep=[current] if current else [])
    target = versions / f"{_number(current) + 1:06d}"
    building = versions / f".building-{target.name}"
    for parent in {path.rpartition("/")[0] for path in (*files, *pages.kept)}:
        (building / parent).mkdir(parents=True, exist_ok=True)
    for path in (set(files) - set(changed)) | pages.kept:
        _share(f"{current}/{path}", f"{building}/{path}")
    for path in changed:
        (building / path).write_bytes(files[path])
    for path in changed:
        _to_disk(building / path)
    building.rename(target)
    _switch(folder, target)
    _remove(versions, keep=[target, *([current] if current else [])])
    return Written(tuple(changed), unchanged, removed)


def _refuse_others(folder: Path) -> None:
    """Reject a folder in the place of the link, unless it is empty."""
    if folder.is_symlink() or not folder.exists():
        return
    with contextlib.suppress(OSError):
        folder.rmdir()
        return
    raise ConfigError(
        "the data docs' folder contains files that plumbline did not write, so it is not replaced",
        file=folder.name,
        fix="move it, or choose another folder",
    )


def _switch(folder: Path, target: Path) -> None:
    """Let the link name ``target``, by one rename; relative, so that the two can be moved."""
    link = target.with_name(f".link-{target.name}")
    link.unlink(missing_ok=True)
    link.symlink_to(Path(target.parent.name) / target.name)
    # while the rename is to come, the version must be whole on the disk
    _to_disk(target.parent)
    link.replace(folder)
    _to_disk(folder.parent)


def _remove(versions: Path, *, keep: list[Path]) -> None:
    """Remove the remains of failed builds, and versions that are no longer read."""
    kept = {path.name for path in keep}
    for entry in versions.iterdir():
        if entry.name in kept or entry.name == ".lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _number(version: Path | None) -> int:
    return int(version.name) if version and version.name.isdigit() else 0


def _is_file(folder: Path, path: str) -> bool:
    """As ``Path.is_file``, but three times as fast, for the hundreds of files of a site."""
    return os.path.isfile(f"{folder}/{path}")  # noqa: PTH113


def _share(source: str, target: str) -> None:
    """One file in two versions; a copy where the disk knows no hard links. Texts and not paths:
    there are hundreds at each build."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _paths(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        within = Path(parent).relative_to(folder).as_posix()
        for name in names:
            yield name if within == "." else f"{within}/{name}"


def _layout(folder: Path) -> str | None:
    try:
        read = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return read.get("layout") if isinstance(read, dict) else None
