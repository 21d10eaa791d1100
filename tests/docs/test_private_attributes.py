"""A name that begins with an underscore is used in its own package only.

A package is a folder of plumbline. What another package needs is a public name, so that a reader
finds every use of what is private within its own package.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "plugins" / "plumbline"

GREAT_EXPECTATIONS = {"_datasource"}
"""Names of Great Expectations' that a package of ours happens to use for its own as well."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def trees() -> Mapping[str, ast.Module]:
    return {
        file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text())
        for file in sorted(PACKAGE.rglob("*.py"))
    }


def package_of(path: str) -> str:
    return path.split("/")[0]


def defined(tree: ast.AST) -> Iterator[str]:
    """The private members that classes of ``tree`` define."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                match inner:
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        yield name
                    case ast.AnnAssign(target=ast.Name(id=name)):
                        yield name
                    case ast.Assign(targets=[ast.Name(id=name)]):
                        yield name
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name


def used(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Call(
                func=ast.Name(id="getattr" | "setattr" | "hasattr"),
                args=[_, ast.Constant(value=str(name)), *_],
            ):
                yield name


def packages_by_member(files: Mapping[str, ast.Module]) -> Mapping[str, set[str]]:
    packages: dict[str, set[str]] = defaultdict(set)
    for path, tree in files.items():
        for name in defined(tree):
            packages[name].add(package_of(path))
    return packages


def test_no_room_uses_another_rooms_private_members() -> None:
    files = trees()
    packages = packages_by_member(files)
    found = {
        (path, name)
        for path, tree in files.items()
        for name in used(tree)
        if is_private(name)
        and name not in GREAT_EXPECTATIONS
        and packages.get(name)
        and package_of(path) not in packages[name]
    }
    assert found == set(), "make it a public name, or ask its owner for what it is used for"


def test_no_room_imports_another_rooms_private_names() -> None:
    found = [
        f"{path}: {node.module}.{alias.name}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("plumbline.")
        for alias in node.names
        if is_private(alias.name) and str(node.module).split(".")[1] != package_of(path)
    ]
    assert found == []
