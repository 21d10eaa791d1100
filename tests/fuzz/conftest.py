"""Fuzzing: cases until the time is over, and how many there were.

``PLUMBLINE_FUZZ_SECONDS`` is the time of all these tests together (a few seconds by default, a
minute in CI, an hour in the weekly workflow). ``PLUMBLINE_FUZZ_SEED`` chooses the cases: by default
the same ones in each run, with a longer time new ones. Both are printed, so that a run can be
repeated.
"""

from __future__ import annotations

import faulthandler
import os
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("PLUMBLINE_FUZZ_SECONDS", "2"))
SEED = int(os.environ.get("PLUMBLINE_FUZZ_SEED") or (0 if SECONDS < 30 else random.getrandbits(32)))
HUNG = 120
"""Seconds after which a case that doesn't come back ends the process, with where it was."""
SLOW = 20
"""Seconds of the processor's time that one case may take."""
CANARY = "canary-7f3a91c2d4"
"""The value of every secret that is planted: it may stand in no output."""

Fuzz = Callable[[Callable[[Any], None], st.SearchStrategy[Any]], None]

_at_once = settings(
    database=None,
    deadline=None,
    max_examples=5 if SECONDS >= 30 else 2,
    suppress_health_check=list(HealthCheck),
)
_tests = 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Share the time among the tests that fuzz."""
    global _tests
    _tests = sum("fuzz" in getattr(item, "fixturenames", ()) for item in items) or 1


@pytest.fixture
def fuzz(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Fuzz:
    """Calls a check with drawn values, again and again, until this test's share is over."""

    def run(check: Callable[[Any], None], drawn: st.SearchStrategy[Any]) -> None:
        cases, until = 0, time.monotonic() + SECONDS / _tests

        def one(value: Any) -> None:
            nonlocal cases
            cases += 1
            began = time.thread_time()
            faulthandler.dump_traceback_later(HUNG, exit=True)
            try:
                check(value)
            finally:
                faulthandler.cancel_dump_traceback_later()
            assert time.thread_time() - began < SLOW, "it takes too long"

        round_ = 0
        try:
            while time.monotonic() < until:
                seed(f"{SEED} {request.node.name} {round_}")(_at_once(given(drawn)(one)))()
                round_ += 1
        finally:
            record_property("fuzz", f"{cases} cases in {round_} rounds, seed {SEED}")

    return run


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how many cases there were."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, said in getattr(report, "user_properties", ()):
                if name == "fuzz":
                    terminalreporter.write_line(f"fuzz: {report.nodeid}: {said}")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plant a canary in each place where a secret of the environment may stand."""
    for name in (
        "SLACK_WEBHOOK_URL_ERROR",
        "SLACK_WEBHOOK_URL_WARNING",
        "SLACK_BOT_TOKEN",
        "PLUMBLINE_MASK_KEY",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.setenv(name, CANARY)
