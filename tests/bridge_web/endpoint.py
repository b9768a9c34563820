"""A bridge that is set up, with an endpoint, and requests to that as an ASGI server makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from attrs import define, field
from starlette.types import ASGIApp, Message

from connectors import (
    ActiveCampaignClient,
    AsyncActiveCampaignClient,
    AsyncDocuSignActiveCampaign,
    AsyncDocuSignClient,
    BridgeSettings,
    DocuSignActiveCampaign,
    DocuSignClient,
    JwtBearer,
    Sandbox,
    SqlStore,
    StoreError,
)
from connectors.integrations.docusign_activecampaign.receiving import SigningKeys
from connectors.sandbox.docusign.publishing import Delivery

URL = "https://example.com/docusign"


class Store(SqlStore):
    """A store that can be out of order."""

    broken = False

    def transact(self, fn: Callable[..., Any]) -> Any:
        if self.broken:
            raise StoreError("the store is full")
        return super().transact(fn)


class Desk:
    """A DocuSign account with one envelope under way, and the blocking bridge that is told of it."""

    def __init__(self, url: str = "sqlite://", **settings: Any) -> None:
        self.box = Sandbox(seed=7)
        self.key = self.box.docusign.add_secret()
        self.store = Store(url)
        self.settings = BridgeSettings(**settings)
        self.bridge = self.made()
        self.bridge.apply(self.bridge.setup.plan(URL))
        self.envelope_id = self.box.docusign.send("Lease", ["ada@example.com"])
        self.box.calls.clear()

    def made(self, keys: SigningKeys | None = None) -> DocuSignActiveCampaign:
        """The blocking bridge."""
        return DocuSignActiveCampaign(
            DocuSignClient(self._user(), transport=self.box.transport),
            ActiveCampaignClient(
                self.box.activecampaign.url,
                self.box.activecampaign.key,
                transport=self.box.transport,
            ),
            store=self.store,
            signing_keys=self.key if keys is None else keys,
            settings=self.settings,
        )

    def made_async(self) -> AsyncDocuSignActiveCampaign:
        """The bridge for async hosts, over the same store."""
        return AsyncDocuSignActiveCampaign(
            AsyncDocuSignClient(self._user(), transport=self.box.transport),
            AsyncActiveCampaignClient(
                self.box.activecampaign.url,
                self.box.activecampaign.key,
                transport=self.box.transport,
            ),
            store=self.store,
            signing_keys=self.key,
            settings=self.settings,
        )

    def _user(self) -> JwtBearer:
        sign = self.box.docusign
        return JwtBearer(sign.integration_key, sign.user_id, sign.private_key)

    @property
    def delivery(self) -> Delivery:
        """The first message that is on its way, as it would come now."""
        return self.box.docusign.pending[0]

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a body that was signed with the right key."""
        return self.box.docusign.headers_for(body)

    def others(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """So many messages, each about another envelope."""
        name = self.envelope_id.encode()
        bodies = [
            self.delivery.body.replace(name, b"%08x" % number + name[8:]) for number in range(count)
        ]
        return [(self.signed(body), body) for body in bodies]

    def waiting(self) -> int:
        """Messages that are kept and not worked off."""
        with self.store._engine.connect() as db:
            found = db.exec_driver_sql("select count(*) from inbox where state = 'new'").scalar()
        return int(found or 0)

    def everything(self) -> bytes:
        """All that stands in the tables of messages, byte for byte."""
        parts: list[bytes] = []
        with self.store._engine.connect() as db:
            for table in ("inbox", "inbox_count"):
                for row in db.exec_driver_sql(f"select * from {table}"):
                    parts += [v if isinstance(v, bytes) else str(v).encode() for v in row]
        return b"\0".join(parts)


@define
class Answer:
    """What one request came to."""

    status: int | None = None
    """None where there was no answer."""
    headers: dict[str, str] = field(factory=dict)
    body: bytes = b""
    taken: int = 0
    """Bytes of the request's body that were asked for."""


async def ask(
    app: ASGIApp,
    headers: Mapping[str, str],
    pieces: Iterable[bytes],
    *,
    method: str = "POST",
    hang_up: bool = False,
) -> Answer:
    """Send one request piece by piece, and no more of it than the application asks for.

    Args:
        hang_up: go away after the pieces instead of saying that they were all.
    """
    answer = Answer()
    left = iter(pieces)

    async def receive() -> Message:
        piece = next(left, None)
        if piece is not None:
            answer.taken += len(piece)
            return {"type": "http.request", "body": piece, "more_body": True}
        if hang_up:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
    }
    await app(scope, receive, send)
    return answer


def asked(app: ASGIApp, headers: Mapping[str, str], *pieces: bytes, **more: Any) -> Answer:
    """One request, outside any event loop."""
    return asyncio.run(ask(app, headers, pieces, **more))


def together(requests: Iterable[Awaitable[Answer]]) -> list[Answer]:
    """Requests that all come at once."""

    async def all_of() -> list[Answer]:
        return await asyncio.gather(*requests)

    return asyncio.run(all_of())
