"""A name that begins with an underscore is used in its own package only.

A package is a folder of plumbline. What another package needs is a public name, so that a reader
finds every use of what is private within its own package.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "plugins" / "plumbline"

GREAT_EXPECTATIONS = {"_datasource"}
"""Names of Great Expectations' that a package of ours happens to use for its own as well."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def package_of(path: str) -> str:
    return path.split("/")[0]


@dataclass
class Names:
    """The private names of a file."""

    defined: set[str] = field(default_factory=set)
    """Members of its classes."""
    used: set[str] = field(default_factory=set)
    """Attributes of anything."""
    imported: set[tuple[str, str]] = field(default_factory=set)
    """The module of plumbline's, and its name."""

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Attribute(attr=name) if is_private(name):
                self.used.add(name)
                if isinstance(node.ctx, ast.Store) and (
                    isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
                ):
                    self.defined.add(name)
            case ast.Call(
                func=ast.Name(id="getattr" | "setattr" | "hasattr"),
                args=[_, ast.Constant(value=str(name)), *_],
            ) if is_private(name):
                self.used.add(name)
            case ast.ClassDef(body=body):
                self.defined.update(filter(is_private, members(body)))
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("plumbline."):
                self.imported.update((module, one.name) for one in names if is_private(one.name))


def members(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                yield name


@cache
def files() -> Mapping[str, Names]:
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        names = found[file.relative_to(PACKAGE).as_posix()] = Names()
        for node in ast.walk(ast.parse(file.read_text())):
            names.read(node)
    return found


def packages_by_member() -> Mapping[str, set[str]]:
    packages: dict[str, set[str]] = defaultdict(set)
    for path, names in files().items():
        for name in names.defined:
            packages[name].add(package_of(path))
    return packages


def test_no_room_uses_another_rooms_private_members() -> None:
    packages = packages_by_member()
    found = {
        (path, name)
        for path, names in files().items()
        for name in names.used - GREAT_EXPECTATIONS
        if packages.get(name) and package_of(path) not in packages[name]
    }
    assert found == set(), "make it a public name, or ask its owner for what it is used for"


def test_no_room_imports_another_rooms_private_names() -> None:
    found = [
        f"{path}: {module}.{name}"
        for path, names in files().items()
        for module, name in sorted(names.imported)
        if module.split(".")[1] != package_of(path)
    ]
    assert found == []
