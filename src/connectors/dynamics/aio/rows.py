"""The rows of one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from uuid import uuid4

from ...core.call import Call, Json
from ...errors import ConfigError
from ...runtime.aio import AsyncPaged
from .. import calls
from ..bulk import BulkResult, Item, Way, write_many
from ..filters import Filter
from ..models import AlternateKey, Contact, RowId, RowKey, Shape, Table, Upserted
from ..wire import guid
from .link import AsyncLink

T = TypeVar("T")
U = TypeVar("U")


class AsyncRows(Generic[T]):
    """The rows of one table, as its model.

    `values` name columns as Dynamics does; a lookup is set as
    `{"gr_ContactId@odata.bind": CONTACTS.ref(contact_id)}`. A row is named by its GUID or by an
    `AlternateKey`.

    ```python
    import asyncio
    from attrs import frozen
    from connectors import AsyncDynamicsClient, ClientCredentials, Sandbox
    from connectors.dynamics.filters import col
    from connectors.dynamics.models import Table

    @frozen(kw_only=True)
    class Person:
        id: str
        name: str | None = None

    PEOPLE = Table(Person, "contact", "contacts", "contactid", {"id": "contactid", "name": "fullname"})

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    async def main() -> None:
        async with AsyncDynamicsClient(crm.url, credential, transport=box.transport) as client:
            people = client.table(PEOPLE)
            person_id = await people.create({"lastname": "O'Brien"})
            found = people.list(filter=col("lastname").eq("O'Brien"), top=1)
            print(await found.first(), await people.count())
            await people.delete(person_id)

    asyncio.run(main())
    ```
    """

    def __init__(self, link: AsyncLink, table: Table[T]) -> None:
        self._link = link
        self._table = table
        if table.depth > 1:
            link.abilities.require("nested_expand", "expanding rows within expanded rows")

    # --- reading ---

    def list(
        self,
        *,
        filter: Filter | str | None = None,
        order_by: str | None = None,
        page_size: int | None = None,
        top: int | None = None,
        expand: Sequence[str] | None = None,
        count: bool = False,
        cursor: str | None = None,
    ) -> AsyncPaged[T]:
        """The rows that fit, such as `col("statecode").eq(0)`; up to 5000 a page.

        Args:
            filter: built with `filters.col`, or OData text such as `"statecode eq 0"`.
            top: no more rows than this, up to 5000; not together with `page_size`.
            expand: attributes of the model whose rows come along; by default all the table expands.
            count: put how many rows fit into the pages' `total`; 5000 means 5000 or more.

        Raises:
            DecodeError: an expanded collection came in part: read it with `related`.
        """
        pages = calls.list_rows(
            self._table,
            filter=filter,
            order_by=order_by,
            page_size=page_size,
            top=top,
            expand=expand,
            count=count,
        )
        return self._link.paged(pages, cursor)

    def related(
        self,
        row: RowKey,
        navigation: str,
        other: Table[U],
        *,
        filter: Filter | str | None = None,
        order_by: str | None = None,
        cursor: str | None = None,
    ) -> AsyncPaged[U]:
        """The rows of another table that hang on a row, by the collection's name."""
        pages = calls.related_rows(
            self._table, row, navigation, other, filter=filter, order_by=order_by
        )
        return self._link.paged(pages, cursor)

    def view(
        self, view_id: str, *, personal: bool = False, cursor: str | None = None
    ) -> AsyncPaged[T]:
        """The rows of a view; `personal` for one that belongs to a user.

        What the view does not show keeps the model's defaults.
        """
        return self._link.paged(calls.view_rows(self._table, view_id, personal=personal), cursor)

    def fetch(
        self, fetchxml: str, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[T]:
        """The rows that FetchXML finds, with the columns of the table's model.

        Conditions such as `eq-userid` mean this client's user; see `fetchxml.caller_conditions`.

        Raises:
            ConfigError: not FetchXML, an aggregate, or about another table.
        """
        return self._link.paged(
            calls.fetch_rows(self._table, fetchxml, page_size=page_size), cursor
        )

    def fetch_as(
        self,
        shape: Shape[U],
        fetchxml: str,
        *,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[U]:
        """What FetchXML finds with its own columns, aliases and totals, as a host's own model."""
        pages = calls.fetch_as(shape, self._table, fetchxml, page_size=page_size)
        return self._link.paged(pages, cursor)

    def fetch_free(
        self, fetchxml: str, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[Mapping[str, Json]]:
        """The same as plain JSON, with formatted values."""
        pages = calls.fetch_free(self._table, fetchxml, page_size=page_size)
        return self._link.paged(pages, cursor)

    def track(
        self, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[T]:
        """All rows, or from `cursor` on what changed; walk it with `pages()`.

        The last page has `delta`, the cursor for the next time; `removed` are ids of rows that are
        gone, also of such that were never seen. Needs organisation-wide read.

        Raises:
            Gone: the cursor is too old (7 days by default): read from the start.
            ConfigError: the cursor was taken with fewer columns: read from the start.
            BadRequest: changes of this table are not tracked (0x80072491).
        """
        return self._link.paged(calls.track_rows(self._table, page_size=page_size), cursor)

    async def get(self, row: RowKey) -> T:
        """One row.

        Raises:
            NotFound: there is none.
        """
        return await self._link.send(calls.get_row(self._table, row))

    async def find(self, row: RowKey) -> T | None:
        """One row, or None."""
        return await self._link.send(calls.find_row(self._table, row))

    async def get_if_changed(self, row_id: str, etag: str) -> T | None:
        """One row, or None where it has this etag still."""
        return await self._link.send(calls.get_if_changed(self._table, row_id, etag))

    async def count(self, *, filter: Filter | str | None = None) -> int:
        """How many rows there are (that fit); 5000 means 5000 or more."""
        return await self._link.send(calls.count_rows(self._table, filter=filter))

    async def aggregate(self, apply: str) -> tuple[Mapping[str, Json], ...]:
        """Totals, as `groupby((statecode),aggregate($count as n))`; of 50,000 rows at most.

        Raises:
            BadRequest: more rows than that (0x8004e023).
        """
        return await self._link.send(calls.aggregate_rows(self._table, apply))

    async def aggregate_as(self, shape: Shape[U], apply: str) -> tuple[U, ...]:
        """The same as a host's own model, amounts as exact as it asks for."""
        return await self._link.send(calls.aggregate_as(shape, self._table, apply))

    # --- writing ---

    async def create(self, values: Mapping[str, object], *, row_id: str | None = None) -> RowId:
        """Create a row and answer its id; give `row_id` to be able to repeat it safely.

        Raises:
            Conflict: this id or key exists already (0x80040237, 0x80060892).
        """
        return await self._link.send(calls.create_row(self._table, values, row_id=row_id))

    async def create_and_read(
        self, values: Mapping[str, object], *, row_id: str | None = None
    ) -> T:
        """Create a row and answer it as Dynamics completed it."""
        return await self._link.send(calls.create_and_read(self._table, values, row_id=row_id))

    async def update(
        self, row: RowKey, values: Mapping[str, object], *, etag: str | None = None
    ) -> None:
        """Change these columns; with `etag` only if the row is still as it was read.

        Raises:
            NotFound: there is no such row; none is created.
            Conflict: it changed meanwhile (0x80060882).
        """
        await self._link.send(calls.update_row(self._table, row, values, etag=etag))

    async def update_and_read(
        self, row: RowKey, values: Mapping[str, object], *, etag: str | None = None
    ) -> T:
        """Change these columns, and answer the row as it is then."""
        return await self._link.send(calls.update_and_read(self._table, row, values, etag=etag))

    async def upsert(self, row: str | AlternateKey, values: Mapping[str, object]) -> Upserted:
        """Change these columns, or create the row; the answer has its id.

        Whether it was created is told for an alternate key alone.

        Raises:
            BadRequest: the alternate key is not there or not active yet (0x80060890).
        """
        if isinstance(row, AlternateKey):
            return await self._link.send(calls.upsert_by_key(self._table, row, values))
        await self._link.send(calls.upsert_row(self._table, row, values))
        return Upserted(row_id=guid(row), created=None)

    async def delete(self, row: RowKey, *, etag: str | None = None) -> None:
        """Delete a row; one that is gone already is fine."""
        await self._link.send(calls.delete_row(self._table, row, etag=etag))

    # --- many rows ---

    async def create_many(self, rows: Sequence[Mapping[str, object]]) -> BulkResult:
        """Create any number of rows; each has a result, with the id it got.

        The ids are made here, so that no row is created twice when an answer is lost.

        Raises:
            CallError: nothing could be written at all.
        """
        made = [(guid(str(uuid4())), values) for values in rows]
        items = [Item(i, values, calls.upsert_row(self._table, i, values)) for i, values in made]
        way = self._way("CreateMultiple", lambda a, b: calls.create_many(self._table, made[a:b]))
        return await self._link.session.run(write_many(items, way))

    async def update_many(self, rows: Sequence[tuple[str, Mapping[str, object]]]) -> BulkResult:
        """Change any number of rows that exist, by id; each has a result.

        Raises:
            ConfigError: the same id twice.
            CallError: nothing could be written at all.
        """
        self._check_once([self._table.path(row_id) for row_id, _ in rows])
        items = [
            Item(row_id, values, calls.update_row(self._table, row_id, values))
            for row_id, values in rows
        ]
        way = self._way("UpdateMultiple", lambda a, b: calls.update_many(self._table, rows[a:b]))
        return await self._link.session.run(write_many(items, way))

    async def upsert_many(
        self, rows: Sequence[tuple[str | AlternateKey, Mapping[str, object]]]
    ) -> BulkResult:
        """Change or create any number of rows, by id or alternate key; each has a result.

        Rows go by a bulk action where server and table have it, 500 in one transaction. A block
        that is refused, and any block elsewhere, goes by batches, in which each row stands alone.
        A refused row is in the result and raises nothing: see `BulkResult.check`.

        Raises:
            ConfigError: the same row twice.
            CallError: nothing could be written at all.
        """
        self._check_once([self._table.path(row) for row, _ in rows])
        items = [
            Item(
                row,
                values,
                calls.upsert_by_key(self._table, row, values)
                if isinstance(row, AlternateKey)
                else calls.upsert_row(self._table, row, values),
            )
            for row, values in rows
        ]
        way = self._way("UpsertMultiple", lambda a, b: calls.upsert_many(self._table, rows[a:b]))
        return await self._link.session.run(write_many(items, way))

    async def delete_many(self, row_ids: Sequence[str]) -> BulkResult:
        """Delete any number of rows, by batches; what is gone already counts as deleted.

        Raises:
            CallError: nothing could be deleted at all.
        """
        items = [Item(i, {}, calls.delete_row(self._table, i)) for i in row_ids]
        return await self._link.session.run(write_many(items, self._way("DeleteMultiple", None)))

    def _way(self, message: str, bulk: Callable[[int, int], Call[Any]] | None) -> Way:
        link = self._link
        return Way(
            port=link.session.port,
            abilities=link.abilities,
            headers=link.headers,
            logical=self._table.logical,
            message=message,
            bulk=bulk,
            known=link.known,
        )

    def _check_once(self, paths: Sequence[str]) -> None:
        if len(set(paths)) < len(paths):
            raise ConfigError("each row can be written once at a time; one is there twice")

    # --- links ---

    async def associate(self, row: RowKey, navigation: str, target: str) -> None:
        """Put a row into a collection of another, as `ROLES.ref(role_id)`; twice is fine."""
        link = self._link
        await link.send(
            calls.associate(self._table, row, navigation, target, base_url=link.base_url)
        )

    async def disassociate(self, row: RowKey, navigation: str, target_id: str) -> None:
        """Take a row out of a collection of another; one that is not in it is fine."""
        await self._link.send(calls.disassociate(self._table, row, navigation, target_id))

    async def set_lookup(self, row: RowKey, navigation: str, target: str) -> None:
        """Let a lookup lead to a row, as `CONTACTS.ref(contact_id)`, and change nothing else."""
        link = self._link
        await link.send(
            calls.set_lookup(self._table, row, navigation, target, base_url=link.base_url)
        )

    async def clear_lookup(self, row: RowKey, navigation: str) -> None:
        """Empty a lookup; the way that every version knows."""
        await self._link.send(calls.clear_lookup(self._table, row, navigation))


class AsyncContacts(AsyncRows[Contact]):
    """The rows of the table `contact`; a class, so that notebooks know what its rows are."""
