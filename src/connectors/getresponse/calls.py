"""GetResponse's operations as values. Each is public: send it, print it, replay it.

Never imports `runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from ..core.call import Call, Page, Pages, Request, Response, WriteClass
from ..core.wire import UNSET, Reader, Unset, dumps, parse
from ..errors import ConfigError
from . import wire
from .models import (
    Account,
    Campaign,
    CampaignId,
    Contact,
    ContactDetails,
    ContactId,
    NewContact,
    RemovedContact,
)

T = TypeVar("T")

PAGE_SIZE = 1000
"""Rows of the largest page GetResponse gives."""

BATCH_SIZE = 1000
"""Contacts of the largest batch it takes."""

_account = Reader(Account)
_campaign = Reader(Campaign)
_contact = Reader(Contact)
_details = Reader(ContactDetails)
_removed = Reader(RemovedContact)


def get_account() -> Call[Account]:
    """The account behind the credential; also the cheapest check of a connection."""
    return _call("accounts.get", "GET", "accounts", lambda r: _account.one(r.body))


def list_campaigns(*, name: str | None = None, page_size: int = PAGE_SIZE) -> Pages[Campaign]:
    """All lists, oldest first; `name` narrows to names that contain it."""
    pairs = [("query[name]", name), ("sort[createdOn]", "ASC")]
    return _pages("campaigns.list", "campaigns", _campaign, pairs, page_size)


def get_campaign(campaign_id: CampaignId) -> Call[Campaign]:
    """One list."""
    path = _path("campaigns", campaign_id)
    return _call("campaigns.get", "GET", path, lambda r: _campaign.one(r.body))


def create_campaign(name: str, *, double_opt_in: bool = False) -> Call[Campaign]:
    """Create a list.

    `double_opt_in` False lets contacts added by API appear without a confirmation mail; with True
    they stay invisible until they confirm. A taken name is a `Conflict` (1008).
    """
    body = {"name": name, "optinTypes": {"api": "double" if double_opt_in else "single"}}
    return _call(
        "campaigns.create",
        "POST",
        "campaigns",
        lambda r: _campaign.one(r.body),
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


SortField = Literal["createdOn", "changedOn", "email", "name"]


def list_contacts(
    *,
    campaign_id: CampaignId | None = None,
    email: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    changed_since: datetime | None = None,
    changed_until: datetime | None = None,
    sort: SortField = "createdOn",
    page_size: int = PAGE_SIZE,
) -> Pages[Contact]:
    """Active contacts, ascending by `sort`. `email` matches exactly; bounds are inclusive."""
    pairs: list[tuple[str, object]] = [
        ("query[campaignId]", campaign_id),
        ("query[email]", email),
        ("query[createdOn][from]", created_since),
        ("query[createdOn][to]", created_until),
        ("query[changedOn][from]", changed_since),
        ("query[changedOn][to]", changed_until),
        ("additionalFlags", "exactMatch" if email else None),
        (f"sort[{sort}]", "ASC"),
    ]
    return _pages("contacts.list", "contacts", _contact, pairs, page_size)


def get_contact(contact_id: ContactId) -> Call[ContactDetails]:
    """One active contact, whole; a removed one is `NotFound`."""
    path = _path("contacts", contact_id)
    return _call("contacts.get", "GET", path, lambda r: _details.one(r.body))


def create_contact(campaign_id: CampaignId, contact: NewContact) -> Call[None]:
    """Queue one contact. It appears seconds to minutes later, or never: nothing says which."""
    body = {"campaign": {"campaignId": campaign_id}, **_new(contact)}
    return _call(
        "contacts.create",
        "POST",
        "contacts",
        _nothing,
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


def create_contacts(campaign_id: CampaignId, contacts: Sequence[NewContact]) -> Call[None]:
    """Queue 1 to 1000 contacts of one list with one answer for all; once per second.

    Raises:
        ConfigError: more than 1000, or none.
    """
    if not 1 <= len(contacts) <= BATCH_SIZE:
        raise ConfigError(f"a batch takes 1 to {BATCH_SIZE} contacts, got {len(contacts)}")
    body = {"campaignId": campaign_id, "contacts": [_new(c) for c in contacts]}
    return _call(
        "contacts.batch",
        "POST",
        "contacts/batch",
        _nothing,
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


def update_contact(
    contact_id: ContactId,
    *,
    name: str | Unset = UNSET,
    email: str | Unset = UNSET,
    campaign_id: CampaignId | Unset = UNSET,
    note: str | Unset | None = UNSET,
    scoring: float | Unset | None = UNSET,
) -> Call[ContactDetails]:
    """Change what is given and leave the rest; None clears. Another list moves the contact."""
    fields: dict[str, object] = {"name": name, "email": email, "note": note, "scoring": scoring}
    body = {key: value for key, value in fields.items() if value is not UNSET}
    if campaign_id is not UNSET:
        body["campaign"] = {"campaignId": campaign_id}
    path = _path("contacts", contact_id)
    return _call("contacts.update", "POST", path, lambda r: _details.one(r.body), body=body)


def delete_contact(contact_id: ContactId) -> Call[None]:
    """Remove a contact from its list; one that is gone already counts as removed."""
    path = _path("contacts", contact_id)
    return _call("contacts.delete", "DELETE", path, _deleted, safe_statuses=frozenset({404}))


def list_removed_contacts(
    campaign_ids: Iterable[CampaignId], *, page_size: int = PAGE_SIZE
) -> Pages[RemovedContact]:
    """Contacts that left these lists, with reason and time, oldest contact first."""
    body = dumps(
        {
            "subscribersType": ["removed"],
            "sectionLogicOperator": "or",
            "section": [
                {
                    "campaignIdsList": list(campaign_ids),
                    "logicOperator": "and",
                    "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
                    "subscriptionDate": "all_time",
                    "conditions": [],
                }
            ],
        }
    )
    pairs = [("sort[createdOn]", "ASC")]
    return _pages(
        "search.contacts", "search-contacts/contacts", _removed, pairs, page_size, body=body
    )


# --- building blocks -------------------------------------------------------------------------


def _call(
    operation: str,
    method: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    body: object = None,
    write_class: WriteClass = WriteClass.IDEMPOTENT,
    safe_statuses: frozenset[int] = frozenset(),
) -> Call[T]:
    request = Request(
        method=method,
        path=path,
        headers=(("Content-Type", "application/json"),) if body is not None else (),
        body=b"" if body is None else dumps(body),
    )
    return Call(
        service="getresponse",
        operation=operation,
        request=request,
        decode=decode,
        write_class=write_class,
        safe_statuses=safe_statuses,
    )


def _path(kind: str, thing_id: str) -> str:
    if not thing_id:
        raise ConfigError(f"an id of {kind} is empty")
    return f"{kind}/{quote(thing_id, safe='')}"


def _pages(
    operation: str,
    path: str,
    reader: Reader[T],
    pairs: Iterable[tuple[str, Any]],
    page_size: int,
    *,
    body: bytes = b"",
) -> Pages[T]:
    if not 1 <= page_size <= PAGE_SIZE:
        raise ConfigError(f"page_size must be 1 to {PAGE_SIZE}, got {page_size}")
    fixed = wire.query(pairs)

    def at(cursor: str | None) -> Call[Page[T]]:
        number = int(cursor or "1")
        return Call(
            service="getresponse",
            operation=operation,
            request=Request(
                method="POST" if body else "GET",
                path=path,
                query=f"{fixed}&page={number}&perPage={page_size}",
                headers=(("Content-Type", "application/json"),) if body else (),
                body=body,
            ),
            decode=lambda r: wire.page(reader.many(r.body), r, number, page_size),
        )

    return Pages(at)


def _new(contact: NewContact) -> dict[str, object]:
    # An absent name is fine, an empty one is refused.
    return {"email": contact.email, **({"name": contact.name} if contact.name else {})}


def _nothing(response: Response) -> None:
    """No body is worth reading here; but a web page says that somebody else answered."""
    if response.body.lstrip().startswith(b"<"):
        parse(response.body)


def _deleted(response: Response) -> None:
    """A 404 is "gone already" only when it is about the contact, not about the account's domain."""
    if response.status == 404:
        error = wire.classify(None, response)
        if error is not None and error.code not in ("1013", ""):
            raise error
    _nothing(response)
