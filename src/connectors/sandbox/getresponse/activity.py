"""What happened to messages, by contact and by newsletter."""

from __future__ import annotations

from .contacts import active
from .newsletters import known
from .routing import Call, Reply, Route, page_of, sort
from .shelf import Event
from .store import Book
from .wire import Allowed, Json, Listing, query_error, show

DEFAULT_DAYS = 14
OLDEST_DAYS = 30


def _between(
    book: Book, events: list[Event], listing: Listing, oldest: int | None = None
) -> list[Event]:
    """The events of the wanted span, or of the last 14 days; newest first."""
    first, last = listing.spans.get("createdOn", (None, None))
    if "createdOn" not in listing.spans:
        first = book.now() - DEFAULT_DAYS * 86400
    first = max(first or 0, oldest or 0)
    last = book.now() if last is None else min(last, book.now())
    found = [each for each in events if first <= each.at <= last]
    found.sort(key=lambda each: each.at, reverse=True)
    return found


def of_contact(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(spans=frozenset({"createdOn"})))
    found = _between(book, active(book, call.params[0]).activities, listing)
    return page_of([row(book, each) for each in found], listing, "activity")


def row(book: Book, event: Event) -> dict[str, Json]:
    """An activity has no id of its own."""
    preview = f"https://{book.account_id}.sandbox.invalid/preview"
    id, kind, link = event.resource_id, event.resource_type, event.link
    return {
        "activity": event.activity,
        "subject": event.subject,
        "createdOn": show(event.at),
        "previewUrl": preview if event.activity == "send" else None,
        "resource": {
            "resourceId": id,
            "resourceType": kind,
            "href": f"{book.url}/{kind}/{id}" if id else None,
        },
        "clickTrack": link and {"id": link.id, "name": link.name, "url": link.url},
    }


def of_newsletter(book: Book, call: Call) -> Reply:
    """Deprecated by the vendor, and blind to what is older than thirty days."""
    allowed = Allowed(
        fields=frozenset({"activity"}),
        spans=frozenset({"createdOn"}),
        sorts=frozenset({"createdOn"}),
    )
    listing = call.listing(book, allowed)
    newsletter = known(book, call.params[0])
    wanted = listing.where.get("activity")
    if wanted not in (None, "send", "open", "click"):
        raise query_error("query", "activity", "query[activity]", "Not allowed value")
    found = _between(book, newsletter.events, listing, book.now() - OLDEST_DAYS * 86400)
    found = [each for each in found if wanted in (None, each.activity)]
    sort(found, listing, {"createdOn": lambda each: each.at})
    rows: list[dict[str, Json]] = [
        {
            "activity": each.activity,
            "createdOn": show(each.at),
            "contact": {
                "contactId": each.contact.id,
                "email": each.contact.email,
                "href": f"{book.url}/contacts/{each.contact.id}",
            },
        }
        for each in found
    ]
    return page_of(rows, listing, "activity")


ROUTES = [
    Route("GET", "contacts/{}/activities", "contacts.activities", of_contact),
    Route("GET", "newsletters/{}/activities", "newsletters.activities", of_newsletter),
]
