"""The demonstration: real input, both services offline, every change explained, every claim checked.

It makes a world from the committed data, plans and applies, runs again, plays a day of edits on both
sides, synchronises again, and checks what it says. It needs no account and no network.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from .core.auth import ClientCredentials
from .domain.plan import Verb
from .dynamics.blocking import DynamicsClient
from .getresponse.blocking import GetResponseClient
from .integrations.getresponse_dynamics.blocking import GetResponseDynamics
from .integrations.getresponse_dynamics.expected import ContactsCase, ListsCase, expected_calls
from .integrations.getresponse_dynamics.settings import Settings
from .integrations.getresponse_dynamics.solution import choice
from .runtime.http import Transport
from .sandbox import Sandbox
from .stores import SqlStore

Show = Callable[[str], None]

_INSIDE = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).parents[2] / "examples" / "data"
DATA = _INSIDE if _INSIDE.is_dir() else _CHECKOUT

NEW = choice("gr_liststatus", "new")
CREATED = choice("gr_liststatus", "created")
PROCESSING = choice("gr_contactstatus", "processing")
SYNCHRONIZED = choice("gr_contactstatus", "synchronized")
DELETED = choice("gr_contactstatus", "deleted")

_MARGIN = timedelta(minutes=2)


@frozen
class Check:
    """One thing the demonstration says, and whether it was so."""

    what: str
    expected: str
    ok: bool


@frozen
class CallRow:
    """Calls of one endpoint in one phase, beside what the formula says."""

    phase: str
    endpoint: str
    calls: int
    expected: int


@frozen(kw_only=True)
class Result:
    """What the demonstration did."""

    checks: tuple[Check, ...]
    calls: tuple[CallRow, ...]
    totals: Mapping[str, Mapping[str, int]]
    store: str
    seed: int

    @property
    def ok(self) -> bool:
        """Whether everything it says was so."""
        return all(c.ok for c in self.checks) and all(r.calls == r.expected for r in self.calls)

    def to_dict(self) -> dict[str, object]:
        """All of it as plain data."""
        return {
            "ok": self.ok,
            "checks": [{"what": c.what, "expected": c.expected, "ok": c.ok} for c in self.checks],
            "calls": [
                {"phase": r.phase, "endpoint": r.endpoint, "calls": r.calls, "expected": r.expected}
                for r in self.calls
            ],
            "totals": {phase: dict(counts) for phase, counts in self.totals.items()},
            "store": self.store,
            "seed": self.seed,
        }


def load_world(box: Sandbox, data: Path = DATA) -> dict[str, str]:
    """Put the committed contacts and marketing lists into Dynamics; list record ids by name.

    Raises:
        FileNotFoundError: the data is not where the package or the checkout has it.
    """
    with open(data / "contacts.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        box.dynamics.add_contact(
            id=row["contactid"],
            firstname=row["firstname"] or None,
            lastname=row["lastname"] or None,
            email=row["emailaddress1"] or None,
            donotemail=row["donotemail"] == "true",
            donotbulkemail=row["donotbulkemail"] == "true",
            address1_city=row["city"] or None,
            address1_country=row["country"] or None,
            jobtitle=row["jobtitle"] or None,
        )
    for row in rows:
        if row["merged_into"]:
            box.dynamics.merge_contacts(row["merged_into"], row["contactid"])
        elif row["statecode"] == "1":
            box.dynamics.deactivate_contact(row["contactid"])
    lists = tomllib.loads((data / "marketing_lists.toml").read_text(encoding="utf-8"))["list"]
    records = {}
    for entry in lists:
        marketing = box.dynamics.add_marketing_list(
            entry["name"],
            dynamic=entry["type"] == "dynamic",
            query=entry.get("query"),
            target=entry["target"],
            members=entry.get("members", ()),
        )
        if name := entry.get("getresponse_list"):
            records[name] = _list_record(box, name, marketing)
    return records


def generated_world(box: Sandbox) -> dict[str, str]:
    """One static list over the sandbox's own people."""
    members = [row["contactid"] for row in box.dynamics.rows("contact")]
    marketing = box.dynamics.add_marketing_list("Everyone", members=members)
    return {"everyone": _list_record(box, "everyone", marketing)}


def _list_record(box: Sandbox, name: str, marketing: str) -> str:
    return box.dynamics.add_row(
        "gr_list", gr_name=name, gr_marketinglistid=marketing, gr_syncstatus=NEW
    )


