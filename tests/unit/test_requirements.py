"""The locked requirements: within the bounds declared, hashed, and silent about registries."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("build", "dbt", "runtime", "local", "dev")


def lock(name: str) -> str:
    """A lock file without its comments."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)


def pins(name: str) -> dict[str, list[Requirement]]:
    """The pins of a lock file; more than one of a package where they depend on the Python."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^([\w.-]+(?:\[[^]\n]+\])?==[^\\\n]+)", lock(name), re.MULTILINE):
        pin = Requirement(line)
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def declared(name: str) -> Iterator[Requirement]:
    """What pyproject.toml, or for dbt its own file, asks for that ``name`` must hold."""
    project = PYPROJECT["project"]
    extras = {
        "runtime": (),
        "local": ("local",),
        "dev": ("local", "analyzer", "benchmark", "test", "docs", "dev"),
    }
    if name == "build":
        asked = list(PYPROJECT["build-system"]["requires"])
    elif name == "dbt":
        lines = (ROOT / "requirements" / "dbt.in").read_text().splitlines()
        asked = [line for line in lines if line and not line.startswith("#")]
    else:
        asked = list(project["dependencies"])
        for extra in extras[name]:
            asked += project["optional-dependencies"][extra]
    for text in asked:
        requirement = Requirement(text)
        if requirement.name != project["name"]:
            yield requirement


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_declared_is_locked_within_its_bounds(name: str) -> None:
    locked = pins(name)
    for requirement in declared(name):
        found = locked.get(canonicalize_name(requirement.name))
        assert found, f"{requirement.name} is not in requirements/{name}.txt: make lock"
        for pin in found:
            (version,) = (spec.version for spec in pin.specifier)
            assert requirement.specifier.contains(version), f"{pin} is not {requirement}: make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_each_pin_has_hashes(name: str) -> None:
    text = lock(name).replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    assert lines
    assert all("==" in line and "--hash=sha256:" in line for line in lines)


@pytest.mark.parametrize("name", LOCKS)
def test_no_registry_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert not re.findall(r"://|--(?:extra-)?index-url|--find-links|--trusted-host", text)


def test_the_locks_agree_with_each_other() -> None:
    widest = pins("dev")
    for name in ("runtime", "local"):
        for package, found in pins(name).items():
            assert {str(pin.specifier) for pin in found} <= {
                str(pin.specifier) for pin in widest[package]
            }, f"{package} differs between {name}.txt and dev.txt: make lock"
