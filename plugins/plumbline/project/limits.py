"""How deep the files of a project may be nested, and how long their numbers may be.

Python's own limits are higher, and reaching them later, in code that didn't expect it, would be a
crash and no message about the file.
"""

from __future__ import annotations

import re

MOST_LEVELS = 100
"""Lists and mappings within one another."""

LONGEST_NUMBER = 100
"""Digits. BIGNUMERIC has 76, and a float of more than 308 is infinite."""

LONG_NUMBER = re.compile(rf"[0-9a-fA-FxX_:.+-]{{{LONGEST_NUMBER + 1}}}")
"""Where a text may have a number that is too long."""
