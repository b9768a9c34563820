"""The loops that perform jobs. What differs between the worlds is here, and nothing else is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar, assert_never

from ..core.call import Call, Reply
from ..errors import CallError, ConnectorsError
from .job import Gather, Job, Send, Step, Store, Transact, Wait

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
        try:
            step = job.send(None)
            while True:
                try:
                    answer = self._answer(step)
                except ConnectorsError as error:
                    step = job.throw(error)
                else:
                    step = job.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
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
                    return list(pool.map(self._outcome, calls))
            case _:
                assert_never(step)

    def _reply(self, call: Call[Any]) -> Reply[Any]:
        outcome = self._outcome(call)
        if isinstance(outcome, ConnectorsError):
            raise outcome
        return outcome

    def _outcome(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        outcome: Reply[Any] | ConnectorsError
        try:
            outcome = self._clients[call.service].reply(call)
        except ConnectorsError as error:
            outcome = error
        _count(self.calls, call, outcome)
        return outcome


class AsyncDriver:
    """Performs jobs on this event loop; transactions run in a thread."""

    def __init__(self, clients: Mapping[str, AsyncClient], store: Store) -> None:
        self._clients = clients
        self._store = store
        self.calls: Counter[str] = Counter()

    async def run(self, job: Job[T]) -> T:
        """Answer the steps of `job` until it returns."""
        try:
            step = job.send(None)
            while True:
                try:
                    answer = await self._answer(step)
                except ConnectorsError as error:
                    step = job.throw(error)
                else:
                    step = job.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
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
                return await asyncio.to_thread(self._store.transact, fn)
            case Wait(seconds):
                return await next(iter(self._clients.values())).sleep(seconds)
            case Gather(calls, limit):
                places = asyncio.Semaphore(limit)

                async def one(call: Call[Any]) -> Reply[Any] | ConnectorsError:
                    async with places:
                        return await self._outcome(call)

                return list(await asyncio.gather(*map(one, calls)))
            case _:
                assert_never(step)

    async def _outcome(self, call: Call[Any]) -> Reply[Any] | ConnectorsError:
        outcome: Reply[Any] | ConnectorsError
        try:
            outcome = await self._clients[call.service].reply(call)
        except ConnectorsError as error:
            outcome = error
        _count(self.calls, call, outcome)
        return outcome
