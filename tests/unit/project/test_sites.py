"""The data docs sites of ``great_expectations.yml``: what is wrong in them is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project.sites import read_sites

FILE = Path("great_expectations.yml")
BUCKET = {
    "class_name": "TupleGCSStoreBackend",
    "module_name": "plumbline.gx.cloud_storage",
    "bucket": "example-docs",
}


def read(backend: dict[str, Any]) -> Any:
    site = {
        "class_name": "SiteBuilder",
        "module_name": "plumbline.gx.site_builder",
        "store_backend": backend,
    }
    (found,) = read_sites({"data_docs_sites": {"docs": site}}, file=FILE)
    return found


def test_a_site_in_a_bucket() -> None:
    found = read({**BUCKET, "prefix": "team/docs", "base_public_path": "https://docs.example.com/"})
    assert not found.is_folder
    assert found.backend["bucket"] == "example-docs"
    assert found.public == "https://docs.example.com"


@pytest.mark.parametrize(
    ("backend", "key", "said"),
    [
        ({**BUCKET, "bucket": None}, "bucket", "string"),
        ({**BUCKET, "bucket": "gs://example-docs"}, "bucket", "gs://example-docs"),
        ({**BUCKET, "prefx": "docs"}, "prefx", "did you mean 'prefix'?"),
        ({**BUCKET, "prefix": "a b"}, "prefix", "a b"),
        ({**BUCKET, "module_name": "great_expectations.x"}, "module_name", "cloud_storage"),
        ({"class_name": "TupleGCSStoreBackend", "bucket": "example-docs"}, "", "module_name"),
        ({"class_name": "TupleS3StoreBackend", "bucket": "example-docs"}, "class_name", "GCS"),
        ({**BUCKET, "base_public_path": "docs.example.com"}, "base_public_path", "not a valid URL"),
    ],
)
def test_a_wrong_key_of_a_bucket_is_said(backend: dict[str, Any], key: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(backend)
    assert said in str(caught.value)
    assert (caught.value.key or "").startswith("data_docs_sites.docs.store_backend")
    assert key in (caught.value.key or "")
