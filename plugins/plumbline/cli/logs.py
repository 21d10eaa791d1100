"""Log records for a log collector, besides the results on standard output.

In the cloud (Cloud Run says so by its variables), or with ``PLUMBLINE_LOG_FORMAT=json``, each line
on standard error is one JSON object with the keys that Cloud Logging knows: ``severity``,
``message``, ``time``, ``logging.googleapis.com/labels``. Elsewhere lines are plain text, as ever.
See https://cloud.google.com/logging/docs/structured-logging. Used by the command line.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.core.safe_text import in_json

if TYPE_CHECKING:
    from plumbline.core.outcome import RunReport

FORMAT_VARIABLE = "PLUMBLINE_LOG_FORMAT"
_CLOUD = ("CLOUD_RUN_JOB", "K_SERVICE")
_LABELS = "logging.googleapis.com/labels"

SEVERITIES: Mapping[str, str] = {
    "PASS": "INFO",
    "OK": "INFO",
    "SKIPPED": "INFO",
    "WARNING": "WARNING",
    "ERROR": "ERROR",
    "CRITICAL": "CRITICAL",
}
"""By status: as Cloud Logging names them."""

_QUOTED = ("runbook",)
"""Fields that hold an address of the project's own files: of it the path is what is wanted."""
_ADDRESS = re.compile(r"(https?://[^/\s\"'<>]+)/[^\s\"'<>]+")


def is_json(environment: Mapping[str, str] | None = None) -> bool:
    """Whether to write records: by the variable, else if the cloud reads them."""
    env = os.environ if environment is None else environment
    wanted = env.get(FORMAT_VARIABLE, "").lower()
    if wanted in ("json", "text"):
        return wanted == "json"
    return any(env.get(name) for name in _CLOUD)


def record(severity: str, message: str, **fields: Any) -> str:
    """One line of JSON; addresses lose their path, which may be a secret, and secrets are gone."""
    from plumbline.core.instants import exact_rfc3339

    said = {
        "severity": severity,
        "message": without_secrets(message),
        "time": exact_rfc3339(datetime.now(UTC)),
        **{name: _plain(value, name) for name, value in fields.items() if value is not None},
    }
    return in_json(json.dumps(said, ensure_ascii=False, default=str, allow_nan=False))


def without_secrets(text: str) -> str:
    """``text`` without the secrets that this process knows, what looks like one, and paths."""
    from plumbline.net.secret import scrub

    return without_paths(scrub(text))


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value if name in _QUOTED else without_secrets(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None  # NaN isn't valid JSON: the collector would read the line as text
    if isinstance(value, Mapping):
        return {key: _plain(one, str(key)) for key, one in value.items()}
    return value


def without_paths(text: str) -> str:
    """``text`` with addresses cut to their host: the path of a webhook is its secret."""
    return _ADDRESS.sub(r"\1/…", text)


def run_records(report: RunReport) -> list[str]:
    """A record for each monitor that did not pass, and one for the run."""
    labels = {
        "run_id": report.run_id,
        "checkpoint": report.checkpoint,
        "target": report.target,
        "suite_revision": "" if report.revision is None else str(report.revision),
    }
    lines = [
        record(
            SEVERITIES[outcome.status],
            f"{outcome.monitor}: {outcome.status}: {outcome.summary}",
            monitor=outcome.monitor,
            status=str(outcome.status),
            observed=outcome.observed,
            unit=outcome.unit or None,
            owner=outcome.owner,
            runbook=outcome.runbook,
            **{_LABELS: labels},
        )
        for outcome in report.outcomes
        if outcome.status != "PASS"
    ]
    lines += [record("NOTICE", note, **{_LABELS: labels}) for note in report.notes]
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    return [
        *lines,
        record(
            SEVERITIES[report.status],
            f"{report.checkpoint}: {report.status}, score {report.score}: {counts}",
            status=str(report.status),
            suite_revision=labels["suite_revision"] or None,
            score=report.score,
            counts=report.counts,
            exit_code=report.exit_code,
            seconds=round(report.seconds, 3),
            jobs=report.jobs,
            bytes_billed=report.bytes_billed,
            waiting=report.waiting,
            as_of=report.as_of.isoformat(),
            **{_LABELS: labels},
        ),
    ]


class JsonFormatter(logging.Formatter):
    """Python's log records in the same form."""

    def format(self, entry: logging.LogRecord) -> str:
        """One line of JSON, an exception's traceback in its message."""
        message = entry.getMessage()
        if entry.exc_info:
            message = f"{message}\n{self.formatException(entry.exc_info)}"
        severity = "DEBUG" if entry.levelno < logging.INFO else entry.levelname
        return record(severity, message, logger=entry.name)


class TextFormatter(logging.Formatter):
    """Python's log records as text, without secrets: libraries name addresses."""

    def format(self, entry: logging.LogRecord) -> str:
        """The message, and an exception's traceback."""
        from plumbline.net.secret import scrub

        return scrub(super().format(entry))


def configure() -> None:
    """Let Python's logging write records too, where they are wanted."""
    if not is_json():
        if logging.lastResort is not None:
            logging.lastResort.setFormatter(TextFormatter())
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
