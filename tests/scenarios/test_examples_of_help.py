"""Each example in a help that needs a warehouse is typed for real, on one of its own."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from support.examples import Shown, Terminal, examples
from support.season import copy_season

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

NEEDS_WAREHOUSE = [shown for shown in examples() if not shown.is_cheap]
STOPS_IT = ("plumbline warehouse stop", "plumbline warehouse reset")

# The demo data is judged on its own day, which is CRITICAL.
SERVES = "plumbline docs serve --port 8081"
"""It ends by Ctrl-C: see test_docs_command."""

ACCEPTS = "plumbline accept orders"
ACCEPTING = {
    "name": "orders",
    "meta": {"monitor": {"table": "nba_reference.nba_schedule"}},
    "expectations": [{"type": "expect_schema_not_to_change"}],
}
"""A suite over a table, which the demo project has none of."""

CODES = {
    "plumbline run": 2,
    "plumbline run --as-of 2026-02-02": 2,
    "plumbline run health_check_full --format json": 2,
    # Neither Cloud Run nor the platform's repository is here.
    "plumbline deploy drift": 3,
    "plumbline deploy drift prediction-worker --no-record": 3,
    "plumbline deploy drift --issues acme/platform --dry-run": 3,
    "plumbline deploy check prediction-worker": 3,
    "plumbline deploy check prediction-worker --no-tests --format json": 3,
    # No channel is configured here.
    "plumbline alerts test": 3,
    "plumbline alerts test --channel slack-error": 3,
    'plumbline alerts close line_coverage --by ana --reason "feed retired"': 3,
    "plumbline alerts flush": 3,
    "plumbline alerts flush --force": 3,
}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Terminal]:
    opened = Terminal.open(tmp_path_factory.mktemp("examples"))
    copy_season(opened.state_dir, tmp_path_factory, worker_id)
    # So that there is an incident to look at; nobody can be told of it.
    assert opened.type("plumbline run --alerts").returncode == 2
    yield opened
    opened.type("plumbline warehouse stop")


@pytest.mark.parametrize("shown", NEEDS_WAREHOUSE, ids=str)
def test_an_example_that_needs_a_warehouse_works(terminal: Terminal, shown: Shown) -> None:
    if shown.line in STOPS_IT or shown.line == "plumbline warehouse status":
        assert terminal.type("plumbline warehouse start").returncode == 0
    if shown.line == ACCEPTS:
        (terminal.project / "expectations" / "orders.json").write_text(json.dumps(ACCEPTING))
    done = (
        terminal.type_and_stop(shown.typed, signal.SIGINT)
        if shown.line == SERVES
        else terminal.type(shown.typed)
    )
    expected = {CODES[shown.line]} if shown.line in CODES else {0, 1, 2} & shown.exit_codes
    assert done.returncode in expected, done.stderr
    assert "error:" not in done.stderr
    assert done.stdout
    if any(
        word in shown.line for word in ("--fix", "--write", "--export", "plumbline new ", ACCEPTS)
    ):
        # which are there to change files
        terminal.type("git checkout -q -- . && git clean -qfd")


def test_every_code_that_is_expected_here_is_of_an_example() -> None:
    assert set(CODES) | set(STOPS_IT) <= {shown.line for shown in NEEDS_WAREHOUSE}


def test_examples_change_no_tracked_file(terminal: Terminal) -> None:
    changed = terminal.type("git status --porcelain --untracked-files=all").stdout
    assert changed == ""
