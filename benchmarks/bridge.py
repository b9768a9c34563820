"""How many requests the bridge from DocuSign to ActiveCampaign makes, and how fast it works.

    python benchmarks/bridge.py [--json]

Calls are compared with `expected_calls`, and their sum with what the sandbox has counted. The time is
this process's on the processor, less what the sandbox in it takes; it has no bar.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors import (
    ActiveCampaignClient,
    DocuSignActiveCampaign,
    DocuSignClient,
    JwtBearer,
    Report,
    Sandbox,
    SqlStore,
)
from connectors.integrations.docusign_activecampaign.expected import (
    BackfillCase,
    EventsCase,
    expected_calls,
)

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measures import Measure, compare, exactly, main

URL = "https://example.com/docusign"

CONTACTS = 1_000
TWICE = 250
"""Of them, how many got a second envelope: there are more records than contacts."""

MESSAGES = 500


class Bridge:
    """Both services, a store, and the bridge between them, set up."""

    def __init__(self, store: str = "sqlite://", *, since_when: int = 0) -> None:
        self.box = Sandbox(seed=1)
        self.spent = 0.0
        """Seconds of processor time that the sandbox took."""
        self.clock = self.box.clock
        there, mails = self.box.docusign, self.box.activecampaign
        for number in range(since_when):
            self.signed(f"{number}@example.com")
            if number < TWICE:
                self.signed(f"{number}@example.com")
        user = JwtBearer(there.integration_key, there.user_id, there.private_key)
        self.store = SqlStore(store)
        self.bridge = DocuSignActiveCampaign(
            DocuSignClient(user, transport=self),
            ActiveCampaignClient(mails.url, mails.key, transport=self),
            store=self.store,
            signing_keys=there.add_secret(),
        )
        self.bridge.apply(self.bridge.setup.plan(URL))
        self.box.calls.clear()

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        began = time.process_time()
        answer = self.box.transport(method, url, headers, body)
        self.spent += time.process_time() - began
        return answer

    def signed(self, *emails: str) -> None:
        """An envelope that these people have signed."""
        envelope = self.box.docusign.send("Agreement", list(emails))
        for email in emails:
            self.box.docusign.sign(envelope, email)

    def completed(self) -> list[tuple[Mapping[str, str], bytes]]:
        """What Connect has to tell of completed envelopes; the rest is lost."""
        told: list[tuple[Mapping[str, str], bytes]] = []

        def take(headers: Mapping[str, str], body: bytes) -> int:
            if body.startswith(b'{"event":"envelope-completed"'):
                told.append((dict(headers), body))
            return 200

        self.box.docusign.deliver(take)
        return told

    def receive(self, told: Sequence[tuple[Mapping[str, str], bytes]]) -> None:
        """Take messages in."""
        for headers, body in told:
            assert self.bridge.events.receive(body, headers).kept


def measure() -> Iterator[Measure]:
    """Events, history, quiet, and time."""
    yield from one_event()
    yield from history()
    with TemporaryDirectory() as folder:
        for name, store in (
            ("in memory", "sqlite://"),
            ("in a file", f"sqlite:///{folder}/sync.db"),
        ):
            yield from throughput(name, store)


def one_event() -> Iterator[Measure]:
    """An envelope completed by two signers, in an account that has seen such a one."""
    made = Bridge()
    made.signed("first@example.com")
    made.receive(made.completed())
    made.bridge.events.run()
    made.box.calls.clear()
    made.signed("ada@example.com", "bob@example.com")
    made.receive(made.completed())
    report = made.bridge.events.run()
    case = EventsCase(signers=2, tags=report.done["add tag"], records=2)
    yield from agree("One completed event with its data, two signers", made.box, report, case)
    each = sum(report.calls.values()) - report.done["add tag"]
    yield exactly("One completed event with its data, two signers", "besides tags", each, 2 * 2)
    made.store.close()


def history() -> Iterator[Measure]:
    """What a backfill carries over, and a look for news when there is none."""
    made = Bridge(since_when=CONTACTS)
    records = CONTACTS + TWICE
    report = made.bridge.backfill.run(since=made.clock.now() - timedelta(days=1))
    polls = report.calls["activecampaign contacts.import_status"]
    case = BackfillCase(envelopes=(records,), contacts=CONTACTS, polls=polls, records=records)
    group = f"Backfill of {CONTACTS:,} contacts with {records:,} records"
    yield from agree(group, made.box, report, case)
    yield exactly(group, "contacts", len(made.box.activecampaign.contacts()), CONTACTS, "rows")
    found = len(made.box.activecampaign.records("docusign"))
    yield exactly(group, "records", found, records, "rows")
    # It looks an hour further back than to where it looked last.
    for _ in range(2):
        made.clock.advance(timedelta(hours=2))
        seen = made.bridge.reconcile.run()
        assert not seen.writes, seen.done
    made.clock.advance(timedelta(hours=2))
    made.box.calls.clear()
    quiet = made.bridge.reconcile.run()
    group = "A look for what webhooks missed, when there is nothing"
    per_account = ("docusign accounts.get", "docusign envelopes.list", "docusign connect.failures")
    yield from compare(group, quiet.calls, dict.fromkeys(per_account, 1))
    yield exactly(group, "rows written", quiet.writes, 0, "rows")
    made.store.close()


def agree(
    group: str, box: Sandbox, report: Report, case: EventsCase | BackfillCase
) -> Iterator[Measure]:
    """Endpoint by endpoint, and together."""
    expected = expected_calls(case)
    yield from compare(group, report.calls, expected)
    yield exactly(group, "together", sum(report.calls.values()), sum(expected.values()))
    # Signing in is the client's, and so is asking once where an account lives.
    own = sum(box.calls.count("docusign", name) for name in ("token", "userinfo"))
    yield exactly(group, "counted by the sandbox", len(box.calls) - own, sum(expected.values()))


def throughput(name: str, store: str) -> Iterator[Measure]:
    """Messages of a signer each, received and worked off."""
    made = Bridge(store)
    for number in range(MESSAGES):
        made.signed(f"{number}@example.com")
    group = f"Completed events with their data, store {name}"
    told = made.completed()
    gc.collect()
    began = time.process_time()
    made.receive(told)
    received = time.process_time() - began
    made.spent, began = 0.0, time.process_time()
    report = made.bridge.events.run()
    worked = time.process_time() - began - made.spent
    yield exactly(group, "worked off", report.done["create contact"], MESSAGES, "rows")
    yield Measure(group, "verified, read and kept", round(MESSAGES / received), "per s")
    yield Measure(group, "carried out", round(MESSAGES / worked), "per s")
    made.store.close()


if __name__ == "__main__":
    main(__doc__ or "", measure)
