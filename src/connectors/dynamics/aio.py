"""The async Dynamics 365 client. `blocking.py` beside it is generated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from ..core.auth import (
    ClientCredentials,
    Credential,
    PasswordCredentials,
    TokenCache,
    TokenProvider,
)
from ..core.call import Call
from ..core.flow import Port
from ..core.observe import Hook, Observer
from ..core.policy import Retries, retries_of
from ..errors import ConfigError
from ..runtime.aio import AsyncClient, AsyncPaged, AsyncSession
from ..runtime.budget import shared_budget
from ..runtime.http import AsyncTransport, AsyncWire, is_loopback
from . import calls, wire
from .batch import BatchResult, batch
from .capabilities import Capabilities, Deployment, capabilities
from .models import (
    CONTACTS,
    MARKETING_LISTS,
    Contact,
    ListTarget,
    MarketingList,
    RowId,
    Table,
    WhoAmI,
)

T = TypeVar("T")

_HEADERS = {
    "Accept": "application/json",
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
    "User-Agent": "connectors-python",
}


class AsyncDynamicsClient(AsyncClient):
    """Dynamics 365 (Dataverse) Web API: typed tables, tracked changes, bulk writes, lists.

    Args:
        url: the environment, such as `https://contoso.crm4.dynamics.com`, or on premises
            `https://crm.contoso.com/contoso`. On this machine also
            `http://127.0.0.1:8025/dynamics`, as `connectors serve` shows it.
        credential: `ClientCredentials` (the application needs an application user with a security
            role in the environment), `PasswordCredentials` (on premises with AD FS), or a
            `TokenProvider`.
        version: "8.2", "9.0", "9.1" or "9.2" (online only).
        deployment: "online" or "on-premises".
        timeout: seconds for one send.
        retries: how calls that may be repeated are repeated, or how often.
        token_cache: where OAuth tokens are kept between clients and runs; see `FileTokenCache`.
        hooks: are told of every send; see `connectors.core.observe`.
        transport: the host's own way to send; see `connectors.runtime.http`.

    Raises:
        ConfigError: a URL, version or deployment that cannot be right.

    ```python
    import asyncio
    from connectors import AsyncDynamicsClient, ClientCredentials, Sandbox

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    async def main() -> None:
        async with AsyncDynamicsClient(crm.url, credential, transport=box.transport) as client:
            async for contact in client.contacts.list(filter="statecode eq 0"):
                print(contact.contact_id, contact.modified_on)

    asyncio.run(main())
    ```
    """

    service = "dynamics"

    def __init__(
        self,
        url: str,
        credential: ClientCredentials | PasswordCredentials | TokenProvider | Credential,
        *,
        version: str = "9.2",
        deployment: Deployment | str = Deployment.ONLINE,
        timeout: float = 120.0,
        retries: Retries | int | None = None,
        token_cache: TokenCache | None = None,
        hooks: Sequence[Hook] = (),
        transport: AsyncTransport | None = None,
    ) -> None:
        self.capabilities: Capabilities = capabilities(version, deployment)
        environment = _environment(url, self.capabilities.deployment)
        secret: Credential
        account: tuple[object, ...] = (environment, credential)
        if isinstance(credential, ClientCredentials):
            secret = credential.grant(environment)
            account = (environment, credential.client_id)
        elif isinstance(credential, PasswordCredentials):
            secret = credential.grant(environment)
            account = (environment, credential.username)
        elif hasattr(credential, "static_headers"):
            secret = credential
        else:
            raise ConfigError(
                "the Dynamics credential must be ClientCredentials, PasswordCredentials or a "
                f"TokenProvider; got {type(credential).__name__}"
            )
        connection = AsyncWire(transport)
        protected = self.capabilities.service_protection
        rate = shared_budget(
            connection.clock,
            account,
            wire.WINDOWS if protected else (),
            wire.IN_FLIGHT if protected else wire.IN_FLIGHT_UNPROTECTED,
        )
        port = Port(
            service="dynamics",
            base_url=f"{environment}/api/data/v{version}",
            hosts=frozenset({"/".join(environment.split("/")[:3])}),
            headers=_HEADERS,
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("dynamics", tuple(hooks)),
            standing=wire.standing,
            timeout=timeout,
        )
        super().__init__(
            AsyncSession(port, connection, secret, slots=rate.slots, cache=token_cache)
        )

    def _furnish(self) -> None:
        self.contacts = self.table(CONTACTS)
        self.marketing_lists = AsyncMarketingLists(self._session)

    def table(self, table: Table[T]) -> AsyncRows[T]:
        """The operations on one table."""
        return AsyncRows(self._session, table, self.capabilities)

    async def who_am_i(self) -> WhoAmI:
        """Who the credential is here: the check of a connection.

        Raises:
            AuthError: the authority gives no token.
            Unauthenticated: Dynamics does not accept the token.
            Forbidden: there is no application user for the client id, or it has no role.
        """
        return await self._session.send(calls.who_am_i())

    async def version(self) -> str:
        """The server's own version, such as `9.2.24083.00191`."""
        return await self._session.send(calls.retrieve_version())

    async def batch(self, parts: Sequence[Call[Any]]) -> tuple[BatchResult, ...]:
        """Perform 1 to 1000 calls in one request; each result has the value or the error.

        Where the server cannot go on behind a refused call (v8.2, v9.0, on premises), the results
        of those that follow it are missing.
        """
        return await self._session.send(_batch(self._session, self.capabilities, parts))


