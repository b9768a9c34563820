"""A process may die at any step of any job: the next run makes the world what it would have been.

Each crash is made for real: a driver performs the job up to a step, dies there, and another process
starts on the same store. Dying before a step is dying after the step before it; and two crashes that
leave the same store and the same services behind are one crash (see `World.knows`), so of those only
the first counts. CONNECTORS_THOROUGH makes every crash at every step; without it a sample of those
that count is made, few of them in `plan` and `apply`, which are the two halves of `run`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Hashable
from functools import cache
from typing import Any

import pytest
from attrs import frozen

from connectors.engine.job import Gather, Send, Step
from connectors.engine.plans import Plan
from connectors.errors import ConnectorsError
from connectors.stores import SqlStore
from tests.world import (
    CrashDriver,
    Died,
    JobName,
    Look,
    Moment,
    World,
    first_day,
    next_day,
    next_week,
)

THOROUGH = bool(os.environ.get("CONNECTORS_THOROUGH"))
PAIRS = 20 if THOROUGH else 1
STRIDE = {"plan": 12, "apply": 12, "run": 3}

Start = tuple[str, JobName]
STARTS: tuple[Start, ...] = (
    ("first day", "lists"),
    ("first day", "contacts"),
    ("next day", "lists"),
    ("next day", "contacts"),
    ("next week", "lists"),
    ("next week", "contacts"),
)
KINDS = ("plan", "apply", "run")


@frozen
class Crash:
    """Where a job ends: at which step, and when."""

    at: int
    moment: Moment


@cache
def bench() -> SqlStore:
    """The one store all these worlds use in turn."""
    return SqlStore("sqlite://")


@cache
def start(day: str, job: JobName) -> World:
    """A world in which `job` of that day is to be done next."""
    if job == "contacts":
        world = start(day, "lists").copy()
        world.sync.lists.run()
        return world
    if day == "first day":
        return first_day()
    before = {"next day": "first day", "next week": "next day"}[day]
    world = start(before, "contacts").copy()
    world.sync.contacts.run()
    {"next day": next_day, "next week": next_week}[day](world)
    return world


@cache
def undisturbed(day: str) -> Look:
    """That day's end when nothing goes wrong."""
    world = start(day, "lists").copy()
    world.run()
    return world.look()


def begin(world: World, kind: str, job: JobName) -> Plan | None:
    """What has to be there before the job: a plan, for apply."""
    return world.driver().run(world.job("plan", job)) if kind == "apply" else None


class Watching(CrashDriver):
    """Performs a job to its end and notes the crashes there could have been."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clients, world.store)
        self._world = world
        self._seen: set[Hashable] = {world.knows()}
        self.found: list[Crash] = []

    def _perform(self, step: Step) -> Any:
        at, before = len(self.steps), self._world.writes
        answer = super()._perform(step)
        left = self._world.knows()
        if THOROUGH or left not in self._seen:
            self.found.append(Crash(at, "after"))
        self._seen.add(left)
        if isinstance(step, Send | Gather) and (THOROUGH or self._world.writes > before):
            self.found.append(Crash(at, "lost"))
            if isinstance(step, Gather) and len(step.calls) > 1:
                self.found.append(Crash(at, "amid"))
        return answer


def crashes(world: World, kind: str, job: JobName) -> list[Crash]:
    """All crashes of a job that count; the world is used up."""
    plan = begin(world, kind, job)
    driver = Watching(world)
    driver.run(world.job(kind, job, plan))
    return driver.found


def die(world: World, kind: str, job: JobName, crash: Crash) -> None:
    """Perform a job up to its end there; one that can bear a lost answer ends well."""
    plan = begin(world, kind, job)
    driver = world.driver(crash.at, crash.moment)
    try:
        driver.run(world.job(kind, job, plan))
    except Died:
        return
    except ConnectorsError:
        assert crash.moment == "lost"
        return
    assert crash.moment == "lost" or crash.at >= len(driver.steps), "it did not die"


def mended(world: World, expected: Look, *crashes: Crash) -> None:
    """One run of another process, and all is as it would have been; the next one writes nothing."""
    world.restart()
    world.run()
    assert world.look() == expected, crashes
    before = world.writes
    reports = world.run()
    assert [r.writes for r in reports] == [0, 0], crashes
    assert world.writes == before, crashes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("day", "job"), STARTS)
def test_one_crash_at_any_step_changes_nothing_in_the_end(
    day: str, job: JobName, kind: str
) -> None:
    pristine, expected = start(day, job), undisturbed(day)
    found = crashes(pristine.copy(bench()), kind, job)
    for crash in found[:: 1 if THOROUGH else STRIDE[kind]]:
        world = pristine.copy(bench())
        die(world, kind, job, crash)
        mended(world, expected, crash)


@pytest.mark.parametrize(("day", "job"), STARTS)
def test_two_crashes_in_a_row_change_nothing_in_the_end(day: str, job: JobName) -> None:
    pristine, expected = start(day, job), undisturbed(day)
    dice = random.Random(f"{day} {job}")
    firsts = crashes(pristine.copy(bench()), "run", job)
    for first in dice.sample(firsts, min(PAIRS, len(firsts))):
        once = pristine.copy()
        die(once, "run", job, first)
        seconds = crashes(once.copy(bench()), "run", job)
        if not seconds:
            continue
        second = dice.choice(seconds)
        world = once.copy(bench())
        die(world, "run", job, second)
        mended(world, expected, first, second)


@pytest.mark.parametrize("day", ["first day", "next day", "next week"])
def test_an_undisturbed_run_is_followed_by_a_quiet_one(day: str) -> None:
    mended(start(day, "lists").copy(bench()), undisturbed(day))
