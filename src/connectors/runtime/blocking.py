# Generated from aio.py by scripts/blocking.py; edit that.
"""Performs flows: the loop that answers their steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar, assert_never

from attrs import evolve

from ..core.auth import Credential
from ..core.call import Call, Page, Pages, Reply
from ..core.flow import Authorize, Flow, Port, Send, Step, Wait, perform
from ..errors import ConnectorsError
from .http import Lock, Wire

T = TypeVar("T")


class Session:
    """One client's connection: its port, its wire, its token."""

    def __init__(self, port: Port, wire: Wire, credential: Credential) -> None:
        self.port = evolve(port, renewable=credential.static_headers() is None)
        self.wire = wire
        self._credential = credential
        self._static = credential.static_headers()
        self._lock = Lock()
        self._token: Mapping[str, str] = {}
        self._token_until = 0.0

    def send(self, call: Call[T]) -> T:
        """Perform one call and return its value."""
        return self.reply(call).value

    def reply(self, call: Call[T]) -> Reply[T]:
        """Perform one call and return the value with its answer."""
        return self.run(perform(call, self.port))

    def run(self, flow: Flow[T]) -> T:
        """Answer the steps of a flow until it returns."""
        try:
            step = flow.send(None)
            while True:
                try:
                    answer = self._answer(step)
                except ConnectorsError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    def _answer(self, step: Step) -> Any:
        match step:
            case Send():
                return self.wire.send(step.request, step.timeout)
            case Wait():
                return self.wire.sleep(step.seconds)
            case Authorize():
                return self._headers(step.stale)
            case _:
                assert_never(step)

    def _headers(self, stale: Mapping[str, str] | None) -> Mapping[str, str]:
        if self._static is not None:
            return self._static
        # One refresh however many calls find the token old: the others wait, then use the new one.
        with self._lock:
            expired = self.wire.clock.monotonic() >= self._token_until
            if not self._token or expired or self._token == stale:
                token = self.run(self._credential.acquire())
                self._token = {"Authorization": f"Bearer {token.value}"}
                life = token.expires_in - min(_EARLY, token.expires_in / 10)
                self._token_until = self.wire.clock.monotonic() + life
            return self._token

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()


_EARLY = 300.0
"""Seconds before its end at which a token counts as expired, or a tenth of a short life: it must
survive the call's journey, and two clocks that differ."""


class Paged(Generic[T]):
    """A list that is read page by page as it is walked.

    Iterate over it for the items; `pages()` for whole pages; `take(n)`, `first()` for some.
    `cursor` is where the next unread page starts: hand it to the same list call to resume.
    """

    def __init__(self, session: Session, pages: Pages[T], cursor: str | None = None) -> None:
        self._session = session
        self._pages = pages
        self._start = cursor
        self.cursor = cursor

    def pages(self) -> Iterator[Page[T]]:
        """The pages, each read when it is asked for."""
        at = self._start
        while True:
            page = self._session.send(self._pages.at(at))
            at = self.cursor = page.cursor
            yield page
            if at is None:
                return

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            for item in page.items:
                yield item

    def take(self, count: int) -> list[T]:
        """The first `count` items, or fewer if there are no more."""
        items: list[T] = []
        if count > 0:
            for item in self:
                items.append(item)
                if len(items) == count:
                    break
        return items

    def first(self) -> T | None:
        """The first item, or None."""
        return next(iter(self.take(1)), None)
