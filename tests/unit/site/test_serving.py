"""``plumbline docs serve`` answers this machine only, and with files of the site only."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator

import pytest

from plumbline.site.serving import open_server


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A site as it is written: a link to its newest version; and what hostile hands may add."""
    root = tmp_path_factory.mktemp("serving")
    pages = root / "versions" / "1"
    (pages / "monitors").mkdir(parents=True)
    (root / "site").symlink_to("versions/1")
    (root / "secret.txt").write_text("canary")
    (pages / "index.html").write_text("the overview")
    (pages / "monitors" / "lag.html").write_text("a monitor")
    (pages / "within.html").symlink_to("monitors/lag.html")
    (pages / "out.txt").symlink_to("../../secret.txt")
    (pages / "environ").symlink_to("/proc/self/environ")
    (pages / "folder").symlink_to(root)
    os.mkfifo(pages / "pipe")
    with open_server(root / "site", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, path: str, *hosts: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:18080", "[::1]:8000"])
def test_this_machine_is_answered_whatever_its_port_is(port: int, host: str) -> None:
    assert ask(port, "/", host) == (200, "the overview")


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("example.com",),
        ("127.0.0.1.example.com",),
        ("localhost.example.com:80",),
        ("localhost", "example.com"),
        ("[::1",),
        ("",),
        ("0.0.0.0",),
    ],
)
def test_a_name_of_another_machine_is_misdirected(port: int, hosts: tuple[str, ...]) -> None:
    status, text = ask(port, "/", *hosts)
    assert status == 421
    assert "overview" not in text


@pytest.mark.parametrize(
    "path", ["/%00", "/monitors/%00.html", "/%ED%A0%80", "/\\example.com/..%2fmonitors"]
)
def test_a_path_that_no_file_can_have_is_a_bad_request(port: int, path: str) -> None:
    status, text = ask(port, path, "localhost")
    assert status == 400
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/monitors/lag.html", "/within.html"])
def test_a_file_of_the_site_is_shown(port: int, path: str) -> None:
    assert ask(port, path, "localhost") == (200, "a monitor")


@pytest.mark.parametrize(
    "path",
    [
        "/out.txt",
        "/environ",
        "/folder/secret.txt",
        "/folder/",
        "/pipe",
        "/../secret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/monitors/",
        "/missing",
        "/" + "x" * 5000,
    ],
)
def test_all_else_is_not_found(port: int, path: str) -> None:
    status, text = ask(port, path, "localhost")
    assert status == 404
    assert "canary" not in text
