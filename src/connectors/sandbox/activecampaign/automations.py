"""Automations and who is in them; nothing here makes or changes one, as in the vendor's API."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from .person import brief
from .records import Automation, Enrolment
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, NotSimulated, Refusal, as_id, not_found, read_moment, with_offset

_SERIES = "SubscriberSeries"


def _entered(book: Book, automation: Automation) -> int:
    return sum(each.automation == automation.id for each in book.enrolled.values())


def automation_row(book: Book, automation: Automation) -> dict[str, Json]:
    return {
        "name": automation.name,
        "cdate": with_offset(automation.created),
        "mdate": with_offset(automation.created),
        "userid": "1",
        "status": automation.status,
        "entered": str(_entered(book, automation)),
        "exited": str(automation.exited),
        "hidden": "0",
        "screenshot": None,
        "links": book.links(f"automations/{automation.id}", "contactAutomations", "blocks"),
        "id": automation.id,
    }


def row(book: Book, entry: Enrolment) -> dict[str, Json]:
    done = entry.status == "2"
    return {
        "contact": entry.contact,
        "seriesid": entry.automation,
        "startid": "0",
        "status": entry.status,
        "adddate": with_offset(entry.added),
        "lastblock": "0",
        "completedElements": "1" if done else "0",
        "totalElements": "1",
        "completed": int(done),
        "completeValue": 100 if done else 0,
        "links": book.links(f"contactAutomations/{entry.id}", "automation", "contact"),
        "id": entry.id,
        "automation": entry.automation,
    }


def of(book: Book, contact: str) -> list[Enrolment]:
    return [each for each in book.enrolled.values() if each.contact == contact]


_SORTS: dict[str, Callable[[Book, Automation], Any]] = {
    "name": lambda book, each: each.name.casefold(),
    "status": lambda book, each: each.status,
    "entered": _entered,
    "cdate": lambda book, each: each.created,
    "mdate": lambda book, each: each.created,
}


def list_automations(book: Book, call: Call) -> Reply:
    query = call.query
    search, active = query.take("search"), query.take_flag("active")
    filters = query.filters(("name", "status", "ids"))
    orders = query.orders(_SORTS)
    page = query.page()
    words = [text.casefold() for text in (search, filters.get("name")) if text is not None]
    rows = [
        each
        for each in book.automations.values()
        if all(word in each.name.casefold() for word in words)
        and (active is None or active == (each.status == "1"))
        and filters.get("status") in (None, each.status)
        and ("ids" not in filters or each.id in filters["ids"].split(","))
    ]
    for name, descending in reversed(orders):
        rows.sort(key=functools.partial(_SORTS[name], book), reverse=descending)
    part = page.cut(rows)
    starts = [{"id": each.id, "series": each.id, "type": "tag"} for each in part if each.on_tag]
    meta = {"total": str(len(rows)), "starts": starts}
    return Reply(200, {"automations": [automation_row(book, each) for each in part], "meta": meta})


def get_automation(book: Book, call: Call) -> Reply:
    if call.params[0] not in book.automations:
        raise not_found("Series", call.params[0])
    return Reply(200, {"automation": automation_row(book, book.automations[call.params[0]])})


def create(book: Book, call: Call) -> Reply:
    given = call.wrapped("contactAutomation", ("contact", "automation"))
    contact, automation = as_id(given.get("contact")), as_id(given.get("automation"))
    there = book.automations.get(automation or "")
    if contact not in book.people or there is None or there.status != "1":
        raise Refusal(403, {"message": f"Could not create {_SERIES}"})
    entry = book.enrol(str(contact), there.id, by="api")
    person = brief(book, book.people[entry.contact])
    return Reply(201, {"contacts": [person], "contactAutomation": row(book, entry)})


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_FILTERS: dict[str, Callable[[Enrolment], str]] = {
    "seriesid": lambda each: each.automation,
    "status": lambda each: each.status,
    "lastblock": lambda each: "0",
    "subscriberid": lambda each: each.contact,
}
_ORDERS: dict[str, Callable[[Enrolment], Any]] = {
    "id": lambda each: int(each.id),
    "adddate": lambda each: each.added,
    "status": lambda each: each.status,
}


def list_entries(book: Book, call: Call) -> Reply:
    query = call.query
    rows = list(book.enrolled.values())
    for path, text in query.take_under("filters"):
        name = path[0]
        if name == "adddate" and len(path) <= 2 and (path[1:] or ["eq"])[0] in _OPERATORS:
            compare = _OPERATORS[(path[1:] or ["eq"])[0]]
            moment = read_moment("filters[adddate]", text)
            rows = [each for each in rows if compare(each.added, moment)]
        elif name in _FILTERS and len(path) == 1:
            rows = [each for each in rows if _FILTERS[name](each) == text]
        else:
            raise NotSimulated(f"the query parameter filters[{']['.join(path)}]")
    for name, descending in reversed(query.orders(_ORDERS)):
        rows.sort(key=_ORDERS[name], reverse=descending)
    page = query.page()
    shown = [row(book, each) for each in page.cut(rows)]
    return Reply(200, {"contactAutomations": shown, "meta": {"total": str(len(rows))}})


def get_entry(book: Book, call: Call) -> Reply:
    if call.params[0] not in book.enrolled:
        raise not_found(_SERIES, call.params[0])
    return Reply(200, {"contactAutomation": row(book, book.enrolled[call.params[0]])})


def delete_entry(book: Book, call: Call) -> Reply:
    if call.params[0] not in book.enrolled:
        raise not_found(_SERIES, call.params[0], 403)
    entry = book.enrolled.pop(call.params[0])
    book.automations[entry.automation].exited += 1
    return Reply(200, {})


ROUTES = [
    Route("GET", "automations", "automations.list", list_automations, query=True),
    Route("GET", "automations/{}", "automations.get", get_automation),
    Route("GET", "contactAutomations", "enrolments.list", list_entries, query=True),
    Route("POST", "contactAutomations", "enrolments.create", create),
    Route("GET", "contactAutomations/{}", "enrolments.get", get_entry),
    Route("DELETE", "contactAutomations/{}", "enrolments.delete", delete_entry),
]
