"""The way of the messages: some come twice, some late, some out of order, and some are forged."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import Literal

from attrs import field, frozen

from ...integrations.docusign_activecampaign.receiving import Received
from ...sandbox.docusign.publishing import Delivery
from .bridge import Bridge
from .stage import Stage

Letter = tuple[dict[str, str], bytes]
"""Headers and body of a request."""

DUPLICATES = 0.15
LOST = 25
"""Requests that find nobody while the endpoint is down."""
EVERY = 60
"""Of so many deliveries one is tampered with in each way."""

Trick = Literal[
    "altered",
    "wrong key",
    "another account's key",
    "unsigned",
    "a month old",
    "cut off",
    "stranger",
]

EXPECTED: dict[Trick, Received] = {
    "altered": Received.FORGED,
    "wrong key": Received.FORGED,
    "another account's key": Received.FORGED,
    "unsigned": Received.UNSIGNED,
    "a month old": Received.TOO_OLD,
    "cut off": Received.MALFORMED,
    "stranger": Received.OTHER_ACCOUNT,
}
"""How each kind of tampering has to end."""


@frozen
class Tampered:
    """How the tampered requests ended."""

    sent: Counter[Trick] = field(factory=Counter)
    right: Counter[Trick] = field(factory=Counter)
    """Those that ended as they must."""


class Post:
    """Delivers what DocuSign has to tell, and what others pretend that it told.

    Attributes:
        letters: every genuine request that reached the endpoint, in order.
        lost: requests that found nobody; DocuSign repeated them later.
    """

    def __init__(self, stage: Stage, bridge: Bridge, seed: int) -> None:
        self._stage = stage
        self._bridge = bridge
        self._seed = seed
        self._chance = random.Random(seed)
        self.letters: list[Letter] = []
        self.tampered = Tampered()
        self.lost = 0

    def deliver(self, *, outage: bool = False) -> int:
        """Deliver what is due; how many requests that were.

        Args:
            outage: the endpoint is down when the first of them come.
        """
        self._seed += 1
        left = LOST if outage else 0

        def listen(headers: dict[str, str], body: bytes) -> int:
            nonlocal left
            if left:
                left -= 1
                self.lost += 1
                raise ConnectionError("the endpoint is down")
            self.letters.append((headers, body))
            return self._bridge.receive(headers, body)

        delivered = self._stage.box.docusign.deliver(
            listen, duplicates=DUPLICATES, disorder=1.0, seed=self._seed
        )
        # The age of the older form counts in its account's own zone: the newer form is clear.
        told = [each.delivery for each in delivered if each.delivery.body.startswith(b"{")]
        for trick in EXPECTED:
            for _ in range(len(delivered) // EVERY):
                self._tamper(trick, self._chance.choice(told))
        return len(delivered)

    def _tamper(self, trick: Trick, delivery: Delivery) -> None:
        before = self._bridge.received[EXPECTED[trick]]
        forged = self._forged(trick, delivery)
        self._bridge.receive(forged.headers, forged.body)
        self.tampered.sent[trick] += 1
        self.tampered.right[trick] += self._bridge.received[EXPECTED[trick]] - before

    def _forged(self, trick: Trick, delivery: Delivery) -> Delivery:
        docusign = self._stage.box.docusign
        match trick:
            case "altered" | "unsigned":
                return docusign.forge(delivery, trick)
            case "wrong key":
                return docusign.forge(delivery, "wrong_key")
            case "a month old":
                return docusign.forge(delivery, "old")
            case "another account's key":
                others = [id for id in self._stage.accounts.values() if id != delivery.account]
                headers = docusign.headers_for(delivery.body, others[0])
                return replace(delivery, headers=headers)
            case "cut off":
                body = delivery.body[: len(delivery.body) // 2]
                headers = docusign.headers_for(body, delivery.account)
                return replace(delivery, headers=headers, body=body)
            case "stranger":
                stranger = self._stage.stranger
                body = delivery.body.replace(delivery.account.encode(), stranger.encode())
                headers = docusign.headers_for(body, stranger)
                return replace(delivery, headers=headers, body=body)
