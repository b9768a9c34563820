"""The only file that imports the HTTP library: httpx, or its successor httpx2.

A host may hand in its own transport: any function of plain values, `(method, url, headers, body) ->
(status, headers, body)`; for an async client it may be `async def`. It raises
`ConnectionRefusedError` where nothing was sent, and any other `OSError` where the answer was lost.
If it has an attribute `clock` (`now()`, `monotonic()`, `sleep(seconds)`), the client lives in that
time; the sandbox uses this.

Without one, requests go out over connections of our own: certificates are checked, proxies come from
the environment (`HTTPS_PROXY`, `NO_PROXY`), as do own certificate authorities (`SSL_CERT_FILE`).
Each connection is a transport of one, since a pool that looks through all its connections for each
request would cost more than the rest of the call. There are no cookies (an affinity cookie would tie
all calls to one server, and its share of the limits) and no redirects.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from attrs import evolve

from ..core.call import Request, Response, is_loopback
from ..core.wire import masked
from ..errors import AnswerLost, ConfigError, DecodeError, NotSent

if TYPE_CHECKING:
    import httpx


class Transport(Protocol):
    """What a host's own transport looks like."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, /
    ) -> tuple[int, Mapping[str, str], bytes]: ...


class AwaitedTransport(Protocol):
    """A host's own transport for async clients."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, /
    ) -> Awaitable[tuple[int, Mapping[str, str], bytes]]: ...


AsyncTransport = Transport | AwaitedTransport
"""What an async client takes: an `async def`, or a plain function that does not block for long."""


class Clock(Protocol):
    """The date, seconds that only grow, and a way to let some pass."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)


SYSTEM_CLOCK = SystemClock()

LARGEST_BODY = 256 * 2**20
"""Bytes of the largest answer that is read; a page of 5000 whole rows has a tenth of that."""

_CLOSED = "the client is closed; make a new one, or close it later"
_PACKED = ("Accept-Encoding", "gzip, deflate")
_AS_IT_IS = ("Accept-Encoding", "identity")
_IDLE = 30.0
"""Seconds for which a connection is kept that nobody uses."""


@cache
def backend() -> Any:
    """The HTTP library: httpx, or httpx2 where that alone is installed or
    `CONNECTORS_HTTP_BACKEND=httpx2` asks for it."""
    names = ("httpx", "httpx2")
    wanted = os.environ.get("CONNECTORS_HTTP_BACKEND", "")
    if wanted not in ("", *names):
        raise ConfigError(f"CONNECTORS_HTTP_BACKEND is {wanted!r}, not one of {', '.join(names)}")
    for name in (wanted,) if wanted else names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    raise ConfigError(f"{wanted or 'httpx'} is not installed: pip install {wanted or 'httpx'}")


class Wire:
    """Sends requests, lets time pass: blocking. Threads may share it."""

    def __init__(self, transport: Transport | None) -> None:
        self._function = transport
        self._closed = False
        self._idle: dict[str, list[httpx.BaseTransport]] = {}
        self.clock: Clock = getattr(transport, "clock", None) or SYSTEM_CLOCK

    def send(self, request: Request, timeout: float) -> Response:
        if self._closed:
            raise ConfigError(_CLOSED)
        if self._function is not None:
            return _call(self._function, request)
        origin = _origin(request.path)
        connection = self._take(origin)
        try:
            answer = connection.handle_request(_outgoing(request, timeout))
            try:
                headers = _plain_headers(answer.headers.raw)
                body = _Body(headers)
                stream: Any = answer.stream
                packed = "content-encoding" in headers
                for piece in answer.iter_bytes() if packed else stream:
                    body.add(piece)
            finally:
                answer.close()
        except Exception as error:
            raise _wire_error(error, request) from None
        finally:
            self._give_back(origin, connection)
        return Response(status=answer.status_code, headers=headers, body=body.whole())

    def open(self, request: Request, timeout: float) -> Response:
        """Like `send`, but what is no refusal has its body in `stream`, an `Incoming`."""
        if self._closed:
            raise ConfigError(_CLOSED)
        with contextlib.ExitStack() as leaving:
            if self._function is not None:
                response = _call(self._function, request)
                incoming = Incoming(iter([response.body]), request)
            else:
                origin = _origin(request.path)
                connection = self._take(origin)
                leaving.callback(self._give_back, origin, connection)
                try:
                    answer = connection.handle_request(_outgoing(request, timeout, _AS_IT_IS))
                except Exception as error:
                    raise _wire_error(error, request) from None
                leaving.callback(answer.close)
                response = _head(answer)
                packed = "content-encoding" in response.headers
                stream: Any = answer.stream
                incoming = Incoming(answer.iter_bytes() if packed else iter(stream), request)
            if not _refused(response.status):
                incoming.leaving = leaving.pop_all()
                return evolve(response, body=b"", stream=incoming)
            body = _Body(response.headers)
            for piece in incoming:
                body.add(piece)
            return evolve(response, body=body.whole())

    def _take(self, origin: str) -> httpx.BaseTransport:
        try:
            return self._idle.setdefault(origin, []).pop()
        except IndexError:
            return _blocking_transport(origin)

    def _give_back(self, origin: str, connection: httpx.BaseTransport) -> None:
        self._idle[origin].append(connection)
        if self._closed:
            self.close()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def close(self) -> None:
        self._closed = True
        for idle in list(self._idle.values()):  # a thread may be adding an origin
            while idle:
                idle.pop().close()


