"""Marketing lists."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import BadRequest, NotFound
from ...runtime.aio import AsyncPaged
from .. import calls
from ..filters import Filter
from ..models import (
    CONTACTS,
    MARKETING_LISTS,
    Contact,
    ListMember,
    ListTarget,
    MarketingList,
    RowId,
)
from .link import AsyncLink


class AsyncMarketingLists:
    """Marketing lists. A static one has members; a dynamic one has a query that finds them.

    ```python
    import asyncio
    from connectors import AsyncDynamicsClient, ClientCredentials, Sandbox

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    async def main() -> None:
        async with AsyncDynamicsClient(crm.url, credential, transport=box.transport) as client:
            people = await client.contacts.list().take(3)
            list_id = await client.marketing_lists.create("News")
            await client.marketing_lists.add_members(list_id, [p.contact_id for p in people])
            async for member in client.marketing_lists.members(list_id):
                print(member)

    asyncio.run(main())
    ```
    """

    def __init__(self, link: AsyncLink) -> None:
        self._link = link

    def list(
        self, *, filter: Filter | str | None = None, cursor: str | None = None
    ) -> AsyncPaged[MarketingList]:
        """The lists that fit, such as `col("createdfromcode").eq(ListTarget.CONTACT)`."""
        return self._link.paged(calls.list_rows(MARKETING_LISTS, filter=filter), cursor)

    async def get(self, list_id: str) -> MarketingList:
        """One list.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._link.send(calls.get_row(MARKETING_LISTS, list_id))

    async def find(self, list_id: str) -> MarketingList | None:
        """One list, or None."""
        return await self._link.send(calls.find_row(MARKETING_LISTS, list_id))

    async def create(
        self,
        name: str,
        *,
        dynamic: bool = False,
        query: str | None = None,
        purpose: str | None = None,
        target: ListTarget = ListTarget.CONTACT,
    ) -> RowId:
        """Create a list; whether it is dynamic, and of what rows, can never be changed.

        Raises:
            ConfigError: a query for a static list, or one that finds other rows than `target`.
        """
        call = calls.create_marketing_list(
            name, dynamic=dynamic, query=query, purpose=purpose, target=target
        )
        return await self._link.send(call)

    async def delete(self, list_id: str) -> None:
        """Delete a list, not its members; one that is gone already is fine."""
        await self._link.send(calls.delete_row(MARKETING_LISTS, list_id))

    async def lock(self, list_id: str, *, locked: bool = True) -> None:
        """Lock a static list, or unlock it: members of a locked one cannot be changed.

        Raises:
            BadRequest: it is dynamic (0x8004f703).
        """
        await self._link.send(calls.lock_list(list_id, locked))

    def members(
        self,
        list_id: str,
        *,
        target: ListTarget = ListTarget.CONTACT,
        cursor: str | None = None,
    ) -> AsyncPaged[str]:
        """Contact ids of a static list, 5000 a page; those of accounts or leads by `target`.

        Whole contacts: `client.table(MARKETING_LISTS).related(list_id, "listcontact_association",
        CONTACTS)`.
        """
        return self._link.paged(calls.list_members(list_id, target=target), cursor)

    def entries(self, list_id: str, *, cursor: str | None = None) -> AsyncPaged[ListMember]:
        """Who is on a static list, since when."""
        return self._link.paged(calls.list_entries(list_id), cursor)

    def of(self, contact_id: str, *, cursor: str | None = None) -> AsyncPaged[ListMember]:
        """The static lists that a contact, account or lead is on."""
        return self._link.paged(calls.lists_of(contact_id), cursor)

    async def add_members(
        self,
        list_id: str,
        contact_ids: Sequence[str],
        *,
        target: ListTarget = ListTarget.CONTACT,
    ) -> None:
        """Add contacts to a static list, 1000 with each call; those in it already stay.

        Raises:
            BadRequest: it is dynamic (0x8004f701), locked (0x80040302), or of another kind of row.
        """
        for start in range(0, len(contact_ids), calls.BULK_SIZE):
            some = contact_ids[start : start + calls.BULK_SIZE]
            await self._link.send(calls.add_list_members(list_id, some, target=target))

    async def remove_member(
        self, list_id: str, contact_id: str, *, target: ListTarget = ListTarget.CONTACT
    ) -> None:
        """Take a contact off a static list; one that is not on it is fine.

        Where the server does not let go of it by its link, its entry is looked up and deleted.

        Raises:
            BadRequest: the list is dynamic (0x8004f701) or locked (0x80040302).
        """
        try:
            await self._link.send(calls.remove_list_member(list_id, contact_id, target=target))
        except (BadRequest, NotFound) as error:
            if error.status not in (404, 405, 501):
                raise
            pages = calls.list_entry(list_id, contact_id)
            for entry in (await self._link.send(pages.at(None))).items:
                await self._link.send(calls.delete_list_entry(entry.member_id))

    async def remove_members(
        self,
        list_id: str,
        contact_ids: Sequence[str],
        *,
        target: ListTarget = ListTarget.CONTACT,
    ) -> None:
        """Take contacts off a static list, a call or two for each; see `remove_member`."""
        for contact_id in contact_ids:
            await self.remove_member(list_id, contact_id, target=target)

    async def set_query(
        self, list_id: str, fetchxml: str, *, target: ListTarget = ListTarget.CONTACT
    ) -> None:
        """Give a dynamic list another query.

        Raises:
            ConfigError: not FetchXML, or it finds other rows than `target`.
            BadRequest: the list is static (0x8004f702).
        """
        await self._link.send(calls.set_list_query(list_id, fetchxml, target=target))

    async def try_query(self, fetchxml: str, *, count: int = 10) -> tuple[Contact, ...]:
        """The first contacts that a query finds, 1 to 5000, in no particular order.

        Conditions such as `eq-userid` mean this client's user; see `fetchxml.caller_conditions`.

        Raises:
            ConfigError: not FetchXML, or it does not find contacts.
        """
        pages = calls.fetch_rows(CONTACTS, fetchxml, page_size=count)
        return (await self._link.send(pages.at(None))).items

    async def copy_to_static(self, list_id: str) -> RowId:
        """Make a static list of whom a dynamic one finds now, and answer its id; it is locked.

        Raises:
            BadRequest: the list is static (0x8004f704).
        """
        return await self._link.send(calls.copy_to_static(list_id))

    async def copy_members(self, list_id: str, target_id: str) -> None:
        """Put all members of a static list on another one too."""
        await self._link.send(calls.copy_members(list_id, target_id))

    async def add_to_campaign(self, list_id: str, campaign_id: str) -> RowId:
        """Use a list in a campaign; answers the id of what ties the two."""
        return await self._link.send(calls.add_to_campaign(list_id, campaign_id))
