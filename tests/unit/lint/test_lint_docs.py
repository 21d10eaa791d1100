"""``docs/lint.md`` and the pre-commit hooks say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from plumbline.cli.main import build_root
from plumbline.lint.facts import Facts
from plumbline.lint.models import Models
from plumbline.lint.registry import RULES
from plumbline.project import Project

ROOT = Path(__file__).parents[3]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def test_every_rule_has_its_line_on_the_page() -> None:
    page = (ROOT / "docs/lint.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert page.count(f"\n| `{rule.code}` | {rule.severity} | ") == 1


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_is_a_command_that_is_there(hook: dict[str, str]) -> None:
    program, *arguments = hook["entry"].split()
    assert program == "plumbline"
    root = build_root()
    with root.make_context("plumbline", list(arguments)) as context:
        name, command, rest = root.resolve_command(context, arguments)
    assert name == "lint"
    assert command is not None
    # made as the program makes it: click keeps the help option of whoever asks first
    command.make_context(name, [*rest])


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_is_run_for_every_file_that_lint_reads(hook: dict[str, str]) -> None:
    facts = Facts(Project(ROOT))
    read = [document.file for document in facts.all_documents]
    read += [template.file for template in Models(facts).watched_templates]
    names = [file.relative_to(ROOT).as_posix() for file in read]
    assert len(names) > 20
    assert [name for name in names if not re.search(hook["files"], name)] == []
    assert not re.search(hook["files"], "README.md")
    assert not re.search(hook["files"], "plugins/plumbline/lint/models.py")
