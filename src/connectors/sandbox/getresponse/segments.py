"""Saved searches, which the vendor also calls segments."""

from __future__ import annotations

import json

from .contacts import VALUES, field_values
from .records import Segment
from .routing import Call, Reply, Route, in_span, page_of, sort
from .search import FORM, QUERY, answer, members, refuse_unknown_ids
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    check_object,
    choice,
    listed,
    missing,
    show,
    text,
)

FIELDS: dict[str, Check] = {
    **FORM,
    "name": text(1, 255),
    "subscribersType": listed(choice("subscribed"), 1, 1),
}


def row(book: Book, segment: Segment) -> dict[str, Json]:
    return {
        "searchContactId": segment.id,
        "name": segment.name,
        "createdOn": show(segment.created),
        "href": f"{book.url}/search-contacts/{segment.id}",
    }


def details(book: Book, segment: Segment) -> dict[str, Json]:
    return {**row(book, segment), **segment.shown}


def known(book: Book, id: str) -> Segment:
    if id not in book.segments:
        raise missing("searchContactId", id)
    return book.segments[id]


def list_segments(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"name"}),
        spans=frozenset({"createdOn"}),
        sorts=frozenset({"name", "createdOn"}),
    )
    listing = call.listing(book, allowed)
    found = [
        each
        for each in book.segments.values()
        if book.named(listing.where.get("name"), each.name)
        and in_span(each.created, listing, "createdOn")
    ]
    sort(found, listing, {"name": lambda s: s.name.lower(), "createdOn": lambda s: s.created})
    return page_of([row(book, each) for each in found], listing, "searchContactId")


def _settle(book: Book, call: Call, segment: Segment) -> None:
    given = call.body()
    form = check_object(given, "", FIELDS, tuple(FIELDS))
    refuse_unknown_ids(book, form)
    name = form.pop("name")
    for each in book.segments.values():
        if each is not segment and each.name.lower() == name.lower():
            raise Refusal(1008, "Segment with this name already exists", [])
    segment.name, segment.form = name, form
    segment.shown = {key: given[key] for key in FORM}


def create(book: Book, call: Call) -> Reply:
    segment = Segment("", "", book.now(), {}, {})
    _settle(book, call, segment)
    segment.id = book.new_id()
    book.segments[segment.id] = segment
    return Reply(201, details(book, segment))


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(details(book, known(book, call.params[0])), "searchContactId"))


def update(book: Book, call: Call) -> Reply:
    segment = known(book, call.params[0])
    _settle(book, call, segment)
    return Reply(200, details(book, segment))


def delete(book: Book, call: Call) -> Reply:
    del book.segments[known(book, call.params[0]).id]
    return Reply(204)


def list_members(book: Book, call: Call) -> Reply:
    listing = call.listing(book, QUERY)
    segment = known(book, call.params[0])
    return answer(book, segment.form, listing, json.dumps(segment.shown).encode())


def merge_fields(book: Book, call: Call) -> Reply:
    """Accepted now, done later for all who are members then."""
    segment = known(book, call.params[0])
    keys = {"customFieldValues": VALUES}
    body = check_object(call.body(), "", keys, ("customFieldValues",))
    values = field_values(book, body["customFieldValues"])

    def put() -> None:
        for hit in members(book, segment.form):
            book.change(hit.contact, {"fields": {**hit.contact.fields, **values}})

    book.later(book.background_seconds, put)
    return Reply(202)


ROUTES = [
    Route("GET", "search-contacts", "search.list", list_segments),
    Route("POST", "search-contacts", "search.create", create, writes=True),
    Route("GET", "search-contacts/{}", "search.get", get),
    Route("POST", "search-contacts/{}", "search.update", update, writes=True),
    Route("DELETE", "search-contacts/{}", "search.delete", delete, writes=True),
    Route("GET", "search-contacts/{}/contacts", "search.members", list_members),
    Route("POST", "search-contacts/{}/custom-fields", "search.custom_fields", merge_fields, True),
]
