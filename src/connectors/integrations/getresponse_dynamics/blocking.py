# Generated from aio.py by scripts/blocking.py; edit that.
"""The integration for blocking hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve

from ...dynamics.blocking import DynamicsClient
from ...engine.drivers import Client, Driver
from ...engine.job import Job, Store
from ...engine.plans import Plan
from ...engine.report import Report
from ...getresponse.blocking import GetResponseClient
from . import jobs
from .context import Context
from .schema import SCHEMA
from .settings import Settings

T = TypeVar("T")


class GetResponseDynamics:
    """GetResponse and Dynamics 365 kept in step: marketing lists out, contacts both ways.

    Args:
        getresponse, dynamics: clients the host has made; they are not closed here.
        store: a `SqlStore`: what was seen and planned; one file may serve several connections.
        settings: see `Settings`.
        connection: a name for this pair of accounts inside the store.

    ```python
    from connectors import (
        DynamicsClient, GetResponseClient, GetResponseDynamics,
        ClientCredentials, Sandbox, SqlStore,
    )

    box = Sandbox(seed=1, contacts=10)
    crm_key = ClientCredentials(
        box.dynamics.client_id, box.dynamics.client_secret, authority=box.dynamics.authority
    )

    def main() -> None:
        with (
            GetResponseClient(box.getresponse.key, transport=box.transport) as gr,
            DynamicsClient(box.dynamics.url, crm_key, transport=box.transport) as crm,
        ):
            sync = GetResponseDynamics(gr, crm, store=SqlStore("sqlite://"))
            print(sync.contacts.plan())

    main()
    ```
    """

    def __init__(
        self,
        getresponse: GetResponseClient,
        dynamics: DynamicsClient,
        *,
        store: Store,
        settings: Settings | None = None,
        connection: str = "main",
    ) -> None:
        self._clients: Mapping[str, Client] = {
            "getresponse": getresponse,
            "dynamics": dynamics,
        }
        self._store = store
        store.install(SCHEMA)
        self._ctx = Context(
            connection=connection,
            settings=settings or Settings(),
            store=store,
            version=dynamics.capabilities.version,
            now=getresponse.now,
        )
        self.lists = ListsJob(self)
        self.contacts = ContactsJob(self)

    def apply(self, plan: Plan) -> Report:
        """Carry a plan out. What changed since it was made is left alone and reported.

        Raises:
            PlanStale: applied before, older than an hour, made under other settings, or overtaken
                by another run.
        """
        return self._report(jobs.apply(self._ctx, plan))

    def run(self) -> tuple[Report, ...]:
        """Run every job once, lists first."""
        return (self.lists.run(), self.contacts.run())

    def _perform(self, job: Job[T]) -> tuple[T, Mapping[str, int]]:
        driver = Driver(self._clients, self._store)
        result = driver.run(job)
        return result, dict(sorted(driver.calls.items()))

    def _plan(self, job: str) -> Plan:
        plan, calls = self._perform(jobs.plan(self._ctx, job))
        return evolve(plan, calls=calls)

    def _report(self, job: Job[Report]) -> Report:
        report, calls = self._perform(job)
        return evolve(report, calls=calls)


class ListsJob:
    """GetResponse list records become lists in GetResponse."""

    def __init__(self, sync: GetResponseDynamics) -> None:
        self._sync = sync

    def plan(self) -> Plan:
        """What a run would change, and why. Changes nothing outside the store."""
        return self._sync._plan(jobs.LISTS)

    def run(self) -> Report:
        """Create or adopt the lists of records that are set as new; notice deleted ones."""
        return self._sync._report(jobs.run(self._sync._ctx, jobs.LISTS))


class ContactsJob:
    """CRM contacts of marketing lists into GetResponse, GetResponse contacts into their records."""

    def __init__(self, sync: GetResponseDynamics) -> None:
        self._sync = sync

    def plan(self) -> Plan:
        """What a run would change, and why. Changes nothing outside the store."""
        return self._sync._plan(jobs.CONTACTS)

    def run(self) -> Report:
        """Synchronise contacts in both directions."""
        return self._sync._report(jobs.run(self._sync._ctx, jobs.CONTACTS))
