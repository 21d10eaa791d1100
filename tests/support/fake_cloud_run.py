"""As much of Cloud Run's and Cloud Logging's REST as is asked, with a memory; for `FakeReceiver`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from support.fake_receivers import Reply, Request

PLACE = "/v2/projects/acme/locations/us-west2"
CREATED = "2026-02-02T20:00:00Z"
HEAD = "2436e7c70123456789abcdef0123456789abcdef"


def revision(
    name: str,
    *,
    labels: dict[str, str] | None = None,
    variables: dict[str, str] | None = None,
    image: str = "us-docker.pkg.dev/acme/platform/worker",
    created: str = CREATED,
) -> dict[str, Any]:
    """A revision, or what a job is made of."""
    return {
        "name": name,
        "labels": labels or {},
        "createTime": created,
        "containers": [
            {
                "image": image,
                "env": [{"name": key, "value": text} for key, text in (variables or {}).items()],
            }
        ],
    }


@dataclass
class FakeCloudRun:
    """Services by name: shares of traffic by revision, and the revisions, newest first."""

    traffic: dict[str, dict[str, int]] = field(default_factory=dict)
    revisions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    """Instants of log entries of severity ERROR."""
    fault: Reply | None = None

    def add(self, service: str, *revisions: dict[str, Any], **traffic: int) -> None:
        """A service; without ``traffic`` the newest revision has all of it."""
        self.revisions[service] = list(revisions)
        self.traffic[service] = traffic or {revisions[0]["name"]: 100}

    def __call__(self, request: Request) -> Reply:
        if self.fault is not None:
            return self.fault
        if request.path == "/v2/entries:list":
            return self._entries(request)
        path = request.path.removeprefix(PLACE)
        kind, name, *rest = path.strip("/").split("/")
        if kind == "services" and name in self.revisions:
            found = self.revisions[name]
            full = f"{PLACE.removeprefix('/v2/')}/services/{name}"
            if not rest:
                return Reply(body=self._service(name, full))
            named = [
                one | {"name": f"{full}/revisions/{one['name']}"}
                for one in found
                if len(rest) == 1 or one["name"] == rest[1]
            ]
            if len(rest) == 1:
                return Reply(body={"revisions": named})
            if named:
                return Reply(body=named[0])
        if kind == "jobs" and name in self.jobs:
            made = self.jobs[name]
            job = {
                "name": f"{PLACE.removeprefix('/v2/')}/jobs/{name}",
                "labels": made["labels"],
                "updateTime": made["createTime"],
                "template": {"template": {"containers": made["containers"]}},
            }
            return Reply(body=job)
        error = {"code": 404, "message": f"{name} was not found", "status": "NOT_FOUND"}
        return Reply(404, {"error": error})

    def _service(self, name: str, full: str) -> dict[str, Any]:
        newest = f"{full}/revisions/{self.revisions[name][0]['name']}"
        return {
            "name": full,
            "latestReadyRevision": newest,
            "trafficStatuses": [
                {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": share}
                if which == "latest"
                else {
                    "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
                    "revision": which,
                    "percent": share,
                }
                for which, share in self.traffic[name].items()
            ],
        }

    def _entries(self, request: Request) -> Reply:
        wanted = request.json()["filter"]
        since = wanted.split('timestamp>="')[1].split('"')[0]
        until = wanted.split('timestamp<"')[1].split('"')[0]
        found = [at for at in self.errors if since <= at < until]
        entries = [
            {
                "logName": "projects/acme/logs/run.googleapis.com%2Fstderr",
                "resource": {"type": "cloud_run_revision", "labels": {}},
                "timestamp": at,
                "severity": "ERROR",
                "insertId": str(number),
                "textPayload": "it broke",
            }
            for number, at in enumerate(found)
        ]
        return Reply(body={"entries": entries})
