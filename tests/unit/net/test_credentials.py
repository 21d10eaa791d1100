"""All clients of a process share the credentials of a key file, until it is another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.net.credentials import application_default
from support.bigquery_proxy import BigQueryProxy

SCOPE = "https://www.googleapis.com/auth/bigquery"


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = BigQueryProxy("http://127.0.0.1:1").write_key_file(tmp_path / "key.json", project="one")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


def test_a_key_file_is_read_once_for_all_clients_of_a_scope(key_file: Path) -> None:
    found = application_default("a test", SCOPE)
    assert application_default("another", SCOPE) is found
    assert application_default("another", SCOPE, f"{SCOPE}.readonly") is not found


def test_a_key_that_is_replaced_is_read_anew(key_file: Path) -> None:
    before = application_default("a test", SCOPE)
    key_file.write_text(key_file.read_text().replace("@one.", "@other."))
    after = application_default("a test", SCOPE)
    assert (before.signer_email, after.signer_email) == (  # type: ignore[attr-defined]
        "plumbline@one.iam.gserviceaccount.com",
        "plumbline@other.iam.gserviceaccount.com",
    )


def test_a_key_file_that_is_gone_is_told(key_file: Path) -> None:
    application_default("a test", SCOPE)
    key_file.unlink()
    with pytest.raises(ConfigError, match=r"a test needs Google credentials: .*key\.json"):
        application_default("a test", SCOPE)
