"""BigQuery's client, which refuses an answer about another job or table than was asked for.

A proxy or a cache on the way can mix up answers. An answer to another monitor's job looks like a
result: without this check it would be a false PASS. Only `client.open_client` imports this module,
because it imports Google's client.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote

from google.cloud import bigquery

from plumbline.core.errors import WarehouseError
from plumbline.warehouse.failures import tidy

FIX = (
    "run it again; if this happens again, check the proxy or private endpoint between this "
    "machine and BigQuery"
)

_PATHS = (
    (
        "jobReference",
        re.compile(r"/projects/(?P<projectId>[^/]+)/(?:jobs|queries)/(?P<jobId>[^/]+)"),
    ),
    (
        "tableReference",
        re.compile(
            r"/projects/(?P<projectId>[^/]+)/datasets/(?P<datasetId>[^/]+)/tables/(?P<tableId>[^/]+)"
        ),
    ),
    (
        "datasetReference",
        re.compile(r"/projects/(?P<projectId>[^/]+)/datasets/(?P<datasetId>[^/]+)"),
    ),
)
_BODIES = ("jobReference", "tableReference", "datasetReference")
_ALL = frozenset({"projectId", "location", "jobId", "datasetId", "tableId"})


class CheckedClient(bigquery.Client):
    """A client whose answers are about what was asked for.

    Args:
        strict: every answer must name what it is about, and a job has the id that was asked for.
            BigQuery does both; the embedded warehouse and other emulators don't.
    """

    def __init__(self, *, strict: bool, **options: Any) -> None:
        super().__init__(**options)
        self._strict = strict

    def _call_api(self, retry: Any, *args: Any, **request: Any) -> Any:
        answer = super()._call_api(retry, *args, **request)
        if request.get("method") != "DELETE":  # answered with nothing
            self._check(request, answer)
        return answer

    def _do_resumable_upload(
        self, stream: Any, metadata: Mapping[str, Any], *args: Any, **options: Any
    ) -> Any:
        response = super()._do_resumable_upload(stream, metadata, *args, **options)
        self._check({"data": metadata}, response.json())
        return response

    def _check(self, request: Mapping[str, Any], answer: Any) -> None:
        sent = request.get("data") or {}
        found = _by_path(request) or _by_body(sent)
        if found is None:
            return
        name, asked = found
        optional = frozenset({"location"}) if self._strict else _ALL
        configuration = sent.get("configuration") or {}
        if configuration.get("dryRun"):  # no job is made: BigQuery's answer has no id
            optional |= {"jobId"}
            _check_query(configuration, answer, asked)
        if sent and not self._strict:
            asked.pop("jobId", None)  # the embedded warehouse gives ids of its own
        check_reference(name, asked, answer, optional=optional)


def check_reference(
    name: str,
    asked: Mapping[str, Any],
    answer: Any,
    *,
    optional: Collection[str] = frozenset({"location"}),
) -> None:
    """Compare what ``answer`` is about with what was asked for.

    Args:
        name: the answer's key: ``jobReference``, ``tableReference`` or ``datasetReference``.
        asked: its parts by name: ``projectId``, ``jobId``, ...
        optional: parts that the answer need not name.

    Raises:
        WarehouseError: it is about something else, or does not say about what.
    """
    said = answer.get(name) if isinstance(answer, Mapping) else None
    said = said if isinstance(said, Mapping) else {}
    if all(_agrees(part, value, said.get(part), optional) for part, value in asked.items()):
        return
    noun = name.removesuffix("Reference")
    about = f"is about {noun} {_text(said)}" if said else f"names no {noun}"
    raise _mismatch(f"{noun} {_text(asked)} was asked for, and the answer {about}", asked)


def _check_query(configuration: Mapping[str, Any], answer: Any, asked: Mapping[str, Any]) -> None:
    """A dry run is known by its statement alone, which BigQuery repeats in its answer."""
    try:
        said = answer["configuration"]["query"]["query"].split()
    except (KeyError, TypeError, AttributeError):
        return
    if said != configuration["query"]["query"].split():
        raise _mismatch("the dry run's answer is about another statement", asked)


def _mismatch(what: str, asked: Mapping[str, Any]) -> WarehouseError:
    return WarehouseError(
        f"mismatched answer: {what}", fix=FIX, job_id=asked.get("jobId"), reason="badAnswer"
    )


def _agrees(part: str, asked: Any, said: Any, optional: Collection[str]) -> bool:
    if said is None:
        return asked is None or part in optional
    if part == "projectId" and str(asked).isdecimal():
        return True  # BigQuery answers a project's number with its id
    if part == "location":
        return asked is None or str(asked).casefold() == str(said).casefold()
    return bool(asked == said)


def _by_path(request: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    for name, pattern in _PATHS:
        if found := pattern.fullmatch(str(request.get("path"))):
            asked: dict[str, Any] = {
                part: unquote(value) for part, value in found.groupdict().items()
            }
            if name == "jobReference":
                asked["location"] = (request.get("query_params") or {}).get("location")
            return name, asked
    return None


def _by_body(sent: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    return next(((name, dict(sent[name])) for name in _BODIES if name in sent), None)


def _text(reference: Mapping[str, Any]) -> str:
    """``project:US.job``, ``project.dataset.table``."""
    where = ":".join(str(reference[k]) for k in ("projectId", "location") if reference.get(k))
    what = [str(reference[k]) for k in ("datasetId", "tableId", "jobId") if reference.get(k)]
    return tidy(".".join([where, *what]))
