"""A process may die at any step of working off the inbox, or lose any answer: the next one ends it.

CONNECTORS_THOROUGH makes every crash; without it a sample is made.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from connectors.engine.job import Job
from connectors.engine.report import Report
from connectors.integrations.docusign_activecampaign import events
from tests.integration.envelopes import Bridge, Post
from tests.world import CrashDriver, Died, Moment, moments

THOROUGH = bool(os.environ.get("CONNECTORS_THOROUGH"))
STRIDE = 1 if THOROUGH else 29


@cache
def post() -> Post:
    """Three envelopes among three people."""
    return Post(11, 3, people=3)


def ready() -> Bridge:
    """A bridge with everything in its inbox."""
    made = Bridge(post()).set_up()
    made.receive(made.post.shuffled(1))
    return made


def driver(made: Bridge, at: int | None = None, moment: Moment = "before") -> CrashDriver:
    return CrashDriver(made.bridge._clients, made.store, at=at, moment=moment)


def job(made: Bridge) -> Job[Report]:
    return events.run(made.bridge._ctx)


@cache
def undisturbed() -> dict[str, Any]:
    made = ready()
    made.bridge.events.run()
    return made.look()


@cache
def crashes() -> list[tuple[int, Moment]]:
    watched = ready()
    watching = driver(watched)
    watching.run(job(watched))
    assert watched.look() == undisturbed()
    return [(at, moment) for at, step in enumerate(watching.steps) for moment in moments(step)]


def end(made: Bridge) -> None:
    """Another process, and enough time for what has to wait."""
    made.bridge = made.made()
    for pause in (timedelta(minutes=11), timedelta(hours=2), timedelta(hours=20)):
        made.bridge.events.run()
        made.box.clock.advance(pause)
    made.bridge.events.run()


@pytest.mark.parametrize("part", range(4))
def test_a_death_at_any_step_ends_as_if_nothing_had_happened(part: int) -> None:
    found = crashes()[part::4][::STRIDE]
    assert len(found) > 2
    for at, moment in found:
        made = ready()
        try:
            driver(made, at, moment).run(job(made))
        except Died:
            pass
        except Exception as error:
            # What an answer that is lost may lead to: the run ends, and says so.
            assert moment == "lost", error
        end(made)

        assert made.look() == undisturbed(), f"step {at}, {moment}"
        assert made.bridge.events.given_up() == ()


def test_two_deaths_in_a_row_end_the_same() -> None:
    found = crashes()
    for first, second in zip(found[3::97], found[20::101], strict=False):
        made = ready()
        for at, moment in (first, second):
            try:
                driver(made, at, moment).run(job(made))
            except (Died, Exception):
                made.box.clock.advance(timedelta(minutes=11))
            made.bridge = made.made()
        end(made)

        assert made.look() == undisturbed(), f"{first} then {second}"


def test_what_was_lost_on_the_way_is_healed_by_reconciling() -> None:
    quick = Post(12, 0)
    told, healed = Bridge(quick).set_up(), Bridge(quick).set_up()
    quick.box.clock.advance(timedelta(minutes=1))
    door = quick.box.docusign
    for number in (1, 2):
        people = [{"name": f"Ada{n} Lovelace", "email": f"ada{n}@example.org"} for n in (1, 2, 3)]
        envelope = door.send(f"Agreement {number}", people)
        door.view(envelope, "ada1@example.org")
        door.sign(envelope, "ada1@example.org")
        door.view(envelope, "ada2@example.org")
    door.deliver(quick.take)
    told.receive(quick.deliveries)
    told.bridge.events.run()

    healed.receive(quick.deliveries[::4])
    healed.bridge.events.run()
    report = healed.bridge.reconcile.run()

    assert report.ok
    seen, wanted = healed.look(), told.look()
    assert seen["contacts"] == wanted["contacts"]
    assert seen["fired"] == wanted["fired"]
    assert seen["records"].keys() == wanted["records"].keys()
