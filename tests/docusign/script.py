"""A service that answers from a script, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

from connectors import AsyncDocuSignClient, DocuSignClient, TokenProvider
from tests.facades import World

SECRET = "c4n4ry-token"
ACCOUNT = "11111111-0000-4000-8000-000000000000"
SITE = "https://na3.docusign.net"
BASE = f"{SITE}/restapi/v2.1/accounts/{ACCOUNT}"

Answer = tuple[int, Mapping[str, str], bytes]


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return sum(self.waits)

    def sleep(self, seconds: float, /) -> None:
        self.waits.append(seconds)


@define
class Sent:
    """A request that came in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        path = self.url.partition("?")[0].removeprefix(BASE).lstrip("/")
        query = self.url.partition("?")[2]
        return f"{self.method} {path}{'?' if query else ''}{query}"

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@define
class Script:
    """Gives its answers in turn; an exception is raised. More calls than answers is an error."""

    answers: list[Answer | Exception]
    clock: Clock = field(factory=Clock)
    sent: list[Sent] = field(factory=list)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes, /) -> Answer:
        self.sent.append(Sent(method, url, headers, body))
        answer = self.answers[len(self.sent) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def lines(self) -> list[str]:
        return [each.line for each in self.sent]

    def make(self, **options: Any) -> Callable[[World], Any]:
        """Makes a client of either world over this script."""
        chosen = {
            "credential": TokenProvider(provide=lambda: SECRET),
            "account": ACCOUNT,
            "base_uri": SITE,
            **options,
        }

        def client(world: World) -> Any:
            kind = DocuSignClient if world == "blocking" else AsyncDocuSignClient
            return kind(
                chosen["credential"],
                transport=self,
                **{name: value for name, value in chosen.items() if name != "credential"},
            )

        return client


def ok(body: object = None, status: int = 200, **headers: str) -> Answer:
    return status, headers, b"" if body is None else json.dumps(body).encode()


def refusal(status: int, code: str, message: str = "no", **headers: str) -> Answer:
    return ok({"errorCode": code, "message": message}, status, **headers)
