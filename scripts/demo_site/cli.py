"""Lives the demo season through, a run a day, and builds its data docs: a year at a glance.

    python scripts/demo_site --output /path/to/site
    python scripts/demo_site --output /path/to/site --screenshots docs/images

Each run judges the end of a day as it stood then, moves incidents, tells a receiver on this machine
and writes history, all in a warehouse and a folder of its own; then the site is built from that
history. With ``--screenshots``, Debian's chromium takes the pictures of the README and the docs.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from demo_site.inbox import open_inbox
from demo_site.jobs import ScheduleJobs
from demo_site.screenshots import take_screenshots

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2025, 10, 22)
LAST = date(2026, 2, 2)
CHECKPOINT = "health_check_full"
DEADLINE_SECONDS = 900


def main() -> int:
    """The script."""
    parser = argparse.ArgumentParser(prog="demo_site", description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, required=True, help="the folder for the site")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=FIRST)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=LAST)
    parser.add_argument(
        "--state", type=Path, help="a state folder that may hold the demo season already"
    )
    parser.add_argument("--screenshots", type=Path, help="the folder for the docs' pictures")
    said = parser.parse_args()
    if said.output.exists() and any(said.output.iterdir()):
        parser.error(f"{said.output} holds something already: name an empty folder")
    with tempfile.TemporaryDirectory(prefix="plumbline-demo-") as own:
        os.environ["PLUMBLINE_STATE_DIR"] = str(said.state or own)
        site = replay(said.first, said.last)
        shutil.copytree(site, said.output, dirs_exist_ok=True)
    print(said.output / "index.html")
    if said.screenshots:
        for picture in take_screenshots(said.output, said.screenshots):
            print(picture)
    return 0


def replay(first: date, last: date) -> Path:
    """Live the days through and build the site; its folder."""
    from plumbline.core.instants import end_of
    from plumbline.gx.context import load_context, open_workspace
    from plumbline.gx.site_builder import open_sites
    from plumbline.project import Project
    from plumbline.project.sites import site_folder
    from plumbline.run import runner
    from plumbline.run.request import AsOf, RunRequest
    from plumbline.warehouse.embedded import EmbeddedWarehouse
    from plumbline.warehouse.ready import ensure_ready

    logging.basicConfig(level=logging.ERROR)
    project = Project(ROOT)
    # A job is of the whole schedule, so that the deadline of one run's job would be too short.
    target = ensure_ready(project.target("local"), say)
    target = replace(target, limits=replace(target.limits, deadline_seconds=DEADLINE_SECONDS))
    instants = [end_of(day, project.timezone) for day in _days(first, last)]
    ScheduleJobs.instants, ScheduleJobs.sent = instants, {}
    runner.MonitorJobs = ScheduleJobs  # type: ignore[misc]
    began = time.monotonic()
    try:
        with open_inbox() as inbox:
            for name in ("SLACK_WEBHOOK_URL_WARNING", "SLACK_WEBHOOK_URL_ERROR"):
                os.environ[name] = inbox + name.lower()  # one address would be one channel
            for count, instant in enumerate(instants, 1):
                request = RunRequest(
                    project=project,
                    target=target,
                    as_of=AsOf(instant, "given"),
                    checkpoint=CHECKPOINT,
                    alerts=True,
                    docs=False,
                )
                report = runner.run_checkpoint(
                    request, now=instant + timedelta(minutes=5), open_workspace=open_workspace
                )
                say(f"{count} of {len(instants)}: {instant:%Y-%m-%d} {report.status}")
        (builder,) = open_sites(load_context(project))
        built = builder.bring_up_to_date(target=target)
        say(f"{len(built.written.written)} files after {time.monotonic() - began:.0f} s")
        (site,) = project.sites
        return site_folder(site, project.root, target.name).resolve()
    finally:
        EmbeddedWarehouse.of(target).stop(say)


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr)


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
