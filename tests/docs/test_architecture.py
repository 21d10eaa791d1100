"""The page of the architecture is drawn from the code as it is, and the decisions are all listed."""

from __future__ import annotations

import re
from pathlib import Path

import make_architecture

ROOT = Path(__file__).parents[2]


def test_the_drawing_is_of_the_code_as_it_is() -> None:
    assert make_architecture.main(["--check"]) == 0, "run python scripts/make_architecture.py"


def test_circles_are_broken_where_the_fewest_files_go() -> None:
    rooms = {"a": "", "b": "", "c": ""}
    counts = {("a", "b"): 5, ("b", "c"): 4, ("c", "a"): 1, ("a", "c"): 2}
    graph = make_architecture.mainly(rooms, counts)
    assert graph == {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert make_architecture.without_shortcuts(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_imports_for_types_alone_do_not_count() -> None:
    import ast

    tree = ast.parse(
        "from plumbline.run import x\n"
        "if TYPE_CHECKING:\n    from plumbline.site import y\n"
        "def f():\n    import plumbline.history.loads\n    from plumbline import models\n"
    )
    assert make_architecture._imported(tree) == {"run", "history", "models"}


def test_every_decision_is_listed_in_its_order() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(file.name for file in folder.glob("0*.md"))
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.M)
    assert [name for _, _, name in listed] == files
    for number, title, name in listed:
        assert (folder / name).read_text().startswith(f"# {number}. {title}\n")
