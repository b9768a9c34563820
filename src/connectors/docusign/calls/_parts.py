"""What the operations are built from."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from attrs import frozen

from ...core.call import Call, Headers, Page, Pages, Request, Response, WriteClass
from ...core.given import one_of, path
from ...core.wire import Unset, dumps, parse
from ...errors import ConfigError
from .. import wire
from ..reading import DocuSignReader

T = TypeVar("T")

PAGE_SIZE = 1000
"""Rows of the largest page DocuSign gives."""

_JSON = (("Content-Type", "application/json"),)


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
    polls: bool = False,
) -> Call[T]:
    """One operation; `path` is below the account's. `polls`: it asks how far one envelope is."""
    request = Request(
        method=method,
        path=path,
        query=wire.query(_filled(query)),
        headers=headers if body is None else (*_JSON, *headers),
        body=b"" if body is None else dumps(body),
    )
    return Call(
        service="docusign",
        operation=operation,
        request=request,
        decode=decode,
        write_class=write_class,
        safe_statuses=safe_statuses,
        asks_about=path.lower() if polls else "",
    )


@frozen(kw_only=True)
class Counters:
    """What a page says of its list."""

    total_set_size: int | None = None
    next_uri: str | None = None


_counters = DocuSignReader.of(Counters)


def pages(
    operation: str,
    path: str,
    read: Callable[[bytes], tuple[T, ...]],
    query: Iterable[tuple[str, object]],
    page_size: int,
    *,
    most: int = PAGE_SIZE,
) -> Pages[T]:
    """A list, page by page; its cursor is the row at which a page begins."""

    def decode(response: Response, start: int) -> Page[T]:
        counters = _counters.one(response.body)
        return counted(read(response.body), response, start, counters)

    return listing(operation, path, decode, query, page_size, most=most)


def counted(items: tuple[T, ...], response: Response, start: int, said: Counters) -> Page[T]:
    """A page with its counters."""
    more = said.next_uri is not None
    return wire.page(items, response, start, total=said.total_set_size, more=more)


def listing(
    operation: str,
    path: str,
    decode: Callable[[Response, int], Page[T]],
    query: Iterable[tuple[str, object]],
    page_size: int,
    *,
    most: int = PAGE_SIZE,
) -> Pages[T]:
    """A list whose pages `decode` reads, told at which row each begins."""
    if not 1 <= page_size <= most:
        raise ConfigError(f"page_size must be 1 to {most}, got {page_size}")
    fixed = _filled(query)
    wire.query(fixed)

    def at(cursor: str | None) -> Call[Page[T]]:
        start = _start(cursor)
        return call(
            operation,
            "GET",
            path,
            lambda r: decode(r, start),
            query=[*fixed, ("count", page_size), ("start_position", start)],
        )

    return Pages(at)


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    if not re.fullmatch("[0-9]{1,9}", cursor):
        raise ConfigError(f"a cursor of DocuSign is the number of a row, got {cursor[:40]!r}")
    return int(cursor)


def _filled(query: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """A query without empty values: an empty filter would be taken for none, and give all."""
    pairs = list(query)
    for name, value in pairs:
        if value is not None and wire.text(value) == "":
            raise ConfigError(f"{name} is empty; leave it out where none is meant")
        if name.endswith("_date") and not isinstance(value, datetime | None):
            raise ConfigError(f"{name} takes a datetime with a zone, not {type(value).__name__}")
    return pairs


def within(where: str, kind: str, thing_id: str, *more: str) -> str:
    """`where/kind/id/more`."""
    return f"{where}/{path(kind, thing_id, *more)}"


def several(what: str, values: Iterable[object], known: Iterable[str]) -> tuple[str, ...]:
    """Several values, each of them one that DocuSign has."""
    if isinstance(values, str):
        raise ConfigError(f"{what} takes a list, not one text")
    words = tuple(known)
    return tuple(one_of(what, value, words) for value in values)


def plain(value: object) -> object:
    """A value as DocuSign takes it: switches and numbers are texts, what is None is left out."""
    if isinstance(value, Mapping):
        return filled(value)
    if isinstance(value, str | None):
        return value
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    return wire.text(value)


def nothing(response: Response) -> None:
    """No body is worth reading here; but a web page says that somebody else answered."""
    if response.body.removeprefix(BOM_UTF8).lstrip().startswith(b"<"):
        parse(response.body)


def deleted(response: Response) -> None:
    """A 404 is "gone already" only when DocuSign says so: not where somebody else answers."""
    if response.status == 404:
        error = wire.classify(None, response)
        if error is not None and not error.code:
            raise error
    nothing(response)


def deletion(
    operation: str,
    path: str,
    *,
    query: Iterable[tuple[str, object]] = (),
    headers: Headers = (),
) -> Call[None]:
    """Delete something; what is gone already counts as deleted."""
    gone = frozenset({404})
    return call(
        operation, "DELETE", path, deleted, query=query, headers=headers, safe_statuses=gone
    )


def filled(members: Mapping[str, object]) -> dict[str, object]:
    """The members of an object that are set: neither None, nor `UNSET`, nor an empty list."""
    return {
        name: plain(value)
        for name, value in members.items()
        if value is not None and not isinstance(value, Unset) and value not in ((), [], {})
    }
