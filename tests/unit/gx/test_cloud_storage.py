"""GX's stores in Cloud Storage: the keys of its former backend, over ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gcp_storage_emulator.server import create_server
from great_expectations.data_context.util import instantiate_class_from_config
from great_expectations.exceptions.exceptions import InvalidKeyError, StoreBackendError

from plumbline.core.errors import ConfigError
from plumbline.gx.cloud_storage import TupleGCSStoreBackend
from support.fake_storage import FakeStorage, open_storage

BUCKET = "example-docs"


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStorage]:
    with open_storage(BUCKET) as opened:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", opened.url)
        yield opened


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else's idea of Cloud Storage: it knows no generations, but all the rest."""
    server = create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    server.start()
    host, port = server._api._httpd.socket.getsockname()[:2]
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://{host}:{port}")
    try:
        yield
    finally:
        server.stop()


def backend(**keys: Any) -> TupleGCSStoreBackend:
    return TupleGCSStoreBackend(**{"bucket": BUCKET, "prefix": "team/results", **keys})


@pytest.fixture(params=["storage", "emulator"])
def either(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(request.param)


def test_what_is_set_is_got_listed_moved_and_removed(either: None) -> None:
    store = backend(filepath_suffix=".json")
    keys = [("suite", "run", f"2026020{day}", f"hash-{day}") for day in range(1, 6)]
    for key in keys:
        store.set(key, f'{{"é": "{key[2]}"}}')
    assert store.get(keys[0]) == '{"é": "20260201"}'
    assert store.list_keys() == keys
    assert store.list_keys(("suite", "run", "20260203")) == [keys[2]]
    assert store.list_keys(("sui",)) == []
    assert store.has_key(keys[1])
    assert store.move(keys[1], ("suite", "moved", "a", "b")) == ("suite", "moved", "a", "b")
    assert not store.has_key(keys[1])
    assert store.get(("suite", "moved", "a", "b")) == '{"é": "20260202"}'
    assert store.remove_key(keys[0]) is True
    assert store.remove_key(keys[0]) is False
    with pytest.raises(InvalidKeyError, match="team/results/suite/run"):
        store.get(keys[0])
    assert len(store.get_all()) == 4


def test_nothing_else_of_the_bucket_is_a_key(storage: FakeStorage) -> None:
    storage.put(BUCKET, "team/results-of-others/a.json", b"{}")
    storage.put(BUCKET, "team/results/a.txt", b"")
    assert backend(filepath_suffix=".json").list_keys() == []


def test_pages_of_gxs_own_builder_keep_their_type(storage: FakeStorage) -> None:
    store = backend(filepath_template="{0}")
    store.set(
        ("index.html",), "é", content_encoding="utf-8", content_type="text/html; charset=utf-8"
    )
    stored = storage.objects[BUCKET]["team/results/index.html"]
    assert (stored.content.decode(), stored.content_type) == ("é", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("keys", "address"),
    [
        ({}, "https://storage.cloud.google.com/example-docs/team/results/a%20b/c"),
        ({"public_urls": True}, "https://storage.googleapis.com/example-docs/team/results/a%20b/c"),
        ({"prefix": ""}, "https://storage.cloud.google.com/example-docs/a%20b/c"),
    ],
)
def test_the_address_of_a_key(keys: dict[str, Any], address: str) -> None:
    assert backend(**keys).get_url_for_key(("a b", "c")) == address


def test_a_public_address_needs_a_place_that_is_public() -> None:
    with pytest.raises(StoreBackendError, match="base_public_path"):
        backend().get_public_url_for_key(("a",))
    public = backend(base_public_path="https://docs.example.com")
    assert public.get_public_url_for_key(("a",)) == "https://docs.example.com/a"


def test_gx_makes_it_from_its_configuration_and_gives_the_configuration_back() -> None:
    config = {
        "class_name": "TupleGCSStoreBackend",
        "module_name": "plumbline.gx.cloud_storage",
        "bucket": BUCKET,
        "prefix": "results",
        "filepath_suffix": ".json",
        "suppress_store_backend_id": True,
    }
    made: Any = instantiate_class_from_config(config, runtime_environment={}, config_defaults={})
    assert {**made.config, **config} == made.config


def test_without_a_bucket_the_fix_is_said() -> None:
    with pytest.raises(ConfigError, match="has no bucket"):
        backend(bucket="")


def test_a_bucket_that_is_not_there_is_an_error_and_no_missing_key(storage: FakeStorage) -> None:
    with pytest.raises(ConfigError, match="there is no bucket 'elsewhere'"):
        backend(bucket="elsewhere").get(("a",))


def test_the_id_of_a_store_is_kept_in_the_bucket(storage: FakeStorage) -> None:
    first = backend().store_backend_id
    assert first is not None
    assert backend().store_backend_id == first
    assert backend(filepath_suffix=".json").list_keys() == []
