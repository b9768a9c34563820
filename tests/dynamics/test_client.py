"""The client against the sandbox, and what it refuses before it sends anything."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import pytest

from connectors.core.auth import ClientCredentials, PasswordCredentials, TokenProvider
from connectors.dynamics import calls
from connectors.dynamics.aio import AsyncDynamicsClient
from connectors.dynamics.models import CONTACTS
from connectors.errors import (
    AnswerLost,
    AuthError,
    BadRequest,
    ConfigError,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    Unauthenticated,
)
from connectors.sandbox import Fault, Sandbox
from connectors.sandbox.dynamics import Dynamics
from connectors.sandbox.kernel import CallLog, Clock, FaultPlan, Transport

T = TypeVar("T")
Work = Callable[[AsyncDynamicsClient], Awaitable[T]]

URL = "https://contoso.crm4.dynamics.com"
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
ACTIVE = (
    "<fetch><entity name='contact'><attribute name='fullname'/><filter>"
    "<condition attribute='statecode' operator='eq' value='0'/></filter></entity></fetch>"
)


def run(box: Sandbox, work: Work[T], *, secret: str | None = None, version: str = "9.2") -> T:
    crm = box.dynamics
    credential = ClientCredentials(
        crm.client_id, secret or crm.client_secret, authority=crm.authority
    )

    async def main() -> T:
        client = AsyncDynamicsClient(crm.url, credential, version=version, transport=box.transport)
        async with client:
            return await work(client)

    return asyncio.run(main())


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1, contacts=10)


# --- what is refused, what is sent -----------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "deployment", "base"),
    [
        (URL, "online", f"{URL}/api/data/v9.2"),
        (f"{URL}/", "online", f"{URL}/api/data/v9.2"),
        (f" {URL.upper()}:443/ ", "online", f"{URL}/api/data/v9.2"),
        (f"{URL}/api/data/v9.0/", "online", f"{URL}/api/data/v9.2"),
        (f"{URL}/api/data", "online", f"{URL}/api/data/v9.2"),
        ("https://crm.x.org/Org", "on-premises", "https://crm.x.org/Org/api/data/v9.1"),
        ("https://crm:5555/Org/api/data/v8.2", "on-premises", "https://crm:5555/Org/api/data/v9.1"),
    ],
)
def test_environment_urls_are_taken_as_people_copy_them(
    url: str, deployment: str, base: str
) -> None:
    client = AsyncDynamicsClient(
        url,
        TokenProvider(provide=lambda: "t"),
        version=base[-3:],
        deployment=deployment,
        transport=refuse,
    )

    assert repr(client) == f"AsyncDynamicsClient({base})"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (URL.replace("https", "http"), "over http anybody on the way could read the token"),
        ("contoso.crm4.dynamics.com", "must be like"),
        ("https://me:secret@contoso.crm4.dynamics.com", "must be like"),
        ("http://me:secret@contoso.crm4.dynamics.com", "over http"),
        ("https://[contoso", "must be like"),
        ("https://contoso:https", "must be like"),
        (f"{URL}/main.aspx", "names a page"),
        (f"{URL}/?appid=1", "names a page"),
        (f"{URL}/org", "names a page"),
        ("", "must be like"),
    ],
)
def test_urls_that_cannot_be_right_are_refused(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        AsyncDynamicsClient(url, TokenProvider(provide=lambda: "t"), transport=refuse)

    assert "secret" not in str(caught.value)


def refuse(
    _: str, url: str, __: Mapping[str, str], ___: bytes
) -> tuple[int, dict[str, str], bytes]:
    raise AssertionError(f"nothing may be sent to {url}")


def test_headers_are_those_of_odata_and_links_elsewhere_get_no_token() -> None:
    seen: list[Mapping[str, str]] = []

    def transport(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        seen.append(headers)
        link = "https://evil.example/api/data/v9.2/contacts?$skiptoken=1"
        return 200, {}, json.dumps({"value": [], "@odata.nextLink": link}).encode()

    async def main() -> None:
        provider = TokenProvider(provide=lambda: "t0ken")
        async with AsyncDynamicsClient(URL, provider, transport=transport) as client:
            await client.contacts.list().take(1)

    with pytest.raises(ConfigError, match=r"refused to send the credential to https://evil"):
        asyncio.run(main())
    (headers,) = seen
    assert headers["Authorization"] == "Bearer t0ken"
    assert (headers["Accept"], headers["OData-Version"], headers["OData-MaxVersion"]) == (
        "application/json",
        "4.0",
        "4.0",
    )


# --- connection ------------------------------------------------------------------------------


def test_the_connection_is_checked(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> tuple[str, str]:
        return (await client.who_am_i()).organization_id, await client.version()

    organization, version = run(box, work)

    assert organization == box.dynamics.store.org
    assert version.startswith("9.2.")


def test_a_wrong_secret_is_an_auth_error(box: Sandbox) -> None:
    with pytest.raises(AuthError):
        run(box, lambda client: client.who_am_i(), secret="wrong")


def test_a_missing_application_user_is_named(box: Sandbox) -> None:
    box.dynamics.application_user = False

    with pytest.raises(Forbidden, match="create an application user"):
        run(box, lambda client: client.who_am_i())


def test_a_revoked_token_is_renewed_once(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        await client.who_am_i()
        box.dynamics.revoke_tokens()
        await client.who_am_i()

    run(box, work)

    assert box.calls.count("dynamics", "token") == 2


def test_a_sign_in_page_is_an_error_that_says_so(box: Sandbox) -> None:
    page = Fault(
        "answer",
        path="/api/",
        times=2,
        status=200,
        headers={"Content-Type": "text/html"},
        body=b"<html>Sign in",
    )
    box.faults.add(page)

    with pytest.raises(Unauthenticated, match="web page instead of data"):
        run(box, lambda client: client.who_am_i())


@pytest.mark.parametrize("secret", ["", "s"])
def test_on_premises_a_user_signs_in_with_ad_fs(secret: str) -> None:
    clock = Clock()
    crm = Dynamics(clock, version="9.1", deployment="on-premises")
    transport = Transport(clock, lambda: [crm], CallLog(), FaultPlan())
    credential = PasswordCredentials(
        crm.client_id,
        crm.username,
        crm.password,
        client_secret=crm.client_secret if secret else "",
        authority=crm.authority,
    )

    async def main() -> str:
        client = AsyncDynamicsClient(
            crm.url, credential, version="9.1", deployment="on-premises", transport=transport
        )
        async with client:
            return (await client.who_am_i()).user_id

    if secret:
        assert asyncio.run(main()) == crm.store.user
    else:
        with pytest.raises(AuthError):
            asyncio.run(main())


# --- rows ------------------------------------------------------------------------------------


def test_the_life_of_a_row(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        contacts = client.contacts
        row_id = await contacts.create({"lastname": "O'Brien", "emailaddress1": "ob@example.org"})
        first = await contacts.get(row_id)
        assert (first.last_name, first.email) == ("O'Brien", "ob@example.org")

        await contacts.update(row_id, {"firstname": "Ann"}, etag=first.etag)
        with pytest.raises(Conflict):
            await contacts.update(row_id, {"firstname": "Bea"}, etag=first.etag)
        assert (await contacts.get(row_id)).first_name == "Ann"

        await contacts.delete(row_id)
        await contacts.delete(row_id)
        with pytest.raises(NotFound):
            await contacts.update(row_id, {"firstname": "Bea"})

        assert await contacts.create({"lastname": "A"}, row_id=ID) == ID
        with pytest.raises(Conflict) as caught:
            await contacts.create({"lastname": "A"}, row_id=ID)
        assert caught.value.code == "0x80040237"
        await contacts.upsert(ID, {"lastname": "B"})
        assert (await contacts.get(ID)).last_name == "B"

    run(box, work)


def test_all_pages_are_walked_and_a_cursor_resumes(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        listed = client.contacts.list(order_by="lastname", page_size=4)
        pages = [page async for page in listed.pages()]
        rest = client.contacts.list(cursor=pages[0].cursor, page_size=4)

        assert [len(page.items) for page in pages] == [4, 4, 2]
        assert len({row.contact_id for page in pages for row in page.items}) == 10
        assert [row async for row in rest] == [*pages[1].items, *pages[2].items]

    run(box, work)


def test_changes_are_tracked_until_the_link_is_too_old(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        pages = [page async for page in client.contacts.track(page_size=4).pages()]
        kept, gone = pages[0].items[:2]
        assert [page.delta is None for page in pages] == [True, True, False]
        box.dynamics.edit_contact(kept.contact_id, email="new@example.org")
        box.dynamics.delete_contact(gone.contact_id)

        changes = [page async for page in client.contacts.track(cursor=pages[-1].delta).pages()]

        (page,) = changes
        assert [row.email for row in page.items] == ["new@example.org"]
        assert page.removed == (gone.contact_id,)
        assert page.delta != pages[-1].delta
        box.dynamics.expire_delta_tokens()
        with pytest.raises(Gone):
            await client.contacts.track(cursor=page.delta).take(1)

    run(box, work)


@pytest.mark.parametrize("version", ["8.2", "9.0", "9.1", "9.2"])
def test_many_rows_are_upserted_in_one_call_on_every_version(version: str) -> None:
    box = Sandbox(seed=1, contacts=10, version=version)

    async def work(client: AsyncDynamicsClient) -> set[str | None]:
        rows = [row async for row in client.contacts.list()]
        news = [(row.contact_id, {"firstname": "New"}) for row in rows]
        await client.contacts.upsert_many([*news, (ID, {"firstname": "New"})])
        return {row.first_name async for row in client.contacts.list()}

    assert run(box, work, version=version) == {"New"}
    made = "contacts.UpsertMultiple" if version == "9.2" else "$batch"
    assert box.calls.count("dynamics", made) == 1


def test_a_refusal_among_many_is_told_where_there_is_no_bulk_action() -> None:
    box = Sandbox(seed=1, contacts=2, version="9.1")

    result = run(box, lambda c: c.contacts.upsert_many([(ID, {"nonsense": 1})]), version="9.1")

    with pytest.raises(BadRequest, match=r"contacts\.upsert"):
        result.check()


def test_a_batch_answers_each_call(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        known = (await client.contacts.list().take(1))[0].contact_id
        changed, missing, gone = await client.batch(
            [
                calls.update_row(CONTACTS, known, {"firstname": "Åsa"}),
                calls.update_row(CONTACTS, ID, {"firstname": "x"}),
                calls.delete_row(CONTACTS, ID),
            ]
        )
        changed.value()
        gone.value()
        with pytest.raises(NotFound):
            missing.value()
        assert (await client.contacts.get(known)).first_name == "Åsa"

    run(box, work)


def test_a_lost_answer_is_repeated_only_where_that_is_safe(box: Sandbox) -> None:
    def lose() -> None:
        box.faults.add(Fault("lost", path="/contacts"))

    async def work(client: AsyncDynamicsClient) -> None:
        lose()
        await client.contacts.upsert(ID, {"lastname": "A"})
        lose()
        with pytest.raises(AnswerLost):
            await client.contacts.create({"lastname": "B"})

    run(box, work)

    assert len(box.dynamics.rows("contact")) == 12


def test_throttling_waits_as_told(box: Sandbox) -> None:
    throttled: dict[str, Any] = {"error": {"code": "0x80072322", "message": "slow down"}}
    box.faults.add(
        Fault(
            "answer",
            path="/api/",
            status=429,
            headers={"Retry-After": "17"},
            body=json.dumps(throttled).encode(),
        )
    )
    before = box.clock.monotonic()

    run(box, lambda client: client.contacts.create({"lastname": "A"}))

    assert 17 <= box.clock.monotonic() - before < 20
    assert len(box.dynamics.rows("contact")) == 11


def test_tables_of_the_host_are_as_typed_as_ours(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> list[bool]:
        names = ("contact", "gr_contact", "nothing")
        return [await client.send(calls.table_exists(name)) for name in names]

    assert run(box, work) == [True, True, False]


# --- marketing lists -------------------------------------------------------------------------


def test_members_of_a_static_list_come_and_go(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        lists = client.marketing_lists
        ids = [row.contact_id async for row in client.contacts.list()]
        list_id = await lists.create("News", purpose="test")
        await lists.add_members(list_id, ids[:4])
        await lists.add_members(list_id, ids[:5])
        await lists.remove_member(list_id, ids[0])
        await lists.remove_member(list_id, ids[0])

        assert {member async for member in lists.members(list_id)} == set(ids[1:5])
        found = await lists.get(list_id)
        assert (found.name, found.dynamic, found.member_type) == ("News", False, 2)
        with pytest.raises(BadRequest, match="static list has no query"):
            await lists.set_query(list_id, ACTIVE)
        box.dynamics.lock_list(list_id)
        with pytest.raises(BadRequest, match="unlock it first"):
            await lists.add_members(list_id, ids)

    run(box, work)


def test_a_dynamic_list_is_its_query(box: Sandbox) -> None:
    async def work(client: AsyncDynamicsClient) -> None:
        lists = client.marketing_lists
        contacts = [row async for row in client.contacts.list()]
        list_id = await lists.create("Active", dynamic=True, query=ACTIVE)
        box.dynamics.deactivate_contact(contacts[0].contact_id)
        query = (await lists.get(list_id)).query
        assert query == ACTIVE

        assert len(await lists.try_query(query, count=3)) == 3
        pages, cursor = calls.fetch_ids(query, page_size=2), None
        ids: list[str] = []
        while True:
            page = await client.send(pages.at(cursor))
            ids += page.items
            cursor = page.cursor
            if cursor is None:
                break
        assert ids == sorted(row.contact_id for row in contacts[1:])

        with pytest.raises(BadRequest, match="change its query"):
            await lists.add_members(list_id, ids)
        assert [found.name async for found in lists.list(filter="type eq true")] == ["Active"]

    run(box, work)
