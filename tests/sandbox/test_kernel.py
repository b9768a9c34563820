"""What the services share: the clock as several tasks sleep on it, and what a fault may be."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.sandbox import Clock, Fault, FaultPlan
from connectors.sandbox.kernel import Request


def test_tasks_that_sleep_at_the_same_time_move_the_clock_once() -> None:
    clock = Clock()

    async def main() -> None:
        await asyncio.gather(*(clock.wait(5) for _ in range(50)))

    asyncio.run(main())
    assert clock.monotonic() == 5.0


def test_the_first_to_wake_is_first_however_they_went_to_sleep() -> None:
    clock = Clock()
    woken: list[tuple[int, float]] = []

    async def nap(seconds: int) -> None:
        await clock.wait(seconds)
        woken.append((seconds, clock.monotonic()))
        if seconds < 10:
            await clock.wait(1)

    async def main() -> None:
        await asyncio.gather(*(nap(seconds) for seconds in (30, 5, 20, 5)))

    asyncio.run(main())
    assert woken == [(5, 5.0), (5, 5.0), (20, 20.0), (30, 30.0)]


def test_a_task_that_is_stopped_keeps_nobody_asleep() -> None:
    clock = Clock()

    async def main() -> None:
        soon = asyncio.ensure_future(clock.wait(1))
        late = asyncio.ensure_future(clock.wait(9))
        await asyncio.sleep(0)
        soon.cancel()
        await late

    asyncio.run(main())
    assert clock.monotonic() == 9.0


def test_a_loop_that_stands_still_keeps_no_other_asleep() -> None:
    clock = Clock()
    still = asyncio.new_event_loop()
    try:
        task = still.create_task(clock.wait(1))
        still.call_soon(still.stop)
        still.run_forever()
        asyncio.run(asyncio.wait_for(clock.wait(9), 5))
        assert clock.monotonic() == 9.0
        still.run_until_complete(task)
    finally:
        still.close()


def test_a_moment_that_has_passed_is_not_slept_for() -> None:
    clock = Clock()
    clock.sleep_until(7)
    clock.sleep_until(3)
    assert clock.monotonic() == 7.0


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("lst", {}, "kind must be one of 'not_sent', 'lost', 'answer', 'answer_after', 'slow'"),
        ("lost", {"service": "dynamic"}, "service must be one of '', 'getresponse', 'dynamics'"),
        ("lost", {"method": "post"}, "method must be one of '', 'GET', 'POST', .* not 'post'"),
        ("lost", {"path": None}, "path must be text, a part of the path, not None"),
        ("lost", {"path": "https://x.example/contacts?page=1"}, "path must be a part of the path"),
        ("lost", {"times": 0}, "times must be a whole number, 1 or more, not 0"),
        ("lost", {"times": "2"}, "times must be a whole number, 1 or more, not '2'"),
        ("lost", {"skip": -1}, "skip must be a whole number, 0 or more, not -1"),
        ("answer", {"status": 99}, "status must be a whole number, from 100 to 599, not 99"),
        ("answer", {"status": True}, "status must be a whole number"),
        ("answer", {"body": {"a": 1}}, "body must be bytes, not dict: encode it"),
        ("answer", {"headers": {"Retry-After": 20}}, "headers must be texts by name"),
        ("slow", {"seconds": -1}, "seconds must be from 0 to ten years, not -1"),
        ("slow", {"seconds": float("inf")}, "seconds must be from 0 to ten years"),
        ("slow", {}, "a slow answer needs seconds"),
    ],
)
def test_a_fault_that_could_never_strike_is_refused(
    kind: Any, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        Fault(kind, **more)


def test_a_plan_tells_the_faults_to_come_and_what_struck() -> None:
    plan = FaultPlan()
    fault = Fault("lost", path="/x", times=2)
    plan.add(fault)

    assert plan.take("dynamics", Request("GET", "https://h.example/y", {}, b"")) is None
    assert (list(plan), fault.struck) == ([fault], 0)
    plan.take("dynamics", Request("GET", "https://h.example/x", {}, b""))
    assert (len(plan), fault.struck) == (1, 1)
    assert repr(fault) == "Fault('lost', path='/x')"
    plan.take("dynamics", Request("GET", "https://h.example/x", {}, b""))
    assert (len(plan), fault.struck) == (0, 2)
