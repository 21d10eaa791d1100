"""``plumbline docs build``, ``open`` and ``serve``, typed as a user types them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from plumbline.project.targets import Target
from plumbline.site.pages.layout import static_path
from scenarios.conftest import ROOT, Finished, Plumbline, environment
from support.crawl import crawl
from support.season import season

__all__ = ["season"]

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]


@dataclass(frozen=True)
class Docs:
    """The shipped project with the season's warehouse, and a folder of state of its own."""

    plumbline: Plumbline
    state: Path

    def type(self, *arguments: str) -> Finished:
        return self.plumbline(*arguments, env={"PLUMBLINE_STATE_DIR": str(self.state)})

    @property
    def site(self) -> Path:
        return self.state / "docs" / "local"

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.state)


@pytest.fixture(scope="module")
def docs(plumbline: Plumbline, season: Target, tmp_path_factory: pytest.TempPathFactory) -> Docs:
    state = tmp_path_factory.mktemp("state")
    (state / "warehouse").symlink_to(season.state_dir / "warehouse")
    made = Docs(plumbline, state)
    missing = made.type("docs", "open", "--no-show")
    assert missing.code == 64
    assert "target 'local' has no data docs yet" in missing.stderr
    assert "plumbline run --target local" in missing.stderr
    assert made.type("docs", "serve", "--port", "0").code == 64
    run = made.type("run")
    assert run.code == 2
    assert f"Data docs: {made.site}/index.html" in run.stdout
    return made


def test_the_demo_seasons_site_is_whole_and_names_nothing_of_this_machine(docs: Docs) -> None:
    assert crawl(docs.site, hidden=[ROOT, docs.state]) == []
    overview = (docs.site / "index.html").read_text()
    assert "2 of 15 monitors failing: 2 CRITICAL" in overview
    assert "Demo data" in overview
    assert len(overview) < 300_000


def test_build_without_a_run_says_what_it_did(docs: Docs) -> None:
    done = docs.type("docs", "build")
    assert (done.code, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == f"{docs.site}/index.html"
    assert re.fullmatch(r"  1 file written, \d+ unchanged", second)


def test_afresh_makes_the_site_of_stored_results(docs: Docs) -> None:
    (docs.site / "data" / "book.json").write_text("torn")
    (docs.site / "monitors" / "line_coverage.html").unlink()
    done = docs.type("docs", "build", "--afresh")
    assert done.code == 0
    assert "44.2" in (docs.site / "monitors" / "line_coverage.html").read_text()
    assert crawl(docs.site, hidden=[ROOT, docs.state]) == []


@pytest.mark.parametrize(
    ("arguments", "page"),
    [((), "index.html"), (("--monitor", "line_coverage"), "monitors/line_coverage.html")],
)
def test_open_prints_the_address(docs: Docs, arguments: tuple[str, ...], page: str) -> None:
    done = docs.type("docs", "open", "--no-show", *arguments)
    assert (done.code, done.stdout) == (0, f"{(docs.site / page).as_uri()}\n")
    assert (docs.site / page).is_file()


def test_open_of_a_monitor_that_is_not_there_names_the_near_one(docs: Docs) -> None:
    done = docs.type("docs", "open", "--no-show", "--monitor", "line_coverge")
    assert done.code == 64
    assert "did you mean 'line_coverage'?" in done.stderr


@dataclass(frozen=True)
class Server:
    """``plumbline docs serve`` as a process."""

    process: subprocess.Popen[str]
    url: str

    @property
    def port(self) -> int:
        return int(urlsplit(self.url).port or 0)

    def get(self, path: str) -> tuple[int, Message, bytes]:
        request = urllib.request.Request(self.url.replace("/index.html", path))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as fault:
            return fault.code, fault.headers, fault.read()


@pytest.fixture(scope="module")
def server(docs: Docs) -> Iterator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "plumbline", "docs", "serve", "--port", "0"],
        cwd=ROOT,
        env=docs.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Server(process, process.stdout.readline().strip())
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "Traceback" not in said


def test_serve_answers_with_the_site(docs: Docs, server: Server) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/index\.html", server.url)
    for path in ("/", "/index.html"):
        status, headers, body = server.get(path)
        assert (status, body) == (200, (docs.site / "index.html").read_bytes())
    assert headers["Cache-Control"] == "no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, headers, _ = server.get(f"/{static_path('charts.js')}")
    assert status == 200
    assert headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize(
    "path",
    [
        "/monitors/",
        "/data/",
        "/static/",
        "/nope.html",
        "/../local.versions/.lock",
        "/%2e%2e/local.versions/.lock",
        "/..%2f..%2fresults/",
        "/monitors/..%2f..%2f..%2fgreat_expectations.yml",
    ],
)
def test_serve_lists_no_folder_and_leaves_the_site_by_no_path(server: Server, path: str) -> None:
    assert server.get(path)[0] == 404


def test_serve_listens_to_this_machine_only(server: Server) -> None:
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if os.path.exists(table)  # noqa: PTH110
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{server.port:04X}") and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F:{server.port:04X}"]


def test_serve_follows_the_next_build(docs: Docs, server: Server) -> None:
    before = server.get("/index.html")[2]
    assert docs.type("docs", "build").code == 0
    after = server.get("/index.html")[2]
    assert before != after
    assert after == (docs.site / "index.html").read_bytes()


def test_a_port_that_is_taken_is_refused(docs: Docs, server: Server) -> None:
    done = docs.type("docs", "serve", "--port", str(server.port))
    assert done.code == 64
    assert f"can't listen on port {server.port}" in done.stderr
