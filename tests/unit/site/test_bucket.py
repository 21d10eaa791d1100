"""A site in Cloud Storage: never half of one, whatever happens and whoever builds beside."""

from __future__ import annotations

import itertools
import json
import posixpath
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser

import pytest

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.net.deadline import SHORTEST_ATTEMPT_SECONDS
from plumbline.site import bucket as module
from plumbline.site import paths
from plumbline.site.bucket import BucketSite
from plumbline.site.pages import Pages, layout, render_site
from plumbline.site.view_models import SiteData
from plumbline.site.writing import MANIFEST, ConflictError, MissingPagesError
from support.fake_receivers import Reply, Request
from support.fake_storage import FakeStorage, open_storage
from support.site_data import site_data

pytestmark = pytest.mark.slow

BUCKET = "example-docs"
HERE = "team/docs/local/"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStorage]:
    with open_storage(BUCKET) as opened:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", opened.url)
        monkeypatch.setattr(module, "_POLL_SECONDS", 0.02)
        yield opened


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> FakeStorage:
    """The same without HTTP, for thousands of builds."""
    storage = FakeStorage(BUCKET)
    monkeypatch.setattr(module, "Objects", storage.in_memory)
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.02)
    return storage


def site(lease_seconds: float = 0.0, **backend: str) -> BucketSite:
    keys = {"bucket": BUCKET, "prefix": "team/docs", **backend}
    return BucketSite(keys, "local", lease_seconds=lease_seconds)


def build(pages: Pages, lease_seconds: float = 0.0, **backend: str) -> tuple[str, ...]:
    here = site(lease_seconds, **backend)
    with here.exclusively():
        return here.write(pages).written


def pages(kept: frozenset[str] = frozenset(), layout: str = "1", **files: str) -> Pages:
    names = {name.replace("__", "/") + ".html": text.encode() for name, text in files.items()}
    return Pages(files=names, kept=kept, layout=layout)


def held(storage: FakeStorage) -> dict[str, bytes]:
    """The site's objects, without the list of them."""
    return {
        name.removeprefix(HERE): stored.content
        for name, stored in storage.objects[BUCKET].items()
        if name.startswith(HERE) and name != HERE + MANIFEST
    }


def texts(storage: FakeStorage) -> dict[str, str]:
    return {name: content.decode() for name, content in held(storage).items()}


def drawn(data: SiteData) -> Pages:
    """Its pages, all of them drawn: no build was before."""
    of_data = render_site(data)
    older = dict.fromkeys(of_data.kept, b"<p>over</p>")
    files = {**of_data.files, **older, paths.HISTORY_CACHE: f"{data.title}".encode()}
    return Pages(files, frozenset(), of_data.layout)


# What people see


@cache
def links(content: bytes) -> Links:
    """Where a page leads to; the same pages are looked at after each of hundreds of builds."""
    return Links(content)


