"""The client in both worlds, and servers that answer what a test says."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from connectors import AsyncDynamicsClient, ClientCredentials, DynamicsClient, Sandbox
from connectors.core.auth import TokenProvider
from tests.facades import World, run

T = TypeVar("T")

URL = "https://contoso.crm4.dynamics.com"
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "00000000-0000-0000-0000-00000000000a"
CANARY = "c4n4ry-t0ken"

Answer = tuple[int, Mapping[str, str], bytes]


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[T]], **options: Any) -> T:
    """Run a case on a client of a sandbox."""
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    def make(which: World) -> Any:
        kind: Any = DynamicsClient if which == "blocking" else AsyncDynamicsClient
        return kind(crm.url, credential, transport=box.transport, **options)

    return run(world, make, case)


class Server:
    """Answers what it is told, in order, the last one again and again; remembers what was asked."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked.append((method, url, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def make(self, **options: Any) -> Callable[[World], Any]:
        """Makes a client of this server."""

        def make(world: World) -> Any:
            kind: Any = DynamicsClient if world == "blocking" else AsyncDynamicsClient
            credential = TokenProvider(provide=lambda: CANARY)
            return kind(URL, credential, transport=self, **options)

        return make


def said(value: object, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def refused(status: int, code: str = "") -> Answer:
    """A refusal as Dynamics words it."""
    return said({"error": {"code": code, "message": "no"}}, status)
