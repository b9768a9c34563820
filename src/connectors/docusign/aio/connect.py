"""Connect: configurations, keys, deliveries and their repetition."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.accounts import UserStatus
from ..models.connect import (
    ConnectConfiguration,
    ConnectLog,
    ConnectOAuth,
    ConnectSecret,
    ConnectUser,
    HistoricalPublish,
    Republished,
)


class AsyncConnect(AsyncNoun):
    """Endpoints that DocuSign tells of events, 20 in an account at most.

    The credential must be an administrator's, and the plan must have Connect
    (`Account.connect_available`). `connectors.docusign.webhooks` reads what arrives.

    ```python
    import asyncio
    from attrs import evolve
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox
    from connectors.docusign.models import ConnectConfiguration, ConnectEventName

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            wanted = ConnectConfiguration.recommended(
                "https://example.org/docusign", [ConnectEventName.ENVELOPE_COMPLETED]
            )
            made = await client.connect.create(wanted)
            print(made.missing(wanted))
            more = (*made.events, ConnectEventName.ENVELOPE_VOIDED)
            await client.connect.update(evolve(made, events=more))

    asyncio.run(main())
    ```
    """

    async def list(self) -> tuple[ConnectConfiguration, ...]:
        """All configurations, those made by hand too.

        Raises:
            Forbidden: no administrator, or no Connect on the plan.
        """
        return await self._session.send(calls.list_connect_configurations())

    async def find(self, name: str) -> ConnectConfiguration | None:
        """The first configuration of exactly this name, or None."""
        for each in await self._session.send(calls.list_connect_configurations()):
            if each.name == name:
                return each
        return None

    async def get(self, connect_id: str) -> ConnectConfiguration:
        """One configuration.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_connect_configuration(connect_id))

    async def create(self, configuration: ConnectConfiguration) -> ConnectConfiguration:
        """Create a configuration; `ConnectConfiguration.recommended` makes one that loses nothing.

        Messages are signed once the account has an HMAC key too: `client.connect_secrets.create()`.

        Raises:
            AnswerLost: it may be there now; `find` it before you create it again.
            ConfigError: no name, no https URL, no event or one in a wrong form, nobody to watch.
        """
        return await self._session.send(calls.create_connect_configuration(configuration))

    async def update(self, configuration: ConnectConfiguration) -> ConnectConfiguration:
        """Replace a configuration by this one: read it, change it with `attrs.evolve`, send it.

        All that DocuSign said of it goes back, also what is not known here: what is left out may
        be reset.

        Raises:
            NotFound: there is none with its id.
            ConfigError: it has no id, or as `create`.
        """
        return await self._session.send(calls.update_connect_configuration(configuration))

    async def delete(self, connect_id: str) -> None:
        """Delete a configuration; one that is gone already is fine."""
        await self._session.send(calls.delete_connect_configuration(connect_id))

    def users(
        self,
        connect_id: str,
        *,
        included_only: bool | None = None,
        email: str | None = None,
        name: str | None = None,
        statuses: Iterable[UserStatus | str] = (),
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[ConnectUser]:
        """The users that a configuration watches; `email` and `name` may be parts."""
        pages = calls.list_connect_users(
            connect_id,
            included_only=included_only,
            email=email,
            name=name,
            statuses=statuses,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    def candidates(
        self,
        connect_id: str,
        *,
        domain_users_only: bool | None = None,
        email: str | None = None,
        name: str | None = None,
        statuses: Iterable[UserStatus | str] = (),
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[ConnectUser]:
        """All users of the account, each with whether the configuration watches it."""
        pages = calls.list_connect_candidates(
            connect_id,
            domain_users_only=domain_users_only,
            email=email,
            name=name,
            statuses=statuses,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)


class AsyncConnectSecrets(AsyncNoun):
    """Keys with which DocuSign signs messages, and the token that it may bring along.

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
            made = await client.connect_secrets.create()
            print("keep it now:", bool(made.secret))
            print(len(await client.connect_secrets.list()))

    asyncio.run(main())
    ```
    """

    async def list(self) -> tuple[ConnectSecret, ...]:
        """The HMAC keys of the account; of each secret DocuSign shows a part."""
        return await self._session.send(calls.list_connect_secrets())

    async def create(self) -> ConnectSecret:
        """Create an HMAC key. Keep its secret now: DocuSign shows it once.

        Each key signs every message. To change keys, create one, give its secret to the endpoint
        beside the old one, then delete the old one.

        Raises:
            AnswerLost: there may be a key now whose secret nobody knows; delete it.
        """
        return await self._session.send(calls.create_connect_secret())

    async def delete(self, key_id: int) -> None:
        """Delete a key by its number, as the list of just now has it; the later ones move up.

        Raises:
            AnswerLost: look at the list before you delete again: another key may have its number.
            NotFound: there is none of this number.
            ConfigError: a number below 1.
        """
        await self._session.send(calls.delete_connect_secret(key_id))

    async def oauth(self) -> ConnectOAuth:
        """Where DocuSign fetches a token for your endpoint."""
        return await self._session.send(calls.get_connect_oauth())

    async def create_oauth(self, oauth: ConnectOAuth) -> ConnectOAuth:
        """Let DocuSign fetch a token for your endpoint, by client credentials.

        Raises:
            ConfigError: no https URL, or no id or secret of the client.
        """
        return await self._session.send(calls.create_connect_oauth(oauth))

    async def update_oauth(self, oauth: ConnectOAuth) -> ConnectOAuth:
        """Change where DocuSign fetches tokens; all of it is set anew.

        Raises:
            ConfigError: no https URL, or no id or secret of the client.
        """
        return await self._session.send(calls.update_connect_oauth(oauth))

    async def delete_oauth(self) -> None:
        """Let DocuSign deliver without a token; none being set is fine."""
        await self._session.send(calls.delete_connect_oauth())


class AsyncDeliveries(AsyncNoun):
    """What became of messages, and how to have them delivered anew.

    DocuSign keeps the newest 100 for 15 days, of configurations that log.

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
            failed = await client.deliveries.failures()
            envelopes = {each.envelope_id for each in failed if each.envelope_id}
            if envelopes:
                await client.deliveries.retry_many(envelopes)

    asyncio.run(main())
    ```
    """

    async def list(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[ConnectLog, ...]:
        """The newest deliveries, 100 at most."""
        return await self._session.send(calls.list_connect_logs(since=since, until=until))

    async def get(self, log_id: str) -> ConnectLog:
        """One delivery with its steps and what was sent.

        Raises:
            NotFound: there is none with this id, or it is older than 15 days.
        """
        return await self._session.send(calls.get_connect_log(log_id))

    async def delete(self, log_id: str) -> None:
        """Delete what is logged of one delivery; what is gone already is fine."""
        await self._session.send(calls.delete_connect_log(log_id))

    async def delete_all(self) -> None:
        """Delete what is logged of all deliveries."""
        await self._session.send(calls.delete_connect_logs())

    async def failures(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> tuple[ConnectLog, ...]:
        """Deliveries that failed."""
        return await self._session.send(calls.list_connect_failures(since=since, until=until))

    async def delete_failure(self, failure_id: str) -> None:
        """Forget a failure, which is then not repeated; what is gone already is fine."""
        await self._session.send(calls.delete_connect_failure(failure_id))

    async def retry(self, envelope_id: str) -> tuple[Republished, ...]:
        """Deliver anew what failed of one envelope; the answer has a row for each endpoint.

        Raises:
            NotFound: there is no such envelope.
        """
        return await self._session.send(calls.retry_connect(envelope_id))

    async def retry_many(self, envelope_ids: Iterable[str]) -> tuple[Republished, ...]:
        """Deliver anew what failed of several envelopes.

        Raises:
            ConfigError: no envelope.
        """
        return await self._session.send(calls.retry_connect_many(envelope_ids))

    async def publish_historical(
        self, envelope_ids: Iterable[str], configuration: ConnectConfiguration
    ) -> HistoricalPublish:
        """Send envelopes of the past to an endpoint, as JSON; 9,999 in an hour at most.

        Args:
            configuration: whole; it need not be one of the account's.

        Raises:
            AnswerLost: they may be on their way; receivers must bear messages that come twice.
            ConfigError: no envelope or too many, or a configuration that would be refused.
        """
        call = calls.publish_historical(envelope_ids, configuration)
        return await self._session.send(call)
