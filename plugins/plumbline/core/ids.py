"""Ids for files that analysts write by hand: the same file has the same id on every machine."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("b9ddbd3c-6a31-5a0d-8a0f-7e7a4f5cbb0e")


def stable_id(*parts: object) -> UUID:
    return uuid5(_NAMESPACE, "/".join(str(part) for part in parts))
