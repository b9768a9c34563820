"""Contacts: to write, read, find, list and remove them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from ...core.call import Call, Page, Pages, Response, WriteClass
from ...core.given import filled
from ...core.wire import UNSET, Reader, Unset
from ...errors import ConfigError, DecodeError
from .. import wire
from ..models.contacts import Contact, ContactStatus, FieldTexts, SyncedContact
from ._parts import (
    PAGE_SIZE,
    address,
    call,
    changes,
    cleared,
    deletion,
    field_rows,
    field_value,
    number,
    number_or_none,
    numbered,
    one,
    shown,
    sized_page,
    word,
)

_contact = Reader(
    Contact,
    {
        Contact: {
            "created_at": "cdate",
            "updated_at": "udate",
            "hard_bounces": "bounced_hard",
            "soft_bounces": "bounced_soft",
        }
    },
)


def takes_address(text: str) -> bool:
    """Whether the operations take this e-mail address; those they do not are a `ConfigError`.

    A quoted name with a blank, an `@` or a `<` in it is an address for mail, and none here.
    """
    try:
        address(text)
    except ConfigError:
        return False
    return True


def sync_contact(
    email: str,
    *,
    first_name: str | Unset | None = UNSET,
    last_name: str | Unset | None = UNSET,
    phone: str | Unset | None = UNSET,
    field_values: FieldTexts | None = None,
) -> Call[SyncedContact]:
    """Create the contact with this address, or change what is given; None clears.

    Raises:
        ConfigError: no address, an empty text, or a field that is named by something else than its
            id: the service would ignore it without a word.
    """
    body = {"email": address(email), **_names(first_name, last_name, phone)}
    if field_values:
        body["fieldValues"] = field_rows(field_values)
    return call("contacts.sync", "POST", "contact/sync", _synced, body={"contact": body})


def create_contact(
    email: str,
    *,
    first_name: str | Unset = UNSET,
    last_name: str | Unset = UNSET,
    phone: str | Unset = UNSET,
    field_values: FieldTexts | None = None,
) -> Call[SyncedContact]:
    """Create a contact; an address that another has is a `Conflict`."""
    body = {"email": address(email), **_names(first_name, last_name, phone)}
    if field_values:
        body["fieldValues"] = field_rows(field_values)
    return call(
        "contacts.create",
        "POST",
        "contacts",
        _synced,
        body={"contact": body},
        write_class=WriteClass.NATURAL_KEY,
    )


def update_contact(
    contact_id: str,
    *,
    email: str | Unset = UNSET,
    first_name: str | Unset | None = UNSET,
    last_name: str | Unset | None = UNSET,
    phone: str | Unset | None = UNSET,
    field_values: FieldTexts | None = None,
) -> Call[Contact]:
    """Change what is given of a contact; None clears. The one way to change an address.

    Raises:
        ConfigError: nothing is given, or what cannot be.
    """
    body = _names(first_name, last_name, phone)
    if not isinstance(email, Unset):
        body["email"] = address(email)
    if field_values:
        body["fieldValues"] = field_rows(field_values)
    if not body:
        raise ConfigError("nothing is given to change")
    where = numbered("contacts", contact_id)
    return call("contacts.update", "PUT", where, one("contact", _contact), body={"contact": body})


def get_contact(contact_id: str) -> Call[Contact]:
    """One contact. Its values, tags and enrolments have calls of their own."""
    return call("contacts.get", "GET", numbered("contacts", contact_id), one("contact", _contact))


def find_contact(email: str) -> Call[Contact | None]:
    """The contact with this address, or None; upper and lower case are one."""
    wanted = address(email)

    def decode(response: Response) -> Contact | None:
        rows = wire.Answer(response).many("contacts", _contact)
        same = (row for row in rows if (row.email or "").casefold() == wanted.casefold())
        return next(same, None)

    return call("contacts.find", "GET", "contacts", decode, query=[("email", wanted)])


def list_contacts(
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
    page_size: int = PAGE_SIZE,
) -> Pages[Contact]:
    """Contacts by ascending id; the cursor is the id of the last one, so none is missed or twice.

    Raises:
        ConfigError: an empty filter, or a page size that is not 1 to 100.
    """
    if isinstance(ids, str):
        raise ConfigError("ids takes a list of ids, not one text")
    size = sized_page(page_size)
    fixed = filled(
        [
            ("email_like", email_like),
            ("search", search),
            ("phone", phone),
            *(("ids[]", number("an id of contacts", each)) for each in ids),
            ("tagid", number_or_none("tag_id", tag_id)),
            ("seriesid", number_or_none("automation_id", automation_id)),
            ("segmentid", number_or_none("segment_id", segment_id)),
            ("formid", number_or_none("form_id", form_id)),
            ("status", None if status is None else word(status)),
            ("filters[created_after]", created_after),
            ("filters[created_before]", created_before),
            ("filters[updated_after]", updated_after),
            ("filters[updated_before]", updated_before),
            ("orders[id]", "ASC"),
        ]
    )
    wire.query(fixed)

    def at(cursor: str | None) -> Call[Page[Contact]]:
        after = _last_id(cursor)

        def decode(response: Response) -> Page[Contact]:
            answer = wire.Answer(response)
            rows = answer.many("contacts", _contact)
            new = tuple(row for row in rows if _number(row) > after)
            if len(new) < len(rows):
                raise DecodeError(f"contacts up to id {after} came again; they were not asked for")
            more = len(rows) >= size
            return Page(
                items=new,
                cursor=new[-1].id if more else None,
                total=None if after else answer.total,
                date=response.date,
            )

        query = [*fixed, ("id_greater", after or None), ("limit", size)]
        return call("contacts.list", "GET", "contacts", decode, query=query)

    return Pages(at)


def delete_contact(contact_id: str) -> Call[None]:
    """Delete a contact with its tags, values and history; one that is gone already is fine."""
    return deletion("contacts.delete", numbered("contacts", contact_id))


def _synced(response: Response) -> SyncedContact:
    answer = wire.Answer(response)
    return SyncedContact(
        contact=answer.one("contact", _contact),
        created=response.status == 201,
        field_values=answer.many("fieldValues", field_value, optional=True),
    )


def _names(
    first_name: str | Unset | None, last_name: str | Unset | None, phone: str | Unset | None
) -> dict[str, object]:
    return changes(
        {
            "firstName": cleared("first_name", first_name),
            "lastName": cleared("last_name", last_name),
            "phone": cleared("phone", phone),
        }
    )


def _number(contact: Contact) -> int:
    if not contact.id.isdecimal():
        raise DecodeError("the id of a contact is no number")
    return int(contact.id)


def _last_id(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not re.fullmatch("[0-9]{1,18}", cursor):
        raise ConfigError(f"a cursor of contacts is the id of one, got {shown(cursor)}")
    return int(cursor)
