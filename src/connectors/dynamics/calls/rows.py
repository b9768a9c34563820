"""Operations on the rows of a table: read, find, write, count, track, aggregate, link."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import parse_qs

from attrs import evolve

from ...core.call import Call, Json, Page, Pages, Response, WriteClass
from ...errors import ConfigError, DecodeError
from .. import wire
from ..filters import Filter, text_of
from ..literals import quote_literal
from ..models import AlternateKey, ContentId, RowId, RowKey, Shape, Table, Upserted
from .parts import (
    BULK_SIZE,
    CRM,
    PAGE_SIZE,
    delete,
    done_despite,
    dotted,
    found_or_none,
    free_rows,
    ids_of,
    linked,
    nothing,
    one,
    prefer,
    read,
    selection,
    there,
    write,
)

T = TypeVar("T")
U = TypeVar("U")


def list_rows(
    table: Table[T],
    *,
    filter: Filter | str | None = None,
    order_by: str | None = None,
    page_size: int | None = None,
    top: int | None = None,
    expand: Sequence[str] | None = None,
    count: bool = False,
) -> Pages[T]:
    """The rows that fit an OData filter; build it with `filters.col`.

    The primary key is added to the order, so that no row is missed or seen twice between pages.

    Args:
        page_size: 1 to 5000, which is the default.
        top: no more rows than this, 1 to 5000; not together with `page_size`.
        expand: attributes of the model whose rows come along; all that the table expands by
            default, none for `()`.
        count: put how many rows fit into the pages' `total`; 5000 there means 5000 or more.

    Raises:
        ConfigError: sizes that cannot be, both `top` and `page_size`, an unknown attribute.
    """
    if top is None:
        page_size = PAGE_SIZE if page_size is None else page_size
    elif page_size is not None:
        raise ConfigError("top and page_size exclude each other: the server would ignore top")
    elif not 1 <= top <= PAGE_SIZE:
        raise ConfigError(f"top must be 1 to {PAGE_SIZE}, got {top}")
    query = [
        *selection(table, None if expand is None else tuple(expand)),
        ("$filter", text_of(filter)),
        ("$orderby", _order(table, order_by)),
        ("$top", None if top is None else str(top)),
        ("$count", "true" if count else None),
    ]
    return linked(f"{table.set}.list", table, table.set, wire.query(query), page_size)


def related_rows(
    table: Table[T],
    row: RowKey,
    navigation: str,
    other: Table[U],
    *,
    filter: Filter | str | None = None,
    order_by: str | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[U]:
    """The rows of `other` that hang on a row by a collection: its members, its children.

    Raises:
        ConfigError: a page size or a name that cannot be.
    """
    query = [
        *selection(other, None),
        ("$filter", text_of(filter)),
        ("$orderby", _order(other, order_by)),
    ]
    path = f"{table.path(row)}/{_navigation(navigation)}"
    return linked(f"{table.set}.{navigation}", other, path, wire.query(query), page_size)


def view_rows(
    table: Table[T], view_id: str, *, personal: bool = False, page_size: int = PAGE_SIZE
) -> Pages[T]:
    """The rows that a view of Dynamics shows, with the view's columns and order.

    Model attributes whose column the view lacks, or that are empty, keep their defaults.

    Args:
        personal: whether it is somebody's own view (`userquery`), not one of the system's.

    Raises:
        ConfigError: the id is no GUID, or a page size that cannot be.
    """
    name = "userQuery" if personal else "savedQuery"
    query = wire.query([(name, wire.guid(view_id, "view_id"))])
    return linked(f"{table.set}.view", table, table.set, query, page_size)


def track_rows(table: Table[T], *, page_size: int = PAGE_SIZE) -> Pages[T]:
    """All rows, then what changes: start at None, or at the `delta` of an earlier last page.

    The last page has `delta` for the next time; None there says that the server does not track
    changes. `removed` may hold ids never seen before: skip those. Needs change tracking on the
    table and organisation-wide read. A `delta` lives 7 days by default; an older one is `Gone`.

    Raises:
        ConfigError: the table expands others, which cannot be tracked along; or `at` is given a link
            that was taken with fewer columns, which would leave the new ones None.
    """
    if table.expand:
        raise ConfigError(f"changes are tracked of {table.set} alone: use a table without expand")
    query = wire.query([("$select", ",".join(table.selected))])
    pages = linked(
        f"{table.set}.track", table, table.set, query, page_size, wanted="odata.track-changes"
    )

    def at(cursor: str | None) -> Call[Page[T]]:
        if cursor is not None:
            _check_columns(table, cursor)
        return pages.at(cursor)

    return Pages(at)


def _check_columns(table: Table[T], link: str) -> None:
    """Refuse a link that does not bring what the model reads."""
    asked = parse_qs(link.partition("?")[2]).get("$select")
    if asked is None:
        return
    # The primary key comes in any case.
    brought = {table.key, *map(_unwrapped, asked[0].split(","))}
    if missing := [name for name in table.selected if _unwrapped(name) not in brought]:
        raise ConfigError(
            f"this link to changes of {table.set} was taken without {', '.join(missing)}: read the "
            "table from the start, with no cursor, and keep the new link"
        )


def _unwrapped(column: str) -> str:
    """`ownerid` of `_ownerid_value`: a server may write either."""
    return re.sub(r"^_(\w+)_value$", r"\1", column.strip())


def get_row(table: Table[T], row: RowKey, *, expand: Sequence[str] | None = None) -> Call[T]:
    """One row; `NotFound` where there is none."""
    return read(
        f"{table.set}.get",
        table.path(row),
        one(table),
        query=wire.query(selection(table, None if expand is None else tuple(expand))),
        headers=prefer(annotations=table.annotations),
    )


def find_row(table: Table[T], row: RowKey) -> Call[T | None]:
    """One row, or None where there is none."""
    known = get_row(table, row)
    return Call(
        service=known.service,
        operation=f"{table.set}.find",
        request=known.request,
        decode=found_or_none(known.decode),
        safe_statuses=frozenset({404}),
    )


def get_if_changed(table: Table[T], row_id: str, etag: str) -> Call[T | None]:
    """One row, or None where it is still as it was when it had this `etag`.

    Only for tables with optimistic concurrency. A model with labels or expanded rows cannot tell.

    Raises:
        ConfigError: the table has labels or expands others.
    """
    if table.annotations or table.expand:
        raise ConfigError(
            f"whether a row of {table.set} changed is told of its own columns alone: use a table "
            "without formatted values and expand"
        )
    decode = one(table)
    return read(
        f"{table.set}.get_if_changed",
        table.path(row_id),
        lambda r: None if r.status == 304 else decode(r),
        query=wire.query(selection(table, None)),
        headers=(("If-None-Match", etag),),
        safe=(304,),
    )


def count_rows(table: Table[T], *, filter: Filter | str | None = None) -> Call[int]:
    """How many rows there are (that fit); 5000 means 5000 or more."""

    def decode(response: Response) -> int:
        try:
            return int(response.body.decode("utf-8-sig").strip())
        except ValueError:
            raise DecodeError("the answer to a count is no number") from None

    query = wire.query([("$filter", text_of(filter))])
    return read(f"{table.set}.count", f"{table.set}/$count", decode, query=query)


def aggregate_rows(table: Table[T], apply: str) -> Call[tuple[Mapping[str, Json], ...]]:
    """Totals and groups, as `groupby((statecode),aggregate($count as n))`, of up to 50,000 rows.

    A column of another table comes back as `contact_fullname`. Amounts are floats; for exact ones
    use `aggregate_as` with a `Decimal`.

    `BadRequest` for more rows than that (0x8004e023); `DecodeError` where the groups do not fit
    into one answer.
    """
    return _aggregated(table, apply, lambda r: free_rows(r.body))


def aggregate_as(shape: Shape[U], table: Table[T], apply: str) -> Call[tuple[U, ...]]:
    """The same as a host's own model."""
    return _aggregated(table, apply, lambda r: shape.reader.value(dotted(r.body))[0])


