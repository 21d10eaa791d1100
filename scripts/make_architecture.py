"""Draw which rooms of the package build on which, from its imports, into docs/architecture.md.

python scripts/make_architecture.py            # write
python scripts/make_architecture.py --check    # say whether it is stale; exit code 1
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "plugins" / "plumbline"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- made by scripts/make_architecture.py -->", "<!-- until here -->"

Graph = Mapping[str, frozenset[str]]
Counts = Mapping[tuple[str, str], int]
"""By two rooms: how many files of the first import the second."""


def read_rooms() -> Mapping[str, str]:
    """Each folder of the package, and the first sentence of what it says of itself."""
    found = {}
    for folder in sorted(PACKAGE.iterdir()):
        init = folder / "__init__.py"
        if init.is_file():
            said = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
            found[folder.name] = " ".join(re.split(r"(?<=\.)\s", said)[0].split())
    return found


def count_imports(rooms: Mapping[str, str]) -> Counts:
    """Imports made at once or when they are used; not those for types alone."""
    found: dict[tuple[str, str], int] = {}
    for room in rooms:
        for file in (PACKAGE / room).rglob("*.py"):
            for other in _imported(ast.parse(file.read_text(encoding="utf-8"))) & set(rooms):
                if other != room:
                    found[room, other] = found.get((room, other), 0) + 1
    return found


def mainly(rooms: Mapping[str, str], counts: Counts) -> Graph:
    """Without circles: of each, the direction that the fewest files take is left out."""
    left = dict(counts)
    while True:
        graph = {room: frozenset(b for a, b in left if a == room) for room in rooms}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as fault:
            circle = fault.args[1]  # each is imported by the one after it
            around = [(later, room) for room, later in pairwise(circle)]
            del left[min(around, key=lambda edge: (left[edge], edge))]
        else:
            return graph


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "plumbline":
                names = [f"plumbline.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            found |= _imported(node)
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("plumbline.")}
    return found


def without_shortcuts(graph: Graph) -> Graph:
    """Only edges that no longer way stands for."""
    reach: dict[str, set[str]] = {}
    found = {}
    for room in TopologicalSorter(graph).static_order():  # what it builds on comes first
        further: set[str] = set().union(*(reach[other] for other in graph[room]))
        found[room] = frozenset(graph[room] - further)
        reach[room] = further | set(graph[room])
    return found


def draw(rooms: Mapping[str, str], counts: Counts) -> str:
    """A Mermaid diagram, and a table of the rooms."""
    lines = ["```mermaid", "flowchart TD"]
    for room, others in sorted(without_shortcuts(mainly(rooms, counts)).items()):
        lines += [f"    {room} --> {other}" for other in sorted(others)]
    lines += ["```", "", "| room | what is in it | imports, in so many files |", "|---|---|---|"]
    for room, said in rooms.items():
        used = sorted(
            ((count, other) for (one, other), count in counts.items() if one == room),
            key=lambda pair: (-pair[0], pair[1]),
        )
        shown = ", ".join(f"{other} {count}" for count, other in used) or "nothing"
        lines.append(f"| `{room}/` | {said.replace('``', '`')} | {shown} |")
    return "\n".join(lines)


def make_page() -> str:
    """The page, with its middle made anew."""
    rooms = read_rooms()
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{draw(rooms, count_imports(rooms))}\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` only say whether it is stale; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    made = make_page()
    if made == PAGE.read_text(encoding="utf-8"):
        return 0
    if check:
        print(f"{PAGE.relative_to(ROOT)} is stale: run python scripts/make_architecture.py")
        return 1
    PAGE.write_text(made, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
