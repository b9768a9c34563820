"""The account, its callbacks, blocklists and suppression lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.accounts import (
    Account,
    CallbackActions,
    CallbackSettings,
    SendingLimit,
    Suppression,
    Timezone,
)


class AsyncAccounts(AsyncNoun):
    """The account behind the credential.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            account = await client.accounts.get()
            print(account.company_name)

    asyncio.run(main())
    ```
    """

    async def ping(self) -> None:
        """Check the connection: returns where GetResponse takes the credential.

        Raises:
            Unauthenticated: the key or token is wrong, revoked, or unused for 90 days (1014).
            BadRequest: host and account domain do not belong together.
        """
        await self._session.send(calls.get_account())

    async def get(self) -> Account:
        """Id, e-mail and names of the account; also the cheapest check of a connection."""
        return await self._session.send(calls.get_account())

    async def timezones(self) -> tuple[Timezone, ...]:
        """The time zones in which newsletters can be scheduled."""
        return await self._session.send(calls.list_timezones())

    async def sending_limits(self) -> tuple[SendingLimit, ...]:
        """How many messages may be sent in some spans of time, and were."""
        return await self._session.send(calls.list_sending_limits())


class AsyncCallbacks(AsyncNoun):
    """The one URL of the account that is told of opens, clicks and sign-ups.

    Best effort: GetResponse never repeats a callback. `connectors.getresponse.webhooks` reads them.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox
    from connectors.getresponse.models import CallbackActions

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            if await client.callbacks.find() is None:
                actions = CallbackActions(subscribe=True, unsubscribe=True)
                await client.callbacks.upsert("https://example.org/gr", actions=actions)

    asyncio.run(main())
    ```
    """

    async def find(self) -> CallbackSettings | None:
        """The URL and what it is told of, or None where none is set."""
        return await self._session.send(calls.find_callbacks())

    async def upsert(self, url: str, *, actions: CallbackActions) -> CallbackSettings:
        """Set the URL. An account has one: whoever had it before is told nothing any more, so look
        with `find` first.

        Raises:
            ConfigError: not an http or https URL, or no action.
        """
        return await self._session.send(calls.upsert_callbacks(url, actions=actions))

    async def delete(self) -> None:
        """Tell no URL any more; none being set is fine."""
        await self._session.send(calls.delete_callbacks())


class AsyncBlocklists(AsyncNoun):
    """Masks that keep addresses out: of the account, or of one list where `campaign_id` is given.

    A mask is an address, or the domain of many.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            await client.blocklists.add(["someone@example.org"])
            print(len(await client.blocklists.get()))

    asyncio.run(main())
    ```
    """

    async def get(
        self, *, campaign_id: str | None = None, mask: str | None = None
    ) -> tuple[str, ...]:
        """The masks; `mask` narrows to those that contain it."""
        call = calls.get_blocklist(campaign_id=campaign_id, mask=mask)
        return await self._session.send(call)

    async def add(self, masks: Iterable[str], *, campaign_id: str | None = None) -> None:
        """Add masks; the others stay.

        Raises:
            ConfigError: no mask, or an empty one.
        """
        await self._session.send(calls.change_blocklist(masks, "add", campaign_id=campaign_id))

    async def delete(self, masks: Iterable[str], *, campaign_id: str | None = None) -> None:
        """Take masks off; the others stay.

        Raises:
            ConfigError: no mask, or an empty one.
        """
        await self._session.send(calls.change_blocklist(masks, "delete", campaign_id=campaign_id))


class AsyncSuppressions(AsyncNoun):
    """Lists of masks whose addresses a newsletter leaves out.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            made = await client.suppressions.create("competitors", masks=["@example.com"])
            print(made.suppression_id)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Suppression]:
        """The suppression lists, of which `get` one for its masks."""
        pages = calls.list_suppressions(
            name=name,
            created_since=created_since,
            created_until=created_until,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> Suppression | None:
        """The list of exactly this name, or None."""
        return await self._find(calls.list_suppressions(name=name), lambda s: s.name == name)

    async def get(self, suppression_id: str) -> Suppression:
        """One list with its masks.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_suppression(suppression_id))

    async def create(self, name: str, *, masks: Iterable[str]) -> Suppression:
        """Create a list.

        Raises:
            AnswerLost: it may be there now; `find` it before you create it again.
            ConfigError: no name or no mask.
        """
        return await self._session.send(calls.create_suppression(name, masks))

    async def update(self, suppression_id: str, *, name: str, masks: Iterable[str]) -> Suppression:
        """Replace the name and all masks of a list; both are set each time.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_suppression(suppression_id, name=name, masks=masks)
        return await self._session.send(call)

    async def delete(self, suppression_id: str) -> None:
        """Delete a list; one that is gone already is fine."""
        await self._session.send(calls.delete_suppression(suppression_id))
