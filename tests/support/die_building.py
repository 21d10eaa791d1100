"""A build of the data docs that is killed at each of its steps, in processes of its own.

    python -m support.die_building FOLDER

Makes a site, then lets a child die (SIGKILL) before each call that touches the disk of the build
that archives a month, each on a copy of that site; of many calls of one kind in a row, a sample. Prints a line of JSON a step: what was about to
be done, whether the site is then the old or the new one, what a crawl of it finds, and whether the
next build makes the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from plumbline.site import build as building
from plumbline.site.build import build_site
from plumbline.site.records import Record
from plumbline.site.sync import News
from plumbline.site.writing import FolderSite
from support.crawl import crawl
from support.projects import SmallProject, make_project
from support.sampled import sampled
from support.site_records import at, days, every_six_hours, records, story
from support.targets import embedded_target

TOUCHES: tuple[tuple[Any, str], ...] = (
    (os, "link"),
    (os, "fsync"),
    (shutil, "rmtree"),
    (Path, "mkdir"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "symlink_to"),
    (Path, "unlink"),
    (Path, "write_bytes"),
)


def main() -> None:
    """See above."""
    folder = Path(sys.argv[1])
    small = make_project(folder / "project", embedded_target(folder / "state"))
    small.add("coverage", "select 92.0 as pct")
    small.checkpoint("coverage", name="health_check")
    # what stands for the warehouse
    one = story("i-1", "2026-01-05").event("2026-01-08", "resolved", "recovered")
    building.read_news = lambda *_, **__: News(events=one.events, deliveries=one.deliveries)
    # More runs than the cache holds, on few days: each day adds only two links to the steps.
    past = [*days("2025-12-20", "2025-12-20"), *every_six_hours("2026-01-05", "2026-01-08")]
    past += every_six_hours("2026-02-11", "2026-02-13")
    for instants in (past, days("2026-02-14", "2026-02-14")):
        build(small, folder / "a" / "docs", records(instants))
    old = content(folder / "a" / "docs")
    new_run = records(days("2026-02-15", "2026-02-15"))
    shutil.copytree(folder / "a", folder / "b", symlinks=True)
    steps = watched(lambda: build(small, folder / "b" / "docs", new_run))
    new = content(folder / "b" / "docs")
    crawled = [(site, crawl(folder / name / "docs")) for name, site in (("a", old), ("b", new))]
    in_a_row = (list(row) for _, row in groupby(enumerate([*steps, "the end"]), itemgetter(1)))
    for number, step in chain.from_iterable(sampled(row, every=3) for row in in_a_row):
        place = folder / f"{number}"
        shutil.copytree(folder / "a", place, symlinks=True)
        site = place / "docs"
        child = os.fork()
        if not child:
            die_at(number)
            build(small, site, new_run)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        found = content(site)
        faults = next((faults for same, faults in crawled if same == found), None)
        if faults is None:
            faults = crawl(site)
        build(small, site, new_run)
        said = {
            "step": step,
            "is": "old" if found == old else "new" if found == new else "neither",
            "faults": faults,
            "mended": content(site) == new,
            "left": sorted(entry.name for entry in place.joinpath("docs.versions").glob(".[!l]*")),
        }
        print(json.dumps(said), flush=True)
        shutil.rmtree(place)


def build(small: SmallProject, folder: Path, found: Sequence[Record]) -> None:
    """One build."""
    build_site(FolderSite(folder), small.project, small.target, records=found, now=at("2026-02-20"))


def content(site: Path) -> dict[str, bytes]:
    """All files."""
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*.*")}


def watched(act: Callable[[], None]) -> list[str]:
    """What ``act`` does to the disk, step by step."""
    steps: list[str] = []
    with_steps(lambda name: steps.append(name))
    act()
    with_steps(None)
    return steps


def die_at(number: int) -> None:
    """Let this process be killed before its step of that number."""
    done = 0

    def count(_: str) -> None:
        nonlocal done
        if done == number:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1

    with_steps(count)


# A kill loses nothing that the kernel has, so waiting for the disk would only take time.
os.fsync = lambda _: None
_OWN = [getattr(owner, name) for owner, name in TOUCHES]


def with_steps(tell: Callable[[str], None] | None) -> None:
    """Let each call that touches the disk say so first; None: let them be."""

    def telling(name: str, own: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if tell is not None:
                tell(name)
            return own(*args, **more)

        return call

    for (owner, name), own in zip(TOUCHES, _OWN, strict=True):
        setattr(owner, name, own if tell is None else telling(name, own))


if __name__ == "__main__":
    main()