class AsyncWire:
    """Sends requests, lets time pass: async. Belongs to one event loop."""

    def __init__(self, transport: AsyncTransport | None) -> None:
        self._function = transport
        self._closed = False
        self._idle: dict[str, list[httpx.AsyncBaseTransport]] = {}
        self._loop: object = None
        self.clock: Clock = getattr(transport, "clock", None) or SYSTEM_CLOCK

    async def send(self, request: Request, timeout: float) -> Response:
        if self._closed:
            raise ConfigError(_CLOSED)
        if self._function is not None:
            return await _call_async(self._function, request)
        self._stay_in_loop()
        origin = _origin(request.path)
        connection = self._take(origin)
        try:
            answer = await connection.handle_async_request(
                _outgoing(request, timeout, _PACKED, _apart)
            )
            try:
                headers = _plain_headers(answer.headers.raw)
                body = _Body(headers)
                stream: Any = answer.stream
                packed = "content-encoding" in headers
                async for piece in answer.aiter_bytes() if packed else stream:
                    body.add(piece)
            finally:
                await answer.aclose()
        except Exception as error:
            raise _wire_error(error, request) from None
        finally:
            await self._give_back(origin, connection)
        return Response(status=answer.status_code, headers=headers, body=body.whole())

    async def open(self, request: Request, timeout: float) -> Response:
        """Like `send`, but what is no refusal has its body in `stream`, an `AsyncIncoming`."""
        if self._closed:
            raise ConfigError(_CLOSED)
        async with contextlib.AsyncExitStack() as leaving:
            if self._function is not None:
                response = await _call_async(self._function, request)
                incoming = AsyncIncoming(_one(response.body), request)
            else:
                self._stay_in_loop()
                origin = _origin(request.path)
                connection = self._take(origin)
                leaving.push_async_callback(self._give_back, origin, connection)
                outgoing = _outgoing(request, timeout, _AS_IT_IS, _apart)
                try:
                    answer = await connection.handle_async_request(outgoing)
                except Exception as error:
                    raise _wire_error(error, request) from None
                leaving.push_async_callback(answer.aclose)
                response = _head(answer)
                packed = "content-encoding" in response.headers
                stream: Any = answer.stream
                incoming = AsyncIncoming(answer.aiter_bytes() if packed else aiter(stream), request)
            if not _refused(response.status):
                incoming.leaving = leaving.pop_all()
                return evolve(response, body=b"", stream=incoming)
            body = _Body(response.headers)
            async for piece in incoming:
                body.add(piece)
            return evolve(response, body=body.whole())

    def _take(self, origin: str) -> httpx.AsyncBaseTransport:
        idle = self._idle.setdefault(origin, [])
        return idle.pop() if idle else _async_transport(origin)

    async def _give_back(self, origin: str, connection: httpx.AsyncBaseTransport) -> None:
        self._idle[origin].append(connection)
        if self._closed:
            await self.aclose()

    def _stay_in_loop(self) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise ConfigError(
                "an async client belongs to the event loop in which it was first used; make one in "
                "each asyncio.run(…)"
            )
        self._loop = loop

    async def sleep(self, seconds: float) -> None:
        import asyncio  # costs a blocking client half of its start

        wait = getattr(self.clock, "wait", None)
        if self.clock is SYSTEM_CLOCK:
            await asyncio.sleep(seconds)
        elif wait is not None:
            # A clock that knows tasks: what sleeps side by side sleeps once.
            await wait(seconds)
        else:
            self.clock.sleep(seconds)
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self._closed = True
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


# --- a host's own transport ------------------------------------------------------------------


def _call(function: Transport, request: Request) -> Response:
    try:
        body = request.body if request.upload is None else request.upload.whole()
        return _plain(function(request.method, request.path, dict(request.headers), body))
    except OSError as error:
        raise _plain_error(error, request) from None


async def _call_async(function: AsyncTransport, request: Request) -> Response:
    try:
        body = request.body
        if request.upload is not None:
            import asyncio

            body = await asyncio.to_thread(request.upload.whole)
        answer = function(request.method, request.path, dict(request.headers), body)
        return _plain(await answer if inspect.isawaitable(answer) else answer)
    except OSError as error:
        raise _plain_error(error, request) from None


def _plain(answer: tuple[int, Mapping[str, str], bytes]) -> Response:
    status, headers, body = answer
    return Response(status=status, headers={k.lower(): v for k, v in headers.items()}, body=body)


def _plain_error(error: OSError, request: Request) -> NotSent | AnswerLost:
    kind = NotSent if isinstance(error, ConnectionRefusedError) else AnswerLost
    return kind(_told(error, request))


