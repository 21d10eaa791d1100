"""A project whose results and data docs lie in Cloud Storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import great_expectations as gx
import pytest
import yaml

import plumbline  # noqa: F401 - what the user imports
from plumbline.gx.site_builder import SiteBuilder, open_sites
from support.fake_storage import FakeStorage, open_storage
from support.projects import SmallProject

pytestmark = pytest.mark.warehouse

BUCKET = "example-docs"
BACKEND = {
    "class_name": "TupleGCSStoreBackend",
    "module_name": "plumbline.gx.cloud_storage",
    "bucket": BUCKET,
    "suppress_store_backend_id": True,
}


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStorage]:
    with open_storage(BUCKET) as opened:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", opened.url)
        yield opened


@pytest.fixture
def context(small: SmallProject, storage: FakeStorage, monkeypatch: pytest.MonkeyPatch) -> Any:
    file = small.root / "great_expectations.yml"
    config = yaml.safe_load(file.read_text())
    config["stores"]["results"]["store_backend"] = {**BACKEND, "prefix": "results"}
    config["data_docs_sites"]["local_site"]["store_backend"] = {**BACKEND, "prefix": "docs"}
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    small.add("coverage", "select 44.2 as pct")
    small.checkpoint("coverage", actions=[{"name": "docs", "type": "plumbline_docs"}])
    from plumbline.gx import datasource, site_builder

    for module in (datasource, site_builder):
        monkeypatch.setattr(module.Project, "target", lambda self, name=None: small.target)
    return gx.get_context(mode="file", context_root_dir=str(small.root))


def test_a_run_leaves_its_result_and_its_page_in_the_bucket(
    context: Any, storage: FakeStorage, small: SmallProject
) -> None:
    context.checkpoints.get("all").run()
    names = set(storage.objects[BUCKET])
    here = f"docs/{small.target.name}/"
    assert {f"{here}index.html", f"{here}monitors/coverage.html", f"{here}site.json"} <= names
    (result,) = [name for name in names if name.startswith("results/")]
    assert result.startswith("results/coverage/")
    assert b"44.2" in storage.objects[BUCKET][f"{here}monitors/coverage.html"].content
    (key,) = context.validation_results_store.list_keys()
    assert context.validation_results_store.get(key).suite_name == "coverage"
    assert not (small.root / ".plumbline" / "results").exists()


def test_gx_finds_its_address_and_cleans_it(
    context: Any, storage: FakeStorage, small: SmallProject
) -> None:
    context.checkpoints.get("all").run()
    (site,) = open_sites(context)
    assert isinstance(site, SiteBuilder)
    base = f"https://storage.cloud.google.com/{BUCKET}/docs/{small.target.name}"
    assert site.get_resource_url() == f"{base}/index.html"
    context.clean_data_docs("local_site")
    assert [name for name in storage.objects[BUCKET] if name.startswith("docs/")] == []
    assert site.get_resource_url() is None


def test_a_build_that_another_one_overtakes_is_done_again(
    context: Any, storage: FakeStorage, small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.checkpoints.get("all").run()
    (site,) = open_sites(context)
    raced: list[str] = []

    def race(request: Any) -> None:
        """The first time that the site is claimed, another build was there before."""
        name = f"docs/{small.target.name}/site.json"
        if request.method == "POST" and f'"{name}"'.encode() in request.body and not raced:
            raced.append(name)
            storage.put(BUCKET, name, storage.objects[BUCKET][name].content)

    monkeypatch.setattr(storage, "fault", race)
    site.build()
    assert raced
    index = storage.objects[BUCKET][f"docs/{small.target.name}/index.html"]
    assert b"coverage" in index.content
