"""For all tests: how hypothesis looks for examples, and that no process outlives the run.

repeatable   the default: the same examples in every run, and no limit on the time of one, because
             other tests use the machine too
long         HYPOTHESIS_PROFILE=long: many more, new ones each time
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from support.leftovers import pytest_configure, pytest_unconfigure

__all__ = ["pytest_configure", "pytest_unconfigure"]

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
