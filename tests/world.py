"""A small world for tests of the integration, and a driver that dies at any step of a job."""

from __future__ import annotations

import copy
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from attrs import define, field, frozen

from connectors import ClientCredentials, DynamicsClient, GetResponseClient, GetResponseDynamics
from connectors.core.call import Call, Reply
from connectors.core.policy import Retries
from connectors.engine import cursors
from connectors.engine.drivers import Client
from connectors.engine.job import Gather, Invoke, Job, Send, Step, Store, Transact, Wait
from connectors.engine.plans import Plan
from connectors.engine.report import Report
from connectors.errors import AnswerLost, ConnectorsError
from connectors.integrations.getresponse_dynamics import jobs
from connectors.integrations.getresponse_dynamics.settings import Settings
from connectors.integrations.getresponse_dynamics.solution import choice
from connectors.sandbox import Sandbox
from connectors.sandbox.kernel import Fault, FaultKind, Service, Transport
from connectors.stores import SqlStore

T = TypeVar("T")
JobName = Literal["lists", "contacts"]

LIST_STATUS: dict[int | None, str] = {
    choice("gr_liststatus", k): k for k in ("new", "created", "error", "deleted")
}
CONTACT_STATUS: dict[int | None, str] = {
    choice("gr_contactstatus", k): k for k in ("processing", "synchronized", "error", "deleted")
}
NEW = choice("gr_liststatus", "new")
REMOVE = choice("gr_onleave", "remove")

LYON = (
    "<fetch><entity name='contact'><attribute name='contactid'/><filter>"
    "<condition attribute='address1_city' operator='eq' value='Lyon'/>"
    "<condition attribute='statecode' operator='eq' value='0'/></filter></entity></fetch>"
)
"""The query of a dynamic list."""

Moment = Literal["before", "amid", "after", "lost"]
"""When a driver dies: before the step; with half of its calls done; after its effect, unanswered.
`lost`: it lives on, and is told that the answer was lost, of which the effect is done."""


