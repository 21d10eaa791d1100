"""A monitor's suite with its parameters filled in: what is evaluated, and what is shown of it.

Great Expectations documents that values given to a run go before those of the suite; its own
validation definitions leave the suite's out. Filling them in before the suite is built gives every
reader plain values, and an argument is checked with the value that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite

from plumbline.evaluate.build_suite import build_suite
from plumbline.project import Suite


def with_parameters(
    file: Suite, built: ExpectationSuite, given: Mapping[str, Any] | None, now: datetime
) -> tuple[Suite, ExpectationSuite]:
    """The suite of ``file``, and ``built`` from it, with a value for every parameter.

    Args:
        file: the suite as read.
        built: the same as GX has it, built before.
        given: GX's expectation parameters, which go before the suite's own.
        now: the instant that is judged, aware.

    Raises:
        MonitorError: a parameter without a value, or a value that the argument does not take.
    """
    if not file.has_parameters:
        return file, built
    filled = file.with_parameters(given or {}, now)
    suite = build_suite(filled)
    suite._owner = built._owner
    return filled, suite
