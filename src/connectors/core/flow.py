"""The one way every call goes: authorise, budget, send, classify, retry, decode.

A flow is a generator: it yields a step and is sent that step's answer. So one piece of code serves
the blocking and the async world, and tests drive it by sending answers. It never sleeps, locks or
reads a clock; `Port.now` is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping
from datetime import datetime
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
from .call import Call, Headers, Reply, Request, Response, WriteClass
from .observe import Attempt, Observer
from .policy import Polling, Rate, Retries, Standing, hold_back
from .wire import by_position, masked

T = TypeVar("T")


@frozen
class Send:
    """Send this request; the answer is a `Response`, or a `TransportError` is thrown in.

    With `stream`, what is no refusal is answered before its body came: `Response.stream` has it.
    """

    request: Request
    timeout: float
    stream: bool = False


@frozen
class Wait:
    """Let this many seconds pass."""

    seconds: float


@frozen
class Authorize:
    """Answer the credential's headers; `stale` are headers that the service just refused."""

    stale: Mapping[str, str] | None = field(default=None, repr=False)


@frozen
class Now:
    """Answer the date and time that the client lives in, UTC."""


@frozen
class Deadline:
    """Answer the seconds after which the client's calls are not sent again (`Retries.deadline`)."""


@frozen
class Once:
    """Answer what `flow()` returned when it was first run under this key.

    It runs once for all who share the client's connections, however many ask at the same time; one
    that fails is run again for the next who asks.
    """

    key: Hashable
    flow: Callable[[], Flow[Any]] = field(repr=False)


Step = Send | Wait | Authorize | Now | Deadline | Once
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


def now() -> Flow[datetime]:
    """Yield `Now` with a typed answer."""
    moment: datetime = yield Now()
    return moment


def deadline() -> Flow[float]:
    """Yield `Deadline` with a typed answer."""
    seconds: float = yield Deadline()
    return seconds


def once(key: Hashable, flow: Callable[[], Flow[T]]) -> Flow[T]:
    """Yield `Once` with a typed answer."""
    value: T = yield Once(key, flow)
    return value


@frozen
class Site:
    """Where the API of one account is.

    Attributes:
        base_url: what the paths of its calls are below.
        hosts: `https://host` origins that may see the credential; a link to any other is refused.
        rate: the account's budget, where only now it is known whose account it is.
    """

    base_url: str
    hosts: frozenset[str]
    rate: Rate | None = None


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
    polling: Polling | None = None
    """How seldom one thing may be asked about; None where the service does not say."""
    site: Callable[[Port], Flow[Site]] | None = None
    """Finds out where the account's API is, for a service that has to be asked that first;
    `base_url` and `hosts` are those of whom it asks, and `site` is None where it does."""


_request = by_position(Request)

_SAFE = WriteClass.IDEMPOTENT

_WORTH_TELLING = 5.0


def perform(call: Call[T], port: Port, *, stream: bool = False) -> Flow[Reply[T]]:
    """Carry one call out, retrying what may be repeated.

    With `stream` it ends when the answer's headers are there: `Response.stream` has the body then,
    except for a refusal, which is read.

    Raises:
        TransportError, StatusError, DecodeError, AuthError, ConfigError: as `errors` says.
    """
    site = port if port.site is None else (yield from port.site(port))
    url = call.request.url(site.base_url)
    _check_origin(url, site.hosts, port, call)
    course = _Course(port.rate if site.rate is None else site.rate)
    flow = _carry_out(call, port, url, course, stream)
    if port.polling is not None and call.asks_about:
        flow = _seldom(flow, call, port, course.rate, port.polling)
    return (yield from flow)


def _seldom(
    flow: Flow[Reply[T]], call: Call[T], port: Port, rate: Rate, polling: Polling
) -> Flow[Reply[T]]:
    """The same, unless it is being asked now, or was a short while ago."""
    about = call.asks_about
    delay = rate.ask(about, polling.whole(about), polling.pause)
    if delay > 0:
        error = polling.refused(delay)
        error.service, error.operation, error.attempts = port.service, call.operation, 0
        raise error
    try:
        reply = yield from flow
    except BaseException as failed:
        if isinstance(failed, Throttled) and not failed.of_account:
            rate.asked(about)
        else:
            rate.unask(about)
        raise
    # Counted from its answer: it may have waited for its turn, and been sent more than once.
    rate.asked(about)
    return reply


def _carry_out(
    call: Call[T], port: Port, url: str, course: _Course, stream: bool
) -> Flow[Reply[T]]:
    while True:
        headers = yield from _headers(call, port, course)
        delay = _delay(call, port, course)
        if delay > 0:
            yield Wait(delay)
        course.sending(port.now())
        sent = call.request
        request = _request(sent.method, url, "", headers, sent.body, sent.upload)
        response: Response | None = None
        outcome: Reply[T] | CallError
        try:
            response = yield Send(request, port.timeout, stream)
        except (TransportError, DecodeError) as lost:
            outcome = lost
        else:
            assert response is not None
            outcome = _outcome(call, port, course, response)
            if isinstance(outcome, Reply):
                if port.observer.listens(failed=False):
                    port.observer.tell(_attempt(call, port, url, course, response))
                return outcome
        outcome.service, outcome.operation = port.service, call.operation
        outcome.attempts = course.attempts
        again = _pause(call, port, course, outcome)
        if port.observer.listens(failed=True):
            attempt = _attempt(call, port, url, course, response)
            port.observer.tell(_with_failure(attempt, outcome, again))
        if again is None:
            raise outcome
        if again > 0:
            yield Wait(again)


