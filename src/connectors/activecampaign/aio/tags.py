"""Tags, and who has them."""

from __future__ import annotations

from ...core.wire import UNSET, Unset
from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls, flows
from ..models.tags import ContactTag, Tag


class AsyncTags(AsyncNoun):
    """Tags; `contact_tags` puts them on contacts.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            vip = await client.tags.ensure("vip")
            print(vip.id)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        search: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Tag]:
        """All tags; `search` narrows to names that contain it."""
        pages = calls.list_tags(search=search, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> Tag | None:
        """The tag of this name, or None; upper and lower case are one."""
        return await self._session.run(flows.find_tag(name, self._session.port))

    async def get(self, tag_id: str) -> Tag:
        """One tag.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_tag(tag_id))

    async def ensure(self, name: str, *, description: str = "") -> Tag:
        """The tag of this name, created where there is none, also while others do the same."""
        flow = flows.ensure_tag(name, self._session.port, description=description)
        return await self._session.run(flow)

    async def create(self, name: str, *, description: str = "") -> Tag:
        """Create a tag for contacts.

        Raises:
            Conflict: the name is taken; some accounts answer the tag that has it instead.
        """
        return await self._session.send(calls.create_tag(name, description=description))

    async def update(
        self, tag_id: str, *, name: str | Unset = UNSET, description: str | Unset = UNSET
    ) -> Tag:
        """Rename or describe a tag, on all contacts that have it.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_tag(tag_id, name=name, description=description)
        return await self._session.send(call)

    async def delete(self, tag_id: str) -> None:
        """Delete a tag, also from all contacts that have it; one that is gone already is fine."""
        await self._session.send(calls.delete_tag(tag_id))


class AsyncContactTags(AsyncNoun):
    """Tags on contacts.

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
            vip = await client.tags.ensure("vip")
            await client.contact_tags.add(noor.id, vip.id)
            print([pair.tag_id for pair in await client.contact_tags.list(noor.id)])

    asyncio.run(main())
    ```
    """

    async def list(self, contact_id: str) -> tuple[ContactTag, ...]:
        """The tags of a contact, by their ids.

        Raises:
            NotFound: there is no such contact.
        """
        return await self._session.send(calls.list_contact_tags(contact_id))

    async def add(self, contact_id: str, tag_id: str) -> ContactTag:
        """Put a tag on a contact; where it has it already, nothing changes.

        Raises:
            BadRequest: there is no such tag.
        """
        return await self._session.send(calls.add_contact_tag(contact_id, tag_id))

    async def remove(self, contact_id: str, tag_id: str) -> ContactTag | None:
        """Take a tag off a contact; what was taken off, None where it did not have it."""
        flow = flows.remove_tag(contact_id, tag_id, self._session.port)
        return await self._session.run(flow)
