"""A project with a file of every kind that a run reads, and an edit that shows in each of them."""

from __future__ import annotations

import json
from pathlib import Path

from support.projects import SmallMonitor, SmallProject, between
from support.repositories import git

EDITED = "edited_meanwhile"
"""What every edit writes somewhere, as text or as a name."""

EDITED_NUMBER = 31415.5

_ACTIONS = (
    {"name": "alerts", "type": "plumbline_alerts"},
    {"name": "docs", "type": "plumbline_docs"},
)

_FILES = {
    "models/staging/scored.sql": "{{ config(materialized='ephemeral') }}\nselect {{ days_read() }} as day, 44.2 as pct",
    "macros/days_read.sql": "{% macro days_read() %}'2026-02-02'{% endmacro %}",
    "models/schema.yml": "version: 2\nmodels:\n  - name: coverage\n    columns:\n      - name: pct\n",
    "models/sources.yml": "version: 2\nsources:\n  - name: nba\n    tables: [{name: games}]\n",
    "docs/runbooks/coverage.md": "# Coverage\n\n## Fix\n\nStart it again.\n",
    "checkpoints/alerts.yml": (
        "channels:\n  slack: {type: slack, webhook: SLACK_WEBHOOK_URL}\n"
        "routes:\n  - {status: [CRITICAL, WARNING, ERROR], to: [slack]}\nfallback: slack\n"
    ),
    "checkpoints/mutes.yml": (
        "mutes:\n  - {monitor: quiet, owner: me, reason: known, until: 2099-01-01}\n"
    ),
    "checkpoints/schedule.yml": (
        "schedules:\n  - {checkpoint: health_check, cron: '0 */6 * * *', timezone: UTC, "
        "deadline: 10m}\n"
    ),
    "checkpoints/incidents.yml": "incidents: []\n",
    "deploy/services.yml": (
        "services:\n  - name: worker\n    repository: HERE\n    branch: main\n    paths: [src]\n"
        "    deployed: {command: [echo]}\n    verify: health_check\n    owner: me\n"
        "    runbook: docs/runbooks/coverage.md\n"
    ),
    "plugins/own_checks.py": "from great_expectations.expectations import ExpectColumnToExist\n",
}


def make_whole_project(small: SmallProject) -> None:
    """Fill ``small`` and commit it."""
    for name, text in _FILES.items():
        file = small.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    small.add(
        "coverage",
        SmallMonitor(
            "select * from {{ ref('scored') }}",
            meta={"owner": "me", "runbook": "docs/runbooks/coverage.md"},
        ),
    )
    follows = {
        "type": "expect_metric_to_follow_history",
        "severity": "warning",
        "kwargs": {"column": "pct", "aggregate": "mean", "min_value": 0, "max_value": 100},
    }
    small.add(
        "quiet",
        SmallMonitor(
            "select 12.0 as pct", [between(column="pct", aggregate="mean", min_value=50), follows]
        ),
    )
    small.add("elsewhere", SmallMonitor("select 91.0 as pct"))
    (small.root / "validation_definitions").mkdir()
    (small.root / "validation_definitions" / "again.json").write_text(
        json.dumps(
            {
                "name": "again",
                "suite": {"name": "coverage"},
                "data": {
                    "datasource": {"name": "warehouse"},
                    "asset": {"name": "elsewhere"},
                    "batch_definition": {"name": "rows"},
                },
            }
        )
    )
    small.checkpoint("coverage", "quiet", "again", name="health_check", actions=_ACTIONS)
    git(small.root, "init", "--quiet")
    git(small.root, "add", "--all")
    git(small.root, "commit", "--quiet", "--message", "all of it")


def edit_every_file(root: Path) -> str:
    """What ``git pull`` does while a run is under way; the new commit."""
    for file in sorted(_project_files(root)):
        text = file.read_text()
        if file.suffix == ".json":
            text = _edited_json(file, text)
        elif file.name == "alerts.yml":
            text = text.replace("[slack]", "[edited]").replace("  slack:", "  edited:")
            text = text.replace("fallback: slack", "fallback: edited")
        elif file.name == "great_expectations.yml":
            text = text.replace(
                "base_directory: .plumbline/docs/",
                "base_directory: .plumbline/docs/\n"
                "      base_public_path: https://edited.example.com",
            ).replace("  warehouse:", "  edited:")
        elif file.name == "dbt_project.yml":
            text = text.replace("name: small", "name: edited").replace("America/New_York", "UTC")
        else:
            text = text.replace("44.2", str(EDITED_NUMBER)).replace("12.0", str(EDITED_NUMBER))
            text = text.replace("91.0", str(EDITED_NUMBER)).replace("2026-02-02", EDITED)
            text = text.replace("known", EDITED).replace("again", EDITED).replace("pct", EDITED)
            text = (
                text.replace("worker", EDITED).replace("'0 */6", "'1 */7").replace("games", EDITED)
            )
        if text == file.read_text():
            text += f"\n# {EDITED}\n"
        file.write_text(text)
    (root / "expectations" / f"{EDITED}.json").write_text(
        json.dumps({"name": EDITED, "expectations": []})
    )
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", EDITED)
    return git(root, "rev-parse", "HEAD")


def _project_files(root: Path) -> list[Path]:
    return [
        file
        for file in root.rglob("*")
        if file.is_file() and not {".git", ".plumbline", "__pycache__"} & set(file.parts)
    ]


def _edited_json(file: Path, text: str) -> str:
    content = json.loads(text)
    if file.parent.name == "expectations":
        content["notes"] = EDITED
        content["meta"]["monitor"]["owner"] = EDITED
        for entry in content["expectations"]:
            if "min_value" in entry["kwargs"]:
                entry["kwargs"]["min_value"] = EDITED_NUMBER
    elif file.parent.name == "checkpoints":
        content["validation_definitions"] = [{"name": EDITED}]
        content["actions"] = []
    else:
        content["suite"]["name"] = EDITED
    return json.dumps(content)
