# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Contacts: to read, queue, change and remove them, and what hangs on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.contacts import (
    Contact,
    ContactActivity,
    ContactConsent,
    ContactDetails,
    CustomFieldValue,
    CustomFieldValues,
    NewContact,
    Origin,
    RemovedContact,
)
from ..models.fields import Tag


class Contacts(Noun):
    """Contacts. One lives in one list; the same address in two lists is two contacts.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = client.campaigns.create("news")
            contact = client.contacts.create_and_wait(
                news.campaign_id, "noor@example.org", name="Noor"
            )
            print(contact.contact_id if contact else "not confirmed yet")

    main()
    ```
    """

    def list(
        self,
        *,
        campaign_id: str | None = None,
        email: str | None = None,
        name: str | None = None,
        origin: Origin | str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        changed_since: datetime | None = None,
        changed_until: datetime | None = None,
        sort: calls.SortField = "createdOn",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Contact]:
        """Active contacts, ascending by `sort`, 1000 a page.

        Rows carry no tags and no custom fields: `get` one for those. `email` and `name` match
        exactly. Bounds are inclusive and need a time zone. `changed_*` may miss contacts that
        never changed.
        """
        pages = calls.list_contacts(
            campaign_id=campaign_id,
            email=email,
            name=name,
            origin=origin,
            created_since=created_since,
            created_until=created_until,
            changed_since=changed_since,
            changed_until=changed_until,
            sort=sort,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def list_removed(
        self,
        campaign_ids: Iterable[str],
        *,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[RemovedContact]:
        """Contacts that left these lists, why and when."""
        pages = calls.list_removed_contacts(campaign_ids, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, campaign_id: str, email: str) -> Contact | None:
        """The active contact with this address in this list, or None; upper and lower case are one.

        One that was just created may not be visible yet.

        Raises:
            ConfigError: no list or no address.
        """
        return self._find(
            calls.find_contacts(campaign_id, email), calls.is_contact(campaign_id, email)
        )

    def get(self, contact_id: str) -> ContactDetails:
        """One active contact with its tags and custom fields.

        Raises:
            NotFound: removed, or never there.
        """
        return self._session.send(calls.get_contact(contact_id))

    def create(
        self,
        campaign_id: str,
        email: str,
        *,
        name: str | None = None,
        day_of_cycle: int | None = None,
        scoring: float | None = None,
        ip_address: str | None = None,
        tag_ids: Sequence[str] = (),
        custom_field_values: CustomFieldValues | None = None,
    ) -> None:
        """Queue one contact; it appears seconds to minutes later, or is refused in silence.

        Args:
            name: 1 to 128 characters.
            tag_ids: at most 500.
            custom_field_values: by custom field id, such as `{"kL6Nh": "18-35"}`.

        Raises:
            Conflict: the address is in this list already, or queued for it (1008).
            BadRequest: blocklisted, removed or bounced before (1002), or not an address; the plan's
                contact limit is reached (1027).
            ConfigError: what GetResponse would refuse in any case.
        """
        contact = NewContact(
            email=email,
            name=name,
            day_of_cycle=day_of_cycle,
            scoring=scoring,
            ip_address=ip_address,
            tag_ids=tag_ids,
            custom_field_values=custom_field_values or {},
        )
        self._session.send(calls.create_contact(campaign_id, contact))

    def create_and_wait(
        self,
        campaign_id: str,
        email: str,
        *,
        name: str | None = None,
        day_of_cycle: int | None = None,
        scoring: float | None = None,
        ip_address: str | None = None,
        tag_ids: Sequence[str] = (),
        custom_field_values: CustomFieldValues | None = None,
    ) -> ContactDetails | None:
        """Queue one contact and look for it after 5, 15, 30, 60, 120 and 300 seconds.

        Returns:
            The contact; None where it did not appear. It may still be queued, wait for a double
            opt-in, or have been refused: no call tells which, a webhook does.

        Raises:
            Conflict, BadRequest, ConfigError: as `create`.
        """
        from .. import flows

        contact = NewContact(
            email=email,
            name=name,
            day_of_cycle=day_of_cycle,
            scoring=scoring,
            ip_address=ip_address,
            tag_ids=tag_ids,
            custom_field_values=custom_field_values or {},
        )
        flow = flows.create_contact(campaign_id, contact, self._session.port)
        return self._session.run(flow)

    def create_batch(self, campaign_id: str, contacts: Sequence[NewContact]) -> None:
        """Queue 1 to 1000 contacts with one answer for all; at most once per second.

        Raises:
            Conflict, BadRequest: one of them is refused, and so may be all.
            ConfigError: none, or more than 1000.
        """
        self._session.send(calls.create_contacts(campaign_id, contacts))

    def update(
        self,
        contact_id: str,
        *,
        name: str | Unset = UNSET,
        email: str | Unset = UNSET,
        campaign_id: str | Unset = UNSET,
        note: str | Unset | None = UNSET,
        scoring: float | Unset | None = UNSET,
        day_of_cycle: int | Unset | None = UNSET,
        tag_ids: Iterable[str] | Unset = UNSET,
        custom_field_values: CustomFieldValues | Unset = UNSET,
    ) -> ContactDetails:
        """Change what is given, leave the rest; None clears. Another list moves the contact.

        `tag_ids` and `custom_field_values` replace all that the contact has: to add some, use
        `upsert_tags` and `upsert_custom_fields`.

        Raises:
            Conflict: the new address is in that list already (1008).
            NotFound: removed, or never there.
            ConfigError: a note over 255 characters, more than 500 tags, and the like.
        """
        return self._session.send(
            calls.update_contact(
                contact_id,
                name=name,
                email=email,
                campaign_id=campaign_id,
                note=note,
                scoring=scoring,
                day_of_cycle=day_of_cycle,
                tag_ids=tag_ids,
                custom_field_values=custom_field_values,
            )
        )

    def upsert_tags(self, contact_id: str, tag_ids: Iterable[str]) -> tuple[Tag, ...]:
        """Add tags to those the contact has; its tags come back.

        Raises:
            NotFound: removed, or never there.
            BadRequest: there is no such tag (1001), or more than 500 would be too many (1004).
        """
        return self._session.send(calls.upsert_contact_tags(contact_id, tag_ids))

    def remove_tag(self, contact_id: str, tag_id: str) -> ContactDetails:
        """Take one tag off; one that is not there is fine.

        GetResponse can only replace all tags, so this reads them and writes the others back: what
        somebody else adds between the two is lost.

        Raises:
            NotFound: removed, or never there.
        """
        from .. import flows

        return self._session.run(flows.remove_tag(contact_id, tag_id, self._session.port))

    def upsert_custom_fields(
        self, contact_id: str, values: CustomFieldValues
    ) -> tuple[CustomFieldValue, ...]:
        """Set the values of some custom fields, such as `{"kL6Nh": "18-35"}`; the others stay.

        Raises:
            NotFound: removed, or never there.
            BadRequest: a value that the field does not take (1000), or no such field (1001).
        """
        return self._session.send(calls.upsert_contact_custom_fields(contact_id, values))

    def remove_custom_field(
        self, contact_id: str, custom_field_id: str, *, value: str | None = None
    ) -> ContactDetails:
        """Clear a custom field, or take one `value` out of it; what is not there is fine.

        GetResponse can only replace all values, so this reads them and writes the others back: what
        somebody else changes between the two is lost.

        Raises:
            NotFound: removed, or never there.
        """
        from .. import flows

        flow = flows.remove_custom_field(
            contact_id, custom_field_id, self._session.port, value=value
        )
        return self._session.run(flow)

    def delete(
        self,
        contact_id: str,
        *,
        newsletter_id: str | None = None,
        ip_address: str | None = None,
    ) -> None:
        """Remove a contact from its list; one that is gone already is fine.

        `newsletter_id` and `ip_address` say by which message, and from where, it was asked for.
        """
        call = calls.delete_contact(contact_id, newsletter_id=newsletter_id, ip_address=ip_address)
        self._session.send(call)

    def list_activities(
        self,
        contact_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[ContactActivity]:
        """Messages that were sent to a contact, opened and clicked.

        Without `since` only those of the last 14 days. They have no id and whole seconds.
        """
        pages = calls.list_contact_activities(
            contact_id, since=since, until=until, page_size=page_size
        )
        return Paged(self._session, pages, cursor)

    def consents(self, contact_id: str) -> tuple[ContactConsent, ...]:
        """What a contact agreed to, now and before.

        Raises:
            NotFound: removed, or never there.
        """
        return self._session.send(calls.list_contact_consents(contact_id))
