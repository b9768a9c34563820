# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Fields of contacts and their values."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ConfigError
from ...runtime.blocking import Noun, Paged
from .. import calls, flows
from ..models.fields import Field, FieldOption, FieldType, FieldValue
from ..values import FieldInput, field_text


class Fields(Noun):
    """What contacts can have values in.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_field("Plan", type="dropdown", options=["Gold", "Silver"])

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            plan = client.fields.find("plan")
            print([option.value for option in plan.options] if plan else "no such field")

    main()
    ```
    """

    def list(
        self,
        *,
        perstag: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Field]:
        """All fields with their choices; `perstag` narrows to one."""
        pages = calls.list_fields(perstag=perstag, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Field | None:
        """The field of this title or perstag, or None; upper and lower case are one.

        Keep its id: somebody may give it another title.
        """
        wanted = name.strip().strip("%").casefold()
        return self._find(
            calls.list_fields(),
            lambda f: wanted in (f.title.strip().casefold(), (f.perstag or "").casefold()),
        )

    def get(self, field_id: str) -> Field:
        """One field with its choices.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_field(field_id))

    def options(self, field_id: str) -> tuple[FieldOption, ...]:
        """The choices of a field."""
        return self._session.send(calls.list_field_options(field_id))

    def create(
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
        return self._session.run(flow)


class FieldValues(Noun):
    """What contacts have in their fields.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_field("Plan")

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = client.contacts.sync("noor@example.org").contact
            plan = client.fields.find("Plan")
            if plan:
                client.field_values.set(noor.id, plan, "Gold")
            print([value.field_id for value in client.field_values.of_contact(noor.id)])

    main()
    ```
    """

    def list(
        self,
        *,
        field_id: str | None = None,
        value: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[FieldValue]:
        """Values of all contacts: the way to contacts by what they have in a field.

        Whether `value` must be all of it is not documented: look at what comes.
        """
        pages = calls.list_field_values(field_id=field_id, value=value, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def of_contact(self, contact_id: str) -> tuple[FieldValue, ...]:
        """What one contact has in each of its fields.

        Raises:
            NotFound: there is no such contact.
        """
        return self._session.send(calls.list_contact_field_values(contact_id))

    def set(self, contact_id: str, field: Field | str, value: FieldInput | None) -> FieldValue:
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
        return self._session.send(call)

    def delete(self, field_value_id: str) -> None:
        """Delete a value, by its own id; one that is gone already is fine."""
        self._session.send(calls.delete_field_value(field_value_id))
