"""A job is a generator, as a call is: it yields steps and is sent their answers.

So a job is written once. The blocking driver, the async driver and the tests' driver that crashes
at any step are short loops over the same five steps, and every `yield` is a point where a process
may die. The order of a step that changes something outside is always: commit the intent, one remote
effect, commit the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

from attrs import field, frozen
from attrs.validators import ge
from sqlalchemy import Connection

from ..core.call import Call, Reply
from ..errors import ConnectorsError
from .schema import Schema

T = TypeVar("T")


class Store(Protocol):
    """Durable state: the only truth about progress."""

    def transact(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in one write transaction; all of it is kept, or nothing."""

    def install(self, schema: Schema) -> None:
        """Make a component's tables, or bring them to its version."""


@frozen
class Send:
    """Perform this call; the answer is its `Reply`, or its error is thrown in."""

    call: Call[Any]


@frozen
class Wait:
    """Let this many seconds pass."""

    seconds: float


@frozen
class Transact:
    """Run this function in one transaction of the store; the answer is what it returns."""

    fn: Callable[[Connection], Any] = field(repr=False)


@frozen
class Gather:
    """Perform these calls, at most `limit` at once; the answer lists replies or errors in order."""

    calls: Sequence[Call[Any]] = field(repr=False)
    limit: int = field(validator=ge(1))


@frozen
class Invoke:
    """Call a function of the host; the answer is what it raised, or None. An async driver awaits what
    it gives."""

    fn: Callable[[], object] = field(repr=False)


Step = Send | Wait | Transact | Gather | Invoke
Job = Generator[Step, Any, T]


def send(call: Call[T]) -> Job[T]:
    """Yield `Send`, with the value as a typed answer."""
    answer: Reply[T] = yield Send(call)
    return answer.value


def reply(call: Call[T]) -> Job[Reply[T]]:
    """Yield `Send`, with the whole reply as a typed answer."""
    answer: Reply[T] = yield Send(call)
    return answer


def wait(seconds: float) -> Job[None]:
    """Yield `Wait`."""
    yield Wait(seconds)


def transact(fn: Callable[[Connection], T]) -> Job[T]:
    """Yield `Transact` with a typed answer."""
    answer: T = yield Transact(fn)
    return answer


def gather(calls: Sequence[Call[T]], limit: int = 8) -> Job[list[Reply[T] | ConnectorsError]]:
    """Yield `Gather` with a typed answer."""
    if not calls:
        return []
    answer: list[Reply[T] | ConnectorsError] = yield Gather(calls, limit)
    return answer


def invoke(fn: Callable[[], object]) -> Job[Exception | None]:
    """Yield `Invoke` with a typed answer."""
    raised: Exception | None = yield Invoke(fn)
    return raised
