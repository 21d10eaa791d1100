"""`plumbline init` in a project of Great Expectations: what it lacks is added, nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.lint.linter import lint
from plumbline.project import Project
from plumbline.scaffold.project import make_project

# As Great Expectations 1.24 writes it, with fewer comments.
OF_GX = """\
# Welcome to Great Expectations! Always know what to expect from your data.
config_version: 4

plugins_directory: plugins/

stores:
# Stores are configurable places to store things like Expectations.
  expectations_store:
    class_name: ExpectationsStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: expectations/

  validation_results_store:
    class_name: ValidationResultsStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: uncommitted/validations/

  checkpoint_store:
    class_name: CheckpointStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      suppress_store_backend_id: true
      base_directory: checkpoints/

  validation_definition_store:
    class_name: ValidationDefinitionStore
    store_backend:
      class_name: TupleFilesystemStoreBackend
      base_directory: validation_definitions/

expectations_store_name: expectations_store
validation_results_store_name: validation_results_store
checkpoint_store_name: checkpoint_store

data_docs_sites:
  # Data Docs make it simple to visualize data quality in your project.
  local_site:
    class_name: SiteBuilder
    store_backend:
        class_name: TupleFilesystemStoreBackend
        base_directory: uncommitted/data_docs/local_site/
    site_index_builder:
        class_name: DefaultSiteIndexBuilder
"""
SOURCES = """\
fluent_datasources:
  warehouse:
    type: pandas_filesystem
    base_directory: data
    assets:
      orders:
        type: csv
        batch_definitions:
          all:
            partitioner: {regex: orders.csv, param_names: []}
analytics_enabled:
data_context_id: 9de76379-b824-46d0-a694-217377d516e5"""


@pytest.fixture
def gx(tmp_path: Path) -> Path:
    root = tmp_path / "shop" / "gx"
    (root / "expectations").mkdir(parents=True)
    (root / ".gitignore").write_text("\nuncommitted/")
    return root


@pytest.mark.parametrize("more", ["", SOURCES], ids=["without sources", "with sources"])
def test_lines_are_added_and_none_is_changed(gx: Path, more: str) -> None:
    file = gx / "great_expectations.yml"
    file.write_text(OF_GX + more)
    made = make_project(gx, name=None, example=True)
    after = iter(file.read_text().splitlines())
    assert all(line in after for line in (OF_GX + more).splitlines())
    source = "plumbline" if more else "warehouse"
    assert made.added == (
        "stores.expectations_store.module_name",
        "stores.validation_definition_store.module_name",
        "stores.checkpoint_store.module_name",
        "data_docs_sites.plumbline_site",
        f"fluent_datasources.{source}",
    )
    project = Project(gx)
    project.check_stores()
    assert (project.identity, project.datasource_name) == ("shop", source)
    assert [site.name for site in project.sites] == ["plumbline_site"]
    assert [one.what for one in lint(project).findings] == []
    assert (gx / ".gitignore").read_text().split() >= ["uncommitted/"]
    assert ".plumbline/" in (gx / ".gitignore").read_text()
    assert not (gx / "seeds").exists()


def test_again_nothing_changes(gx: Path) -> None:
    file = gx / "great_expectations.yml"
    file.write_text(OF_GX)
    make_project(gx, name=None, example=False)
    before = {path: path.read_bytes() for path in gx.rglob("*") if path.is_file()}
    make_project(gx, name=None, example=False)
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("changed", "key", "fix"),
    [
        (("config_version: 4", "config_version: 3.0"), "config_version", "plumbline import gx"),
        (("base_directory: checkpoints/", "base_directory: checks/"),
         "stores.checkpoint_store.store_backend.base_directory", "base_directory: checkpoints/"),
        (("data_docs_sites:\n", "data_docs_sites: {local: {class_name: SiteBuilder}}\nrest:\n"),
         "data_docs_sites", "plumbline_site:"),
    ],
    ids=["of 0.x", "another folder", "in one line"],
)  # fmt: skip
def test_what_can_not_be_added_is_told_and_nothing_is_written(
    gx: Path, changed: tuple[str, str], key: str, fix: str
) -> None:
    file = gx / "great_expectations.yml"
    file.write_text(OF_GX.replace(*changed))
    before = sorted(gx.rglob("*"))
    with pytest.raises(ConfigError) as caught:
        make_project(gx, name=None, example=False)
    assert caught.value.key == key
    assert fix in str(caught.value.fix)
    assert file.read_text() == OF_GX.replace(*changed)
    assert sorted(gx.rglob("*")) == before


def test_a_missing_store_is_added_whole(gx: Path) -> None:
    content = yaml.safe_load(OF_GX)
    del content["stores"]["validation_definition_store"]
    file = gx / "great_expectations.yml"
    file.write_text(yaml.safe_dump(content))
    made = make_project(gx, name="mine", example=False)
    assert "stores.validation_definition_store" in made.added
    Project(gx).check_stores()
    assert Project(gx).identity == "mine"
