"""Envelopes whose lives are over, what Connect sent about them, and bridges to carry it over."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors import (
    Action,
    ActiveCampaignClient,
    AddToAutomation,
    Automation,
    BridgeSettings,
    Callback,
    DocuSignActiveCampaign,
    DocuSignClient,
    Firing,
    JwtBearer,
    RecordCreated,
    RecordUpdated,
    Sandbox,
    SqlStore,
    TagAdded,
    Tagging,
)

URL = "https://example.com/docusign"

Delivery = tuple[Mapping[str, str], bytes]


def automations(welcome: str) -> tuple[Automation, ...]:
    """One of each kind of trigger and step; `welcome` is an automation of ActiveCampaign."""
    return (
        Automation(
            id="welcome",
            triggers=(TagAdded("docusign-integration-DocuSign_Envelope_Sent"),),
            then=(Callback("note"),),
        ),
        Automation(id="new", triggers=(RecordCreated(Action.SENT),), then=(Callback("note"),)),
        Automation(
            id="signed",
            triggers=(RecordUpdated(Action.COMPLETED, "recipient-status", after="completed"),),
            then=(Callback("note"), AddToAutomation(welcome)),
        ),
        Automation(
            id="whole",
            triggers=(RecordUpdated(Action.COMPLETED, "status", after="completed"),),
            then=(Callback("note"),),
        ),
        Automation(
            id="refused",
            triggers=(RecordUpdated(Action.DECLINED, "recipient-status"),),
            then=(Callback("note"),),
        ),
    )


class Post:
    """A DocuSign account where envelopes were sent, and what Connect has to tell of them."""

    def __init__(
        self,
        seed: int,
        envelopes: int,
        *,
        people: int = 0,
        actions: Sequence[Action] = BridgeSettings().actions,
    ) -> None:
        self.box = Sandbox(seed=seed)
        self.before = self.box.clock.now() - timedelta(hours=1)
        self.key = self.box.docusign.add_secret()
        self.actions = tuple(actions)
        own = Bridge(self)
        own.bridge.apply(own.bridge.setup.plan(URL))
        chance = random.Random(seed)
        people = people or envelopes
        ids = [
            self.box.docusign.send(f"Agreement {number}", self._signers(chance, people))
            for number in range(envelopes)
        ]
        self.deliveries: list[Delivery] = []
        self.box.docusign.live_all(ids, chance)
        self.box.docusign.deliver(self.take)

    def _signers(self, chance: random.Random, people: int) -> list[dict[str, Any]]:
        return [
            {
                "name": f"Ada{number} Lovelace",
                "email": f"ada{number}@example.org",
                "order": place if chance.random() < 0.3 else 1,
            }
            for place, number in enumerate(
                chance.sample(range(people), k=min(people, chance.choice((1, 1, 2, 3)))), 1
            )
        ]

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a delivery in."""
        self.deliveries.append((dict(headers), body))
        return 200

    def shuffled(self, seed: int, duplicates: float = 0.3) -> list[Delivery]:
        """The deliveries in some order, some of them twice."""
        chance = random.Random(seed)
        more = [one for one in self.deliveries if chance.random() < duplicates]
        found = [*self.deliveries, *more]
        chance.shuffle(found)
        return found


class Bridge:
    """A bridge from a post's DocuSign account to an ActiveCampaign account of its own."""

    def __init__(
        self,
        post: Post,
        settings: BridgeSettings | None = None,
        store: SqlStore | None = None,
        *,
        late: bool = False,
    ) -> None:
        self.post = post
        # Its clock is that of DocuSign: a message's age is told by it. But it was set up before all
        # that, unless `late`.
        self.box = Sandbox(seed=5, start=post.box.clock.now() if late else post.before)
        self.welcome = self.box.activecampaign.add_automation("Welcome")
        self.notes: list[Firing] = []
        self.store = store or SqlStore("sqlite://")
        self.settings = settings or BridgeSettings(
            actions=post.actions,
            tagging=Tagging.english(post.actions),
            automations=automations(self.welcome),
        )
        docusign = post.box.docusign
        user = JwtBearer(docusign.integration_key, docusign.user_id, docusign.private_key)
        self.docusign = DocuSignClient(user, transport=post.box.transport)
        self.activecampaign = ActiveCampaignClient(
            self.box.activecampaign.url, self.box.activecampaign.key, transport=self.box.transport
        )
        self.bridge = self.made()

    def made(self, note: Callable[[Firing], None] | None = None) -> DocuSignActiveCampaign:
        """A bridge over this store, as a process makes it when it starts."""
        return DocuSignActiveCampaign(
            self.docusign,
            self.activecampaign,
            store=self.store,
            signing_keys=self.post.key,
            settings=self.settings,
            callbacks={"note": note or self.notes.append},
        )

    def set_up(self) -> Bridge:
        """The same, ready for messages."""
        self.bridge.apply(self.bridge.setup.plan(URL))
        late = self.post.box.clock.now() - self.box.clock.now()
        self.box.clock.advance(max(late, timedelta(0)))
        return self

    def receive(self, deliveries: Iterable[Delivery]) -> None:
        for headers, body in deliveries:
            self.bridge.events.receive(body, headers)

    def look(self) -> dict[str, Any]:
        """All that anybody can see, without the ids that the services hand out in turn."""
        campaign = self.box.activecampaign
        contacts = {str(one["id"]): one for one in campaign.contacts()}
        address = {contact_id: str(one["email"]) for contact_id, one in contacts.items()}
        try:
            records = campaign.records("docusign")
        except KeyError:
            records = []
        return {
            "contacts": {
                address[contact_id]: (
                    one["first_name"],
                    one["last_name"],
                    sorted(campaign.tags_of(contact_id)),
                )
                for contact_id, one in contacts.items()
            },
            "records": {
                one["external_id"]: (
                    sorted(one["fields"].items()),
                    [address[contact_id] for contact_id in one["contacts"]],
                )
                for one in records
            },
            # Whom a record belongs to may change with a correction, and what its fields were then
            # is told by DocuSign's newest times: what fires, and that it does so once, is the same.
            "fired": sorted(
                (one.automation, one.trigger, one.envelope_id, str(one.action), state)
                if one.tag is None
                else (one.automation, one.trigger, one.email, one.tag, state)
                for one, state, _ in self.bridge.firings.all()
            ),
            "enrolled": sorted(
                address[str(one["contact"])] for one in campaign.enrolments(self.welcome)
            ),
        }
