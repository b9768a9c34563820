"""The loops that perform jobs. What differs between the worlds is here, and nothing else is."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeVar, assert_never

from sqlalchemy import Connection

from ..core.call import Call, Reply
from ..errors import CallError, ConnectorsError
from .job import Gather, Invoke, Job, Send, Step, Store, Transact, Wait

T = TypeVar("T")


class Client(Protocol):
    """What a blocking driver needs of a client."""

    def reply(self, call: Call[T]) -> Reply[T]: ...
    def sleep(self, seconds: float) -> None: ...


class AsyncClient(Protocol):
    """What an async driver needs of a client."""

    async def reply(self, call: Call[T]) -> Reply[T]: ...
    async def sleep(self, seconds: float) -> None: ...


def _count(calls: Counter[str], call: Call[Any], outcome: Reply[Any] | ConnectorsError) -> None:
    attempts = outcome.attempts if isinstance(outcome, Reply | CallError) else 1
    calls[f"{call.service} {call.operation}"] += attempts


class Driver:
    """Performs jobs in this thread; gathered calls run in a few threads.

    `calls` counts what was sent by endpoint, repeats included.
    """

    def __init__(self, clients: Mapping[str, Client], store: Store, *, threads: int = 8) -> None:
        self._clients = clients
        self._store = store
        self._threads = threads
        self.calls: Counter[str] = Counter()

    def run(self, job: Job[T]) -> T:
        """Answer the steps of `job` until it returns."""
        go_on: Callable[[], Step] = partial(job.send, None)
        try:
            while True:
                try:
                    step = go_on()
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                try:
                    go_on = partial(job.send, self._answer(step))
                except ConnectorsError as error:
                    go_on = partial(job.throw, error)
        finally:
            job.close()

    def _answer(self, step: Step) -> Any:
        match step:
            case Send(call):
                return self._reply(call)
            case Transact(fn):
                return self._store.transact(fn)
            case Wait(seconds):
                return next(iter(self._clients.values())).sleep(seconds)
            case Gather(calls, limit):
                workers = min(limit, self._threads, len(calls))
                if workers <= 1:
                    return [self._outcome(call) for call in calls]
                with ThreadPoolExecutor(workers) as pool:
                    outcomes = list(pool.map(self._perform, calls))
                for call, outcome in zip(calls, outcomes, strict=True):
                    _count(self.calls, call, outcome)  # here, as threads would lose some
                return outcomes
            case Invoke(fn):
                try:
                    fn()
                except Exception as error:
                    return error
                return None
            case _:
                assert_never(step)

    def _reply(self, call: Call[Any]) -> Reply[Any]:
        outcome = self._outcome(call)
        if isinstance(outcome, ConnectorsError):
            raise outcome
        return outcome

    def _outcome(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        outcome = self._perform(call)
        _count(self.calls, call, outcome)
        return outcome

    def _perform(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        try:
            return self._clients[call.service].reply(call)
        except ConnectorsError as error:
            return error


class AsyncDriver:
    """Performs jobs on this event loop; transactions run in a thread."""

    def __init__(self, clients: Mapping[str, AsyncClient], store: Store) -> None:
        self._clients = clients
        self._store = store
        self.calls: Counter[str] = Counter()

    async def run(self, job: Job[T]) -> T:
        """Answer the steps of `job` until it returns."""
        go_on: Callable[[], Step] = partial(job.send, None)
        try:
            while True:
                try:
                    step = go_on()
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                try:
                    go_on = partial(job.send, await self._answer(step))
                except ConnectorsError as error:
                    go_on = partial(job.throw, error)
        finally:
            job.close()

    async def _answer(self, step: Step) -> Any:
        match step:
            case Send(call):
                outcome = await self._outcome(call)
                if isinstance(outcome, ConnectorsError):
                    raise outcome
                return outcome
            case Transact(fn):
                return await self._transact(fn)
            case Wait(seconds):
                return await next(iter(self._clients.values())).sleep(seconds)
            case Gather(calls, limit):
                places = asyncio.Semaphore(limit)

                async def one(call: Call[Any]) -> Reply[Any] | ConnectorsError:
                    async with places:
                        return await self._outcome(call)

                try:
                    async with asyncio.TaskGroup() as group:
                        tasks = [group.create_task(one(call)) for call in calls]
                except BaseExceptionGroup as broken:
                    raise broken.exceptions[0] from None
                return [task.result() for task in tasks]
            case Invoke(fn):
                try:
                    answer = fn()
                    if inspect.isawaitable(answer):
                        await answer
                except Exception as error:
                    return error
                return None
            case _:
                assert_never(step)

    async def _transact(self, fn: Callable[[Connection], T]) -> T:
        """A thread cannot be cancelled: whoever cancels waits for it, and then nothing writes."""
        work = asyncio.ensure_future(asyncio.to_thread(self._store.transact, fn))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.gather(work, return_exceptions=True)
            raise

    async def _outcome(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        outcome: Reply[Any] | ConnectorsError
        try:
            outcome = await self._clients[call.service].reply(call)
        except ConnectorsError as error:
            outcome = error
        _count(self.calls, call, outcome)
        return outcome
