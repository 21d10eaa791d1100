"""The pictures of the data docs in the README and the docs, taken by Debian's chromium."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Picture:
    """One page as a picture."""

    name: str
    page: str
    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("overview.png", "index.html", 1280, 1120),
    Picture("monitor.png", "monitors/grading_completeness.html", 1280, 1250, "dark"),
    Picture("suites.png", "expectations/index.html", 1280, 900),
    Picture("day.png", "days/2026-02-02.html", 1280, 900),
    Picture("phone.png", "index.html", 390, 844),
)


def take_screenshots(site: Path, folder: Path) -> Iterator[Path]:
    """Each of `PICTURES` into ``folder``; the files."""
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium")
    if not executable:
        sys.exit("there is no chromium: apt-get install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for picture in PICTURES:
            context = browser.new_context(
                viewport={"width": picture.width, "height": picture.height},
                color_scheme=picture.scheme,
            )
            page = context.new_page()
            page.goto((site / picture.page).as_uri())
            page.wait_for_timeout(300)
            file = folder / picture.name
            page.screenshot(path=file)
            yield file
            context.close()
        browser.close()
