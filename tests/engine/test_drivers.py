"""Both drivers perform the same job equally: answers, errors, order, counts, and the end of it."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

import pytest
from attrs import define, field
from sqlalchemy import Connection

from connectors.core.call import Call, Reply, Request
from connectors.engine import cursors
from connectors.engine.drivers import AsyncDriver, Driver
from connectors.engine.job import (
    Gather,
    Job,
    Wait,
    gather,
    invoke,
    reply,
    send,
    transact,
    wait,
)
from connectors.engine.schema import Schema
from connectors.errors import CallError, ConfigError, ConnectorsError, NotFound, StoreError
from connectors.stores import SqlStore

T = TypeVar("T")

# What a service says to an operation: a value, an error, or a function that finds out.
Answer = object
Performed = tuple[Any, dict[str, int]]


def call(operation: str, service: str = "alpha") -> Call[Any]:
    return Call(
        service=service,
        operation=operation,
        request=Request(method="GET", path=operation),
        decode=lambda response: response.body,
    )


def answer_to(made: Call[Any], answers: Mapping[str, Answer]) -> Reply[Any]:
    answer = answers[made.operation]
    attempts = int(made.request.query or 1)
    if isinstance(answer, CallError):
        answer.attempts = attempts
    if isinstance(answer, BaseException):
        raise answer
    value = answer() if callable(answer) else answer
    return Reply(value=value, status=200, headers={}, raw=b"", attempts=attempts)


@define
class World(ABC):
    """One of the two worlds, with services that answer from a table."""

    answers: dict[str, Answer]
    store: SqlStore
    slept: list[float] = field(factory=list)

    @abstractmethod
    def perform(self, job: Job[Any]) -> Performed: ...

    def failing(self, job: Job[Any], error: type[BaseException], match: str = "") -> None:
        with pytest.raises(error, match=match):
            self.perform(job)


class Blocking(World):
    def perform(self, job: Job[Any]) -> Performed:
        driver = Driver({"alpha": self, "beta": self}, self.store)
        return driver.run(job), dict(driver.calls)

    def reply(self, call: Call[T]) -> Reply[T]:
        return answer_to(call, self.answers)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Async(World):
    def perform(self, job: Job[Any]) -> Performed:
        driver = AsyncDriver({"alpha": self, "beta": self}, self.store)
        return asyncio.run(driver.run(job)), dict(driver.calls)

    async def reply(self, call: Call[T]) -> Reply[T]:
        await asyncio.sleep(0)
        return answer_to(call, self.answers)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def store() -> Iterator[SqlStore]:
    with closing(SqlStore("sqlite://")) as store:
        yield store


@pytest.fixture(params=[Blocking, Async], ids=["blocking", "async"])
def world(request: pytest.FixtureRequest, store: SqlStore) -> World:
    made: World = request.param({}, store)
    return made


def put(value: str) -> Callable[[Connection], None]:
    return partial(cursors.write, connection="c", moved={"s": value})


def read(db: Connection) -> dict[str, str]:
    return cursors.read(db, "c")


def kept(world: World) -> dict[str, str]:
    return world.store.transact(read)


# --- answers ---------------------------------------------------------------------------------


def test_a_job_gets_an_answer_to_each_step_and_gives_its_result(world: World) -> None:
    world.answers = {"one": 1, "two": "2", "three": 3, "four": 4}

    def job() -> Job[list[Any]]:
        first = yield from send(call("one"))
        whole = yield from reply(call("two", "beta"))
        yield from transact(put(whole.value))
        yield from wait(2.5)
        several = yield from gather([call("three"), call("four")])
        found = yield from transact(read)
        values = [a.value for a in several if isinstance(a, Reply)]
        return [first, whole.value, whole.status, values, found]

    result, calls = world.perform(job())

    assert result == [1, "2", 200, [3, 4], {"s": "2"}]
    assert calls == {"alpha one": 1, "beta two": 1, "alpha three": 1, "alpha four": 1}
    assert world.slept == [2.5]


def test_a_job_without_steps_just_ends(world: World) -> None:
    def job() -> Job[str]:
        assert (yield from gather([])) == []
        return "done"

    assert world.perform(job()) == ("done", {})


def test_an_empty_gather_has_no_answers(world: World) -> None:
    def job() -> Job[Any]:
        return (yield Gather([], 3))

    assert world.perform(job()) == ([], {})


def test_steps_of_a_job_inside_a_job_are_steps_of_the_job(world: World) -> None:
    world.answers = {"one": 1}

    def inner() -> Job[int]:
        return int((yield from send(call("one")))) + 1

    def job() -> Job[int]:
        return (yield from inner()) + (yield from inner())

    assert world.perform(job()) == (4, {"alpha one": 2})


# --- several at once -------------------------------------------------------------------------


def test_gathered_answers_and_errors_come_in_the_order_of_their_calls(world: World) -> None:
    missing, broken = NotFound("no such thing"), ConfigError("no such place")
    world.answers = {"a": 1, "b": missing, "c": 3, "d": broken}

    def job() -> Job[list[Any]]:
        return list((yield from gather([call(name) for name in "cbadc"])))

    result, calls = world.perform(job())

    assert [a.value if isinstance(a, Reply) else a for a in result] == [3, missing, 1, broken, 3]
    assert calls == {"alpha c": 2, "alpha b": 1, "alpha a": 1, "alpha d": 1}


def test_answers_that_arrive_backwards_are_put_in_order_when_blocking(store: SqlStore) -> None:
    arrived = [threading.Event() for _ in range(3)]

    def after(number: int) -> Callable[[], int]:
        def answer() -> int:
            assert number == 2 or arrived[number + 1].wait(10)
            arrived[number].set()
            return number

        return answer

    world = Blocking({str(n): after(n) for n in range(3)}, store)

    assert world.perform(several("012"))[0] == [0, 1, 2]


def test_answers_that_arrive_backwards_are_put_in_order_when_async(store: SqlStore) -> None:
    order: list[str] = []

    class Backwards(Async):
        async def reply(self, call: Call[T]) -> Reply[T]:
            for _ in range(10 - int(call.operation)):
                await asyncio.sleep(0)
            order.append(call.operation)
            return await super().reply(call)

    world = Backwards({"0": 0, "1": 1, "2": 2}, store)

    assert world.perform(several("012"))[0] == [0, 1, 2]
    assert order == ["2", "1", "0"]


def several(names: Sequence[str], limit: int = 8) -> Job[list[Any]]:
    answers = yield from gather([call(name) for name in names], limit)
    return [a.value for a in answers if isinstance(a, Reply)]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_no_more_calls_than_the_limit_are_under_way_when_blocking(
    store: SqlStore, limit: int
) -> None:
    meeting = threading.Barrier(limit)
    lock = threading.Lock()
    under_way: set[int] = set()
    most: list[int] = []

    def answer() -> int:
        with lock:
            under_way.add(threading.get_ident())
            most.append(len(under_way))
        meeting.wait(10)  # as many as the limit are indeed there at once
        with lock:
            under_way.discard(threading.get_ident())
        return 0

    Blocking({"a": answer}, store).perform(several("a" * 10, limit))

    assert max(most) == limit


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_no_more_calls_than_the_limit_are_under_way_when_async(store: SqlStore, limit: int) -> None:
    most: list[int] = []

    class Counting(Async):
        under_way = 0

        async def reply(self, call: Call[T]) -> Reply[T]:
            self.under_way += 1
            most.append(self.under_way)
            for _ in range(3):
                await asyncio.sleep(0)
            self.under_way -= 1
            return await super().reply(call)

    Counting({"a": 0}, store).perform(several("a" * 10, limit))

    assert max(most) == limit


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_lets_nothing_through_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Gather([call("a")], limit)


def test_a_bug_in_a_gathered_call_stops_the_others_before_the_job_ends(store: SqlStore) -> None:
    ended: list[str] = []

    class Slow(Async):
        async def reply(self, call: Call[T]) -> Reply[T]:
            if call.operation == "slow":
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.append("call")
            return await super().reply(call)

    def job() -> Job[None]:
        try:
            yield from gather([call("slow"), call("bug")])
        finally:
            ended.append("job")

    Slow({"bug": ZeroDivisionError("bug")}, store).failing(job(), ZeroDivisionError, "bug")

    assert ended == ["call", "job"]


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [NotFound("gone", service="alpha"), ConfigError("no place")])
def test_an_error_is_thrown_into_the_job_where_it_asked(
    world: World, error: ConnectorsError
) -> None:
    world.answers = {"one": error, "two": 2}

    def job() -> Job[Any]:
        try:
            yield from send(call("one"))
        except ConnectorsError as caught:
            assert caught is error
            return (yield from send(call("two")))

    assert world.perform(job()) == (2, {"alpha one": 1, "alpha two": 1})


def test_an_error_of_the_store_is_thrown_into_the_job(world: World) -> None:
    def work(db: Connection) -> None:
        put("1")(db)
        raise StoreError("full")

    def job() -> Job[Any]:
        with pytest.raises(StoreError, match="full"):
            yield from transact(work)
        return (yield from transact(read))

    assert world.perform(job()) == ({}, {})


def test_an_error_that_the_job_does_not_expect_ends_it(world: World) -> None:
    world.answers = {"one": NotFound("gone", service="alpha", operation="one")}

    world.failing(send(call("one")), NotFound, "alpha one: gone")


def test_a_function_of_the_host_is_called_and_its_error_is_an_answer(world: World) -> None:
    called: list[str] = []

    def broken() -> None:
        raise ValueError("no")

    def job() -> Job[list[Exception | None]]:
        first = yield from invoke(lambda: called.append("a"))
        second = yield from invoke(broken)
        return [first, second]

    (first, second), calls = world.perform(job())

    assert (called, first, calls) == (["a"], None, {})
    assert isinstance(second, ValueError)


def test_an_async_driver_awaits_what_a_function_of_the_host_gives(store: SqlStore) -> None:
    called: list[str] = []

    async def late(error: Exception | None = None) -> None:
        await asyncio.sleep(0)
        called.append("late")
        if error is not None:
            raise error

    def job() -> Job[Exception | None]:
        assert (yield from invoke(late)) is None
        return (yield from invoke(partial(late, ValueError("no"))))

    raised = asyncio.run(AsyncDriver({}, store).run(job()))

    assert called == ["late", "late"]
    assert isinstance(raised, ValueError)


def test_a_job_may_fail_with_an_error_of_its_own_after_one_it_caught(world: World) -> None:
    world.answers = {"one": NotFound("gone")}

    def job() -> Job[None]:
        try:
            yield from send(call("one"))
        except NotFound as error:
            raise ConfigError("set it up first") from error

    world.failing(job(), ConfigError, "set it up first")


@pytest.mark.parametrize("step", ["send", "gather", "transact", "job"])
@pytest.mark.parametrize("bug", [ZeroDivisionError("bug"), KeyError("bug")])
def test_the_job_is_closed_when_something_fails_that_is_no_error_of_ours(
    world: World, step: str, bug: Exception
) -> None:
    world.answers = {"one": bug}
    closed: list[BaseException] = []

    def work(_: Connection) -> None:
        raise bug

    def job() -> Job[None]:
        yield from transact(put("before"))
        try:
            if step == "send":
                yield from send(call("one"))
            elif step == "gather":
                yield from gather([call("one"), call("one")])
            elif step == "transact":
                yield from transact(work)
            else:
                raise bug
        except BaseException as error:
            closed.append(error)
            raise

    world.failing(job(), type(bug), "bug")

    assert [type(error) for error in closed] == [type(bug) if step == "job" else GeneratorExit]
    assert kept(world) == {"s": "before"}


def test_a_job_whose_service_is_not_connected_fails(world: World) -> None:
    world.failing(send(call("one", "gamma")), KeyError, "gamma")


def test_an_iterator_that_runs_dry_in_a_transaction_is_not_the_end_of_the_job(
    store: SqlStore,
) -> None:
    def work(_: Connection) -> None:
        next(iter(()))

    with pytest.raises(StopIteration):
        Driver({}, store).run(transact(work))


# --- counts ----------------------------------------------------------------------------------


def test_repeats_are_counted_also_of_calls_that_failed(world: World) -> None:
    def tried(operation: str, times: int) -> Call[Any]:
        made = call(operation)
        request = Request(method="GET", path=operation, query=str(times))
        return Call(service=made.service, operation=operation, request=request, decode=made.decode)

    world.answers = {"good": 1, "bad": NotFound("gone"), "unset": ConfigError("no place")}

    def job() -> Job[None]:
        yield from send(tried("good", 3))
        with pytest.raises(NotFound):
            yield from send(tried("bad", 4))
        yield from gather([tried("good", 2), tried("unset", 1), tried("good", 1)])

    assert world.perform(job())[1] == {"alpha good": 6, "alpha bad": 4, "alpha unset": 1}


def test_calls_are_counted_while_a_job_runs_and_over_several_jobs(store: SqlStore) -> None:
    world = Blocking({"one": 1}, store)
    driver = Driver({"alpha": world}, store)

    for _ in range(3):
        driver.run(several(["one"] * 40))

    assert driver.calls == {"alpha one": 120}


# --- cancellation ----------------------------------------------------------------------------


class Hanging(Async):
    """Answers never; says when it was asked."""

    asked: asyncio.Event
    cancelled = 0

    async def reply(self, call: Call[T]) -> Reply[T]:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1
        raise AssertionError

    async def sleep(self, seconds: float) -> None:
        await self.reply(call("sleep"))


def cancel(world: World, job: Job[Any], when: Callable[[], Awaitable[object]]) -> None:
    async def main() -> None:
        if isinstance(world, Hanging):
            world.asked = asyncio.Event()
        driver = AsyncDriver({"alpha": world}, world.store)  # type: ignore[dict-item]
        task = asyncio.create_task(driver.run(job))
        await when()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


STEPS: dict[str, Callable[[], Job[Any]]] = {
    "send": lambda: send(call("one")),
    "gather": lambda: gather([call("one"), call("two"), call("three")], 2),
    "wait": lambda: wait(60),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_cancelled_job_keeps_what_it_had_committed_and_nothing_more(
    store: SqlStore, step: str
) -> None:
    world = Hanging({}, store)
    ended: list[str] = []

    def job() -> Job[None]:
        yield from transact(put("before"))
        try:
            yield from STEPS[step]()
        finally:
            ended.append("job")
        yield from transact(put("after"))

    cancel(world, job(), lambda: world.asked.wait())

    assert kept(world) == {"s": "before"}
    assert ended == ["job"]
    assert world.cancelled == (2 if step == "gather" else 1)


@pytest.mark.parametrize("fails", [False, True])
def test_a_job_that_is_cancelled_in_a_transaction_ends_after_it(
    store: SqlStore, fails: bool
) -> None:
    """Whole or not at all, and then nothing writes any more: the host may close the store."""
    inside, leave = threading.Event(), threading.Event()
    world = Async({}, store)
    ended: list[str] = []

    def work(db: Connection) -> None:
        put("half")(db)
        inside.set()
        assert leave.wait(10)
        put("whole")(db)
        ended.append("transaction")
        if fails:
            raise StoreError("full")

    def job() -> Job[None]:
        try:
            yield from transact(work)
        finally:
            ended.append("job")

    async def when() -> None:
        await asyncio.to_thread(inside.wait, 10)
        asyncio.get_running_loop().call_soon(
            lambda: asyncio.get_running_loop().call_soon(leave.set)
        )

    cancel(world, job(), when)

    assert ended == ["transaction", "job"]
    assert kept(world) == ({} if fails else {"s": "whole"})


def test_the_event_loop_goes_on_during_a_transaction(store: SqlStore) -> None:
    ticked = threading.Event()

    def work(_: Connection) -> bool:
        return ticked.wait(10)

    async def main() -> bool:
        asyncio.get_running_loop().call_soon(ticked.set)
        return await AsyncDriver({}, store).run(transact(work))

    assert asyncio.run(main())


# --- a store that is another -----------------------------------------------------------------


def test_any_store_that_keeps_the_protocol_will_do() -> None:
    class Memory:
        """Counts transactions and knows no database."""

        count = 0

        def transact(self, fn: Callable[[Connection], T]) -> T:
            self.count += 1
            return fn(None)  # type: ignore[arg-type]

        def install(self, schema: Schema) -> None: ...

    memory = Memory()

    def job() -> Job[int]:
        yield Wait(0) if memory.count else Gather([], 1)
        return (yield from transact(lambda _: 7))

    assert Driver({}, memory).run(job()) == 7
    assert memory.count == 1
