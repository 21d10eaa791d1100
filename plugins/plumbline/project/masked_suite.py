"""A suite as it may be shown, with pseudonyms in place of personal values."""

from __future__ import annotations

from dataclasses import replace

from plumbline.core.masking import Mask
from plumbline.project.suites import Suite


def masked_suite(suite: Suite, mask: Mask) -> Suite:
    """``suite`` as it may be shown: an override names a group, and so a person."""
    if not mask:
        return suite
    expectations = [
        entry.model_copy(update={"kwargs": mask.kwargs(entry.kwargs)})
        for entry in suite.entry.expectations
    ]
    return replace(suite, written=suite.entry.model_copy(update={"expectations": expectations}))
