"""What the operations are built from."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar, get_args

import attrs

from ...core.call import Call, Page, Pages, Request, Response, WriteClass
from ...core.given import filled, one_of
from ...core.wire import Unset, camel, dumps, parse
from ...errors import ConfigError
from .. import wire

T = TypeVar("T")

PAGE_SIZE = 1000
"""Rows of the largest page GetResponse gives."""

_JSON = (("Content-Type", "application/json"),)


def call(
    operation: str,
    method: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    query: Iterable[tuple[str, object]] = (),
    body: object = None,
    write_class: WriteClass = WriteClass.IDEMPOTENT,
    safe_statuses: frozenset[int] = frozenset(),
) -> Call[T]:
    """One operation. A POST says that it is JSON even where it has no body."""
    request = Request(
        method=method,
        path=path,
        query=wire.query(filled(query)),
        headers=_JSON if method == "POST" else (),
        body=b"" if body is None else dumps(body),
    )
    return Call(
        service="getresponse",
        operation=operation,
        request=request,
        decode=decode,
        write_class=write_class,
        safe_statuses=safe_statuses,
    )


def pages(
    operation: str,
    path: str,
    read: Callable[[bytes], tuple[T, ...]],
    query: Iterable[tuple[str, object]],
    page_size: int,
    *,
    body: object = None,
) -> Pages[T]:
    """A list, page by page; its cursor is the number of a page."""
    if not 1 <= page_size <= PAGE_SIZE:
        raise ConfigError(f"page_size must be 1 to {PAGE_SIZE}, got {page_size}")
    fixed = filled(query)
    wire.query(fixed)

    def at(cursor: str | None) -> Call[Page[T]]:
        number = _page_number(cursor)
        return call(
            operation,
            "GET" if body is None else "POST",
            path,
            lambda r: wire.page(read(r.body), r, number, page_size),
            query=[*fixed, ("page", number), ("perPage", page_size)],
            body=body,
        )

    return Pages(at)


def _page_number(cursor: str | None) -> int:
    if not cursor:
        return 1
    if not re.fullmatch("[1-9][0-9]{0,8}", cursor):
        raise ConfigError(f"a cursor of GetResponse is the number of a page, got {cursor[:40]!r}")
    return int(cursor)


def body_of(model: Any) -> dict[str, object]:
    """A model as GetResponse writes it: camelCase, None left out."""
    found = {camel(a.name): getattr(model, a.name) for a in attrs.fields(type(model))}
    return {name: plain(value) for name, value in found.items() if value not in (None, ())}


def plain(value: object) -> object:
    """One value as GetResponse writes it: switches are texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return body_of(value) if attrs.has(type(value)) else value


def changes(fields: Mapping[str, object]) -> dict[str, object]:
    """What is given of some arguments; `UNSET` leaves a field alone."""
    return {name: plain(v) for name, v in fields.items() if not isinstance(v, Unset)}


def order(sort: str, known: object) -> tuple[str, object]:
    """Ascending by one of the fields that a list can be sorted by, a `Literal`."""
    return (f"sort[{one_of('sort', sort, get_args(known))}]", "ASC")


def span(name: str, since: object, until: object) -> Sequence[tuple[str, object]]:
    """A span of time as a query; both ends belong to it."""
    return ((f"query[{name}][from]", since), (f"query[{name}][to]", until))


def nothing(response: Response) -> None:
    """No body is worth reading here; but a web page says that somebody else answered."""
    if is_page(response.body):
        parse(response.body)


def is_page(body: bytes) -> bool:
    """Whether a body is a web page: a sign-in, say, or the error of a proxy."""
    return body.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


def deleted(response: Response) -> None:
    """A 404 is "gone already" only when it is about the thing: not about the account's domain, and
    not somebody else's."""
    if response.status == 404:
        error = wire.classify(None, response)
        if error is not None and error.code != "1013":
            raise error
    nothing(response)


def deletion(operation: str, path: str, *, query: Iterable[tuple[str, object]] = ()) -> Call[None]:
    """Delete something; what is gone already counts as deleted."""
    gone = frozenset({404})
    return call(operation, "DELETE", path, deleted, query=query, safe_statuses=gone)
