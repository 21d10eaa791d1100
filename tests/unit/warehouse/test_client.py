"""The one factory: where each target's client goes, and with which credentials."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.net.transport import is_loopback
from plumbline.project.targets import Limits
from plumbline.warehouse.client import endpoint_of, open_client
from support.targets import bigquery_target, embedded_target, foreign_emulator


@pytest.fixture(autouse=True)
def no_google(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has never seen Google credentials."""
    for name in (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_PROJECT",
        "BIGQUERY_EMULATOR_HOST",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.mark.parametrize(
    ("host", "endpoint"),
    [
        ("localhost:9050", "http://localhost:9050"),
        ("http://localhost:9050/", "http://localhost:9050"),
        ("https://emulator.example", "https://emulator.example"),
    ],
)
def test_a_foreign_emulator_may_be_named_with_or_without_scheme(host: str, endpoint: str) -> None:
    assert endpoint_of(foreign_emulator(host)) == endpoint


def test_an_emulator_variable_never_turns_a_run_on_bigquery_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", "http://localhost:9050")

    client = open_client(bigquery_target(), credentials=AnonymousCredentials())

    assert client._connection.API_BASE_URL == "https://bigquery.googleapis.com"


def test_a_proxy_fits_between() -> None:
    client = open_client(
        bigquery_target(), endpoint="http://proxy:1234", credentials=AnonymousCredentials()
    )

    assert client._connection.API_BASE_URL == "http://proxy:1234"


def test_the_client_has_the_targets_project_and_location() -> None:
    client = open_client(foreign_emulator("localhost:1", project="mine", location="EU"))

    assert (client.project, client.location) == ("mine", "EU")


def test_there_is_a_connection_for_each_concurrent_job() -> None:
    client = open_client(foreign_emulator("localhost:1", limits=Limits(concurrent_jobs=23)))

    assert client._http.get_adapter("http://localhost")._pool_maxsize == 23


def test_an_http_proxy_is_not_asked_for_a_server_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")

    assert open_client(foreign_emulator("127.0.0.1:1"))._http.trust_env is False
    assert open_client(foreign_emulator("emulator.example:1"))._http.trust_env is True


@pytest.mark.parametrize(
    ("endpoint", "here"),
    [
        ("http://localhost:1", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("https://bigquery.googleapis.com", False),
        ("http://10.0.0.1:1", False),
    ],
)
def test_what_is_on_this_machine(endpoint: str, here: bool) -> None:
    assert is_loopback(endpoint) is here


def test_missing_credentials_are_a_fault_of_the_configuration_with_a_fix() -> None:
    began = time.monotonic()

    with pytest.raises(ConfigError) as raised:
        open_client(bigquery_target())

    assert "needs Google credentials" in raised.value.what
    assert "gcloud auth application-default login" in str(raised.value.fix)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "content", ["not json", "{}", json.dumps({"type": "service_account"})], ids=str
)
def test_malformed_credentials_are_a_fault_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    key = tmp_path / "key.json"
    key.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))

    with pytest.raises(ConfigError, match="needs Google credentials"):
        open_client(bigquery_target())


def test_a_credentials_file_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "gone.json"))

    with pytest.raises(ConfigError, match=r"gone\.json"):
        open_client(bigquery_target())


def test_the_embedded_warehouse_must_run_before_a_client_is_opened(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError) as raised:
        open_client(embedded_target(tmp_path))

    assert raised.value.fix == "run `plumbline warehouse start`"


def test_importing_the_room_imports_neither_google_nor_pandas() -> None:
    code = (
        "import sys, plumbline.warehouse.jobs, plumbline.warehouse.ready;"
        "print(sorted({'google.cloud.bigquery', 'google.auth', 'pandas', 'requests', 'duckdb',"
        "'bqemulator', 'pyarrow'} & set(sys.modules)))"
    )

    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout.strip() == "[]"