class Demo:
    """Plays the demonstration.

    Args:
        store: file of the sync store; it must not exist yet.
        contacts: None for the committed data, else how many generated contacts (1 to 200,000).
        seed: makes the run repeatable.
        show: takes each line for the person who watches.
        wrap: put around the sandbox's transport, to watch calls pass by.
    """

    def __init__(
        self,
        store: Path,
        *,
        contacts: int | None = None,
        seed: int = 1,
        show: Show = print,
        wrap: Callable[[Transport], Transport] = lambda transport: transport,
    ) -> None:
        self._show = show
        self._seed = seed
        self._store = store
        self._generated = contacts is not None
        self._box = Sandbox(seed=seed, contacts=contacts or 0)
        self._box.calls.keep_records = False
        self._records = generated_world(self._box) if self._generated else load_world(self._box)
        self._settings = Settings(block=1000 if self._generated else 200)
        self._transport = wrap(self._box.transport)
        self._checks: list[Check] = []
        self._calls: list[CallRow] = []
        self._totals: dict[str, dict[str, int]] = {}
        self._walked: set[str] = set()
        self._written = 0
        self._last: datetime | None = None

    def run(self) -> Result:
        """Play it from the first line to the last."""
        box = self._box
        key = ClientCredentials(
            box.dynamics.client_id, box.dynamics.client_secret, authority=box.dynamics.authority
        )
        with (
            GetResponseClient(box.getresponse.key, transport=self._transport) as getresponse,
            DynamicsClient(box.dynamics.url, key, transport=self._transport) as dynamics,
        ):
            store = SqlStore(f"sqlite:///{self._store}")
            self._sync = GetResponseDynamics(
                getresponse, dynamics, store=store, settings=self._settings
            )
            try:
                self._play()
            finally:
                store.close()
        return Result(
            checks=tuple(self._checks),
            calls=tuple(self._calls),
            totals=self._totals,
            store=str(self._store),
            seed=self._seed,
        )

    def _play(self) -> None:
        people = len(self._box.dynamics.rows("contact"))
        self._title(f"A CRM with {people} contacts and {len(self._records)} lists to synchronise")
        self._synchronise("first sync")
        self._quiet("run again")
        if not self._generated:
            self._title("A day passes, with edits on both sides")
            day = Day(self._box, self._records)
            for line in day.play():
                self._show(f"  {line}")
            self._synchronise("after the day", day)
            self._checks += day.checks()
            self._quiet("once more")
        self._title("An hour in which nothing happens")
        self._box.clock.sleep(3 * 3600)
        self._quiet("a quiet hour")

    # --- phases ---

    def _synchronise(self, phase: str, day: Day | None = None) -> None:
        """Plan, print, apply: lists, then contacts."""
        records = [r for r in self._box.dynamics.rows("gr_list") if r["gr_syncstatus"] == NEW]
        campaigns = len(self._box.getresponse.campaigns())
        self._title(f"{phase}: what would change in the lists, and why")
        plan = self._sync.lists.plan()
        self._show(str(plan))
        report = self._sync.apply(plan)
        self._show(str(report))
        created = plan.counts.get("create Dynamics list", 0)
        lists_case = ListsCase(
            records=len(self._box.dynamics.rows("gr_list")),
            marketing_lists=len(self._box.dynamics.rows("list")),
            campaigns=campaigns,
            created=created,
            name_taken=day.names_taken if day else 0,
            changed=plan.writes,
        )
        self._count(f"{phase}: lists", (plan.calls, report.calls), lists_case)
        self._claim(
            phase, "each new list is created, adopted or refused", plan.writes >= len(records)
        )
        self._title(f"{phase}: what would change in the contacts, and why")
        began = self._box.clock.now()
        plan = self._sync.contacts.plan()
        self._show(str(plan))
        seen = self._look(began, day.crm_edits if day else None)
        self._title(f"{phase}: apply it")
        report = self._sync.apply(plan)
        self._show(str(report))
        planned = sum(n for name, n in plan.counts.items() if name.endswith("Dynamics record"))
        written = sum(n for name, n in report.done.items() if name.endswith("Dynamics record"))
        wanted: dict[str, list[str]] = {}
        for change in plan:
            if change.verb is Verb.CREATE and change.kind == "contact":
                wanted.setdefault(change.scope, []).append(str(change.payload["email"]))
        since = began.replace(microsecond=0) - _MARGIN
        case = evolve(
            seen,
            created=tuple(len(addresses) for addresses in wanted.values()),
            refused=tuple(self._refused(scope, who) for scope, who in wanted.items()),
            discovered=tuple(self._gained(scope, since) for scope in wanted),
            updated=report.done.get("update GetResponse contact", 0),
            deleted=report.done.get("delete GetResponse contact", 0),
            records=(planned, written - planned),
        )
        self._written = written
        self._count(f"{phase}: contacts", (plan.calls, report.calls), case)
        self._totals[phase] = {
            **report.done,
            **{f"left alone: {reason}": n for reason, n in report.skipped.items()},
            **{f"failed: {name}": n for name, n in report.failed.items()},
        }
        refused = sum(len(places) for places in case.refused)
        failed = sum(report.failed.values())
        self._claim(phase, "only what GetResponse refused has failed", failed == refused)
        self._last = began

    def _quiet(self, phase: str) -> None:
        """A run that must not write."""
        before = self._box.getresponse.writes, self._box.dynamics.writes
        self._title(f"{phase}: nothing to do")
        lists = self._sync.lists.run()
        began = self._box.clock.now()
        case = self._look(began, 0)
        contacts = self._sync.contacts.run()
        self._show(
            f"lists: {lists.writes} changes; contacts: {contacts.writes} changes, in "
            f"{sum(lists.calls.values()) + sum(contacts.calls.values())} calls"
        )
        after = self._box.getresponse.writes, self._box.dynamics.writes
        self._count(f"{phase}: contacts", (contacts.calls,), case)
        self._claim(phase, "no write on either side", after == before)
        self._written = 0
        self._last = began

    # --- what there is to read, seen from inside the two services ---

    def _look(self, began: datetime, crm_edits: int | None) -> ContactsCase:
        """What a contacts run that begins now has to read."""
        dynamics, getresponse = self._box.dynamics, self._box.getresponse
        mapped = [r for r in dynamics.rows("gr_list") if r["gr_syncstatus"] == CREATED]
        kinds = {row["listid"]: row["type"] for row in dynamics.rows("list")}
        fresh = [r for r in mapped if r["gr_listid"] not in self._walked]
        self._walked |= {r["gr_listid"] for r in mapped}
        windows = None
        if self._last is not None and len(fresh) < len(mapped):
            since = self._last.replace(microsecond=0) - self._settings.overlap
            everybody = getresponse.contacts()
            windows = (
                sum(1 for c in everybody if c.changed and c.changed >= since),
                sum(1 for c in everybody if c.created >= since),
            )
        sizes = {r["gr_listid"]: len(dynamics.members(r["gr_marketinglistid"])) for r in mapped}
        return ContactsCase(
            crm_rows=len(dynamics.rows("contact")) if crm_edits is None else crm_edits,
            record_rows=self._written,
            static=tuple(
                sizes[r["gr_listid"]] for r in mapped if not kinds[r["gr_marketinglistid"]]
            ),
            dynamic=tuple(sizes[r["gr_listid"]] for r in mapped if kinds[r["gr_marketinglistid"]]),
            walked=tuple(len(getresponse.contacts(r["gr_campaignid"])) for r in fresh),
            windows=windows,
            removed=sum(len(getresponse.removed(r["gr_campaignid"])) for r in mapped),
            block=self._settings.block,
        )

    def _refused(self, list_record: str, addresses: Sequence[str]) -> tuple[int, ...]:
        campaign = str((self._box.dynamics.row("gr_list", list_record) or {})["gr_campaignid"])
        find = self._box.getresponse.find
        return tuple(i for i, address in enumerate(addresses) if find(campaign, address) is None)

    def _gained(self, list_record: str, since: datetime) -> int:
        row = self._box.dynamics.row("gr_list", list_record)
        if row is None:
            return 0
        return sum(
            1 for c in self._box.getresponse.contacts(row["gr_campaignid"]) if c.created >= since
        )

    # --- telling ---

    def _title(self, text: str) -> None:
        self._show("")
        self._show(f"== {text}")

    def _claim(self, what: str, expected: str, ok: bool) -> None:
        self._checks.append(Check(what, expected, ok))

    def _count(
        self, phase: str, made: Sequence[Mapping[str, int]], case: ListsCase | ContactsCase
    ) -> None:
        calls: Counter[str] = Counter()
        for counts in made:
            calls.update(counts)
        expected = expected_calls(case)
        self._calls += [
            CallRow(phase, endpoint, calls[endpoint], expected.get(endpoint, 0))
            for endpoint in sorted({*calls, *expected})
        ]


