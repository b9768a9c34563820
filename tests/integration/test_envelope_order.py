"""Whatever order messages come in, and however often: one end."""

from __future__ import annotations

from functools import cache

import pytest

from connectors import Action
from tests.integration.envelopes import Bridge, Post


@cache
def post(seed: int) -> Post:
    """Thirty envelopes among twelve people, whatever their lives."""
    extras = tuple(Action) if seed % 2 else None
    more = {"actions": extras} if extras else {}
    return Post(seed, 30, people=12, **more)


@cache
def in_order(seed: int) -> Bridge:
    """What one delivery in order leads to."""
    made = Bridge(post(seed)).set_up()
    for delivery in made.post.deliveries:
        made.receive([delivery])
        made.bridge.events.run()
    return made


@pytest.mark.parametrize("seed", range(4))
def test_any_order_with_duplicates_ends_as_one_delivery_in_order(seed: int) -> None:
    wanted = in_order(seed).look()
    assert len(wanted["contacts"]) >= 12
    assert wanted["fired"]

    at_once = Bridge(post(seed)).set_up()
    at_once.receive(at_once.post.shuffled(seed))
    at_once.bridge.events.run()
    assert at_once.look() == wanted

    in_parts = Bridge(post(seed)).set_up()
    shuffled = in_parts.post.shuffled(seed + 100, duplicates=0.6)
    for start in range(0, len(shuffled), 17):
        in_parts.receive(shuffled[start : start + 17])
        in_parts.bridge.events.run()
    assert in_parts.look() == wanted


def test_a_trigger_fires_once_for_each_key() -> None:
    made = in_order(0)

    ids = [one.id for one in made.notes]

    assert len(ids) == len(set(ids)) > 0


def test_a_run_with_nothing_new_calls_nobody() -> None:
    made = in_order(0)

    report = made.bridge.events.run()

    assert (report.calls, report.writes) == ({}, 0)
