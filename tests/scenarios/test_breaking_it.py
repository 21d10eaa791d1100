"""Broken servers, two at once, killed half way, a full disk: nothing silently green."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plumbline.warehouse.embedded import EmbeddedWarehouse
from scenarios.conftest import ROOT, Plumbline, environment
from support.sockets import refused_port

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]


def test_a_server_that_is_not_there_is_error_within_20_seconds(plumbline: Plumbline) -> None:
    port = refused_port()
    began = time.monotonic()
    run = plumbline(
        "run", "--format", "json", env={"BIGQUERY_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
    )
    seconds = time.monotonic() - began
    assert run.code == 3
    assert {monitor["status"] for monitor in run.json["monitors"]} == {"ERROR"}
    assert all(str(port) in monitor["reason"] for monitor in run.json["monitors"])
    assert "%" not in "".join(monitor["summary"] for monitor in run.json["monitors"])
    assert seconds < 40, "20 s for the warehouse, the rest for a slow machine's imports"


def test_a_server_without_the_tables_gives_errors_that_name_them(
    plumbline: Plumbline, season_state_dir: Path
) -> None:
    plumbline("warehouse", "start")
    run = plumbline(
        "run",
        "--format",
        "json",
        env={
            "BIGQUERY_EMULATOR_HOST": EmbeddedWarehouse(season_state_dir, "any").url(),
            "PLUMBLINE_PROJECT": "nothing-here",
        },
    )
    assert run.code == 3
    assert {monitor["status"] for monitor in run.json["monitors"]} == {"ERROR"}
    assert all("nothing-here" in monitor["reason"] for monitor in run.json["monitors"])
    assert all(monitor["observed"] is None for monitor in run.json["monitors"])


def test_two_runs_at_once_share_the_warehouse_and_agree(plumbline: Plumbline) -> None:
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: plumbline("run", "--format", "json"), range(2)))
    assert [run.code for run in runs] == [2, 2]
    observed = [[m["observed"] for m in run.json["monitors"]] for run in runs]
    assert observed[0] == observed[1]
    assert runs[0].json["run_id"] != runs[1].json["run_id"]


def test_a_run_killed_half_way_leaves_the_next_one_whole(
    plumbline: Plumbline, season_state_dir: Path
) -> None:
    plumbline("run")
    running = subprocess.Popen(
        [sys.executable, "-m", "plumbline", "run"],
        cwd=ROOT,
        env=environment(season_state_dir),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1.5)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    run = plumbline("run", "--format", "json")
    assert (run.code, run.json["score"]) == (2, 60)


def test_a_state_folder_that_cannot_be_written_is_refused_with_its_name(
    plumbline: Plumbline, tmp_path: Path
) -> None:
    file = tmp_path / "a-file-not-a-folder"
    file.write_text("")
    run = plumbline("run", env={"PLUMBLINE_STATE_DIR": str(file)})
    assert run.code == 64
    assert str(file) in run.stderr
    assert "Traceback" not in run.stderr


BAD_INPUT = [
    (["run", "no_such_checkpoint"], "there is no checkpoint 'no_such_checkpoint'"),
    (["run", "-s", "line_coverag"], "did you mean 'line_coverage'?"),
    (["run", "--as-of", "2026-02-30"], "2026-02-30"),
    (["run", "--as-of", "yesterday"], "neither a date nor an instant"),
    (["run", "--as-of", "2999-01-01"], "later than today"),
    (["run", "--as-of", "2026-02-02T10:00:00"], "has no time zone"),
    (["run", "-s", "line_coverage", "--var", "days=0"], "days"),
    (["run", "-s", "line_coverage", "--var", "days=10000"], "days"),
    (["run", "-s", "line_coverage", "--var", "dayz=3"], "did you mean 'days'?"),
    (["run", "-s", "line_coverage", "--var", "days=three"], "days"),
    (["run", "--var", "days=3"], "--select"),
    (["run", "--target", "locl"], "did you mean 'local'?"),
    (["run", "--target", "bigquery"], "PLUMBLINE_PROJECT"),
    (["run", "--fromat", "json"], "--format"),
    (["rum"], "run"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD_INPUT, ids=[" ".join(a) for a, _ in BAD_INPUT])
def test_bad_input_is_one_clear_message_and_64(
    plumbline: Plumbline, arguments: list[str], said: str
) -> None:
    run = plumbline(*arguments)
    assert run.code == 64, run.stderr
    assert said in run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr


def test_bigquery_without_credentials_is_refused_with_the_fix(
    plumbline: Plumbline, tmp_path: Path
) -> None:
    run = plumbline(
        "run",
        "--target",
        "bigquery",
        env={
            "PLUMBLINE_PROJECT": "a-project",
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path),
            "GOOGLE_APPLICATION_CREDENTIALS": "",
            "GCE_METADATA_HOST": "127.0.0.1:9",
            "NO_GCE_CHECK": "true",
        },
    )
    assert run.code == 64, run.stderr
    assert "credentials" in run.stderr
    assert "Traceback" not in run.stderr
