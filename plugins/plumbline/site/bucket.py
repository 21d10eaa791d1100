"""A site in Cloud Storage, replaced object by object, so that readers never see half a site.

Writing one object is atomic, writing many is not. So the order makes it safe:

1. ``site.json`` says which objects are about to be written: the build's claim on the site;
2. styles and other files, then new pages: no page leads to them yet;
3. pages that are there already: all that they lead to is there by now;
4. ``index.html``, then the cache that the next build begins with;
5. what the build *before this one* left over goes, and ``site.json`` says what the site is now.

After every one of these writes each page is whole, has the styles it was drawn with (they lie below
its layout's name) and leads to pages that are there. What a build drops stays until the next one,
for those who are reading it. A build that dies leaves its claim: the next one trusts no object of
it, writes those again, and removes what is nobody's.

Two builds at once: each write names the generation that it replaces, so that a build whose claim
was taken over can't undo what its successor wrote: it ends in `ConflictError` and is done again
with what the other wrote. A claim that stands for a minute is taken over.

``site.json`` holds each file's hash and generation, so a build lists no bucket and reads no page.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import posixpath
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from plumbline.core.errors import ConfigError
from plumbline.site import paths
from plumbline.site.objects import CONNECTIONS, PRIVATE, PUBLIC, ChangedError, Objects
from plumbline.site.pages import Pages
from plumbline.site.writing import MANIFEST, ConflictError, MissingPagesError, Written

LEASE_SECONDS = 60.0
"""How long a build that does not end is waited for."""

_FORMAT = 1
_POLL_SECONDS = 1.0
_TRIES = 5
_FOR_EVER = "private, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class _Entry:
    hash: str
    """Of its content; empty: not known, so it is written when it is drawn."""
    generation: int


@dataclass(frozen=True)
class _Manifest:
    """``site.json``: what the site is, or what it is becoming."""

    layout: str | None = None
    """As `Pages.layout`; None: its pages are of more than one."""
    files: Mapping[str, _Entry] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    """What the build that claimed the site writes; empty: it isn't claimed."""
    left: Mapping[str, int | None] = field(default_factory=dict)
    """By path, the generation, where known: no longer part of the site, to go at the next build."""
    is_claimed: bool = False
    """Whether a build writes it, or died."""

    def to_json(self, build: str) -> bytes:
        """As it is stored. ``build`` makes it differ from every other build's."""
        files = {path: [entry.hash, entry.generation] for path, entry in self.files.items()}
        stored = {
            "format": _FORMAT,
            "layout": self.layout,
            "build": build,
            "pending": sorted(self.pending),
            "left": dict(sorted(self.left.items())),
            "files": dict(sorted(files.items())),
        }
        return json.dumps(stored, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> _Manifest | None:
        """None: not ours, or torn by hand."""
        try:
            stored = json.loads(content)
            if stored["format"] != _FORMAT:
                return None
            return cls(
                layout=stored["layout"],
                files={
                    str(path): _Entry(str(digest), int(generation))
                    for path, (digest, generation) in stored["files"].items()
                },
                pending=frozenset(map(str, stored["pending"])),
                is_claimed=bool(stored["pending"]),
                left={
                    str(path): None if generation is None else int(generation)
                    for path, generation in stored["left"].items()
                },
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


class BucketSite:
    """A site in a bucket.

    Args:
        backend: ``store_backend`` of the site in ``great_expectations.yml``, checked by
            `plumbline.project.sites`.
        folder: below the backend's prefix; the target's name.
        afresh: whether to trust no object that was written: each is compared with the bucket's.
        lease_seconds: how long a build that does not end is waited for.
    """

    def __init__(
        self,
        backend: Mapping[str, Any],
        folder: str,
        *,
        afresh: bool = False,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        prefix = posixpath.join(str(backend.get("prefix") or "").strip("/"), folder)
        self._objects = Objects(
            str(backend["bucket"]), prefix, project=backend.get("project") or None
        )
        public = backend.get("base_public_path")
        open_to = PUBLIC if backend.get("public_urls") else PRIVATE
        self._address = (
            f"{str(public).rstrip('/')}/{quote(folder)}"
            if public
            else f"{open_to}/{self._objects.bucket}/{quote(prefix)}"
        )
        self._afresh = afresh
        self._lease_seconds = lease_seconds
        self._build = uuid.uuid4().hex
        self._loaded: tuple[_Manifest, int] | None = None
        self._there: dict[str, bool] = {}
        self._expected: dict[str, int | None] = {}

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Read the site's state. Wait for another build; `write` detects one that began later.

        Raises:
            ConfigError: the bucket is not there, we lack a role, or others' files are in the place.
            PlumblineError: Cloud Storage can't be asked.
        """
        self._load()
        waited_for, since = 0, time.monotonic()
        while self._manifest.is_claimed and not self._is_old():
            if self._generation != waited_for:
                waited_for, since = self._generation, time.monotonic()
            if time.monotonic() - since >= self._lease_seconds:
                break
            time.sleep(min(_POLL_SECONDS, self._lease_seconds))
            self._load()
        yield

    def read(self, path: str) -> bytes | None:
        if path not in self._manifest.files and path not in self._manifest.pending:
            return None
        stored = self._objects.get(path)
        return None if stored is None else stored.content

    def has(self, path: str) -> bool:
        """Whether the site has that file. The bucket is queried only after a failed build."""
        if path in self._manifest.files:
            return True
        if path not in self._manifest.pending:
            return False
        if path not in self._there:
            self._there[path] = self._objects.stat(path) is not None
        return self._there[path]

    def layout(self) -> str | None:
        """What its pages were drawn with; None: there is no site, or a build of it died."""
        return self._manifest.layout

    def write(self, pages: Pages) -> Written:
        """Make the bucket hold ``pages``; where nothing changed, nothing is written.

        Raises:
            MissingPagesError: kept pages are not there; nothing was written.
            ConflictError: another build took the site: build again.
            ConfigError: the bucket is not there, or we lack a role.
            PlumblineError: Cloud Storage can't be asked; the site is whole.
        """
        known = self._manifest
        absent = frozenset(path for path in pages.kept if not self.has(path))
        if absent:
            raise MissingPagesError(absent)
        hashes = {path: _hash(content) for path, content in pages.files.items()}
        changed = [
            path
            for path, digest in hashes.items()
            if path not in known.files or known.files[path].hash != digest
        ]
        gone = (set(known.files) | known.pending) - set(pages.files) - pages.kept
        unchanged = len(pages.files) + len(pages.kept) - len(changed)
        if not changed and not gone and not known.pending and known.layout == pages.layout:
            return Written((), unchanged, ())
        self._claim(known, changed, pages)
        written: dict[str, int] = {}
        for phase in _phases(changed, is_there=self.has):
            generations = _side_by_side(lambda path: self._put(path, pages.files[path]), phase)
            written.update(zip(phase, generations, strict=True))
        still = set(pages.files) | pages.kept
        _side_by_side(self._drop, [path for path in known.left if path not in still])
        self._commit(
            after := _Manifest(
                layout=pages.layout,
                files={
                    **{path: self._entry(path) for path in pages.kept},
                    **{
                        path: _Entry(digest, written[path])
                        if path in written
                        else known.files[path]
                        for path, digest in hashes.items()
                    },
                },
                left={
                    path: known.files[path].generation if path in known.files else None
                    for path in gone
                },
            ),
            after,
        )
        return Written(tuple(sorted(changed)), unchanged, tuple(sorted(gone)))

    def address(self, path: str) -> str:
        return f"{self._address}/{quote(path)}"

    def remove(self) -> None:
        """Remove the site, and nothing that plumbline did not write.

        Raises:
            ConfigError: the bucket is not there, or we lack a role.
            PlumblineError: Cloud Storage can't be asked; do it again.
        """
        self._load()
        known = self._manifest
        if not self._generation:
            return
        self._objects.delete(paths.OVERVIEW)
        _side_by_side(self._objects.delete, sorted({*known.files, *known.pending, *known.left}))
        self._objects.delete(MANIFEST)

    @property
    def _manifest(self) -> _Manifest:
        if self._loaded is None:
            self._load()
        assert self._loaded is not None
        return self._loaded[0]

    @property
    def _generation(self) -> int:
        """Of ``site.json`` as it was read or written last; 0: there was none."""
        return self._loaded[1] if self._loaded else 0

    def _load(self) -> None:
        self._there = {}
        stored = self._objects.get(MANIFEST)
        if stored is None:
            self._refuse_others()
            self._loaded = _Manifest(), 0
            return
        read = _Manifest.from_json(stored.content)
        if read is None:
            # List what is here; none of it is trusted.
            found = frozenset(self._objects.list()) - {MANIFEST}
            read = _Manifest(pending=found)
        if self._afresh:
            pending = read.pending | set(read.files)
            read = replace(read, layout=None, files={}, pending=pending)
        self._loaded = read, stored.generation

    def _refuse_others(self) -> None:
        found = self._objects.list(most=1)
        # a first build may just have begun
        if found and MANIFEST not in found and self._objects.stat(MANIFEST) is None:
            raise ConfigError(
                "the data docs' location contains files that plumbline did not write, so it is not "
                "touched",
                file=f"gs://{self._objects.bucket}/{self._objects.name(found[0])}",
                fix="choose another prefix, or remove them",
            )

    def _is_old(self) -> bool:
        """Whether a claim is so old that no clock can be so wrong."""
        stat = self._objects.stat(MANIFEST)
        if stat is None or stat.updated is None or stat.generation != self._generation:
            return False
        return (datetime.now(UTC) - stat.updated).total_seconds() > 10 * self._lease_seconds

    def _claim(self, known: _Manifest, changed: Collection[str], pages: Pages) -> None:
        """Declare what is about to be written; nothing has been written so far."""
        pending = known.pending | frozenset(changed)
        same = known.layout == pages.layout
        self._commit(
            replace(
                known,
                layout=known.layout if same else None,
                files={path: entry for path, entry in known.files.items() if path not in pending},
                pending=pending,
            ),
            known,
        )
        self._expected = {
            **known.left,
            **{path: entry.generation for path, entry in known.files.items()},
            **dict.fromkeys(known.pending),
        }

    def _commit(self, manifest: _Manifest, known: _Manifest) -> None:
        """Store ``manifest``; from here on the site is ``known``."""
        content = manifest.to_json(self._build)
        try:
            generation = self._objects.put(
                MANIFEST,
                content,
                content_type=_type(MANIFEST),
                cache_control="no-cache",
                over=self._generation,
            )
        except ChangedError:
            # Our own, if its answer was lost on the way.
            stored = self._objects.get(MANIFEST)
            if stored is None or stored.content != content:
                raise _conflict() from None
            generation = stored.generation
        self._loaded = known, generation

    def _put(self, path: str, content: bytes) -> int:
        def put(over: int) -> int:
            return self._objects.put(
                path,
                content,
                content_type=_type(path),
                cache_control=_FOR_EVER if path.startswith(paths.STATIC) else "no-cache",
                over=over,
            )

        return self._replace(path, put, content)

    def _drop(self, path: str) -> int:
        def drop(only: int) -> int:
            if only:
                self._objects.delete(path, only=only)
            return 0

        return self._replace(path, drop)

    def _replace(self, path: str, act: Callable[[int], int], content: bytes | None = None) -> int:
        """Do ``act`` to an object of a known generation, as long as the site is ours."""
        expected = self._expected.get(path, 0)
        if expected is not None:
            with contextlib.suppress(ChangedError):
                return act(expected)
        for _ in range(_TRIES):
            # In this order, because another build that claims the site changes the generation.
            found = self._objects.stat(path)
            self._check_claim()
            if found is not None and content is not None and found.holds(content):
                return found.generation
            with contextlib.suppress(ChangedError):
                return act(found.generation if found else 0)
        raise _conflict()

    def _check_claim(self) -> None:
        stat = self._objects.stat(MANIFEST)
        if stat is None or stat.generation != self._generation:
            raise _conflict()

    def _entry(self, path: str) -> _Entry:
        known = self._manifest.files.get(path)
        if known is not None:
            return known
        stat = self._objects.stat(path)
        return _Entry("", stat.generation if stat else 0)


def _conflict() -> ConflictError:
    return ConflictError(
        "another build of the data docs finished first",
        fix="run it again when that build has finished",
    )


def _phases(changed: Sequence[str], *, is_there: Callable[[str], bool]) -> list[list[str]]:
    """What may be written side by side, one after the other; see the module."""
    found: list[list[str]] = [[] for _ in range(5)]
    last = {paths.OVERVIEW: 3, paths.HISTORY_CACHE: 4}
    _side_by_side(is_there, [path for path in changed if path not in last])
    for path in sorted(changed):
        if path in last:
            phase = last[path]
        elif not path.endswith(".html"):
            phase = 0
        else:
            phase = 2 if is_there(path) else 1
        found[phase].append(path)
    return [phase for phase in found if phase]


def _side_by_side(work: Callable[[str], Any], items: Sequence[str]) -> list[Any]:
    """``work`` for each; of several faults the first, when all that began have ended."""
    if not items:
        return []
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="plumbline-bucket") as pool:
        try:
            return list(pool.map(work, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _type(path: str) -> str:
    return _TYPES.get(posixpath.splitext(path)[1], "text/plain; charset=utf-8")
