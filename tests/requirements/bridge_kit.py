"""DocuSign, ActiveCampaign and the integration between them, small enough to see all of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from connectors import (
    Action,
    ActiveCampaignClient,
    AsyncActiveCampaignClient,
    AsyncDocuSignActiveCampaign,
    AsyncDocuSignClient,
    Automation,
    BridgeSettings,
    Callback,
    DocuSignActiveCampaign,
    DocuSignClient,
    Firing,
    JwtBearer,
    Receipt,
    Sandbox,
    SqlStore,
)
from tests.facades import World
from tests.requirements.kit import Plain, _common_store

URL = "https://example.com/docusign"
EN = "docusign-integration-DocuSign_Envelope_"
ADA: Mapping[str, Any] = {"name": "Ada Lovelace", "email": "ada@example.com"}
BOB: Mapping[str, Any] = {"name": "Bob Martin", "email": "bob@example.com"}
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)

_numbers = count(1)


class Bridge:
    """Both services, a store, and the clients and the integration of one world.

    Args:
        world: "blocking" or "async"; the same calls are made plainly in both.
        accounts: how many DocuSign accounts there are, each with a client and a key of its own.
        ready: whether setup is applied at once.
        own_store: a store of its own; otherwise all share one, under a connection each.
        options: of `BridgeSettings`; `automations` and `templates` may be functions of this.
    """

    def __init__(
        self,
        world: World = "blocking",
        *,
        accounts: int = 1,
        ready: bool = True,
        own_store: bool = False,
        settings: BridgeSettings | None = None,
        callbacks: Mapping[str, Callable[[Firing], object]] | None = None,
        prepare: Callable[[Bridge], object] | None = None,
        **options: Any,
    ) -> None:
        self.world = world
        self._runner = asyncio.Runner()
        self.box = Sandbox(seed=1)
        self.ds, self.ac = self.box.docusign, self.box.activecampaign
        self.accounts = [self.ds.account_id]
        self.accounts += [self.ds.add_account(f"Branch {n}") for n in range(1, accounts)]
        self.keys = {one: self.ds.add_secret(account_id=one) for one in self.accounts}
        if prepare is not None:
            prepare(self)
        for name in ("automations", "templates"):
            if callable(options.get(name)):
                options[name] = options[name](self)
        self.settings = settings or BridgeSettings(**options)
        self.called: list[Firing] = []
        self.callbacks = {"note": self.called.append} if callbacks is None else dict(callbacks)
        self.store = SqlStore("sqlite://") if own_store else _common_store()
        self._own_store = own_store
        self.connection = f"bridge {next(_numbers)}"
        self.receipts: list[Receipt] = []
        self.bridge = self.connect()
        if ready:
            self.set_up()

    def close(self) -> None:
        self._runner.close()
        if self._own_store:
            self.store.close()

    # --- connecting ---

    def credential(self) -> JwtBearer:
        return JwtBearer(self.ds.integration_key, self.ds.user_id, self.ds.private_key)

    def connect(self, **other: Any) -> Any:
        """Clients and the integration as a new process would make them, over the same store."""
        options: dict[str, Any] = {
            "store": self.store,
            "settings": self.settings,
            "callbacks": self.callbacks,
            "connection": self.connection,
            "signing_keys": self.keys[self.accounts[0]]
            if len(self.accounts) == 1
            else {account: (key,) for account, key in self.keys.items()},
            "docusign": [self.docusign(one) for one in self.accounts],
            "activecampaign": self.activecampaign(),
        } | other
        kind: Any = (
            DocuSignActiveCampaign if self.world == "blocking" else AsyncDocuSignActiveCampaign
        )
        clients, mails = options.pop("docusign"), options.pop("activecampaign")
        one = clients[0] if len(clients) == 1 else clients
        return Plain(kind(one, mails, **options), self._runner.run)

    def docusign(self, account: str, credential: Any = None) -> Any:
        kind: Any = DocuSignClient if self.world == "blocking" else AsyncDocuSignClient
        credential = credential or self.credential()
        return kind(credential, account=account, transport=self.box.transport)

    def activecampaign(self, key: str = "") -> Any:
        kind: Any = ActiveCampaignClient if self.world == "blocking" else AsyncActiveCampaignClient
        return kind(self.ac.url, key or self.ac.key, transport=self.box.transport)

    def plainly(self, thing: object) -> Any:
        """A client of this world, called plainly."""
        return Plain(thing, self._runner.run)

    def set_up(self, adopt: Mapping[str, str] | None = None) -> Any:
        """Plan and apply the setup; its report."""
        return self.bridge.apply(self.bridge.setup.plan(URL, adopt=adopt))

    # --- what the host does ---

    def receive(self, headers: Mapping[str, str], body: bytes) -> int:
        """The host's endpoint."""
        receipt = self.bridge.events.receive(body, headers)
        self.receipts.append(receipt)
        return int(receipt.status)

    def deliver(self, **how: Any) -> list[Receipt]:
        """Take in what Connect has to tell by now."""
        start = len(self.receipts)
        self.ds.deliver(self.receive, **how)
        return self.receipts[start:]

    def work(self) -> Any:
        return self.bridge.events.run()

    def catch_up(self, **how: Any) -> Any:
        """Take in what there is, and work it off."""
        self.deliver(**how)
        return self.work()

    def later(self, delta: timedelta = QUARTER) -> None:
        self.box.clock.advance(delta)

    # --- what happens at DocuSign ---

    def send(self, *people: Mapping[str, Any], subject: str = "Agreement", **more: Any) -> str:
        return str(self.ds.send(subject, list(people or (ADA,)), **more))

    def signed(self, *people: Mapping[str, Any], **more: Any) -> str:
        """An envelope that everybody signed; nothing of it is delivered yet."""
        envelope = self.send(*people, **more)
        for one in people or (ADA,):
            self.ds.sign(envelope, one["email"])
        return envelope

    def messages(self, *events: str) -> list[Any]:
        """What waits to be delivered, all or that of these events."""
        return [one for one in self.ds.pending if not events or one.event in events]

    def post(self, body: object, *, key: str | None = None, **headers: str) -> Receipt:
        """A body that is signed and delivered as DocuSign would."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = key or self.keys[self.accounts[0]]
        digest = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest()).decode()
        self.receive({"X-DocuSign-Signature-1": digest, **headers}, raw)
        return self.receipts[-1]

    def changed(self, delivery: Any, **parts: Any) -> Receipt:
        """A delivery with other parts, signed anew: `event`, `account`, `envelope`, `at`, or of the
        summary and its first signer whatever `summary` and `signer` say."""
        message = json.loads(delivery.body)
        data = message["data"]
        message["event"] = parts.get("event", message["event"])
        message["generatedDateTime"] = parts.get("at", message["generatedDateTime"])
        data["accountId"] = parts.get("account", data["accountId"])
        data["envelopeId"] = parts.get("envelope", data["envelopeId"])
        summary = data.get("envelopeSummary", {})
        summary.update(parts.get("summary", {}))
        for change in parts.get("signer", {}).items():
            summary["recipients"]["signers"][0].update([change])
        if parts.get("bare"):
            data.pop("envelopeSummary", None)
        return self.post(message)

    # --- looks inside ---

    def contact(self, email: str) -> dict[str, Any]:
        found = self.ac.contact_by_email(email)
        assert found is not None, "there is no such contact"
        return found

    def tags(self, email: str) -> set[str]:
        """What a contact's action tags are called behind their common beginning, and the others."""
        found = self.ac.contact_by_email(email)
        return set() if found is None else {one.removeprefix(EN) for one in found["tags"]}

    def shown(self, email: str = "") -> list[dict[str, Any]]:
        """The DocuSign records in ActiveCampaign, all or those of a contact."""
        found: list[dict[str, Any]] = self.ac.records(
            "docusign", self.contact(email)["id"] if email else None
        )
        return found

    def fields(self, email: str = "ada@example.com") -> dict[str, Any]:
        """The fields of a contact's only record in ActiveCampaign."""
        [one] = self.shown(email)
        found: dict[str, Any] = one["fields"]
        return found

    def calls(self, service: str = "") -> dict[str, int]:
        return {k: n for k, n in self.box.calls.counts().items() if k.startswith(service)}

    def rows(self, table: str) -> int:
        """Rows of a table of the store, of this connection."""
        query = f'SELECT count(*) FROM "{table}" WHERE connection = ?'
        return int(
            self.store.transact(
                lambda db: db.exec_driver_sql(query, (self.connection,)).scalar() or 0
            )
        )

    def fired(self, state: str = "") -> list[Firing]:
        return [one for one, now, _ in self.bridge.firings.all() if state in ("", now)]

    def everything(self) -> tuple[Any, Any, Any]:
        """All that people see, to compare two worlds by."""
        people = {
            one["email"]: (
                *(one[name] for name in ("first_name", "last_name", "phone", "fields")),
                *one["tags"],
            )
            for one in self.ac.contacts()
        }
        ids = {one["id"]: one["email"] for one in self.ac.contacts()}
        records = {
            one["external_id"]: (one["fields"], [ids[who] for who in one["contacts"]])
            for one in self.ac.records("docusign")
        }
        # A tag is the contact's: which of several envelopes brought it first is up to chance.
        fired = sorted(
            (f.automation, f.trigger, f.email, "" if f.tag else f.envelope_id) for f in self.fired()
        )
        return people, records, fired


def automation(
    trigger: Any, *, id: str = "one", segments: Sequence[Any] = (), then: Any = ()
) -> Automation:
    """One that calls the host's function `note`, unless it does something else."""
    steps = then or (Callback("note"),)
    return Automation(id=id, triggers=(trigger,), segments=tuple(segments), then=tuple(steps))


ALL = tuple(Action)
"""Every action, the extras too."""