class Links(HTMLParser):
    """Where a page leads to."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.parts: set[str] = set()
        """Of them, styles, scripts and pictures."""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src") and value and ":" not in value.split("/")[0]:
                self.found.add(value.split("#")[0])
                if tag != "a":
                    self.parts.add(value)


def broken(files: Mapping[str, bytes], begin: Iterable[str]) -> list[str]:
    """Links that lead nowhere, on pages that can be reached from ``begin``."""
    faults, seen, ahead = [], set(), [path for path in begin if path in files]
    while ahead:
        path = ahead.pop()
        if path in seen:
            continue
        seen.add(path)
        if not path.endswith(".html"):
            continue
        for link in filter(None, links(files[path]).found):
            to = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            if to in files:
                ahead.append(to)
            else:
                faults.append(f"{path} -> {link}")
    return faults


def naked(files: Mapping[str, bytes]) -> list[str]:
    """Pages, reachable or not, without a style or a script of theirs."""
    return [
        f"{path} -> {part}"
        for path, content in files.items()
        if path.endswith(".html")
        for part in links(content).parts
        if posixpath.normpath(posixpath.join(posixpath.dirname(path), part)) not in files
    ]


def test_the_first_build_writes_everything_and_the_index_last(storage: FakeStorage) -> None:
    build(pages(index="a", monitors__x="b"))
    assert texts(storage) == {"index.html": "a", "monitors/x.html": "b"}
    order = [name.removeprefix(HERE) for name in storage.done("write")]
    assert order == ["site.json", "monitors/x.html", "index.html", "site.json"]


def test_the_same_pages_again_write_nothing(storage: FakeStorage) -> None:
    build(pages(index="a"))
    storage.calls.clear()
    assert build(pages(index="a")) == ()
    assert storage.calls == [f"read {HERE}site.json"]


def test_only_what_changed_is_written_and_no_page_is_read_and_nothing_listed(
    storage: FakeStorage,
) -> None:
    build(pages(index="a", monitors__x="b", monitors__y="c"))
    storage.calls.clear()
    assert build(pages(index="A", monitors__x="b", monitors__y="c")) == ("index.html",)
    assert storage.calls == [
        f"read {HERE}site.json",
        f"write {HERE}site.json",
        f"write {HERE}index.html",
        f"write {HERE}site.json",
    ]


def test_what_is_dropped_stays_for_its_readers_until_the_next_build(storage: FakeStorage) -> None:
    build(pages(index="a", old="b"))
    build(pages(index="A"))
    assert texts(storage) == {"index.html": "A", "old.html": "b"}
    assert not site().has("old.html")
    build(pages(index="B"))
    assert texts(storage) == {"index.html": "B"}


def test_what_was_dropped_and_comes_back_stays(storage: FakeStorage) -> None:
    build(pages(index="a", old="b"))
    build(pages(index="A"))
    build(pages(index="B", old="b"))
    build(pages(index="C", old="b"))
    assert texts(storage) == {"index.html": "C", "old.html": "b"}


def test_kept_pages_stay_without_being_drawn(storage: FakeStorage) -> None:
    build(pages(index="a", old="b"))
    build(pages(kept=frozenset({"old.html"}), index="A"))
    build(pages(kept=frozenset({"old.html"}), index="B"))
    assert texts(storage) == {"index.html": "B", "old.html": "b"}


def test_kept_pages_that_are_not_there_are_asked_for_and_nothing_is_written(
    storage: FakeStorage,
) -> None:
    build(pages(index="a"))
    with pytest.raises(MissingPagesError):
        build(pages(kept=frozenset({"old.html"}), index="A"))
    assert texts(storage) == {"index.html": "a"}


def test_browsers_keep_styles_for_ever_and_pages_never(storage: FakeStorage) -> None:
    build(drawn(site_data()))
    about = {
        name.removeprefix(HERE): (stored.content_type, stored.cache_control)
        for name, stored in storage.objects[BUCKET].items()
    }
    for_ever = "private, max-age=31536000, immutable"
    static = f"static/{layout()}"
    assert about["index.html"] == ("text/html; charset=utf-8", "no-cache")
    assert about[f"{static}/site.css"] == ("text/css; charset=utf-8", for_ever)
    assert about[f"{static}/charts.js"] == ("text/javascript; charset=utf-8", for_ever)
    assert about[f"{static}/icon.svg"] == ("image/svg+xml", for_ever)
    assert about["site.json"] == ("application/json", "no-cache")


@pytest.mark.parametrize(
    ("backend", "address"),
    [
        ({}, "https://storage.cloud.google.com/example-docs/team/docs/local/index.html"),
        ({"prefix": ""}, "https://storage.cloud.google.com/example-docs/local/index.html"),
        (
            {"public_urls": "true"},
            "https://storage.googleapis.com/example-docs/team/docs/local/index.html",
        ),
        (
            {"base_public_path": "https://docs.example.com/dq/"},
            "https://docs.example.com/dq/local/index.html",
        ),
    ],
)
def test_its_address(backend: dict[str, str], address: str) -> None:
    assert site(**backend).address(paths.OVERVIEW) == address


# A build that dies


def other_layout(drawn: Pages) -> Pages:
    """The same pages as another version of plumbline would draw them."""
    ours, theirs = drawn.layout, "0123456789abcdef"
    files = {
        path.replace(ours, theirs): content.replace(ours.encode(), theirs.encode())
        for path, content in drawn.files.items()
    }
    return Pages(files, drawn.kept, theirs)


def stories() -> dict[str, tuple[Pages, Pages]]:
    data = site_data()
    monitors, incidents = data.monitors, data.incidents
    before = drawn(replace(data, monitors=monitors[:2], incidents=incidents[:2]))
    after = drawn(replace(data, monitors=monitors[1:3], incidents=incidents[1:4], title="later"))
    empty = Pages({}, frozenset(), "")
    return {
        "the first build": (empty, after),
        "other pages": (before, after),
        "another layout": (other_layout(before), after),
    }


STORIES = ["the first build", "other pages", "another layout"]


@pytest.mark.parametrize("story", STORIES)
def test_a_build_that_dies_at_any_write_leaves_whole_pages_and_the_next_one_fixes_the_rest(
    memory: FakeStorage, story: str
) -> None:
    dying = Dying(memory, *stories()[story])
    assert dying.writes > 10
    for died_at in range(dying.writes):
        dying.at(died_at)


@pytest.mark.parametrize("story", STORIES)
def test_over_http_too_a_build_that_dies_leaves_whole_pages(
    storage: FakeStorage, story: str
) -> None:
    dying = Dying(storage, *stories()[story])
    for died_at in (0, dying.writes // 2, dying.writes - 1):
        dying.at(died_at)


class Dying:
    """Lets a build die after some of its writes, and looks at what is left."""

    def __init__(self, storage: FakeStorage, before: Pages, after: Pages) -> None:
        self.storage, self.before, self.after = storage, before, after
        if before.files:
            build(before)
            build(replace(before, files={**before.files, "index.html": b"again"}))
            build(before)
        self.start = dict(storage.objects[BUCKET])
        storage.calls.clear()
        build(after)
        self.writes = len(storage.done("write", "delete"))

    def at(self, died_at: int) -> None:
        """After so many writes."""
        storage, before, after = self.storage, self.before, self.after
        storage.objects[BUCKET] = dict(self.start)
        storage.writes_left = died_at
        with pytest.raises(PlumblineError):
            build(after)
        storage.writes_left = None
        left = held(storage)
        assert broken(left, ["index.html", *before.files]) == [], died_at
        assert naked(left) == [], died_at
        for path, content in left.items():
            either = [files.get(path) == content for files in (before.files, after.files)]
            assert any(either), (died_at, path)
        build(after)
        assert {**held(storage), **after.files} == held(storage), died_at
        assert broken(held(storage), held(storage)) == [], died_at
        build(replace(after, files={**after.files, "index.html": b"news"}))
        assert set(held(storage)) == set(after.files), died_at


@pytest.mark.parametrize("story", ["other pages", "another layout"])
def test_a_build_that_dies_while_it_mends_leaves_whole_pages_too(
    memory: FakeStorage, story: str
) -> None:
    before, after = stories()[story]
    build(before)
    start = dict(memory.objects[BUCKET])
    memory.calls.clear()
    build(after)
    writes = len(memory.done("write", "delete"))
    # the builds that mend are of the newer version or, after a step back, of the older one
    for first, then in itertools.product(range(1, writes, 7), range(1, writes, 9)):
        for mending in (after, before):
            memory.objects[BUCKET] = dict(start)
            for wanted, writes_left in ((after, first), (mending, then)):
                memory.writes_left = writes_left
                with suppress(PlumblineError):
                    build(wanted)
            memory.writes_left = None
            left = held(memory)
            assert broken(left, ["index.html", *before.files]) == [], (first, then)
            assert naked(left) == [], (first, then)
            build(mending)
            build(replace(mending, files={**mending.files, "index.html": b"news"}))
            assert set(held(memory)) == set(mending.files), (first, then)


def test_after_a_build_of_another_layout_that_died_no_page_holds(storage: FakeStorage) -> None:
    build(pages(index="a", x="b", layout="1"))
    storage.writes_left = 2
    with suppress(PlumblineError):
        build(pages(index="A", x="B", layout="2"))
    storage.writes_left = None
    here = site()
    with here.exclusively():
        assert here.layout() is None
        assert here.has("x.html")


def test_what_a_dead_build_wrote_can_be_kept_and_is_written_again_once_it_is_drawn(
    storage: FakeStorage,
) -> None:
    build(pages(index="a"))
    storage.writes_left = 2
    with suppress(PlumblineError):
        build(pages(index="A", month="b"))
    storage.writes_left = None
    assert texts(storage) == {"index.html": "a", "month.html": "b"}
    build(pages(kept=frozenset({"month.html"}), index="B"))
    assert texts(storage) == {"index.html": "B", "month.html": "b"}
    assert build(pages(index="B", month="b")) == ("month.html",)


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=1)])
def test_a_young_claim_is_waited_for_and_an_old_one_is_not(
    storage: FakeStorage, age: timedelta
) -> None:
    build(pages(index="a"))
    storage.writes_left = 1
    with suppress(PlumblineError):
        build(pages(index="A"))
    storage.writes_left = None
    storage.age(BUCKET, HERE + MANIFEST, age)
    begun = time.monotonic()
    with site(lease_seconds=0.4).exclusively():
        waited = time.monotonic() - begun
    assert (waited >= 0.4) == (not age)


def test_a_list_of_files_that_is_torn_is_made_again_from_the_bucket(storage: FakeStorage) -> None:
    build(pages(index="a", x="b", y="c"))
    storage.put(BUCKET, HERE + MANIFEST, b"[")
    here = site(lease_seconds=60.0)
    with here.exclusively():
        assert here.layout() is None
        here.write(pages(index="A", x="b"))
    build(pages(index="B", x="b"))
    assert texts(storage) == {"index.html": "B", "x.html": "b"}
    assert site().layout() == "1"


def test_what_somebody_deleted_comes_back_with_a_build_that_trusts_nothing(
    storage: FakeStorage,
) -> None:
    build(pages(index="a", x="b", y="c"))
    del storage.objects[BUCKET][HERE + "x.html"]
    storage.put(BUCKET, HERE + "y.html", b"defaced")
    assert build(pages(index="a", x="b", y="c")) == ()
    here = BucketSite({"bucket": BUCKET, "prefix": "team/docs"}, "local", afresh=True)
    with here.exclusively():
        assert not here.has("x.html")
        storage.calls.clear()
        here.write(pages(index="a", x="b", y="c"))
    assert texts(storage) == {"index.html": "a", "x.html": "b", "y.html": "c"}
    written = [name.removeprefix(HERE) for name in storage.done("write")]
    assert sorted(written) == ["site.json", "site.json", "x.html", "y.html"]


# Two at once


def test_of_two_builds_at_once_the_slower_is_told_and_has_written_nothing(
    storage: FakeStorage,
) -> None:
    build(pages(index="a"))
    slow, fast = site(), site()
    with slow.exclusively(), fast.exclusively():
        fast.write(pages(index="fast"))
        with pytest.raises(ConflictError):
            slow.write(pages(index="slow", other="slow"))
    assert texts(storage) == {"index.html": "fast"}


def test_a_build_that_was_taken_over_undoes_nothing(storage: FakeStorage) -> None:
    """It stands still in the middle, another takes the site and ends, and it goes on."""
    build(pages(index="a", x="a", y="a"))
    slow = site()
    taken: list[bool] = []
    fast = pages(index="fast", x="fast", y="fast")
    original = slow._objects.put

    def put(path: str, *args: object, **kwargs: object) -> int:
        if path == "y.html" and not taken:
            taken.append(True)
            build(fast)
        return original(path, *args, **kwargs)

    slow._objects.put = put
    with slow.exclusively(), pytest.raises(ConflictError):
        slow.write(pages(index="slow", x="slow", y="slow"))
    assert texts(storage) == {"index.html": "fast", "x.html": "fast", "y.html": "fast"}
    assert build(fast) == ()


@pytest.mark.parametrize("lease_seconds", [0.05, 0.2, 1.0])
def test_many_builds_at_once_end_in_the_site_of_one_of_them(
    storage: FakeStorage, lease_seconds: float
) -> None:
    """The shorter the lease, the more claims are taken over while their build lives."""
    names = list("abcd")
    faults: list[Exception] = []
    late: list[str] = []
    end = time.monotonic() + 20

    def of(name: str) -> Pages:
        return pages(index=name, x=name, y=name, z=name, **{f"own_{name}": name})

    def work(name: str) -> None:
        mine = of(name)
        # However often the others take over: on a slow machine, a build takes longer than a lease.
        while time.monotonic() < end:
            try:
                build(mine, lease_seconds=lease_seconds)
            except ConflictError:
                continue
            except Exception as fault:  # noqa: BLE001 - shown by the test
                faults.append(fault)
            return
        late.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    for name in late:  # taken over each time: alone it has to come through
        build(of(name), lease_seconds=lease_seconds)
    assert faults == []
    found = texts(storage)
    winner = found["index.html"]
    assert {found[path] for path in ("x.html", "y.html", "z.html")} == {winner}
    known = json.loads(storage.objects[BUCKET][HERE + MANIFEST].content)
    assert known["pending"] == []
    for path, (_, generation) in known["files"].items():
        assert storage.objects[BUCKET][HERE + path].generation == generation
    assert set(found) <= set(known["files"]) | set(known["left"])


# Cloud Storage that goes wrong


@pytest.mark.parametrize("name", ["site.json", "x.html"])
def test_a_write_whose_answer_is_lost_is_seen_to_be_ours(storage: FakeStorage, name: str) -> None:
    lost: list[str] = []

    def lose(request: Request) -> bool:
        if request.method == "POST" and f'"{HERE}{name}"'.encode() in request.body and not lost:
            lost.append(name)
            return True
        return False

    storage.lost = lose
    build(pages(index="a", x="b"))
    assert lost
    assert texts(storage) == {"index.html": "a", "x.html": "b"}
    assert build(pages(index="a", x="b")) == ()


def answers(status: int, message: str) -> Reply:
    return Reply(
        status,
        {"error": {"code": status, "message": message, "errors": [{"message": message}]}},
        {"Content-Type": "application/json"},
    )


FAULTS = [
    (
        answers(403, "ci@x does not have storage.objects.get access"),
        ConfigError,
        "storage.objects.get",
    ),
    (answers(403, "no"), ConfigError, "grant roles/storage.objectUser on the bucket"),
    (answers(401, "Invalid Credentials"), ConfigError, "rejects the credentials"),
    (answers(503, "backend"), PlumblineError, "it answered 503"),
    (Reply(how="stall"), PlumblineError, "no answer within"),
    (Reply(how="drip"), PlumblineError, "no answer within"),
    (Reply(how="drip body"), PlumblineError, "no answer within"),
    (Reply(how="cut"), PlumblineError, "closes the connection"),
    (Reply(how="garbage"), PlumblineError, "could not read"),
]


@pytest.mark.parametrize(("reply", "kind", "said"), FAULTS, ids=lambda value: str(value)[:40])
def test_what_goes_wrong_is_said_with_its_fix_and_in_time(
    storage: FakeStorage, reply: Reply, kind: type[PlumblineError], said: str
) -> None:
    storage.fault = lambda _: reply
    here = site()
    assert here._objects._bucket  # the first one imports the client, which takes its time
    here._objects._seconds = 0.6
    with pytest.raises(kind) as caught, here.exclusively():
        pass
    assert said in caught.value.one_line()
    assert f"gs://{BUCKET}/{HERE}site.json" in str(caught.value)
    assert (type(caught.value) is ConfigError) == (kind is ConfigError)


def test_no_attempt_that_has_no_time_for_an_answer_hides_the_last_answer(
    storage: FakeStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.api_core.retry.retry_base.random.uniform", lambda *_: 0.4)
    replies = iter([answers(503, "backend")])
    storage.fault = lambda _: next(replies, Reply(how="stall"))
    here = site()
    assert here._objects._bucket
    here._objects._seconds = 0.4 + SHORTEST_ATTEMPT_SECONDS - 0.1
    with pytest.raises(PlumblineError, match="it answered 503"), here.exclusively():
        pass


def test_a_fault_that_passes_is_not_noticed(storage: FakeStorage) -> None:
    replies = iter([answers(503, "backend"), Reply(how="cut"), answers(429, "slow down")])
    storage.fault = lambda _: next(replies, None)
    build(pages(index="a"))
    assert texts(storage) == {"index.html": "a"}


def test_a_bucket_that_is_not_there_is_named(storage: FakeStorage) -> None:
    with pytest.raises(ConfigError, match="there is no bucket 'elsewhere'"):
        build(pages(index="a"), bucket="elsewhere")


def test_without_credentials_it_is_said_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", f"{tmp_path}/none.json")
    with pytest.raises(ConfigError) as caught:
        site().layout()
    assert "gcloud auth application-default login" in str(caught.value)


# Others' files


def test_files_that_somebody_else_wrote_are_neither_replaced_nor_removed(
    storage: FakeStorage,
) -> None:
    storage.put(BUCKET, HERE + "mine.txt", b"mine")
    with pytest.raises(ConfigError, match="did not write"):
        build(pages(index="a"))
    assert texts(storage) == {"mine.txt": "mine"}


def test_a_site_that_was_copied_is_built_upon_although_its_generations_are_others(
    storage: FakeStorage,
) -> None:
    build(pages(index="a", x="b", old="c"))
    build(pages(index="a", x="b"))
    for name, stored in list(storage.objects[BUCKET].items()):
        storage.put(BUCKET, name.replace("team/docs", "moved"), stored.content)
    assert build(pages(index="A", x="b"), prefix="moved") == ("index.html",)
    left = {name: one.content for name, one in storage.objects[BUCKET].items() if "moved" in name}
    assert set(left) == {f"moved/local/{name}" for name in ("index.html", "site.json", "x.html")}
    assert left["moved/local/index.html"] == b"A"


def test_a_site_is_removed_with_all_that_it_wrote_and_nothing_else(storage: FakeStorage) -> None:
    storage.put(BUCKET, "team/docs/other/index.html", b"theirs")
    build(pages(index="a", old="b"))
    build(pages(index="A"))
    site().remove()
    assert set(storage.objects[BUCKET]) == {"team/docs/other/index.html"}
    site().remove()
