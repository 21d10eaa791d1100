"""The page of detection times names the schedules that ship; its results need a warehouse."""

from __future__ import annotations

from pathlib import Path

from generators import detection_time
from plumbline.project import Project

ROOT = Path(__file__).parents[3]


def test_the_page_replays_the_schedules_that_ship() -> None:
    page = (ROOT / detection_time.PAGE).read_text()
    shipped = detection_time.schedules_section(Project(ROOT))
    assert shipped in page, "run python scripts/generators detection-time"
