"""The audit separates a known vulnerability from a package that could not be looked up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from supply_chain.cli import main

FOUND = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fixed_in": ["2.0"], "withdrawn": None}
WITHDRAWN = {"id": "PYSEC-2", "aliases": [], "fixed_in": [], "withdrawn": "2026-01-01T00:00:00Z"}
DATABASE = {
    "/pypi/good/1/json": {"vulnerabilities": []},
    "/pypi/bad/1/json": {"vulnerabilities": [FOUND]},
    "/pypi/cleared/1/json": {"vulnerabilities": [WITHDRAWN]},
    "/pypi/odd/1/json": {"info": {}},
}


class Database(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        known = DATABASE.get(self.path)
        body = json.dumps(known).encode()
        self.send_response(404 if known is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Database)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("packages", "code", "text"),
    [
        (["good"], 0, "1 of 1 packages looked up, 0 with known vulnerabilities"),
        (["cleared"], 0, "1 of 1 packages looked up, 0 with known vulnerabilities"),
        (["good", "bad"], 2, "bad 1: PYSEC-1, CVE-1; fixed in 2.0\n2 of 2 packages looked up, 1"),
        (["good", "absent"], 3, "SKIPPED, the database has no answer for: absent 1\n"),
        (["good", "odd"], 3, "SKIPPED, the database has no answer for: odd 1\n"),
        (["bad", "absent"], 2, "1 of 2 packages looked up, 1 with known vulnerabilities"),
    ],
)
def test_each_outcome_has_its_text_and_its_exit_code(
    packages: list[str],
    code: int,
    text: str,
    url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("".join(f"{name}==1 \\\n    --hash=sha256:{'0' * 64}\n" for name in packages))
    assert main(["audit", "--url", url, str(lock)]) == code
    assert text in capsys.readouterr().out


def test_an_unreachable_database_is_not_a_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(f"good==1 \\\n    --hash=sha256:{'0' * 64}\n")
    assert main(["audit", "--url", "http://127.0.0.1:1", str(lock)]) == 3
    assert "0 of 1 packages looked up" in capsys.readouterr().out
