"""What the operations are built from."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from ...core.call import Call, Headers, Page, Pages, Request, Response, WriteClass
from ...core.given import filled, named
from ...core.wire import Reader, Unset, dumps, masked, parse
from ...errors import ConfigError, NotFound
from .. import wire
from ..models.fields import FieldValue

T = TypeVar("T")

PAGE_SIZE = 100
"""Rows of the largest page ActiveCampaign gives."""

field_value = Reader(
    FieldValue,
    {
        FieldValue: {
            "contact_id": "contact",
            "field_id": "field",
            "created_at": "cdate",
            "updated_at": "udate",
        }
    },
)

_JSON = (("Content-Type", "application/json"),)
_BARRED = r"\s\x00-\x1f\x7f<>@\ud800-\udfff"
"""What no address holds here; half a surrogate pair is in no UTF-8 text."""
_ADDRESS = rf"[^{_BARRED}]+@[^{_BARRED}.]+(\.[^{_BARRED}.]+)*"


def call(
    operation: str,
    method: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    query: Iterable[tuple[str, object]] = (),
    body: object = None,
    headers: Headers = (),
    write_class: WriteClass = WriteClass.IDEMPOTENT,
    safe_statuses: frozenset[int] = frozenset(),
) -> Call[T]:
    """One operation."""
    request = Request(
        method=method,
        path=path,
        query=wire.query(filled(query)),
        headers=headers if body is None else (*_JSON, *headers),
        body=b"" if body is None else dumps(body),
    )
    return Call(
        service="activecampaign",
        operation=operation,
        request=request,
        decode=decode,
        write_class=write_class,
        safe_statuses=safe_statuses,
    )


def pages(
    operation: str,
    path: str,
    read: Callable[[wire.Answer], tuple[T, ...]],
    id_of: Callable[[T], str],
    query: Iterable[tuple[str, object]] = (),
    page_size: int = PAGE_SIZE,
) -> Pages[T]:
    """A list, page by page. Its cursor is an offset with the ids of the page before it: rows move
    to the next page while others are added, and must not come twice."""
    size = sized_page(page_size)
    fixed = filled(query)
    wire.query(fixed)

    def at(cursor: str | None) -> Call[Page[T]]:
        offset, known = _place(cursor)

        def decode(response: Response) -> Page[T]:
            answer = wire.Answer(response)
            rows = read(answer)
            total = answer.total
            after = offset + len(rows)
            last = not rows or (len(rows) < size if total is None else after >= total)
            by_id = {id_of(row): row for row in rows}
            return Page(
                items=tuple(row for found, row in by_id.items() if found not in known),
                cursor=None if last else f"{after}:{','.join(by_id)}",
                total=total,
                date=response.date,
            )

        return call(
            operation, "GET", path, decode, query=[*fixed, ("limit", size), ("offset", offset)]
        )

    return Pages(at)


def sized_page(page_size: int) -> int:
    """A page size that ActiveCampaign gives."""
    if not 1 <= page_size <= PAGE_SIZE:
        raise ConfigError(f"page_size must be 1 to {PAGE_SIZE}, got {page_size}")
    return page_size


def _place(cursor: str | None) -> tuple[int, frozenset[str]]:
    if not cursor:
        return 0, frozenset()
    offset, _, known = cursor.partition(":")
    if not re.fullmatch("[0-9]{1,9}", offset):
        raise ConfigError(f"a cursor of ActiveCampaign begins with an offset, got {shown(cursor)}")
    return int(offset), frozenset(known.split(","))


def numbered(kind: str, thing_id: str, *more: str) -> str:
    """`kind/id/more` for an id of digits. A name or address in its place would find nothing, and
    what is not found counts as deleted."""
    return "/".join((kind, number(f"an id of {kind}", thing_id), *more))


def number_or_none(what: str, thing_id: str | None) -> str | None:
    """An id of digits to filter by; with another, a filter may count as none, and give all."""
    return None if thing_id is None else number(what, thing_id)


def address(email: str) -> str:
    """An e-mail address as it is sent: trimmed, its domain in lower case.

    Two spellings of one address would be two contacts.
    """
    text = named("an e-mail address", email).strip()
    if len(text) > 254 or not re.fullmatch(_ADDRESS, text):
        raise ConfigError("that is no e-mail address; one is like noor@example.org")
    local, _, domain = text.partition("@")
    return f"{local}@{domain.lower()}"


def cleared(what: str, value: str | Unset | None) -> str | Unset:
    """A text to set; None clears, which is said by an empty text, never by null."""
    if value is None:
        return ""
    if not isinstance(value, str | Unset):
        raise ConfigError(f"{what} is no text")
    if value == "":
        raise ConfigError(f"{what} is empty; say None to clear it, and leave it out to keep it")
    return value


def changes(fields: Mapping[str, object]) -> dict[str, object]:
    """What is given of some arguments; `UNSET` leaves a field alone."""
    return {name: value for name, value in fields.items() if not isinstance(value, Unset)}


def barred(what: str, value: str | Sequence[str]) -> str:
    """A value as it is written; several choices stand between double bars."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Sequence):
        raise ConfigError(f"{what} takes a text, or a list of them")
    texts = list(value)
    if not all(isinstance(text, str) and text and "||" not in text for text in texts):
        raise ConfigError(f"the choices of {what} are texts, not empty and without `||`")
    if not texts:
        raise ConfigError(f"{what} has no choice; say None to clear it")
    return f"||{'||'.join(texts)}||"


def field_rows(values: Mapping[str, str | Sequence[str] | None]) -> list[dict[str, str]]:
    """Values as contacts carry them: `field` is always an id, other keys are dropped unseen."""
    rows: list[dict[str, str]] = []
    for field_id, value in values.items():
        what = f"field {number('an id of fields', field_id)}"
        if value == "":
            raise ConfigError(f"{what} is empty; say None to clear it, and leave it out to keep it")
        rows.append({"field": field_id, "value": "" if value is None else barred(what, value)})
    return rows


def number(what: str, thing_id: str) -> str:
    """An id of digits: a title or perstag in its place would be ignored without a word."""
    if not isinstance(thing_id, str):
        raise ConfigError(f"{what} is given as text, like '7', not as {type(thing_id).__name__}")
    if not re.fullmatch("[0-9]{1,18}", thing_id):
        raise ConfigError(f"{what} is a number as text, like '7', got {shown(thing_id)}")
    return thing_id


def shown(value: object) -> str:
    """What was given instead, without the address that it may be."""
    return repr(masked(str(value))[:40])


def word(value: Enum | str) -> str:
    """The text of an open enum."""
    return str(value.value) if isinstance(value, Enum) else value


def one(name: str, reader: Reader[T]) -> Callable[[Response], T]:
    """Reads the resource of this name."""
    return lambda response: wire.Answer(response).one(name, reader)


def nothing(response: Response) -> None:
    """No body is worth reading here; but a web page says that somebody else answered."""
    if response.body.removeprefix(BOM_UTF8).lstrip().startswith(b"<"):
        parse(response.body)


def deletion(operation: str, path: str) -> Call[None]:
    """Delete something; what is gone already counts as deleted.

    Some resources say so with 403 or 400 instead of 404.
    """

    def deleted(response: Response) -> None:
        error = wire.classify(made, response)
        if error is None:
            nothing(response)
        elif not isinstance(error, NotFound):
            raise error

    made = call(operation, "DELETE", path, deleted, safe_statuses=frozenset({400, 403, 404}))
    return made
