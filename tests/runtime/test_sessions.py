"""Both drivers perform the same flows: tokens, lists, errors."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from attrs import frozen

from connectors.core.auth import HeaderKey, Token
from connectors.core.call import Call, Page, Pages, Request, Response
from connectors.core.flow import Flow, Port, send, wait
from connectors.core.observe import Observer
from connectors.core.policy import Budget, Retries
from connectors.errors import AuthError, ServerError, StatusError, Throttled, Unauthenticated
from connectors.runtime.aio import AsyncPaged, AsyncSession
from connectors.runtime.blocking import Paged, Session
from connectors.runtime.budget import SharedBudget
from connectors.runtime.http import AsyncWire, Wire
from connectors.runtime.slots import Slots
from connectors.sandbox import Clock
from tests.facades import WORLDS, Lifted, LiftedList, World, run

BASE = "https://api.example.org"
Answer = tuple[int, Mapping[str, str], bytes]


class Service:
    """Gives out tokens, and lists the numbers below `count` in pages of three."""

    def __init__(self, count: int = 8) -> None:
        self.clock = Clock()
        self.count = count
        self.lifetime = 3600.0
        self.tokens = 0
        self.good = ""
        self.seen: list[str] = []
        self.trouble: list[Answer] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if url.endswith("/token"):
            self.tokens += 1
            self.good = f"t{self.tokens}"
            return 200, {}, self.good.encode()
        self.seen.append(url.removeprefix(BASE))
        if self.trouble:
            return self.trouble.pop(0)
        if headers.get("Authorization") != f"Bearer {self.good}":
            return 401, {}, b""
        at = int(url.rpartition("=")[2])
        rows = list(range(at, min(at + 3, self.count)))
        return 200, {}, json.dumps(rows).encode()


@frozen
class Grant:
    """Asks the service for a token; other tasks get a turn before and after."""

    service: Service

    def static_headers(self) -> None:
        return None

    def identity(self) -> str:
        return ""

    def acquire(self, held: Token | None) -> Flow[Token]:
        yield from wait(0.0)
        response = yield from send(Request(method="POST", path="https://login.example.org/token"))
        yield from wait(0.0)
        return Token(value=response.body.decode(), expires_in=self.service.lifetime)


def classify(_: Call[Any], response: Response) -> StatusError | None:
    kinds: dict[int, type[StatusError]] = {401: Unauthenticated, 429: Throttled, 503: ServerError}
    kind = kinds.get(response.status)
    return kind("no", status=response.status) if kind else None


def port(service: Service) -> Port:
    return Port(
        service="numbers",
        base_url=BASE,
        hosts=frozenset({BASE}),
        headers={},
        classify=classify,
        rate=SharedBudget(Budget([]), service.clock, Slots(10)),
        observer=Observer("numbers"),
        now=service.clock.monotonic,
        retries=Retries(jitter=lambda: 0.0),
    )


def numbers(count: int) -> Pages[int]:
    def at(cursor: str | None) -> Call[Page[int]]:
        start = int(cursor or "0")

        def decode(response: Response) -> Page[int]:
            rows = tuple(json.loads(response.body))
            more = start + 3 < count
            return Page(items=rows, cursor=str(start + 3) if more else None, total=count)

        request = Request(method="GET", path="numbers", query=f"at={start}")
        return Call(service="numbers", operation="list", request=request, decode=decode)

    return Pages(at)


def session(service: Service, credential: Any = None) -> Callable[[World], Any]:
    secret = credential or Grant(service)

    def make(world: World) -> Any:
        if world == "blocking":
            return Session(port(service), Wire(service), secret, slots=Slots(10))
        return AsyncSession(port(service), AsyncWire(service), secret, slots=Slots(10))

    return make


def listed(on: Any, service: Service, cursor: str | None = None) -> Any:
    """The list of numbers on a session of either world."""
    pages = numbers(service.count)
    if isinstance(on, Lifted):
        return LiftedList(Paged(on._blocking, pages, cursor))  # type: ignore[arg-type]
    return AsyncPaged(on, pages, cursor)


ONE = numbers(8).at(None)


# --- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_all_items_are_walked_page_by_page(world: World) -> None:
    service = Service(count=8)

    async def case(on: Any) -> list[int]:
        return [item async for item in listed(on, service)]

    assert run(world, session(service), case) == list(range(8))
    assert service.seen == ["/numbers?at=0", "/numbers?at=3", "/numbers?at=6"]


@pytest.mark.parametrize("world", WORLDS)
def test_an_empty_list_is_one_empty_page(world: World) -> None:
    service = Service(count=0)

    async def case(on: Any) -> None:
        assert [item async for item in listed(on, service)] == []
        assert await listed(on, service).first() is None
        assert [page.total async for page in listed(on, service).pages()] == [0]

    run(world, session(service), case)


@pytest.mark.parametrize("world", WORLDS)
def test_pages_are_read_only_when_asked_for(world: World) -> None:
    service = Service(count=8)

    async def case(on: Any) -> None:
        paged = listed(on, service)
        assert service.seen == []
        pages = paged.pages()
        assert (await anext(pages)).items == (0, 1, 2)
        assert len(service.seen) == 1
        assert paged.cursor is None
        assert (await anext(pages)).items == (3, 4, 5)
        assert paged.cursor == "3"
        assert [page.items async for page in pages] == [(6, 7)]
        assert paged.cursor is None

    run(world, session(service), case)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("count", "calls"), [(-1, 0), (0, 0), (1, 1), (3, 1), (4, 2), (8, 3), (99, 3)]
)
def test_taking_some_reads_no_more_pages_than_needed(world: World, count: int, calls: int) -> None:
    service = Service(count=8)

    async def case(on: Any) -> list[int]:
        items: list[int] = await listed(on, service).take(count)
        return items

    assert run(world, session(service), case) == list(range(8))[: max(count, 0)]
    assert len(service.seen) == calls


@pytest.mark.parametrize("world", WORLDS)
def test_the_first_item_costs_one_page(world: World) -> None:
    service = Service(count=8)

    async def case(on: Any) -> object:
        return await listed(on, service).first()

    assert run(world, session(service), case) == 0
    assert len(service.seen) == 1


@pytest.mark.parametrize("world", WORLDS)
def test_a_cursor_resumes_with_the_page_that_was_not_walked_through(world: World) -> None:
    service = Service(count=8)

    async def case(on: Any) -> list[list[int]]:
        within = listed(on, service)
        await within.take(5)
        between = listed(on, service)
        pages = between.pages()
        saved = [(await anext(pages)).cursor for _ in range(2)]
        return [[item async for item in listed(on, service, c)] for c in (within.cursor, saved[1])]

    assert run(world, session(service), case) == [[3, 4, 5, 6, 7], [6, 7]]


@pytest.mark.parametrize("world", WORLDS)
def test_a_list_may_be_walked_again_from_its_start(world: World) -> None:
    service = Service(count=4)

    async def case(on: Any) -> list[list[int]]:
        paged = listed(on, service, "3")
        return [[item async for item in paged] for _ in range(2)]

    assert run(world, session(service), case) == [[3], [3]]


@pytest.mark.parametrize("world", WORLDS)
def test_trouble_on_a_page_is_repeated_there(world: World) -> None:
    service = Service(count=4)

    async def case(on: Any) -> list[int]:
        return [item async for item in listed(on, service)]

    service.trouble = [(503, {}, b""), (503, {}, b"")]

    assert run(world, session(service), case) == [0, 1, 2, 3]
    assert service.seen == ["/numbers?at=0"] * 3 + ["/numbers?at=3"]
    assert service.clock.monotonic() == 1.5


# --- calls -----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_a_reply_has_the_value_and_the_answer(world: World) -> None:
    service = Service()
    service.trouble = [(429, {}, b"")]

    async def case(on: Any) -> tuple[object, ...]:
        reply = await on.reply(ONE)
        assert (await on.send(ONE)) == reply.value
        return reply.value.items, reply.status, reply.raw, reply.attempts

    assert run(world, session(service), case) == ((0, 1, 2), 200, b"[0, 1, 2]", 2)


@pytest.mark.parametrize("world", WORLDS)
def test_an_error_of_the_flow_comes_out_and_the_flow_is_closed(world: World) -> None:
    closed: list[bool] = []

    def flow() -> Flow[None]:
        try:
            yield from wait(1.0)
            raise Throttled("enough", status=429)
        finally:
            closed.append(True)

    async def case(on: Any) -> None:
        await on.run(flow())

    with pytest.raises(Throttled, match="enough"):
        run(world, session(Service()), case)
    assert closed == [True]


def test_a_cancelled_call_closes_its_flow() -> None:
    closed: list[bool] = []

    class Stuck(AsyncWire):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    def flow() -> Flow[None]:
        try:
            yield from wait(1.0)
        finally:
            closed.append(True)

    async def main() -> None:
        service = Service()
        on = AsyncSession(port(service), Stuck(service), Grant(service), slots=Slots(10))
        task = asyncio.create_task(on.run(flow()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert closed == [True]


# --- tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_a_token_is_had_once_and_used_until_five_minutes_before_its_end(world: World) -> None:
    service = Service()

    async def case(on: Any) -> list[int]:
        had = []
        for seconds in (0.0, 3299.0, 1.0, 1.0):
            service.clock.sleep(seconds)
            await on.send(ONE)
            had.append(service.tokens)
        return had

    assert run(world, session(service), case) == [1, 1, 2, 2]


@pytest.mark.parametrize("world", WORLDS)
def test_a_revoked_token_is_renewed_and_the_call_repeated(world: World) -> None:
    service = Service()

    async def case(on: Any) -> int:
        await on.send(ONE)
        service.good = "revoked"
        reply = await on.reply(ONE)
        attempts: int = reply.attempts
        return attempts

    assert run(world, session(service), case) == 2
    assert service.tokens == 2


@pytest.mark.parametrize("world", WORLDS)
def test_a_token_that_is_refused_when_new_fails_the_call(world: World) -> None:
    service = Service()
    service.trouble = [(401, {}, b"")] * 9

    async def case(on: Any) -> None:
        await on.send(ONE)

    with pytest.raises(Unauthenticated) as caught:
        run(world, session(service), case)
    assert (service.tokens, len(service.seen), caught.value.attempts) == (2, 2, 2)


@pytest.mark.parametrize("world", WORLDS)
def test_no_token_at_all_is_an_error_of_the_call(world: World) -> None:
    class Broken(Grant):
        def acquire(self, held: Token | None) -> Flow[Token]:
            yield from wait(0.0)
            raise AuthError("the authority is down")

    service = Service()

    async def case(on: Any) -> None:
        await on.send(ONE)

    with pytest.raises(AuthError, match=r"^numbers list: the authority is down$"):
        run(world, session(service, Broken(service)), case)
    assert service.seen == []


@pytest.mark.parametrize("world", WORLDS)
def test_a_key_is_sent_as_it_is_and_asks_no_authority(world: World) -> None:
    service = Service()
    service.good = "fixed"

    async def case(on: Any) -> object:
        return (await on.send(ONE)).items

    key = HeaderKey("Authorization", "Bearer fixed")

    assert run(world, session(service, key), case) == (0, 1, 2)
    assert service.tokens == 0


def test_tasks_that_find_no_token_share_one_refresh() -> None:
    service = Service()

    async def main() -> None:
        on = AsyncSession(port(service), AsyncWire(service), Grant(service), slots=Slots(10))
        await asyncio.gather(*(on.send(ONE) for _ in range(20)))

    asyncio.run(main())

    assert (service.tokens, len(service.seen)) == (1, 20)


def test_tasks_whose_token_was_revoked_share_one_refresh() -> None:
    service = Service()

    async def main() -> None:
        on = AsyncSession(port(service), AsyncWire(service), Grant(service), slots=Slots(10))
        await on.send(ONE)
        service.good = "revoked"
        await asyncio.gather(*(on.send(ONE) for _ in range(20)))

    asyncio.run(main())

    assert service.tokens == 2


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns far more often than usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.parametrize("revoked", [False, True])
def test_threads_share_one_refresh(revoked: bool, eager_threads: None) -> None:
    service = Service()
    on = Session(port(service), Wire(service), Grant(service), slots=Slots(10))
    if revoked:
        on.send(ONE)
        service.good = "revoked"
    before = service.tokens
    start = threading.Barrier(8)
    values: list[object] = []

    def work() -> None:
        start.wait(5)
        for _ in range(5):
            values.append(on.send(ONE).items)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert values == [(0, 1, 2)] * 40
    assert service.tokens == before + 1