def _told(error: Exception, request: Request) -> str:
    """What an error says; only its name where it quotes the URL or a header, as some libraries do."""
    text = str(error)
    words = {word for _, value in request.headers for word in value.split() if len(word) > 7}
    if not text or "://" in text or any(word in text for word in words):
        return type(error).__name__
    return masked(unquote(text))[:300]


# --- our own connections ---------------------------------------------------------------------


def _origin(url: str) -> str:
    """`https://host` of a URL."""
    return _checked("/".join(url.split("/", 3)[:3]))


@lru_cache(maxsize=64)
def _checked(origin: str) -> str:
    try:
        parts = urlsplit(origin)
        right = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        right = False
    if not right:
        raise NotSent(f"{origin!r} is no address that HTTP leads to")
    return origin


def _blocking_transport(origin: str) -> httpx.BaseTransport:
    with _settings_of_the_environment():
        transport: httpx.BaseTransport = backend().HTTPTransport(**_options(origin))
    return transport


def _async_transport(origin: str) -> httpx.AsyncBaseTransport:
    with _settings_of_the_environment():
        transport: httpx.AsyncBaseTransport = backend().AsyncHTTPTransport(**_options(origin))
    return transport


@contextlib.contextmanager
def _settings_of_the_environment() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(
            "no connection can be set up with this environment; look at HTTPS_PROXY, ALL_PROXY, "
            f"SSL_CERT_FILE and SSL_CERT_DIR: {type(error).__name__}: {masked(str(error))}"
        ) from None


def _options(origin: str) -> dict[str, Any]:
    limits = backend().Limits(
        max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE
    )
    return {"verify": _certificates(), "limits": limits, "proxy": _proxy(origin)}


@cache
def _certificates() -> Any:
    # Reading the authorities' certificates takes longer than making the first connection.
    return backend().create_ssl_context()


def _proxy(origin: str) -> str | None:
    """The proxy that the environment names for an origin."""
    parts = urlsplit(origin)
    # What is plain HTTP because nobody is on the way must not be given to a proxy.
    if is_loopback(origin) or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _outgoing(
    request: Request,
    timeout: float,
    encoding: tuple[str, str] = _PACKED,
    handed: Callable[[Iterator[bytes]], object] = iter,
) -> Any:
    limits = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
    headers = [encoding, *request.headers]
    content: Any = request.body or None
    if request.upload is not None:
        size, pieces = request.upload.begin()
        headers.append(("Content-Length", str(size)))
        content = handed(pieces)
    return backend().Request(
        request.method,
        request.path,
        headers=headers,
        content=content,
        extensions={"timeout": limits},
    )


async def _apart(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that are read from files while the event loop goes on."""
    import asyncio

    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _plain_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header lines by name in lower case; the values of a name that comes twice are joined."""
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("ascii").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


class Incoming:
    """The body of an answer as it comes in. Closing it gives its connection back."""

    def __init__(self, pieces: Iterator[bytes], request: Request) -> None:
        self._pieces = pieces
        self._request = request
        self.leaving = contextlib.ExitStack()

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except Exception as error:
            raise _wire_error(error, self._request) from None

    def close(self) -> None:
        self.leaving.close()


class AsyncIncoming:
    """The same for async clients."""

    def __init__(self, pieces: AsyncIterator[bytes], request: Request) -> None:
        self._pieces = pieces
        self._request = request
        self.leaving = contextlib.AsyncExitStack()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        except Exception as error:
            raise _wire_error(error, self._request) from None

    async def aclose(self) -> None:
        await self.leaving.aclose()


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _head(answer: httpx.Response) -> Response:
    return Response(status=answer.status_code, headers=_plain_headers(answer.headers.raw))


def _refused(status: int) -> bool:
    return status >= 300


class _Body:
    """The body of an answer as it comes in, up to `LARGEST_BODY`."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._pieces: list[bytes] = []
        self._room = LARGEST_BODY
        told = headers.get("content-length", "")
        if told.isdecimal() and int(told) > self._room:
            raise _too_large()

    def add(self, piece: bytes) -> None:
        self._room -= len(piece)
        if self._room < 0:
            raise _too_large()
        self._pieces.append(piece)

    def whole(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def _too_large() -> DecodeError:
    return DecodeError(f"the answer is larger than {LARGEST_BODY} bytes", hint="ask for less")


def _wire_error(error: Exception, request: Request) -> Exception:
    """Our error for one of the HTTP library; what is not the wire's fault stays as it is."""
    http = backend()
    if isinstance(error, UnicodeEncodeError):
        # It holds the whole header, and that may be the credential.
        return ConfigError("a header, perhaps the key, holds letters that are not ASCII")
    if not isinstance(error, http.HTTPError | http.InvalidURL):
        return error
    text = _told(error, request)
    if isinstance(error, http.LocalProtocolError):
        # Its text quotes the header, and that may be the credential.
        return ConfigError("a header holds what headers may not hold")
    never_left = (
        http.ConnectError,
        http.ConnectTimeout,
        http.PoolTimeout,
        http.UnsupportedProtocol,
        http.ProxyError,
        http.InvalidURL,
    )
    return NotSent(text) if isinstance(error, never_left) else AnswerLost(text)
