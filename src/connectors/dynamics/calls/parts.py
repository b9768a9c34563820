"""What all operations are built from: requests with the right headers, and how answers are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec
from attrs import frozen

from ...core.call import Call, Headers, Json, Page, Pages, Request, Response, WriteClass
from ...core.wire import by_position, parse
from ...errors import ConfigError, DecodeError, NotFound, StatusError
from .. import wire
from ..models import Table

T = TypeVar("T")

PAGE_SIZE = 5000
"""Rows of the largest page Dynamics gives."""

BULK_SIZE = 1000
"""Rows of the largest bulk write, and members of the largest change to a list."""

CRM = "Microsoft.Dynamics.CRM"

_NO_CACHE = ("If-None-Match", "null")
"""Something between may cache reads; writes carry a real etag there, or none."""

_JSON = ("Content-Type", "application/json; charset=utf-8")
_JSON_ALONE = (_JSON,)


def read(
    operation: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    query: str = "",
    headers: Headers = (),
    safe: Iterable[int] = (),
) -> Call[T]:
    """A GET. `safe` are refusals that `decode` reads as answers."""
    if not any(name == "If-None-Match" for name, _ in headers):
        headers = (_NO_CACHE, *headers)
    request = Request(method="GET", path=path, query=query, headers=headers)
    return Call(
        service="dynamics",
        operation=operation,
        request=request,
        decode=decode,
        safe_statuses=frozenset(safe),
    )


def write(
    operation: str,
    method: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    body: object,
    query: str = "",
    headers: Headers = (),
    write_class: WriteClass = WriteClass.IDEMPOTENT,
    safe: Iterable[int] = (),
) -> Call[T]:
    """A request with a JSON body."""
    sent = _request(
        method,
        path,
        query,
        (_JSON, *headers) if headers else _JSON_ALONE,
        wire.dumps(body),
    )
    made: Call[T] = _call("dynamics", operation, sent, decode, write_class, frozenset(safe), True)
    return made


_request = by_position(Request)
_call = by_position(Call)


def delete(operation: str, path: str, *, headers: Headers = ()) -> Call[None]:
    """A DELETE; what is gone already counts as deleted."""
    return Call(
        service="dynamics",
        operation=operation,
        request=Request(method="DELETE", path=path, headers=headers),
        decode=deleted,
        safe_statuses=frozenset({404}),
    )


@frozen
class Id:
    """A row of which nothing but the id is read."""

    id: str


def ids_of(table: Table[T]) -> Table[Id]:
    """The same table, read for ids alone."""
    return Table(Id, table.logical, table.set, table.key, {"id": table.key})


def ids(pages: Pages[Id]) -> Pages[str]:
    """Pages of ids alone."""

    def at(cursor: str | None) -> Call[Page[str]]:
        call = pages.at(cursor)

        def decode(response: Response) -> Page[str]:
            page = call.decode(response)
            return Page(
                items=tuple(row.id for row in page.items),
                cursor=page.cursor,
                date=page.date,
            )

        return Call(
            service=call.service, operation=call.operation, request=call.request, decode=decode
        )

    return Pages(at)


def prefer(*preferences: str, annotations: Iterable[str] = ()) -> Headers:
    """The `Prefer` header, or none."""
    named = ",".join(annotations)
    wanted = [p for p in preferences if p]
    wanted += [f'odata.include-annotations="{named}"'] if named else []
    return (("Prefer", ",".join(wanted)),) if wanted else ()


def selection(table: Table[T], expand: tuple[str, ...] | None) -> list[tuple[str, str | None]]:
    """`$select` and `$expand` of a table's model."""
    expanded = ",".join(table.expanded(expand))
    return [("$select", ",".join(table.selected)), ("$expand", expanded or None)]


