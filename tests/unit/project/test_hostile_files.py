"""Files that were written to hang, crash or spy on whoever reads them: each is one clear fault."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plumbline.core.errors import MonitorError
from plumbline.project import Project
from plumbline.project.document import Document
from plumbline.project.files import Files
from plumbline.project.json_document import read_json
from plumbline.project.reading import MOST_BYTES
from plumbline.project.runbooks import read_runbook
from plumbline.project.yaml_document import read_yaml

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9)
)
MERGED_LAUGHS = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{n + 1}: &a{n + 1}\n  <<: [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9)
)


def read(name: str, text: str) -> Document:
    file = Path(name)
    return read_json(file, text) if file.suffix == ".json" else read_yaml(file, text)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yml", LAUGHS, "more than 200,000 values"),
        ("a.yml", MERGED_LAUGHS, "more than 200,000 values"),
        ("a.yml", "a: &a [*a]\n", "contains it"),
        ("a.yml", "a: &a {b: {c: *a}}\n", "contains it"),
        ("a.yml", "a: &a\n  <<: *a\n", "contains it"),
        ("a.yml", "? &a [*a]\n: 1\n", "contains it"),
        ("a.yml", "a: " + "[" * 101 + "]" * 101, "nested too deeply"),
        ("a.json", '{"a": ' + "[" * 100 + "]" * 100 + "}", "nested too deeply"),
        ("a.json", '{"a":' * 101 + "1" + "}" * 101, "nested too deeply"),
        ("a.yml", f"a: {'9' * 101}\n", "more than 100 digits"),
        ("a.yml", f"a: 0x{'f' * 10_000}\n", "more than 100 digits"),
        ("a.yml", f"a: 0b{'1' * 1000}\n", "more than 100 digits"),
        ("a.yml", f"a: {'1:' * 1000}1\n", "more than 100 digits"),
        ("a.yml", f"a: 1{'_' * 200}1\n", "more than 100 digits"),
        ("a.yml", f"a: 1{'0' * 400}.0\n", "more than 100 digits"),
        ("a.json", '{"a": ' + "9" * 101 + "}", "more than 100 digits"),
        ("a.json", '{"a": -' + "9" * 10_000 + "}", "more than 100 digits"),
    ],
    ids=range(17),
)
def test_a_text_that_would_hang_or_crash_is_malformed(name: str, text: str, says: str) -> None:
    (fault,) = read(name, text).faults
    assert says in fault.what
    assert fault.fix


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "a: &a [1, 2]\nb: [*a, *a]\n"),
        ("a.yml", f"a: '{'9' * 200}'\n"),
        ("a.yml", "a: " + "[" * 99 + "]" * 99),
        ("a.json", '{"a": ' + "[" * 99 + "]" * 99 + "}"),
        ("a.json", '{"a": "' + "{[" * 500 + '"}'),
        ("a.json", '{"a": "' + "9" * 500 + '", "b": ' + "9" * 76 + "}"),
    ],
    ids=range(6),
)
def test_a_large_value_within_the_limits_is_read(name: str, text: str) -> None:
    assert read(name, text).faults == ()


def fifo(file: Path) -> None:
    os.mkfifo(file)


def device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def a_socket(file: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(file.parent)  # the address of a socket is short
        server.bind(file.name)


def large(file: Path) -> None:
    file.write_bytes(b"#" * (MOST_BYTES + 1))


def environment(file: Path) -> None:
    file.symlink_to("/proc/self/environ")


def relative(file: Path) -> None:
    (file.parent.parent / "outside").write_text("secret: canary\n")
    file.symlink_to("../outside")


def in_git(file: Path) -> None:
    (file.parent / ".git").mkdir()
    (file.parent / ".git" / "config").write_text("token: canary\n")
    file.symlink_to(".git/config")


@pytest.fixture(autouse=True)
def _stay(tmp_path: Path) -> Iterator[None]:
    before = Path.cwd()
    yield
    os.chdir(before)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (fifo, "regular file"),
        (device, "outside the project"),
        (a_socket, "No such device"),
        (large, "larger than 4 MiB"),
        (environment, "outside the project"),
        (relative, "outside the project"),
        (in_git, "outside the project"),
    ],
)
def test_a_file_that_is_no_file_of_the_project_is_not_read(
    project: Project, make: Callable[[Path], None], says: str
) -> None:
    file = project.root / "suite.json"
    make(file)
    with pytest.raises(MonitorError, match=says) as caught:
        project.files.text(file, error=MonitorError, what="the suite")
    assert caught.value.file == str(file)
    assert caught.value.fix
    assert not project.files.document(file).is_readable
    assert read_runbook(project.root, "suite.json", project.files) is None


def test_a_device_is_not_read_by_its_own_name() -> None:
    with pytest.raises(MonitorError, match="regular file"):
        Files().text(Path("/dev/zero"), error=MonitorError, what="the file")


@pytest.mark.parametrize("named", ["../outside.md", "/etc/hostname", "docs/outside.md", "up/a.md"])
def test_a_runbook_outside_the_project_has_no_text(project: Project, named: str) -> None:
    root = project.root
    (root.parent / "outside.md").write_text("# Secret\n")
    (root.parent / "elsewhere").mkdir()
    (root.parent / "elsewhere" / "a.md").write_text("# Secret\n")
    (root / "docs").mkdir()
    (root / "docs" / "outside.md").symlink_to(root.parent / "outside.md")
    (root / "up").symlink_to("../elsewhere")
    assert read_runbook(root, named, project.files) is None


def test_a_link_within_the_project_is_followed(project: Project) -> None:
    (project.root / "data").mkdir()  # as Kubernetes mounts a ConfigMap
    (project.root / "data" / "lag.md").write_text("# Lag\n")
    (project.root / "docs").symlink_to("data")
    (project.root / "lag.md").symlink_to("docs/lag.md")
    assert read_runbook(project.root, "docs/lag.md", project.files) == "# Lag\n"
    assert read_runbook(project.root, "lag.md", project.files) == "# Lag\n"
