"""From-fields: who messages come from. A new one is inactive until its owner confirms it."""

from __future__ import annotations

from .records import Sender
from .routing import Call, Reply, Route, page_of, sort
from .store import Book
from .wire import (
    Allowed,
    Json,
    Refusal,
    check_object,
    email,
    missing,
    query_error,
    show,
    text,
)


def row(book: Book, sender: Sender) -> dict[str, Json]:
    return {
        "fromFieldId": sender.id,
        "href": f"{book.url}/from-fields/{sender.id}",
        "email": sender.email,
        "rewrittenEmail": None,
        "name": sender.name,
        "isActive": _flag(sender.active),
        "isDefault": _flag(sender.default),
        "createdOn": show(sender.created),
        "domain": None,
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def known(book: Book, id: str) -> Sender:
    """The from-field of the path, or 404."""
    if id not in book.senders:
        raise missing("fromFieldId", id)
    return book.senders[id]


def usable(book: Book, id: str) -> Sender:
    """The from-field a body names: 1001 when there is none, 1002 when it is not confirmed."""
    sender = book.senders.get(id)
    if sender is None:
        raise Refusal(1001, "From field does not exist", {"fromFieldId": id})
    if not sender.active:
        raise Refusal(1002, "From field is not active", {"fromFieldId": id})
    return sender


def list_senders(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"email", "name", "isDefault", "isActive"}),
        sorts=frozenset({"createdOn"}),
    )
    listing = call.listing(book, allowed)
    where = listing.where
    for key in ("isDefault", "isActive"):
        if where.get(key) not in (None, "true", "false"):
            raise query_error("query", key, f"query[{key}]", "Must be true or false")
    found = [
        each
        for each in book.senders.values()
        if where.get("email", "").lower() in each.email.lower()
        and book.named(where.get("name"), each.name)
        and where.get("isDefault") in (None, _flag(each.default))
        and where.get("isActive") in (None, _flag(each.active))
    ]
    sort(found, listing, {"createdOn": lambda each: each.created})
    return page_of([row(book, each) for each in found], listing, "fromFieldId")


def create(book: Book, call: Call) -> Reply:
    body = check_object(call.body(), "", {"email": email, "name": text(1, 64)}, ("email", "name"))
    if any(each.email.lower() == body["email"].lower() for each in book.senders.values()):
        raise Refusal(1008, "From field with this e-mail already exists", [])
    sender = Sender(book.new_id(), body["email"], body["name"], book.now())
    book.senders[sender.id] = sender
    return Reply(201, row(book, sender))


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(row(book, known(book, call.params[0])), "fromFieldId"))


def make_default(book: Book, call: Call) -> Reply:
    sender = known(book, call.params[0])
    if not sender.active:
        raise Refusal(1002, "From field is not active", {"fromFieldId": sender.id})
    for each in book.senders.values():
        each.default = each is sender
    return Reply(200)


def delete(book: Book, call: Call) -> Reply:
    """One that is in use goes only when another takes its place."""
    call.listing(book, Allowed(paged=False, extra=frozenset({"fromFieldIdToReplaceWith"})))
    sender = known(book, call.params[0])
    heir = dict(call.request.query).get("fromFieldIdToReplaceWith")
    heir = usable(book, heir).id if heir is not None else None
    users = [n for n in book.newsletters.values() if sender.id in (n.sender, n.reply_to)]
    if (users or sender.default) and heir in (None, sender.id):
        raise Refusal(1009, "From field is in use", {"fromFieldId": sender.id})
    del book.senders[sender.id]
    if heir is not None:
        book.senders[heir].default |= sender.default
        for newsletter in users:
            newsletter.sender = heir if newsletter.sender == sender.id else newsletter.sender
            if newsletter.reply_to == sender.id:
                newsletter.reply_to = heir
    return Reply(204)


ROUTES = [
    Route("GET", "from-fields", "from_fields.list", list_senders),
    Route("POST", "from-fields", "from_fields.create", create, writes=True),
    Route("GET", "from-fields/{}", "from_fields.get", get),
    Route("DELETE", "from-fields/{}", "from_fields.delete", delete, writes=True),
    Route("POST", "from-fields/{}/default", "from_fields.default", make_default, writes=True),
]