def linked(
    operation: str,
    table: Table[T],
    path: str,
    query: str,
    page_size: int | None,
    *,
    wanted: str = "",
) -> Pages[T]:
    """Pages that lead from one to the next by links, which are sent back as they came.

    Without `page_size` the answer is as large as its `$top` says.
    """
    if page_size is not None:
        check_size(page_size)
    sized = "" if page_size is None else f"odata.maxpagesize={page_size}"
    headers = prefer(wanted, sized, annotations=table.annotations)
    cut = [f'"{name}@odata.nextLink"'.encode() for name in table.collections]

    def decode(response: Response) -> Page[T]:
        _check_whole(response, cut)
        items, notes, removed = table.reader.value(response.body)
        total = notes.get("@odata.count")
        return Page(
            items=items,
            cursor=text(notes.get("@odata.nextLink")),
            total=total if isinstance(total, int) else None,
            delta=text(notes.get("@odata.deltaLink")),
            removed=tuple(gone.lower() for gone in removed),
            date=response.date,
        )

    def at(cursor: str | None) -> Call[Page[T]]:
        if cursor is None:
            return read(operation, path, decode, query=query, headers=headers)
        if "://" not in cursor:
            raise ConfigError("this cursor is not one of an OData list: those are links")
        return read(operation, cursor, decode, headers=headers)

    return Pages(at)


def one(table: Table[T]) -> Callable[[Response], T]:
    """Reads an answer that is one row."""
    cut = [f'"{name}@odata.nextLink"'.encode() for name in table.collections]

    def decode(response: Response) -> T:
        _check_whole(response, cut)
        return table.reader.one(response.body)

    return decode


def _check_whole(response: Response, cut: list[bytes]) -> None:
    """Refuse rows whose expanded collection goes on elsewhere: they would look complete."""
    for name in cut:
        if name in response.body:
            navigation = name.decode().partition("@")[0].strip('"')
            raise DecodeError(
                f"the answer holds only a part of {navigation}",
                hint="this server pages expanded rows: read them by themselves with related()",
            )


def text(value: object) -> str | None:
    """A text, or None for anything else."""
    return value if isinstance(value, str) else None


def free_rows(body: bytes) -> tuple[Mapping[str, Json], ...]:
    """A collection as plain JSON; `a_x002e_b` is `a.b`, as newer servers write it."""
    envelope = parse(body)
    found = envelope.get("value") if isinstance(envelope, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DecodeError("expected an object with a list `value` of rows")
    return tuple({name.replace(DOT, "."): value for name, value in row.items()} for row in found)


DOT = "_x002e_"
"""How older servers write the dot between the alias of a linked table and its column."""

_DOTTED = re.compile(rb'(?<!\\)"(\w+?)_x002e_(\w+(?:@[\w.]+)?)"(?=\s*:)')


def dotted(body: bytes) -> bytes:
    """The same answer with dots in its names."""
    return _DOTTED.sub(rb'"\1.\2"', body) if DOT.encode() in body else body


def check_size(page_size: int) -> None:
    """Refuse what is no page size."""
    if not 1 <= page_size <= PAGE_SIZE:
        raise ConfigError(f"page_size must be 1 to {PAGE_SIZE}, got {page_size}")


def part(kind: type[T], response: Response) -> T:
    """A small answer, by a struct of its own."""
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.ValidationError as error:
        raise DecodeError(str(error)) from None
    except (msgspec.MsgspecError, RecursionError):
        raise DecodeError("the answer is not JSON", garbled=True) from None


def nothing(_: Response) -> None:
    """Reads an answer that says no more than that it is done."""
    return


def found_or_none(decode: Callable[[Response], T]) -> Callable[[Response], T | None]:
    """Reads a 404 as None where it is about the row, not about the URL."""

    def answer(response: Response) -> T | None:
        if response.status != 404:
            return decode(response)
        if not wire.absent(response):
            raise refusal(response)
        return None

    return answer


def there(response: Response) -> bool:
    """Whether what the URL names is there."""
    # The URL is right on every server, so any code says that the table is missing; without one it
    # is not Dynamics that answers.
    if response.status == 404 and "code" not in wire.error_envelope(response):
        raise refusal(response)
    return response.status != 404


def deleted(response: Response) -> None:
    """A 404 is "gone already" only when it is about the row, not about the URL."""
    if response.status == 404 and not wire.absent(response):
        raise refusal(response)


def done_despite(*codes: str) -> Callable[[Response], None]:
    """Reads a refusal with one of these codes as done: it was so before."""

    def decode(response: Response) -> None:
        refused = response.status >= 400 and wire.code_of(response) not in codes
        if refused and not (response.status == 404 and wire.absent(response)):
            raise refusal(response)

    return decode


def refusal(response: Response) -> StatusError:
    """The error that an answer stands for."""
    return wire.classify(None, response) or NotFound("not there", status=response.status)
