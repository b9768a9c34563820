"""The ad-hoc search, the only way to see unconfirmed and removed contacts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from .contacts import campaign_ref
from .routing import Call, Reply, Route
from .shelf import Contact, in_order, in_spans
from .store import Book, Campaign
from .wire import (
    Allowed,
    Check,
    Json,
    Listing,
    Refusal,
    Span,
    body_error,
    check_object,
    choice,
    listed,
    read_date,
    shape,
    show,
    text,
)


class NotSimulated(Exception):
    """A part of the vendor's search that this service does not have."""


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "contains": lambda value, wanted: wanted in value,
    "not_contains": lambda value, wanted: wanted not in value,
    "starts": lambda value, wanted: value.startswith(wanted),
    "not_starts": lambda value, wanted: not value.startswith(wanted),
    "ends": lambda value, wanted: value.endswith(wanted),
    "not_ends": lambda value, wanted: not value.endswith(wanted),
}
LATER_CONDITIONS = frozenset(
    "custom subscription_date subscription_method opened not_opened phase last_send_date "
    "last_click_date last_open_date webinar clicked not_clicked sent not_sent geo gdpr score "
    "engagement_score tag goal crm ecommerce_number_of_purchases ecommerce_total_spent "
    "ecommerce_product_purchased ecommerce_brand_purchased ecommerce_abandoned_cart sms_sent "
    "sms_delivered sms_link_clicked sms_link_not_clicked custom_event".split()
)
DATES = (
    "all_time today yesterday last_7_days last_30_days this_week last_week this_month "
    "last_month last_2_months custom".split()
)


def condition(value: Json, path: str) -> Json:
    """One condition; a known type that is not simulated names itself."""
    if not isinstance(value, dict):
        raise body_error(1006, path, value, "Must be an object")
    kind = value.get("conditionType")
    if kind in LATER_CONDITIONS:
        raise NotSimulated(f"conditionType {kind}")
    keys = {
        "conditionType": choice("email", "name"),
        "operatorType": choice("string_operator"),
        "operator": choice(*OPERATORS),
        "value": text(1),
    }
    return check_object(value, path, keys, tuple(keys))


LOGIC = choice("or", "and")
SECTION: dict[str, Check] = {
    "campaignIdsList": listed(text(1), 1),
    "logicOperator": LOGIC,
    "subscriberCycle": listed(choice("receiving_autoresponder", "not_receiving_autoresponder"), 1),
    "subscriptionDate": choice(*DATES),
    "customDate": shape({"from": text(1), "to": text(1)}),
    "conditions": listed(condition),
}
BODY: dict[str, Check] = {
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
    hits = _search(book, call, listing)
    rows = [_row(book, hit, listing) for hit in hits[listing.start : listing.stop]]
    return Reply(200, rows, listing.counters(len(hits)))


def _search(book: Book, call: Call, listing: Listing) -> list[Hit]:
    body = check_object(call.body(), "", BODY, tuple(BODY))
    kinds = body["subscribersType"]
    # A walk over pages must not search anew for each of them.
    version = (0 if kinds == ["removed"] else book.version, book.gone_version)
    key = (call.request.body, listing.order)
    kept = book.searches.get(key)
    if kept is not None and kept[0] == version:
        return cast(list[Hit], kept[1])
    tests = []
    for part in body["section"]:
        for id in part["campaignIdsList"]:
            if id not in book.lists:
                raise Refusal(1001, "Campaign does not exist", {"campaignId": id})
        tests.append(_section(book, part))
    together = all if body["sectionLogicOperator"] == "and" else any
    everywhere = {id for part in body["section"] for id in part["campaignIdsList"]}
    lists = [each for each in book.lists.values() if each.id in everywhere]
    hits: dict[str, Hit] = {}
    for kind in kinds:
        for campaign in lists:
            for hit in _members(campaign, kind):
                if together(test(hit.contact) for test in tests):
                    hits.setdefault(hit.contact.id, hit)
    order = in_order((hit.contact for hit in hits.values()), listing.order)
    found = [hits[each.id] for each in order]
    if len(book.searches) >= 8:
        book.searches.clear()
    book.searches[key] = (version, found)
    return found


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
    spans: list[tuple[str, Span]] = []
    if part["subscriptionDate"] == "custom":
        given = part.get("customDate", {})
        spans.append(("createdOn", (_day(given, "from", False), _day(given, "to", True))))
    elif part["subscriptionDate"] != "all_time":
        raise NotSimulated(f"subscriptionDate {part['subscriptionDate']}")
    conditions = part["conditions"]
    together = all if part["logicOperator"] == "and" else any

    def test(contact: Contact) -> bool:
        cycle = "receiving_autoresponder" if contact.day_of_cycle else "not_receiving_autoresponder"
        return (
            contact.campaign in lists
            and cycle in cycles
            and in_spans(contact, spans)
            and (not conditions or together(_holds(contact, each) for each in conditions))
        )

    return test


def _holds(contact: Contact, each: dict[str, str]) -> bool:
    value = contact.email if each["conditionType"] == "email" else contact.name or ""
    return OPERATORS[each["operator"]](value.lower(), each["value"].lower())


def _day(given: dict[str, str], key: str, end: bool) -> int:
    stamp = read_date(given.get(key, ""), end=end, strict=False)
    if stamp is None:
        raise body_error(1003, f"customDate.{key}", given.get(key), "Wrong date")
    return stamp


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