@define
class Tap:
    """Something that happens at a call: people act just before it, or its answer is altered."""

    method: str
    path: str
    act: Callable[[], object] | None = None
    alter: Callable[[bytes], bytes] | None = None
    skip: int = 0
    times: int = 1

    def strikes(self, method: str, url: str) -> bool:
        if method != self.method or self.path not in urlsplit(url).path or self.times < 1:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Wiretap:
    """The sandbox's transport, with taps."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.clock = transport.clock
        self.taps: list[Tap] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        struck = [tap for tap in self.taps if tap.strikes(method, url)]
        for tap in struck:
            if tap.act is not None:
                tap.act()
        status, answer_headers, answer = self._transport(method, url, headers, body)
        for tap in struck:
            if tap.alter is not None:
                answer = tap.alter(answer)
        return status, answer_headers, answer


class Died(BaseException):
    """The process is gone. Nobody closes anything."""


class CrashDriver:
    """Performs jobs in this thread until the step at which it dies.

    Args:
        at: number of that step, from 0; None to live.
        moment: see `Moment`.
    """

    def __init__(
        self,
        clients: Mapping[str, Client],
        store: Store,
        *,
        at: int | None = None,
        moment: Moment = "before",
    ) -> None:
        self._clients = clients
        self._store = store
        self._at = at
        self._moment = moment
        self.steps: list[Step] = []
        # A killed process runs no `finally`: an abandoned generator must not be collected here.
        self._open: list[Generator[Step, Any, Any]] = []

    def run(self, job: Job[T]) -> T:
        """Answer the steps of `job` until it returns, or until the end of this driver.

        Raises:
            Died: at the step it was told.
        """
        self._open.append(job)
        answer: Any = None
        thrown: ConnectorsError | None = None
        while True:
            try:
                step = job.send(answer) if thrown is None else job.throw(thrown)
            except StopIteration as stop:
                self._open.remove(job)
                result: T = stop.value
                return result
            except ConnectorsError:
                self._open.remove(job)
                raise
            answer, thrown = None, None
            try:
                answer = self._perform(step)
            except ConnectorsError as error:
                thrown = error

    def _perform(self, step: Step) -> Any:
        here = len(self.steps) == self._at
        self.steps.append(step)
        if not here:
            return self._answer(step)
        if self._moment == "before":
            raise Died
        if self._moment == "amid" and isinstance(step, Gather):
            self._answer(Gather(step.calls[: len(step.calls) // 2], step.limit))
            raise Died
        done = self._answer(step)
        if self._moment == "lost" and isinstance(step, Send):
            raise AnswerLost("the answer was lost")
        if self._moment == "lost" and isinstance(step, Gather):
            return [AnswerLost("the answer was lost") for _ in step.calls]
        if self._moment == "lost":
            return done
        raise Died

    def _answer(self, step: Step) -> Any:
        match step:
            case Send(call):
                outcome = self._reply(call)
                if isinstance(outcome, ConnectorsError):
                    raise outcome
                return outcome
            case Transact(fn):
                return self._store.transact(fn)
            case Wait(seconds):
                return next(iter(self._clients.values())).sleep(seconds)
            case Gather(calls, _):
                return [self._reply(call) for call in calls]
            case Invoke(fn):
                fn()
                return None

    def _reply(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        try:
            return self._clients[call.service].reply(call)
        except ConnectorsError as error:
            return error


def moments(step: Step) -> Iterator[Moment]:
    """How a driver may end at this step."""
    yield "before"
    yield "after"
    if isinstance(step, Send | Gather):
        yield "lost"
    if isinstance(step, Gather) and len(step.calls) > 1:
        yield "amid"


@frozen
class Look:
    """What people see on both sides, in words that do not depend on ids made along the way."""

    lists: Mapping[str, object]
    """By name of the list record: status, whether it is created, whether it tells an error."""
    contacts: Mapping[object, object]
    """Active contacts of GetResponse, by list and address."""
    removed: Sequence[object]
    records: Sequence[object]
    """Records of Dynamics: list, what they say, CRM contact, whether their contact is active."""
    people: Mapping[str, object]
    """CRM contacts, every column."""


@define
class World:
    """A sandbox, the clients of both services, and the integration on a store of its own."""

    box: Sandbox
    settings: Settings = field(factory=Settings)
    store: SqlStore = field(factory=lambda: SqlStore("sqlite://"))
    retries: Retries = field(factory=lambda: Retries(jitter=lambda: 0.0))
    wire: Wiretap = field(init=False)
    getresponse: GetResponseClient = field(init=False)
    dynamics: DynamicsClient = field(init=False)
    sync: GetResponseDynamics = field(init=False)
    lists: dict[str, str] = field(factory=dict)
    """Ids of list records by name."""
    marketing: dict[str, str] = field(factory=dict)
    people: dict[str, str] = field(factory=dict)
    """Ids of CRM contacts by first name."""

    def __attrs_post_init__(self) -> None:
        self.wire = Wiretap(self.box.transport)
        transport, crm = self.wire, self.box.dynamics
        key = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)
        self.getresponse = GetResponseClient(
            self.box.getresponse.key, transport=transport, retries=self.retries
        )
        self.dynamics = DynamicsClient(crm.url, key, transport=transport, retries=self.retries)
        self.restart()

    def restart(self, settings: Settings | None = None) -> None:
        """A new process on the same store."""
        self.settings = settings or self.settings
        self.sync = GetResponseDynamics(
            self.getresponse, self.dynamics, store=self.store, settings=self.settings
        )

    def close(self) -> None:
        """Close the clients and the store."""
        self.getresponse.close()
        self.dynamics.close()
        self.store.close()

    # --- people and lists ---

    def person(self, first: str, email: str | None = "", **more: Any) -> str:
        """A CRM contact; its address is made of the name unless one is given."""
        address = f"{first.lower()}@example.org" if email == "" else email
        values: dict[str, Any] = {"lastname": "Moreau", **more}
        made = self.box.dynamics.add_contact(firstname=first, email=address, **values)
        self.people[first] = made
        return made

    def marketing_list(self, name: str, members: Sequence[str] = (), **more: Any) -> str:
        """A marketing list; members by first name."""
        ids = [self.people[m] for m in members]
        made = self.box.dynamics.add_marketing_list(name, members=ids, **more)
        self.marketing[name] = made
        return made

    def list_record(self, name: str, marketing: str, **more: Any) -> str:
        """A GetResponse list record that is set as new, for a marketing list given by name."""
        values: dict[str, Any] = {"gr_syncstatus": NEW, **more}
        made = self.box.dynamics.add_row(
            "gr_list", gr_name=name, gr_marketinglistid=self.marketing[marketing], **values
        )
        self.lists[name] = made
        return made

    def campaign(self, name: str) -> str:
        """The GetResponse list of a list record."""
        row = self.box.dynamics.row("gr_list", self.lists[name])
        assert row is not None
        return str(row["gr_campaignid"])

    def contact(self, name: str, email: str) -> str:
        """The id of an active GetResponse contact."""
        found = self.box.getresponse.find(self.campaign(name), email)
        assert found is not None, f"{email} is not in {name}"
        return found.id

    def record(self, gr_id: str) -> dict[str, Any]:
        """The record of a GetResponse contact in Dynamics."""
        (found,) = (
            r for r in self.box.dynamics.rows("gr_contact") if r["gr_getresponseid"] == gr_id
        )
        return found

    def record_status(self, gr_id: str) -> str:
        """The status of that record, as its key in the solution."""
        return CONTACT_STATUS[self.record(gr_id)["gr_syncstatus"]]

    def list_status(self, name: str) -> str:
        """The status of a list record, as its key in the solution."""
        row = self.box.dynamics.row("gr_list", self.lists[name])
        assert row is not None
        return LIST_STATUS[row["gr_syncstatus"]]

    def addresses(self, name: str) -> set[str]:
        """The addresses of a GetResponse list."""
        return {c.email for c in self.box.getresponse.contacts(self.campaign(name))}

    # --- running ---

    @property
    def clients(self) -> Mapping[str, Client]:
        """Both clients, as a driver takes them."""
        return {"getresponse": self.getresponse, "dynamics": self.dynamics}

    def run(self) -> tuple[Report, Report]:
        """Both jobs, lists first."""
        return self.sync.lists.run(), self.sync.contacts.run()

    def driver(self, at: int | None = None, moment: Moment = "before") -> CrashDriver:
        """A driver over this world that dies there."""
        return CrashDriver(self.clients, self.store, at=at, moment=moment)

    def job(self, kind: str, name: JobName, plan: Plan | None = None) -> Job[Any]:
        """A fresh job: plan, run, or apply of a plan."""
        ctx = self.sync._ctx
        if kind == "plan":
            return jobs.plan(ctx, name)
        if kind == "run":
            return jobs.run(ctx, name)
        assert plan is not None
        return jobs.apply(ctx, plan)

    @property
    def writes(self) -> int:
        """Writes by API on either side so far."""
        return self.box.getresponse.writes + self.box.dynamics.writes

    def calls(self) -> Counter[str]:
        """Calls by endpoint so far."""
        return Counter(self.box.calls.counts())

    def look(self) -> Look:
        """Both sides as people see them."""
        gr, crm = self.box.getresponse, self.box.dynamics
        names = {c.id: c.name for c in gr.campaigns()}
        active = {c.id: c for c in gr.contacts()}
        labels = {r["gr_listid"]: r["gr_name"] for r in crm.rows("gr_list")}
        removed = [(names[id], r.email, r.reason) for id in names for r in gr.removed(id)]
        records = []
        for row in crm.rows("gr_contact"):
            contact = active.get(row["gr_getresponseid"])
            records.append(
                (
                    labels.get(row.get("gr_listid"), ""),
                    row.get("gr_email", ""),
                    row.get("gr_name", ""),
                    CONTACT_STATUS.get(row.get("gr_syncstatus"), ""),
                    row.get("gr_crmcontactid", ""),
                    row.get("gr_origin", ""),
                    str(row.get("gr_engagementscore")),
                    str(row.get("gr_scoring")),
                    names[contact.campaign] if contact else "",
                )
            )
        return Look(
            lists={
                r["gr_name"]: (
                    LIST_STATUS.get(r.get("gr_syncstatus"), ""),
                    r["gr_iscreated"],
                    bool(r.get("gr_syncerror")),
                    names.get(r.get("gr_campaignid", "")),
                )
                for r in crm.rows("gr_list")
            },
            contacts={
                (names[c.campaign], c.email): (c.name, c.origin, c.scoring, c.engagement)
                for c in active.values()
            },
            removed=sorted(removed),
            records=sorted(records),
            people={r["contactid"]: r for r in crm.rows("contact")},
        )

    def at(self, method: str, path: str, act: Callable[[], object], *, skip: int = 0) -> None:
        """Somebody acts just before the next such call."""
        self.wire.taps.append(Tap(method, path, act=act, skip=skip))

    def altered(
        self, method: str, path: str, alter: Callable[[bytes], bytes], *, times: int = 1
    ) -> None:
        """The next such answers are altered on their way."""
        self.wire.taps.append(Tap(method, path, alter=alter, times=times))

    def fail(self, kind: FaultKind, method: str, path: str = "", **more: Any) -> None:
        """The next such call fails; see `connectors.sandbox.kernel.Fault`."""
        self.box.faults.add(Fault(kind, method=method, path=path, **more))

    def cursors(self) -> dict[str, str]:
        """How far each stream was read."""
        return self.store.transact(lambda db: cursors.read(db, self.sync._ctx.connection))

    # --- the same world again ---

    def copy(self, store: SqlStore | None = None) -> World:
        """The same world in another process: services and store as they are now.

        What `store` held is replaced; a store that is used again keeps its compiled statements.
        """
        store = store or SqlStore("sqlite://")
        _database(self.store).backup(_database(store))
        return World(
            copy_box(self.box),
            settings=self.settings,
            store=store,
            lists=dict(self.lists),
            marketing=dict(self.marketing),
            people=dict(self.people),
        )

    def knows(self) -> Hashable:
        """What a process that begins now finds: the store but for drafts, and what was written.

        A draft is dropped by the next one, and of the pass that staged a row only counts that it is
        over. So two crashes that leave the same behind are one crash.
        """
        tables = [t for t in self.store.tables() if t not in ("plan", "change")]
        database = _database(self.store)
        found: list[Hashable] = [self.writes]
        for table in sorted(tables):
            cursor = database.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            hidden = {i for i, name in enumerate(names) if name == "pass_id"}
            found += sorted(
                repr([v for i, v in enumerate(row) if i not in hidden]) for row in cursor
            )
        return tuple(found)


def _database(store: SqlStore) -> sqlite3.Connection:
    connection = store._engine.raw_connection().driver_connection
    return cast(sqlite3.Connection, connection)


def copy_box(box: Sandbox) -> Sandbox:
    """A second sandbox in the same state."""
    # Locks cannot be copied, table definitions need not be, and the transport knows its services by
    # a closure.
    memo: dict[int, Any] = {id(box.clock._lock): threading.Lock(), id(box.transport): None}
    memo |= {id(t.schema): t.schema for t in box.dynamics.store.tables.values()}
    made = copy.deepcopy(box, memo)
    services: list[Service] = [made.getresponse, made.dynamics]
    made.transport = Transport(made.clock, lambda: list(services), made.calls, made.faults)
    return made


@contextmanager
def opened(world: World) -> Iterator[World]:
    """A world that is closed at the end."""
    try:
        yield world
    finally:
        world.close()


# --- a world in which everything happens ---------------------------------------------------------


def first_day(settings: Settings | None = None) -> World:
    """Lists to create, to adopt and to refuse; members in good order and odd ones."""
    world = World(Sandbox(seed=1), settings=settings or Settings())
    gr = world.box.getresponse
    for name in ("Ada", "Ben", "Cleo", "Dan"):
        world.person(name)
    world.person("Eve", address1_city="Lyon")
    world.person("Fay", address1_city="Lyon")
    world.person("Gus", None)
    world.person("Hal", "no address")
    world.person("Ivy", donotemail=True)
    world.person("Jon", active=False)
    world.person("Kim", "Same.One@Example.org", address1_city="Lyon")
    world.person("Kit", "same.one@example.org")
    world.person("Lou", "lou@bücher.example")
    world.person("Mia", "mia@blocked.example")
    world.person("Ned", "ned@example.net")
    gr.block("@blocked.example")
    everyone = "Ada Ben Cleo Dan Gus Hal Ivy Jon Kim Kit Lou Mia".split()
    world.marketing_list("Clients", everyone)
    world.marketing_list("Lyon", dynamic=True, query=LYON)
    world.marketing_list("Friends", ["Ada", "Ned", "Cleo"])
    world.marketing_list("Firms", target="account")
    world.list_record("clients", "Clients")
    world.list_record("lyon", "Lyon", gr_onleave=REMOVE)
    world.list_record("friends", "Friends")
    world.list_record("firms", "Firms")
    world.list_record("taken", "Friends")
    gr.taken_names.add("taken")
    friends = gr.add_campaign("friends")
    gr.sign_up(friends, "NED@example.net", "Ned of Old", scoring=3.5, engagement=2)
    gr.sign_up(friends, "olga@example.net")
    gr.unsubscribe(gr.sign_up(friends, "cleo@example.org", "Cleo Moreau"))
    return world


def next_day(world: World) -> None:
    """Every kind of edit on both sides, after the first day was synchronised."""
    gr, crm = world.box.getresponse, world.box.dynamics
    ada, ben, dan = (world.contact("clients", f"{n}@example.org") for n in ("ada", "ben", "dan"))
    clients = world.campaign("clients")
    world.box.clock.advance(timedelta(hours=3))
    crm.edit_contact(world.people["Ada"], lastname="Delacroix")
    crm.edit_contact(world.people["Ben"], lastname="Durand")
    gr.edit_contact(ben, name="Benny")
    crm.edit_contact(world.people["Cleo"], email="cleo@elsewhere.example")
    crm.delete_contact(world.people["Dan"])
    crm.edit_contact(world.people["Eve"], address1_city="Paris")
    crm.merge_contacts(world.people["Ada"], world.people["Kim"])
    crm.edit_contact(world.people["Hal"], email="hal@example.org")
    world.person("Pia", address1_city="Lyon")
    world.person("Quin")
    crm.add_members(world.marketing["Clients"], [world.people["Pia"], world.people["Quin"]])
    crm.remove_member(world.marketing["Friends"], world.people["Ada"])
    crm.deactivate_contact(world.people["Ned"])
    gr.sign_up(clients, "rosa@example.net", "Rosa")
    gr.sign_up(clients, "quin@example.org", "Quin at Work")
    gr.edit_contact(dan, email="dan@elsewhere.example")
    gr.unsubscribe(world.contact("clients", "lou@bücher.example"))
    gr.delete_contact(world.contact("friends", "olga@example.net"))
    gr.set_score(ada, scoring=9.25, engagement=5)
    gr.copy_contact(ada, world.campaign("lyon"))
    ned = world.record(world.contact("friends", "NED@example.net"))
    crm.edit_row("gr_contact", ned["gr_contactid"], gr_crmcontactid=world.people["Fay"])
    fay = world.record(world.contact("lyon", "fay@example.org"))
    crm.edit_row("gr_contact", fay["gr_contactid"], gr_crmcontactid=None, gr_email="x@example.org")
    crm.edit_row(
        "gr_list",
        world.lists["firms"],
        gr_syncstatus=NEW,
        gr_marketinglistid=world.marketing["Friends"],
    )


def next_week(world: World) -> None:
    """Old tokens, a full pass, contacts that vanished, a list that was deleted."""
    gr, crm = world.box.getresponse, world.box.dynamics
    world.box.clock.advance(timedelta(days=8))
    crm.expire_delta_tokens()
    crm.delete_contact(world.people["Fay"])
    crm.edit_contact(world.people["Quin"], firstname="Quinn")
    gr.move_contact(world.contact("clients", "rosa@example.net"), world.campaign("friends"))
    gr.set_score(world.contact("clients", "ada@example.org"), scoring=1.0)
    crm.edit_contact(world.people["Eve"], address1_city="Lyon")
    gr.delete_campaign(world.campaign("firms"))
