"""The integration for async hosts. `blocking.py` beside it is generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from attrs import evolve

from ...dynamics.aio import AsyncDynamicsClient
from ...engine.drivers import AsyncClient, AsyncDriver
from ...engine.job import Job, Store
from ...engine.plans import Plan
from ...engine.report import Report
from ...getresponse.aio import AsyncGetResponseClient
from . import jobs
from .context import Context
from .schema import SCHEMA
from .settings import Settings

T = TypeVar("T")


class AsyncGetResponseDynamics:
    """GetResponse and Dynamics 365 kept in step: marketing lists out, contacts both ways.

    Args:
        getresponse, dynamics: clients the host has made; they are not closed here.
        store: a `SqlStore`: what was seen and planned; one file may serve several connections.
        settings: see `Settings`.
        connection: a name for this pair of accounts inside the store.

    ```python
    import asyncio
    from connectors import (
        AsyncDynamicsClient, AsyncGetResponseClient, AsyncGetResponseDynamics,
        ClientCredentials, Sandbox, SqlStore,
    )

    box = Sandbox(seed=1, contacts=10)
    crm_key = ClientCredentials(
        box.dynamics.client_id, box.dynamics.client_secret, authority=box.dynamics.authority
    )

    async def main() -> None:
        async with (
            AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as gr,
            AsyncDynamicsClient(box.dynamics.url, crm_key, transport=box.transport) as crm,
        ):
            sync = AsyncGetResponseDynamics(gr, crm, store=SqlStore("sqlite://"))
            print(await sync.contacts.plan())

    asyncio.run(main())
    ```
    """

    def __init__(
        self,
        getresponse: AsyncGetResponseClient,
        dynamics: AsyncDynamicsClient,
        *,
        store: Store,
        settings: Settings | None = None,
        connection: str = "main",
    ) -> None:
        self._clients: Mapping[str, AsyncClient] = {
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
        self.lists = AsyncListsJob(self)
        self.contacts = AsyncContactsJob(self)

    async def apply(self, plan: Plan) -> Report:
        """Carry a plan out. What changed since it was made is left alone and reported.

        Raises:
            PlanStale: applied before, older than an hour, made under other settings, or overtaken
                by another run.
        """
        return await self._report(jobs.apply(self._ctx, plan))

    async def run(self) -> tuple[Report, ...]:
        """Run every job once, lists first."""
        return (await self.lists.run(), await self.contacts.run())

    async def _perform(self, job: Job[T]) -> tuple[T, Mapping[str, int]]:
        driver = AsyncDriver(self._clients, self._store)
        result = await driver.run(job)
        return result, dict(sorted(driver.calls.items()))

    async def _plan(self, job: str) -> Plan:
        plan, calls = await self._perform(jobs.plan(self._ctx, job))
        return evolve(plan, calls=calls)

    async def _report(self, job: Job[Report]) -> Report:
        report, calls = await self._perform(job)
        return evolve(report, calls=calls)


class AsyncListsJob:
    """GetResponse list records become lists in GetResponse."""

    def __init__(self, sync: AsyncGetResponseDynamics) -> None:
        self._sync = sync

    async def plan(self) -> Plan:
        """What a run would change, and why. Changes nothing outside the store."""
        return await self._sync._plan(jobs.LISTS)

    async def run(self) -> Report:
        """Create or adopt the lists of records that are set as new; notice deleted ones."""
        return await self._sync._report(jobs.run(self._sync._ctx, jobs.LISTS))


class AsyncContactsJob:
    """CRM contacts of marketing lists into GetResponse, GetResponse contacts into their records."""

    def __init__(self, sync: AsyncGetResponseDynamics) -> None:
        self._sync = sync

    async def plan(self) -> Plan:
        """What a run would change, and why. Changes nothing outside the store."""
        return await self._sync._plan(jobs.CONTACTS)

    async def run(self) -> Report:
        """Synchronise contacts in both directions."""
        return await self._sync._report(jobs.run(self._sync._ctx, jobs.CONTACTS))
