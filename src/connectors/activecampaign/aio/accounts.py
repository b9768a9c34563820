"""Who the key belongs to, and notes on contacts."""

from __future__ import annotations

from ...runtime.aio import AsyncNoun
from .. import calls
from ..models.accounts import Note, User


class AsyncUsers(AsyncNoun):
    """Users of the account.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            print((await client.users.me()).username)

    asyncio.run(main())
    ```
    """

    async def me(self) -> User:
        """The user whose key this is: the cheapest way to see whether the key is good.

        Raises:
            Forbidden: the key is not good, or its user may do nothing.
        """
        return await self._session.send(calls.get_me())


class AsyncNotes(AsyncNoun):
    """Notes on contacts.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = (await client.contacts.sync("noor@example.org")).contact
            await client.notes.create(noor.id, "Asked for the contract in French")
            print(len(await client.notes.of_contact(noor.id)))

    asyncio.run(main())
    ```
    """

    async def create(self, contact_id: str, text: str) -> Note:
        """Put a note on a contact.

        Raises:
            AnswerLost: it may be there now: look before you do so again.
        """
        return await self._session.send(calls.create_note(contact_id, text))

    async def of_contact(self, contact_id: str) -> tuple[Note, ...]:
        """The notes on a contact.

        Raises:
            NotFound: there is no such contact.
        """
        return await self._session.send(calls.list_contact_notes(contact_id))
