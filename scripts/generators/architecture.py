"""The drawing of docs/architecture.md: which rooms of the package build on which."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from generators.cli import ROOT

PACKAGE = ROOT / "plugins" / "plumbline"
PAGE = Path("docs/architecture.md")
BEGIN, END = "<!-- made by scripts/generators -->", "<!-- until here -->"

Edge = tuple[str, str]
"""Two rooms, of which the first imports from the second."""


def read_order() -> Sequence[str]:
    """The rooms from top to bottom, as the import contract in pyproject.toml orders them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return tuple(layers)


def describe_room(room: str) -> str:
    """The first sentence of what a room says of itself."""
    text = (PACKAGE / room / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    return " ".join(re.split(r"(?<=\.)\s", docstring)[0].split())


def read_edges(rooms: Sequence[str]) -> Set[Edge]:
    """All imports between rooms: at the top of a file, within a function, for types alone."""
    return {
        (room, other)
        for room in rooms
        for file in (PACKAGE / room).rglob("*.py")
        for other in imported_rooms(ast.parse(file.read_text(encoding="utf-8")))
        if other != room
    }


def imported_rooms(tree: ast.AST) -> set[str]:
    """The rooms that a file imports from."""
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
    """A solid arrow down to each room that no longer way down leads to; each import that points
    up, as a dotted arrow."""
    reach: dict[str, set[str]] = {}
    lines = []
    for position in reversed(range(len(order))):
        room, below = order[position], order[position + 1 :]
        direct = {other for other in below if (room, other) in edges}
        further = set().union(*(reach[other] for other in direct))
        reach[room] = direct | further
        lines += [f"    {room} --> {other}" for other in direct - further]
        lines += [f"    {room} -.-> {up}" for up in order[:position] if (room, up) in edges]
    return sorted(lines)


def draw(order: Sequence[str], edges: Set[Edge]) -> str:
    """A Mermaid diagram, and a table of the rooms from top to bottom."""
    lines = ["```mermaid", "flowchart TD", *draw_edges(order, edges), "```", ""]
    lines += ["| package | content | imports from |", "|---|---|---|"]
    for room in order:
        used = ", ".join(other for other in order if (room, other) in edges) or "nothing"
        lines.append(f"| `{room}/` | {describe_room(room).replace('``', '`')} | {used} |")
    return "\n".join(lines)


def make_files() -> Mapping[Path, str]:
    """The page, with its middle made anew."""
    order = read_order()
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return {PAGE: f"{before}{BEGIN}\n\n{draw(order, read_edges(order))}\n\n{END}{after}"}
