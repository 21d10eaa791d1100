"""The schema of checkpoints takes what plumbline takes, and marks what plumbline refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import great_expectations as gx
import pytest

from plumbline.core.errors import ConfigError
from unit.schemas.conftest import GONE, ROOT, changed, schema_of

SCHEMA = schema_of("checkpoint")

CHECKPOINT: dict[str, Any] = {
    "name": "daily",
    "validation_definitions": [{"name": "line_coverage"}, {"name": "bdb_coverage"}],
    "actions": [{"type": "update_data_docs", "name": "docs"}],
}


def action(**keys: Any) -> dict[str, Any]:
    """The checkpoint with one action."""
    return changed(CHECKPOINT, "actions", [keys])


RIGHT: dict[str, Any] = {
    "monitors and an action": CHECKPOINT,
    "with its schema": {"$schema": "../schemas/checkpoint.schema.json", **CHECKPOINT},
    "no actions": changed(CHECKPOINT, "actions", GONE),
    "ids, as GX writes them": changed(
        CHECKPOINT, "validation_definitions/0/id", "5ad3b9d7-4a58-4f8e-9a0f-5b5f9c3d1c11"
    ),
    "a result format by name": changed(CHECKPOINT, "result_format", "COMPLETE"),
    "a result format with its keys": changed(
        CHECKPOINT, "result_format", {"result_format": "SUMMARY", "partial_unexpected_count": 5}
    ),
    "Slack by webhook": action(
        type="slack", name="team", slack_webhook="${SLACK_WEBHOOK}", notify_on="failure"
    ),
    "mail": action(
        type="email",
        name="mail",
        smtp_address="localhost",
        smtp_port=25,
        receiver_emails="a@example.org, b@example.org",
        use_tls=None,
    ),
    "PagerDuty": action(
        type="pagerduty", name="page", api_key="k", routing_key="r", severity="error"
    ),
}

WRONG: dict[str, Any] = {
    "no object": ["line_coverage"],
    "no name": changed(CHECKPOINT, "name", GONE),
    "no monitors": changed(CHECKPOINT, "validation_definitions", GONE),
    "an empty list of monitors": changed(CHECKPOINT, "validation_definitions", []),
    "monitors by name alone": changed(CHECKPOINT, "validation_definitions", ["line_coverage"]),
    "a monitor without name": changed(CHECKPOINT, "validation_definitions/0", {}),
    "a monitor twice": changed(CHECKPOINT, "validation_definitions/1/name", "line_coverage"),
    "an unknown key of a monitor": changed(
        CHECKPOINT, "validation_definitions/0/severity", "warning"
    ),
    "an unknown key": changed(CHECKPOINT, "monitors", ["line_coverage"]),
    "an unknown result format": changed(CHECKPOINT, "result_format", "ALL"),
    "an action that is text": changed(CHECKPOINT, "actions", ["update_data_docs"]),
    "an unknown action": action(type="update_datadocs", name="docs"),
    "an action without type": action(name="docs"),
    "an action without name": action(type="update_data_docs"),
    "an unknown key of an action": action(type="update_data_docs", name="docs", site="local"),
    "sites that are text": action(type="update_data_docs", name="docs", site_names="local"),
    "an unknown occasion": action(
        type="slack", name="team", slack_webhook="x", notify_on="failures"
    ),
    "PagerDuty without routing key": action(type="pagerduty", name="page", api_key="k"),
    "an unknown priority": action(type="opsgenie", name="call", api_key="k", priority="critical"),
}


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The shipped project's suites and configuration, as a GX context."""
    root = tmp_path_factory.mktemp("project")
    for name in ("great_expectations.yml", "dbt_project.yml"):
        shutil.copy(ROOT / name, root)
    for name in ("expectations", "models", "macros"):
        shutil.copytree(ROOT / name, root / name)
    (root / "checkpoints").mkdir()
    return gx.get_context(context_root_dir=root)


def read(context: Any, checkpoint: Any) -> None:
    """As a run does."""
    folder = Path(context.root_directory) / "checkpoints"
    (folder / "daily.json").write_text(json.dumps(checkpoint))
    context.checkpoints.get("daily")


@pytest.mark.parametrize(
    "file", sorted((ROOT / "checkpoints").glob("*.json")), ids=lambda f: f.stem
)
def test_every_shipped_checkpoint_is_right(file: Path) -> None:
    assert [error.message for error in SCHEMA.iter_errors(json.loads(file.read_text()))] == []


@pytest.mark.parametrize("checkpoint", RIGHT.values(), ids=RIGHT)
def test_a_right_checkpoint_is_taken_by_the_schema_and_by_plumbline(
    context: Any, checkpoint: Any
) -> None:
    assert [error.message for error in SCHEMA.iter_errors(checkpoint)] == []
    read(context, checkpoint)


@pytest.mark.parametrize("checkpoint", WRONG.values(), ids=WRONG)
def test_a_wrong_checkpoint_is_refused_by_the_schema_and_by_plumbline(
    context: Any, checkpoint: Any
) -> None:
    assert not SCHEMA.is_valid(checkpoint)
    with pytest.raises(ConfigError):
        read(context, checkpoint)
