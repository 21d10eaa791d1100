"""The page of the architecture is drawn from the code as it is, and the decisions are all listed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from generators import architecture

ROOT = Path(__file__).parents[2]


def test_arrows_up_are_drawn_and_shortcuts_down_are_not() -> None:
    edges = {("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")}
    lines = architecture.draw_edges(["a", "b", "c"], edges)
    assert lines == ["    a --> b", "    b --> c", "    c -.-> a"]


def test_imports_of_every_kind_count() -> None:
    tree = ast.parse(
        "from plumbline.run import x\n"
        "if TYPE_CHECKING:\n    from plumbline.site import y\n"
        "def f():\n    import plumbline.history.loads\n    from plumbline import models\n"
    )
    assert architecture.imported_packages(tree) == {"run", "site", "history", "models"}


def test_every_package_has_its_place_in_the_order() -> None:
    packages = {init.parent.name for init in architecture.PACKAGE.glob("*/__init__.py")}
    assert set(architecture.read_order()) == packages


def test_every_decision_is_listed_in_its_order() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(file.name for file in folder.glob("0*.md"))
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.M)
    assert [name for _, _, name in listed] == files
    for number, title, name in listed:
        assert (folder / name).read_text().startswith(f"# {number}. {title}\n")