def _aggregated(table: Table[T], apply: str, decode: Callable[[Response], U]) -> Call[U]:
    def whole(response: Response) -> U:
        if b'"@odata.nextLink"' in response.body:
            raise DecodeError(
                "the answer holds only the first of the groups",
                hint="narrow it by filter(…)/groupby(…), or use fetch_as, which goes from page to page",
            )
        return decode(response)

    query = wire.query([("$apply", apply)])
    return read(f"{table.set}.aggregate", table.set, whole, query=query)


# --- writing ---------------------------------------------------------------------------------


def create_row(
    table: Table[T], values: Mapping[str, object], *, row_id: str | None = None
) -> Call[RowId]:
    """Create a row, and answer its id. Nested rows under a navigation property are created too.

    With a `row_id` of your own, sending it again cannot make a second row: it is a `Conflict`
    (0x80040237), which then says that the first one arrived. Without, a lost answer stays open.
    """
    if row_id is None:
        return write(
            f"{table.set}.create",
            "POST",
            table.set,
            wire.entity_id,
            body=wire.row(values),
            write_class=WriteClass.UNSAFE,
        )
    known = wire.guid(row_id, "row_id")
    return write(
        f"{table.set}.create",
        "PATCH",
        table.path(known),
        lambda _: known,
        body=_without_key(table, known, values),
        headers=(("If-None-Match", "*"),),
        write_class=WriteClass.NATURAL_KEY,
    )


