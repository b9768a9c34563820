"""What every sandbox service shares: a clock, the wire as plain values, faults, a record of calls.

The sandbox stands in for the vendors' servers. It imports nothing of this library, so that it cannot
share the clients' mistakes; its edge is `(method, url, headers, body) -> (status, headers, body)`.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, get_args
from urllib.parse import parse_qsl, unquote, urlsplit
from weakref import WeakKeyDictionary


class Clock:
    """The sandbox's time. It stands still until somebody sleeps on it or moves it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 3, 2, 8, 0, 0, tzinfo=UTC)
        self._elapsed = 0.0
        self._lock = threading.Lock()
        self._asleep: WeakKeyDictionary[Any, list[tuple[float, int]]] = WeakKeyDictionary()
        self._turns = itertools.count()

    def now(self) -> datetime:
        """The sandbox's wall clock, UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the sandbox was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        with self._lock:
            self._elapsed += max(0.0, seconds)

    def sleep_until(self, moment: float) -> None:
        """Let time pass until `monotonic()` is `moment`; none where it is that late already."""
        with self._lock:
            self._elapsed = max(self._elapsed, moment)

    async def wait(self, seconds: float) -> None:
        """Sleep as one of several tasks: they sleep at the same time, and the first to wake is first.

        Fifty tasks that sleep 5 seconds each move the clock by 5.
        """
        import asyncio

        # By event loop: one that stands still must not keep the tasks of another asleep.
        asleep = self._asleep.setdefault(asyncio.get_running_loop(), [])
        mine = (self._elapsed + max(0.0, seconds), next(self._turns))
        heapq.heappush(asleep, mine)
        try:
            await asyncio.sleep(0)
            while asleep[0] != mine:
                await asyncio.sleep(0)
            self.sleep_until(mine[0])
        finally:
            if asleep[0] == mine:
                heapq.heappop(asleep)
            else:  # cancelled
                asleep.remove(mine)
                heapq.heapify(asleep)

    def advance(self, delta: timedelta) -> None:
        """Move the clock by `delta`; only forwards."""
        if delta < timedelta(0):
            raise ValueError("the sandbox clock only moves forwards")
        self.sleep(delta.total_seconds())


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a service sees it; header names are lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def host(self) -> str:
        return (urlsplit(self.url).netloc).lower()

    @property
    def path(self) -> str:
        """The decoded path; use `raw_path` where an encoded slash matters."""
        return unquote(urlsplit(self.url).path)

    @property
    def raw_path(self) -> str:
        return urlsplit(self.url).path

    @property
    def raw_query(self) -> str:
        return urlsplit(self.url).query

    @property
    def query(self) -> list[tuple[str, str]]:
        """Decoded pairs in order; a raw `+` is a blank, as the real servers read it."""
        return parse_qsl(self.raw_query, keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answers. `operation` names the endpoint for the call record."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call that reached a service (or a fault that stood in for it)."""

    at: datetime
    service: str
    operation: str
    method: str
    url: str
    status: int
    """0 when no answer came back."""
    body: bytes = field(repr=False, default=b"")


class CallLog:
    """Every call in order, cheap to count. Bodies are kept only when `keep_bodies` is set."""

    def __init__(self) -> None:
        self.keep_bodies = False
        self.keep_records = True
        self._records: list[CallRecord] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, record: CallRecord) -> None:
        self._counts[record.service, record.operation] += 1
        if self.keep_records:
            self._records.append(record)

    def clear(self) -> None:
        """Forget all calls so far."""
        self._records.clear()
        self._counts.clear()

    def counts(self) -> dict[str, int]:
        """Calls by endpoint, `{"getresponse contacts.list": 3, …}`, in alphabetical order."""
        return {f"{s} {o}": n for (s, o), n in sorted(self._counts.items())}

    def count(self, service: str, operation: str) -> int:
        """How often one endpoint was called."""
        return self._counts[service, operation]

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __iter__(self) -> Iterator[CallRecord]:
        return iter(list(self._records))


FaultKind = Literal["not_sent", "lost", "answer", "answer_after", "slow"]

SERVICES = ("getresponse", "dynamics", "docusign", "activecampaign")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS")
LONGEST = 10 * 366 * 86_400
"""Seconds that are taken at once, as over the port: ten years."""


