"""What an installer recorded, and how the same is installed again."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from plumbline.core import installation
from plumbline.core.installation import Installation, install_fix, parse_installation

HASH = "ab" * 32
COMMIT = "0123456789" * 4


def distribution(tmp_path: Path, record: dict[str, Any] | None) -> Distribution:
    folder = tmp_path / "plumbline_dq-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: plumbline-dq\nVersion: 0.1.0\n")
    if record is not None:
        (folder / "direct_url.json").write_text(json.dumps(record))
    return PathDistribution(folder)


WHEEL = "https://example.com/plumbline_dq-0.1.0-py3-none-any.whl"
RECORDS: list[tuple[dict[str, Any] | None, str]] = [
    (None, "plumbline-dq[local]==0.1.0"),
    (
        {"url": WHEEL, "archive_info": {"hashes": {"sha256": HASH}, "hash": f"sha256={HASH}"}},
        f"plumbline-dq[local] @ {WHEEL}#sha256={HASH}",
    ),
    (
        {"url": WHEEL, "archive_info": {"hash": f"sha256={HASH}"}},
        f"plumbline-dq[local] @ {WHEEL}#sha256={HASH}",
    ),
    ({"url": WHEEL, "archive_info": {}}, f"plumbline-dq[local] @ {WHEEL}"),
    (
        {
            "url": "https://ana:ghp_secret@github.com/acme/plumbline",
            "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": COMMIT},
        },
        f"plumbline-dq[local] @ git+https://github.com/acme/plumbline@{COMMIT}",
    ),
    (
        {
            "url": "ssh://git@github.com/acme/tools",
            "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            "subdirectory": "plumbline",
        },
        f"plumbline-dq[local] @ git+ssh://git@github.com/acme/tools@{COMMIT}#subdirectory=plumbline",
    ),
    (
        {"url": "file:///gone/plumbline_dq-0.1.0-py3-none-any.whl", "archive_info": {}},
        "/path/to/plumbline_dq.whl[local]",
    ),
]


@pytest.mark.parametrize(("record", "requirement"), RECORDS)
def test_the_same_is_installed_from_the_same_place(
    tmp_path: Path, record: dict[str, Any] | None, requirement: str
) -> None:
    assert parse_installation(distribution(tmp_path, record)).requirement("local") == requirement


def test_a_file_of_this_machine_is_named_by_its_path(tmp_path: Path) -> None:
    wheel = tmp_path / "a folder" / "plumbline_dq-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    record = {"url": wheel.as_uri(), "archive_info": {}}
    assert parse_installation(distribution(tmp_path, record)).requirement() == str(wheel)


@pytest.mark.parametrize(
    ("file", "found", "fix"),
    [
        (None, Installation("0.1.0"), "pip install 'plumbline-dq[local]==0.1.0'"),
        (None, None, "pip install '/path/to/plumbline_dq.whl[local]'"),
        ("uv-receipt.toml", Installation("0.1.0", "https://e.com/p.whl", HASH),
         f"uv tool install --force 'plumbline-dq[local] @ https://e.com/p.whl#sha256={HASH}'"),
        ("pipx_metadata.json", Installation("0.1.0", "https://e.com/p", commit=COMMIT),
         f"pipx install --force 'plumbline-dq[local] @ git+https://e.com/p@{COMMIT}'"),
    ],
    ids=["from an index", "not installed", "uv tool", "pipx"],
)  # fmt: skip
def test_a_fix_installs_an_extra_as_plumbline_was_installed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str | None,
    found: Installation | None,
    fix: str,
) -> None:
    if file is not None:
        (tmp_path / file).touch()
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr(installation, "read_installation", lambda: found)
    assert install_fix("local") == fix


def test_sources_that_are_edited_stay_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Installation("0.1.0", tmp_path.as_uri(), is_editable=True)
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr(installation, "read_installation", lambda: found)
    assert install_fix("local") == f"pip install --editable '{tmp_path}[local]'"
