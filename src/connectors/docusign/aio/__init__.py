"""The async DocuSign client. Its blocking twin beside it is generated.

A noun is loaded when it is first used: most programs need few of them.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from ...core.auth import (
    AuthorizationCode,
    Credential,
    JwtBearer,
    RefreshToken,
    TokenCache,
    TokenProvider,
)
from ...core.flow import Port
from ...core.lazy import lazily
from ...core.observe import Hook, Observer, observers
from ...core.policy import Retries, retries_of, timeout_of
from ...runtime.aio import AsyncClient, AsyncSession
from ...runtime.budget import SharedBudget, shared_budget
from ...runtime.http import AsyncTransport, AsyncWire, Clock
from .. import oauth, wire

if TYPE_CHECKING:
    from .accounts import AsyncAccounts, AsyncUsers
    from .bulk import AsyncBulk
    from .connect import AsyncConnect, AsyncConnectSecrets, AsyncDeliveries
    from .documents import AsyncDocuments
    from .envelopes import AsyncEnvelopes
    from .recipients import AsyncEnvelopeRecipients
    from .templates import AsyncTemplates
    from .views import AsyncViews
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "AsyncAccounts AsyncUsers",
            "bulk": "AsyncBulk",
            "connect": "AsyncConnect AsyncConnectSecrets AsyncDeliveries",
            "documents": "AsyncDocuments",
            "envelopes": "AsyncEnvelopes",
            "recipients": "AsyncEnvelopeRecipients",
            "templates": "AsyncTemplates",
            "views": "AsyncViews",
        },
    )

__all__ = [
    "AsyncAccounts",
    "AsyncBulk",
    "AsyncConnect",
    "AsyncConnectSecrets",
    "AsyncDeliveries",
    "AsyncDocuSignClient",
    "AsyncDocuments",
    "AsyncEnvelopeRecipients",
    "AsyncEnvelopes",
    "AsyncTemplates",
    "AsyncUsers",
    "AsyncViews",
]


def _rate(clock: Clock, environment: str, holder: str | Credential) -> SharedBudget:
    """One budget for an account, whoever names it, and however."""
    key = holder.lower() if isinstance(holder, str) else holder
    return shared_budget(
        clock,
        ("docusign", oauth.account_server(environment), key),
        wire.windows(environment),
        wire.IN_FLIGHT,
    )


class AsyncDocuSignClient(AsyncClient):
    """DocuSign eSignature REST API v2.1: typed, paged, retried within the vendor's limits.

    DocuSign allows one question per envelope, and per part of it, in 15 minutes. A second one is not
    sent and raises `AskedTooOften`: let Connect's events tell (`connectors.docusign.webhooks`), or ask
    for many envelopes at once (`envelopes.statuses`, `envelopes.list`).

    Args:
        credential: a `JwtBearer` for a service; for a signed-in user an `AuthorizationCode` or a
            `RefreshToken`; or a `TokenProvider`.
        account: the id of the account; None for the user's default, which DocuSign is asked for once.
        environment: "demo" or "production", which share nothing. On this machine also
            `http://127.0.0.1:8025/docusign-login`, as `connectors serve` shows it.
        base_uri: the site of the account, such as `https://na3.docusign.net`, where it is known:
            then nobody is asked. It needs `account`.
        timeout: seconds for one send.
        retries: how calls that may be repeated are repeated, or how often.
        polling_pause: seconds between two questions about one envelope, or one part of it; 0 leaves
            it to DocuSign to refuse them.
        token_cache: where tokens are kept between clients and runs; see `FileTokenCache`.
        hooks: are told of every send; see `connectors.core.observe`.
        transport: the host's own way to send; see `connectors.runtime.http`.

    Raises:
        ConfigError: a credential, account, environment or site that cannot be right.

    ```python
    import asyncio
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            async for template in client.templates.list():
                print(template.name)

    asyncio.run(main())
    ```
    """

    service = "docusign"

    def __init__(
        self,
        credential: JwtBearer | AuthorizationCode | RefreshToken | TokenProvider | Credential,
        *,
        account: str | None = None,
        environment: str = "demo",
        base_uri: str | None = None,
        timeout: float = 30.0,
        retries: Retries | int | None = None,
        polling_pause: float = wire.POLLING_PAUSE,
        token_cache: TokenCache | None = None,
        hooks: Sequence[Hook] = (),
        transport: AsyncTransport | None = None,
    ) -> None:
        server = oauth.account_server(environment)
        connection = AsyncWire(transport)
        # The default account's budget is found with its site; what asks for that has one of its own.
        of_account = partial(_rate, connection.clock, environment)
        site = oauth.site(server, account, base_uri, of_account)
        secret = oauth.grant(credential, server)
        rate = of_account(account or secret)
        port = Port(
            service="docusign",
            base_url=server,
            hosts=frozenset({"/".join(server.split("/")[:3])}),
            headers={"Accept": "application/json", "User-Agent": "connectors-python"},
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("docusign", observers(hooks)),
            standing=wire.standing,
            polling=wire.polling(polling_pause),
            timeout=timeout_of(timeout),
            site=site,
        )
        self._environment = environment
        super().__init__(
            AsyncSession(port, connection, secret, slots=rate.slots, cache=token_cache)
        )

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    def for_account(self, account: str, *, base_uri: str | None = None) -> AsyncDocuSignClient:
        """A client for another account of the same user; it shares connections and token, and closes
        them too.

        Raises:
            ConfigError: an id or a site that cannot be right.
        """
        from attrs import evolve

        old = self._session
        server = oauth.account_server(self._environment)
        rate = _rate(old.wire.clock, self._environment, account)
        port = evolve(old.port, rate=rate, site=oauth.site(server, account, base_uri))
        twin = copy.copy(self)
        twin._session = old.over(port, rate.slots)
        twin._furnish()
        return twin

    async def user_info(self) -> oauth.UserInfo:
        """Who the credential acts for, and the accounts; asked for once in the life of a client."""
        return await self._session.run(oauth.user_info(self._session.port))

    @property
    def demo(self) -> bool:
        """Whether it works in the demo environment, which shares nothing with production."""
        return self._environment != "production"

    def document_link(self, envelope_id: str) -> str:
        """A link to an envelope that lasts; whoever opens it must sign in to DocuSign."""
        from ..calls import document_link

        known = "demo" if self.demo else "production"
        return document_link(envelope_id, environment=known)

    @property
    def accounts(self) -> AsyncAccounts:
        """The account and its custom fields."""
        from .accounts import AsyncAccounts

        return AsyncAccounts(self._session)

    @property
    def bulk(self) -> AsyncBulk:
        """One envelope for many people."""
        from .bulk import AsyncBulk

        return AsyncBulk(self._session)

    @property
    def connect(self) -> AsyncConnect:
        """Endpoints that DocuSign tells of events."""
        from .connect import AsyncConnect

        return AsyncConnect(self._session)

    @property
    def connect_secrets(self) -> AsyncConnectSecrets:
        """The keys with which DocuSign signs what it tells."""
        from .connect import AsyncConnectSecrets

        return AsyncConnectSecrets(self._session)

    @property
    def deliveries(self) -> AsyncDeliveries:
        """What became of what DocuSign told, and how to have it told again."""
        from .connect import AsyncDeliveries

        return AsyncDeliveries(self._session)

    @property
    def documents(self) -> AsyncDocuments:
        """Documents of envelopes."""
        from .documents import AsyncDocuments

        return AsyncDocuments(self._session)

    @property
    def envelopes(self) -> AsyncEnvelopes:
        """Envelopes."""
        from .envelopes import AsyncEnvelopes

        return AsyncEnvelopes(self._session)

    @property
    def recipients(self) -> AsyncEnvelopeRecipients:
        """Recipients of envelopes, and their tabs."""
        from .recipients import AsyncEnvelopeRecipients

        return AsyncEnvelopeRecipients(self._session)

    @property
    def templates(self) -> AsyncTemplates:
        """Templates, their roles and fields."""
        from .templates import AsyncTemplates

        return AsyncTemplates(self._session)

    @property
    def users(self) -> AsyncUsers:
        """The account's users."""
        from .accounts import AsyncUsers

        return AsyncUsers(self._session)

    @property
    def views(self) -> AsyncViews:
        """Pages of DocuSign to send somebody to."""
        from .views import AsyncViews

        return AsyncViews(self._session)
