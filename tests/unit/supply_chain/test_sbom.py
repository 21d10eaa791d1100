"""The bill of materials lists all that is locked; the image's lists what is installed there."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from supply_chain.cli import main
from support.pages import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
RUNTIME = ROOT / "requirements" / "runtime.txt"


def written(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["sbom", *arguments]) == 0
    bill: dict[str, Any] = json.loads(capsys.readouterr().out)
    return bill


def names(bill: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["version"]) for one in bill["components"]]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_it_lists_each_locked_package_with_each_hash_and_nothing_else(
    lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = lock.read_text()
    bill = written(capsys, str(lock))
    pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^\s;]+)", text, re.MULTILINE)
    assert names(bill) == [(name.replace("_", "-").lower(), version) for name, version in pinned]
    hashes = re.findall(r"--hash=sha256:(\w+)", text)
    assert hashes == [
        one["content"]
        for component in bill["components"]
        for one in component["externalReferences"][0]["hashes"]
    ]


def test_each_component_is_identified_once_by_its_package_url(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bill = written(capsys, str(RUNTIME))
    urls = [one["purl"] for one in bill["components"]]
    assert urls == [f"pkg:pypi/{name}@{version}" for name, version in names(bill)]
    assert len(urls) == len(set(urls))


def test_the_images_has_only_what_its_python_and_platform_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "here==1 ; python_version >= '3' \\\n    --hash=sha256:" + "0" * 64 + "\n"
        "elsewhere==2 ; sys_platform == 'none' \\\n    --hash=sha256:" + "1" * 64 + "\n"
    )
    assert names(written(capsys, "--here", str(lock))) == [("here", "1")]
    both = written(capsys, str(lock))["components"]
    assert [one["properties"][0]["value"] for one in both] == [
        'python_version >= "3"',
        'sys_platform == "none"',
    ]


def test_licences_are_those_that_installed_packages_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        f"attrs=={version('attrs')} \\\n    --hash=sha256:" + "0" * 64 + "\n"
        "not-installed==2 \\\n    --hash=sha256:" + "1" * 64 + "\n"
    )
    installed, missing = written(capsys, str(lock))["components"]
    assert installed["licenses"] == [{"expression": "MIT"}]
    assert "licenses" not in missing