def create_and_read(
    table: Table[T], values: Mapping[str, object], *, row_id: str | None = None
) -> Call[T]:
    """Create a row, and answer it as Dynamics completed it; see `create_row`."""
    if row_id is not None:
        _check_unexpanded(table)
    return _and_read(table, create_row(table, values, row_id=row_id))


def update_row(
    table: Table[T], row: RowKey, values: Mapping[str, object], *, etag: str | None = None
) -> Call[None]:
    """Change these columns of a row that exists; `NotFound` where it does not.

    With `etag`, a row that changed since it was read is left alone: `Conflict` (0x80060882). State
    and status go together, as `{"statecode": 1, "statuscode": 2}`.
    """
    return write(
        f"{table.set}.update",
        "PATCH",
        table.path(row),
        nothing,
        body=_without_key(table, row, values),
        headers=(("If-Match", etag or "*"),),
    )


def update_and_read(
    table: Table[T], row: RowKey, values: Mapping[str, object], *, etag: str | None = None
) -> Call[T]:
    """Change these columns, and answer the row as it is then; see `update_row`."""
    _check_unexpanded(table)
    return _and_read(table, update_row(table, row, values, etag=etag))


def _check_unexpanded(table: Table[T]) -> None:
    if table.expand:
        raise ConfigError("a PATCH answers no expanded rows: use a table without expand")


def _and_read(table: Table[T], call: Call[U]) -> Call[T]:
    return Call(
        service=call.service,
        operation=call.operation,
        request=evolve(
            call.request,
            query=wire.query(selection(table, None)),
            headers=(
                *call.request.headers,
                *prefer("return=representation", annotations=table.annotations),
            ),
        ),
        decode=one(table),
        write_class=call.write_class,
    )


def upsert_row(table: Table[T], row_id: str, values: Mapping[str, object]) -> Call[None]:
    """Change these columns, or create the row with this id; the answer does not say which."""
    body = _without_key(table, row_id, values)
    return write(f"{table.set}.upsert", "PATCH", table.path(row_id), nothing, body=body)


def upsert_by_key(
    table: Table[T], key: AlternateKey, values: Mapping[str, object]
) -> Call[Upserted]:
    """Change the row that has this key, or create it; answers its id, and which of both it was.

    Raises:
        ConfigError: `values` give a column of the key another value: a new row would get that one.
    """

    ids = ids_of(table).reader

    def decode(response: Response) -> Upserted:
        row_id = RowId(ids.one(response.body).id.lower())
        return Upserted(row_id=row_id, created=response.status == 201)

    return write(
        f"{table.set}.upsert",
        "PATCH",
        table.path(key),
        decode,
        body=_without_key(table, key, values),
        query=wire.query([("$select", table.key)]),
        headers=prefer("return=representation"),
    )


