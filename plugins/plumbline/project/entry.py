"""What the entries of a project's files have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """An entry of a file: an unknown key is an error, and nothing changes it once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
