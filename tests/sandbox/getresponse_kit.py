"""A caller of the GetResponse room by the sandbox's edge, with raw HTTP values and no client."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.getresponse import GetResponse
from connectors.sandbox.kernel import CallLog, Clock, FaultPlan, Transport

SEVEN = set("httpStatus code codeDescription message moreInfo context uuid".split())


@dataclass(frozen=True)
class Reply:
    """An answer with its JSON read."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int:
        """The vendor's code, after a look at the rest of the envelope."""
        body = self.json
        assert set(body) == SEVEN, body
        assert body["httpStatus"] == self.status
        assert body["moreInfo"].endswith(f"/v3/errors/{body['code']}")
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["uuid"])
        return int(body["code"])

    @property
    def refusal(self) -> tuple[int, int]:
        """Status and code."""
        return self.status, self.code

    @property
    def context(self) -> Any:
        return self.json["context"]


class Edge:
    """Somebody with the account's key; `box` has the side doors."""

    def __init__(self, *, domain: str | None = None) -> None:
        self.clock = Clock()
        self.box = GetResponse(self.clock, seed=1, domain=domain)
        self.box.limits = False
        self.calls = CallLog()
        self.transport = Transport(self.clock, lambda: [self.box], self.calls, FaultPlan())

    def call(
        self, method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Reply:
        """A request as it is; a path is completed and signed in."""
        if headers is None:
            headers = {"X-Auth-Token": f"api-key {self.box.key}"}
            if body:
                headers["Content-Type"] = "application/json"
        if url.startswith("/"):
            url = self.box.url + url
        return Reply(*self.transport(method, url, headers, body))

    def get(self, path: str, query: dict[str, object] | None = None) -> Reply:
        return self.call("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: object = None) -> Reply:
        return self.call("POST", path, b"" if body is None else json.dumps(body).encode())

    def delete(self, path: str, query: dict[str, object] | None = None) -> Reply:
        return self.call("DELETE", f"{path}?{urlencode(query)}" if query else path)

    def wait(self, seconds: float = 0, **parts: float) -> None:
        """Let time pass: seconds, or days=, hours=, minutes=."""
        self.clock.advance(timedelta(seconds=seconds, **parts))
