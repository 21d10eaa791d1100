"""A stand-in for version 2 of Cloud Run's REST API: what each service runs.

It answers what `plumbline deploy` asks, from a file that it reads for each request, so that a new
deployment needs no restart. `process` starts it; stop it with SIGTERM.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
HEALTH = "/healthz"
_PATH = re.compile(
    r"/v2/(?P<parent>projects/[^/]+/locations/[^/]+)/(?P<kind>services|jobs)/(?P<name>[^/?]+)"
    r"(?P<revisions>/revisions)?(?:/(?P<revision>[^/?]+))?(?:\?.*)?"
)
_IMAGE = "us-west2-docker.pkg.dev/nba-props-platform/services"

Answer = dict[str, Any]


def find(path: str, state: Mapping[str, Any]) -> Answer | None:
    """Cloud Run's answer for a path; None: there is nothing.

    Args:
        state: ``{"services": {NAME: [REVISION, ...]}, "jobs": {NAME: FOLDER}}``, the newest of the
            revisions ``{"revision", "commit", "created"}`` first. A job runs the branch main of
            the repository in its folder.
    """
    asked = _PATH.fullmatch(path)
    if asked is None:
        return None
    place = f"{asked['parent']}/{asked['kind']}/{asked['name']}"
    if asked["kind"] == "jobs":
        folder = state["jobs"].get(asked["name"])
        return None if folder is None else _job(place, asked["name"], folder)
    known = state["services"].get(asked["name"])
    if known is None:
        return None
    revisions = [_revision(place, asked["name"], one) for one in known]
    if asked["revision"] is not None:
        wanted = f"{place}/revisions/{asked['revision']}"
        return next((one for one in revisions if one["name"] == wanted), None)
    if asked["revisions"] is not None:
        return {"revisions": revisions}
    latest = revisions[0]["name"]
    return {
        "name": place,
        "latestReadyRevision": latest,
        "trafficStatuses": [
            {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "revision": latest.rpartition("/")[2],
             "percent": 100}
        ],
    }  # fmt: skip


def _revision(place: str, service: str, one: Mapping[str, str]) -> Answer:
    return {
        "name": f"{place}/revisions/{one['revision']}",
        "service": service,
        "labels": {"commit-sha": one["commit"]},
        "createTime": one["created"],
        "containers": [{"image": f"{_IMAGE}/{service}:{one['commit']}"}],
    }


def _job(place: str, job: str, folder: str) -> Answer:
    """A job that runs the newest commit of main; without git its image has no commit."""
    done = subprocess.run(
        ["git", "-C", folder, "log", "-1", "--format=%H %cI", "main"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    commit, _, at = done.stdout.strip().partition(" ")
    image = {"image": f"{_IMAGE}/{job}" + (f":{commit}" if commit else "")}
    found: Answer = {"name": place, "template": {"template": {"containers": [image]}}}
    return found | ({"updateTime": at} if at else {})


class _Handler(BaseHTTPRequestHandler):
    state: Path

    def do_GET(self) -> None:  # the name that http.server wants
        if self.path == HEALTH:
            return self._send(200, {"state": str(self.state)})
        found = find(self.path, json.loads(self.state.read_text()))
        if found is None:
            error = {"code": 404, "message": "Resource was not found.", "status": "NOT_FOUND"}
            return self._send(404, {"error": error})
        return self._send(200, found)

    def _send(self, status: int, body: Answer) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def serve(state: Path, port: int) -> None:
    """Print the port, then answer until SIGTERM. Port 0: any that is free.

    Raises:
        OSError: the port is in use.
    """
    handler = type("Handler", (_Handler,), {"state": state})
    with ThreadingHTTPServer((HOST, port), handler) as server:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
