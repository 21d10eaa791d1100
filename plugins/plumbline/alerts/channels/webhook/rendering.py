"""A message as the JSON object that a webhook gets: the contract with whoever receives it.

    {"schema_version": 1, "id": "m-...", "text": "CRITICAL line_coverage: 44.2 %, since ...",
     "checkpoint": "...", "target": "...", "run_id": "...", "as_of": "...", "created_at": "...",
     "run_status": "CRITICAL", "score": 71, "revision": "...", "is_sample": false, "notes": [],
     "items": [{"incident": "...", "event_id": "...", "event": "opened", ...}]}

Instants are ISO 8601 with an offset; what is not known is null; a number that JSON has no word for
(NaN, infinity) is null too. Keys are only ever added within a ``schema_version``. Text from data
is not escaped beyond what JSON needs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.message import Item, Message

SCHEMA_VERSION = 1
LONGEST_TEXT = 4_000
"""Characters of any one text in the object; ids are far below."""


def payload(message: Message) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "id": message.id,
        "text": _text(wording.subject(message)),
        "checkpoint": _text(message.checkpoint),
        "target": _text(message.target),
        "run_id": _text(message.run_id),
        "as_of": message.as_of.isoformat(),
        "created_at": message.created_at.isoformat(),
        "run_status": None if message.run_status is None else str(message.run_status),
        "score": message.score,
        "revision": None if message.revision is None else _text(message.revision),
        "is_sample": message.is_sample,
        "notes": [_text(note) for note in message.notes],
        "items": [_item(item) for item in message.items],
    }


def body(message: Message) -> bytes:
    """The object as ASCII JSON, the same bytes for the same message (they are signed)."""
    return json.dumps(payload(message), allow_nan=False, separators=(",", ":")).encode("ascii")


def _item(item: Item) -> dict[str, Any]:
    fields = asdict(item)
    fields["mended"] = fields.pop("recovered")  # the key of schema version 1
    return {"text": _text(wording.headline(item)), **_plain(fields)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return _text(value)
    return value


def _text(text: str) -> str:
    # A lone surrogate is not text: most parsers refuse the whole object for one.
    return wording.cut(str(text).encode("utf-8", "replace").decode(), LONGEST_TEXT)
