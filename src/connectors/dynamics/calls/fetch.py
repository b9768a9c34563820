"""FetchXML: rows as a table's model, as a host's own, or plain; page by page with cookies."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from attrs import frozen

from ...core.call import Call, Json, Page, Pages, Response
from ...errors import ConfigError, DecodeError
from .. import fetchxml as xml
from .. import wire
from ..models import CONTACTS, Shape, Table
from .parts import (
    CRM,
    PAGE_SIZE,
    check_size,
    dotted,
    free_rows,
    ids,
    ids_of,
    part,
    prefer,
    read,
)

T = TypeVar("T")
U = TypeVar("U")

_COOKIE = f"{CRM}.fetchxmlpagingcookie"
_MORE = f"{CRM}.morerecords"


class _Notes(msgspec.Struct):
    more: bool | str | None = msgspec.field(name=f"@{_MORE}", default=None)
    cookie: str | None = msgspec.field(name=f"@{_COOKIE}", default=None)


def fetch_rows(table: Table[T], fetchxml: str, *, page_size: int = PAGE_SIZE) -> Pages[T]:
    """The rows that FetchXML finds, with the columns of `table`; its own columns are ignored.

    Conditions such as `eq-userid` mean the credential's user: see `fetchxml.caller_conditions`.
    A query that joins may find a row more than once. One that is too long for a URL goes in the
    body of a batch when a client sends it; see `batch.in_body`.

    Raises:
        ConfigError: not FetchXML, an aggregate, or about another table.
    """
    check_size(page_size)
    _check_root(table, fetchxml)
    if table.expand:
        raise ConfigError("FetchXML brings no expanded rows: join them, and use fetch_as")

    def query(place: _Place) -> str:
        return xml.prepare(
            fetchxml,
            attributes=table.selected,
            key=table.key,
            page=place.page,
            count=page_size,
            cookie=place.cookie,
        )

    return _paged(
        table, query, lambda body: table.reader.value(body)[0], page_size, table.annotations
    )


def fetch_as(
    shape: Shape[U], table: Table[T], fetchxml: str, *, page_size: int = PAGE_SIZE
) -> Pages[U]:
    """What FetchXML finds with columns, aliases, joins and totals of its own, as a host's model.

    Root table is `table`. A column of a linked table is `alias.column` to the shape. A query with
    `top` is one page. Give it an order of its own: without, and with `distinct` or totals, rows may
    move between pages.

    Raises:
        ConfigError: not FetchXML, or about another table.
    """
    return _free(table, fetchxml, lambda b: shape.reader.value(dotted(b))[0], page_size)


def fetch_free(
    table: Table[T], fetchxml: str, *, page_size: int = PAGE_SIZE
) -> Pages[Mapping[str, Json]]:
    """The same as plain JSON, formatted values included; see `fetch_as`."""
    return _free(table, fetchxml, free_rows, page_size, ("*",))


def fetch_ids(fetchxml: str, *, page_size: int = PAGE_SIZE) -> Pages[str]:
    """Contact ids that the query of a dynamic list finds; see `fetch_rows`."""
    return ids(fetch_rows(ids_of(CONTACTS), fetchxml, page_size=page_size))


def _free(
    table: Table[T],
    fetchxml: str,
    decode: Callable[[bytes], tuple[U, ...]],
    page_size: int,
    annotations: tuple[str, ...] = (),
) -> Pages[U]:
    check_size(page_size)
    _check_root(table, fetchxml)

    def query(place: _Place) -> str:
        return xml.paged(
            fetchxml, key=table.key, page=place.page, count=page_size, cookie=place.cookie
        )

    # A server may say that a query with `top` has more rows: those beyond it are not wanted.
    return _paged(table, query, decode, page_size, annotations, one_page=xml.limited(fetchxml))


def _check_root(table: Table[T], fetchxml: str) -> None:
    root = xml.root_table(fetchxml)
    if root != table.logical:
        raise ConfigError(f"this FetchXML finds rows of {root!r}, not of {table.logical!r}")


def _paged(
    table: Table[T],
    query: Callable[[_Place], str],
    decode: Callable[[bytes], tuple[U, ...]],
    page_size: int,
    annotations: tuple[str, ...],
    *,
    one_page: bool = False,
) -> Pages[U]:
    headers = prefer(
        annotations=annotations if "*" in annotations else (_COOKIE, _MORE, *annotations)
    )

    def at(cursor: str | None) -> Call[Page[U]]:
        place = _Place.read(cursor)

        def page(response: Response) -> Page[U]:
            items = decode(response.body)
            following = None if one_page else _following(response, place, len(items), page_size)
            return Page(
                items=items,
                cursor=None if following is None else str(following),
                date=response.date,
            )

        return read(
            f"{table.set}.fetch",
            table.set,
            page,
            query=wire.query([("fetchXml", query(place))]),
            headers=headers,
        )

    return Pages(at)


@frozen
class _Place:
    """Where a page of FetchXML starts, as the cursor carries it."""

    page: int = 1
    cookie: str | None = None

    @classmethod
    def read(cls, cursor: str | None) -> _Place:
        if cursor is None:
            return cls()
        try:
            value = json.loads(cursor)
            return cls(int(value["page"]), value["cookie"])
        except (ValueError, TypeError, KeyError):
            raise ConfigError("this cursor is not one of a FetchXML query") from None

    def __str__(self) -> str:
        return json.dumps({"page": self.page, "cookie": self.cookie})


_SIMPLE_LIMIT = 50_000
"""Rows that can be read by page number alone."""

_MAX_PAGES = 100_000


def _following(response: Response, place: _Place, found: int, size: int) -> _Place | None:
    notes = part(_Notes, response)
    # It has been seen as a boolean and as text, and not at all.
    going_on = found >= size if notes.more is None else str(notes.more).lower() == "true"
    if not going_on:
        return None
    cookie = xml.next_cookie(notes.cookie) if notes.cookie else None
    following = _Place(place.page + 1, cookie or None)
    _check_progress(place, following, size)
    return following


def _check_progress(place: _Place, following: _Place, size: int) -> None:
    """Refuse to go round in circles, or to lose the rows that cannot be reached."""
    stuck = following.cookie is not None and following.cookie == place.cookie
    if stuck or following.page > _MAX_PAGES:
        raise DecodeError("the paging of a FetchXML query does not come to an end")
    if following.cookie is None and place.page * size >= _SIMPLE_LIMIT:
        raise ConfigError(
            f"without a paging cookie only {_SIMPLE_LIMIT} rows of a FetchXML query can be read; "
            "simplify its joins, or narrow it"
        )
