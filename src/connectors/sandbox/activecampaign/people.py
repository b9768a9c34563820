"""The key's user, and the variables of messages."""

from __future__ import annotations

import operator

from .records import Variable
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, NotSimulated, invalid

_FORMATS = ("html", "text")


def me(book: Book, call: Call) -> Reply:
    user = book.keys[call.request.headers["api-token"]]
    row = {
        "username": user.username,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "email": user.email,
        "phone": "",
        "signature": None,
        "links": book.links(f"users/{user.id}", "lists", "userGroup"),
        "id": user.id,
    }
    return Reply(200, {"user": row})


def _row(book: Book, variable: Variable) -> dict[str, Json]:
    return {
        "name": variable.name,
        "tag": variable.tag,
        "format": variable.format,
        "content": variable.content,
        "listIds": [],
        "listNames": [],
        "listsCount": "0",
        "isLocked": "0",
        "links": [],
        "id": variable.id,
    }


def list_variables(book: Book, call: Call) -> Reply:
    query = call.query
    rows = list(book.variables.values())
    for path, text in query.take_under("filter"):
        if len(path) != 1 or path[0] not in ("name", "tag", "content", "format"):
            raise NotSimulated(f"the query parameter filter[{']['.join(path)}]")
        rows = [each for each in rows if text.casefold() in getattr(each, path[0]).casefold()]
    for name, descending in reversed(query.orders(("name", "tag"))):
        rows.sort(key=operator.attrgetter(name), reverse=descending)
    page = query.page()
    shown = [_row(book, each) for each in page.cut(rows)]
    return Reply(200, {"personalizations": shown, "meta": {"total": str(len(rows))}})


def create_variable(book: Book, call: Call) -> Reply:
    given = call.wrapped("personalization", ("name", "tag", "format", "content", "listids"))
    for key in ("name", "tag", "content"):
        if not isinstance(given.get(key), str) or not given[key]:
            raise invalid(f"The {key} must be provided", key, code="field_missing")
    if given.get("format", "text") not in _FORMATS:
        raise invalid("The format is html or text", "format", code="field_invalid")
    if given.get("listids"):
        raise NotSimulated("message variables of lists")
    variable = Variable(
        book.new_id("variable"),
        given["name"],
        given["tag"],
        given.get("format", "text"),
        given["content"],
    )
    book.variables[variable.id] = variable
    return Reply(201, {"personalization": _row(book, variable)})


ROUTES = [
    Route("GET", "users/me", "users.me", me),
    Route("GET", "personalizations", "personalizations.list", list_variables, query=True),
    Route("POST", "personalizations", "personalizations.create", create_variable),
]
