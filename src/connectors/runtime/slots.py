"""Places that are taken and given back, whichever thread or event loop takes them."""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import Future


class Slots:
    """At most `limit` holders at a time, first come first served; `limit` may be changed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.most = limit
        self._held = 0
        self._waiting: deque[Future[None]] = deque()
        # A task that nobody awaits any more gives its place back when it is collected, and that
        # may be in any thread, within any of the lines below.
        self._lock = threading.RLock()

    def take(self) -> None:
        """Take a place, waiting for it in this thread.

        Where an event loop runs in this thread there is no wait: who holds the place may be a task
        of that loop, which could never go on.
        """
        place = self._enter(beyond=_loop_runs_here())
        if place is not None:
            try:
                place.result()
            except BaseException:
                self._abandon(place)
                raise

    def take_now(self) -> bool:
        """Take a place if nobody need wait for it."""
        with self._lock:
            free = self._held < self.limit and not self._waiting
            self._held += free
            return free

    async def take_async(self) -> None:
        """Take a place, waiting for it in this task."""
        place = self._enter()
        if place is not None:
            import asyncio

            try:
                await asyncio.wrap_future(place)
            except BaseException:
                self._abandon(place)
                raise

    def give_back(self) -> None:
        """Free a place, for who has waited longest."""
        with self._lock:
            self._held -= 1
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._held < self.limit:
            place = self._waiting.popleft()
            if place.set_running_or_notify_cancel():
                self._held += 1
                place.set_result(None)

    def _enter(self, *, beyond: bool = False) -> Future[None] | None:
        with self._lock:
            if beyond or (self._held < self.limit and not self._waiting):
                self._held += 1
                return None
        place: Future[None] = Future()
        with self._lock:
            self._waiting.append(place)
            self._let_in()
        return place

    def _abandon(self, place: Future[None]) -> None:
        # It may have been given in the very moment in which its taker was cancelled.
        if not place.cancel():
            self.give_back()


def _loop_runs_here() -> bool:
    # Who has no event loop need not load one to find that out.
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
