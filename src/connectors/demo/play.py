"""The play itself: plan, apply, run again, a day, and again; calls beside the formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from attrs import evolve, frozen

from ..core.auth import ClientCredentials
from ..domain.plan import Verb
from ..dynamics.blocking import DynamicsClient
from ..getresponse.blocking import GetResponseClient
from ..integrations.getresponse_dynamics.blocking import GetResponseDynamics
from ..integrations.getresponse_dynamics.expected import ContactsCase, ListsCase, expected_calls
from ..integrations.getresponse_dynamics.settings import Settings
from ..integrations.getresponse_dynamics.solution import choice
from ..runtime.http import Transport
from ..sandbox import Sandbox
from ..stores import SqlStore
from .day import Check, Day
from .world import NEW, generated_world, load_world

Show = Callable[[str], None]

CREATED = choice("gr_liststatus", "created")

_MARGIN = timedelta(minutes=2)


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
        there = {campaign.id for campaign in self._box.getresponse.campaigns()}
        campaigns = len(there)
        missing = sum(
            row["gr_syncstatus"] == CREATED and row["gr_campaignid"] not in there
            for row in self._box.dynamics.rows("gr_list")
        )
        self._title(f"{phase}: what would change in the lists, and why")
        plan = self._sync.lists.plan()
        self._show(str(plan))
        report = self._sync.apply(plan)
        self._show(str(report))
        created = plan.counts.get("create GetResponse list", 0)
        lists_case = ListsCase(
            records=len(self._box.dynamics.rows("gr_list")),
            marketing_lists=len(self._box.dynamics.rows("list")),
            campaigns=campaigns,
            created=created,
            name_taken=day.names_taken if day else 0,
            missing=missing,
            changed=plan.writes,
        )
        self._count(f"{phase}: lists", (plan.calls, report.calls), expected_calls(lists_case))
        self._claim(
            phase, "each new list is created, adopted or refused", plan.writes >= len(records)
        )
        self._title(f"{phase}: what would change in the contacts, and why")
        began = self._box.clock.now()
        plan = self._sync.contacts.plan()
        self._show(str(plan))
        seen = self._look(began, day.crm_edits if day else None)
        self._last, self._written = began, 0
        again = self._look(began, 0)
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
        # `apply` looks again before it writes; the account is asked for once.
        look = Counter(expected_calls(again)) - Counter({"getresponse accounts.get": 1})
        expected = Counter(expected_calls(case)) + look
        self._count(f"{phase}: contacts", (plan.calls, report.calls), expected)
        self._totals[phase] = {
            **report.done,
            **{f"left alone: {reason}": n for reason, n in report.skipped.items()},
            **{f"failed: {name}": n for name, n in report.failed.items()},
        }
        refused = sum(len(places) for places in case.refused)
        failed = sum(report.failed.values())
        self._claim(phase, "only what GetResponse refused has failed", failed == refused)

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
        self._count(f"{phase}: contacts", (contacts.calls,), expected_calls(case))
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
        self, phase: str, made: Sequence[Mapping[str, int]], expected: Mapping[str, int]
    ) -> None:
        calls: Counter[str] = Counter()
        for counts in made:
            calls.update(counts)
        self._calls += [
            CallRow(phase, endpoint, calls[endpoint], expected.get(endpoint, 0))
            for endpoint in sorted({*calls, *expected})
        ]
