"""Dynamics' operations as values. Each is public: send it, print it, put it into a `$batch`.

`values` name columns as Dynamics does; a lookup is set by its navigation property, as
`{"gr_ContactId@odata.bind": "/contacts(3f2504e0-…)"}`. Never imports `runtime`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec
from attrs import evolve, frozen

from ..core.call import Call, Headers, Page, Pages, Request, Response, WriteClass
from ..core.wire import Reader
from ..errors import ConfigError, DecodeError, NotFound, StatusError
from . import fetchxml as xml
from . import wire
from .models import MARKETING_LISTS, ListTarget, RowId, Table, WhoAmI

T = TypeVar("T")

PAGE_SIZE = 5000
"""Rows of the largest page Dynamics gives."""

BULK_SIZE = 1000
"""Rows of the largest bulk write, and members of the largest change to a list."""

_CRM = "Microsoft.Dynamics.CRM"
_COOKIE = f"{_CRM}.fetchxmlpagingcookie"
_MORE = f"{_CRM}.morerecords"
_NO_CACHE = ("If-None-Match", "null")
"""Something between may cache reads; writes carry a real etag there, or none."""

_who = Reader(
    WhoAmI,
    {
        WhoAmI: {
            "user_id": "UserId",
            "business_unit_id": "BusinessUnitId",
            "organization_id": "OrganizationId",
        }
    },
)


class _Privilege(msgspec.Struct):
    name: str | None = msgspec.field(name="PrivilegeName", default=None)


class _Privileges(msgspec.Struct):
    rows: list[_Privilege] = msgspec.field(name="RolePrivileges")


class _Version(msgspec.Struct):
    version: str = msgspec.field(name="Version")


class _More(msgspec.Struct):
    more: bool | str | None = msgspec.field(name=f"@{_MORE}", default=None)


def who_am_i() -> Call[WhoAmI]:
    """Who the credential is; needs no privilege, so it is the check of a connection."""
    return _read("WhoAmI", "WhoAmI", lambda r: _who.one(r.body))


def user_privileges(user_id: str) -> Call[frozenset[str]]:
    """Names of the privileges a user has by its roles, such as `prvReadContact`.

    Empty from v8.2, which answers ids without names.
    """
    path = f"systemusers({wire.guid(user_id, 'user_id')})/{_CRM}.RetrieveUserPrivileges"

    def decode(response: Response) -> frozenset[str]:
        rows = _part(_Privileges, response).rows
        return frozenset(row.name for row in rows if row.name)

    return _read("systemusers.privileges", path, decode)


def retrieve_version() -> Call[str]:
    """The server's own version, such as `9.2.24083.00191`."""
    return _read("RetrieveVersion", "RetrieveVersion", lambda r: _part(_Version, r).version)


