"""As much of Cloud Storage's JSON API as the Google client uses, with a memory, over real HTTP.

    with open_storage() as storage:
        ... STORAGE_EMULATOR_HOST=storage.url ...
        storage.fault = lambda request: Reply(503)

`ObjectsInMemory` does the same without HTTP, on the same memory, where a test tries thousands of
builds; tests/unit/site/test_objects_in_memory.py holds it beside the server.

The emulator from PyPI knows no preconditions (it takes a write over any generation), and can't
refuse, stall or break off. This one keeps to what Google documents of generations.
"""

from __future__ import annotations

import base64
import contextlib
import email
import hashlib
import itertools
import json
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import google_crc32c

from plumbline.core.errors import ConfigError
from plumbline.site.objects import ChangedError, Objects, Stat, Stored
from support.fake_receivers import FakeReceiver, Reply, Request


@dataclass(frozen=True)
class StoredObject:
    """One object as it lies in the bucket."""

    content: bytes
    generation: int
    content_type: str = "text/plain"
    cache_control: str | None = None
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def md5(self) -> str:
        return base64.b64encode(hashlib.md5(self.content).digest()).decode()

    @property
    def crc32c(self) -> str:
        return base64.b64encode(struct.pack(">I", google_crc32c.value(self.content))).decode()


class FakeStorage:
    """The buckets. ``fault`` may answer in its place, ``lost`` acts and breaks the answer."""

    def __init__(self, *buckets: str) -> None:
        self.objects: dict[str, dict[str, StoredObject]] = {bucket: {} for bucket in buckets}
        self.fault: Callable[[Request], Reply | None] = lambda _: None
        self.lost: Callable[[Request], bool] = lambda _: False
        self.calls: list[str] = []
        """``write NAME``, ``delete NAME``, ``read NAME``, ``stat NAME``, ``list PREFIX``: done."""
        self.writes_left: int | None = None
        """Writes and deletions until nothing is allowed any more; None: for ever."""
        self.url = ""
        self.one_at_a_time = threading.Lock()
        """Held by each call of `ObjectsInMemory`."""
        self._generations = itertools.count(1_700_000_000_000_000)

    def __call__(self, request: Request) -> Reply:
        reply = self.fault(request) or self._reply(request)
        return Reply(how="cut") if self.lost(request) else reply

    def in_memory(self, bucket: str, prefix: str = "", **other: Any) -> Objects:
        """Its objects without HTTP; stands for the class `Objects`, too."""
        return ObjectsInMemory(self, bucket, prefix, **other)

    def put(self, bucket: str, name: str, content: bytes, **other: Any) -> None:
        """An object, as if somebody had written it."""
        made = StoredObject(content, next(self._generations), **other)
        self.objects[bucket][name] = made

    def age(self, bucket: str, name: str, span: timedelta) -> None:
        """Let an object have been written so long ago."""
        found = self.objects[bucket][name]
        self.objects[bucket][name] = StoredObject(
            **{**found.__dict__, "updated": found.updated - span}
        )

    def done(self, *kinds: str) -> list[str]:
        """The names of what was done, in order."""
        return [call.split(" ", 1)[1] for call in self.calls if call.split(" ", 1)[0] in kinds]

    def _reply(self, request: Request) -> Reply:
        path = request.path
        upload = path.startswith("/upload/")
        for start in ("/upload", "/download", "/resumable"):
            path = path.removeprefix(start)
        parts = path.removeprefix("/storage/v1/b/").split("/", 2)
        bucket = unquote(parts[0])
        if bucket not in self.objects:
            return _error(404, "notFound", "The specified bucket does not exist.")
        if self.writes_left == 0:
            return _error(403, "forbidden", "you@example.com does not have storage.objects.get")
        if len(parts) == 1:
            self.calls.append(f"bucket {bucket}")
            return _error(403, "forbidden", "you@example.com does not have storage.buckets.get")
        name = unquote(parts[2]) if len(parts) > 2 else ""
        if upload and request.method == "POST":
            return self._insert(bucket, request)
        if request.method == "GET" and not name:
            return self._list(bucket, request)
        found = self.objects[bucket].get(name)
        if request.method == "DELETE":
            return self._delete(bucket, name, found, request)
        if found is None:
            self.calls.append(f"stat {name}")
            return _error(404, "notFound", f"No such object: {bucket}/{name}")
        if request.query.get("alt") == "media":
            self.calls.append(f"read {name}")
            return Reply(
                200,
                found.content,
                {
                    "Content-Type": found.content_type,
                    "X-Goog-Generation": str(found.generation),
                    "X-Goog-Hash": f"crc32c={found.crc32c},md5={found.md5}",
                },
            )
        self.calls.append(f"stat {name}")
        return Reply(200, _resource(bucket, name, found))

    def _insert(self, bucket: str, request: Request) -> Reply:
        assert request.query.get("uploadType") == "multipart", "only uploads of one part are known"
        head = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n"
        described, media = email.message_from_bytes(head + request.body).get_payload()
        about = json.loads(described.get_payload(decode=True))
        name = about["name"]
        # taken apart by hand: the parser of mails changes the ends of lines
        content = request.body.split(b"\r\n\r\n", 2)[2]
        content = content[: content.rindex(b"\r\n--")]
        found = self.objects[bucket].get(name)
        if _differs(found, request):
            return _error(412, "conditionNotMet", "At least one of the pre-conditions did not hold")
        made = StoredObject(
            content, next(self._generations), media.get_content_type(), about.get("cacheControl")
        )
        made = StoredObject(**{**made.__dict__, "content_type": str(media["Content-Type"])})
        if about.get("crc32c", made.crc32c) != made.crc32c:
            return _error(400, "invalid", "Provided CRC32C doesn't match")
        self.objects[bucket][name] = made
        self.count(f"write {name}")
        return Reply(200, _resource(bucket, name, made))

    def _delete(
        self, bucket: str, name: str, found: StoredObject | None, request: Request
    ) -> Reply:
        if found is None:
            return _error(404, "notFound", f"No such object: {bucket}/{name}")
        if _differs(found, request):
            return _error(412, "conditionNotMet", "At least one of the pre-conditions did not hold")
        del self.objects[bucket][name]
        self.count(f"delete {name}")
        return Reply(204)

    def _list(self, bucket: str, request: Request) -> Reply:
        prefix = request.query.get("prefix", "")
        self.calls.append(f"list {prefix}")
        names = sorted(name for name in self.objects[bucket] if name.startswith(prefix))
        start = int(request.query.get("pageToken", "0"))
        size = min(int(request.query.get("maxResults", "1000")), 3)
        page = names[start : start + size]
        answer: dict[str, Any] = {
            "kind": "storage#objects",
            "items": [_resource(bucket, name, self.objects[bucket][name]) for name in page],
        }
        if start + size < len(names):
            answer["nextPageToken"] = str(start + size)
        return Reply(200, answer, {"Content-Type": "application/json"})

    def count(self, call: str) -> None:
        """A write or deletion was done."""
        self.calls.append(call)
        if self.writes_left is not None:
            self.writes_left -= 1


