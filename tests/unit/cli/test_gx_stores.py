"""A project that Great Expectations itself made: every command says what is missing, and how to
add it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plumbline.project import Project
from unit.cli.conftest import Plumbline

STORES = {
    "expectations_store": "ExpectationsStore",
    "validation_results_store": "ValidationResultsStore",
    "checkpoint_store": "CheckpointStore",
    "validation_definition_store": "ValidationDefinitionStore",
}
OF_GX = {
    "config_version": 4,
    "stores": {name: {"class_name": class_name} for name, class_name in STORES.items()},
    "expectations_store_name": "expectations_store",
    "checkpoint_store_name": "checkpoint_store",
    "validation_results_store_name": "validation_results_store",
    "fluent_datasources": {
        "warehouse": {
            "type": "bigquery_models",
            "targets": {"local": {"kind": "embedded", "project": "some-project"}},
        }
    },
}
"""As GX 1.24 writes it, with the datasource of the models added."""
SAID = "store 'expectations_store' is Great Expectations' own, which doesn't support monitors"


@pytest.fixture
def gx_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for folder in ("expectations", "checkpoints"):
        (tmp_path / folder).mkdir()
    (tmp_path / "expectations" / "a.json").write_text('{"name": "a", "expectations": []}')
    (tmp_path / "checkpoints" / "health_check.json").write_text(
        '{"name": "health_check", "validation_definitions": [{"name": "a"}]}'
    )
    (tmp_path / "great_expectations.yml").write_text(yaml.safe_dump(OF_GX))
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.mark.parametrize("command", ["run", "run --dry-run", "list", "list --format json"])
def test_its_stores_are_refused_with_the_fix(
    gx_project: Project, plumbline: Plumbline, command: str
) -> None:
    said = plumbline(*command.split())
    assert (said.code, said.out) == (64, "")
    assert SAID in said.err
    assert "in: great_expectations.yml: stores.expectations_store" in said.err
    assert "add `module_name: plumbline.gx.stores` beside its class_name" in said.err
    assert "validation_definition_store and checkpoint_store" in said.err


@pytest.mark.parametrize(("command", "code"), [("lint", 2), ("debug", 3)])
def test_what_looks_at_everything_says_it_too(
    gx_project: Project, plumbline: Plumbline, command: str, code: int
) -> None:
    said = plumbline(command)
    assert said.code == code
    assert SAID in said.out
    assert "add `module_name: plumbline.gx.stores` beside its class_name" in said.out


@pytest.mark.parametrize("command", ["run", "list", "lint", "debug", "alerts list"])
def test_a_project_of_plain_gx_is_told_how_to_convert_it(
    gx_project: Project, plumbline: Plumbline, command: str
) -> None:
    file = gx_project.root / "great_expectations.yml"
    file.write_text(yaml.safe_dump(OF_GX | {"fluent_datasources": {}}))
    said = plumbline(*command.split())
    assert "convert the project with `plumbline import gx` in a new folder" in (said.out + said.err)


def test_with_the_fix_it_is_a_project(gx_project: Project, plumbline: Plumbline) -> None:
    ours = {"module_name": "plumbline.gx.stores"}
    stores = {
        name: store | (ours if name != "validation_results_store" else {})
        for name, store in OF_GX["stores"].items()  # type: ignore[attr-defined]
    }
    (gx_project.root / "great_expectations.yml").write_text(
        yaml.safe_dump(OF_GX | {"stores": stores})
    )
    assert plumbline("list").code == 0