def table_exists(logical: str) -> Call[bool]:
    """Whether the environment has this table, by logical name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", logical):
        raise ConfigError(f"a logical name is lower case, such as gr_contact, got {logical!r}")
    path = f"EntityDefinitions(LogicalName='{logical}')"
    call = _read("EntityDefinitions.get", path, _there, query="$select=MetadataId")
    return evolve(call, safe_statuses=frozenset({404}))


# --- rows ------------------------------------------------------------------------------------


def list_rows(
    table: Table[T],
    *,
    filter: str | None = None,
    order_by: str | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[T]:
    """The rows that fit an OData filter; see `wire.quote_literal` for texts in it.

    The primary key is added to the order, so that no row is missed or seen twice between pages.
    """
    order = [order_by] if order_by else []
    if not re.search(rf"\b{table.key}\b", order_by or ""):
        order.append(table.key)
    query = [
        ("$select", ",".join(table.selected)),
        ("$filter", filter),
        ("$orderby", ",".join(order)),
    ]
    return _linked(f"{table.set}.list", table, table.set, wire.query(query), page_size)


def track_rows(table: Table[T], *, page_size: int = PAGE_SIZE) -> Pages[T]:
    """All rows, then what changes: start at None, or at the `delta` of an earlier last page.

    The last page has `delta` for the next time; None there says that the server does not track
    changes. `removed` may hold ids never seen before: skip those. Needs change tracking on the
    table and organisation-wide read. A `delta` lives 7 days by default; an older one is `Gone`.
    """
    query = wire.query([("$select", ",".join(table.selected))])
    return _linked(
        f"{table.set}.track", table, table.set, query, page_size, prefer="odata.track-changes,"
    )


def get_row(table: Table[T], row_id: str) -> Call[T]:
    """One row; `NotFound` where there is none."""
    return _read(
        f"{table.set}.get",
        _path(table, row_id),
        lambda r: table.reader.one(r.body),
        query=wire.query([("$select", ",".join(table.selected))]),
    )


def create_row(
    table: Table[T], values: Mapping[str, object], *, row_id: str | None = None
) -> Call[RowId]:
    """Create a row, and answer its id.

    With a `row_id` of your own, sending it again cannot make a second row: it is a `Conflict`
    (0x80040237), which then says that the first one arrived. Without, a lost answer stays open.
    """
    if row_id is None:
        return _write(
            f"{table.set}.create",
            "POST",
            table.set,
            wire.entity_id,
            body=wire.row(values),
            write_class=WriteClass.UNSAFE,
        )
    known = wire.guid(row_id, "row_id")
    return _write(
        f"{table.set}.create",
        "PATCH",
        _path(table, known),
        lambda _: known,
        body=wire.row(values),
        headers=(("If-None-Match", "*"),),
        write_class=WriteClass.NATURAL_KEY,
    )


def update_row(
    table: Table[T], row_id: str, values: Mapping[str, object], *, etag: str | None = None
) -> Call[None]:
    """Change these columns of a row that exists; `NotFound` where it does not.

    With `etag`, a row that changed since it was read is left alone: `Conflict` (0x80060882).
    """
    return _write(
        f"{table.set}.update",
        "PATCH",
        _path(table, row_id),
        _nothing,
        body=wire.row(values),
        headers=(("If-Match", etag or "*"),),
    )


def upsert_row(table: Table[T], row_id: str, values: Mapping[str, object]) -> Call[None]:
    """Change these columns, or create the row with this id; the answer does not say which."""
    return _write(
        f"{table.set}.upsert", "PATCH", _path(table, row_id), _nothing, body=wire.row(values)
    )


def upsert_many(table: Table[T], rows: Sequence[tuple[str, Mapping[str, object]]]) -> Call[None]:
    """Change or create 1 to 1000 rows by id in one transaction; online, v9.2 only.

    One row that is refused undoes all, and nothing says which: halve, or send them as a batch.

    Raises:
        ConfigError: none, too many, or the same id twice.
    """
    if not 1 <= len(rows) <= BULK_SIZE:
        raise ConfigError(f"a bulk write takes 1 to {BULK_SIZE} rows, got {len(rows)}")
    ids = [wire.guid(row_id, "row id") for row_id, _ in rows]
    if len(set(ids)) < len(ids):
        raise ConfigError("a bulk write takes each row once; an id is there twice")
    kind = {"@odata.type": f"{_CRM}.{table.logical}"}
    targets = [
        # Older readers need the type first.
        {**kind, table.key: key, **wire.row(values), table.key: key}
        for key, (_, values) in zip(ids, rows, strict=True)
    ]
    return _write(
        f"{table.set}.upsert_many",
        "POST",
        f"{table.set}/{_CRM}.UpsertMultiple",
        _nothing,
        body={"Targets": targets},
    )


def delete_row(table: Table[T], row_id: str) -> Call[None]:
    """Delete a row; one that is gone already counts as deleted."""
    return _delete(f"{table.set}.delete", _path(table, row_id))


def fetch_rows(table: Table[T], fetchxml: str, *, page_size: int = PAGE_SIZE) -> Pages[T]:
    """The rows that FetchXML finds, with the columns of `table`; its own columns are ignored.

    Conditions such as `eq-userid` mean the credential's user: see `fetchxml.caller_conditions`.
    A query that joins may find a row more than once. One that is too long for a URL (32,768
    characters, on premises often less) can be sent within a batch.

    Raises:
        ConfigError: not FetchXML, an aggregate, or about another table.
    """
    _check_size(page_size)
    root = xml.root_table(fetchxml)
    if root != table.logical:
        raise ConfigError(f"this FetchXML finds rows of {root!r}, not of {table.logical!r}")

    def at(cursor: str | None) -> Call[Page[T]]:
        place = _Place.read(cursor)
        query = xml.prepare(
            fetchxml,
            attributes=table.selected,
            key=table.key,
            page=place.page,
            count=page_size,
            cookie=place.cookie,
        )
        return _read(
            f"{table.set}.fetch",
            table.set,
            lambda r: _fetched(table, r, place, page_size),
            query=wire.query([("fetchXml", query)]),
            headers=(("Prefer", f'odata.include-annotations="{_COOKIE},{_MORE}"'),),
        )

    return Pages(at)


# --- marketing lists -------------------------------------------------------------------------


@frozen
class _Id:
    id: str


_CONTACT_IDS = Table(_Id, "contact", "contacts", "contactid", {"id": "contactid"})


def list_members(list_id: str, *, page_size: int = PAGE_SIZE) -> Pages[str]:
    """Contact ids of a static list, 5000 a page."""
    path = f"{_path(MARKETING_LISTS, list_id)}/listcontact_association"
    query = wire.query([("$select", "contactid"), ("$orderby", "contactid")])
    return _ids(_linked("lists.members", _CONTACT_IDS, path, query, page_size))


def fetch_ids(fetchxml: str, *, page_size: int = PAGE_SIZE) -> Pages[str]:
    """Contact ids that the query of a dynamic list finds; see `fetch_rows`."""
    return _ids(fetch_rows(_CONTACT_IDS, fetchxml, page_size=page_size))


def add_list_members(list_id: str, contact_ids: Sequence[str]) -> Call[None]:
    """Add 1 to 1000 contacts to a static list; those in it already stay.

    `BadRequest` where the list is dynamic (0x8004f701), locked (0x80040302) or holds another kind
    of row (0x80040301).
    """
    if not 1 <= len(contact_ids) <= BULK_SIZE:
        raise ConfigError(f"one call adds 1 to {BULK_SIZE} members, got {len(contact_ids)}")
    members = [
        {"@odata.type": f"{_CRM}.contact", "contactid": wire.guid(c, "contact_id")}
        for c in contact_ids
    ]
    target = {"@odata.type": f"{_CRM}.list", "listid": wire.guid(list_id, "list_id")}
    return _write(
        "lists.add_members",
        "POST",
        "AddListMembersList",
        _nothing,
        body={"List": target, "Members": members},
    )


def remove_list_member(list_id: str, contact_id: str) -> Call[None]:
    """Take a contact off a static list; one that is not on it counts as taken off."""
    member = wire.guid(contact_id, "contact_id")
    path = f"{_path(MARKETING_LISTS, list_id)}/listcontact_association({member})/$ref"
    return _delete("lists.remove_member", path)


def clear_lookup(table: Table[T], row_id: str, navigation: str) -> Call[None]:
    """Empty a lookup by its own address, as v8.2 wants it; one that is empty counts as done."""
    return _delete(f"{table.set}.clear_lookup", f"{_path(table, row_id)}/{navigation}/$ref")


def create_marketing_list(
    name: str,
    *,
    dynamic: bool = False,
    query: str | None = None,
    purpose: str | None = None,
    target: ListTarget = ListTarget.CONTACT,
) -> Call[RowId]:
    """Create a list; `dynamic` and `target` can never be changed, `query` is FetchXML.

    Raises:
        ConfigError: a query for a static list, or one that finds other rows than `target`.
    """
    if query is not None:
        if not dynamic:
            raise ConfigError("a static list takes no query; pass dynamic=True")
        _check_query(query, target)
    values = {
        "listname": name,
        "type": dynamic,
        "createdfromcode": target.value,
        "query": query,
        "purpose": purpose,
    }
    return create_row(MARKETING_LISTS, {k: v for k, v in values.items() if v is not None})


def set_list_query(
    list_id: str, fetchxml: str, *, target: ListTarget = ListTarget.CONTACT
) -> Call[None]:
    """Give a dynamic list another query; `BadRequest` on a static one (0x8004f702)."""
    _check_query(fetchxml, target)
    return update_row(MARKETING_LISTS, list_id, {"query": fetchxml})


def _check_query(fetchxml: str, target: ListTarget) -> None:
    root, wanted = xml.root_table(fetchxml), target.name.lower()
    if root != wanted:
        raise ConfigError(f"a list of {wanted} rows needs a query that finds them, not {root!r}")


# --- building blocks -------------------------------------------------------------------------


def _read(
    operation: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    query: str = "",
    headers: Headers = (),
) -> Call[T]:
    request = Request(method="GET", path=path, query=query, headers=(_NO_CACHE, *headers))
    return Call(service="dynamics", operation=operation, request=request, decode=decode)


def _write(
    operation: str,
    method: str,
    path: str,
    decode: Callable[[Response], T],
    *,
    body: object,
    headers: Headers = (),
    write_class: WriteClass = WriteClass.IDEMPOTENT,
) -> Call[T]:
    request = Request(
        method=method,
        path=path,
        headers=(("Content-Type", "application/json; charset=utf-8"), *headers),
        body=wire.dumps(body),
    )
    return Call(
        service="dynamics",
        operation=operation,
        request=request,
        decode=decode,
        write_class=write_class,
    )


def _delete(operation: str, path: str) -> Call[None]:
    return Call(
        service="dynamics",
        operation=operation,
        request=Request(method="DELETE", path=path),
        decode=_deleted,
        safe_statuses=frozenset({404}),
    )


def _linked(
    operation: str, table: Table[T], path: str, query: str, page_size: int, *, prefer: str = ""
) -> Pages[T]:
    """Pages that lead from one to the next by links, which are sent back as they came."""
    _check_size(page_size)
    headers = (("Prefer", f"{prefer}odata.maxpagesize={page_size}"),)

    def decode(response: Response) -> Page[T]:
        items, notes, removed = table.reader.value(response.body)
        return Page(
            items=items,
            cursor=notes.get("@odata.nextLink"),
            delta=notes.get("@odata.deltaLink"),
            removed=tuple(r.lower() for r in removed),
            date=response.date,
        )

    def at(cursor: str | None) -> Call[Page[T]]:
        if cursor is None:
            return _read(operation, path, decode, query=query, headers=headers)
        return _read(operation, cursor, decode, headers=headers)

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


def _fetched(table: Table[T], response: Response, place: _Place, size: int) -> Page[T]:
    items, notes, _ = table.reader.value(response.body)
    more = _part(_More, response).more
    annotation = notes["cookie"]
    # It has been seen as a boolean and as text, and not at all.
    going_on = len(items) >= size if more is None else str(more).lower() == "true"
    following: _Place | None = None
    if going_on:
        cookie = xml.next_cookie(annotation) if annotation else None
        following = _Place(place.page + 1, cookie or None)
        _check_progress(place, following, size)
    return Page(
        items=items, cursor=None if following is None else str(following), date=response.date
    )


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


def _ids(pages: Pages[_Id]) -> Pages[str]:
    def at(cursor: str | None) -> Call[Page[str]]:
        call = pages.at(cursor)

        def decode(response: Response) -> Page[str]:
            page = call.decode(response)
            return Page(
                items=tuple(row.id for row in page.items), cursor=page.cursor, date=page.date
            )

        return Call(
            service=call.service, operation=call.operation, request=call.request, decode=decode
        )

    return Pages(at)


def _path(table: Table[T], row_id: str) -> str:
    return f"{table.set}({wire.guid(row_id, f'the id in {table.set}')})"


def _check_size(page_size: int) -> None:
    if not 1 <= page_size <= PAGE_SIZE:
        raise ConfigError(f"page_size must be 1 to {PAGE_SIZE}, got {page_size}")


def _part(kind: type[T], response: Response) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.MsgspecError as error:
        raise DecodeError(str(error)) from None


def _nothing(_: Response) -> None:
    return None


def _there(response: Response) -> bool:
    # The URL is right on every server, so any code says that the table is missing; without one it
    # is not Dynamics that answers.
    if response.status == 404 and "code" not in wire.error_envelope(response):
        raise _refusal(response)
    return response.status != 404


def _deleted(response: Response) -> None:
    """A 404 is "gone already" only when it is about the row, not about the URL."""
    if response.status == 404 and not wire.absent(response):
        raise _refusal(response)


def _refusal(response: Response) -> StatusError:
    return wire.classify(None, response) or NotFound("not there", status=response.status)
