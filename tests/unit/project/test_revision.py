"""Which commit judged, and whether the tree was dirty: real git, real folders."""

import subprocess
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.revision import Revision
from plumbline.project.revision import REVISION_VARIABLE, read_revision, web_address


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def nothing_is_baked_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(REVISION_VARIABLE, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "suite.json").write_text("{}")
    git(tmp_path, "add", "suite.json")
    git(tmp_path, "commit", "-qm", "a suite")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository: Path) -> None:
    revision = read_revision(repository)
    assert revision is not None
    assert revision.commit == git(repository, "rev-parse", "HEAD")
    assert not revision.dirty


@pytest.mark.parametrize("name", ["suite.json", "a_new_suite.json"])
def test_a_changed_or_new_file_makes_it_dirty(repository: Path, name: str) -> None:
    (repository / name).write_text("changed")
    revision = read_revision(repository)
    assert revision is not None
    assert revision.dirty
    assert str(revision).endswith("-dirty")


def test_outside_git_there_is_no_revision(tmp_path: Path) -> None:
    assert read_revision(tmp_path) is None


def test_before_the_first_commit_there_is_no_revision(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert read_revision(tmp_path) is None


def test_without_git_there_is_no_revision(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert read_revision(repository) is None


@pytest.mark.parametrize(
    ("said", "revision"),
    [
        (COMMIT, Revision(COMMIT, dirty=False)),
        (f"{COMMIT}-dirty", Revision(COMMIT, dirty=True)),
        (f" {COMMIT}\n", Revision(COMMIT, dirty=False)),
        ("", None),
    ],
)
def test_outside_git_it_is_what_the_build_baked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, revision: Revision | None
) -> None:
    monkeypatch.setenv(REVISION_VARIABLE, said)
    assert read_revision(tmp_path) == revision


def test_git_goes_before_what_was_baked_in(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REVISION_VARIABLE, f"{COMMIT}-dirty")
    revision = read_revision(repository)
    assert revision is not None
    assert revision.commit == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize("said", ["main", COMMIT[:12], COMMIT.upper(), f"{COMMIT}-clean"])
def test_something_else_baked_in_is_refused_with_its_place(tmp_path: Path, said: str) -> None:
    with pytest.raises(ConfigError, match="is not a valid revision") as refused:
        read_revision(tmp_path, {REVISION_VARIABLE: said})
    assert refused.value.key == REVISION_VARIABLE
    assert "git rev-parse HEAD" in str(refused.value.fix)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:acme/data.git", "https://github.com/acme/data"),
        ("https://github.com/acme/data", "https://github.com/acme/data"),
        ("https://user:secret@github.com/acme/data.git", "https://github.com/acme/data"),
        ("ssh://git@git.example.com:2222/acme/data.git", "https://git.example.com/acme/data"),
        ("/srv/git/data.git", None),
        ("file:///srv/git/data.git", None),
    ],
)
def test_the_web_address_of_a_remote_has_no_credentials(remote: str, address: str | None) -> None:
    assert web_address(remote) == address
