"""Event tracking: its switch and names, and the host that takes the events."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from ..kernel import Request
from .records import Event
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, NotSimulated, Refusal, bad_request, invalid, is_email

OPERATION = "events.track"
LONGEST = 32
_KEYS = ("actid", "key", "event", "eventdata", "visit")


# -- the host of events ------------------------------------------------------------------------


def take(book: Book, request: Request) -> Reply:
    """One event; a refused one is a 200 too."""
    if (request.method, request.path) != ("POST", "/event") or request.query:
        raise NotSimulated(f"{request.method} {request.path} of the events' host")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise NotSimulated("events that are no form")
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    given = dict(pairs)
    for name in given:
        if name not in _KEYS:
            raise NotSimulated(f"the form key {name}")
    told = _refused(book, given)
    if told is None:
        visit = json.loads(given["visit"]) if "visit" in given else {}
        name = given["event"]
        if name not in book.event_names:
            book.event_names.append(name)
        event = Event(name, given.get("eventdata", ""), visit.get("email"), book.now())
        book.tracked.append(event)
    if book.plain_events:
        return Reply(200, int(told is None), content_type="text/plain")
    return Reply(200, {"success": int(told is None), "message": told or "Event spawned"})


def _refused(book: Book, given: dict[str, str]) -> str | None:
    if (given.get("actid"), given.get("key")) != (book.actid, book.event_key):
        return "Invalid credentials"
    if not book.tracking:
        return "Event tracking is disabled"
    if not 1 <= len(given.get("event", "")) <= LONGEST:
        return "Invalid event name"
    if "visit" in given and not _is_visit(given["visit"]):
        return "Invalid visit"
    return None


def _is_visit(text: str) -> bool:
    try:
        visit = json.loads(text)
    except ValueError:
        return False
    return isinstance(visit, dict) and set(visit) == {"email"} and is_email(visit["email"])


# -- the account's side ------------------------------------------------------------------------


def get_switch(book: Book, call: Call) -> Reply:
    return Reply(200, {"eventTracking": {"enabled": book.tracking}})


def set_switch(book: Book, call: Call) -> Reply:
    given = call.wrapped("eventTracking", ("enabled",))
    if not isinstance(given.get("enabled"), bool):
        raise bad_request("enabled must be a boolean")
    book.tracking = given["enabled"]
    return get_switch(book, call)


def _row(name: str) -> dict[str, Json]:
    return {"name": name, "links": []}


def list_names(book: Book, call: Call) -> Reply:
    query = call.query
    page = query.page()
    rows = [_row(name) for name in page.cut(book.event_names)]
    return Reply(200, {"eventTrackingEvents": rows, "meta": {"total": len(book.event_names)}})


def create_name(book: Book, call: Call) -> Reply:
    name = call.wrapped("eventTrackingEvent", ("name",)).get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST:
        raise invalid("The event name is not valid", "name", code="field_invalid")
    if name in book.event_names:
        raise invalid("The event name is taken", "name", code="duplicate")
    book.event_names.append(name)
    return Reply(201, {"eventTrackingEvent": _row(name)})


def delete_name(book: Book, call: Call) -> Reply:
    if call.params[0] not in book.event_names:
        raise Refusal(404, {"message": f"No Result found for Event with name {call.params[0]}"})
    book.event_names.remove(call.params[0])
    return Reply(200, {})


ROUTES = [
    Route("GET", "eventTracking", "events.get_switch", get_switch),
    Route("PUT", "eventTracking", "events.set_switch", set_switch),
    Route("GET", "eventTrackingEvents", "events.list", list_names, query=True),
    Route("POST", "eventTrackingEvents", "events.create", create_name),
    Route("DELETE", "eventTrackingEvents/{}", "events.delete", delete_name),
]
