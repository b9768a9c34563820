"""The play itself: set up, let the envelopes live, work off what comes; then all of it once more."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from attrs import frozen

from ...engine.report import Report
from ...integrations.docusign_activecampaign.expected import EventsCase, expected_calls
from ...integrations.docusign_activecampaign.receiving import Received
from ...runtime.http import Transport
from ...stores import SqlStore
from ..day import Check
from ..play import CallRow, Show
from .bridge import DRAFTED, THANKS, Bridge
from .claims import claims, tagged_with
from .data import Data, load
from .post import EXPECTED, Post
from .stage import URL, Stage
from .state import State, drafts, state

WAVE = timedelta(days=2)
"""How often the inbox is worked off."""
OUTAGE = 2
"""The wave in which the endpoint is down at first."""
PARTS = 6
"""In how many parts the second world gets its messages; it works each off before the next comes."""
AGAIN = 0.15
"""The share of messages that come once more in the second world."""

FIRST, SECOND = "first world", "second world"


@frozen(kw_only=True)
class Result:
    """What the demonstration did.

    Attributes:
        counts: what there is in the end: table → row → how many.
        digests: of the two worlds.
        waited: seconds that the calls had to wait, so as not to exceed what ActiveCampaign allows.
    """

    checks: tuple[Check, ...]
    calls: tuple[CallRow, ...]
    counts: Mapping[str, Mapping[str, int]]
    digests: tuple[str, str]
    waited: float
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
            "counts": {table: dict(rows) for table, rows in self.counts.items()},
            "digests": list(self.digests),
            "waited": round(self.waited, 3),
            "store": self.store,
            "seed": self.seed,
        }


@frozen
class _Tally:
    """What the runs of one world did, and what they called."""

    done: Counter[str]
    calls: Counter[str]
    failed: Counter[str]

    def add(self, report: Report) -> None:
        self.done.update(report.done)
        self.calls.update(report.calls)
        self.failed.update(report.failed)


class Demo:
    """Plays the demonstration.

    Args:
        store: file of the store, which must not exist yet; None: in memory, as the second world's.
        seed: makes the run repeatable.
        show: takes each line for the person who watches.
        wrap: put around the sandbox's transport, to watch calls pass by.
    """

    def __init__(
        self,
        store: Path | None = None,
        *,
        seed: int = 1,
        show: Show = print,
        wrap: Callable[[Transport], Transport] = lambda transport: transport,
    ) -> None:
        self._store = store
        self._seed = seed
        self._show = show
        self._wrap = wrap
        self._checks: list[Check] = []
        self._calls: list[CallRow] = []
        self._waited = 0.0

    def run(self) -> Result:
        """Play it from the first line to the last."""
        data = load()
        first = Stage(data, self._seed)
        store = SqlStore(f"sqlite:///{self._store}" if self._store else "sqlite://")
        bridge = Bridge(first, store, self._wrap)
        try:
            post = self._live(first, bridge)
            one = state(first, bridge)
            self._checks += claims(first, bridge, one)
            self._quiet(first, bridge, one)
            counts = self._counted(first, bridge, post, one)
        finally:
            bridge.close()
            store.close()
        two = self._again(data, first, post)
        self._claim(
            "the same messages in another order",
            "a second world ends in the same state: contacts, fields, tags, records, triggers, drafts",
            one.digest == two.digest,
        )
        return Result(
            checks=tuple(self._checks),
            calls=tuple(self._calls),
            counts=counts,
            digests=(one.digest, two.digest),
            waited=self._waited,
            store=str(self._store or ""),
            seed=self._seed,
        )

    # --- the first world ---

    def _live(self, stage: Stage, bridge: Bridge) -> Post:
        data = stage.data
        self._title(
            f"{len(data.rows)} envelopes of {len(data.accounts)} DocuSign accounts, "
            f"for {len(data.people)} people"
        )
        self._show(str(bridge.jobs.setup.preview()))
        self._title("setup: what would be made on either side, and why")
        self._set_up(bridge, show=True)
        bridge.jobs.reconcile.run()
        post = Post(stage, bridge, self._seed)
        tally = _Tally(Counter(), Counter(), Counter())
        self._title("the envelopes live; what DocuSign tells comes late, twice and out of order")
        moment, wave = stage.open(), 0
        while not stage.over or stage.box.docusign.next_due is not None:
            moment, wave = moment + WAVE, wave + 1
            acts = stage.live_until(moment)
            before = bridge.received.copy()
            post.deliver(outage=wave == OUTAGE)
            report = self._work_off(stage, bridge, tally)
            self._show(_line(stage, acts, bridge.received - before, report))
        self._claim(
            "forged, altered, unsigned, old, cut off, of a stranger",
            "each is refused for its own reason, and leaves nothing but a count",
            set(post.tampered.sent) == set(EXPECTED) and post.tampered.right == post.tampered.sent,
        )
        self._claim(
            "the endpoint is down for a while",
            "DocuSign repeats what found nobody, and nothing is missing",
            post.lost > 0 and stage.box.docusign.next_due is None,
        )
        self._claim("working off", "nothing failed", not tally.failed)
        self._count(FIRST, stage, bridge, tally)
        return post

    def _set_up(self, bridge: Bridge, *, show: bool) -> None:
        plan = bridge.jobs.setup.plan(URL)
        report = bridge.jobs.apply(plan)
        if show:
            self._show(str(plan))
            self._show(str(report))
            rest = bridge.jobs.setup.plan(URL)
            self._claim("set up again", "nothing is left to do", not rest.writes)

    def _work_off(self, stage: Stage, bridge: Bridge, tally: _Tally) -> Report:
        began = stage.box.clock.monotonic()
        report = bridge.jobs.events.run()
        tally.add(report)
        self._waited += stage.box.clock.monotonic() - began
        return report

    def _quiet(self, stage: Stage, bridge: Bridge, now: State) -> None:
        self._title("nothing more happens")
        before = len(stage.box.calls)
        report = bridge.jobs.events.run()
        self._show(str(report))
        self._claim(
            "a run without news",
            "no call at all",
            not report.calls and len(stage.box.calls) == before,
        )
        # Of a mail that goes to a corrected address DocuSign tells that it was sent again.
        moved = now.contacts.keys() - tagged_with(now, "Sent")
        report = self._reconcile(stage, bridge)
        self._claim(
            "reconcile: every envelope is read again",
            "no contact or trigger that the messages had not brought, and no tag but Sent for those "
            "whom a correction brought in",
            not report.failed
            and _NEWS.isdisjoint(report.done)
            and report.done.get("add tag", 0) == len(moved),
        )
        report = self._reconcile(stage, bridge)
        self._claim("reconcile again", "nothing is left to write", report.ok and not report.writes)
        strange = [name for name in stage.box.calls.counts() if _noun(name) in _FOREIGN]
        self._claim(
            "lists, accounts and deals of ActiveCampaign", "no call touches them", not strange
        )

    def _reconcile(self, stage: Stage, bridge: Bridge) -> Report:
        # What was just written shows in ActiveCampaign's lists a little later.
        stage.box.clock.sleep(26 * 3600)
        report = bridge.jobs.reconcile.run()
        self._show(str(report))
        return report

    # --- the second world ---

    def _again(self, data: Data, first: Stage, post: Post) -> State:
        """The same messages in another order, for services and a store that know nothing yet."""
        chance = random.Random(self._seed + 1)
        letters = [*post.letters, *(each for each in post.letters if chance.random() < AGAIN)]
        chance.shuffle(letters)
        self._title(f"a second world gets the same messages, {len(letters)} in another order")
        stage = Stage(data, self._seed)
        store = SqlStore("sqlite://")
        bridge = Bridge(stage, store, self._wrap)
        tally = _Tally(Counter(), Counter(), Counter())
        try:
            self._set_up(bridge, show=False)
            stage.wait_for(first.box.clock.now())
            for part in range(PARTS):
                before = bridge.received.copy()
                for headers, body in letters[part::PARTS]:
                    bridge.receive(headers, body)
                report = self._work_off(stage, bridge, tally)
                self._show(_line(stage, 0, bridge.received - before, report))
            self._count(SECOND, stage, bridge, tally)
            return state(stage, bridge)
        finally:
            bridge.close()
            store.close()

    # --- telling ---

    def _counted(
        self, stage: Stage, bridge: Bridge, post: Post, now: State
    ) -> dict[str, dict[str, int]]:
        fired = bridge.jobs.firings.all()
        sample = next((f for f, _, _ in fired if f.automation == "thank-you"), None)
        if sample is not None:
            self._show(f"What the host may write: {bridge.jobs.firings.render(THANKS, sample)}")
        tags = Counter(tag for one in now.contacts.values() for tag in one.tags)
        return {
            "contacts": {"contacts": len(now.contacts)},
            "tags": dict(sorted(tags.items())),
            "records": dict(_sorted(one["recipient-status"] for one in now.records.values())),
            "triggers": dict(_sorted(f.automation for f, _, _ in fired)),
            "automations": dict(_sorted(name for name, _ in now.entered)),
            "drafts": dict(_sorted(one.subject for one in drafts(stage))),
            "deliveries": {
                one.value: bridge.received[one] for one in Received if bridge.received[one]
            },
            "forgeries": {str(trick): n for trick, n in post.tampered.sent.items()},
            "outage": {"found nobody, and came again": post.lost},
        }

    def _title(self, text: str) -> None:
        self._show("")
        self._show(f"== {text}")

    def _claim(self, what: str, expected: str, ok: bool) -> None:
        self._checks.append(Check(what, expected, ok))

    def _count(self, phase: str, stage: Stage, bridge: Bridge, tally: _Tally) -> None:
        expected = _expected(stage, bridge, tally)
        self._calls += [
            CallRow(phase, endpoint, tally.calls[endpoint], expected.get(endpoint, 0))
            for endpoint in sorted({*tally.calls, *expected})
        ]


def _expected(stage: Stage, bridge: Bridge, tally: _Tally) -> Counter[str]:
    """What the runs had to call: for the messages by the formula, then for what they started."""
    done = tally.done
    contacts = stage.box.activecampaign.contacts()
    expected = Counter(
        expected_calls(
            EventsCase(
                signers=done["create contact"] + done["update contact"],
                tags=sum(len(one["tags"]) for one in contacts),
                records=done["write record"],
            )
        )
    )
    fired = bridge.jobs.firings.all()
    entered = sum(f.automation in ("win-back", "offboarding") for f, _, _ in fired)
    expected += Counter(
        {
            "activecampaign enrolments.of_contact": entered,
            "activecampaign enrolments.create": entered,
        }
    )
    for firing, _, _ in fired:
        if firing.automation in DRAFTED:
            expected += _draft(stage, DRAFTED[firing.automation])
    return expected


def _draft(stage: Stage, key: str) -> Counter[str]:
    """Calls for a draft of this template: the template, the contact, the draft and its fields."""
    template = next(t for a in stage.data.accounts for t in a.templates if t.key == key)
    pages = len(template.documents)
    calls = Counter(
        {
            "docusign accounts.get": len(stage.accounts),
            "docusign templates.get": 1,
            "docusign templates.recipients": 1,
            "docusign templates.documents": 1,
            "docusign templates.document_tabs": pages,
            "activecampaign contacts.get": 1,
            "activecampaign field_values.of_contact": 1,
            "docusign envelopes.create": 1,
        }
    )
    if template.prefill:
        calls["docusign documents.list"] = 1
        calls["docusign documents.tabs"] = pages
        calls["docusign documents.update_prefill_tabs"] = 1
    return calls


def _line(stage: Stage, acts: int, came: Counter[Received], report: Report) -> str:
    accepted, twice = came[Received.ACCEPTED], came[Received.DUPLICATE]
    refused = came.total() - accepted - twice
    lived = f"{acts:>4} acts, " if acts else ""
    return (
        f"  {stage.box.clock.now():%Y-%m-%d}: {lived}{came.total()} deliveries, {accepted} accepted, "
        f"{twice} known, {refused} refused; {report.writes} changes in "
        f"{sum(report.calls.values())} calls"
    )


def _sorted(names: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(names).items())


_FOREIGN = {"activecampaign lists", "activecampaign accounts", "activecampaign deals"}
_NEWS = {"create contact", "import contact", "fire trigger", "draft envelope"}


def _noun(operation: str) -> str:
    return operation.partition(".")[0]
