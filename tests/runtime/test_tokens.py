"""Tokens that are kept: caches, rotation, one refresh at a time."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import evolve

from connectors.core.auth import Grant, TokenCache
from connectors.core.call import Call, Request, Response
from connectors.core.flow import Port
from connectors.core.observe import Observer
from connectors.core.policy import Budget, Retries
from connectors.errors import AuthError, ConfigError, StatusError, Unauthenticated
from connectors.runtime.aio import AsyncSession
from connectors.runtime.blocking import Session
from connectors.runtime.budget import SharedBudget
from connectors.runtime.http import AsyncWire, Wire
from connectors.runtime.slots import Slots
from connectors.runtime.tokens import FileTokenCache, MemoryTokenCache
from connectors.sandbox import Clock
from tests.facades import WORLDS, World, run

BASE = "https://api.example.org"
TOKEN = f"{BASE}/token"


class Authority:
    """Gives out tokens; each refresh token is good once, as with rotation."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.good_refresh = "r0"
        self.good = ""
        self.rotates = True
        self.asked: list[dict[str, str]] = []
        self.refused = False
        self.codes: set[str | None] = set()

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if url != TOKEN:
            fine = headers.get("Authorization") == f"Bearer {self.good}"
            return (200 if fine else 401), {}, b"{}"
        fields = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        self.asked.append(fields)
        spent = fields.get("refresh_token", self.good_refresh) != self.good_refresh
        spent = spent or fields.get("code") in self.codes
        self.codes |= {fields.get("code")} - {None}
        if spent or self.refused:
            return 400, {}, b'{"error": "invalid_grant"}'
        number = len(self.asked)
        self.good = f"t{number}"
        answer = {"access_token": self.good, "expires_in": 3600}
        if self.rotates:
            self.good_refresh = f"r{number}"
            answer["refresh_token"] = self.good_refresh
        return 200, {}, json.dumps(answer).encode()


def classify(_: Call[Any], response: Response) -> StatusError | None:
    return Unauthenticated("no", status=401) if response.status == 401 else None


GET = Call(
    service="shop",
    operation="get",
    request=Request(method="GET", path="x"),
    decode=lambda r: r.body,
)
REFRESH = Grant(
    token_url=TOKEN, grant_type="refresh_token", fields=(("refresh_token", "r0"),), once=True
)
CODE = Grant(token_url=TOKEN, grant_type="authorization_code", fields=(("code", "c1"),), once=True)
PASSWORD = Grant(
    token_url=TOKEN,
    grant_type="password",
    fields=(("client_id", "app"), ("username", "ada"), ("password", "c4n4ry"), ("scope", "all")),
)


def session(
    world: World, authority: Authority, grant: Grant, cache: TokenCache | None = None
) -> Any:
    port = Port(
        service="shop",
        base_url=BASE,
        hosts=frozenset({BASE}),
        headers={},
        classify=classify,
        rate=SharedBudget(Budget([]), authority.clock, Slots(10)),
        observer=Observer("shop"),
        now=authority.clock.monotonic,
        retries=Retries(),
    )
    if world == "blocking":
        return Session(port, Wire(authority), grant, slots=Slots(10), cache=cache)
    return AsyncSession(port, AsyncWire(authority), grant, slots=Slots(10), cache=cache)


def call(world: World, authority: Authority, grant: Grant, cache: TokenCache | None = None) -> None:
    """One call of one client, as a program that was started for it makes it."""

    async def case(on: Any) -> None:
        await on.send(GET)

    run(world, lambda w: session(w, authority, grant, cache), case)


@pytest.mark.parametrize("world", WORLDS)
def test_the_newest_refresh_token_outlives_the_client(world: World) -> None:
    authority, cache = Authority(), MemoryTokenCache()

    for _ in range(3):
        call(world, authority, REFRESH, cache)
        authority.clock.sleep(4000.0)

    assert [a["refresh_token"] for a in authority.asked] == ["r0", "r1", "r2"]


@pytest.mark.parametrize("world", WORLDS)
def test_a_token_that_is_good_is_not_asked_for_by_the_next_client(world: World) -> None:
    authority, cache = Authority(), MemoryTokenCache()

    call(world, authority, REFRESH, cache)
    call(world, authority, REFRESH, cache)

    assert len(authority.asked) == 1


def test_a_code_is_sent_once_and_afterwards_its_refresh_token() -> None:
    authority, cache = Authority(), MemoryTokenCache()

    call("blocking", authority, CODE, cache)
    authority.clock.sleep(4000.0)
    call("blocking", authority, CODE, cache)

    assert [a["grant_type"] for a in authority.asked] == ["authorization_code", "refresh_token"]


