"""The one way every call goes: authorise, budget, send, classify, retry, decode.

A flow is a generator: it yields a step and is sent that step's answer. So one piece of code serves
the blocking and the async world, and tests drive it by sending answers. It never sleeps, locks or
reads a clock; `Port.now` is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

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
from .observe import Attempt, Observer
from .policy import Rate, Retries, Standing, hold_back
from .wire import by_position, masked

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
    observer: Observer
    standing: Callable[[Response], Standing | None] = lambda _: None
    """What an answer says of the account's limits."""
    renewable: bool = True
    """Whether a refused credential can be had anew; a fixed key cannot."""
    timeout: float = 30.0


_request = by_position(Request)

_SAFE = WriteClass.IDEMPOTENT

_WORTH_TELLING = 5.0


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
        headers = call.request.headers
        credential: Mapping[str, str] = {}
        if call.authorized:
            try:
                credential = yield from authorize(stale)
            except TransportError as error:
                # The authority's answer may be lost; this call was certainly not sent.
                unsent = NotSent(
                    f"no answer of the authority: {error.message}", hint="try again later"
                )
                unsent.service, unsent.operation = port.service, call.operation
                unsent.attempts = attempts
                raise unsent from None
            except CallError as error:
                error.service, error.operation = port.service, call.operation
                error.attempts = attempts
                raise
            own = {name.lower() for name, _ in headers}
            ours = [h for h in port.headers.items() if h[0].lower() not in own]
            headers = (*ours, *headers, *credential.items())
        stale = None
        patience = port.retries.patience
        if attempts:
            patience = min(patience, max(0.0, started + port.retries.deadline - port.now()))
        delay = port.rate.reserve(call.operation, patience)
        if delay > patience:
            raise _no_turn(call, port, attempts, delay)
        if delay > 0:
            if delay >= _WORTH_TELLING:
                port.observer.say(f"{call.operation} waits {delay:.0f} s for its turn")
            yield Wait(delay)
        attempts += 1
        sent = port.now()
        if attempts == 1:
            started = sent
        request = _request(call.request.method, url, "", headers, call.request.body)
        response: Response | None = None
        failed: CallError
        again: float | None = None
        unreadable = False
        try:
            response = yield from send(request, port.timeout)
        except (TransportError, DecodeError) as lost:
            failed = lost
        else:
            standing = port.standing(response)
            if standing is not None:
                port.rate.learn(standing)
            refusal = (
                None if response.status in call.safe_statuses else port.classify(call, response)
            )
            if refusal is None:
                try:
                    reply = _reply(call, response, attempts)
                except CallError as error:
                    # Cut off on its way, perhaps: what is safe to ask again is asked once more.
                    garbled = isinstance(error, DecodeError) and error.garbled
                    spare = not reread and attempts < port.retries.attempts
                    if spare and garbled and call.write_class is _SAFE:
                        reread, again = True, 0.0
                    failed, unreadable = error, True
                else:
                    if port.observer.listens(failed=False):
                        port.observer.tell(_attempt(call, port, url, attempts, sent, response))
                    return reply
            else:
                failed = refusal
        failed.service, failed.operation, failed.attempts = port.service, call.operation, attempts
        if not unreadable:
            if isinstance(failed, Throttled):
                hold_back(port.rate, failed)
            renew = isinstance(failed, Unauthenticated) and port.renewable and call.authorized
            if renew and not refreshed:
                refreshed, again, stale = True, 0.0, credential
            elif may_repeat(call.write_class, failed):
                again = port.retries.pause(failed, attempts, port.now() - started)
        if port.observer.listens(failed=True):
            attempt = _attempt(call, port, url, attempts, sent, response)
            port.observer.tell(_with_failure(attempt, failed, again))
        if again is None:
            raise failed
        if again > 0:
            yield Wait(again)


def _no_turn(call: Call[Any], port: Port, attempts: int, delay: float) -> Throttled:
    error = Throttled(
        f"not sent{' again' if attempts else ''}: "
        f"the account's limits leave no turn for it within {delay:.0f} s",
        service=port.service,
        operation=call.operation,
        retry_after=delay,
        hint="call later, or let it wait with Retries(patience=…)",
    )
    error.attempts = attempts
    return error


def _attempt(
    call: Call[Any], port: Port, url: str, number: int, sent: float, response: Response | None
) -> Attempt:
    return Attempt(
        service=port.service,
        operation=call.operation,
        method=call.request.method,
        url="/".join(masked(unquote(part)) for part in url.partition("?")[0].split("/")),
        number=number,
        seconds=port.now() - sent,
        status=response.status if response else None,
        size=len(response.body) if response else 0,
    )


def _with_failure(attempt: Attempt, failed: CallError, again: float | None) -> Attempt:
    told = failed if isinstance(failed, StatusError) else StatusError("")
    return evolve(
        attempt,
        error=type(failed).__name__,
        code=told.code,
        request_id=told.request_id,
        pause=again,
    )


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
    if not call.authorized:
        if not origin.startswith("https://") and origin not in port.hosts:
            raise ConfigError(f"{port.service} {call.operation}: refused a link that is not https")
    elif origin not in port.hosts:
        raise ConfigError(
            f"{port.service} {call.operation}: refused to send the credential to {origin}; "
            f"this connection allows {', '.join(sorted(port.hosts))}"
        )
