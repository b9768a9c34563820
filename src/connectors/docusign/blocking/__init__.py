# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The blocking DocuSign client. Its blocking twin beside it is generated.

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
from ...runtime.blocking import Client, Session
from ...runtime.budget import SharedBudget, shared_budget
from ...runtime.http import Clock, Transport, Wire
from .. import oauth, wire

if TYPE_CHECKING:
    from .accounts import Accounts, Users
    from .bulk import Bulk
    from .connect import Connect, ConnectSecrets, Deliveries
    from .documents import Documents
    from .envelopes import Envelopes
    from .recipients import EnvelopeRecipients
    from .templates import Templates
    from .views import Views
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "Accounts Users",
            "bulk": "Bulk",
            "connect": "Connect ConnectSecrets Deliveries",
            "documents": "Documents",
            "envelopes": "Envelopes",
            "recipients": "EnvelopeRecipients",
            "templates": "Templates",
            "views": "Views",
        },
    )

__all__ = [
    "Accounts",
    "Bulk",
    "Connect",
    "ConnectSecrets",
    "Deliveries",
    "DocuSignClient",
    "Documents",
    "EnvelopeRecipients",
    "Envelopes",
    "Templates",
    "Users",
    "Views",
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


class DocuSignClient(Client):
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
    from connectors import DocuSignClient, JwtBearer, Sandbox

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def main() -> None:
        with DocuSignClient(key, transport=box.transport) as client:
            for template in client.templates.list():
                print(template.name)

    main()
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
        transport: Transport | None = None,
    ) -> None:
        server = oauth.account_server(environment)
        connection = Wire(transport)
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
        super().__init__(Session(port, connection, secret, slots=rate.slots, cache=token_cache))

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    def for_account(self, account: str, *, base_uri: str | None = None) -> DocuSignClient:
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

    def user_info(self) -> oauth.UserInfo:
        """Who the credential acts for, and the accounts; asked for once in the life of a client."""
        return self._session.run(oauth.user_info(self._session.port))

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
    def accounts(self) -> Accounts:
        """The account and its custom fields."""
        from .accounts import Accounts

        return Accounts(self._session)

    @property
    def bulk(self) -> Bulk:
        """One envelope for many people."""
        from .bulk import Bulk

        return Bulk(self._session)

    @property
    def connect(self) -> Connect:
        """Endpoints that DocuSign tells of events."""
        from .connect import Connect

        return Connect(self._session)

    @property
    def connect_secrets(self) -> ConnectSecrets:
        """The keys with which DocuSign signs what it tells."""
        from .connect import ConnectSecrets

        return ConnectSecrets(self._session)

    @property
    def deliveries(self) -> Deliveries:
        """What became of what DocuSign told, and how to have it told again."""
        from .connect import Deliveries

        return Deliveries(self._session)

    @property
    def documents(self) -> Documents:
        """Documents of envelopes."""
        from .documents import Documents

        return Documents(self._session)

    @property
    def envelopes(self) -> Envelopes:
        """Envelopes."""
        from .envelopes import Envelopes

        return Envelopes(self._session)

    @property
    def recipients(self) -> EnvelopeRecipients:
        """Recipients of envelopes, and their tabs."""
        from .recipients import EnvelopeRecipients

        return EnvelopeRecipients(self._session)

    @property
    def templates(self) -> Templates:
        """Templates, their roles and fields."""
        from .templates import Templates

        return Templates(self._session)

    @property
    def users(self) -> Users:
        """The account's users."""
        from .accounts import Users

        return Users(self._session)

    @property
    def views(self) -> Views:
        """Pages of DocuSign to send somebody to."""
        from .views import Views

        return Views(self._session)
