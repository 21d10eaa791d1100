"""A headless Chromium that fails a test on any request outside the site and any console error.

axe-core (MPL 2.0) lies in ``axe/`` with its licences; it is for tests only and no page loads it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from plumbline.site.pages import render_site
from support.site_data import site_data
from support.written_sites import write_site

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()
NOW = "2026-02-03T06:00:00Z"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # The shell has no window to draw, and needs half the CPU.
    executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not executable:
        pytest.skip("there is no chromium: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo season's site, with the pages of months that are over drawn too."""
    folder = tmp_path_factory.mktemp("state") / "docs"
    pages = render_site(site_data())
    past = {
        path: b"<!doctype html><title>earlier</title>" if path.endswith(".html") else b""
        for path in pages.kept
    }
    write_site(folder, type(pages)({**pages.files, **past}, frozenset(), pages.layout))
    return folder


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator[OpenPage]:
    """Open a page of a site; at the end, nothing was asked of a network, nothing complained."""
    faults: list[str] = []
    roots: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith((*roots, "data:")):
            faults.append(f"request: {request.url}")

    def on_failure(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # going to the next page aborts the last one's
            faults.append(f"failed: {request.url}, {request.failure}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"console: {message.text}")

    with ExitStack() as contexts:

        def opened(
            path: str,
            *,
            of: Path = site,
            width: int = 1280,
            scheme: Literal["light", "dark"] = "light",
            now: str | None = NOW,
            scripts: bool = True,
        ) -> Page:
            roots.append(f"{of.as_uri()}/")
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme=scheme,
                java_script_enabled=scripts,
            )
            contexts.callback(context.close)
            page = context.new_page()
            page.on("request", on_request)
            page.on("requestfailed", on_failure)
            page.on("console", on_console)
            page.on("pageerror", lambda error: faults.append(f"error: {error}"))
            if scripts and now is not None:  # a fixed clock stops timers, too
                page.clock.set_fixed_time(now)
            page.goto(f"{roots[-1]}{path}")
            return page

        yield opened
        assert faults == []


def complaints(page: Page) -> list[str]:
    """What axe finds in light, in dark and on a phone, and whether a phone scrolls in two directions."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => part.open = true)")
    page.evaluate(AXE)  # run from outside, past the page's own policy
    found = []
    for width, scheme, rules in (
        (1280, "light", ""),
        (1280, "dark", ", runOnly: ['color-contrast']"),  # of another scheme, only colours differ
        (360, "dark", ""),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        violations: list[dict[str, Any]] = page.evaluate(
            f"axe.run(document, {{preload: false, resultTypes: ['violations']{rules}}})"
            ".then(said => said.violations)"
        )
        found += [
            f"{width} {scheme}: {rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in violations
            for node in rule["nodes"]
        ]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("a phone scrolls in two directions")
    return found
