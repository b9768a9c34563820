"""Side doors: what people do in the vendor's web page, and looks inside for assertions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from .campaigns import make
from .contacts import apply
from .definitions import make_field, make_tag
from .masks import is_mask
from .records import Campaign, Gone
from .shelf import Contact, Event, Link
from .store import Book
from .wire import is_email, moment


class _Keep:
    """Stands for "leave it as it is" where None means something."""


KEEP = _Keep()


@dataclass(frozen=True, slots=True)
class ActiveContact:
    """An active contact, as it is inside the account."""

    id: str
    email: str
    name: str | None
    campaign: str
    origin: str
    created: datetime
    changed: datetime | None
    note: str | None
    scoring: float | None
    engagement: int | None
    tags: tuple[str, ...]
    """Names, in alphabetical order."""
    custom_fields: Mapping[str, tuple[str, ...]]
    """Values by field name."""


@dataclass(frozen=True, slots=True)
class RemovedContact:
    """A contact that left its list."""

    id: str
    email: str
    name: str | None
    campaign: str
    reason: str
    deleted: datetime


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A list of the account."""

    id: str
    name: str
    created: datetime
    default: bool
    contacts: int


class SideDoors(Book):
    """What happens to the account without the API. None of it counts as a write or a call."""

    # -- lists ---------------------------------------------------------------------------------

    def add_campaign(self, name: str, *, optin: Literal["single", "double"] = "single") -> str:
        """Make a list; `optin` is that of contacts added by API. Gives its id."""
        self.drain()
        return make(self, name, {"api": optin}).id

    def rename_campaign(self, campaign_id: str, name: str) -> None:
        """Give a list another name."""
        self._list(campaign_id).name = name

    def delete_campaign(self, campaign_id: str) -> None:
        """Delete a list with all its contacts; the API has no such call."""
        campaign = self._list(campaign_id)
        for contact in list(campaign.members.values()):
            del self.active[contact.id]
            self.everyone.remove(contact)
        for contact in campaign.unconfirmed.values():
            del self.waiting[contact.id]
        self.forget_queue(campaign_id)
        del self.lists[campaign_id]
        self.version += 1
        self.gone_version += 1

    def campaigns(self) -> list[ListInfo]:
        """All lists, oldest first."""
        self.drain()
        return [
            ListInfo(each.id, each.name, moment(each.created), each.default, len(each.members))
            for each in self.lists.values()
        ]

    # -- contacts ------------------------------------------------------------------------------

    def sign_up(
        self,
        campaign_id: str,
        email: str,
        name: str | None = None,
        origin: str = "www",
        *,
        note: str | None = None,
        scoring: float | None = None,
        engagement: int | None = None,
        tags: Sequence[str] = (),
        custom_fields: Mapping[str, Sequence[str]] | None = None,
        ip: str = "",
        time_zone: str = "",
        created: datetime | None = None,
    ) -> str:
        """Somebody joins a list by a form, an import or by hand; visible at once. Gives the id.

        Args:
            tags: names; made where they are missing.
            custom_fields: values by field name; the fields must exist.
            created: when it happened, now by default.
        """
        self.drain()
        campaign = self._list(campaign_id)
        self._free(campaign, email)
        at = self.now() if created is None else int(created.timestamp())
        contact = self.new_contact(email, name, campaign_id, origin, at)
        contact.note, contact.scoring, contact.engagement = note, scoring, engagement
        contact.ip, contact.time_zone = ip, time_zone
        contact.tags = dict.fromkeys((self.add_tag(tag) for tag in tags), at)
        contact.fields = self._fields(custom_fields or {})
        self.file(contact)
        return contact.id

    def edit_contact(
        self,
        contact_id: str,
        *,
        name: str | _Keep | None = KEEP,
        email: str | _Keep = KEEP,
        note: str | _Keep | None = KEEP,
        tags: Sequence[str] | _Keep = KEEP,
        custom_fields: Mapping[str, Sequence[str]] | _Keep = KEEP,
    ) -> None:
        """Change a contact by hand; `tags` and `custom_fields` replace what was there."""
        contact = self._contact(contact_id)
        values: dict[str, object] = {}
        if not isinstance(name, _Keep):
            values["name"] = name
        if not isinstance(note, _Keep):
            values["note"] = note
        if not isinstance(email, _Keep):
            if email.lower() != contact.key:
                self._free(self.lists[contact.campaign], email)
            values["email"] = email
        if not isinstance(tags, _Keep):
            values["tags"] = dict.fromkeys((self.add_tag(tag) for tag in tags), self.now())
        if not isinstance(custom_fields, _Keep):
            values["fields"] = self._fields(custom_fields)
        self.change(contact, values)

    def set_score(
        self,
        contact_id: str,
        *,
        scoring: float | _Keep | None = KEEP,
        engagement: int | _Keep | None = KEEP,
    ) -> None:
        """Set points and engagement, as automations do."""
        values: dict[str, object] = {}
        if not isinstance(scoring, _Keep):
            values["scoring"] = scoring
        if not isinstance(engagement, _Keep):
            values["engagement"] = engagement
        apply(self, self._contact(contact_id), values)

    def unsubscribe(
        self, contact_id: str, reason: str = "unsubscribe", *, newsletter_id: str | None = None
    ) -> None:
        """A contact leaves its list for `reason`: unsubscribe, bounce, complaint, …

        Args:
            newsletter_id: the message by which it leaves, which then counts it.
        """
        self.remove(self._contact(contact_id), reason, newsletter_id)

    def delete_contact(self, contact_id: str) -> None:
        """A user of the account deletes a contact."""
        self.remove(self._contact(contact_id), "user")

    def move_contact(self, contact_id: str, campaign_id: str) -> str:
        """Move a contact to another list; gives its id there."""
        contact = self._contact(contact_id)
        self._free(self._list(campaign_id), contact.email)
        self.change(contact, {"campaign": campaign_id})
        return contact.id

    def copy_contact(self, contact_id: str, campaign_id: str) -> str:
        """Copy a contact to another list; gives the second one's id."""
        contact = self._contact(contact_id)
        self._free(self._list(campaign_id), contact.email)
        copy = self.new_contact(contact.email, contact.name, campaign_id, "copy", self.now())
        copy.note, copy.tags, copy.fields = contact.note, dict(contact.tags), dict(contact.fields)
        self.file(copy)
        return copy.id

    def confirm(self, contact_id: str) -> None:
        """A person clicks the link of a double opt-in."""
        self.drain()
        contact = self.waiting.pop(contact_id)
        del self.lists[contact.campaign].unconfirmed[contact.key]
        self.file(contact)

    def mark_undelivered(self, contact_id: str, undelivered: bool = True) -> None:
        """Messages to a contact bounce softly: it stays, and is found among the undelivered."""
        self._contact(contact_id).undelivered = undelivered
        self.version += 1

    def add_activity(
        self,
        contact_id: str,
        activity: Literal["send", "open", "click"],
        subject: str,
        *,
        resource_id: str | None = None,
        resource_type: str = "newsletters",
        url: str | None = None,
        human: bool = True,
        at: datetime | None = None,
    ) -> None:
        """A message is sent to a contact, opened, or a link in it clicked."""
        contact = self._contact(contact_id)
        stamp = self.now() if at is None else int(at.timestamp())
        link = None
        if activity == "click":
            newsletter = self.newsletters.get(resource_id or "")
            link = None if newsletter is None else newsletter.links.get(url or "")
            link = link or Link(self.new_id(), url or "", url or "")
            if newsletter is not None:
                newsletter.links.setdefault(link.url, link)
        self.note(Event(activity, stamp, contact, subject, resource_id, resource_type, link, human))

    # -- definitions ---------------------------------------------------------------------------

    def add_tag(self, name: str, contact_id: str | None = None) -> str:
        """A tag of that name, made where it is missing, put on the contact if one is given."""
        held = (each for each in self.tags.values() if each.name.lower() == name.lower())
        tag = next(held, None) or make_tag(self, name)
        if contact_id is not None:
            contact = self._contact(contact_id)
            self.change(contact, {"tags": {**contact.tags, tag.id: self.now()}})
        return tag.id

    def add_custom_field(
        self, name: str, *, type: str = "string", format: str = "text", values: Sequence[str] = ()
    ) -> str:
        """A custom field; gives its id."""
        return make_field(self, name, type, format, "false", list(values)).id

    def block(self, mask: str, campaign_id: str | None = None) -> None:
        """Put a mask on the account's blocklist, or on a list's; contacts already there stay."""
        if not is_mask(mask):
            raise ValueError(f"not a blocklist mask: {mask!r}")
        (self.masks if campaign_id is None else self._list(campaign_id).masks).append(mask)

    # -- looks inside --------------------------------------------------------------------------

    def contacts(self, campaign_id: str | None = None) -> list[ActiveContact]:
        """The active contacts of a list, or of all, oldest first."""
        self.drain()
        shelf = self.everyone if campaign_id is None else self._list(campaign_id).shelf
        found = sorted(shelf.rows.values(), key=lambda each: (each.created, each.seq))
        return [self._show(each) for each in found]

    def find(self, campaign_id: str, email: str) -> ActiveContact | None:
        """The active contact of a list with that address."""
        self.drain()
        contact = self._list(campaign_id).members.get(email.lower())
        return None if contact is None else self._show(contact)

    def removed(self, campaign_id: str) -> list[RemovedContact]:
        """Who left a list, in that order."""
        self.drain()
        return [_show_gone(each) for each in self._list(campaign_id).gone]

    def unconfirmed(self, campaign_id: str) -> list[ActiveContact]:
        """Who has not confirmed yet."""
        self.drain()
        return [self._show(each) for each in self._list(campaign_id).unconfirmed.values()]

    def queued(self, campaign_id: str) -> list[str]:
        """Addresses (lower case) that were accepted and are not visible yet."""
        self.drain()
        return list(self._list(campaign_id).queued)

    # -- helpers -------------------------------------------------------------------------------

    def _list(self, id: str) -> Campaign:
        self.drain()
        if id not in self.lists:
            raise KeyError(f"no list {id!r}")
        return self.lists[id]

    def _contact(self, id: str) -> Contact:
        self.drain()
        if id not in self.active:
            raise KeyError(f"no active contact {id!r}")
        return self.active[id]

    def _free(self, campaign: Campaign, email: str) -> None:
        if not is_email(email):
            raise ValueError(f"not an e-mail address: {email!r}")
        if email.lower() in campaign.members or email.lower() in campaign.unconfirmed:
            raise ValueError(f"{email} is already in the list {campaign.name!r}")

    def _fields(self, values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        ids = {kind.name: kind.id for kind in self.custom_fields.values()}
        return {ids[name]: list(each) for name, each in values.items()}

    def _show(self, contact: Contact) -> ActiveContact:
        tags = (self.tags[id].name for id in contact.tags if id in self.tags)
        fields = {
            self.custom_fields[id].name: tuple(values)
            for id, values in contact.fields.items()
            if id in self.custom_fields
        }
        return ActiveContact(
            contact.id,
            contact.email,
            contact.name,
            contact.campaign,
            contact.origin,
            moment(contact.created).astimezone(UTC),
            None if contact.changed is None else moment(contact.changed),
            contact.note,
            contact.scoring,
            contact.engagement,
            tuple(sorted(tags)),
            fields,
        )


def _show_gone(gone: Gone) -> RemovedContact:
    contact = gone.contact
    return RemovedContact(
        contact.id, contact.email, contact.name, contact.campaign, gone.reason, moment(gone.deleted)
    )
