"""Masks of addresses: the blocklists of the account and of lists, and suppression lists."""

from __future__ import annotations

from .records import Suppression
from .routing import Call, Reply, Route, in_span, page_of, sort
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    check_object,
    is_email,
    listed,
    missing,
    show,
    text,
)


def is_mask(mask: str) -> bool:
    """An address, a host with or without `@`, or either with `*`."""
    tidy = mask.replace("*", "x.xx")
    return is_email(tidy) or is_email("x@" + tidy.lstrip("@"))


def mask(value: Json, path: str) -> Json:
    found = text(1, 255)(value, path)
    if not is_mask(found):
        raise Refusal(1003, "Wrong mask", {"value": found})
    return found


MASKS = listed(mask)


# -- blocklists --------------------------------------------------------------------------------


def _masks(book: Book, call: Call) -> list[str]:
    if not call.params:
        return book.masks
    if call.params[0] not in book.lists:
        raise missing("campaignId", call.params[0])
    return book.lists[call.params[0]].masks


def get_masks(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(fields=frozenset({"mask"}), paged=False))
    wanted = listing.where.get("mask", "").lower()
    return Reply(200, {"masks": [m for m in _masks(book, call) if wanted in m.lower()]})


def set_masks(book: Book, call: Call) -> Reply:
    """`add` and `delete` change some masks; without either the whole list is replaced."""
    flags = frozenset({"add", "delete", "noResponse"})
    listing = call.listing(book, Allowed(flags=flags, paged=False))
    masks = _masks(book, call)
    body = check_object(call.body(), "", {"masks": MASKS}, ("masks",))
    if "add" in listing.flags:
        masks.extend(m for m in dict.fromkeys(body["masks"]) if m not in masks)
    elif "delete" in listing.flags:
        masks[:] = [m for m in masks if m not in body["masks"]]
    else:
        masks[:] = dict.fromkeys(body["masks"])
    return Reply(200, None if "noResponse" in listing.flags else {"masks": list(masks)})


# -- suppressions ------------------------------------------------------------------------------

FIELDS: dict[str, Check] = {"name": text(1, 255), "masks": MASKS}


def row(book: Book, suppression: Suppression) -> dict[str, Json]:
    return {
        "suppressionId": suppression.id,
        "name": suppression.name,
        "createdOn": show(suppression.created),
        "href": f"{book.url}/suppressions/{suppression.id}",
    }


def details(book: Book, suppression: Suppression) -> dict[str, Json]:
    return {**row(book, suppression), "masks": suppression.masks}


def known(book: Book, id: str) -> Suppression:
    if id not in book.suppressions:
        raise missing("suppressionId", id)
    return book.suppressions[id]


def list_suppressions(book: Book, call: Call) -> Reply:
    listing = call.listing(
        book,
        Allowed(
            fields=frozenset({"name"}),
            spans=frozenset({"createdOn"}),
            sorts=frozenset({"name", "createdOn"}),
        ),
    )
    found = [
        each
        for each in book.suppressions.values()
        if book.named(listing.where.get("name"), each.name)
        and in_span(each.created, listing, "createdOn")
    ]
    sort(found, listing, {"name": lambda s: s.name.lower(), "createdOn": lambda s: s.created})
    return page_of([row(book, each) for each in found], listing, "suppressionId")


def create_suppression(book: Book, call: Call) -> Reply:
    body = check_object(call.body(), "", FIELDS, ("name",))
    made = Suppression(book.new_id(), body["name"], book.now(), body.get("masks", []))
    book.suppressions[made.id] = made
    return Reply(201, details(book, made))


def get_suppression(book: Book, call: Call) -> Reply:
    call.listing(book, Allowed(paged=False))
    return Reply(200, details(book, known(book, call.params[0])))


def update_suppression(book: Book, call: Call) -> Reply:
    suppression = known(book, call.params[0])
    body = check_object(call.body(), "", FIELDS, ("name", "masks"))
    suppression.name, suppression.masks = body["name"], body["masks"]
    return Reply(200, details(book, suppression))


def delete_suppression(book: Book, call: Call) -> Reply:
    del book.suppressions[known(book, call.params[0]).id]
    return Reply(204)


ROUTES = [
    Route("GET", "accounts/blocklists", "accounts.blocklists", get_masks),
    Route("POST", "accounts/blocklists", "accounts.set_blocklists", set_masks, writes=True),
    Route("GET", "campaigns/{}/blocklists", "campaigns.blocklists", get_masks),
    Route("POST", "campaigns/{}/blocklists", "campaigns.set_blocklists", set_masks, writes=True),
    Route("GET", "suppressions", "suppressions.list", list_suppressions),
    Route("POST", "suppressions", "suppressions.create", create_suppression, writes=True),
    Route("GET", "suppressions/{}", "suppressions.get", get_suppression),
    Route("POST", "suppressions/{}", "suppressions.update", update_suppression, writes=True),
    Route("DELETE", "suppressions/{}", "suppressions.delete", delete_suppression, writes=True),
]
