"""Contacts: sync by e-mail, create, read, search, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import automations, notes
from .person import found, row
from .records import Contact
from .routing import Call, Reply, Route, known
from .store import Book
from .tags import link_row
from .values import set_values, value_row, wanted_values
from .wire import (
    Json,
    NotSimulated,
    as_id,
    bad_request,
    invalid,
    is_email,
    read_moment,
)

KEYS = ("email", "firstName", "lastName", "phone", "fieldValues")
OTHER_CASE = ("first_name", "last_name", "field_values")
"""Spelled as bulk imports have them: dropped without a word."""
_ATTRIBUTES = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}


# -- writes ------------------------------------------------------------------------------------


def _given(call: Call) -> dict[str, Json]:
    body = call.json()
    for key in body:
        if key == "allowNullEmail":
            raise NotSimulated("contacts without an address by the API")
        if key != "contact":
            raise bad_request(f"Unexpected key {key}; the body is wrapped in contact")
    inner = body.get("contact", {})
    if not isinstance(inner, dict):
        raise bad_request("contact must be an object")
    inner = known(inner, "contact", KEYS, dropped=OTHER_CASE)
    for key in _ATTRIBUTES:
        if not isinstance(inner.get(key, ""), str | None):
            raise invalid(f"The {key} is not text.", key, code="invalid_type")
    return inner


def _check_email(
    book: Book, email: object, *, but: Contact | None = None, free: bool = True
) -> str:
    if not isinstance(email, str) or not is_email(email):
        raise invalid(
            "The email address is invalid.",
            "email",
            code="email_invalid",
            error="must_be_valid_email_address",
        )
    holder = book.with_email(email)
    if free and holder is not None and holder is not but:
        raise invalid(
            "Email address already exists in the system",
            "email",
            code="duplicate",
            error="duplicate",
        )
    return email


def _write(book: Book, contact: Contact, given: dict[str, Json]) -> None:
    for key, attribute in _ATTRIBUTES.items():
        if key in given:
            setattr(contact, attribute, given[key] or "")


def _answer(
    book: Book, status: int, contact: Contact, values: list[tuple[str, str | None]]
) -> Reply:
    written = [value_row(book, each) for each in set_values(book, contact.id, values)]
    shown = {**row(book, contact), "orgid": ""}
    return Reply(
        status, {"fieldValues": written, "contact": shown} if values else {"contact": shown}
    )


def sync(book: Book, call: Call) -> Reply:
    given = _given(call)
    if given.get("email") in (None, ""):
        raise bad_request("Contact email must be provided for sync")
    email = _check_email(book, given["email"], free=False)
    values = wanted_values(book, given.get("fieldValues", []), ignore_unknown=True)
    contact = book.with_email(email)
    created = contact is None
    if contact is None:
        contact = book.new_contact(email, updated=book.now())
    contact.updated = book.now()
    _write(book, contact, given)
    return _answer(book, 201 if created else 200, contact, values)


def create(book: Book, call: Call) -> Reply:
    given = _given(call)
    email = _check_email(book, given.get("email"))
    values = wanted_values(book, given.get("fieldValues", []))
    contact = book.new_contact(email, updated=book.now())
    _write(book, contact, given)
    return _answer(book, 201, contact, values)


def update(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    given = _given(call)
    values = wanted_values(book, given.get("fieldValues", []))
    if "email" in given:
        book.move(contact, _check_email(book, given["email"], but=contact))
    contact.updated = book.now()
    _write(book, contact, given)
    return _answer(book, 200, contact, values)


def delete(book: Book, call: Call) -> Reply:
    book.forget(found(book, call.params[0]))
    return Reply(200, {})


# -- reads -------------------------------------------------------------------------------------


def get(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    values = [value_row(book, each) for each in contact.values.values()]
    entries = [automations.row(book, each) for each in automations.of(book, contact.id)]
    sideloads: dict[str, list[dict[str, Json]]] = {
        "contactAutomations": entries,
        "contactLists": [],
        "deals": [],
        "fieldValues": values,
        "geoIps": [],
        "geoAddresses": [],
        "accountContacts": [],
    }
    ids = {name: [each["id"] for each in rows] for name, rows in sideloads.items()}
    return Reply(200, {**sideloads, "contact": {**row(book, contact), **ids}})


_SORTS: dict[str, Callable[[Contact], Any]] = {
    "id": lambda each: int(each.id),
    "cdate": lambda each: each.created,
    "email": lambda each: each.key,
    "first_name": lambda each: each.first_name.casefold(),
    "last_name": lambda each: each.last_name.casefold(),
    "name": lambda each: (
        each.first_name.casefold(),
        each.last_name.casefold(),
    ),
}


Test = Callable[[Contact], bool]


def list_contacts(book: Book, call: Call) -> Reply:
    query = call.query
    tests: list[Test] = []
    asked: dict[str, str] = {}
    for name, make in _TESTS.items():
        text = query.take(name)
        if text is not None:
            asked[name] = text
            tests.append(make(book, text))
    if query.take("status") not in (None, "-1"):
        raise NotSimulated("contacts by status, which is one of lists")
    texts = [*query.take_all("ids[]"), *query.take_all("ids")]
    ids = {id for text in texts for id in text.split(",")}
    if ids:
        tests.append(lambda each: each.id in ids)
    for name, text in query.filters(_DATES).items():
        tests.append(_by_date(name, read_moment(f"filters[{name}]", text)))
    orders = query.orders(_SORTS)
    page = query.page()
    holder = book.with_email(asked["email"]) if "email" in asked else None
    crowd = book.people.values() if holder is None else [holder]
    rows = [each for each in crowd if all(test(each) for test in tests)]
    for name, descending in reversed(orders):
        rows.sort(key=_SORTS[name], reverse=descending)
    shown = [{**row(book, each), "scoreValues": []} for each in page.cut(rows)]
    page_input = {
        "segmentid": 0,
        "formid": 0,
        "listid": 0,
        "tagid": _whole("tagid", asked.get("tagid", "0")),
        "limit": page.limit,
        "offset": page.offset,
        "search": asked.get("search"),
        "sort": None,
        "seriesid": _whole("seriesid", asked.get("seriesid", "0")),
        "waitid": 0,
        "status": -1,
        "forceQuery": 0,
    }
    meta = {"total": str(len(rows)), "page_input": page_input}
    return Reply(200, {"scoreValues": [], "contacts": shown, "meta": meta})


_DATES = ("created_before", "created_after", "updated_before", "updated_after")


def _whole(name: str, text: str) -> int:
    if as_id(text) is None:
        raise NotSimulated(f"{name}={text}")
    return int(text)


def _greater(book: Book, text: str) -> Test:
    least = _whole("id_greater", text)
    return lambda each: int(each.id) > least


def _less(book: Book, text: str) -> Test:
    most = _whole("id_less", text)
    return lambda each: int(each.id) < most


def _enrolled(book: Book, text: str) -> Test:
    members = {each.contact for each in book.enrolled.values() if each.automation == text}
    return lambda each: each.id in members


def _mentions(contact: Contact, words: str) -> bool:
    name = f"{contact.first_name} {contact.last_name}"
    return any(words in text.casefold() for text in (contact.email, contact.phone, name))


def _by_date(name: str, moment: datetime) -> Test:
    attribute, _, side = name.partition("_")

    def test(each: Contact) -> bool:
        mine: datetime = getattr(each, attribute) or each.created
        return mine < moment if side == "before" else mine > moment

    return test


_TESTS: dict[str, Callable[[Book, str], Test]] = {
    "email": lambda book, text: lambda each: each.key == text.casefold(),
    "email_like": lambda book, text: lambda each: text.casefold() in each.key,
    "search": lambda book, text: lambda each: _mentions(each, text.casefold()),
    "phone": lambda book, text: lambda each: each.phone.startswith(text),
    "tagid": lambda book, text: lambda each: text in each.tags,
    "seriesid": _enrolled,
    "id_greater": _greater,
    "id_less": _less,
}


def field_values(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    return Reply(200, {"fieldValues": [value_row(book, each) for each in contact.values.values()]})


def contact_tags(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    return Reply(200, {"contactTags": [link_row(book, each) for each in contact.tags.values()]})


def contact_automations(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    entries = [automations.row(book, each) for each in automations.of(book, contact.id)]
    return Reply(200, {"contactAutomations": entries})


def contact_notes(book: Book, call: Call) -> Reply:
    contact = found(book, call.params[0])
    rows = [notes.row(book, each) for each in book.notes.values() if each.contact == contact.id]
    return Reply(200, {"notes": rows})


ROUTES = [
    Route("POST", "contact/sync", "contacts.sync", sync),
    Route("GET", "contacts", "contacts.list", list_contacts, query=True),
    Route("POST", "contacts", "contacts.create", create),
    Route("GET", "contacts/{}", "contacts.get", get),
    Route("PUT", "contacts/{}", "contacts.update", update),
    Route("DELETE", "contacts/{}", "contacts.delete", delete),
    Route("GET", "contacts/{}/fieldValues", "contacts.field_values", field_values),
    Route("GET", "contacts/{}/contactTags", "contacts.contact_tags", contact_tags),
    Route("GET", "contacts/{}/contactAutomations", "contacts.enrolments", contact_automations),
    Route("GET", "contacts/{}/notes", "contacts.notes", contact_notes),
]