class _Course:
    """How far a call has come, and which of its second chances are spent."""

    __slots__ = (
        *("attempts", "credential", "rate", "refreshed", "reread", "sent", "stale", "started"),
        "unreadable",
    )

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.attempts = 0
        self.started = self.sent = 0.0
        self.credential: Mapping[str, str] = {}
        self.stale: Mapping[str, str] | None = None
        self.refreshed = self.reread = self.unreadable = False

    def sending(self, now: float) -> None:
        """Count one more send."""
        self.attempts += 1
        self.sent = now
        if self.attempts == 1:
            self.started = now


def _headers(call: Call[Any], port: Port, course: _Course) -> Flow[Headers]:
    """The headers of the next send, signed in."""
    if not call.authorized:
        return call.request.headers
    try:
        course.credential = yield Authorize(course.stale)
    except TransportError as error:
        # The authority's answer may be lost; this call was certainly not sent.
        unsent = NotSent(f"no answer of the authority: {error.message}", hint="try again later")
        unsent.service, unsent.operation = port.service, call.operation
        unsent.attempts = course.attempts
        raise unsent from None
    except CallError as error:
        error.service, error.operation = port.service, call.operation
        error.attempts = course.attempts
        raise
    course.stale = None
    own = {name.lower() for name, _ in call.request.headers}
    ours = [h for h in port.headers.items() if h[0].lower() not in own]
    return (*ours, *call.request.headers, *course.credential.items())


def _delay(call: Call[Any], port: Port, course: _Course) -> float:
    """Seconds until the next send has its turn within the account's limits; its place is taken."""
    patience = port.retries.patience
    if course.attempts:
        patience = min(patience, max(0.0, course.started + port.retries.deadline - port.now()))
    delay = course.rate.reserve(call.operation, patience)
    if delay > patience:
        raise _no_turn(call, port, course.attempts, delay)
    if delay >= _WORTH_TELLING:
        port.observer.say(f"{call.operation} waits {delay:.0f} s for its turn")
    return delay


def _outcome(
    call: Call[T], port: Port, course: _Course, response: Response
) -> Reply[T] | CallError:
    """What an answer says: a value, or why there is none."""
    standing = port.standing(response)
    if standing is not None:
        course.rate.learn(standing)
    if response.status not in call.safe_statuses:
        refusal = port.classify(call, response)
        if refusal is not None:
            return refusal
    try:
        return _reply(call, response, course.attempts)
    except CallError as error:
        course.unreadable = True
        return error


def _pause(call: Call[Any], port: Port, course: _Course, failed: CallError) -> float | None:
    """Seconds until the call is sent again, or None to give up."""
    if course.unreadable:
        course.unreadable = False
        # Cut off on its way, perhaps: what is safe to ask again is asked once more.
        garbled = isinstance(failed, DecodeError) and failed.garbled
        spare = not course.reread and course.attempts < port.retries.attempts
        course.reread = True
        return 0.0 if garbled and spare and call.write_class is _SAFE else None
    if isinstance(failed, Throttled):
        hold_back(course.rate, failed)
        if port.polling is not None and call.asks_about and not failed.of_account:
            course.rate.bar(port.polling.whole(call.asks_about), failed.retry_after or 0.0)
    renewable = port.renewable and call.authorized and not course.refreshed
    if renewable and isinstance(failed, Unauthenticated):
        course.refreshed, course.stale = True, course.credential
        return 0.0
    if may_repeat(call.write_class, failed):
        return port.retries.pause(failed, course.attempts, port.now() - course.started)
    return None


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
    call: Call[Any], port: Port, url: str, course: _Course, response: Response | None
) -> Attempt:
    return Attempt(
        service=port.service,
        operation=call.operation,
        method=call.request.method,
        url="/".join(masked(unquote(part)) for part in url.partition("?")[0].split("/")),
        number=course.attempts,
        seconds=port.now() - course.sent,
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


def _check_origin(url: str, hosts: frozenset[str], port: Port, call: Call[Any]) -> None:
    origin = "/".join(url.split("/", 3)[:3]).lower()
    if not call.authorized:
        if not origin.startswith("https://") and origin not in hosts:
            raise ConfigError(f"{port.service} {call.operation}: refused a link that is not https")
    elif origin not in hosts:
        raise ConfigError(
            f"{port.service} {call.operation}: refused to send the credential to {origin}; "
            f"this connection allows {', '.join(sorted(hosts))}"
        )
