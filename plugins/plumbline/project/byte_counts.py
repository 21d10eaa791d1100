"""Numbers of bytes as people write them in files: ``500 MB``, or a number.

Used by the suites, for budgets.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from plumbline.project.parsing import UnfitValueError

_UNITS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}
PATTERN = r"^[0-9]+(\.[0-9]+)? ?([KMGT]i?)?B$"
_TEXT = re.compile(PATTERN)


def parse_bytes(text: str) -> int:
    """Bytes of ``500 MB``, ``1.5 GiB``.

    As in BigQuery's price list an MB is of 1,048,576 bytes, so MB and MiB are the same.

    Raises:
        UnfitValueError: not such a text.
    """
    if not _TEXT.match(text):
        raise UnfitValueError("write a number of bytes, or a text such as '500 MB'")
    amount = re.match(r"[0-9.]+", text)
    assert amount is not None
    unit = text[amount.end() :].strip().replace("i", "")
    return round(float(amount.group()) * float(1024 ** _UNITS[unit]))


def _parsed(value: object) -> object:
    if isinstance(value, bool):
        raise UnfitValueError("write a number of bytes, or a text such as '500 MB'")
    return parse_bytes(value.strip()) if isinstance(value, str) else value


ByteCount = Annotated[
    int,
    BeforeValidator(_parsed),
    Field(ge=1),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": PATTERN},
            ]
        }
    ),
]
"""A positive number of bytes."""
