"""What a host may hand in: transports, hooks, tokens. Type-checked, never run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import assert_type

from connectors import (
    AsyncGetResponseClient,
    Attempt,
    ClientCredentials,
    DynamicsClient,
    FileTokenCache,
    GetResponseClient,
    Hook,
    MemoryTokenCache,
    Sandbox,
    TokenCache,
    TokenProvider,
)


class VaultTokens:
    """A host's own token cache: two methods, no base class."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._kept.get(key)

    def set(self, key: str, value: str) -> None:
        self._kept[key] = value


def token_caches(folder: Path, credential: ClientCredentials) -> None:
    cache: TokenCache = VaultTokens()
    GetResponseClient(credential, token_cache=cache)
    GetResponseClient(credential, token_cache=VaultTokens())
    AsyncGetResponseClient(credential, token_cache=MemoryTokenCache())
    url = "https://contoso.crm4.dynamics.com"
    DynamicsClient(url, credential, token_cache=FileTokenCache(folder / "tokens.db"))


def tokens_from_elsewhere() -> None:
    def from_vault() -> str:
        return "token"

    TokenProvider(provide=from_vault, expires_in=60)


class Counter:
    """A hook may be an object …"""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, attempt: Attempt, /) -> None:
        assert_type(attempt.service, str)
        assert_type(attempt.status, int | None)
        assert_type(attempt.pause, float | None)
        self.seconds[attempt.operation] = attempt.seconds


def say(attempt: Attempt) -> None:
    """… or a function, whatever its argument is called …"""
    logging.info("%s", attempt)


def hooks() -> None:
    attempts: list[Attempt] = []
    hook: Hook = Counter()
    # … or a method that takes one argument.
    GetResponseClient("a key", hooks=[hook, say, attempts.append])
    AsyncGetResponseClient("a key", hooks=(say,))


def plain(
    method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """A transport is a function of plain values; what it returns may be narrower."""
    return 200, {"Content-Type": "application/json"}, b"{}"


async def awaited(
    method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """For an async client it may be a coroutine function."""
    await asyncio.sleep(0)
    return plain(method, url, headers, body)


class Recorded:
    """A transport may be an object, and have a clock of its own."""

    def __init__(self, moment: datetime) -> None:
        self.clock = Stopped(moment)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return plain(method, url, headers, body)


class Stopped:
    """Time that stands still until somebody sleeps."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._passed = 0.0

    def now(self) -> datetime:
        return self._moment

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float, /) -> None:
        self._passed += seconds


def transports(moment: datetime) -> None:
    GetResponseClient("a key", transport=plain)
    GetResponseClient("a key", transport=Recorded(moment))
    AsyncGetResponseClient("a key", transport=plain)
    AsyncGetResponseClient("a key", transport=awaited)
    AsyncGetResponseClient("a key", transport=Recorded(moment))


def sandbox() -> None:
    box = Sandbox(seed=1, contacts=10)
    assert_type(box.getresponse.key, str)
    GetResponseClient(box.getresponse.key, transport=box.transport)
    AsyncGetResponseClient(box.getresponse.key, transport=box.transport)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)
    DynamicsClient(crm.url, credential, transport=box.transport)
