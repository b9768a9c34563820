"""The client against the sandbox, in both worlds, and what it refuses before it sends anything."""

from __future__ import annotations

import inspect
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from connectors import AsyncGetResponseClient, GetResponseClient, Sandbox
from connectors.core.auth import TokenProvider
from connectors.core.policy import Retries
from connectors.errors import (
    AnswerLost,
    BadRequest,
    ConfigError,
    Conflict,
    ConnectorsError,
    DecodeError,
    NotFound,
    NotSent,
    ServerError,
    Throttled,
    Unauthenticated,
)
from connectors.getresponse import aio, blocking, calls
from connectors.getresponse.models import CampaignId, ContactId, NewContact, Origin, Removal
from connectors.sandbox import CallLog, Clock, Fault, FaultPlan
from connectors.sandbox.getresponse import GetResponse
from connectors.sandbox.kernel import Transport
from tests.facades import WORLDS, World, run

T = TypeVar("T")

CANARY = "c4n4ry-key"


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def client(
    transport: Callable[..., Any], key: Any = CANARY, **options: Any
) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
        return kind(key, transport=transport, **options)

    return make


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[T]], **options: Any) -> T:
    return run(world, client(box.transport, box.getresponse.key, **options), case)


def refuse(*_: object) -> tuple[int, dict[str, str], bytes]:
    raise AssertionError("nothing may be sent")


def always(
    status: int, headers: Mapping[str, str], body: bytes
) -> Callable[..., tuple[int, Mapping[str, str], bytes]]:
    return lambda *_: (status, headers, body)


# --- connecting ------------------------------------------------------------------------------


