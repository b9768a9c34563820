"""Contacts: to read, queue, change and remove them, and what hangs on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal

from attrs import evolve

from ...core.call import Call, Pages, Response, WriteClass
from ...core.given import ids, named, path, sized
from ...core.wire import UNSET, Reader, Unset
from ...errors import ConfigError
from ..models.contacts import (
    ClickedLink,
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
from ._parts import PAGE_SIZE, call, changes, deletion, nothing, order, pages, span

BATCH_SIZE = 1000
"""Contacts of the largest batch GetResponse takes."""

MOST_TAGS = 500
"""Tags of one contact."""

SortField = Literal["createdOn", "changedOn", "email", "name", "campaignId"]

_contact = Reader(Contact)
_details = Reader(ContactDetails)
_details_by_value = Reader(ContactDetails, {CustomFieldValue: {"values": "value"}})
_removed = Reader(RemovedContact)
_activity = Reader(ContactActivity, {ClickedLink: {"click_track_id": "id"}})
_consent = Reader(ContactConsent)
_tag = Reader(Tag)
_value = Reader(CustomFieldValue)


def list_contacts(
    *,
    campaign_id: str | None = None,
    email: str | None = None,
    name: str | None = None,
    origin: Origin | str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    changed_since: datetime | None = None,
    changed_until: datetime | None = None,
    sort: SortField = "createdOn",
    page_size: int = PAGE_SIZE,
) -> Pages[Contact]:
    """Active contacts, ascending by `sort`; bounds are inclusive.

    `email` and `name` match exactly.
    """
    query: list[tuple[str, object]] = [
        ("query[campaignId]", campaign_id),
        ("query[email]", email),
        ("query[name]", name),
        ("query[origin]", origin.value if isinstance(origin, Origin) else origin),
        *span("createdOn", created_since, created_until),
        *span("changedOn", changed_since, changed_until),
        ("additionalFlags", "exactMatch" if email or name else None),
        order(sort, SortField),
    ]
    return pages("contacts.list", "contacts", _contact.many, query, page_size)


def find_contacts(campaign_id: str, email: str) -> Pages[Contact]:
    """The contacts among which the one with this address in this list is; see `is_contact`."""
    named("an id of campaigns", campaign_id)
    return list_contacts(
        campaign_id=campaign_id, email=named("an e-mail address", email), page_size=100
    )


def is_contact(campaign_id: str, email: str) -> Callable[[Contact], bool]:
    """Whether a contact has this address in this list: what a search finds is not always exact."""
    wanted = email.casefold()
    return lambda c: c.campaign.campaign_id == campaign_id and c.email.casefold() == wanted


def get_contact(contact_id: str) -> Call[ContactDetails]:
    """One active contact, whole; a removed one is `NotFound`."""
    where = path("contacts", contact_id)
    return call("contacts.get", "GET", where, _whole)


def create_contact(campaign_id: str, contact: NewContact) -> Call[None]:
    """Queue one contact. It appears seconds to minutes later, or never: nothing says which."""
    new = _new(contact)
    tags = new.pop("tags", None)
    body = {"campaign": {"campaignId": named("an id of campaigns", campaign_id)}, **new}
    if isinstance(tags, dict):
        body["tags"] = [{"tagId": tag_id} for tag_id in tags["ids"]]
    return call(
        "contacts.create",
        "POST",
        "contacts",
        nothing,
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


def create_contacts(campaign_id: str, contacts: Sequence[NewContact]) -> Call[None]:
    """Queue 1 to 1000 contacts of one list with one answer for all; once per second.

    Raises:
        ConfigError: more than 1000, or none.
    """
    if not 1 <= len(contacts) <= BATCH_SIZE:
        raise ConfigError(f"a batch takes 1 to {BATCH_SIZE} contacts, got {len(contacts)}")
    named("an id of campaigns", campaign_id)
    body = {"campaignId": campaign_id, "contacts": [_new(c) for c in contacts]}
    return call(
        "contacts.batch",
        "POST",
        "contacts/batch",
        nothing,
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


def update_contact(
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
) -> Call[ContactDetails]:
    """Change what is given and leave the rest; None clears. Another list moves the contact.

    `tag_ids` and `custom_field_values` replace all that the contact has; the upserts add to it.

    Raises:
        ConfigError: a note over 255 characters, more than 500 tags, and the like.
    """
    if isinstance(name, str):
        sized("the name of a contact", name, 1, 128)
    if isinstance(email, str):
        named("an e-mail address", email)
    if isinstance(note, str):
        sized("the note of a contact", note, 0, 255)
    if isinstance(scoring, float):
        _points(scoring)
    body = changes({"name": name, "email": email, "note": note, "scoring": scoring})
    if not isinstance(day_of_cycle, Unset):
        body["dayOfCycle"] = None if day_of_cycle is None else _day(day_of_cycle)
    if not isinstance(campaign_id, Unset):
        body["campaign"] = {"campaignId": named("an id of campaigns", campaign_id)}
    if not isinstance(tag_ids, Unset):
        body["tags"] = _tag_refs(tag_ids)
    if not isinstance(custom_field_values, Unset):
        body["customFieldValues"] = field_values(custom_field_values)
    where = path("contacts", contact_id)
    return call("contacts.update", "POST", where, _whole, body=body)


def delete_contact(
    contact_id: str, *, newsletter_id: str | None = None, ip_address: str | None = None
) -> Call[None]:
    """Remove a contact from its list; one that is gone already counts as removed.

    `newsletter_id` and `ip_address` say by which message, and from where, it was asked for.
    """
    query = [("messageId", newsletter_id), ("ipAddress", ip_address)]
    return deletion("contacts.delete", path("contacts", contact_id), query=query)


def upsert_contact_tags(contact_id: str, tag_ids: Iterable[str]) -> Call[tuple[Tag, ...]]:
    """Add tags to a contact, which keeps those it has; all its tags come back."""
    refs = _tag_refs(tag_ids)
    if not refs:
        raise ConfigError("no tag is given")
    return call(
        "contacts.tags",
        "POST",
        path("contacts", contact_id, "tags"),
        lambda r: _tag.many(r.body),
        body={"tags": refs},
    )


def upsert_contact_custom_fields(
    contact_id: str, values: CustomFieldValues
) -> Call[tuple[CustomFieldValue, ...]]:
    """Set the values of some custom fields of a contact; its other fields stay."""
    if not values:
        raise ConfigError("no value is given")
    return call(
        "contacts.custom_fields",
        "POST",
        path("contacts", contact_id, "custom-fields"),
        lambda r: _value.many(r.body),
        body={"customFieldValues": field_values(values)},
    )


def list_contact_activities(
    contact_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[ContactActivity]:
    """Messages sent to a contact, opened and clicked; without `since` those of 14 days."""
    where = path("contacts", contact_id, "activities")
    query = span("createdOn", since, until)
    return pages("contacts.activities", where, _activity.many, query, page_size)


def list_contact_consents(contact_id: str) -> Call[tuple[ContactConsent, ...]]:
    """What a contact agreed to, with its history."""
    where = path("contacts", contact_id, "consents")
    return call("contacts.consents", "GET", where, lambda r: _consent.many(r.body))


def list_removed_contacts(
    campaign_ids: Iterable[str], *, page_size: int = PAGE_SIZE
) -> Pages[RemovedContact]:
    """Contacts that left these lists, with reason and time, oldest contact first.

    Raises:
        ConfigError: no list.
    """
    lists = ids("campaign_ids", campaign_ids)
    if not lists:
        raise ConfigError("contacts that left need the id of a list")
    body = {
        "subscribersType": ["removed"],
        "sectionLogicOperator": "or",
        "section": [
            {
                "campaignIdsList": lists,
                "logicOperator": "and",
                "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
                "subscriptionDate": "all_time",
                "conditions": [],
            }
        ],
    }
    query = [("sort[createdOn]", "ASC")]
    return pages(
        "search.contacts", "search-contacts/contacts", _removed.many, query, page_size, body=body
    )


def field_values(values: CustomFieldValues) -> list[dict[str, object]]:
    """Values as they are written: each a list of texts, also where there is one."""
    rows: list[dict[str, object]] = []
    for field_id, value in values.items():
        named("an id of custom-fields", field_id)
        many = isinstance(value, Iterable) and not isinstance(value, str)
        texts = list(value) if many else [value]
        if not texts or not all(isinstance(each, str) and each for each in texts):
            raise ConfigError(
                f"custom field {field_id} takes texts that are not empty; to clear it, use "
                "contacts.remove_custom_field"
            )
        rows.append({"customFieldId": field_id, "value": texts})
    return rows


def _whole(response: Response) -> ContactDetails:
    """A contact, with its values under either of the names they have: `values`, or just `value`.

    One that seemed to have none would lose them when the others are written back.
    """
    contact = _details.one(response.body)
    found = contact.custom_field_values
    if all(each.values for each in found):
        return contact
    others = _details_by_value.one(response.body).custom_field_values
    both = tuple(each if each.values else other for each, other in zip(found, others, strict=True))
    return evolve(contact, custom_field_values=both)


def _new(contact: NewContact) -> dict[str, object]:
    """A contact as a batch has it; a single one names its tags in another way."""
    body: dict[str, object] = {"email": named("an e-mail address", contact.email)}
    # An absent name is fine, an empty one is refused.
    if contact.name:
        body["name"] = sized("the name of a contact", contact.name, 1, 128)
    if contact.day_of_cycle is not None:
        body["dayOfCycle"] = _day(contact.day_of_cycle)
    if contact.scoring is not None:
        body["scoring"] = _points(contact.scoring)
    if contact.ip_address:
        body["ipAddress"] = contact.ip_address
    if contact.tag_ids:
        body["tags"] = {"ids": _tags(contact.tag_ids)}
    if contact.custom_field_values:
        body["customFieldValues"] = field_values(contact.custom_field_values)
    return body


def _day(number: int) -> str:
    if number < 0:
        raise ConfigError(f"a day of the cycle is 0 or more, got {number}")
    return str(number)


def _points(number: float) -> float:
    if not math.isfinite(number):  # JSON has no such number: it would be sent as null, which clears
        raise ConfigError(f"scoring is a number, got {number}")
    return number


def _tags(tag_ids: Iterable[str]) -> list[str]:
    found = ids("tag_ids", tag_ids)
    if len(found) > MOST_TAGS:
        raise ConfigError(f"a contact has at most {MOST_TAGS} tags, got {len(found)}")
    return found


def _tag_refs(tag_ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"tagId": tag_id} for tag_id in _tags(tag_ids)]
