"""As much of GitHub's issues as a channel uses, with a memory; a service of `FakeReceiver`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.fake_receivers import Reply, Request

REPOSITORY = "/repos/acme/data"


class FakeGitHub:
    """A repository. ``fault`` may answer in its place, ``lost`` writes and breaks the answer."""

    def __init__(self) -> None:
        self.issues: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.fault: Callable[[Request], Reply | None] = lambda _: None
        self.lost: Callable[[Request], bool] = lambda _: False

    def __call__(self, request: Request) -> Reply:
        reply = self.fault(request) or self._reply(request)
        return Reply(how="cut") if self.lost(request) else reply

    def add_issue(self, body: str, **other: Any) -> dict[str, Any]:
        """An issue, as if somebody had opened it."""
        issue: dict[str, Any] = {
            "number": len(self.issues) + 1,
            "title": "t",
            "body": body,
            "labels": [{"name": "plumbline"}],
            "state": "open",
        }
        self.issues.append(issue | other)
        return self.issues[-1]

    def _reply(self, request: Request) -> Reply:
        path = request.path.removeprefix(REPOSITORY)
        if path == "/issues" and request.method == "POST":
            sent = request.json()
            names = [{"name": name} for name in sent["labels"]]
            return Reply(201, self.add_issue(sent["body"], title=sent["title"], labels=names))
        if path == "/issues":
            return self._page(request, [i for i in self.issues if i["state"] == "open"])
        if match := re.fullmatch(r"/issues/(\d+)/comments", path):
            there = self.comments.setdefault(int(match[1]), [])
            if request.method == "GET":
                return self._page(request, there)
            there.append(request.json())
            return Reply(201, request.json())
        if match := re.fullmatch(r"/issues/(\d+)", path):
            found = [issue for issue in self.issues if issue["number"] == int(match[1])]
            if not found:
                return Reply(404, {"message": "Not Found"})
            if request.method == "PATCH":
                change = request.json()
                change["labels"] = [{"name": name} for name in change["labels"]]
                found[0].update(change)
            return Reply(200, found[0])
        return Reply(404, {"message": "Not Found"})

    def _page(self, request: Request, entries: list[dict[str, Any]]) -> Reply:
        size, page = int(request.query["per_page"]), int(request.query.get("page", "1"))
        headers = {}
        if len(entries) > page * size:
            query = "&".join(f"{k}={v}" for k, v in request.query.items() if k != "page")
            # Another host, as a liar would: only the query may be followed.
            link = f"https://elsewhere.example/x?{query}&page={page + 1}"
            headers["Link"] = f'<{link}>; rel="next", <{link}>; rel="last"'
        return Reply(200, entries[(page - 1) * size : page * size], headers)