class AsyncRows(Generic[T]):
    """The rows of one table, as its model.

    `values` name columns as Dynamics does; a lookup is set as
    `{"gr_ContactId@odata.bind": "/contacts(3f2504e0-…)"}`.
    """

    def __init__(self, session: AsyncSession, table: Table[T], abilities: Capabilities) -> None:
        self._session = session
        self._table = table
        self._capabilities = abilities

    def list(
        self,
        *,
        filter: str | None = None,
        order_by: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[T]:
        """The rows that fit an OData filter, such as `"statecode eq 0"`; up to 5000 a page."""
        pages = calls.list_rows(self._table, filter=filter, order_by=order_by, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    def track(
        self, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[T]:
        """All rows, or from `cursor` on what changed; walk it with `pages()`.

        The last page has `delta`, the cursor for the next time; `removed` are ids of rows that are
        gone, also of such that were never seen. Needs organisation-wide read.

        Raises:
            Gone: the cursor is too old (7 days by default): read from the start.
            BadRequest: changes of this table are not tracked (0x80072491).
        """
        return AsyncPaged(self._session, calls.track_rows(self._table, page_size=page_size), cursor)

    async def get(self, row_id: str) -> T:
        """One row.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_row(self._table, row_id))

    async def create(self, values: Mapping[str, object], *, row_id: str | None = None) -> RowId:
        """Create a row and answer its id; give `row_id` to be able to repeat it safely.

        Raises:
            Conflict: this id or key exists already (0x80040237, 0x80060892).
        """
        return await self._session.send(calls.create_row(self._table, values, row_id=row_id))

    async def update(
        self, row_id: str, values: Mapping[str, object], *, etag: str | None = None
    ) -> None:
        """Change these columns; with `etag` only if the row is still as it was read.

        Raises:
            NotFound: there is no such row; none is created.
            Conflict: it changed meanwhile (0x80060882).
        """
        await self._session.send(calls.update_row(self._table, row_id, values, etag=etag))

    async def upsert(self, row_id: str, values: Mapping[str, object]) -> None:
        """Change these columns, or create the row with this id."""
        await self._session.send(calls.upsert_row(self._table, row_id, values))

    async def upsert_many(self, rows: Sequence[tuple[str, Mapping[str, object]]]) -> None:
        """Change or create 1 to 1000 rows by id.

        Online with v9.2 all or none in one transaction; elsewhere one by one in a batch, which
        raises the first refusal when others may be done.
        """
        bulk = calls.upsert_many(self._table, rows)
        if self._capabilities.bulk_actions:
            await self._session.send(bulk)
            return
        parts = [calls.upsert_row(self._table, row_id, values) for row_id, values in rows]
        results = await self._session.send(_batch(self._session, self._capabilities, parts))
        for result in results:
            result.value()

    async def delete(self, row_id: str) -> None:
        """Delete a row; one that is gone already is fine."""
        await self._session.send(calls.delete_row(self._table, row_id))


class AsyncMarketingLists:
    """Marketing lists. A static one has members; a dynamic one has a query that finds them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def list(
        self, *, filter: str | None = None, cursor: str | None = None
    ) -> AsyncPaged[MarketingList]:
        """The lists that fit an OData filter, such as `"createdfromcode eq 2"`."""
        return AsyncPaged(self._session, calls.list_rows(MARKETING_LISTS, filter=filter), cursor)

    async def get(self, list_id: str) -> MarketingList:
        """One list.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_row(MARKETING_LISTS, list_id))

    async def create(
        self,
        name: str,
        *,
        dynamic: bool = False,
        query: str | None = None,
        purpose: str | None = None,
        target: ListTarget = ListTarget.CONTACT,
    ) -> RowId:
        """Create a list; whether it is dynamic, and of what rows, can never be changed.

        Raises:
            ConfigError: a query for a static list, or one that finds other rows than `target`.
        """
        call = calls.create_marketing_list(
            name, dynamic=dynamic, query=query, purpose=purpose, target=target
        )
        return await self._session.send(call)

    def members(self, list_id: str, *, cursor: str | None = None) -> AsyncPaged[str]:
        """Contact ids of a static list, 5000 a page."""
        return AsyncPaged(self._session, calls.list_members(list_id), cursor)

    async def add_members(self, list_id: str, contact_ids: Sequence[str]) -> None:
        """Add contacts to a static list, 1000 with each call; those in it already stay.

        Raises:
            BadRequest: it is dynamic (0x8004f701), locked (0x80040302), or of another kind of row.
        """
        for start in range(0, len(contact_ids), calls.BULK_SIZE):
            some = contact_ids[start : start + calls.BULK_SIZE]
            await self._session.send(calls.add_list_members(list_id, some))

    async def remove_member(self, list_id: str, contact_id: str) -> None:
        """Take a contact off a static list; one that is not on it is fine."""
        await self._session.send(calls.remove_list_member(list_id, contact_id))

    async def set_query(self, list_id: str, fetchxml: str) -> None:
        """Give a dynamic list of contacts another query.

        Raises:
            ConfigError: not FetchXML, or it does not find contacts.
            BadRequest: the list is static (0x8004f702).
        """
        await self._session.send(calls.set_list_query(list_id, fetchxml))

    async def try_query(self, fetchxml: str, *, count: int = 10) -> tuple[Contact, ...]:
        """The first contacts that a query finds, 1 to 5000, in no particular order.

        Conditions such as `eq-userid` mean this client's user; see `fetchxml.caller_conditions`.

        Raises:
            ConfigError: not FetchXML, or it does not find contacts.
        """
        pages = calls.fetch_rows(CONTACTS, fetchxml, page_size=count)
        return (await self._session.send(pages.at(None))).items


def _batch(
    session: AsyncSession, abilities: Capabilities, parts: Sequence[Call[Any]]
) -> Call[tuple[BatchResult, ...]]:
    return batch(
        parts,
        base_url=session.port.base_url,
        continue_on_error=abilities.continue_on_error,
        change_set_each=abilities.batch_change_set_each,
    )


def _environment(url: str, deployment: Deployment) -> str:
    """`https://host[/organisation]` of whatever was copied from a browser or a settings page."""
    parts = urlsplit(url.strip())
    if is_loopback(url):
        return url.strip().rstrip("/")
    if parts.scheme.lower() == "http":
        raise ConfigError(
            f"{url!r}: over http anybody on the way could read the token; use https://"
        )
    if parts.scheme.lower() != "https" or not parts.hostname or "@" in parts.netloc:
        raise ConfigError(f"{url!r} must be like https://contoso.crm4.dynamics.com")
    host = parts.netloc.lower().removesuffix(":443")
    path = re.sub(r"/api(/data(/v[\d.]+)?)?/*$", "", parts.path, flags=re.IGNORECASE).rstrip("/")
    allowed = r"(/[\w-]+)?" if deployment is Deployment.ON_PREMISES else ""
    if not re.fullmatch(allowed, path) or parts.query or parts.fragment:
        raise ConfigError(
            f"{url!r} names a page; the environment is https://{host}"
            + ("" if deployment is Deployment.ONLINE else " or that with /organisation")
        )
    return f"https://{host}{path}"
