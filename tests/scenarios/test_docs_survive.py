"""A build of the data docs that dies leaves a whole site: the old one or the new one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scenarios.conftest import ROOT
from support.warm_python import warm_python

pytestmark = pytest.mark.scenario


@pytest.mark.timeout(600)
def test_a_build_that_is_killed_at_any_step_leaves_a_whole_site(tmp_path: Path) -> None:
    done = subprocess.run(
        [*warm_python(), "-m", "support.die_building", str(tmp_path)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"write_bytes", "link", "rename", "symlink_to", "replace"} <= {s["step"] for s in steps}
    for number, step in enumerate(steps):
        assert step["is"] in ("old", "new"), (number, step)
        assert step["faults"] == [], (number, step)
        assert step["mended"], (number, step)
        assert step["left"] == [], (number, step)
    whole = [step["is"] for step in steps]
    assert whole == sorted(whole, reverse=True), "once it is new, it stays new"
    assert (whole[0], whole[-1]) == ("old", "new")
