"""Connecting: URL, key, headers, and the limits that all clients of an account share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors.activecampaign.aio import AsyncActiveCampaignClient
from connectors.activecampaign.blocking import ActiveCampaignClient
from connectors.activecampaign.models import ImportContact
from connectors.core.policy import Retries
from connectors.errors import ConfigError, Throttled
from tests.activecampaign.script import KEY, URL, Script, ok, refusal
from tests.facades import WORLDS, World, run

ME = ok({"user": {"id": "1", "username": "noor"}})


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def test_every_call_carries_the_key_and_says_what_it_takes(world: World) -> None:
    script = Script([ME, ok({"contact": {"id": "1"}})])

    async def case(client: Any) -> None:
        await client.users.me()
        await client.contacts.sync("a@x.org")

    run(world, script.make(credential=f" {KEY}\n"), case)

    read, write = script.sent
    assert read.url == "https://noor.api-us1.com/api/3/users/me"
    for sent in script.sent:
        assert sent.headers["Api-Token"] == KEY
        assert sent.headers["Accept"] == "application/json"
        assert "User-Agent" in sent.headers
        assert "Authorization" not in sent.headers
        assert KEY not in sent.url
    assert "Content-Type" not in read.headers
    assert write.headers["Content-Type"] == "application/json"


def test_the_host_of_events_never_sees_the_key(world: World) -> None:
    script = Script([ok({"success": 1})])

    run(
        world,
        script.make(),
        lambda c: c.events.track("e", email="a@x.org", account_id="1", event_key="k"),
    )

    (sent,) = script.sent
    assert sent.url == "https://trackcmp.net/event"
    assert "Api-Token" not in sent.headers
    assert KEY not in str(sent.headers) and KEY.encode() not in sent.body


def test_a_link_to_another_host_never_sees_the_key(world: World) -> None:
    script = Script([ok()])

    with pytest.raises(ConfigError, match="refused to send the credential"):
        run(world, script.make(), lambda c: c.request("GET", "https://evil.example.org/api/3/x"))
    assert script.sent == []


@pytest.mark.parametrize("key", ["", "  ", "k\u00e9y", "two words", "a\x00b"])
def test_a_key_that_cannot_be_is_refused(world: World, key: str) -> None:
    with pytest.raises(ConfigError, match="API key") as caught:
        Script([]).make(credential=key)(world)
    assert not key.strip() or key not in str(caught.value)


def test_a_credential_of_another_kind_is_refused(world: World) -> None:
    with pytest.raises(ConfigError, match="must be text, got int"):
        Script([]).make(credential=7)(world)


def test_what_has_no_method_can_be_called_all_the_same(world: World) -> None:
    script = Script([ok({"savedResponses": []})])

    reply = run(
        world, script.make(), lambda c: c.request("GET", "savedResponses", query={"limit": "1"})
    )

    assert reply.value == {"savedResponses": []}
    assert script.lines == ["GET savedResponses"]


# --- limits ----------------------------------------------------------------------------------


def test_two_clients_of_one_account_share_its_five_calls_a_second() -> None:
    script = Script([ME] * 11)
    first = ActiveCampaignClient(URL, "key-1", transport=script)
    second = ActiveCampaignClient(
        f"{URL.upper().replace('HTTPS', 'https')}/api/3/", "key-2", transport=script
    )
    began: list[float] = []

    for turn in range(11):
        (first if turn % 2 else second).users.me()
        began.append(script.clock.monotonic())

    assert began[:5] == [0.0] * 5
    for number in range(5, 11):
        assert began[number] - began[number - 5] >= 1.0
    assert began[-1] == pytest.approx(2.0)


def test_both_worlds_share_them() -> None:
    script = Script([ME] * 6)
    for _ in range(5):
        ActiveCampaignClient(URL, KEY, transport=script).users.me()

    async def later() -> None:
        async with AsyncActiveCampaignClient(URL, "other", transport=script) as client:
            await client.users.me()

    assert script.clock.waits == []
    asyncio.run(later())
    assert sum(script.clock.waits) == pytest.approx(1.0)


def test_another_account_has_its_own() -> None:
    script = Script([ME] * 10)
    for url in (URL, "https://ada.api-us1.com"):
        client = ActiveCampaignClient(url, KEY, transport=script)
        for _ in range(5):
            client.users.me()

    assert script.clock.waits == []


def test_what_others_of_the_account_called_counts(world: World) -> None:
    told = (200, {"RateLimit-Limit": "5", "RateLimit-Remaining": "0"}, ME[2])
    script = Script([told, ME])

    async def case(client: Any) -> None:
        await client.users.me()
        await client.users.me()

    run(world, script.make(), case)

    assert sum(script.clock.waits) == pytest.approx(1.0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_one_client_is_asked_for_holds_all_of_the_account(status: int) -> None:
    script = Script([refusal(status, {}, retry_after="7"), ME, ME])
    once = Retries(attempts=1)

    with pytest.raises(Throttled):
        ActiveCampaignClient(URL, KEY, retries=once, transport=script).users.me()

    async def later() -> None:
        async with AsyncActiveCampaignClient(URL, "other", transport=script) as client:
            await client.users.me()

    asyncio.run(later())
    assert sum(script.clock.waits) == pytest.approx(7.0)
    ActiveCampaignClient("https://ada.api-us1.com", KEY, transport=script).users.me()
    assert sum(script.clock.waits) == pytest.approx(7.0)


def test_an_import_that_came_too_fast_holds_nothing_else(world: World) -> None:
    script = Script([refusal(400, {"success": 0, "message": "Rate limit exceeded."}), ME])

    async def case(client: Any) -> None:
        with pytest.raises(Throttled):
            await client.contacts.import_batch([ImportContact(email="a@x.org")])
        await client.users.me()

    run(world, script.make(retries=Retries(attempts=1)), case)

    assert script.clock.waits == []


@pytest.mark.parametrize(("people", "most"), [(1, 20), (2, 100)])
def test_imports_keep_to_their_minute(people: int, most: int) -> None:
    script = Script([ok({"success": 1, "batchId": "b", "queued_contacts": 1})] * (most + 1))
    client = ActiveCampaignClient(URL, KEY, transport=script)
    contacts = [ImportContact(email=f"p{n}@x.org") for n in range(people)]

    for _ in range(most):
        client.contacts.import_batch(contacts)
    assert script.clock.monotonic() < 30.0
    client.contacts.import_batch(contacts)
    assert script.clock.monotonic() >= 60.0
