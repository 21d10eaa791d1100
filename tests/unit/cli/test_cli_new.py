"""`plumbline new monitor`: what it asks on a terminal, and what it says without one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from plumbline.cli.new import _ask_numbers, _numbers
from plumbline.scaffold.project import make_project
from unit.cli.conftest import Plumbline

GIVEN = ("--table", "shop.orders", "--kind", "count", "--date-column", "ordered_on",
         "--warning", "40", "--critical", "20")  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of somebody's own, as the working directory."""
    root = make_project(tmp_path / "shop", name=None, example=True).root
    monkeypatch.chdir(root)
    return root


class Terminal:
    """Somebody who answers, and what they were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: str) -> None:
        self.asked: list[str] = []
        self._answers = answers
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(click, "prompt", self._prompt)

    def _prompt(self, question: str, **_: Any) -> str:
        self.asked.append(question)
        return next(said for word, said in self._answers.items() if word in question)


def test_on_a_terminal_it_asks_for_the_groups_and_the_owner(
    shop: Path, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(monkeypatch, group="country, order_id", Owner="ana")
    assert plumbline("new", "monitor", "orders", *GIVEN).code == 0
    assert len(terminal.asked) == 2
    suite = json.loads((shop / "expectations/orders.json").read_text())
    assert suite["meta"]["monitor"]["owner"] == "ana"
    assert suite["expectations"][0]["kwargs"]["group_by"] == ["country", "order_id"]


def test_a_question_has_room_on_the_terminal_and_ends_with_its_default(
    shop: Path, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plumbline.cli.new.terminal_width", lambda _: 60)
    terminal = Terminal(monkeypatch, ratio="count", group="none", Owner="ana")
    assert plumbline("new", "monitor", "orders", *GIVEN[:2], *GIVEN[4:]).code == 0
    assert max(len(line) for one in terminal.asked for line in one.splitlines()) < 60
    assert [one.split()[-1] for one in terminal.asked] == ["[ratio]:", "[none]:", "Owner:"]
    suite = json.loads((shop / "expectations/orders.json").read_text())
    assert "group_by" not in suite["expectations"][0]["kwargs"]


def test_on_a_terminal_a_wrong_answer_is_asked_for_again(
    shop: Path, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["counts", "count", "many", "40", "20", "", "ana"])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    said = plumbline("new", "monitor", "orders", *GIVEN[:2], *GIVEN[4:6])
    assert said.code == 0
    assert "'counts' is not one of 'ratio', 'count'" in said.err
    assert "'many' is not a valid float" in said.err


@pytest.mark.parametrize(
    ("given", "missing", "command"),
    [
        (
            GIVEN,
            "--owner is missing",
            "--table shop.orders --kind count --date-column ordered_on --warning 40 --critical 20"
            " --owner WHO,",
        ),
        (
            (),
            "--table, --kind, --condition, --warning, --critical, --owner are missing"
            " (for a ratio; other kinds require others)",
            "--table DATASET.TABLE --kind ratio --condition SQL --warning NUMBER"
            " --critical NUMBER --owner WHO,",
        ),
        (
            ("--kind", "ratio", "--critical", "99.5", "--group-by", "a b", "--group-by", "c"),
            "--table, --condition, --owner are missing",
            "--kind ratio --group-by 'a b' --group-by c --critical 99.5 --table DATASET.TABLE"
            " --condition SQL --owner WHO,",
        ),
        (
            ("--kind", "freshness", "--no-date"),
            "--table, --column, --warning-above, --critical-above, --owner are missing",
            "--kind freshness --no-date --table DATASET.TABLE --column COLUMN"
            " --warning-above NUMBER --critical-above NUMBER --owner WHO,",
        ),
        (
            ("--kind", "references", "--table", "shop.orders"),
            "--column, --to, --owner are missing",
            "--kind references --column COLUMN --to TABLE.COLUMN --owner WHO,",
        ),
        (
            ("--kind", "unique", "--table", "shop.none"),
            "--column, --owner are missing",
            "--table shop.none --kind unique --column COLUMN --owner WHO,",
        ),
    ],
    ids=["owner", "everything", "a_ratio", "freshness", "references", "unique"],
)
def test_without_a_terminal_all_missing_options_are_named_with_the_line_to_complete(
    shop: Path, plumbline: Plumbline, given: tuple[str, ...], missing: str, command: str
) -> None:
    said = plumbline("new", "monitor", "orders", *given)
    assert said.code == 64
    told = " ".join(said.err.split())
    assert f"{missing} fix: complete plumbline new monitor orders " in told
    assert command in told
    assert not (shop / "expectations/orders.json").exists()


@pytest.mark.parametrize("groups", [(), ("--group-by", "country")], ids=["whole", "grouped"])
def test_lint_has_nothing_to_say_of_what_was_written(
    shop: Path, plumbline: Plumbline, groups: tuple[str, ...]
) -> None:
    said = plumbline("new", "monitor", "orders", *GIVEN, *groups, "--owner", "ana")
    assert (said.code, said.err) == (0, "")
    assert "nothing to fix" in plumbline("lint").out


def test_what_can_not_be_a_checkpoint_leaves_nothing_behind(
    shop: Path, plumbline: Plumbline
) -> None:
    before = sorted(shop.parent.rglob("*"))
    said = plumbline(
        "new", "monitor", "orders", *GIVEN, "--owner", "ana", "--checkpoint", "../../escape"
    )
    assert said.code == 64
    assert "is not a valid name for a checkpoint" in said.err
    assert sorted(shop.parent.rglob("*")) == before


def test_proposals_are_asked_for_until_the_answer_is_a_choice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["1 2 99", "0", "3-1", "two", "1-2 - 3", "1-3,5"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    assert _ask_numbers(5) == {1, 2, 3, 5}
    said = capsys.readouterr().err
    for fault in ("99 is not between 1 and 5", "0 is not", "3-1 is not", "'two' is not a number"):
        assert fault in said
    assert "write all, none, or numbers such as 1-3,5" in said


def test_all_or_none_is_a_choice() -> None:
    assert list(_numbers("ALL", 3)) == [1, 2, 3]
    assert list(_numbers("none", 3)) == []
    assert _numbers("2 - 3 1", 3) == {1, 2, 3}


def test_a_monitor_is_listed_once(shop: Path, plumbline: Plumbline) -> None:
    given = ("new", "monitor", "orders", *GIVEN, "--owner", "ana", "--checkpoint", "mine")
    assert "wrote checkpoints/mine.json" in plumbline(*given).out
    for name in ("models/monitors/orders.sql", "models/monitors/orders.yml",
                 "expectations/orders.json", "docs/runbooks/orders.md",
                 "tests/monitors/test_orders.py"):  # fmt: skip
        (shop / name).unlink()
    assert "checkpoints/mine.json" not in plumbline(*given).out
    listed = json.loads((shop / "checkpoints/mine.json").read_text())["validation_definitions"]
    assert listed == [{"name": "orders"}]