def _without_key(table: Table[T], row: RowKey, values: Mapping[str, object]) -> dict[str, object]:
    """The values but for the key's: in a body they would count more than those in the URL."""
    if not isinstance(row, AlternateKey):
        if table.key not in values or isinstance(row, ContentId):
            return wire.row(values)
        if wire.guid(str(values[table.key]), table.key) != wire.guid(row, "row id"):
            raise ConfigError(f"the values give {table.key} another value than the row's id")
        return wire.row({name: v for name, v in values.items() if name != table.key})
    for column, value in row.values.items():
        if column in values and values[column] != value:
            raise ConfigError(f"the values give the key column {column} another value than the key")
    return wire.row({name: v for name, v in values.items() if name not in row.values})


def delete_row(table: Table[T], row: RowKey, *, etag: str | None = None) -> Call[None]:
    """Delete a row; one that is gone already counts as deleted.

    With `etag`, a row that changed since it was read stays: `Conflict` (0x80060882).
    """
    headers = (("If-Match", etag),) if etag else ()
    return delete(f"{table.set}.delete", table.path(row), headers=headers)


# --- many rows in one transaction -------------------------------------------------------------


def bulk_supported(logical: str, message: str) -> Call[bool]:
    """Whether the table has a bulk action: `CreateMultiple`, `UpdateMultiple`, `UpsertMultiple`.

    All of a host's own tables have them, and some of the standard ones.
    """
    # Upserting is there where both others are.
    asked = ("CreateMultiple", "UpdateMultiple") if message == "UpsertMultiple" else (message,)
    names = " or ".join(f"sdkmessageid/name eq {quote_literal(name)}" for name in asked)
    condition = f"({names}) and primaryobjecttypecode eq {quote_literal(table_name(logical))}"
    query = [("$select", "sdkmessagefilterid"), ("$filter", condition)]
    return read(
        f"{message}.supported",
        "sdkmessagefilters",
        lambda r: len(free_rows(r.body)) >= len(asked),
        query=wire.query(query),
    )


def create_many(
    table: Table[T], rows: Sequence[tuple[str, Mapping[str, object]]]
) -> Call[tuple[RowId, ...]]:
    """Create 1 to 1000 rows, each with an id of your own, in one transaction; online, v9.2 only.

    One row that is refused undoes all, and nothing says which: see `client.table(…).create_many`.

    Raises:
        ConfigError: none, too many, or the same id twice.
    """
    targets = _targets(table, rows)
    ids = tuple(RowId(str(target[table.key])) for target in targets)
    return _bulk(table, "CreateMultiple", targets, lambda _: ids, WriteClass.NATURAL_KEY)


def update_many(table: Table[T], rows: Sequence[tuple[str, Mapping[str, object]]]) -> Call[None]:
    """Change 1 to 1000 rows that exist in one transaction; online, v9.2 only. See `create_many`.

    Raises:
        ConfigError: none, too many, or the same id twice.
    """
    return _bulk(table, "UpdateMultiple", _targets(table, rows), nothing)


def upsert_many(
    table: Table[T], rows: Sequence[tuple[str | AlternateKey, Mapping[str, object]]]
) -> Call[None]:
    """Change or create 1 to 1000 rows by id in one transaction; online, v9.2 only.

    One row that is refused undoes all, and nothing says which: halve, or send them as a batch.

    Raises:
        ConfigError: none, too many, or the same id twice.
    """
    return _bulk(table, "UpsertMultiple", _targets(table, rows), nothing)


def _bulk(
    table: Table[T],
    message: str,
    targets: Sequence[Mapping[str, object]],
    decode: Callable[[Response], U],
    write_class: WriteClass = WriteClass.IDEMPOTENT,
) -> Call[U]:
    verb = message.removesuffix("Multiple").lower()
    return write(
        f"{table.set}.{verb}_many",
        "POST",
        f"{table.set}/{CRM}.{message}",
        decode,
        body={"Targets": targets},
        write_class=write_class,
    )


