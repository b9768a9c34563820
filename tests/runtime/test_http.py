"""The edge to HTTP: what is sent, what failures mean. Nothing leaves this machine."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from connectors.core.call import Request, Response
from connectors.errors import AnswerLost, ConfigError, DecodeError, NotSent, TransportError
from connectors.runtime import http
from connectors.runtime.http import SYSTEM_CLOCK, AsyncWire, Transport, Wire
from tests.facades import WORLDS, World, run

if TYPE_CHECKING:
    import httpx
else:
    httpx = http.backend()

Handler = Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """A clock that jumps."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float, /) -> None:
        self.at += seconds


def request(url: str = "https://api.example.org/x", **changes: Any) -> Request:
    return Request(**{"method": "GET", "path": url, **changes})


def over(handler: Handler) -> Callable[[World], Any]:
    """A wire whose sockets are played by `handler`."""

    def make(world: World) -> Any:
        wire = real(world)
        # A transport of its own would load the machine's certificates first.
        wire._idle = {"https://api.example.org": [httpx.MockTransport(handler)]}
        return wire

    return make


def unused(*_: object) -> tuple[int, Mapping[str, str], bytes]:
    raise AssertionError("the wire has sockets")


def real(world: World) -> Any:
    return Wire(None) if world == "blocking" else AsyncWire(None)


def through(function: Transport) -> Callable[[World], Any]:
    return lambda world: Wire(function) if world == "blocking" else AsyncWire(function)


def sending(sent: Request, world: World) -> Callable[[Any], Awaitable[Response]]:
    async def case(wire: Any) -> Response:
        try:
            answer: Response = await wire.send(sent, 5.0)
            return answer
        finally:
            await (wire.close() if world == "blocking" else wire.aclose())

    return case


def send(world: World, make: Callable[[World], Any], sent: Request) -> Response:
    return run(world, make, sending(sent, world))


