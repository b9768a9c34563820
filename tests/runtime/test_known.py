"""What a client finds out once for all its calls, copies and threads; another account of its user."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve

from connectors.core.auth import HeaderKey, TokenProvider
from connectors.core.call import Call, Request
from connectors.core.flow import Flow, Port, Site, now, once, perform, send, wait
from connectors.core.observe import Observer
from connectors.core.policy import Budget, Retries
from connectors.errors import AnswerLost, ConfigError
from connectors.runtime.aio import AsyncSession
from connectors.runtime.blocking import Session
from connectors.runtime.budget import SharedBudget
from connectors.runtime.http import AsyncWire, Wire
from connectors.runtime.slots import Slots
from connectors.sandbox import Clock
from tests.facades import WORLDS, World, run

DESK = "https://desk.example.org"


class Service:
    """A desk that says where accounts are, and the places it names."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.seen: list[tuple[str, str]] = []
        self.silent = 0
        self.pause: Callable[[], object] = bool

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.seen.append((url, headers.get("Authorization", "")))
        if url == f"{DESK}/where":
            self.pause()
            if self.silent:
                self.silent -= 1
                raise ConnectionResetError
            return 200, {}, b"https://na3.example.org"
        return 200, {}, b"done"

    @property
    def asked(self) -> int:
        return sum(url == f"{DESK}/where" for url, _ in self.seen)


def where(account: str) -> Callable[[Port], Flow[Site]]:
    def place(port: Port) -> Flow[Site]:
        root = yield from once("where", lambda: ask(port))
        return Site(f"{root}/{account}", frozenset({root}))

    def ask(port: Port) -> Flow[str]:
        request = Request(method="GET", path="where")
        call = Call(
            service="shop", operation="where", request=request, decode=lambda r: r.body.decode()
        )
        yield from wait(0.0)
        return (yield from perform(call, evolve(port, site=None))).value

    return place


def port(service: Service, **changes: Any) -> Port:
    made = Port(
        service="shop",
        base_url=DESK,
        hosts=frozenset({DESK}),
        headers={},
        classify=lambda call, response: None,
        rate=SharedBudget(Budget([]), service.clock, Slots(50)),
        observer=Observer("shop"),
        now=service.clock.monotonic,
        retries=Retries(attempts=1),
        site=where("7"),
    )
    return evolve(made, **changes)


def session(service: Service, credential: Any = None) -> Callable[[World], Any]:
    secret = credential or HeaderKey("Authorization", "k")

    def make(world: World) -> Any:
        if world == "blocking":
            return Session(port(service), Wire(service), secret, slots=Slots(50))
        return AsyncSession(port(service), AsyncWire(service), secret, slots=Slots(50))

    return make


GET = Call(
    service="shop",
    operation="get",
    request=Request(method="GET", path="things"),
    decode=lambda r: r.body,
)


@pytest.mark.parametrize("world", WORLDS)
def test_where_to_call_is_asked_once_in_the_life_of_a_client(world: World) -> None:
    service = Service()

    async def case(on: Any) -> None:
        for _ in range(3):
            assert await on.send(GET) == b"done"

    run(world, session(service), case)

    assert [url for url, _ in service.seen] == [f"{DESK}/where"] + [
        "https://na3.example.org/7/things"
    ] * 3


def test_copies_and_other_accounts_know_what_one_of_them_found_out() -> None:
    service = Service()
    tokens: list[str] = []

    def provide() -> str:
        tokens.append(f"t{len(tokens)}")
        return tokens[-1]

    on = session(service, TokenProvider(provide=provide))("blocking")
    patient = on.with_options(timeout=99.0, retries=3)
    other = on.over(port(service, site=where("8")), Slots(1))

    patient.send(GET)
    on.send(GET)
    other.send(GET)
    other.with_options(timeout=None, retries=None).send(GET)

    assert (service.asked, tokens) == (1, ["t0"])
    assert [url.removeprefix("https://na3.example.org/") for url, _ in service.seen[1:]] == [
        "7/things",
        "7/things",
        "8/things",
        "8/things",
    ]
    assert other.wire is on.wire


def test_another_account_has_the_credential_of_the_first_and_its_own_limits() -> None:
    service = Service()
    slots = Slots(1)
    other = session(service)("blocking").over(port(service, site=where("8")), slots)

    other.send(GET)

    assert {key for _, key in service.seen} == {"k"}
    # A key cannot be renewed, whatever the port was made with.
    assert (other.port.renewable, other._slots) == (False, slots)


def test_twenty_threads_ask_once() -> None:
    service = Service()
    on = session(service)("blocking")
    start = threading.Barrier(20)
    slow = threading.Event()
    service.pause = lambda: slow.wait(0.05)
    values: list[object] = []

    def work() -> None:
        start.wait(5)
        values.append(on.with_options(timeout=9.0, retries=None).send(GET))

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)

    assert (values, service.asked) == ([b"done"] * 20, 1)


def test_twenty_tasks_ask_once() -> None:
    service = Service()

    async def main() -> None:
        on = session(service)("async")
        await asyncio.gather(*(on.send(GET) for _ in range(20)))

    asyncio.run(main())

    assert service.asked == 1


def test_what_could_not_be_found_out_is_asked_by_the_next_call() -> None:
    service = Service()
    service.silent = 1
    on = session(service)("blocking")

    with pytest.raises(AnswerLost):
        on.send(GET)
    assert on.send(GET) == b"done"

    assert service.asked == 2


def test_a_task_that_is_cancelled_while_it_asks_leaves_it_to_the_others() -> None:
    service = Service()

    async def main() -> None:
        on = session(service)("async")
        first = asyncio.create_task(on.send(GET))
        second = asyncio.create_task(on.send(GET))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == b"done"
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(main())


@pytest.mark.parametrize("world", WORLDS)
def test_a_flow_reads_the_date_of_the_time_that_the_client_lives_in(world: World) -> None:
    service = Service()
    service.clock.sleep(86_400.0)

    async def case(on: Any) -> object:
        return await on.run(now())

    assert run(world, session(service), case) == service.clock.now()


def test_a_link_to_the_desk_gets_no_credential_once_the_place_is_known() -> None:
    service = Service()
    on = session(service)("blocking")
    request = Request(method="GET", path=f"{DESK}/things")

    with pytest.raises(ConfigError, match="refused to send the credential"):
        on.send(evolve(GET, request=request))


@pytest.mark.parametrize("world", WORLDS)
def test_different_things_are_found_out_side_by_side(world: World) -> None:
    service = Service()

    def inner() -> Flow[int]:
        yield from send(Request(method="GET", path="https://x.example/1"))
        return 1

    def outer() -> Flow[int]:
        return 1 + (yield from once("inner", inner))

    async def case(on: Any) -> object:
        return await on.run(once("outer", outer)), await on.run(once("inner", inner))

    assert run(world, session(service), case) == (2, 1)
    assert len(service.seen) == 1
