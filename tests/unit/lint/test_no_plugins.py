"""``lint --no-plugins``: none of a project's code is run, and what it defines is no finding."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.lint_project import LintedProject, make_linted
from unit.lint.test_rules import CHECKPOINT, SUITE

HARM = """
    from pathlib import Path

    Path(__file__).with_name("harm").touch()


    class {name}:
        type = "pigeon"
    """


@pytest.fixture
def linted(tmp_path: Path) -> LintedProject:
    return make_linted(tmp_path)


def codes(linted: LintedProject) -> list[str]:
    return [finding.rule.code for finding in linted.lint(plugins=False).findings]


@pytest.mark.parametrize(
    "file", ["plugins/ours.py", "plugins/ours/__init__.py", "plugins/ours/inner/a.py"]
)
def test_what_a_plugin_defines_is_accepted_and_not_run(linted: LintedProject, file: str) -> None:
    (linted.root / "plugins/ours/inner").mkdir(parents=True)
    (linted.root / "plugins/ours/__init__.py").touch()
    linted.write(file, HARM.format(name="ExpectOurOwnThing"))
    linted.replace(SUITE, '"type": "expect_metric_to_be_between"', '"type": "expect_our_own_thing"')
    linted.replace(CHECKPOINT, '"type": "slack"', '"type": "pigeon"')
    assert codes(linted) == []
    assert not list(linted.root.rglob("harm"))
    assert "ours" not in sys.modules


def test_a_type_that_no_plugin_names_is_still_unknown(linted: LintedProject) -> None:
    linted.write("plugins/ours.py", HARM.format(name="ExpectOurOwnThing"))
    linted.replace(SUITE, '"type": "expect_metric_to_be_between"', '"type": "expect_our_own_thin"')
    linted.replace(CHECKPOINT, '"type": "slack"', '"type": "pigeons"')
    assert set(codes(linted)) == {"expectation-unknown-type", "checkpoint-unknown-action"}
    assert not list(linted.root.rglob("harm"))
