"""The one way every call goes: authorise, budget, send, classify, retry, decode.

A flow is a generator: it yields a step and is sent that step's answer. So one piece of code serves
the blocking and the async world, and tests drive it by sending answers. It never sleeps, locks or
reads a clock; `Port.now` is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from ..errors import (
    CallError,
    ConfigError,
    DecodeError,
    NotSent,
    StatusError,
    Throttled,
    TransportError,
    Unauthenticated,
)
from .call import Call, Reply, Request, Response, WriteClass
from .policy import Rate, Retries

T = TypeVar("T")


@frozen
class Send:
    """Send this request; the answer is a `Response`, or a `TransportError` is thrown in."""

    request: Request
    timeout: float


@frozen
class Wait:
    """Let this many seconds pass."""

    seconds: float


@frozen
class Authorize:
    """Answer the credential's headers; `stale` are headers that the service just refused."""

    stale: Mapping[str, str] | None = field(default=None, repr=False)


Step = Send | Wait | Authorize
Flow = Generator[Step, Any, T]


def send(request: Request, timeout: float = 30.0) -> Flow[Response]:
    """Yield `Send` with a typed answer."""
    response: Response = yield Send(request, timeout)
    return response


def wait(seconds: float) -> Flow[None]:
    """Yield `Wait`."""
    yield Wait(seconds)


def authorize(stale: Mapping[str, str] | None = None) -> Flow[Mapping[str, str]]:
    """Yield `Authorize` with a typed answer."""
    headers: Mapping[str, str] = yield Authorize(stale)
    return headers


@frozen(kw_only=True)
class Port:
    """What the pipeline must know of one service and one client."""

    service: str
    base_url: str
    hosts: frozenset[str]
    """`https://host` origins that may see the credential; a link to any other is refused."""
    headers: Mapping[str, str]
    classify: Callable[[Call[Any], Response], StatusError | None]
    rate: Rate
    now: Callable[[], float]
    retries: Retries
    renewable: bool = True
    """Whether a refused credential can be had anew; a fixed key cannot."""
    timeout: float = 30.0


_SAFE = WriteClass.IDEMPOTENT

_LONGEST_HOLD = 3600.0


def perform(call: Call[T], port: Port) -> Flow[Reply[T]]:
    """Carry one call out, retrying what may be repeated.

    Raises:
        TransportError, StatusError, DecodeError, AuthError, ConfigError: as `errors` says.
    """
    url = call.request.url(port.base_url)
    _check_origin(url, port, call)
    started = 0.0
    attempts = 0
    refreshed = reread = False
    stale: Mapping[str, str] | None = None
    while True:
        try:
            credential = yield from authorize(stale)
        except CallError as error:
            error.service, error.operation = port.service, call.operation
            raise
        stale = None
        delay = port.rate.reserve(call.operation)
        if delay > 0:
            yield Wait(delay)
        attempts += 1
        if attempts == 1:
            started = port.now()
        request = evolve(
            call.request,
            path=url,
            query="",
            headers=(*port.headers.items(), *call.request.headers, *credential.items()),
        )
        failed: CallError
        try:
            response = yield from send(request, port.timeout)
        except TransportError as lost:
            failed = lost
        else:
            refusal = (
                None if response.status in call.safe_statuses else port.classify(call, response)
            )
            if refusal is None:
                try:
                    return _reply(call, response, attempts)
                except DecodeError as error:
                    # Cut off on its way, perhaps: what is safe to ask again is asked once more.
                    if reread or not error.garbled or call.write_class is not _SAFE:
                        raise
                    reread = True
                    continue
            failed = refusal
        failed.service, failed.operation, failed.attempts = port.service, call.operation, attempts
        if isinstance(failed, Unauthenticated) and not refreshed and port.renewable:
            refreshed, stale = True, credential
            continue
        if isinstance(failed, Throttled):
            port.rate.hold(min(failed.retry_after or 0.0, _LONGEST_HOLD))
        if not may_repeat(call.write_class, failed):
            raise failed
        pause = port.retries.pause(failed, attempts, port.now() - started)
        if pause is None:
            raise failed
        yield Wait(pause)


def may_repeat(write_class: WriteClass, error: CallError) -> bool:
    """Whether the pipeline itself may send the call again after `error`."""
    if isinstance(error, NotSent | Throttled):
        return True
    return error.transient and write_class is WriteClass.IDEMPOTENT


def _reply(call: Call[T], response: Response, attempts: int) -> Reply[T]:
    try:
        value = call.decode(response)
    except CallError as error:
        error.service, error.operation, error.attempts = call.service, call.operation, attempts
        raise
    return Reply(
        value=value,
        status=response.status,
        headers=response.headers,
        raw=response.body,
        attempts=attempts,
        date=response.date,
    )


def _check_origin(url: str, port: Port, call: Call[Any]) -> None:
    origin = "/".join(url.split("/", 3)[:3]).lower()
    if origin not in port.hosts:
        raise ConfigError(
            f"{port.service} {call.operation}: refused to send the credential to {origin}; "
            f"this connection allows {', '.join(sorted(port.hosts))}"
        )
