# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Contacts, one by one and many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun, Paged
from .. import calls, flows
from ..models.contacts import (
    Contact,
    ContactStatus,
    FieldTexts,
    Import,
    ImportCallback,
    ImportContact,
    ImportStatus,
    SyncedContact,
)


class Contacts(Noun):
    """Contacts. An account has one contact of an address at most.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            written = client.contacts.sync("noor@example.org", first_name="Noor")
            print(written.contact.id, written.created)

    main()
    ```
    """

    def sync(
        self,
        email: str,
        *,
        first_name: str | Unset | None = UNSET,
        last_name: str | Unset | None = UNSET,
        phone: str | Unset | None = UNSET,
        field_values: FieldTexts | None = None,
    ) -> SyncedContact:
        """Create the contact with this address, or change it. What is not given stays.

        Who changed the address has two contacts afterwards: `update` changes it.

        Args:
            first_name, last_name, phone: None clears.
            field_values: by field id; several texts for a field of several choices, None clears.
                An id that the account does not have is ignored by the service without a word.

        Raises:
            BadRequest: an address that ActiveCampaign does not accept.
            ConfigError: no address, an empty text, or a field that is named by its title.
        """
        call = calls.sync_contact(
            email,
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            field_values=field_values,
        )
        return self._session.send(call)

    def create(
        self,
        email: str,
        *,
        first_name: str | Unset = UNSET,
        last_name: str | Unset = UNSET,
        phone: str | Unset = UNSET,
        field_values: FieldTexts | None = None,
    ) -> SyncedContact:
        """Create a contact; `sync` also takes one that is there.

        Raises:
            Conflict: a contact has this address.
            BadRequest: an address that ActiveCampaign does not accept.
        """
        call = calls.create_contact(
            email,
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            field_values=field_values,
        )
        return self._session.send(call)

    def get(self, contact_id: str) -> Contact:
        """One contact; its values, tags and enrolments are had from their own nouns.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_contact(contact_id))

    def find(self, email: str) -> Contact | None:
        """The contact with this address, or None; upper and lower case are one."""
        return self._session.send(calls.find_contact(email))

    def list(
        self,
        *,
        email_like: str | None = None,
        search: str | None = None,
        phone: str | None = None,
        ids: Iterable[str] = (),
        tag_id: str | None = None,
        automation_id: str | None = None,
        segment_id: str | None = None,
        form_id: str | None = None,
        status: ContactStatus | str | None = None,
        created_after: date | None = None,
        created_before: date | None = None,
        updated_after: date | None = None,
        updated_before: date | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Contact]:
        """Contacts by ascending id, 100 a page; filters narrow together.

        Args:
            email_like: a part of the address.
            search: a part of name, organisation, phone or address.
            phone: the begin of the phone number.
            tag_id, automation_id, segment_id, form_id: who has it, is in it, came by it.
            created_after, created_before, updated_after, updated_before: days, or date-times with
                a zone; the account's own zone counts for days.
        """
        pages = calls.list_contacts(
            email_like=email_like,
            search=search,
            phone=phone,
            ids=ids,
            tag_id=tag_id,
            automation_id=automation_id,
            segment_id=segment_id,
            form_id=form_id,
            status=status,
            created_after=created_after,
            created_before=created_before,
            updated_after=updated_after,
            updated_before=updated_before,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def update(
        self,
        contact_id: str,
        *,
        email: str | Unset = UNSET,
        first_name: str | Unset | None = UNSET,
        last_name: str | Unset | None = UNSET,
        phone: str | Unset | None = UNSET,
        field_values: FieldTexts | None = None,
    ) -> Contact:
        """Change what is given and leave the rest; None clears.

        Raises:
            NotFound: there is none with this id.
            Conflict: another contact has this address.
        """
        call = calls.update_contact(
            contact_id,
            email=email,
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            field_values=field_values,
        )
        return self._session.send(call)

    def delete(self, contact_id: str) -> None:
        """Delete a contact with its tags, values and history; one that is gone already is fine."""
        self._session.send(calls.delete_contact(contact_id))

    def import_batch(
        self,
        contacts: Sequence[ImportContact],
        *,
        exclude_automations: bool = True,
        callback: ImportCallback | None = None,
    ) -> Import:
        """Create or change up to 250 contacts with one call; `split_import` makes such parts.

        They appear later: `wait_for_import` looks until they do. Webhooks are not told of them.

        Args:
            exclude_automations: whether automations leave them alone.
            callback: whom ActiveCampaign tells when it is done.

        Raises:
            ImportRefused: one contact at least was not accepted, so none was.
            ConfigError: none, more than 250, or 400 000 bytes and more.
        """
        call = calls.import_contacts(
            contacts, exclude_automations=exclude_automations, callback=callback
        )
        return self._session.send(call)

    def get_import(self, batch_id: str) -> ImportStatus:
        """How far an import is, and what became of its contacts."""
        return self._session.send(calls.get_import(batch_id))

    def wait_for_import(
        self, batch_id: str, *, pauses: Sequence[float] = flows.PAUSES
    ) -> ImportStatus:
        """Look at an import until it is settled; as it was at the last look where it is not.

        Args:
            pauses: seconds between the looks.
        """
        return self._session.run(flows.wait_for_import(batch_id, self._session.port, pauses=pauses))
