"""Fields of contacts and their values."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ConfigError
from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls, flows
from ..models.fields import Field, FieldOption, FieldType, FieldValue
from ..values import FieldInput, field_text


class AsyncFields(AsyncNoun):
    """What contacts can have values in.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_field("Plan", type="dropdown", options=["Gold", "Silver"])

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            plan = await client.fields.find("plan")
            print([option.value for option in plan.options] if plan else "no such field")

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        perstag: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Field]:
        """All fields with their choices; `perstag` narrows to one."""
        pages = calls.list_fields(perstag=perstag, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> Field | None:
        """The field of this title or perstag, or None; upper and lower case are one.

        Keep its id: somebody may give it another title.
        """
        wanted = name.strip().strip("%").casefold()
        return await self._find(
            calls.list_fields(),
            lambda f: wanted in (f.title.strip().casefold(), (f.perstag or "").casefold()),
        )

    async def get(self, field_id: str) -> Field:
        """One field with its choices.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_field(field_id))

    async def options(self, field_id: str) -> tuple[FieldOption, ...]:
        """The choices of a field."""
        return await self._session.send(calls.list_field_options(field_id))

    async def create(
        self,
        title: str,
        *,
        type: FieldType | str = FieldType.TEXT,
        perstag: str | None = None,
        description: str = "",
        options: Sequence[str] = (),
    ) -> Field:
        """Create a field that every contact shows, with its choices: up to four calls.

        Raises:
            Conflict: the title is taken.
        """
        flow = flows.create_field(
            title,
            self._session.port,
            type=type,
            perstag=perstag,
            description=description,
            options=options,
        )
        return await self._session.run(flow)


class AsyncFieldValues(AsyncNoun):
    """What contacts have in their fields.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_field("Plan")

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = (await client.contacts.sync("noor@example.org")).contact
            plan = await client.fields.find("Plan")
            if plan:
                await client.field_values.set(noor.id, plan, "Gold")
            print([value.field_id for value in await client.field_values.of_contact(noor.id)])

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        field_id: str | None = None,
        value: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[FieldValue]:
        """Values of all contacts: the way to contacts by what they have in a field.

        Whether `value` must be all of it is not documented: look at what comes.
        """
        pages = calls.list_field_values(field_id=field_id, value=value, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def of_contact(self, contact_id: str) -> tuple[FieldValue, ...]:
        """What one contact has in each of its fields.

        Raises:
            NotFound: there is no such contact.
        """
        return await self._session.send(calls.list_contact_field_values(contact_id))

    async def set(
        self, contact_id: str, field: Field | str, value: FieldInput | None
    ) -> FieldValue:
        """Set what a contact has in a field, in place of what it had; None clears.

        Args:
            field: as it was read, then the value is checked against it; or its id.
            value: of radio and dropdown the text of a choice; of checkbox and listbox a list.

        Raises:
            ConfigError: the field cannot hold the value.
        """
        if isinstance(field, Field):
            text = None if value is None else field_text(field, value)
            call = calls.set_field_value(contact_id, field.id, text)
        elif value is None or isinstance(value, str | Sequence):
            call = calls.set_field_value(contact_id, field, value)
        else:
            raise ConfigError("a value that is no text needs its field, not the field's id alone")
        return await self._session.send(call)

    async def delete(self, field_value_id: str) -> None:
        """Delete a value, by its own id; one that is gone already is fine."""
        await self._session.send(calls.delete_field_value(field_value_id))