def test_a_refresh_token_that_is_not_replaced_stays_good() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    authority.rotates = False

    for _ in range(3):
        call("blocking", authority, REFRESH, cache)
        authority.clock.sleep(4000.0)

    assert [a["refresh_token"] for a in authority.asked] == ["r0", "r0", "r0"]


def test_a_spent_refresh_token_says_that_somebody_must_sign_in() -> None:
    authority = Authority()
    authority.good_refresh = "another"

    with pytest.raises(AuthError, match=r"invalid_grant.*somebody must sign in again"):
        call("blocking", authority, REFRESH)


def test_an_authority_that_is_down_asks_nobody_to_sign_in() -> None:
    authority = Authority()

    def down(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        return 503, {}, b""

    down.clock = authority.clock  # type: ignore[attr-defined]
    with pytest.raises(AuthError, match="503 three times") as caught:
        call("blocking", down, REFRESH)  # type: ignore[arg-type]

    assert caught.value.transient
    assert "sign in" not in str(caught.value)


def test_a_code_without_a_refresh_token_says_so_when_its_token_is_old() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    authority.rotates = False
    call("blocking", authority, CODE, cache)
    authority.clock.sleep(4000.0)

    with pytest.raises(AuthError, match=r"no refresh token.*sign in again"):
        call("blocking", authority, CODE, cache)
    assert len(authority.asked) == 1


def test_a_new_client_secret_leaves_the_users_signed_in() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    call("blocking", authority, evolve(CODE, client=("app", "old")), cache)
    authority.clock.sleep(4000.0)

    call("blocking", authority, evolve(CODE, client=("app", "new")), cache)

    assert [a["grant_type"] for a in authority.asked] == ["authorization_code", "refresh_token"]


def test_a_refused_refresh_token_of_a_password_grant_is_replaced_by_the_password() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    call("blocking", authority, PASSWORD, cache)
    authority.clock.sleep(4000.0)
    authority.good_refresh = "another"

    call("blocking", authority, PASSWORD, cache)

    assert [a["grant_type"] for a in authority.asked] == ["password", "refresh_token", "password"]
    assert authority.asked[1] == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "scope": "all",
        "refresh_token": "r1",
    }


def test_a_refresh_token_that_another_process_spent_is_replaced_by_the_one_it_got(
    tmp_path: Path,
) -> None:
    authority, cache = Authority(), FileTokenCache(tmp_path / "tokens.db")
    call("blocking", authority, REFRESH, cache)
    authority.clock.sleep(4000.0)
    ours = session("blocking", authority, REFRESH, cache)
    ours._sign_in._held = ours._sign_in._newest()

    class Late(FileTokenCache):
        """Shows what the other process wrote only when it is asked again."""

        looks = 0

        def get(self, key: str) -> str | None:
            self.looks += 1
            return None if self.looks == 1 else super().get(key)

    call("blocking", authority, REFRESH, cache)  # the other process, one refresh ahead
    ours._sign_in._cache = Late(tmp_path / "tokens.db")
    ours.send(GET)

    assert [a["refresh_token"] for a in authority.asked] == ["r0", "r1", "r1"]


def test_tasks_of_several_clients_share_one_refresh() -> None:
    authority, cache = Authority(), MemoryTokenCache()

    async def main() -> None:
        clients = [session("async", authority, REFRESH, cache) for _ in range(5)]
        await asyncio.gather(*(c.send(GET) for c in clients for _ in range(4)))

    asyncio.run(main())

    assert len(authority.asked) == 1


def test_threads_of_several_clients_share_one_refresh() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            session("blocking", authority, REFRESH, cache).send(GET)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)

    assert (failures, len(authority.asked)) == ([], 1)


def test_another_first_token_is_another_account_in_the_cache() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    call("blocking", authority, REFRESH, cache)
    other = Grant(
        token_url=TOKEN, grant_type="refresh_token", fields=(("refresh_token", "r1"),), once=True
    )

    call("blocking", authority, other, cache)

    assert [a["refresh_token"] for a in authority.asked] == ["r0", "r1"]


# --- the file --------------------------------------------------------------------------------


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    cache = FileTokenCache(tmp_path / "tokens.db")
    cache.set("key", "value")

    assert stat.S_IMODE((tmp_path / "tokens.db").stat().st_mode) == 0o600
    assert FileTokenCache(tmp_path / "tokens.db").get("key") == "value"
    assert cache.get("other") is None


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.db"
    FileTokenCache(path)
    path.chmod(0o640)

    with pytest.raises(ConfigError, match="chmod 600"):
        FileTokenCache(path)


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary, " * 100)
    path.chmod(0o600)

    with pytest.raises(ConfigError, match=r"diary\.txt cannot be used"):
        FileTokenCache(path)
    assert path.read_text().startswith("Dear diary")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        FileTokenCache(tmp_path / "nowhere" / "tokens.db")


