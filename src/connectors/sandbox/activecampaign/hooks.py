"""Webhooks: which there are. What they send is in `push`."""

from __future__ import annotations

from urllib.parse import urlsplit

from .records import Hook
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, as_id, invalid, not_found, with_offset

EVENTS = (
    "bounce click contact_tag_added contact_tag_removed deal_add deal_note_add deal_pipeline_add "
    "deal_stage_add deal_task_add deal_task_complete deal_tasktype_add deal_update forward "
    "list_add open reply sent share sms_reply sms_sent sms_unsub subscribe subscriber_note "
    "unsubscribe update account_add account_update account_contact_add account_contact_update "
    "contact_task_add"
).split()
SOURCES = ("public", "admin", "api", "system")
_KEYS = ("name", "url", "events", "sources", "listid")


def row(book: Book, hook: Hook) -> dict[str, Json]:
    return {
        "name": hook.name,
        "url": hook.url,
        "events": list(hook.events),
        "sources": list(hook.sources),
        "listid": hook.listid,
        "cdate": with_offset(hook.created),
        "links": book.links(f"webhooks/{hook.id}", "list"),
        "id": hook.id,
    }


def _check(given: dict[str, Json]) -> None:
    if not isinstance(given["name"], str) or not given["name"]:
        raise invalid("The webhook must have a name", "name", code="field_missing")
    url = given["url"]
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme != "https" or not parts.hostname or ":" in parts.netloc.rpartition("@")[2]:
        raise invalid("The URL must be https on port 443", "url", code="field_invalid")
    for key, right in (("events", EVENTS), ("sources", SOURCES)):
        chosen = given[key]
        if not isinstance(chosen, list) or not chosen or not all(each in right for each in chosen):
            raise invalid(f"The {key} are not valid", key, code="field_invalid")
    if as_id(given["listid"]) is None:
        raise invalid("The list id is not valid", "listid", code="field_invalid")


def _read(call: Call, old: dict[str, Json]) -> dict[str, Json]:
    given = {**old, **call.wrapped("webhook", _KEYS)}
    for key in _KEYS:
        given.setdefault(key, None)
    _check(given)
    return given


def create(book: Book, call: Call) -> Reply:
    given = _read(call, {"listid": 0})
    hook = Hook(
        book.new_id("webhook"),
        given["name"],
        given["url"],
        given["events"],
        given["sources"],
        str(given["listid"]),
        book.now(),
    )
    book.hooks[hook.id] = hook
    return Reply(201, {"webhook": row(book, hook)})


def list_hooks(book: Book, call: Call) -> Reply:
    query = call.query
    filters = query.filters(("name", "url", "listid"))
    page = query.page()
    rows = [
        each
        for each in book.hooks.values()
        if all(getattr(each, name) == text for name, text in filters.items())
    ]
    shown = [row(book, each) for each in page.cut(rows)]
    return Reply(200, {"webhooks": shown, "meta": {"total": str(len(rows))}})


def _found(book: Book, id: str) -> Hook:
    if id not in book.hooks:
        raise not_found("Webhook", id)
    return book.hooks[id]


def get(book: Book, call: Call) -> Reply:
    return Reply(200, {"webhook": row(book, _found(book, call.params[0]))})


def update(book: Book, call: Call) -> Reply:
    hook = _found(book, call.params[0])
    old = {name: getattr(hook, name) for name in _KEYS}
    given = _read(call, old)
    hook.name, hook.url, hook.listid = given["name"], given["url"], str(given["listid"])
    hook.events, hook.sources = given["events"], given["sources"]
    return Reply(200, {"webhook": row(book, hook)})


def delete(book: Book, call: Call) -> Reply:
    del book.hooks[_found(book, call.params[0]).id]
    return Reply(200, {})


def events(book: Book, call: Call) -> Reply:
    return Reply(200, {"webhookEvents": list(EVENTS), "meta": {"total": len(EVENTS)}})


ROUTES = [
    Route("GET", "webhooks", "webhooks.list", list_hooks, query=True),
    Route("POST", "webhooks", "webhooks.create", create),
    Route("GET", "webhooks/{}", "webhooks.get", get),
    Route("PUT", "webhooks/{}", "webhooks.update", update),
    Route("DELETE", "webhooks/{}", "webhooks.delete", delete),
    Route("GET", "webhook/events", "webhooks.events", events),
]
