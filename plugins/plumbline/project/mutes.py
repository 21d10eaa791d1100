"""Mutes that belong to the project: ``checkpoints/mutes.yml``.

Each names a monitor, who answers for it, why, and until when; a mute without an end is refused.
Those by command (``plumbline alerts mute``) live in the state of alerts instead.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.core.mute import Mute
from plumbline.project.document import Document
from plumbline.project.parsing import explain

MUTES_FILE = "mutes.yml"
"""In the folder of checkpoints."""

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _as_text(value: object) -> object:
    # YAML reads dates and instants as such.
    return value.isoformat() if isinstance(value, date) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MuteEntry(_Strict):
    """One of ``mutes``."""

    monitor: _Text = Field(
        description="The muted monitor. It still runs, but sends no notifications.",
        examples=["bdb_coverage"],
    )
    owner: _Text = Field(description="Who is responsible for the mute.", examples=["ml-platform"])
    reason: _Text = Field(
        description="Why the monitor is muted.", examples=["the vendor's feed is down"]
    )
    until: Annotated[str, BeforeValidator(_as_text)] = Field(
        description="End of the mute: a date (inclusive, in the project's time zone) or an "
        "instant with a time zone.",
        examples=["2026-02-10", "2026-02-10T18:00:00-05:00"],
        json_schema_extra={
            "pattern": r"^\d{4}-\d{2}-\d{2}"
            r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}:?\d{2}))?$",
            "patternErrorMessage": (
                "Write a date, or an instant with a time zone, for example "
                "2026-02-10T18:00:00-05:00."
            ),
        },
    )


class MutesEntry(_Strict):
    """The whole file."""

    mutes: list[MuteEntry] | None = Field(
        None,
        description="Muted monitors. They still run, but send no notifications.",
        examples=[
            [
                {
                    "monitor": "bdb_coverage",
                    "owner": "ml-platform",
                    "reason": "the vendor's feed is down",
                    "until": "2026-02-10",
                }
            ]
        ],
    )


def read_mutes(
    document: Document, *, zone: ZoneInfo, monitors: Collection[str] | None = None
) -> tuple[Mute, ...]:
    """The mutes in ``mutes.yml``, in its order.

    Args:
        document: the file.
        zone: in which a date is a day.
        monitors: the names that may be muted; None lets any name pass.

    Raises:
        ConfigError: not YAML, an unknown or missing key, an end that is none, a monitor that is
            not there or is muted twice: with file, key and fix.
    """
    file = document.file
    raw = document.mapping_or_raise(error=ConfigError, what="the list of mutes")
    entry = explain(MutesEntry, raw, file=file, error=ConfigError)
    found: list[Mute] = []
    for index, one in enumerate(entry.mutes or ()):
        key = f"mutes[{index}]"
        if monitors is not None and one.monitor not in monitors:
            raise ConfigError(
                f"there is no monitor {one.monitor!r}",
                file=file,
                key=f"{key}.monitor",
                fix=did_you_mean(one.monitor, monitors),
            )
        if any(one.monitor == other.monitor for other in found):
            raise ConfigError(
                f"monitor {one.monitor!r} is muted twice",
                file=file,
                key=f"{key}.monitor",
                fix="keep one of the two",
            )
        found.append(
            Mute(
                monitor=one.monitor,
                owner=one.owner,
                reason=one.reason,
                until=read_until(one.until, zone=zone, key=f"{key}.until", file=file),
            )
        )
    return tuple(found)


def read_until(text: str, *, zone: ZoneInfo, key: str, file: Path | None = None) -> datetime:
    """The instant at which a mute ends: of a date, the end of that day in ``zone``.

    Raises:
        ConfigError: neither a date nor an instant with a zone.
    """
    try:
        if len(text) == len("2026-02-10"):
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(day, time.min, tzinfo=zone)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is neither a date nor an instant",
            file=file,
            key=key,
            fix="write a date such as 2026-02-10, or an instant such as 2026-02-10T18:00:00-05:00",
        ) from None
    if instant.tzinfo is None:
        raise ConfigError(
            f"{text!r} has no zone",
            file=file,
            key=key,
            fix=f"write its offset too, for example {text}-05:00, or a date alone",
        )
    return instant
