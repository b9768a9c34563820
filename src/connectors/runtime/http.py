"""The only file that imports the HTTP library.

A host may hand in its own transport: any function of plain values, `(method, url, headers, body) ->
(status, headers, body)`. It raises `ConnectionRefusedError` where nothing was sent, and any other
`OSError` where the answer was lost. If it has an attribute `clock` (`now()`, `monotonic()`,
`sleep(seconds)`), the client lives in that time; the sandbox uses this.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Protocol

from ..core.call import Request, Response
from ..errors import AnswerLost, ConfigError, NotSent


class Transport(Protocol):
    """What a host's own transport looks like."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, /
    ) -> tuple[int, Mapping[str, str], bytes]: ...


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


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
"""An affinity cookie would tie all calls to one server, and its share of the limits."""

SYSTEM_CLOCK = SystemClock()

_CLOSED = "the client is closed; make a new one, or close it later"

Lock = threading.Lock
AsyncLock = asyncio.Lock


class Wire:
    """Sends requests, lets time pass: blocking."""

    def __init__(self, transport: Transport | None) -> None:
        self._function = transport
        self._closed = False
        self.clock: Clock = getattr(transport, "clock", None) or SYSTEM_CLOCK
        if transport is None:
            import httpx

            self._client = httpx.Client(follow_redirects=False)
            self._client.cookies.jar.set_policy(_NO_COOKIES)

    def send(self, request: Request, timeout: float) -> Response:
        if self._closed:
            raise ConfigError(_CLOSED)
        if self._function is not None:
            return _call(self._function, request)
        import httpx

        try:
            answer = self._client.request(
                request.method,
                request.path,
                headers=list(request.headers),
                content=request.body or None,
                timeout=timeout,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _wire_error(error) from None
        return Response(
            status=answer.status_code, headers=dict(answer.headers), body=answer.content
        )

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def close(self) -> None:
        self._closed = True
        if self._function is None:
            self._client.close()


class AsyncWire:
    """Sends requests, lets time pass: async. Belongs to one event loop."""

    def __init__(self, transport: Transport | None) -> None:
        self._function = transport
        self._closed = False
        self.clock: Clock = getattr(transport, "clock", None) or SYSTEM_CLOCK
        if transport is None:
            import httpx

            self._client = httpx.AsyncClient(follow_redirects=False)
            self._client.cookies.jar.set_policy(_NO_COOKIES)

    async def send(self, request: Request, timeout: float) -> Response:
        if self._closed:
            raise ConfigError(_CLOSED)
        if self._function is not None:
            return _call(self._function, request)
        import httpx

        try:
            answer = await self._client.request(
                request.method,
                request.path,
                headers=list(request.headers),
                content=request.body or None,
                timeout=timeout,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _wire_error(error) from None
        return Response(
            status=answer.status_code, headers=dict(answer.headers), body=answer.content
        )

    async def sleep(self, seconds: float) -> None:
        if self.clock is SYSTEM_CLOCK:
            await asyncio.sleep(seconds)
        else:
            self.clock.sleep(seconds)
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        self._closed = True
        if self._function is None:
            await self._client.aclose()


def _call(function: Transport, request: Request) -> Response:
    try:
        status, headers, body = function(
            request.method, request.path, dict(request.headers), request.body
        )
    except ConnectionRefusedError as error:
        raise NotSent(str(error) or type(error).__name__) from None
    except OSError as error:
        raise AnswerLost(str(error) or type(error).__name__) from None
    return Response(status=status, headers={k.lower(): v for k, v in headers.items()}, body=body)


def _wire_error(error: Exception) -> NotSent | AnswerLost:
    import httpx

    if isinstance(error, httpx.LocalProtocolError):
        # Its text quotes the header, and that may be the credential.
        return AnswerLost("the request is no valid HTTP: a header holds what headers may not hold")
    text = str(error) or type(error).__name__
    never_left = (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.UnsupportedProtocol,
        httpx.ProxyError,
        httpx.InvalidURL,
    )
    return NotSent(text) if isinstance(error, never_left) else AnswerLost(text)
