"""The drawing of docs/architecture.md: which packages of plumbline import which."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from generators.cli import ROOT
from generators.markdown import table

PACKAGE = ROOT / "plugins" / "plumbline"
PAGE = Path("docs/architecture.md")
BEGIN, END = "<!-- made by scripts/generators -->", "<!-- until here -->"

Edge = tuple[str, str]
"""Two packages, of which the first imports from the second."""


def read_order() -> Sequence[str]:
    """The packages from top to bottom, as the import contract in pyproject.toml orders them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return tuple(layers)


def describe_package(package: str) -> str:
    """The first sentence of what a package says of itself."""
    text = (PACKAGE / package / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    return " ".join(re.split(r"(?<=\.)\s", docstring)[0].split())


def read_edges(packages: Sequence[str]) -> Set[Edge]:
    """All imports between packages: at the top of a file, within a function, for types alone."""
    return {
        (package, other)
        for package in packages
        for file in (PACKAGE / package).rglob("*.py")
        for other in imported_packages(ast.parse(file.read_text(encoding="utf-8")))
        if other != package
    }


def imported_packages(tree: ast.AST) -> set[str]:
    """The packages that a file imports from."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "plumbline":
            names += [f"plumbline.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("plumbline.")}


def draw_edges(order: Sequence[str], edges: Set[Edge]) -> Sequence[str]:
    """A solid arrow down to each package that no longer way down leads to; each import that points
    up, as a dotted arrow."""
    reach: dict[str, set[str]] = {}
    lines = []
    for position in reversed(range(len(order))):
        package, below = order[position], order[position + 1 :]
        direct = {other for other in below if (package, other) in edges}
        further = set().union(*(reach[other] for other in direct))
        reach[package] = direct | further
        lines += [f"    {package} --> {other}" for other in direct - further]
        lines += [f"    {package} -.-> {up}" for up in order[:position] if (package, up) in edges]
    return sorted(lines)


def draw(order: Sequence[str], edges: Set[Edge]) -> str:
    """A Mermaid diagram, and a table of the packages from top to bottom."""
    lines = ["```mermaid", "flowchart TD", *draw_edges(order, edges), "```", ""]
    rows = []
    for package in order:
        used = ", ".join(other for other in order if (package, other) in edges) or "nothing"
        rows.append((f"`{package}/`", describe_package(package).replace("``", "`"), used))
    return "\n".join([*lines, table(("package", "content", "imports from"), rows)])


def make_files() -> Mapping[Path, str]:
    """The page, with its middle made anew."""
    order = read_order()
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {PAGE: f"{before}{BEGIN}\n\n{draw(order, read_edges(order))}\n\n{END}{after}"}
