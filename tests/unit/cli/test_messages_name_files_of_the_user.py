"""No message points to a file that only plumbline's repository has: users install a wheel."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import plumbline
from support.examples import commands

PACKAGE = Path(plumbline.__file__).parent
OURS = re.compile(
    r"\bdocs/(?!runbooks/)[\w-]+\.md|\bscripts/\w|\bMakefile\b|\bCONTRIBUTING\b"
    r"|`make [a-z]|\bmake (?:health-check|test|lint|demo|docs-site|generate)\b"
)
OF_THE_DEMO = {"deploy/platform.py"}
"""Said on the demo season only, which is in the repository."""


def test_no_message_names_a_file_of_the_repository() -> None:
    found = [
        f"{file.relative_to(PACKAGE)}:{line}: {text}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if str(file.relative_to(PACKAGE)) not in OF_THE_DEMO and OURS.search(file.read_text())
        for line, text in _texts(file)
        if OURS.search(text)
    ]
    assert found == []


def test_no_help_names_a_file_of_the_repository() -> None:
    texts = {
        " ".join(path): [
            command.help or "",
            *(str(getattr(one, "help", "")) for one in command.params),
        ]
        for path, command in commands()
    }
    assert {path for path, lines in texts.items() if OURS.search("\n".join(lines))} == set()


def test_no_file_of_a_new_project_names_a_file_of_the_repository() -> None:
    templates = PACKAGE / "scaffold" / "templates"
    texts = {file.name: file.read_text() for file in templates.rglob("*") if file.is_file()}
    assert {name for name, text in texts.items() if OURS.search(text)} == set()


def _texts(file: Path) -> Iterator[tuple[int, str]]:
    """Every text in a module that is no docstring, with its line."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = (
        node.body
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    docstrings = {
        id(statement.value)
        for body in bodies
        for statement in body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings:
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value
