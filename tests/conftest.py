"""For all tests: their order, how hypothesis looks for examples, and that no process outlives them.

repeatable   the default: the same examples in every run, and no limit on the time of one, because
             other tests use the machine too
weekly       HYPOTHESIS_PROFILE=weekly: ten times as many, new ones each time, the tests that are
             marked `weekly`, and all cases of `support.sampled` (.github/workflows/matrix.yml)
long         HYPOTHESIS_PROFILE=long: many more, new ones each time
"""

from __future__ import annotations

import gc
import os
import shlex
import shutil
import tempfile
from collections import deque
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from plumbline.net import secret
from plumbline.warehouse import embedded
from support.leftovers import end_leftovers, watch_for_leftovers
from support.warm_python import share_warm_python, stop_warm_python, warm_python

gc.disable()  # until all is collected: what is imported stays

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "repeatable", max_examples=50, derandomize=True, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile("weekly", max_examples=500, deadline=None, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

embedded.python_command = warm_python

TESTS = Path(__file__).parent
FIRST = (
    *("dbt", "scenarios", "warehouse", "definitions", "browser", "bench", "gx", "docs"),
    *("unit/site", "unit/demo_season", "unit/lint", "unit/backtest"),
)
"""Folders whose files take longest. A file's tests stay together, so a long one that begins last
would keep one worker busy while the others have nothing left. Those of dbt need no season, which
the first scenario fills while the other workers would wait for it."""


IN_MEMORY = Path("/dev/shm")
IN_MEMORY_BYTES = 6 * 1024**3
"""What has to be free there, so that the files never take memory that the tests need."""


def keep_temporary_files_in_memory() -> None:
    """Have this process and those that it starts make their temporary files in memory.

    Tests write 100,000 small files, and most of what plumbline writes waits for the disk. Where
    the user has named a folder (``TMPDIR``), or programs may not run from memory, nothing changes.
    """
    if "TMPDIR" in os.environ or not os.access(IN_MEMORY, os.W_OK):
        return
    no_programs = os.statvfs(IN_MEMORY).f_flag & os.ST_NOEXEC
    if not no_programs and shutil.disk_usage(IN_MEMORY).free >= IN_MEMORY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)


def pytest_configure(config: pytest.Config) -> None:
    """See to it that nothing is left; workers are to share one warm Python."""
    keep_temporary_files_in_memory()
    watch_for_leftovers(config)
    if config.getoption("dist", "no") != "no":
        share_warm_python()
        if not config.getoption("cov_source", None):
            # Workers that have imported Great Expectations and the package: it is half of what
            # collecting the tests takes. Coverage has to see the imports.
            config.option.tx = [
                f"{one}//python={shlex.join(warm_python())}" for one in config.option.tx
            ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is checked weekly; put the long files first."""
    if settings.get_current_profile_name() == "repeatable":
        weekly = [item for item in items if item.get_closest_marker("weekly")]
        config.hook.pytest_deselected(items=weekly)
        items[:] = [item for item in items if not item.get_closest_marker("weekly")]

    slow = {item.path for item in items if item.get_closest_marker("slow")}

    @cache
    def place(path: Path) -> tuple[int, bool]:
        file = path.relative_to(TESTS)
        found = (place for place, folder in enumerate(FIRST) if file.is_relative_to(folder))
        return next(found, len(FIRST)), path not in slow

    items.sort(key=lambda item: place(item.path))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the garbage collector look only at what tests make, not at modules and 12,000 items."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Stop what the fixtures don't, then see to it that nothing is left."""
    stop_warm_python()
    end_leftovers()


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: two workers a core, because tests often wait for a server; more gain nothing."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def no_secret_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that one test reads must not be hidden in the texts of the next."""
    monkeypatch.setattr(secret, "_READ", set())
    monkeypatch.setattr(secret, "_SENT", deque(maxlen=secret._SENT.maxlen))
