"""What one run leaves for the site: a record per monitor, in the meta of GX's stored result.

GX's own store of validation results is the site's source, so the action of a checkpoint and
``context.build_data_docs()`` build from the same data. Plain JSON, made by pydantic.
Used by the monitors (`plumbline.gx`), which write it, and by `plumbline.site.build`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from plumbline.core.adapter import adapter
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run

META_KEY = "plumbline"
"""In the meta of a validation result."""


@dataclass(frozen=True)
class RunStamp:
    """The run that a record is of: a `plumbline.core.run.Run` as GX's stored result holds it."""

    run_id: str
    checkpoint: str
    target: str
    as_of: datetime
    """The instant that was judged."""
    started_at: datetime
    monitors: int
    """How many the checkpoint has: a run of fewer is a part of it."""
    revision: str | None = None
    """Of the suites; None outside of git."""
    project: str = ""
    """The plumbline project; empty: of a version that recorded none."""

    @classmethod
    def of(cls, run: Run, *, project: str, started_at: datetime, monitors: int) -> RunStamp:
        """The stamp of ``run``."""
        return cls(
            run_id=run.run_id,
            checkpoint=run.checkpoint,
            target=run.target,
            as_of=run.as_of,
            started_at=started_at,
            monitors=monitors,
            revision=None if run.revision is None else str(run.revision),
            project=project,
        )


@dataclass(frozen=True)
class Record:
    """What one monitor found in one run."""

    run: RunStamp
    outcome: Outcome
    ended_at: datetime
    sql: str | None = None
    """As it was sent."""
    result: tuple[str, ...] | None = None
    """The key of GX's stored result; None: there is none."""


def to_meta(record: Record) -> dict[str, Any]:
    """The record as plain JSON values.

    Left out is what only holds on this machine (the address of its docs), and what GX's result
    says beside it (its key).
    """
    outcome = replace(
        record.outcome,
        docs_url=None,
        expectations=tuple(
            replace(one, observed=_plain(one.observed)) for one in record.outcome.expectations
        ),
        parameters={name: _plain(value) for name, value in record.outcome.parameters.items()},
    )
    dumped: dict[str, Any] = adapter(Record).dump_python(
        replace(record, outcome=outcome), mode="json", exclude_defaults=True
    )
    whole: dict[str, Any] = _whole(dumped)
    return whole


def from_meta(meta: Mapping[str, Any], *, result: tuple[str, ...] | None = None) -> Record | None:
    """The record in a result's meta; None if there is none that this version can read."""
    from pydantic import ValidationError

    said = meta.get(META_KEY)
    if said is None:
        return None
    try:
        record: Record = adapter(Record).validate_python(said)
    except ValidationError:
        return None
    return record if result is None else replace(record, result=result)


def _whole(value: Any) -> Any:
    """Replace lone surrogates, which JSON allows but UTF-8 files don't."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
