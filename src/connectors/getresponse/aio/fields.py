"""Custom fields, tags and predefined fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.fields import CustomField, FieldFormat, PredefinedField, Tag, ValueType


class AsyncCustomFields(AsyncNoun):
    """What contacts can have values in. Name, type and format of a field stay for ever.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            age = await client.custom_fields.create(
                "age_group", format="single_select", values=["18-35", "36-50"]
            )
            print(age.custom_field_id)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[CustomField]:
        """All custom fields by name; `name` narrows to names that contain it."""
        pages = calls.list_custom_fields(name=name, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> CustomField | None:
        """The custom field of exactly this name, or None."""
        return await self._find(calls.list_custom_fields(name=name), lambda f: f.name == name)

    async def get(self, custom_field_id: str) -> CustomField:
        """One custom field.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_custom_field(custom_field_id))

    async def create(
        self,
        name: str,
        *,
        type: ValueType | str = ValueType.STRING,
        format: FieldFormat | str = FieldFormat.TEXT,
        values: Sequence[str] = (),
        hidden: bool = False,
    ) -> CustomField:
        """Create a custom field.

        Args:
            name: lower case letters, digits and `_`; not "name", "email", "campaign" and such.
            values: what may be chosen; two at least for "radio", "single_select" and
                "multi_select".

        Raises:
            Conflict: the name is taken (1008).
            ConfigError: a name or values that cannot be.
        """
        call = calls.create_custom_field(
            name, type=type, format=format, values=values, hidden=hidden
        )
        return await self._session.send(call)

    async def update(
        self, custom_field_id: str, *, hidden: bool, values: Sequence[str]
    ) -> CustomField:
        """Change what may be chosen and whether the field is hidden; both are set each time.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_custom_field(custom_field_id, hidden=hidden, values=values)
        return await self._session.send(call)

    async def delete(self, custom_field_id: str) -> None:
        """Delete a field and its values on all contacts; one that is gone already is fine."""
        await self._session.send(calls.delete_custom_field(custom_field_id))


class AsyncTags(AsyncNoun):
    """Tags. They cannot be renamed; `contacts.upsert_tags` puts them on contacts.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            vip = await client.tags.find("vip") or await client.tags.create("vip")
            print(vip.tag_id)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        sort: calls.TagSort = "createdAt",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Tag]:
        """All tags, ascending by `sort`; `name` narrows to names that contain it."""
        pages = calls.list_tags(
            name=name,
            created_since=created_since,
            created_until=created_until,
            sort=sort,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> Tag | None:
        """The tag of exactly this name, or None."""
        return await self._find(calls.list_tags(name=name), lambda t: t.name == name)

    async def get(self, tag_id: str) -> Tag:
        """One tag.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_tag(tag_id))

    async def create(self, name: str) -> Tag:
        """Create a tag of letters, digits and `_`.

        Raises:
            Conflict: the name is taken (1008).
            BadRequest: a name that GetResponse does not accept.
        """
        return await self._session.send(calls.create_tag(name))

    async def delete(self, tag_id: str) -> None:
        """Delete a tag, also from the contacts that have it; one that is gone already is fine."""
        await self._session.send(calls.delete_tag(tag_id))


class AsyncPredefinedFields(AsyncNoun):
    """Merge words with one value for a whole list.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = await client.campaigns.create("news")
            await client.predefined_fields.create(news.campaign_id, "city", value="Gdańsk")

    asyncio.run(main())
    ```
    """

    def list(
        self, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[PredefinedField]:
        """The predefined fields of all lists."""
        pages = calls.list_predefined_fields(page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def get(self, predefined_field_id: str) -> PredefinedField:
        """One predefined field.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_predefined_field(predefined_field_id))

    async def create(self, campaign_id: str, name: str, *, value: str) -> PredefinedField:
        """Create a predefined field of one list.

        Raises:
            Conflict: the list has one of this name (1008).
        """
        call = calls.create_predefined_field(campaign_id, name, value=value)
        return await self._session.send(call)

    async def update(self, predefined_field_id: str, *, value: str) -> PredefinedField:
        """Give it another value; its name stays.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_predefined_field(predefined_field_id, value=value)
        return await self._session.send(call)

    async def delete(self, predefined_field_id: str) -> None:
        """Delete a predefined field; one that is gone already is fine."""
        await self._session.send(calls.delete_predefined_field(predefined_field_id))