@contextlib.contextmanager
def open_storage(*buckets: str) -> Iterator[FakeStorage]:
    """A server with these buckets."""
    storage = FakeStorage(*buckets)
    with FakeReceiver(storage) as receiver:
        storage.url = receiver.url
        yield storage


class ObjectsInMemory(Objects):
    """`Objects` without HTTP, on the memory of a `FakeStorage`: for thousands of builds.

    ``fault`` and ``lost`` are the server's and do nothing here.
    """

    def __init__(self, storage: FakeStorage, bucket: str, prefix: str, **other: Any) -> None:
        super().__init__(bucket, prefix, **other)
        self.storage = storage

    def get(self, path: str) -> Stored | None:
        with self._asked("read", path) as found:
            return None if found is None else Stored(found.content, found.generation)

    def stat(self, path: str) -> Stat | None:
        with self._asked("stat", path) as found:
            return None if found is None else Stat(found.generation, found.md5, found.updated)

    def put(
        self,
        path: str,
        content: bytes,
        *,
        content_type: str,
        cache_control: str | None = None,
        over: int | None = None,
    ) -> int:
        with self._allowed() as objects:
            name = self.name(path)
            if _is_other(objects.get(name), over):
                raise ChangedError(name)
            about = {"content_type": content_type, "cache_control": cache_control}
            self.storage.put(self.bucket, name, content, **about)
            self.storage.count(f"write {name}")
            return objects[name].generation

    def delete(self, path: str, *, only: int | None = None) -> bool:
        with self._allowed() as objects:
            name = self.name(path)
            found = objects.get(name)
            if found is None:
                return False
            if _is_other(found, only):
                raise ChangedError(name)
            del objects[name]
            self.storage.count(f"delete {name}")
            return True

    def list(self, folder: str = "", *, most: int | None = None) -> list[str]:
        start = len(self.name(""))
        with self._allowed() as objects:
            prefix = self.name(folder)
            self.storage.calls.append(f"list {prefix}")
            return sorted(name[start:] for name in objects if name.startswith(prefix))[:most]

    @contextlib.contextmanager
    def _asked(self, kind: str, path: str) -> Iterator[StoredObject | None]:
        with self._allowed() as objects:
            name = self.name(path)
            found = objects.get(name)
            self.storage.calls.append(f"{kind if found else 'stat'} {name}")
            yield found

    @contextlib.contextmanager
    def _allowed(self) -> Iterator[dict[str, StoredObject]]:
        with self.storage.one_at_a_time:
            if self.bucket not in self.storage.objects:
                raise ConfigError(f"there is no bucket {self.bucket!r}")
            if self.storage.writes_left == 0:
                raise ConfigError("Cloud Storage does not let us in")
            yield self.storage.objects[self.bucket]


def _differs(found: StoredObject | None, request: Request) -> bool:
    asked = request.query.get("ifGenerationMatch")
    return _is_other(found, None if asked is None else int(asked))


def _is_other(found: StoredObject | None, generation: int | None) -> bool:
    """Whether it is not of the generation that a call is for; 0: there is none."""
    return generation is not None and generation != (found.generation if found else 0)


def _resource(bucket: str, name: str, found: StoredObject) -> dict[str, Any]:
    return {
        "kind": "storage#object",
        "bucket": bucket,
        "name": name,
        "generation": str(found.generation),
        "metageneration": "1",
        "contentType": found.content_type,
        "cacheControl": found.cache_control,
        "size": str(len(found.content)),
        "md5Hash": found.md5,
        "crc32c": found.crc32c,
        "updated": found.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }


def _error(code: int, reason: str, message: str) -> Reply:
    errors = [{"domain": "global", "reason": reason, "message": message}]
    return Reply(
        code,
        {"error": {"code": code, "message": message, "errors": errors}},
        {"Content-Type": "application/json"},
    )
