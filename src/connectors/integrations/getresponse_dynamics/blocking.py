# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The integration for blocking hosts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TypeVar

from attrs import evolve

from ...domain.linking import Match
from ...dynamics.blocking import DynamicsClient
from ...engine.drivers import Client, Driver
from ...engine.job import Job, Store, transact
from ...engine.plans import Plan
from ...engine.report import Check, Report
from ...errors import ConfigError
from ...getresponse.blocking import GetResponseClient
from ...runtime.blocking import Paged
from . import commands, jobs
from .checks import check
from .context import Context
from .schema import SCHEMA
from .settings import Settings
from .solution import LISTS, RECORDS, ContactRecord, DeadLetter, ListRecord

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
        for name, given, wanted in (
            ("getresponse", getresponse, GetResponseClient),
            ("dynamics", dynamics, DynamicsClient),
        ):
            if not isinstance(given, wanted):
                raise ConfigError(
                    f"`{name}` must be of class {wanted.__name__}, got {type(given).__name__}"
                )
        if not hasattr(store, "transact"):
            raise ConfigError(f"`store` must be a SqlStore, got {type(store).__name__}")
        self._dynamics = dynamics
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
            capabilities=dynamics.capabilities,
            base_url=dynamics.base_url,
            now=getresponse.now,
        )
        self.lists: ListsJob = ListsJob(self)
        self.contacts: ContactsJob = ContactsJob(self)

    def check(self) -> tuple[Check, ...]:
        """Ask both services everything the jobs rely on; each failing check says what to fix."""
        return self._do(check(self._ctx))

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

    def _do(self, job: Job[T]) -> T:
        result, _ = self._perform(job)
        return result

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

    def all(self) -> tuple[ListRecord, ...]:
        """The GetResponse list records of Dynamics, by name."""
        rows = self._sync._dynamics.table(LISTS).list(order_by="gr_name")
        return tuple([row for row in rows])

    def create(
        self, name: str, marketing_list_id: str, *, remove_leavers: bool = False
    ) -> ListRecord:
        """Make a list record: which marketing list feeds which GetResponse list.

        It is saved and not marked; `set_as_new` marks it for the next run. `remove_leavers`: who
        leaves the marketing list is removed from GetResponse too, instead of staying.

        Raises:
            ListNameRefused: not 3 to 64 lower-case letters, digits, `-` and `_`; before any call.
            DomainError: the marketing list targets something else than contacts, or its query has a
                condition that means somebody else for every reader.
            NotFound: there is no such marketing list.
        """
        job = commands.create_list(name, marketing_list_id, remove_leavers=remove_leavers)
        return self._sync._do(job)

    def set_as_new(self, list_id: str) -> ListRecord:
        """Mark a list record, so that the next run creates or adopts its list.

        Raises:
            MoveRefused: it is not saved or in Error.
            Conflict: somebody changed it meanwhile.
        """
        return self._sync._do(commands.set_as_new(list_id))


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

    def active(self) -> Paged[ContactRecord]:
        """The view "Active GetResponse contacts": all active records, read as they are walked."""
        return self._sync._dynamics.table(RECORDS).list(filter="statecode eq 0")

    def without_crm_contact(self) -> Paged[ContactRecord]:
        """The view "GetResponse contact without CRM contact": records that wait to be linked."""
        condition = "statecode eq 0 and _gr_crmcontactid_value eq null"
        return self._sync._dynamics.table(RECORDS).list(filter=condition)

    def matches(self) -> tuple[Match, ...]:
        """Proposals by e-mail for records without CRM contact, from what the last run saw.

        A match with one candidate can be given to `link`; several are ambiguous and wait for a
        person. Names are never compared.
        """
        return self._sync._do(transact(partial(commands.matches, ctx=self._sync._ctx)))

    def link(self, record_id: str, crm_contact_id: str) -> ContactRecord:
        """Tie a record to a CRM contact, or to another one than before.

        Raises:
            NotFound: no such record or contact.
            DomainError: the contact was deleted in GetResponse.
            Conflict: somebody changed the record meanwhile.
        """
        return self._sync._do(commands.link(self._sync._ctx, record_id, crm_contact_id))

    def unlink(self, record_id: str) -> ContactRecord:
        """Untie a record from its CRM contact; it is Processing in Dynamics again.

        Raises:
            NotFound, DomainError, Conflict: as for `link`.
        """
        return self._sync._do(commands.unlink(self._sync._ctx, record_id))

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """CRM contacts that cannot be pushed until somebody mends them, with the reason."""
        return self._sync._do(transact(partial(commands.dead_letters, ctx=self._sync._ctx)))
