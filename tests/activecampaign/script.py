"""A service that answers from a script, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from attrs import define, field

from connectors.activecampaign.aio import AsyncActiveCampaignClient
from connectors.activecampaign.blocking import ActiveCampaignClient
from tests.facades import World

KEY = "c4n4ry-key"
URL = "https://noor.api-us1.com"

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
        return f"{self.method} {self.url.partition('/api/3/')[2].partition('?')[0]}"

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.url.partition("?")[2])

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

        def client(world: World) -> Any:
            kind = ActiveCampaignClient if world == "blocking" else AsyncActiveCampaignClient
            url, key = options.get("url", URL), options.get("credential", KEY)
            more = {k: v for k, v in options.items() if k not in ("url", "credential")}
            return kind(url, key, transport=self, **more)

        return client


def ok(body: object = None, status: int = 200) -> Answer:
    return status, {}, b"" if body is None else json.dumps(body).encode()


def refusal(status: int, body: object, **headers: str) -> Answer:
    """A refusal in one of the service's shapes; `retry_after` is the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return status, named, json.dumps(body).encode()