def test_the_connection_is_checked(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> str:
        account = await client.accounts.get()
        assert account.company_name == "Sandbox"
        email: str = account.email
        return email

    assert on(box, world, case) == box.getresponse.account_email


def test_every_call_carries_the_key_and_no_domain_on_the_common_host(world: World) -> None:
    seen: list[tuple[str, str, Mapping[str, str]]] = []

    def transport(
        method: str, url: str, headers: Mapping[str, str], _: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        seen.append((method, url, headers))
        return 200, {}, b'{"accountId": "a"}'

    run(world, client(transport, "  k3y\n"), lambda c: c.accounts.get())

    ((method, url, headers),) = seen
    assert (method, url) == ("GET", "https://api.getresponse.com/v3/accounts")
    assert headers["X-Auth-Token"] == "api-key k3y"
    assert headers["Accept"] == "application/json"
    assert "User-Agent" in headers
    assert "X-Domain" not in headers


def test_a_key_that_is_revoked_fails_after_one_more_try(box: Sandbox, world: World) -> None:
    old = box.getresponse.key
    box.getresponse.revoke_key()

    with pytest.raises(Unauthenticated, match="check the API key") as caught:
        run(world, client(box.transport, old), lambda c: c.accounts.get())

    error = caught.value
    assert (error.service, error.operation) == ("getresponse", "accounts.get")
    assert (error.status, error.code) == (401, "1014")
    assert error.request_id
    assert old not in str(error)


def test_tokens_of_the_host_are_sent_as_bearer(box: Sandbox, world: World) -> None:
    given: list[str] = []

    def provide() -> str:
        given.append(box.getresponse.issue_token())
        return given[-1] + "\n"

    async def case(client: Any) -> None:
        await client.accounts.get()
        box.clock.advance(timedelta(seconds=269))
        await client.accounts.get()
        box.clock.advance(timedelta(seconds=1))
        await client.accounts.get()

    run(world, client(box.transport, TokenProvider(provide=provide)), case)

    assert len(given) == 2


def test_an_account_with_a_domain_of_its_own_is_asked_for_there(world: World) -> None:
    clock, log = Clock(), CallLog()
    service = GetResponse(clock, domain="mail.example.com")
    transport = Transport(clock, lambda: [service], log, FaultPlan())
    right = client(transport, service.key, host=service.host, domain="mail.example.com")
    wrong = client(transport, service.key, host=service.host, domain="mail.example.org")

    run(world, right, lambda c: c.accounts.get())
    with pytest.raises(BadRequest, match="redirect, which is not followed") as caught:
        run(world, wrong, lambda c: c.accounts.get())

    assert "check host and account domain" in str(caught.value)
    assert caught.value.attempts == 1
    assert len(log) == 2


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"host": "api.example.org"}, "is none of GetResponse's"),
        ({"host": "https://api.getresponse.com"}, "is none of GetResponse's"),
        ({"host": "api.getresponse.com.evil.example"}, "is none of GetResponse's"),
        ({"host": ""}, "is none of GetResponse's"),
        ({"domain": "mail.example.com"}, "is for MAX accounts"),
        ({"host": "api3.getresponse360.com"}, "needs `domain`"),
        *(
            ({"host": "api3.getresponse360.pl", "domain": domain}, "as a bare host")
            for domain in (
                "",
                "https://mail.example.com",
                "mail.example.com/",
                "www.example.com",
                "example",
                "-a.example.com",
                "a_b.example.com",
                "mail.example.com:443",
                "mail.example.com\r\nX-Evil: 1",
                "mail.example.com\n",
                "a" * 64 + ".example.com",
                "mail.example.c",
                "mail..com",
            )
        ),
    ],
)
def test_hosts_and_domains_that_cannot_be_right_are_refused(
    world: World, options: dict[str, str], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        client(refuse, **options)(world)


@pytest.mark.parametrize("host", ["api3.getresponse360.com", "api3.getresponse360.pl"])
@pytest.mark.parametrize("domain", ["example.com", "acme.getresponse360.com", "A-1.Example.PL"])
def test_domains_of_max_accounts_are_taken_as_bare_hosts(host: str, domain: str) -> None:
    made = GetResponseClient("k", host=host, domain=domain, transport=refuse)

    assert repr(made) == f"GetResponseClient(https://{host}/v3)"


@pytest.mark.parametrize("key", ["", "  ", "kéy", "k\ney", "k\x00y"])
def test_a_key_that_can_be_none_is_refused_and_not_shown(world: World, key: str) -> None:
    with pytest.raises(ConfigError, match="API key") as caught:
        client(refuse, key)(world)

    assert not key.strip() or key not in str(caught.value)


# --- lists -----------------------------------------------------------------------------------


def test_lists_are_created_found_and_named_once(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.campaigns.create("my-news")
        assert await client.campaigns.get(made.campaign_id) == made
        found = [c async for c in client.campaigns.list(name="my-n")]
        assert [c.campaign_id for c in found] == [made.campaign_id]
        with pytest.raises(Conflict) as caught:
            await client.campaigns.create("my-news")
        assert (caught.value.code, caught.value.operation) == ("1008", "campaigns.create")
        with pytest.raises(NotFound):
            await client.campaigns.get("nope")

    on(box, world, case)


# --- contacts --------------------------------------------------------------------------------


def test_the_life_of_a_contact(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        news = (await client.campaigns.create("news")).campaign_id
        rest = (await client.campaigns.create("rest")).campaign_id
        await client.contacts.create(news, "ada+x@example.org", name="Ada")
        with pytest.raises(Conflict):
            await client.contacts.create(news, "ada+x@example.org")
        await client.sleep(600)
        contact = await client.contacts.list(campaign_id=news, email="ada+x@example.org").first()
        assert (contact.email, contact.name) == ("ada+x@example.org", "Ada")
        assert contact.origin is Origin.API
        assert contact.created_on <= client.now()

        changed = await client.contacts.update(contact.contact_id, note="n", scoring=3)
        assert (changed.note, changed.scoring) == ("n", 3.0)
        cleared = await client.contacts.update(contact.contact_id, scoring=None)
        assert (cleared.note, cleared.scoring, cleared.name) == ("n", None, "Ada")
        moved = await client.contacts.update(contact.contact_id, campaign_id=rest)
        assert moved.campaign.campaign_id == rest

        whole = await client.contacts.get(moved.contact_id)
        assert whole.email == "ada+x@example.org"
        await client.contacts.delete(whole.contact_id)
        await client.contacts.delete(whole.contact_id)
        with pytest.raises(NotFound):
            await client.contacts.get(whole.contact_id)
        (gone,) = [c async for c in client.contacts.list_removed([rest])]
        assert gone.reason is Removal.API
        with pytest.raises(BadRequest, match="refers to is missing"):
            await client.contacts.create("nope", "b@example.org")

    on(box, world, case)


def test_pages_of_contacts_are_walked_and_resumed(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")
    ids = [box.getresponse.sign_up(news, f"p{n:04}@example.org") for n in range(2003)]

    async def case(client: Any) -> None:
        listed = client.contacts.list(campaign_id=CampaignId(news))
        sizes, cursors = [], []
        async for page in listed.pages():
            sizes.append(len(page.items))
            cursors.append(listed.cursor)
            assert page.total == 2003
            assert page.date == client.now()
        assert (sizes, cursors) == ([1000, 1000, 3], [None, "2", "3"])
        assert listed.cursor is None
        rest = client.contacts.list(campaign_id=CampaignId(news), cursor="3")
        assert [c.contact_id async for c in rest] == ids[2000:]
        assert len(await client.contacts.list(campaign_id=CampaignId(news)).take(5)) == 5

    on(box, world, case)


def test_an_address_matches_exactly(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")
    for email in ("a@example.org", "aa@example.org", "a+b@example.org"):
        box.getresponse.sign_up(news, email)

    async def case(client: Any) -> list[list[str]]:
        wanted = ("a@example.org", "a+b@example.org", "b@example.org")
        return [[c.email async for c in client.contacts.list(email=e)] for e in wanted]

    assert on(box, world, case) == [["a@example.org"], ["a+b@example.org"], []]


def test_bounds_of_time_are_inclusive(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")
    start = box.clock.now()
    for n in range(3):
        box.getresponse.sign_up(news, f"p{n}@example.org")
        box.clock.advance(timedelta(minutes=1))

    async def case(client: Any) -> list[str]:
        contacts = client.contacts.list(
            created_since=start + timedelta(minutes=1), created_until=start + timedelta(minutes=2)
        )
        return [c.email async for c in contacts]

    assert on(box, world, case) == ["p1@example.org", "p2@example.org"]


def test_batches_keep_their_own_limit(box: Sandbox, world: World) -> None:
    news = CampaignId(box.getresponse.add_campaign("news"))

    async def case(client: Any) -> float:
        before = box.clock.monotonic()
        for n in range(3):
            people = [NewContact(email=f"p{n}-{k}@example.org") for k in range(1000)]
            await client.contacts.create_batch(news, people)
        passed = box.clock.monotonic() - before
        await client.sleep(3600)
        assert len(box.getresponse.contacts(news)) == 3000
        return passed

    assert on(box, world, case) == 2.0
    assert {record.status for record in box.calls} == {202}


def test_two_clients_of_one_key_stay_within_its_limits_together(box: Sandbox) -> None:
    key = box.getresponse.key
    clients = [GetResponseClient(key, transport=box.transport) for _ in range(2)]

    for n in range(200):
        clients[n % 2].accounts.get()

    assert {record.status for record in box.calls} == {200}
    assert box.clock.monotonic() == pytest.approx(2.0)


# --- trouble ---------------------------------------------------------------------------------


def quota(seconds: str) -> Fault:
    body = {"httpStatus": 429, "code": 1015, "message": "Quota reached", "context": [], "uuid": "u"}
    return Fault(
        "answer",
        status=429,
        headers={"X-RateLimit-Reset": seconds, "X-RateLimit-Remaining": "0"},
        body=json.dumps(body).encode(),
    )


def test_a_full_quota_waits_as_told_even_for_a_create(box: Sandbox, world: World) -> None:
    news = CampaignId(box.getresponse.add_campaign("news"))
    box.faults.add(quota("100 seconds"))

    async def case(client: Any) -> None:
        await client.contacts.create(news, "a@example.org")

    on(box, world, case)

    assert 100.0 <= box.clock.monotonic() < 102.0
    assert [record.status for record in box.calls] == [429, 202]


def test_a_wait_past_the_deadline_is_not_begun(box: Sandbox, world: World) -> None:
    box.faults.add(quota("437 seconds"))

    with pytest.raises(Throttled) as caught:
        on(box, world, lambda c: c.accounts.get())

    assert caught.value.retry_after == 437.0
    assert box.clock.monotonic() == 0.0


def test_retries_are_the_hosts_choice(box: Sandbox, world: World) -> None:
    box.faults.add(Fault("answer", status=503, times=9))

    with pytest.raises(ServerError) as caught:
        on(box, world, lambda c: c.accounts.get(), retries=Retries(attempts=2))

    assert caught.value.attempts == len(box.calls) == 2


def test_a_lost_answer_repeats_an_update_and_never_a_create(box: Sandbox, world: World) -> None:
    news = CampaignId(box.getresponse.add_campaign("news"))
    known = ContactId(box.getresponse.sign_up(news, "a@example.org"))

    async def case(client: Any) -> None:
        box.faults.add(Fault("lost"))
        assert (await client.contacts.update(known, name="A")).name == "A"
        box.faults.add(Fault("lost"))
        await client.contacts.delete(known)
        box.faults.add(Fault("lost"))
        with pytest.raises(AnswerLost):
            await client.contacts.create(news, "b@example.org")
        box.faults.add(Fault("not_sent", times=2))
        await client.contacts.create(news, "c@example.org")

    on(box, world, case)

    assert box.calls.count("getresponse", "contacts.create") == 2


def test_a_service_that_cannot_be_reached_is_tried_until_the_attempts_run_out(
    box: Sandbox, world: World
) -> None:
    box.faults.add(Fault("not_sent", times=99))

    with pytest.raises(NotSent, match=r"^getresponse accounts\.get: ") as caught:
        on(box, world, lambda c: c.accounts.get())

    assert caught.value.attempts == 5


def test_a_web_page_instead_of_data_is_a_decode_error(world: World) -> None:
    page = always(200, {"Content-Type": "text/html"}, b"<html>Sign in to the guest network</html>")

    async def case(client: Any) -> None:
        with pytest.raises(DecodeError, match=r"getresponse contacts\.list: .*not JSON"):
            await client.contacts.list().first()
        with pytest.raises(DecodeError, match=r"getresponse contacts\.create: .*not JSON"):
            await client.contacts.create("C", "a@example.org")

    run(world, client(page), case)


ANSWERS = [
    (200, b"<html>"),
    (200, b'{"accountId": null}'),
    (302, b"<html>"),
    (401, b'{"code": 1014, "message": "Unable to authenticate"}'),
    (429, b""),
    (500, b"<html>"),
]


@pytest.mark.parametrize(("status", "body"), ANSWERS)
def test_no_error_shows_the_key(world: World, status: int, body: bytes) -> None:
    transport = always(status, {"Location": "https://www.getresponse.com/"}, body)

    with pytest.raises(ConnectorsError) as caught:
        run(
            world,
            client(transport, retries=Retries(attempts=1)),
            lambda c: c.accounts.get(),
        )

    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert CANARY not in shown


def test_a_client_shows_no_key() -> None:
    for made in (
        GetResponseClient(CANARY, transport=refuse),
        AsyncGetResponseClient(CANARY, transport=refuse),
    ):
        assert CANARY not in repr(made) + str(made) + repr(made._session.port)


# --- operations as values --------------------------------------------------------------------


def test_an_operation_is_sent_as_a_value_and_its_reply_has_the_raw_answer(
    box: Sandbox, world: World
) -> None:
    async def case(client: Any) -> None:
        call = calls.get_account()
        value = await client.send(call)
        reply = await client.reply(call)
        assert reply.value == value
        assert reply.status == 200
        assert reply.attempts == 1
        assert json.loads(reply.raw)["city"] == "Gdańsk"
        assert "x-ratelimit-remaining" in reply.headers
        assert reply.date == client.now()

    on(box, world, case)


def test_clients_close_at_the_end_of_their_block(box: Sandbox) -> None:
    with GetResponseClient(box.getresponse.key, transport=box.transport) as here:
        here.accounts.get()
    with pytest.raises(ZeroDivisionError), GetResponseClient("k"):
        raise ZeroDivisionError


@pytest.mark.parametrize("name", ["Accounts", "Campaigns", "Contacts", "GetResponseClient"])
def test_both_facades_have_the_same_methods(name: str) -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            method.replace("aclose", "close"): list(inspect.signature(function).parameters)
            for method, function in vars(kind).items()
            if inspect.isfunction(function) and not method.startswith("_")
        }

    assert methods(getattr(aio, f"Async{name}")) == methods(getattr(blocking, name))