# --- over the HTTP library -------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), NotSent),
        (httpx.ConnectTimeout("slow"), NotSent),
        (httpx.PoolTimeout("full"), NotSent),
        (httpx.UnsupportedProtocol("gopher"), NotSent),
        (httpx.ProxyError("403"), NotSent),
        (httpx.InvalidURL("no host"), NotSent),
        (httpx.ReadTimeout("slow"), AnswerLost),
        (httpx.WriteTimeout("slow"), AnswerLost),
        (httpx.ReadError("reset"), AnswerLost),
        (httpx.WriteError("reset"), AnswerLost),
        (httpx.CloseError("reset"), AnswerLost),
        (httpx.RemoteProtocolError("gone"), AnswerLost),
        (httpx.DecodingError("no gzip"), AnswerLost),
    ],
)
def test_a_failure_says_whether_the_request_can_have_arrived(
    world: World, error: Exception, kind: type[TransportError]
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(TransportError) as caught:
        send(world, over(fail), request())

    assert type(caught.value) is kind
    assert caught.value.message == str(error)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("world", WORLDS)
def test_a_failure_without_a_text_is_told_by_its_name(world: World) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    with pytest.raises(AnswerLost, match="ReadTimeout"):
        send(world, over(fail), request())


@pytest.mark.parametrize("world", WORLDS)
def test_a_request_arrives_as_it_is_and_the_answer_comes_back_whole(world: World) -> None:
    seen: list[httpx.Request] = []

    def answer(got: httpx.Request) -> httpx.Response:
        seen.append(got)
        return httpx.Response(418, headers={"TotalCount": "7"}, content=b"\x00body")

    sent = request(
        "https://api.example.org/v3/x?query%5Bemail%5D=a%2Bb%40x.y",
        method="POST",
        headers=(("X-Auth-Token", "api-key k"), ("Content-Type", "application/json")),
        body=b"{}",
    )
    response = send(world, over(answer), sent)

    (got,) = seen
    assert str(got.url) == "https://api.example.org/v3/x?query%5Bemail%5D=a%2Bb%40x.y"
    assert (got.method, got.content, got.headers["x-auth-token"]) == ("POST", b"{}", "api-key k")
    assert got.extensions["timeout"] == dict.fromkeys(("connect", "read", "write", "pool"), 5.0)
    assert (response.status, response.body) == (418, b"\x00body")
    assert response.headers["totalcount"] == "7"


# --- over real sockets -----------------------------------------------------------------------


class Answering(BaseHTTPRequestHandler):
    """Redirects `/away`, hangs up on `/mute`, and answers everything else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        seen: list[tuple[str, Mapping[str, str]]] = self.server.seen  # type: ignore[attr-defined]
        seen.append((self.path, dict(self.headers)))
        if self.path == "/mute":
            self.close_connection = True
            return
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "session=1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def at(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.seen.clear()  # type: ignore[attr-defined]
    return lambda path: f"http://127.0.0.1:{server.server_port}{path}"


@pytest.mark.parametrize("world", WORLDS)
def test_a_redirect_is_handed_back_and_not_followed(
    world: World, server: ThreadingHTTPServer, at: Callable[[str], str]
) -> None:
    sent = request(at("/away"), headers=(("X-Auth-Token", "k"),))

    response = send(world, real, sent)

    assert (response.status, response.headers["location"]) == (302, "/elsewhere")
    assert [path for path, _ in server.seen] == ["/away"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("world", WORLDS)
def test_a_server_that_hangs_up_leaves_the_answer_lost(
    world: World, at: Callable[[str], str]
) -> None:
    with pytest.raises(AnswerLost):
        send(world, real, request(at("/mute")))


@pytest.mark.parametrize("world", WORLDS)
def test_a_port_where_nobody_listens_gets_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening
        port = taken.getsockname()[1]

        with pytest.raises(NotSent):
            send(world, real, request(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize("world", WORLDS)
def test_a_header_that_http_cannot_carry_is_refused_without_quoting_it(
    world: World, server: ThreadingHTTPServer, at: Callable[[str], str]
) -> None:
    async def case(wire: Any) -> None:
        for key in ("c4n4ry\nX-Evil: 1", "c4n4ry\x00"):
            with pytest.raises(ConfigError) as caught:
                await wire.send(request(at("/"), headers=(("X-Auth-Token", key),)), 5.0)
            assert "header" in str(caught.value)
            assert "c4n4ry" not in str(caught.value)
        await (wire.close() if world == "blocking" else wire.aclose())

    run(world, real, case)

    assert server.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("world", WORLDS)
def test_a_url_that_is_none_sends_nothing(world: World) -> None:
    async def case(wire: Any) -> None:
        for url in ("nowhere", "gopher://127.0.0.1/", "https://", "https://[::1/"):
            with pytest.raises(NotSent):
                await wire.send(request(url), 5.0)
        await (wire.close() if world == "blocking" else wire.aclose())

    run(world, real, case)


# --- through the host's own function ---------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ConnectionRefusedError("nobody there"), NotSent, "nobody there"),
        (ConnectionRefusedError(), NotSent, "ConnectionRefusedError"),
        (ConnectionResetError("reset"), AnswerLost, "reset"),
        (ConnectionAbortedError(), AnswerLost, "ConnectionAbortedError"),
        (BrokenPipeError("pipe"), AnswerLost, "pipe"),
        (TimeoutError(), AnswerLost, "TimeoutError"),
        (OSError("anything"), AnswerLost, "anything"),
    ],
)
def test_an_os_error_of_the_hosts_function_says_whether_it_can_have_arrived(
    world: World, error: OSError, kind: type[TransportError], text: str
) -> None:
    def fail(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        raise error

    with pytest.raises(TransportError) as caught:
        send(world, through(fail), request())

    assert type(caught.value) is kind
    assert caught.value.message == text


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    "text",
    [
        "HTTPSConnectionPool(url: https://h/x?query%5Bemail%5D=c4n4ry%40x.y)",
        "header X-Auth-Token: api-key c4n4ry-123 is odd",
        "nobody called c4n4ry%40x.y",
        "cannot reach https://h/x?name=c4n4ry",
    ],
)
def test_an_os_error_that_quotes_a_url_a_key_or_an_address_does_not_pass_it_on(
    world: World, text: str
) -> None:
    def fail(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        raise ConnectionResetError(text)

    key = request(headers=(("X-Auth-Token", "api-key c4n4ry-123"),))
    with pytest.raises(AnswerLost) as caught:
        send(world, through(fail), key)

    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTPS_PROXY", "ftp://proxy:1"), ("SSL_CERT_FILE", "/nowhere/ca.pem")],
)
def test_an_environment_that_cannot_work_is_named(
    world: World, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    http._certificates.cache_clear()
    try:
        with pytest.raises(ConfigError, match="HTTPS_PROXY"):
            send(world, real, request())
    finally:
        http._certificates.cache_clear()


@pytest.mark.parametrize("world", WORLDS)
def test_a_bug_in_the_hosts_function_is_not_hidden(world: World) -> None:
    def fail(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        send(world, through(fail), request())


@pytest.mark.parametrize("world", WORLDS)
def test_the_hosts_function_sees_plain_values(world: World) -> None:
    seen: list[object] = []

    def answer(*sent: object) -> tuple[int, Mapping[str, str], bytes]:
        seen.append(sent)
        return 202, {"TotalCount": "7", "Date": "d"}, b"out"

    response = send(
        world, through(answer), request(method="POST", headers=(("A", "1"),), body=b"in")
    )

    assert seen == [("POST", "https://api.example.org/x", {"A": "1"}, b"in")]
    assert response == Response(status=202, headers={"totalcount": "7", "date": "d"}, body=b"out")


# --- time ------------------------------------------------------------------------------------


class Ticking:
    """A transport that brings its own time."""

    def __init__(self) -> None:
        self.clock = FakeClock()

    def __call__(self, *_: object) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {}, b""


@pytest.mark.parametrize("world", WORLDS)
def test_a_wire_waits_in_the_time_of_its_transport(world: World) -> None:
    transport = Ticking()

    async def case(wire: Any) -> None:
        await wire.sleep(3600.0)

    run(world, through(transport), case)

    assert transport.clock.at == 3600.0


def test_without_a_clock_of_its_own_a_wire_lives_in_the_machines_time() -> None:
    def transport(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {}, b""

    before = SYSTEM_CLOCK.monotonic()

    assert Wire(transport).clock is SYSTEM_CLOCK
    assert AsyncWire(transport).clock is SYSTEM_CLOCK
    assert SYSTEM_CLOCK.now().tzinfo is UTC
    SYSTEM_CLOCK.sleep(0.0)
    asyncio.run(AsyncWire(transport).sleep(0.0))
    assert SYSTEM_CLOCK.monotonic() >= before


# --- our own connections ---------------------------------------------------------------------


def answering(*pieces: bytes, headers: Mapping[str, str] | None = None) -> Handler:
    def handle(_: httpx.Request) -> httpx.Response:
        class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
            def __iter__(self) -> Iterator[bytes]:
                yield from pieces

            async def __aiter__(self) -> AsyncIterator[bytes]:
                for piece in pieces:
                    yield piece

        return httpx.Response(200, headers=headers, stream=Stream())

    return handle


@pytest.mark.parametrize("world", WORLDS)
def test_a_compressed_answer_is_unpacked(world: World) -> None:
    packed = gzip.compress(b"plain")
    handler = answering(packed[:5], packed[5:], headers={"Content-Encoding": "gzip"})

    assert send(world, over(handler), request()).body == b"plain"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "30"}], ids=["unsaid", "said"])
def test_an_answer_that_is_too_large_is_not_read_on(
    world: World, headers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 20)

    with pytest.raises(DecodeError, match="larger than 20 bytes"):
        send(world, over(answering(b"x" * 15, b"x" * 15, headers=headers)), request())


def test_connections_are_kept_and_one_is_enough_for_one_call_at_a_time(
    server: ThreadingHTTPServer,
) -> None:
    wire = Wire(None)
    url = f"http://127.0.0.1:{server.server_address[1]}/x"

    for _ in range(3):
        wire.send(request(url), 5.0)
    [(_, idle)] = wire._idle.items()
    assert len(idle) == 1
    wire.close()
    assert idle == []


@pytest.mark.parametrize(
    ("environment", "origin", "proxy"),
    [
        ({}, "https://api.example.org", None),
        ({"HTTPS_PROXY": "http://p:3128"}, "https://api.example.org", "http://p:3128"),
        ({"HTTPS_PROXY": "p:3128"}, "https://api.example.org", "http://p:3128"),
        ({"ALL_PROXY": "http://p:1"}, "https://api.example.org", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://api.example.org", None),
        (
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.org"},
            "https://api.example.org",
            None,
        ),
    ],
)
def test_proxies_come_from_the_environment(
    environment: Mapping[str, str],
    origin: str,
    proxy: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert http._proxy(origin) == proxy


def test_a_backend_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTORS_HTTP_BACKEND", "requests")
    http.backend.cache_clear()
    try:
        with pytest.raises(ConfigError, match="not one of httpx, httpx2"):
            http.backend()
    finally:
        http.backend.cache_clear()


@pytest.mark.parametrize("world", WORLDS)
def test_letters_that_no_header_can_hold_are_not_quoted(world: World) -> None:
    key = "api-key c4n4ry–123"

    with pytest.raises(ConfigError, match="not ASCII") as caught:
        send(world, over(answering(b"")), request(headers=(("X-Auth-Token", key),)))

    assert "c4n4ry" not in repr(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8025", "http://localhost", "http://[::1]:1"])
def test_what_stays_on_this_machine_goes_to_no_proxy(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://p:1")
    monkeypatch.setenv("ALL_PROXY", "http://p:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert http._proxy(origin) is None


def test_a_client_may_be_closed_while_a_thread_calls_somewhere_new() -> None:
    wire = Wire(None)

    class Connection:
        def close(self) -> None:
            wire._idle.setdefault(f"https://{len(wire._idle)}.example.org", [])

    wire._idle = {"https://a": [Connection()], "https://b": [Connection()]}  # type: ignore[list-item]
    wire.close()

    assert not any(wire._idle.values())


@pytest.mark.parametrize("world", WORLDS)
def test_an_answer_that_says_it_is_too_large_is_not_read_at_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 20)

    with pytest.raises(DecodeError, match="larger than 20 bytes"):
        send(world, over(answering(b"x", headers={"Content-Length": "21"})), request())


@pytest.mark.parametrize("world", WORLDS)
def test_a_connection_that_comes_back_after_the_end_is_closed(world: World) -> None:
    async def case(wire: Any) -> None:
        async with asyncio.timeout(5.0):
            real = wire._blocking if world == "blocking" else wire

            def handle(_: httpx.Request) -> httpx.Response:
                real._closed = True
                return httpx.Response(200)

            real._idle = {"https://api.example.org": [httpx.MockTransport(handle)]}
            assert (await wire.send(request(), 5.0)).status == 200
            assert real._idle == {"https://api.example.org": []}

    run(world, real, case)


def test_an_async_wire_stays_in_the_event_loop_of_its_first_use(
    server: ThreadingHTTPServer,
) -> None:
    wire = AsyncWire(None)
    url = f"http://127.0.0.1:{server.server_address[1]}/x"

    async def use() -> None:
        await wire.send(request(url), 5.0)
        for idle in wire._idle.values():  # their loop ends with this call
            while idle:
                await idle.pop().aclose()

    asyncio.run(use())
    with pytest.raises(ConfigError, match="belongs to the event loop"):
        asyncio.run(use())
