"""One suite for both facades: cases are written against the async one, the blocking one is lifted.

A lifted object has the blocking one's methods as coroutines, and its lists as async iterators.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Literal, TypeVar

from connectors.runtime.blocking import Paged

T = TypeVar("T")

World = Literal["blocking", "async"]
WORLDS: tuple[World, ...] = ("blocking", "async")

PLAIN = {"document_link", "now"}
"""Methods that are plain functions in both worlds."""

PARTS = {"acting_as", "for_account", "table", "with_behavior", "with_options"}
"""Plain functions that answer an object with methods of its own."""


class LiftedList:
    """A blocking list that is walked with `async for`."""

    def __init__(self, paged: Paged[Any]) -> None:
        self._paged = paged

    @property
    def cursor(self) -> str | None:
        return self._paged.cursor

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in self._paged:
            yield item

    async def pages(self) -> AsyncIterator[Any]:
        for page in self._paged.pages():
            yield page

    async def take(self, count: int) -> list[Any]:
        return self._paged.take(count)

    async def first(self) -> Any:
        return self._paged.first()

    async def to_frame(self) -> Any:
        return self._paged.to_frame()


class Lifted:
    """A blocking object whose methods are awaited."""

    def __init__(self, blocking: object) -> None:
        self._blocking = blocking

    def __await__(self) -> Generator[Any, Any, Any]:
        # One noun's plain `table` is another's `table` that asks the server.
        return _ready(self._blocking).__await__()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._blocking, name)
        if isinstance(value, Paged):
            return LiftedList(value)
        if not callable(value):
            return Lifted(value)

        def call(*args: Any, **more: Any) -> Any:
            answer = value(*args, **more)
            if name in PARTS:
                return Lifted(answer)
            if name in PLAIN:
                return answer
            return LiftedList(answer) if isinstance(answer, Paged) else _ready(answer)

        return call


async def _ready(value: T) -> T:
    return value


def run(world: World, make: Callable[[World], Any], case: Callable[[Any], Awaitable[T]]) -> T:
    """Make an object of one world inside its event loop, and run a case on it."""

    async def main() -> T:
        thing = make(world)
        return await case(thing if world == "async" else Lifted(thing))

    return asyncio.run(main())
