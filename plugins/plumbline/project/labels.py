"""Labelled incidents: known past problems, by which a backtest tells alerts from noise.

They are in ``checkpoints/incidents.yml``, or in the file of ``--incidents``. People write them
after a post-mortem; see docs/backtest.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from plumbline.core.errors import ConfigError
from plumbline.core.group_key import GroupKey, KeyValue, canonical, shown
from plumbline.project.document import Document
from plumbline.project.files import Files
from plumbline.project.parsing import (
    UnfitValueError,
    ValueFault,
    find_repeated,
    find_value_faults,
    refuse_faults,
    valid_entries,
    wrong_value,
)
from plumbline.project.project import Project

TRACES = timedelta(days=4)
"""Default time after its end in which an incident may still be seen, because monitors look back
over windows of days."""

_A_DAY = timedelta(days=1)

_RANGE = re.compile(r"(\d{4}-\d\d-\d\d) *\.\. *(\d{4}-\d\d-\d\d)")


def _read_dates(value: object) -> object:
    """``2025-11-05..2025-11-12``, both ends included, or a list of dates, or one."""
    if not isinstance(value, str):
        return value if isinstance(value, list | tuple) else [value]
    text = value.strip()
    ends = _RANGE.fullmatch(text) or _RANGE.fullmatch(f"{text}..{text}")
    if not ends:
        raise UnfitValueError("write 2026-01-31..2026-02-01 or [2026-01-31, 2026-02-01]")
    first, last = (date.fromisoformat(end) for end in ends.groups())
    if last < first:
        raise ValueError("the range ends before it begins")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


_DATES = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d( *\.\. *\d{4}-\d\d-\d\d)?$"},
            {"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 1},
        ]
    }
)


def _read_group_value(value: object) -> KeyValue:
    """A value of a group's column, as a `GroupKey` holds it."""
    if value is not None and not isinstance(value, str | int | float | date):
        raise UnfitValueError("write one value: a text, a number, a date, true, false or null")
    return canonical(value)


_GroupValue = Annotated[
    KeyValue,
    BeforeValidator(_read_group_value),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
_Group = Annotated[dict[str, _GroupValue], Field(min_length=1)]


class LabelEntry(BaseModel):
    """One of ``incidents``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Id of the incident.")
    title: str = Field(min_length=1, description="What happened, in one line.")
    kind: str | None = Field(None, description="A word of your choice to group incidents.")
    tables: list[str] = Field(default_factory=list, description="Affected tables.")
    dates: Annotated[tuple[date, ...], BeforeValidator(_read_dates), _DATES] = Field(
        min_length=1,
        description="Affected days, in the project's time zone: FIRST..LAST, or a list.",
        examples=["2026-01-31..2026-02-01", ["2026-01-31", "2026-02-02"]],
    )
    began: AwareDatetime = Field(description="When it began: an instant with a time zone.")
    due: AwareDatetime | None = Field(
        None, description="When the first day's data was due; null if nothing was late."
    )
    mended: AwareDatetime | None = Field(None, description="When the data was fixed; null: never.")
    until: AwareDatetime | None = Field(
        None,
        description="When its data has left the monitors' windows; default: four days after "
        "its end.",
    )
    undetected: str | None = Field(None, description="How long it went unnoticed, in words.")
    monitors: list[str] = Field(min_length=1, description="Monitors that should find it.")
    groups: list[_Group] = Field(
        default_factory=list,
        description="Affected groups, each given by all or some columns of its key. Only an alert "
        "about one of them counts as finding the incident. Default: any group.",
        examples=[[{"system_id": "catboost_v8"}]],
    )


class LabelsEntry(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    incidents: list[LabelEntry] = Field(description="Past incidents.")


class Label(LabelEntry):
    """One labelled incident, with its end."""

    ends: AwareDatetime
    """Failures after that instant don't belong to it."""

    def covers(self, monitor: str, at: datetime) -> bool:
        """Whether what ``monitor`` sees at ``at`` may be this incident."""
        return monitor in self.monitors and self.began <= at <= self.ends

    def concerns(self, key: GroupKey) -> bool:
        """Whether the group ``key`` is one of those that it names; true where it names none.

        Values are compared as text: YAML reads an id of digits as a number.
        """
        if not self.groups:
            return True
        values = {column: shown(value) for column, value in key}
        return any(
            all(values.get(column) == shown(value) for column, value in group.items())
            for group in self.groups
        )


def find_label_faults(document: Document) -> Iterator[ValueFault]:
    """Everything that is wrong with a file of labelled incidents."""
    yield from find_value_faults(LabelsEntry, document.value)
    for path, name in find_repeated(document.entry_texts("incidents", key="id")):
        yield wrong_value(
            path, f"two incidents have the id {name!r}", "give one of the two another id"
        )
    for path, entry in valid_entries(LabelEntry, document, "incidents"):
        # A day more than the traces take, for all time zones.
        if entry.until is None and entry.began.date() > max(entry.dates) + TRACES + _A_DAY:
            yield wrong_value(
                (*path, "dates"),
                f"the last date, {max(entry.dates)}, is long before began, "
                f"{entry.began:%Y-%m-%d}: nothing could find the incident",
                "correct one of the two, or write until",
            )
        for name in ("due", "mended", "until"):
            value = getattr(entry, name)
            if value is not None and value < entry.began:
                yield wrong_value(
                    (*path, name), f"{name} is earlier than began", "correct one of the two"
                )


def read_labels(document: Document, *, zone: ZoneInfo) -> tuple[Label, ...]:
    """The incidents in a file, by when they began.

    Args:
        zone: in which its dates are days.

    Raises:
        ConfigError: missing, not YAML, an unknown or missing key, a wrong value, an id twice.
    """
    raw = document.mapping_or_raise(error=ConfigError, what="the file of labelled incidents")
    refuse_faults(find_label_faults(document), file=document.file, error=ConfigError)
    labels = (_label(one, zone) for one in LabelsEntry.model_validate(raw).incidents)
    return tuple(sorted(labels, key=lambda label: (label.began, label.id)))


def project_labels(project: Project, file: Path | None) -> tuple[Label, ...] | None:
    """The labelled incidents of ``file``, else of the project; None where it has none.

    Raises:
        ConfigError: as `read_labels`.
    """
    document = project.documents.incidents if file is None else Files().document(file)
    return None if document is None else read_labels(document, zone=project.timezone)


def covered(labels: Sequence[Label], monitor: str, at: datetime) -> tuple[Label, ...]:
    """The labels that what ``monitor`` sees at ``at`` may be."""
    return tuple(label for label in labels if label.covers(monitor, at))


def _label(one: LabelEntry, zone: ZoneInfo) -> Label:
    # In UTC: two instants of one zone are compared by their wall clocks in Python.
    last = datetime.combine(max(one.dates) + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    ends = one.until or max(last, one.mended or last) + TRACES
    return Label(**one.model_dump(), ends=ends)
