"""The connection of a GX data source: Google's project, the dataset, and where credentials are.

Credentials are never copied: plumbline uses application default credentials.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from plumbline.scaffold.import_gx.gx_project import Variables
from plumbline.scaffold.import_gx.report import NAME_TABLE, NotConvertedError, Report

_SQL = ("bigquery", "sql")
"""Types of fluent data sources that may be BigQuery."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")
_KEYS = ("credentials_base64", "credentials_info")
"""Parameters that hold a key itself."""


class NotBigQueryError(NotConvertedError):
    """The data source is another database, or files."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(
            f"data source {name!r} is {kind}, not BigQuery",
            f"if BigQuery has the table too, name it: {NAME_TABLE}",
        )


@dataclass(frozen=True)
class Connection:
    """Where the tables of a data source are."""

    project: str | None
    """None: the project of the credentials."""
    dataset: str | None
    location: str | None = None


def read_connection(
    name: str, source: Mapping[str, Any], variables: Variables, report: Report
) -> Connection:
    """The connection of data source ``name``.

    Raises:
        NotBigQueryError: it is something else.
        NotConvertedError: a variable has no value, or the connection is malformed.
    """
    text = _connection_string(name, source, variables)
    scheme, separator, _ = text.partition("://")
    if not (separator and scheme.startswith("bigquery")):
        raise NotBigQueryError(name, scheme if separator else "no database")
    refused = NotConvertedError(
        f"the connection of data source {name!r} names no valid project or location",
        "write bigquery://PROJECT/DATASET",
    )
    try:
        parts = urlsplit(text)
    except ValueError:
        raise refused from None
    parameters = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    arguments = source.get("kwargs")
    given = {**parameters, **(arguments if isinstance(arguments, Mapping) else {})}
    if path := given.get("credentials_path"):
        report.ask(f"set GOOGLE_APPLICATION_CREDENTIALS={path}, as data source {name!r} did")
    elif any(given.get(key) for key in _KEYS):
        report.ask(
            f"data source {name!r} has a service account's key in its connection: save the key to "
            "a file outside of the project, and set GOOGLE_APPLICATION_CREDENTIALS to its path"
        )
    project = unquote(parts.netloc.rpartition("@")[2]) or None
    location = parameters.get("location")
    if not all(_NAME.fullmatch(found) for found in (project, location) if found is not None):
        raise refused
    return Connection(project, unquote(parts.path.strip("/")) or None, location)


def _connection_string(name: str, source: Mapping[str, Any], variables: Variables) -> str:
    engine = source.get("execution_engine")
    written = source.get("connection_string")
    if isinstance(engine, Mapping):  # of 0.x
        written = engine.get("connection_string") or engine.get("credentials")
    elif source.get("type") not in _SQL:
        written = None
    if isinstance(written, str):
        written = variables.fill_in(written)
    if isinstance(written, Mapping):
        written = written.get("url") or written.get("connection_string")
    if not isinstance(written, str):
        engine_class = engine.get("class_name") if isinstance(engine, Mapping) else None
        kind = engine_class or source.get("type") or "of an unknown type"
        raise NotBigQueryError(name, str(kind))
    return written
