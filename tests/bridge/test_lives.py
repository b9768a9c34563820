"""Random lives of envelopes, told in any order and more than once: all end in one state."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors import Action, RecordCreated, RecordUpdated, TagAdded
from tests.requirements.bridge_kit import ALL, EN, Bridge, automation

LIVES = 12
RULES = (
    automation(TagAdded(f"{EN}Completed"), id="tag"),
    automation(RecordCreated(Action.SENT), id="created"),
    *(
        automation(RecordUpdated(action, field), id=f"{action.value}.{field}")
        for action in ALL
        for field in ("status", "recipient-status")
    ),
)


def told(seed: int) -> Bridge:
    """A dozen envelopes that lived their lives; nothing of them is delivered yet."""
    bridge = Bridge(actions=ALL, automations=RULES, max_age=timedelta(days=3650))
    chance = random.Random(seed)
    sent = []
    for number in range(LIVES):
        people: list[dict[str, Any]] = [
            {
                "name": f"Person {who}",
                "email": f"p{who}@example.com",
                "order": chance.randint(1, 2),
            }
            for who in chance.sample(range(6), chance.randint(1, 3))
        ]
        copies = ["copy@example.com"] if chance.random() < 0.3 else []
        sent.append(bridge.send(*people, subject=f"Number {number}", carbon_copies=copies))
    bridge.ds.live_all(sent, seed)
    return bridge


def fired(bridge: Bridge) -> Counter[tuple[str, str]]:
    """A record fires once: for whom of those whose it was, where its address was corrected, is up to
    which message came first."""
    return Counter(
        (one.automation, one.email if one.tag else one.envelope_id) for one in bridge.fired()
    )


@pytest.fixture
def made() -> Iterator[list[Bridge]]:
    bridges: list[Bridge] = []
    yield bridges
    for bridge in bridges:
        bridge.close()


@pytest.mark.parametrize("seed", range(6))
def test_random_lives_end_in_one_state_in_any_order(made: list[Bridge], seed: int) -> None:
    made.append(told(seed))
    made[0].catch_up()
    made.append(told(seed))
    other, chance = made[1], random.Random(seed)
    messages = list(other.messages())
    messages += chance.sample(messages, len(messages) // 3)
    chance.shuffle(messages)
    for place, message in enumerate(messages):
        other.receive(message.headers, message.body)
        if place % 7 == 0:
            other.work()
    other.work()

    assert made[0].everything()[:2] == other.everything()[:2]
    assert fired(made[0]) == fired(other)


@pytest.mark.parametrize("seed", range(3))
def test_the_state_is_what_docusign_knows(made: list[Bridge], seed: int) -> None:
    bridge = told(seed)
    made.append(bridge)
    bridge.catch_up(duplicates=0.3, disorder=0.5, seed=seed)
    bridge.later()
    bridge.bridge.reconcile.run()

    now = bridge.box.clock.now()
    bridge.bridge.backfill.run(now - timedelta(days=3000))
    checked = 0
    for envelope in bridge.ds.envelopes():
        for person in envelope.recipients:
            key = f"{envelope.id}:{person.guid}"
            found = [one for one in bridge.shown() if one["external_id"] == key]
            if person.kind != "signers" or person.sent is None:
                continue
            [record] = found
            assert record["fields"]["status"] == envelope.status
            assert record["fields"]["recipient-status"] == person.status
            assert record["contacts"] == [bridge.contact(person.email)["id"]]
            checked += 1
    assert checked >= LIVES
