"""How a workflow installs plumbline: from where it was installed here, or from a lock; never by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.core.installation import Installation
from plumbline.schedule.export.installing import Repository, install_lines

HASH = "ab" * 32
COMMIT = "0123456789" * 4
NAME = "plumbline_dq-0.1.0-py3-none-any.whl"
GIT = "https://github.com/acme/plumbline"
WHEEL = f"https://example.com/{NAME}"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A monorepo, whose project is in a folder."""
    root = tmp_path / "mono repo"
    (root / "data" / "dq").mkdir(parents=True)
    return Repository(root, root / "data" / "dq")


@pytest.mark.parametrize(
    ("installed", "line"),
    [
        (
            Installation("0.1.0", WHEEL, sha256=HASH),
            f"python -m pip install 'plumbline-dq @ {WHEEL}#sha256={HASH}'",
        ),
        (
            Installation("0.1.0", GIT, commit=COMMIT),
            f"python -m pip install 'plumbline-dq @ git+{GIT}@{COMMIT}'",
        ),
    ],
    ids=["a URL", "a repository"],
)
def test_from_elsewhere_it_is_by_hash_or_commit(
    repository: Repository, installed: Installation, line: str
) -> None:
    assert install_lines(installed, repository, None) == [line]


@pytest.mark.parametrize("folder", ["wheels", "data/dq/wheels", "data/dq", "."])
def test_a_wheel_in_the_repository_is_installed_if_it_is_the_same(
    repository: Repository, tmp_path: Path, folder: str
) -> None:
    elsewhere = tmp_path / NAME
    elsewhere.write_bytes(b"wheel")
    copy = repository.root / folder / NAME
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(b"wheel")
    digest = hashlib.sha256(b"wheel").hexdigest()
    name = (Path(folder) / NAME).as_posix()
    for recorded in (digest, None):
        installed = Installation("0.1.0", elsewhere.as_uri(), sha256=recorded)
        assert install_lines(installed, repository, None) == [
            f"echo '{digest}  {name}' | sha256sum --check",
            f"python -m pip install ./{name}",
        ]
    copy.write_bytes(b"another")
    with pytest.raises(ConfigError, match="which a job can't reach"):
        install_lines(installed, repository, None)


def test_plumblines_own_repository_is_installed_from_its_sources_and_locks(
    repository: Repository,
) -> None:
    installed = Installation("0.1.0", repository.root.as_uri(), is_editable=True)
    assert install_lines(installed, repository, None) == [
        "python -m pip install --no-deps --require-hashes --only-binary :all: "
        "-r requirements/build.txt -r requirements/runtime.txt",
        "python -m pip install --no-deps --no-index --no-build-isolation .",
    ]


@pytest.mark.parametrize(
    ("installed", "why"),
    [
        (None, "is not installed from a file, URL or repository"),
        (Installation("0.1.0"), "is not installed from a file, URL or repository"),
        (Installation("0.1.0", WHEEL), "has no SHA-256"),
        (Installation("0.1.0", "http://example.com/x.whl", sha256=HASH), "can't install plumbline"),
        (Installation("0.1.0", "ssh://git@github.com/a/b", commit=COMMIT), "can't install"),
        (Installation("0.1.0", "file:///srv/plumbline.git", commit=COMMIT), "can't install"),
        (Installation("0.1.0", "file:///tmp"), "which is not in"),
        (Installation("0.1.0", f"file:///gone/{NAME}", sha256=HASH), "can't reach"),
    ],
    ids=["not installed", "an index", "no hash", "http", "ssh", "a local repository",
         "a folder elsewhere", "a file that is gone"],
)  # fmt: skip
def test_what_a_job_can_t_install_is_refused_with_a_fix(
    repository: Repository, installed: Installation | None, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        install_lines(installed, repository, None)
    assert refused.value.key == "--requirements"
    assert "--requirements FILE" in str(refused.value.fix)


def lock(repository: Repository, text: str) -> Path:
    file = repository.project_dir / "requirements.txt"
    file.write_text(f"# locked\npandas==3.1.1 \\\n    --hash=sha256:{HASH}\n{text}\n")
    return file


@pytest.mark.parametrize(
    "line",
    [
        f"plumbline-dq==0.1.0 \\\n    --hash=sha256:{HASH} \\\n    --hash=sha256:{HASH}",
        f"Plumbline_DQ[deployments] == 0.1.0 ; python_version > '3' --hash=sha256:{HASH}",
        f"./wheels/{NAME} --hash=sha256:{HASH}",
        f"{NAME} --hash=sha256:{HASH}",
        f"plumbline-dq @ {WHEEL} --hash=sha256:{HASH}",
        f"plumbline-dq @ file:wheels/{NAME}#sha256={HASH}",
    ],
)
@pytest.mark.parametrize("installed", [None, Installation("0.1.0")], ids=["no record", "0.1.0"])
def test_a_lock_in_the_repository_is_installed(
    repository: Repository, installed: Installation | None, line: str
) -> None:
    assert install_lines(installed, repository, lock(repository, line)) == [
        "python -m pip install --require-hashes -r data/dq/requirements.txt"
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "doesn't lock plumbline-dq"),
        ("plumbline-dq==0.1.0", "doesn't lock"),
        (f"plumbline-dq-extras==0.1.0 --hash=sha256:{HASH}", "doesn't lock"),
        (f"# plumbline-dq==0.1.0 --hash=sha256:{HASH}", "doesn't lock"),
        (f"plumbline-dq>=0.1.0 --hash=sha256:{HASH}", "doesn't lock"),
        (f"plumbline-dq==0.0.9 --hash=sha256:{HASH}", "0.0.9, but 0.1.0 is installed here"),
    ],
)
def test_a_file_that_doesn_t_lock_what_is_installed_is_refused(
    repository: Repository, line: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        install_lines(Installation("0.1.0"), repository, lock(repository, line))
    assert refused.value.fix


def test_a_lock_that_a_job_has_not_is_refused(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        install_lines(None, repository, repository.root / "requirements.txt")
    (tmp_path / "requirements.txt").write_text(f"plumbline-dq==0.1.0 --hash=sha256:{HASH}")
    with pytest.raises(ConfigError, match="which a job checks out"):
        install_lines(None, repository, tmp_path / "requirements.txt")