def _targets(
    table: Table[T], rows: Sequence[tuple[str | AlternateKey, Mapping[str, object]]]
) -> list[dict[str, object]]:
    if not 1 <= len(rows) <= BULK_SIZE:
        raise ConfigError(f"a bulk write takes 1 to {BULK_SIZE} rows, got {len(rows)}")
    paths = [table.path(key) for key, _ in rows]
    if len(set(paths)) < len(paths):
        raise ConfigError("a bulk write takes each row once; an id is there twice")
    # Older readers need the type first.
    kind = {"@odata.type": f"{CRM}.{table.logical}"}
    targets: list[dict[str, object]] = []
    for (key, values), path in zip(rows, paths, strict=True):
        if isinstance(key, AlternateKey):
            targets.append({**kind, "@odata.id": path, **_without_key(table, key, values)})
        else:
            known = {table.key: wire.guid(key, "row id")}
            targets.append({**kind, **known, **_without_key(table, key, values)})
    return targets


# --- links between rows -----------------------------------------------------------------------


def associate(
    table: Table[T], row: RowKey, navigation: str, target: str, *, base_url: str
) -> Call[None]:
    """Put a row into a collection of another; one that is in it already counts as done.

    Args:
        navigation: the collection, such as `systemuserroles_association`.
        target: the row to put in, as `ROLES.ref(role_id)`.
        base_url: the client's; older servers know no other form of reference.
    """
    return write(
        f"{table.set}.associate",
        "POST",
        f"{table.path(row)}/{_navigation(navigation)}/$ref",
        done_despite("0x80040237"),
        body=_reference(target, base_url),
        safe=(400, 409, 412),
    )


def disassociate(table: Table[T], row: RowKey, navigation: str, target_id: str) -> Call[None]:
    """Take a row out of a collection of another; one that is not in it counts as taken out."""
    other = wire.guid(target_id, "target_id")
    path = f"{table.path(row)}/{_navigation(navigation)}({other})/$ref"
    return delete(f"{table.set}.disassociate", path)


def set_lookup(
    table: Table[T], row: RowKey, navigation: str, target: str, *, base_url: str
) -> Call[None]:
    """Let a lookup lead to `target`, by its own address; see `associate`."""
    return write(
        f"{table.set}.set_lookup",
        "PUT",
        f"{table.path(row)}/{_navigation(navigation)}/$ref",
        nothing,
        body=_reference(target, base_url),
    )


def clear_lookup(table: Table[T], row_id: RowKey, navigation: str) -> Call[None]:
    """Empty a lookup by its own address, as v8.2 wants it; one that is empty counts as done."""
    path = f"{table.path(row_id)}/{_navigation(navigation)}/$ref"
    return delete(f"{table.set}.clear_lookup", path)


def _reference(target: str, base_url: str) -> dict[str, str]:
    if re.fullmatch(r"\$\d+", target):
        return {"@odata.id": target}
    if not re.fullmatch(r"/?\w+\([^()]+\)", target):
        raise ConfigError("a target is a reference such as CONTACTS.ref(contact_id)")
    return {"@odata.id": f"{base_url}/{target.removeprefix('/')}"}


def _navigation(name: str) -> str:
    if not re.fullmatch(r"\w+", name):
        raise ConfigError(f"a navigation property has a plain name, not {name!r}")
    return name


# --- helpers ------------------------------------------------------------------------------------


def table_name(logical: str) -> str:
    """The logical name itself.

    Raises:
        ConfigError: no table can have it.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", logical):
        raise ConfigError(f"a logical name is lower case, such as gr_contact, got {logical!r}")
    return logical


def table_exists(logical: str) -> Call[bool]:
    """Whether the environment has this table, by logical name."""
    path = f"EntityDefinitions(LogicalName='{table_name(logical)}')"
    return read("EntityDefinitions.get", path, there, query="$select=MetadataId", safe=(404,))


def _order(table: Table[T], order_by: str | None) -> str:
    order = [order_by] if order_by else []
    if not re.search(rf"\b{table.key}\b", order_by or ""):
        order.append(table.key)
    return ",".join(order)