class Day:
    """A day of edits on both sides, and what must have come of each."""

    def __init__(self, box: Sandbox, records: Mapping[str, str]) -> None:
        self._box = box
        self._records = records
        self._checks: list[Callable[[], Check]] = []
        self.names_taken = 0
        self.crm_edits = 0
        record = box.dynamics.row("gr_list", records["customers-lyon"]) or {}
        self._campaign = str(record["gr_campaignid"])
        self._marketing = str(record["gr_marketinglistid"])
        self._members = box.dynamics.members(self._marketing)

    def checks(self) -> list[Check]:
        """What came of the day."""
        return [check() for check in self._checks]

    def play(self) -> Iterator[str]:
        """Make the edits; each line says one."""
        for edit in (
            self._sign_up,
            self._new_address_in_getresponse,
            self._new_address_in_crm,
            self._new_name_in_crm,
            self._unsubscribe,
            self._delete_contact,
            self._delete_list,
            self._name_clash,
            self._join,
            self._leave,
            self._adopt,
        ):
            self._box.clock.sleep(1800)
            yield edit()

    def _expect(self, what: str, expected: str, test: Callable[[], bool]) -> None:
        self._checks.append(lambda: Check(what, expected, test()))

    def _person(self, number: int) -> tuple[str, dict[str, Any], str]:
        """A member of the first list: CRM id, CRM row, GetResponse id."""
        crm_id = self._members[number]
        row = self._box.dynamics.row("contact", crm_id) or {}
        contact = self._box.getresponse.find(self._campaign, str(row["emailaddress1"]))
        return crm_id, row, contact.id if contact else ""

    def _record(self, gr_id: str) -> dict[str, Any]:
        rows = self._box.dynamics.rows("gr_contact")
        return next((r for r in rows if r["gr_getresponseid"] == gr_id), {})

    def _active(self, gr_id: str) -> Any:
        return next(
            (c for c in self._box.getresponse.contacts(self._campaign) if c.id == gr_id), None
        )

    def _sign_up(self) -> str:
        gr_id = self._box.getresponse.sign_up(
            self._campaign, "noor.haddad@example.org", "Noor Haddad"
        )
        self._expect(
            "sign-up in GetResponse",
            "a record without CRM contact, Processing in Dynamics; no CRM contact made",
            lambda: (
                self._record(gr_id).get("gr_syncstatus") == PROCESSING
                and self._record(gr_id).get("gr_crmcontactid") is None
                and not any(
                    r.get("emailaddress1") == "noor.haddad@example.org"
                    for r in self._box.dynamics.rows("contact")
                )
            ),
        )
        return "Noor Haddad signs up in GetResponse"

    def _new_address_in_getresponse(self) -> str:
        crm_id, row, gr_id = self._person(1)
        self._box.getresponse.edit_contact(gr_id, email="moved.away@example.net")
        self._expect(
            "e-mail changed in GetResponse",
            "the record has the new address, the CRM contact the old",
            lambda: (
                self._record(gr_id).get("gr_email") == "moved.away@example.net"
                and (self._box.dynamics.row("contact", crm_id) or {})["emailaddress1"]
                == row["emailaddress1"]
            ),
        )
        return f"{row['fullname']} changes the address in GetResponse"

    def _new_address_in_crm(self) -> str:
        crm_id, row, gr_id = self._person(2)
        self._box.dynamics.edit_contact(crm_id, emailaddress1="elsewhere@example.com")
        self.crm_edits += 1
        self._expect(
            "e-mail changed in the CRM",
            "GetResponse keeps the old address, and there is no second contact",
            lambda: (
                self._active(gr_id).email == row["emailaddress1"]
                and self._box.getresponse.find(self._campaign, "elsewhere@example.com") is None
            ),
        )
        return f"{row['fullname']} gets another address in the CRM"

    def _new_name_in_crm(self) -> str:
        crm_id, row, gr_id = self._person(3)
        self._box.dynamics.edit_contact(crm_id, lastname="Delacroix-Meunier")
        self.crm_edits += 1
        self._expect(
            "name changed in the CRM",
            "GetResponse and the record have the new name",
            lambda: (
                self._active(gr_id).name.endswith("Delacroix-Meunier")
                and self._record(gr_id)["gr_name"] == self._active(gr_id).name
            ),
        )
        return f"{row['fullname']} marries, in the CRM"

    def _unsubscribe(self) -> str:
        _, row, gr_id = self._person(4)
        self._box.getresponse.unsubscribe(gr_id)
        self._expect(
            "unsubscribed",
            "the record says Deleted in GetResponse, and nobody subscribes them again",
            lambda: (
                self._record(gr_id).get("gr_syncstatus") == DELETED
                and self._box.getresponse.find(self._campaign, str(row["emailaddress1"])) is None
            ),
        )
        return f"{row['fullname']} unsubscribes"

    def _delete_contact(self) -> str:
        _, row, gr_id = self._person(5)
        self._box.getresponse.delete_contact(gr_id)
        self._expect(
            "contact deleted in GetResponse",
            "the record says Deleted in GetResponse",
            lambda: self._record(gr_id).get("gr_syncstatus") == DELETED,
        )
        return f"{row['fullname']} is deleted in GetResponse"

    def _delete_list(self) -> str:
        record_id = self._records["krakow"]
        record = self._box.dynamics.row("gr_list", record_id) or {}
        self._box.getresponse.delete_campaign(str(record["gr_campaignid"]))
        self._expect(
            "list deleted in GetResponse",
            "its record says Deleted in GetResponse, Is created No",
            lambda: self._list_state(record_id) == ("deleted", False),
        )
        return "the list krakow is deleted in GetResponse"

    def _name_clash(self) -> str:
        self._box.getresponse.taken_names.add("spring-fair")
        marketing = self._box.dynamics.add_marketing_list("Spring fair", members=self._members[:3])
        record_id = _list_record(self._box, "spring-fair", marketing)
        self.names_taken += 1
        self._expect(
            "list name taken elsewhere",
            "its record says Error with the reason, Is created No",
            lambda: (
                self._list_state(record_id) == ("error", False)
                and "taken"
                in str((self._box.dynamics.row("gr_list", record_id) or {})["gr_syncerror"])
            ),
        )
        return "a list record spring-fair is set as new; another account has that name"

    def _join(self) -> str:
        crm_id = self._box.dynamics.add_contact(
            firstname="Imani", lastname="Okafor", email="imani.okafor@example.org"
        )
        self._box.dynamics.add_members(self._marketing, [crm_id])
        self.crm_edits += 1
        self._expect(
            "member joins the marketing list",
            "a GetResponse contact, and a Synchronized record with the CRM contact",
            lambda: (
                (contact := self._box.getresponse.find(self._campaign, "imani.okafor@example.org"))
                is not None
                and self._record(contact.id).get("gr_syncstatus") == SYNCHRONIZED
                and self._record(contact.id).get("gr_crmcontactid") == crm_id
            ),
        )
        return "Imani Okafor joins the marketing list"

    def _leave(self) -> str:
        crm_id, row, gr_id = self._person(6)
        self._box.dynamics.remove_member(self._marketing, crm_id)
        self._expect(
            "member leaves the marketing list",
            "stays in GetResponse, for the list is not set otherwise",
            lambda: self._active(gr_id) is not None,
        )
        return f"{row['fullname']} leaves the marketing list"

    def _adopt(self) -> str:
        campaign = self._box.getresponse.add_campaign("old-friends")
        for name in ("Ada Nowak", "Ben Moreau", "Chloé Petit"):
            address = f"{name.split()[0].lower().replace('é', 'e')}@example.net"
            self._box.getresponse.sign_up(campaign, address, name)
        marketing = self._box.dynamics.add_marketing_list("Old friends")
        record_id = _list_record(self._box, "old-friends", marketing)
        self._expect(
            "a list that exists in GetResponse",
            "is adopted, and its contacts are imported as records",
            lambda: (
                self._list_state(record_id) == ("created", True)
                and sum(r["gr_listid"] == record_id for r in self._box.dynamics.rows("gr_contact"))
                == 3
            ),
        )
        return "a list record is named like the GetResponse list old-friends, and set as new"

    def _list_state(self, record_id: str) -> tuple[str, bool]:
        row = self._box.dynamics.row("gr_list", record_id) or {}
        keys = {choice("gr_liststatus", k): k for k in ("new", "created", "error", "deleted")}
        return keys.get(row["gr_syncstatus"], ""), bool(row["gr_iscreated"])
