"""BigQuery's REST API as Google describes it, to check requests against.

The description is the discovery document that google-api-python-client ships; nothing is downloaded.
`ApiDescription.faults_of` says what is wrong with one request: a path or method that the API has
not, a query parameter that is unknown, a field of the body that is unknown, of another type, or
outside its enumeration. Used by `bigquery_proxy`, so by every test that has the proxy between.
"""

from __future__ import annotations

import base64
import binascii
import functools
import importlib.resources
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

DOCUMENT = "bigquery.v2.json"

UPLOADS = ("/resumable/upload/", "/upload/")
"""Before the path of a method that takes media."""

UNDESCRIBED = {
    "bigquery.jobs.get": {"projection": "full"},
    "bigquery.jobs.cancel": {"projection": "full"},
}
"""What Google's own client sends although the description has it not; BigQuery takes it."""

NUMBER_OF_PARAMETER = re.compile(r"\.(parameterValue|arrayValues\[\d+\])\.value$")
"""The same of FLOAT64 parameters: numbers where the description has text."""


@dataclass(frozen=True)
class Method:
    """One method of the API."""

    id: str
    http: str
    path: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    request: str | None
    """The schema of its body."""
    takes_media: bool


class ApiDescription:
    """All methods and schemas of one API.

    Args:
        document: a discovery document, read.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.revision = str(document["revision"])
        self._schemas: Mapping[str, Mapping[str, Any]] = document["schemas"]
        self._common: Mapping[str, Mapping[str, Any]] = document["parameters"]
        base = str(document["basePath"])
        self.methods = [_method(base, found) for found in _methods(document)]

    def method_of(self, http: str, path: str) -> Method | None:
        """The method that a request calls."""
        plain, is_upload = path, False
        for prefix in UPLOADS:
            if path.startswith(prefix):
                plain, is_upload = "/" + path.removeprefix(prefix), True
        for method in self.methods:
            if method.http == http and method.path.fullmatch(plain):
                return method if method.takes_media or not is_upload else None
        return None

    def faults_of(
        self, http: str, path: str, query: Mapping[str, list[str]], body: bytes
    ) -> list[str]:
        """What Google's description does not allow in a request; empty: nothing."""
        method = self.method_of(http, path)
        if method is None:
            return [f"the API has no {http} {path}"]
        faults = [
            f"{method.id}: {fault}"
            for name, values in query.items()
            for fault in self._parameter_faults(method, name, values)
        ]
        for name, described in method.parameters.items():
            if described.get("required") and described["location"] == "query" and name not in query:
                faults.append(f"{method.id}: parameter {name} is required")
        return faults + [f"{method.id}: {fault}" for fault in self._body_faults(method, body)]

    def _parameter_faults(self, method: Method, name: str, values: list[str]) -> Iterator[str]:
        if values == [UNDESCRIBED.get(method.id, {}).get(name)]:
            return
        described = method.parameters.get(name) or self._common.get(name)
        if described is None or described["location"] != "query":
            yield f"unknown parameter {name}"
            return
        if len(values) > 1 and not described.get("repeated"):
            yield f"parameter {name} is given {len(values)} times"
        for value in values:
            if not _is_text_of(described, value):
                yield f"parameter {name} is no {described['type']}: {value!r}"
            elif "enum" in described and value not in described["enum"]:
                yield f"parameter {name} is none of its values: {value!r}"

    def _body_faults(self, method: Method, body: bytes) -> Iterator[str]:
        if not body:
            if method.request is not None:
                yield "a body is required"
            return
        if method.request is None:
            yield "takes no body"
            return
        try:
            read = json.loads(body)
        except ValueError:
            yield "the body is no JSON"
            return
        yield from self._value_faults({"$ref": method.request}, read, "body")

    def _value_faults(self, schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type", "any")
        if value is None or kind == "any":
            return
        if kind == "object":
            if not isinstance(value, dict):
                yield f"{at} is no object: {value!r}"
                return
            known, other = schema.get("properties", {}), schema.get("additionalProperties")
            for name, entry in value.items():
                if name not in known and other is None:
                    yield f"unknown field {at}.{name}"
                else:
                    yield from self._value_faults(known.get(name, other), entry, f"{at}.{name}")
        elif kind == "array":
            if not isinstance(value, list):
                yield f"{at} is no array: {value!r}"
                return
            for place, entry in enumerate(value):
                yield from self._value_faults(schema["items"], entry, f"{at}[{place}]")
        elif isinstance(value, float) and NUMBER_OF_PARAMETER.search(at):
            return
        elif not _is_value_of(schema, value):
            yield f"{at} is no {schema.get('format') or kind}: {value!r}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at} is none of its values: {value!r}"


@functools.cache
def bigquery_api() -> ApiDescription:
    """BigQuery's REST API, version 2."""
    documents = importlib.resources.files("googleapiclient.discovery_cache") / "documents"
    return ApiDescription(json.loads((documents / DOCUMENT).read_text()))


def _methods(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in document.get("resources", {}).values():
        yield from resource.get("methods", {}).values()
        yield from _methods(resource)


def _method(base: str, found: Mapping[str, Any]) -> Method:
    # One placeholder is one segment, as `pattern` of each says; the rest is literal.
    parts = re.split(r"\{\+?\w+\}", str(found["path"]))
    return Method(
        id=str(found["id"]),
        http=str(found["httpMethod"]),
        path=re.compile(re.escape(base) + "[^/]+".join(map(re.escape, parts))),
        parameters=found.get("parameters", {}),
        request=found.get("request", {}).get("$ref"),
        takes_media=bool(found.get("supportsMediaUpload")),
    )


def _is_text_of(described: Mapping[str, Any], text: str) -> bool:
    """Whether a query parameter is of its type; all of them are written as text."""
    kind, form = described["type"], described.get("format")
    if kind == "boolean":
        return text.lower() in ("true", "false")
    if kind == "integer" or form in ("int64", "uint64"):
        return re.fullmatch(r"\d+" if form in ("uint32", "uint64") else r"-?\d+", text) is not None
    return unquote(text) is not None


def _is_value_of(schema: Mapping[str, Any], value: Any) -> bool:
    kind, form = schema["type"], schema.get("format")
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer" or form in ("int64", "uint64"):
        # 64 bits do not fit a number of JSON: they are written as text, and numbers are taken too.
        if isinstance(value, bool) or not isinstance(value, int | str):
            return False
        return re.fullmatch(r"-?\d+", str(value)) is not None
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if form == "byte":
        try:
            base64.b64decode(str(value), validate=True)
        except binascii.Error:
            return False
    return isinstance(value, str)
