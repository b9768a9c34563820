"""Whatever people do on either side, and whatever fails: the two sides agree in the end.

A machine plays edits, faults and crashes in any order. After each run it checks what may never happen;
at the end edits and faults stop, and both sides must become equal and stay so. The number of lives and
their length grow with CONNECTORS_LIVES (examples) and CONNECTORS_STEPS.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from connectors.domain.contacts import InvalidAddress, parse_address
from connectors.domain.lifecycles import LIST, ListEvent
from connectors.engine.plans import Plan
from connectors.errors import CallError, PlanStale
from connectors.integrations.getresponse_dynamics.solution import list_status
from connectors.sandbox import Sandbox
from connectors.sandbox.getresponse.doors import ActiveContact
from connectors.sandbox.kernel import Fault
from connectors.stores import SqlStore
from tests.world import (
    CONTACT_STATUS,
    LIST_STATUS,
    LYON,
    NEW,
    REMOVE,
    Died,
    JobName,
    Moment,
    World,
)

LIVES = int(os.environ.get("CONNECTORS_LIVES", "40"))
SHRINK = "CONNECTORS_SHRINK" in os.environ
STEPS = int(os.environ.get("CONNECTORS_STEPS", "25"))

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Fay")
LISTS = ("clients", "lyon", "friends", "later")
ADDRESSES = (
    *(f"{name.lower()}@example.org" for name in NAMES),
    "ADA@Example.org",
    "guest@bücher.example",
    "guest@xn--bcher-kva.example",
    "new@example.net",
)
NO_ADDRESSES = (None, "no address", "trailing@example.org. ")
SURNAMES = ("Moreau", "Nowak", "Okafor", "Petit")

somebody = st.integers(0, 40)
a_list = st.sampled_from(LISTS)


@cache
def bench() -> SqlStore:
    """The one store all lives use in turn."""
    return SqlStore("sqlite://")


@cache
def pristine() -> World:
    """Seven people, one of whom must not be mailed; three lists that are set as new, one that is only
    saved; one list exists, and one of its members has left it."""
    world = World(Sandbox(seed=3))
    box = world.box
    box.calls.keep_bodies = True
    # The service refuses by itself to add who was removed; a wrong run shall succeed here.
    box.getresponse.removal_blocks = frozenset()
    for name in NAMES:
        world.person(name, address1_city="Lyon" if name in ("Eve", "Fay") else "Paris")
    world.person("Gus", donotemail=True)
    world.marketing_list("Clients", [*NAMES[:4], "Gus"])
    world.marketing_list("Lyon", dynamic=True, query=LYON)
    world.marketing_list("Friends", ["Ada", "Fay"])
    world.list_record("clients", "Clients")
    world.list_record("lyon", "Lyon", gr_onleave=REMOVE)
    world.list_record("friends", "Friends")
    world.list_record("later", "Friends", gr_syncstatus=None)
    friends = box.getresponse.add_campaign("friends")
    box.getresponse.sign_up(friends, "fay@example.org", "Fay from the fair")
    box.getresponse.sign_up(friends, "guest@bücher.example")
    box.getresponse.unsubscribe(box.getresponse.sign_up(friends, "ada@example.org"))
    return world


@cache
def settled() -> World:
    """The same after its first run."""
    world = pristine().copy()
    world.box.calls.keep_bodies = True
    for job in ("lists", "contacts"):
        world.driver().run(world.job("run", job))
    return world


def key_of(email: str | None) -> str | None:
    """The key of an address, None for what is none."""
    try:
        return parse_address(email).key
    except InvalidAddress:
        return None


class Life(RuleBasedStateMachine):
    """Two services, one integration, and everybody who has a hand in them."""

    @initialize(synchronised=st.sampled_from((True, True, False)))
    def begin(self, synchronised: bool) -> None:
        self.world = (settled() if synchronised else pristine()).copy(bench())
        self.crash: tuple[JobName, int, Moment] | None = None
        self.kept: Plan | None = None
        friends = next(c.id for c in self.gr.campaigns() if c.name == "friends")
        self.left = {(friends, "ada@example.org")}
        """(list, address key) of contacts that people removed in GetResponse."""
        self.left_people: set[tuple[str, str]] = set()
        """(list, CRM contact) of those among them that a run has met."""
        if synchronised:
            self.left_people.add((friends, self.world.people["Ada"]))
        self.tied: dict[str, tuple[str, str]] = {}
        """GetResponse contact → the (list, CRM contact) its record said last."""
        self.ever: set[tuple[str, str]] = set()
        """All of those so far: who was moved away from a list is not put there again."""
        self.remember_ties()
        self.seen_ties = self.ties()
        """GetResponse contact → CRM contact, as the last run left them."""
        self.rejected: set[str | None] = set()
        """Keys of addresses that GetResponse may have refused: it is not asked again."""
        self.owed: dict[str, tuple[str, str]] = {}
        """GetResponse contact → CRM contact whose new name it has to get, and the name before."""

    # --- who there is ---

    @property
    def crm(self) -> Any:
        return self.world.box.dynamics

    @property
    def gr(self) -> Any:
        return self.world.box.getresponse

    def people(self, *, active: bool = False) -> list[str]:
        rows = self.crm.rows("contact")
        return [r["contactid"] for r in rows if not active or r["statecode"] == 0]

    def contacts(self) -> list[ActiveContact]:
        return sorted(self.gr.contacts(), key=lambda c: (c.created, c.campaign, c.email))

    def records(self) -> list[dict[str, Any]]:
        return list(self.crm.rows("gr_contact"))

    def ties(self) -> dict[str, str]:
        found = ((r["gr_getresponseid"], r.get("gr_crmcontactid")) for r in self.records())
        return {gr_id: crm_id for gr_id, crm_id in found if crm_id}

    def list_row(self, name: str) -> dict[str, Any]:
        return dict(self.crm.row("gr_list", self.world.lists[name]))

    def campaigns(self) -> dict[str, str]:
        """Lists that exist in GetResponse, by id, with the name of their record."""
        there = {c.id for c in self.gr.campaigns()}
        rows = {name: self.list_row(name) for name in LISTS}
        return {
            row["gr_campaignid"]: name
            for name, row in rows.items()
            if row.get("gr_campaignid") in there and self.status(row) == "created"
        }

    def status(self, row: dict[str, Any]) -> str:
        return LIST_STATUS.get(row.get("gr_syncstatus", -1), "saved")

    def members(self, name: str) -> list[str]:
        return list(self.crm.members(self.list_row(name)["gr_marketinglistid"]))

    def remember_ties(self) -> None:
        """Records may be torn up: what they said stays known here."""
        campaigns = {c.id: c.campaign for c in self.contacts()}
        for row in self.records():
            gr_id, crm_id = row["gr_getresponseid"], row.get("gr_crmcontactid")
            if crm_id and gr_id in campaigns:
                self.tied[gr_id] = (campaigns[gr_id], crm_id)
                self.ever.add(self.tied[gr_id])

    # --- what people do in the CRM ---

    @rule(who=somebody, surname=st.sampled_from(SURNAMES))
    def rename(self, who: int, surname: str) -> None:
        if people := self.people(active=True):
            crm_id = people[who % len(people)]
            before = self.crm.row("contact", crm_id)["fullname"]
            self.crm.edit_contact(crm_id, lastname=surname)
            for row in self.records():
                # A tie that is new since the last run takes the name as it stands.
                known = self.seen_ties.get(row["gr_getresponseid"]) == crm_id
                if known and row.get("gr_crmcontactid") == crm_id and self.is_live(row, crm_id):
                    self.owed.setdefault(row["gr_getresponseid"], (crm_id, before))

    def is_live(self, row: dict[str, Any], crm_id: str) -> bool:
        """Whether names go from this CRM contact to the contact of this record."""
        names = {id: name for name, id in self.world.lists.items()}
        name = names.get(row.get("gr_listid", ""), "")
        active = {c.id for c in self.contacts()}
        return (
            row["gr_getresponseid"] in active
            and name in self.campaigns().values()
            and crm_id in self.members(name)
        )

    @rule(who=somebody, email=st.sampled_from((*ADDRESSES, *NO_ADDRESSES)))
    def readdress(self, who: int, email: str | None) -> None:
        if people := self.people(active=True):
            self.crm.edit_contact(people[who % len(people)], email=email)

    @rule(who=somebody, mail=st.booleans(), bulk=st.booleans())
    def flag(self, who: int, mail: bool, bulk: bool) -> None:
        if people := self.people(active=True):
            self.crm.edit_contact(people[who % len(people)], donotemail=mail, donotbulkemail=bulk)

    @rule(who=somebody)
    def deactivate(self, who: int) -> None:
        if people := self.people(active=True):
            self.crm.deactivate_contact(people[who % len(people)])

    @rule(who=somebody)
    def delete(self, who: int) -> None:
        if people := self.people():
            self.crm.delete_contact(people[who % len(people)])

    @rule(winner=somebody, loser=somebody)
    def merge(self, winner: int, loser: int) -> None:
        people = self.people(active=True)
        if len(people) > 1 and winner % len(people) != loser % len(people):
            stays, gone = people[winner % len(people)], people[loser % len(people)]
            self.crm.merge_contacts(stays, gone)
            # The survivor has the ties of both, and has left what either has left.
            for pairs in (self.left_people, self.ever):
                pairs |= {(campaign, stays) for campaign, crm_id in pairs if crm_id == gone}
            self.owed = {g: c for g, c in self.owed.items() if c[0] != gone}

    @rule(who=somebody, name=a_list)
    def join(self, who: int, name: str) -> None:
        people, marketing = self.people(active=True), self.list_row(name)["gr_marketinglistid"]
        if people:
            chosen = people[who % len(people)]
            if self.crm.row("list", marketing)["type"]:
                self.crm.edit_contact(chosen, address1_city="Lyon")
            else:
                self.crm.add_members(marketing, [chosen])

    @rule(who=somebody, name=a_list)
    def leave(self, who: int, name: str) -> None:
        members, marketing = self.members(name), self.list_row(name)["gr_marketinglistid"]
        if members:
            chosen = members[who % len(members)]
            if self.crm.row("list", marketing)["type"]:
                self.crm.edit_contact(chosen, address1_city="Paris")
            else:
                self.crm.remove_member(marketing, chosen)

    @rule(number=st.integers(0, 3), name=a_list, email=st.sampled_from(ADDRESSES))
    def arrive(self, number: int, name: str, email: str) -> None:
        if len(self.people()) < 10:
            city = "Lyon" if number % 2 else "Paris"
            self.world.person(f"Zoe{number}", email, address1_city=city)

    # --- what people do to records in Dynamics ---

    @rule(which=somebody, who=st.none() | somebody)
    def relink(self, which: int, who: int | None) -> None:
        records, people = self.records(), self.people(active=True)
        if records and people:
            row = records[which % len(records)]
            if CONTACT_STATUS.get(row.get("gr_syncstatus", -1)) == "deleted":
                return
            chosen = None if who is None else people[who % len(people)]
            self.crm.edit_row("gr_contact", row["gr_contactid"], gr_crmcontactid=chosen)
            self.owed.pop(row["gr_getresponseid"], None)

    @rule(which=somebody)
    def scribble(self, which: int) -> None:
        if records := self.records():
            row = records[which % len(records)]
            self.crm.edit_row("gr_contact", row["gr_contactid"], gr_email="scribble@example.org")

    @rule(which=somebody)
    def tear_up(self, which: int) -> None:
        if records := self.records():
            row = records[which % len(records)]
            self.crm.delete_row("gr_contact", row["gr_contactid"])
            self.owed.pop(row["gr_getresponseid"], None)

    @rule(name=a_list)
    def set_as_new(self, name: str) -> None:
        row = self.list_row(name)
        if LIST.allows(list_status(row.get("gr_syncstatus")), ListEvent.SET_AS_NEW):
            self.crm.edit_row("gr_list", row["gr_listid"], gr_syncstatus=NEW)

    # --- what people do in GetResponse ---

    @rule(
        which=somebody,
        email=st.sampled_from(ADDRESSES),
        named=st.none() | st.sampled_from(SURNAMES),
    )
    def sign_up(self, which: int, email: str, named: str | None) -> None:
        if campaigns := sorted(self.campaigns()):
            campaign = campaigns[which % len(campaigns)]
            if self.free(campaign, email):
                self.gr.sign_up(campaign, email, named)

    def lose_sight(self, contact: ActiveContact) -> None:
        """Somebody whom no run has seen yet is changed beyond recognition: counts as refused."""
        if all(row["gr_getresponseid"] != contact.id for row in self.records()):
            self.rejected.add(key_of(contact.email))

    def free(self, campaign: str, email: str) -> bool:
        there = {c.email.lower() for c in self.gr.contacts(campaign)}
        return email.lower() not in there

    @rule(which=somebody, name=st.sampled_from(SURNAMES))
    def gr_rename(self, which: int, name: str) -> None:
        if contacts := self.contacts():
            self.gr.edit_contact(contacts[which % len(contacts)].id, name=name)

    @rule(which=somebody, email=st.sampled_from(ADDRESSES))
    def gr_readdress(self, which: int, email: str) -> None:
        if contacts := self.contacts():
            chosen = contacts[which % len(contacts)]
            if self.free(chosen.campaign, email):
                self.lose_sight(chosen)
                self.gr.edit_contact(chosen.id, email=email)

    @rule(which=somebody, points=st.integers(0, 9))
    def score(self, which: int, points: int) -> None:
        if contacts := self.contacts():
            self.gr.set_score(contacts[which % len(contacts)].id, scoring=points / 4)

    @rule(which=somebody, deleted=st.booleans())
    def unsubscribe(self, which: int, deleted: bool) -> None:
        if contacts := self.contacts():
            chosen = contacts[which % len(contacts)]
            self.left.add((chosen.campaign, key_of(chosen.email) or ""))
            self.remember_ties()
            if chosen.id in self.tied:
                self.left_people.add(self.tied[chosen.id])
            self.owed.pop(chosen.id, None)
            (self.gr.delete_contact if deleted else self.gr.unsubscribe)(chosen.id)

    @rule(which=somebody, to=somebody, moved=st.booleans())
    def copy(self, which: int, to: int, moved: bool) -> None:
        contacts, campaigns = self.contacts(), sorted(self.campaigns())
        if contacts and campaigns:
            chosen, target = contacts[which % len(contacts)], campaigns[to % len(campaigns)]
            if self.free(target, chosen.email):
                if moved:
                    self.owed.pop(chosen.id, None)
                    self.lose_sight(chosen)
                (self.gr.move_contact if moved else self.gr.copy_contact)(chosen.id, target)

    @rule(which=somebody)
    @precondition(lambda self: len(self.campaigns()) > 2)
    def delete_list(self, which: int) -> None:
        campaigns = sorted(self.campaigns())
        self.gr.delete_campaign(campaigns[which % len(campaigns)])

    # --- what fails ---

    @rule()
    def expire(self) -> None:
        self.crm.expire_delta_tokens()

    @rule(seconds=st.sampled_from((0.0, 30.0, 600.0, 7200.0)))
    def delay(self, seconds: float) -> None:
        self.gr.visible_after = seconds

    @rule(email=st.sampled_from(ADDRESSES))
    def reject(self, email: str) -> None:
        self.rejected.add(key_of(email))
        self.gr.silently_reject = lambda given: given.lower() == email.lower()

    @rule(
        kind=st.sampled_from(("lost", "not_sent", "throttled", "broken")),
        method=st.sampled_from(("GET", "POST", "PATCH", "DELETE")),
        service=st.sampled_from(("getresponse", "dynamics")),
        skip=st.integers(0, 4),
        times=st.sampled_from((1, 1, 6)),
    )
    def fail(self, kind: str, method: str, service: str, skip: int, times: int) -> None:
        fault = Fault("lost", service, method, skip=skip, times=times)
        if kind == "not_sent":
            fault.kind = "not_sent"
        elif kind == "throttled":
            fault.kind, fault.status, fault.headers = "answer", 429, {"Retry-After": "20"}
        elif kind == "broken":
            fault.kind, fault.status = "answer_after", 502
        self.world.box.faults.add(fault)

    @rule(
        job=st.sampled_from(("lists", "contacts", "contacts")),
        at=st.integers(0, 150),
        moment=st.sampled_from(("before", "amid", "after", "lost")),
    )
    def doom(self, job: JobName, at: int, moment: Moment) -> None:
        self.crash = (job, at, moment)

    @rule(minutes=st.sampled_from((1, 10, 61, 180, 1500, 6000)))
    def wait(self, minutes: int) -> None:
        self.world.box.clock.advance(timedelta(minutes=minutes))

    # --- the integration ---

    @rule()
    def run(self) -> None:
        self.attempt("lists", "run")
        self.attempt("contacts", "run")

    @rule(minutes=st.sampled_from((1, 61, 1500)))
    def run_later(self, minutes: int) -> None:
        self.wait(minutes)
        self.run()

    @rule(
        job=st.sampled_from(("lists", "contacts", "contacts")),
        at=st.integers(0, 150),
        moment=st.sampled_from(("before", "amid", "after", "lost")),
    )
    def run_into_a_crash(self, job: JobName, at: int, moment: Moment) -> None:
        self.doom(job, at, moment)
        self.run()

    @rule(job=st.sampled_from(("lists", "contacts")))
    def plan(self, job: JobName) -> None:
        self.kept = self.attempt(job, "plan")

    @rule()
    @precondition(lambda self: self.kept is not None)
    def apply(self) -> None:
        assert self.kept is not None
        self.attempt("contacts" if self.kept.job == "contacts" else "lists", "apply", self.kept)

    def attempt(self, job: JobName, kind: str, plan: Plan | None = None) -> Any:
        """A job as a process of its own; it may die, or end with an error where something fails."""
        at: int | None = None
        moment: Moment = "before"
        if self.crash is not None and self.crash[0] == job:
            _, at, moment = self.crash
            self.crash = None
        lost = moment == "lost" and at is not None
        faulty = bool(self.world.box.faults._faults) or lost
        people, calls = self.world.look().people, len(list(self.world.box.calls))
        members = {name: set(self.members(name)) for name in LISTS}
        whole, answer = False, None
        try:
            answer = self.world.driver(at, moment).run(self.world.job(kind, job, plan))
            whole = True
        except Died:
            self.world.restart()
        except PlanStale:
            assert kind == "apply"
        except CallError as error:
            note(f"{job} {kind}: {error}")
            assert faulty, error
        assert self.world.look().people == people, "a CRM contact was written"
        self.remember_ties()
        self.check_calls(calls, members)
        self.check_records()
        if whole and not faulty and job == "contacts" and kind == "run":
            self.check_names()
            self.seen_ties = self.ties()
        return answer

    # --- what may never happen ---

    def check_calls(self, since: int, members: dict[str, set[str]]) -> None:
        """I8, I12: what was sent to GetResponse."""
        names = self.campaigns()
        addresses: dict[str, set[str]] = {}
        for row in self.crm.rows("contact"):
            addresses.setdefault(key_of(row.get("emailaddress1")) or "", set()).add(
                row["contactid"]
            )
        for call in list(self.world.box.calls)[since:]:
            if call.service != "getresponse" or call.status not in (0, 200, 202, 204):
                continue
            body = json.loads(call.body) if call.body else {}
            if call.operation == "contacts.update":
                assert set(body) == {"name"}, "more than a name was pushed"
            if call.operation == "contacts.delete":
                gr_id = call.url.rpartition("/")[2]
                rows = [r for r in self.records() if r["gr_getresponseid"] == gr_id]
                for row in rows:
                    name = next(n for n, i in self.world.lists.items() if i == row["gr_listid"])
                    assert name == "lyon", "only this list removes who leaves"
                    assert row["gr_crmcontactid"] not in members[name], "it is a member"
                    owner = self.crm.row("contact", row["gr_crmcontactid"])
                    assert owner["statecode"] == 0, "inactive and deleted ones are left alone"
            created: list[tuple[str, str]] = []
            if call.operation == "contacts.create":
                created = [(body["campaign"]["campaignId"], body["email"])]
            elif call.operation == "contacts.batch":
                created = [(body["campaignId"], each["email"]) for each in body["contacts"]]
            for campaign, email in created:
                key = key_of(email) or ""
                assert (campaign, key) not in self.left, "somebody is subscribed again"
                owners = addresses.get(key, set()) & members[names[campaign]]
                assert any(self.may_be_mailed(owner) for owner in owners), "nobody consents"
                if len(owners) == 1:
                    (owner,) = owners
                    assert (campaign, owner) not in self.left_people, (
                        "subscribed by another address"
                    )

    def may_be_mailed(self, crm_id: str) -> bool:
        row = self.crm.row("contact", crm_id)
        return bool(row["statecode"] == 0 and not row["donotemail"] and not row["donotbulkemail"])

    def check_records(self) -> None:
        """I7, I4: nothing is marked deleted that is alive; one record for a contact."""
        active = {c.id for c in self.contacts()}
        seen: set[str] = set()
        for row in self.records():
            gr_id = row["gr_getresponseid"]
            assert gr_id not in seen, "two records for one contact"
            seen.add(gr_id)
            if CONTACT_STATUS.get(row.get("gr_syncstatus", -1)) == "deleted":
                assert gr_id not in active, "marked as deleted, and alive"

    def check_names(self) -> None:
        """I3: a name that was edited in the CRM, its owner, is in GetResponse now."""
        contacts = {c.id: c for c in self.contacts()}
        rows = {r["gr_getresponseid"]: r for r in self.records()}
        for gr_id, (crm_id, before) in self.owed.items():
            person, contact = self.crm.row("contact", crm_id), contacts.get(gr_id)
            if person is None or contact is None or person["statecode"] != 0 or gr_id not in rows:
                continue
            if person["fullname"] == before:
                continue
            if rows[gr_id].get("gr_crmcontactid") == crm_id and self.is_live(rows[gr_id], crm_id):
                assert contact.name == person["fullname"], "a name of the CRM is lost"
        self.owed.clear()

    # --- in the end ---

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.box.faults.clear()
        self.crash, self.kept = None, None
        self.gr.visible_after = 0.0
        for minutes in (5, 1500, 5):
            self.world.box.clock.advance(timedelta(minutes=minutes))
            self.settle()
        self.check_equal()

    def settle(self) -> None:
        """Run until nothing is written: soon, and for ever after (I1, I2)."""
        for _ in range(6):
            before = self.world.writes
            self.run()
            if self.world.writes == before:
                break
        else:
            raise AssertionError("it does not come to rest")

    def check_equal(self) -> None:
        """I1: both sides are equal under the mapping."""
        records = {r["gr_getresponseid"]: r for r in self.records()}
        mapped = self.campaigns()
        active = {c.id: c for c in self.contacts() if c.campaign in mapped}
        for contact in active.values():
            row = records.get(contact.id)
            assert row is not None, f"{contact.email} of {mapped[contact.campaign]} has no record"
            shown = (row.get("gr_name"), row.get("gr_email"), row.get("gr_scoring"))
            scoring = None if contact.scoring is None else float(contact.scoring)
            assert shown == (contact.name, contact.email, scoring)
            assert row["gr_listid"] == self.world.lists[mapped[contact.campaign]]
            wanted = "synchronized" if row.get("gr_crmcontactid") else "processing"
            assert CONTACT_STATUS[row["gr_syncstatus"]] == wanted
        ids = {self.world.lists[name] for name in mapped.values()}
        for row in records.values():
            if row.get("gr_listid") in ids and row["gr_getresponseid"] not in active:
                assert CONTACT_STATUS[row["gr_syncstatus"]] == "deleted", row
        for campaign, name in mapped.items():
            self.check_members(campaign, name)

    def check_members(self, campaign: str, name: str) -> None:
        """Who ought to be in a list is in it; of several with one address, one is enough."""
        there = {key_of(c.email) for c in self.gr.contacts(campaign)}
        self.remember_ties()
        wanted: dict[str | None, list[str]] = {}
        for crm_id in self.members(name):
            if self.may_be_mailed(crm_id):
                key = key_of(self.crm.row("contact", crm_id).get("emailaddress1"))
                wanted.setdefault(key, []).append(crm_id)
        for key, people in wanted.items():
            excused = (
                key is None
                or (campaign, key) in self.left
                or any((campaign, crm_id) in self.left_people for crm_id in people)
                or any((campaign, crm_id) in self.ever for crm_id in people)
                or key in self.rejected
            )
            assert excused or key in there, f"{key} is missing in {name}"


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize="CONNECTORS_LIVES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
    # To make a failing life short takes minutes; it is worth that only to who looks for its cause.
    phases=[phase for phase in Phase if SHRINK or phase is not Phase.shrink],
)
