"""The ad-hoc search, the only way to see unconfirmed and removed contacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from .conditions import (
    CONDITIONS,
    LAST,
    PERIODS,
    RANGE,
    day,
    inside,
    period,
    refuse_unknown,
    test_of,
)
from .contacts import wanted_list
from .definitions import campaign_ref
from .records import Campaign
from .routing import Call, Reply, Route
from .shelf import Contact, in_order
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Listing,
    Span,
    check_object,
    choice,
    listed,
    shape,
    show,
    text,
)

DATES = ("all_time", *PERIODS, "custom")
LOGIC = choice("or", "and")
SECTION: dict[str, Check] = {
    "campaignIdsList": listed(text(1), 1),
    "logicOperator": LOGIC,
    "subscriberCycle": listed(choice("receiving_autoresponder", "not_receiving_autoresponder"), 1),
    "subscriptionDate": choice(*DATES),
    "customDate": RANGE,
    "conditions": CONDITIONS,
}
FORM: dict[str, Check] = {
    "subscribersType": listed(choice("subscribed", "undelivered", "removed", "unconfirmed"), 1),
    "sectionLogicOperator": LOGIC,
    "section": listed(shape(SECTION, tuple(key for key in SECTION if key != "customDate")), 1),
}
QUERY = Allowed(sorts=frozenset({"name", "email", "createdOn"}))


@dataclass(slots=True)
class Hit:
    contact: Contact
    reason: str | None = None
    deleted: int | None = None


def search(book: Book, call: Call) -> Reply:
    listing = call.listing(book, QUERY)
    form = check_object(call.body(), "", FORM, tuple(FORM))
    refuse_unknown_ids(book, form)
    return answer(book, form, listing, call.request.body)


def refuse_unknown_ids(book: Book, form: dict[str, Any]) -> None:
    """1001 when a new form names what is not there; a saved one may outlive what it names."""
    for part in form["section"]:
        for id in part["campaignIdsList"]:
            wanted_list(book, id)
        for each in part["conditions"]:
            refuse_unknown(book, each)


def answer(book: Book, form: dict[str, Any], listing: Listing, key: bytes) -> Reply:
    """One page of those the form finds. `key` stands for the form."""
    kinds = form["subscribersType"]
    conditions = [each for part in form["section"] for each in part["conditions"]]
    timed = any(each["conditionType"] in LAST for each in conditions)
    # A walk over pages must not search anew for each of them. Named periods turn with the day;
    # what is being sent comes second by second.
    version = (
        0 if kinds == ["removed"] else book.version,
        book.gone_version,
        book.mail_version,
        book.now() if timed else book.now() // 86400,
    )
    kept = book.searches.get((key, listing.order))
    if kept is not None and kept[0] == version:
        found = cast(list[Hit], kept[1])
    else:
        hits = {hit.contact.id: hit for hit in members(book, form)}
        order = in_order((hit.contact for hit in hits.values()), listing.order)
        found = [hits[each.id] for each in order]
        if len(book.searches) >= 8:
            book.searches.clear()
        book.searches[key, listing.order] = (version, found)
    rows = [_row(book, hit, listing) for hit in found[listing.start : listing.stop]]
    return Reply(200, rows, listing.counters(len(found)))


def members(book: Book, form: dict[str, Any]) -> list[Hit]:
    """All the form finds, each once, in no order."""
    tests = [_section(book, part) for part in form["section"]]
    together = all if form["sectionLogicOperator"] == "and" else any
    everywhere = {id for part in form["section"] for id in part["campaignIdsList"]}
    lists = [each for each in book.lists.values() if each.id in everywhere]
    hits: dict[str, Hit] = {}
    for kind in form["subscribersType"]:
        for campaign in lists:
            for hit in _members(campaign, kind):
                if together(test(hit.contact) for test in tests):
                    hits.setdefault(hit.contact.id, hit)
    return list(hits.values())


def _members(campaign: Campaign, kind: str) -> Iterable[Hit]:
    if kind == "removed":
        return (Hit(gone.contact, gone.reason, gone.deleted) for gone in campaign.gone)
    if kind == "unconfirmed":
        return (Hit(each) for each in campaign.unconfirmed.values())
    if kind == "undelivered":
        return (Hit(each) for each in campaign.members.values() if each.undelivered)
    return (Hit(each) for each in campaign.members.values())


def _section(book: Book, part: dict[str, Any]) -> Callable[[Contact], bool]:
    lists = frozenset(part["campaignIdsList"])
    cycles = part["subscriberCycle"]
    named = part["subscriptionDate"]
    span: Span = (None, None)
    if named == "custom":
        given = part.get("customDate", {})
        first = day(given.get("from"), "customDate.from", end=False)
        span = (first, day(given.get("to"), "customDate.to", end=True))
    elif named != "all_time":
        span = period(named, book.now())
    tests = [test_of(book, each) for each in part["conditions"]]
    together = all if part["logicOperator"] == "and" else any

    def test(contact: Contact) -> bool:
        cycle = "receiving_autoresponder" if contact.day_of_cycle else "not_receiving_autoresponder"
        return (
            contact.campaign in lists
            and cycle in cycles
            and inside(contact.created, span)
            and (not tests or together(each(contact) for each in tests))
        )

    return test


def _row(book: Book, hit: Hit, listing: Listing) -> dict[str, Json]:
    contact = hit.contact
    row: dict[str, Json] = {
        "contactId": contact.id,
        "name": contact.name,
        "email": contact.email,
        "origin": contact.origin,
        "dayOfCycle": contact.day_of_cycle,
        "createdOn": show(contact.created),
        "campaign": campaign_ref(book, contact.campaign),
        "score": None if contact.scoring is None else str(contact.scoring),
        "reason": hit.reason,
        "deletedOn": show(hit.deleted),
    }
    return listing.cut(row, "contactId")


ROUTES = [Route("POST", "search-contacts/contacts", "search.contacts", search)]
