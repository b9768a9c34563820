"""A CRM, a GetResponse account and the job between them, small enough to see all of it."""

from __future__ import annotations

import asyncio
import atexit
import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from connectors import (
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    AsyncGetResponseDynamics,
    ClientCredentials,
    DynamicsClient,
    GetResponseClient,
    GetResponseDynamics,
    PasswordCredentials,
    Sandbox,
    Settings,
    SqlStore,
)
from tests.facades import World

NEW, CREATED, ERROR, LIST_DELETED = range(727000000, 727000004)
"""Values of the choice "Synchronization status" of a GetResponse list."""
PROCESSING, SYNCHRONIZED, _, DELETED = range(727000000, 727000004)
"""The same of a GetResponse contact."""
REMOVE = 727000001
"""Members who leave the marketing list are removed from GetResponse."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

LYON = (
    '<fetch><entity name="contact"><attribute name="contactid"/><filter>'
    '<condition attribute="address1_city" operator="eq" value="Lyon"/></filter></entity></fetch>'
)
MINE = LYON.replace("<filter>", '<filter><condition attribute="ownerid" operator="eq-userid"/>', 1)
FRESH = LYON.replace(
    "<filter>", '<filter><condition attribute="createdon" operator="last-x-days" value="30"/>', 1
)


class Plain:
    """An object of either world whose methods are called plainly; its lists come whole."""

    def __init__(self, thing: object, run: Callable[[Any], Any]) -> None:
        self._thing, self._run = thing, run

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        return self._call(value) if callable(value) else Plain(value, self._run)

    def _call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            answer = method(*args, **more)
            if inspect.isawaitable(answer):
                return self._run(answer)
            if hasattr(answer, "__aiter__"):
                return self._run(_all(answer))
            return list(answer) if hasattr(answer, "pages") else answer

        return call


async def _all(rows: Any) -> list[Any]:
    return [row async for row in rows]


_numbers = count(1)


@cache
def _common_store() -> SqlStore:
    store = SqlStore("sqlite://")
    atexit.register(store.close)
    return store


class Pair:
    """Both services, a store, and the clients and the integration of one world.

    Args:
        world: "blocking" or "async"; the same calls are made plainly in both.
        version, on_premises: of the Dynamics server, and what the client asks for.
        domain: makes the GetResponse account a MAX account.
        solution: the custom tables of Dynamics; those of the integration by default.
        store: the URL of a store of its own; by default all share one, under a connection each.
    """

    def __init__(
        self,
        world: World = "blocking",
        *,
        version: str = "9.2",
        on_premises: bool = False,
        domain: str | None = None,
        solution: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        store: str | None = None,
    ) -> None:
        self.world, self.version, self.on_premises = world, version, on_premises
        self.settings = settings
        self.box = Sandbox(seed=1, version=version, solution=solution)
        self.gr, self.crm = self.box.getresponse, self.box.dynamics
        if on_premises:
            self.crm.deployment = "on-premises"
            self.crm.url = "https://crm.contoso.example"
            self.crm.resource = f"{self.crm.url}/"
            self.crm.authority = "https://adfs.contoso.example/adfs"
        if domain is not None:
            self.gr.domain, self.gr.enterprise = domain, True
            self.gr.host = "api3.getresponse360.com"
            self.gr.url = f"https://{self.gr.host}/v3"
        self.store = _common_store() if store is None else SqlStore(store)
        self._own_store = store is not None
        self.connection = f"pair {next(_numbers)}"
        self._runner = asyncio.Runner()
        self.sync = self.connect()

    def close(self) -> None:
        self._runner.close()
        if self._own_store:
            self.store.close()

    # --- connecting ---

    def connect(
        self,
        *,
        getresponse: dict[str, Any] | None = None,
        dynamics: dict[str, Any] | None = None,
        transport: Any = None,
        **options: Any,
    ) -> Any:
        """Clients and the integration as a new process would make them, over the same store.

        Args:
            getresponse, dynamics: what is told to the clients otherwise than it is right.
            options: of the integration: `store`, `settings`, `connection`.
        """
        send = transport or self.box.transport
        mail, crm = self.clients(getresponse or {}, dynamics or {}, send)
        kind: Any = GetResponseDynamics if self.world == "blocking" else AsyncGetResponseDynamics
        options = {
            "store": self.store,
            "settings": self.settings,
            "connection": self.connection,
        } | options
        return Plain(kind(mail, crm, **options), self._runner.run)

    def clients(
        self, getresponse: dict[str, Any], dynamics: dict[str, Any], transport: Any
    ) -> tuple[Any, Any]:
        told = {"credential": self.gr.key, "host": self.gr.host, "domain": self.gr.domain}
        there = {
            "url": self.crm.url,
            "credential": self.credential(),
            "version": self.version,
            "deployment": "on-premises" if self.on_premises else "online",
        }
        blocking = self.world == "blocking"
        mail: Any = GetResponseClient if blocking else AsyncGetResponseClient
        crm: Any = DynamicsClient if blocking else AsyncDynamicsClient
        return (
            mail(**told | getresponse, transport=transport),
            crm(**there | dynamics, transport=transport),
        )

    def credential(self, **other: Any) -> Any:
        """The right one for the deployment; `other` is told instead of what is right."""
        told: dict[str, Any] = {
            "client_id": self.crm.client_id,
            "client_secret": self.crm.client_secret,
            "authority": self.crm.authority,
        }
        if self.on_premises:
            told |= {"username": self.crm.username, "password": self.crm.password}
            return PasswordCredentials(**told | other)
        return ClientCredentials(**told | other)

    def plainly(self, thing: object) -> Any:
        """A client of this world, called plainly."""
        return Plain(thing, self._runner.run)

    # --- what people do ---

    def person(self, name: str, email: str | None = None, **columns: Any) -> str:
        """A CRM contact `First Last`; the address follows from the name unless one is given."""
        first, _, last = name.partition(" ")
        if email is None:
            email = f"{first}.{last}@example.org".lower().replace(" ", "-")
        return self.crm.add_contact(firstname=first, lastname=last, email=email or None, **columns)

    def list(
        self,
        name: str,
        members: Iterable[str] = (),
        *,
        query: str | None = None,
        remove_leavers: bool = False,
        **columns: Any,
    ) -> str:
        """A marketing list and its list record, which is set as new."""
        marketing = self.crm.add_marketing_list(
            name.title(), dynamic=query is not None, query=query, members=members
        )
        return self.record(name, marketing, remove_leavers=remove_leavers, **columns)

    def record(
        self, name: str, marketing: str, *, remove_leavers: bool = False, **columns: Any
    ) -> str:
        """A list record made by people in Dynamics, set as new."""
        columns = {
            "gr_syncstatus": NEW,
            "gr_onleave": REMOVE if remove_leavers else None,
        } | columns
        return self.crm.add_row("gr_list", gr_name=name, gr_marketinglistid=marketing, **columns)

    # --- what the job does ---

    def run(self) -> tuple[Any, Any]:
        """Every job once."""
        reports: tuple[Any, Any] = self.sync.run()
        return reports

    def later(self, delta: timedelta = HOUR) -> Any:
        """Time passes, and the contacts job runs."""
        self.box.clock.advance(delta)
        return self.sync.contacts.run()

    # --- looks inside ---

    def row(self, record: str) -> dict[str, Any]:
        """A list record as it is in Dynamics."""
        return self.crm.row("gr_list", record) or {}

    def marketing(self, record: str) -> str:
        return str(self.row(record)["gr_marketinglistid"])

    def campaign(self, record: str) -> str:
        return str(self.row(record)["gr_campaignid"])

    def addresses(self, record: str) -> set[str]:
        """Who is in the GetResponse list of a record."""
        return {contact.email for contact in self.gr.contacts(self.campaign(record))}

    def find(self, record: str, email: str) -> Any:
        """The active GetResponse contact, which must be there."""
        found = self.gr.find(self.campaign(record), email)
        assert found is not None
        return found

    def records(self) -> dict[str, dict[str, Any]]:
        """The GetResponse contact records inside Dynamics, by GetResponse id."""
        return {row["gr_getresponseid"]: row for row in self.crm.rows("gr_contact")}

    def of(self, record: str, email: str) -> dict[str, Any]:
        """The record of the contact who has this address in a list."""
        return self.records()[self.find(record, email).id]

    @property
    def writes(self) -> int:
        """Rows and contacts changed through the services' APIs so far."""
        return self.gr.writes + self.crm.writes


def reasons(plan: Any) -> dict[str, str]:
    """Who is left alone by a plan, and why: by CRM contact."""
    return {change.ref: change.reason for change in plan if change.verb.value == "skip"}
