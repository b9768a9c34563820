# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Tags, and who has them."""

from __future__ import annotations

from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun, Paged
from .. import calls, flows
from ..models.tags import ContactTag, Tag


class Tags(Noun):
    """Tags; `contact_tags` puts them on contacts.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            vip = client.tags.ensure("vip")
            print(vip.id)

    main()
    ```
    """

    def list(
        self,
        *,
        search: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Tag]:
        """All tags; `search` narrows to names that contain it."""
        pages = calls.list_tags(search=search, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Tag | None:
        """The tag of this name, or None; upper and lower case are one."""
        return self._session.run(flows.find_tag(name, self._session.port))

    def get(self, tag_id: str) -> Tag:
        """One tag.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_tag(tag_id))

    def ensure(self, name: str, *, description: str = "") -> Tag:
        """The tag of this name, created where there is none, also while others do the same."""
        flow = flows.ensure_tag(name, self._session.port, description=description)
        return self._session.run(flow)

    def create(self, name: str, *, description: str = "") -> Tag:
        """Create a tag for contacts.

        Raises:
            Conflict: the name is taken; some accounts answer the tag that has it instead.
        """
        return self._session.send(calls.create_tag(name, description=description))

    def update(
        self, tag_id: str, *, name: str | Unset = UNSET, description: str | Unset = UNSET
    ) -> Tag:
        """Rename or describe a tag, on all contacts that have it.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_tag(tag_id, name=name, description=description)
        return self._session.send(call)

    def delete(self, tag_id: str) -> None:
        """Delete a tag, also from all contacts that have it; one that is gone already is fine."""
        self._session.send(calls.delete_tag(tag_id))


class ContactTags(Noun):
    """Tags on contacts.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = client.contacts.sync("noor@example.org").contact
            vip = client.tags.ensure("vip")
            client.contact_tags.add(noor.id, vip.id)
            print([pair.tag_id for pair in client.contact_tags.list(noor.id)])

    main()
    ```
    """

    def list(self, contact_id: str) -> tuple[ContactTag, ...]:
        """The tags of a contact, by their ids.

        Raises:
            NotFound: there is no such contact.
        """
        return self._session.send(calls.list_contact_tags(contact_id))

    def add(self, contact_id: str, tag_id: str) -> ContactTag:
        """Put a tag on a contact; where it has it already, nothing changes.

        Raises:
            BadRequest: there is no such tag.
        """
        return self._session.send(calls.add_contact_tag(contact_id, tag_id))

    def remove(self, contact_id: str, tag_id: str) -> ContactTag | None:
        """Take a tag off a contact; what was taken off, None where it did not have it."""
        flow = flows.remove_tag(contact_id, tag_id, self._session.port)
        return self._session.run(flow)
