"""Places among the calls under way, across threads and event loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from connectors.runtime.slots import Slots


def started(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_no_more_hold_a_place_than_there_are() -> None:
    slots, most, now, lock = Slots(3), 0, 0, threading.Lock()
    together = threading.Barrier(3)

    def work() -> None:
        nonlocal most, now
        slots.take()
        with lock:
            now += 1
            most = max(most, now)
        together.wait(5.0)  # three must be in at the same time, or this breaks
        with lock:
            now -= 1
        slots.give_back()

    threads = [started(work) for _ in range(12)]
    for thread in threads:
        thread.join(10.0)

    assert (most, now) == (3, 0)


def test_who_came_first_goes_first() -> None:
    order: list[int] = []

    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()

        async def work(number: int) -> None:
            await slots.take_async()
            order.append(number)
            slots.give_back()

        tasks = [asyncio.create_task(work(n)) for n in range(5)]
        await asyncio.sleep(0)
        slots.give_back()
        await asyncio.gather(*tasks)

    asyncio.run(main())

    assert order == [0, 1, 2, 3, 4]


def test_a_thread_and_a_task_wait_for_each_other() -> None:
    slots = Slots(1)
    slots.take()

    async def main() -> str:
        await slots.take_async()
        slots.give_back()
        return "task"

    thread = started(slots.give_back)

    assert asyncio.run(main()) == "task"
    thread.join(5.0)


def test_a_cancelled_wait_leaves_its_place_to_the_next() -> None:
    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()
        lost = asyncio.create_task(slots.take_async())
        await asyncio.sleep(0)
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        slots.give_back()
        await slots.take_async()

    asyncio.run(asyncio.wait_for(main(), 5.0))


def test_a_place_that_is_given_to_a_task_in_the_moment_of_its_cancelling_comes_back() -> None:
    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()
        lost = asyncio.create_task(slots.take_async())
        await asyncio.sleep(0)
        slots.give_back()
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        await slots.take_async()

    asyncio.run(asyncio.wait_for(main(), 5.0))


def test_more_places_let_those_who_wait_in() -> None:
    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()
        waiting = [asyncio.create_task(slots.take_async()) for _ in range(2)]
        await asyncio.sleep(0)
        slots.limit = 3
        slots.give_back()
        await asyncio.gather(*waiting)

    asyncio.run(asyncio.wait_for(main(), 5.0))


def test_a_blocking_call_within_an_event_loop_never_waits_for_a_task_of_that_loop() -> None:
    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()
        slots.take()
        slots.give_back()
        slots.give_back()
        await slots.take_async()

    asyncio.run(asyncio.wait_for(main(), 5.0))


def test_a_task_that_nobody_awaits_may_give_its_place_back_in_the_midst_of_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The collector ends such a task wherever an object is made: within our own lines, too."""
    slots = Slots(1)
    slots.take()

    class Collecting(Future[None]):
        def __init__(self) -> None:
            super().__init__()
            slots.give_back()

    monkeypatch.setattr("connectors.runtime.slots.Future", Collecting)
    thread = started(slots.take)
    thread.join(5.0)

    assert not thread.is_alive()


def test_who_waits_goes_before_who_comes_when_there_are_more_places() -> None:
    order: list[str] = []

    async def main() -> None:
        slots = Slots(1)
        await slots.take_async()

        async def work(name: str) -> None:
            await slots.take_async()
            order.append(name)

        first = asyncio.create_task(work("first"))
        await asyncio.sleep(0)
        slots.limit = 2
        second = asyncio.create_task(work("second"))
        await first
        slots.give_back()
        await second

    asyncio.run(asyncio.wait_for(main(), 5.0))

    assert order == ["first", "second"]
