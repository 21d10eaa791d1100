"""What stands for Cloud Storage where thousands of builds are tried does as the server does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import pytest

from plumbline.core.errors import PlumblineError
from plumbline.site.objects import ChangedError, Objects
from support.fake_storage import FakeStorage, open_storage

BUCKET = "example-docs"


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStorage]:
    with open_storage(BUCKET, "empty") as opened:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", opened.url)
        yield opened


def told(objects: Objects) -> list[object]:
    """What a site asks of its objects, and the answers; generations count from the first."""
    answers: list[object] = []
    first = objects.put("first", b"a", content_type="text/plain")

    def ask(call: Callable[[], object]) -> None:
        try:
            answers.append(call())
        except ChangedError:
            answers.append("changed")
        except PlumblineError as fault:
            answers.append(type(fault).__name__)

    def put(path: str, content: bytes, **about: object) -> int:
        return objects.put(path, content, content_type="text/html", **about) - first  # type: ignore[arg-type]

    def got(path: str) -> object:
        found = objects.get(path)
        return found and (found.content, found.generation - first)

    def stat(path: str) -> object:
        found = objects.stat(path)
        return found and (found.generation - first, found.holds(b"b"), found.updated is None)

    ask(lambda: put("x/y.html", b"b", over=0, cache_control="no-cache"))
    ask(lambda: put("x/y.html", b"c", over=0))
    ask(lambda: put("x/y.html", b"c", over=first))
    ask(lambda: put("x/z.html", b"c\r\n"))
    ask(lambda: got("x/y.html"))
    ask(lambda: got("x/z.html"))
    ask(lambda: got("none"))
    ask(lambda: stat("x/y.html"))
    ask(lambda: stat("none"))
    ask(lambda: objects.list())
    ask(lambda: objects.list("x/"))
    ask(lambda: objects.list(most=1))
    ask(lambda: objects.delete("x/y.html", only=first))
    ask(lambda: objects.delete("x/y.html", only=first + 1))
    ask(lambda: objects.delete("x/y.html"))
    ask(lambda: objects.list())
    return answers


@pytest.mark.parametrize("prefix", ["", "team/docs"])
def test_it_answers_as_the_server_and_leaves_the_same(http: FakeStorage, prefix: str) -> None:
    memory = FakeStorage(BUCKET)
    assert told(memory.in_memory(BUCKET, prefix)) == told(Objects(BUCKET, prefix))
    # the server lists three names a page, so a list may be asked for more than once
    assert memory.calls == [call for call, _ in groupby(http.calls)]
    here, there = memory.objects[BUCKET], http.objects[BUCKET]
    assert {
        name: (one.content, one.content_type, one.cache_control) for name, one in here.items()
    } == {name: (one.content, one.content_type, one.cache_control) for name, one in there.items()}


@pytest.mark.parametrize("call", ["get", "stat", "delete", "list", "put"])
@pytest.mark.parametrize("bucket", ["elsewhere", BUCKET], ids=["no bucket", "no writes left"])
def test_it_refuses_as_the_server_does(http: FakeStorage, bucket: str, call: str) -> None:
    memory = FakeStorage(BUCKET)
    refusals = []
    for storage, objects in ((http, Objects(bucket)), (memory, memory.in_memory(bucket))):
        storage.writes_left = 0
        arguments = {"put": ("x", b""), "list": ()}.get(call, ("x",))
        about = {"content_type": "text/plain"} if call == "put" else {}
        with pytest.raises(PlumblineError) as refused:
            getattr(objects, call)(*arguments, **about)
        refusals.append(type(refused.value))
    assert refusals[0] is refusals[1]