@dataclass(slots=True)
class Fault:
    """What goes wrong, and where.

    `not_sent`: the connection is refused, the service sees nothing (`ConnectionRefusedError`).
    `lost`: the service does its work, the answer never comes (`ConnectionResetError`).
    `answer`: `status`, `headers`, `body` come instead and nothing is done.
    `answer_after`: the work is done, and `status`, `headers`, `body` come instead of the true answer.
    `slow`: `seconds` pass before the true answer.

    Raises:
        ValueError: something no call could ever be spoiled by.
    """

    kind: FaultKind
    service: str = ""
    method: str = ""
    path: str = ""
    """Part of the path; empty matches all."""
    skip: int = 0
    """Matching calls to let through first."""
    times: int = 1
    """Matching calls to spoil after that."""
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: float = 0.0
    struck: int = field(default=0, init=False)
    """Calls it has spoiled so far."""

    def __post_init__(self) -> None:
        _one_of("kind", self.kind, get_args(FaultKind))
        _one_of("service", self.service, ("", *SERVICES))
        _one_of("method", self.method, ("", *METHODS))
        if not isinstance(self.path, str):
            raise ValueError(f"path must be text, a part of the path, not {self.path!r}")
        if "?" in self.path or "://" in self.path:
            raise ValueError(
                f"path must be a part of the path, without host and query: {self.path!r}"
            )
        _whole("skip", self.skip, 0)
        _whole("times", self.times, 1)
        _whole("status", self.status, 100, 599)
        if not isinstance(self.headers, Mapping) or not all(
            isinstance(text, str) for pair in self.headers.items() for text in pair
        ):
            raise ValueError(f"headers must be texts by name, not {self.headers!r}")
        if not isinstance(self.body, bytes):
            raise ValueError(f"body must be bytes, not {type(self.body).__name__}: encode it")
        number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if not number or not 0 <= self.seconds <= LONGEST:
            raise ValueError(f"seconds must be from 0 to ten years, not {self.seconds!r}")
        if self.kind == "slow" and not self.seconds:
            raise ValueError("a slow answer needs seconds, such as seconds=30")

    def __repr__(self) -> str:
        blank: dict[str, Any] = {
            "headers": {},
            **{f.name: f.default for f in fields(self) if f.name != "headers"},
        }
        told = ((name, getattr(self, name)) for name in blank if name not in ("kind", "struck"))
        more = "".join(f", {name}={value!r}" for name, value in told if value != blank[name])
        return f"Fault({self.kind!r}{more})"

    def hits(self, service: str, request: Request) -> bool:
        return (
            (not self.service or self.service == service)
            and (not self.method or self.method == request.method)
            and self.path in request.path
        )


def _one_of(name: str, given: object, right: tuple[str, ...]) -> None:
    if given not in right:
        told = ", ".join(repr(each) for each in right)
        raise ValueError(f"{name} must be one of {told}, not {given!r}")


def _whole(name: str, given: object, least: int, most: int | None = None) -> None:
    if not isinstance(given, int) or isinstance(given, bool) or given < least:
        right = False
    else:
        right = most is None or given <= most
    if not right:
        told = f"{least} or more" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number, {told}, not {given!r}")


class FaultPlan:
    """The faults still to come: `for fault in box.faults`."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults))

    def __len__(self) -> int:
        return len(self._faults)

    def take(self, service: str, request: Request) -> Fault | None:
        """The fault that spoils this call, if one does; used up as it strikes."""
        for fault in self._faults:
            if not fault.hits(service, request):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.struck += 1
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
            return fault
        return None


class Service(Protocol):
    """One vendor: the hosts it answers on, and what it answers."""

    name: str

    def serves(self, request: Request) -> bool: ...
    def answer(self, request: Request) -> Answer: ...


class Transport:
    """The edge of the sandbox: `(method, url, headers, body) -> (status, headers, body)`.

    Raises `ConnectionRefusedError` where no service answers or a fault refuses, and
    `ConnectionResetError` where the answer is lost. `clock` is the time a client should live in.
    """

    def __init__(
        self, clock: Clock, services: Callable[[], list[Service]], calls: CallLog, faults: FaultPlan
    ) -> None:
        self.clock = clock
        self._services = services
        self._calls = calls
        self._faults = faults
        self._lock = threading.RLock()

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        request = Request(method, url, {k.lower(): v for k, v in headers.items()}, body)
        with self._lock:
            service = next((s for s in self._services() if s.serves(request)), None)
            if service is None:
                raise ConnectionRefusedError(f"no sandbox service answers on {request.host}")
            fault = self._faults.take(service.name, request)
            if fault is None:
                return self._record(service, request, service.answer(request))
            if fault.kind == "not_sent":
                self._record(service, request, Answer(0, operation="refused"))
                raise ConnectionRefusedError("connection refused (fault)")
            if fault.kind == "answer":
                spoiled = Answer(fault.status, dict(fault.headers), fault.body, "fault")
                return self._record(service, request, spoiled)
            if fault.kind == "slow":
                self.clock.sleep(fault.seconds)
                return self._record(service, request, service.answer(request))
            done = service.answer(request)
            if fault.kind == "lost":
                self._record(service, request, Answer(0, operation=done.operation))
                raise ConnectionResetError("answer lost (fault)")
            spoiled = Answer(fault.status, dict(fault.headers), fault.body, done.operation)
            return self._record(service, request, spoiled)

    def _record(
        self, service: Service, request: Request, answer: Answer
    ) -> tuple[int, dict[str, str], bytes]:
        self._calls.add(
            CallRecord(
                self.clock.now(),
                service.name,
                answer.operation or "unknown",
                request.method,
                request.url,
                answer.status,
                request.body if self._calls.keep_bodies else b"",
            )
        )
        return answer.status, dict(answer.headers), answer.body