def test_garbage_in_a_cache_is_like_nothing() -> None:
    authority = Authority()

    class Garbage:
        def get(self, key: str) -> str | None:
            return '{"access_token": 7}'

        def set(self, key: str, value: str) -> None: ...

    call("blocking", authority, REFRESH, Garbage())

    assert len(authority.asked) == 1


def test_no_secret_shows(tmp_path: Path) -> None:
    authority, memory = Authority(), MemoryTokenCache()
    file = FileTokenCache(tmp_path / "tokens.db")
    held = session("blocking", authority, PASSWORD, memory)
    held.send(GET)
    call("blocking", authority, PASSWORD, file)

    shown = repr((memory, file, PASSWORD, held._sign_in._held, held.port))

    assert not any(secret in shown for secret in ("c4n4ry", "t1", "r1"))


# --- a refresh token is never lost ----------------------------------------------------------


@pytest.mark.parametrize("step", range(1, 4))
def test_a_task_that_is_cancelled_during_the_refresh_loses_no_token(step: int) -> None:
    authority, cache = Authority(), MemoryTokenCache()

    class Slow:
        """Its answer comes some turns of the loop after the old token was spent."""

        clock = authority.clock

        async def __call__(
            self, method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            answer = authority(method, url, headers, body)
            if url == TOKEN:
                for _ in range(5):
                    await asyncio.sleep(0)
            return answer

    async def main() -> None:
        ours = session("async", Slow(), REFRESH, cache)  # type: ignore[arg-type]
        task = asyncio.create_task(ours.send(GET))
        while len(authority.asked) < 1:
            await asyncio.sleep(0)
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ours.send(GET)
        await session("async", Slow(), REFRESH, cache).send(GET)  # type: ignore[arg-type]

    asyncio.run(main())

    assert len(authority.asked) == 1


@pytest.mark.parametrize("world", WORLDS)
def test_a_token_that_the_cache_could_not_take_is_offered_again_before_it_is_used(
    world: World,
) -> None:
    authority = Authority()

    class Full(MemoryTokenCache):
        full = False

        def set(self, key: str, value: str) -> None:
            if self.full:
                raise OSError("no space left")
            super().set(key, value)

    cache = Full()

    async def case(ours: Any) -> None:
        await ours.send(GET)
        authority.clock.sleep(4000.0)
        cache.full = True
        for _ in range(2):
            with pytest.raises(OSError, match="no space"):
                await ours.send(GET)
        cache.full = False
        await ours.send(GET)

    run(world, lambda w: session(w, authority, REFRESH, cache), case)
    call(world, authority, REFRESH, cache)

    assert [a["refresh_token"] for a in authority.asked] == ["r0", "r1"]


def test_a_cache_stays_where_it_was_when_the_program_goes_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    cache = FileTokenCache("tokens.db")
    monkeypatch.chdir(tmp_path / "there")

    cache.set("key", "value")

    assert cache.get("key") == "value"
    assert list((tmp_path / "there").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_file_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "tokens.db").symlink_to(tmp_path / "nowhere" / "tokens.db")

    with pytest.raises(ConfigError, match=r"tokens\.db cannot be used"):
        FileTokenCache(tmp_path / "tokens.db")


@pytest.mark.parametrize("world", WORLDS)
def test_a_token_that_was_refused_does_not_come_back_when_its_refresh_is_refused_too(
    world: World,
) -> None:
    authority, cache = Authority(), MemoryTokenCache()

    async def case(ours: Any) -> None:
        await ours.send(GET)
        authority.good, authority.refused = "revoked", True
        with pytest.raises(AuthError, match="sign in again"):
            await ours.send(GET)

    run(world, lambda w: session(w, authority, REFRESH, cache), case)


def test_tasks_and_threads_that_meet_at_the_authority_share_one_refresh() -> None:
    authority, cache = Authority(), MemoryTokenCache()
    failures: list[BaseException] = []

    class Slow:
        clock = authority.clock

        async def __call__(
            self, method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            if url == TOKEN:
                await asyncio.sleep(0.05)
            return authority(method, url, headers, body)

    async def main() -> None:
        clients = [session("async", Slow(), REFRESH, cache) for _ in range(3)]  # type: ignore[arg-type]
        await asyncio.gather(*(client.send(GET) for client in clients for _ in range(2)))

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)

    assert (failures, len(authority.asked)) == ([], 1)
