"""A run on BigQuery needs nothing but `requirements/runtime.txt`, which is all that the image has.

A process of its own in which every other installed package can't be imported runs the health check
against a stand-in BigQuery: queries, judging, alerts and data docs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from support.stalling_bigquery import Answer, StallingBigQuery
from unit.deploy.apply.conftest import COMMIT, ROOT
from unit.test_requirements import pins

pytestmark = pytest.mark.slow

AS_OF = datetime(2026, 2, 3, 4, tzinfo=UTC)

RUN = """
import sys

blocked, url, arguments = set(sys.argv[1].split(",")), sys.argv[2], sys.argv[3:]


class OnlyTheRuntimeSet:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"not in the image: {name}", name=name)
        return None


sys.meta_path.insert(0, OnlyTheRuntimeSet())

from google.auth.credentials import AnonymousCredentials

import plumbline.warehouse.client as client
from plumbline.cli.main import main

client.BIGQUERY_ENDPOINT = url
client._credentials_of = lambda target: AnonymousCredentials()
sys.argv = ["plumbline", *arguments]
main()
"""


def not_in_the_image() -> set[str]:
    """What can be imported here and is of no package of the runtime set."""
    runtime = {*pins("runtime"), "plumbline-dq"}
    return {
        module
        for module, packages in packages_distributions().items()
        if not runtime & {canonicalize_name(package) for package in packages}
    }


def test_what_is_not_in_the_image_is_what_one_thinks() -> None:
    blocked = not_in_the_image()
    assert {"bqemulator", "duckdb", "pyarrow", "zetasql", "pytest", "hypothesis"} <= blocked
    assert not {"great_expectations", "pandas", "google", "plumbline"} & blocked


def test_a_run_on_bigquery_needs_nothing_else(tmp_path: Path) -> None:
    fields = {
        "as_of": "TIMESTAMP",
        "verdict": "STRING",
        "reason": "STRING",
        "anchor_date": "DATE",
        "system_id": "STRING",
        "predictions": "INTEGER",
        "primary_predictions": "INTEGER",
        "games": "INTEGER",
        "numerator": "INTEGER",
        "denominator": "INTEGER",
    }
    with StallingBigQuery() as bigquery:
        # only that one is judged: the others have no columns of theirs and are ERROR
        bigquery.on(
            "primary_predictions",
            Answer(
                {
                    "schema": {"fields": [{"name": n, "type": t} for n, t in fields.items()]},
                    "rows": [
                        {"f": [{"v": v} for v in (
                            f"{AS_OF.timestamp() * 1_000_000:.0f}", "judge", None, "2026-02-02", "catboost_v9",
                            "281", "281", "4", "281", "1",
                        )]}
                    ],
                }
            ),
        )  # fmt: skip
        done = subprocess.run(
            [
                *(sys.executable, "-c", RUN, ",".join(sorted(not_in_the_image())), bigquery.url),
                *("run", "health_check", "--as-of", AS_OF.isoformat()),
                *("--fail-on", "error", "--format", "json", "--project-dir", str(ROOT)),
            ],
            env={
                "PYTHONPATH": str(ROOT / "plugins"),
                "PATH": str(tmp_path),  # no git, as in the image
                "HOME": str(tmp_path),
                "PLUMBLINE_TARGET": "bigquery",
                "PLUMBLINE_PROJECT": "my-project",
                "PLUMBLINE_STATE_DIR": str(tmp_path / "state"),
                "PLUMBLINE_REVISION": COMMIT,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert "not in the image" not in done.stderr + done.stdout
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    (judged,) = [one for one in report["monitors"] if one["name"] == "recent_predictions"]
    assert (judged["status"], judged["observed"]) == ("PASS", 281), judged["reason"]
    assert report["suite_revision"] == COMMIT
