"""Job labels under BigQuery's rules, so that a bill can be split by monitor and checkpoint.

At most 63 characters of lower-case letters, digits, ``_`` and ``-``; a key begins with a letter.
https://cloud.google.com/bigquery/docs/labels-intro#requirements
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 63
MOST = 64


def job_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """``labels`` with what the rules forbid written as ``_``."""
    tidy = {_key(key): _word(str(value)) for key, value in labels.items()}
    return dict(list(tidy.items())[:MOST])


def _key(text: str) -> str:
    word = _word(text)
    return word if word[:1].isalpha() else f"l{word}"[:LONGEST]


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())[:LONGEST]
