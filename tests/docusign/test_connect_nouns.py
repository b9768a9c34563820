"""The nouns of Connect, the account, its users and bulk send, in both worlds."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import pytest
from attrs import define, evolve, field

from connectors import AsyncDocuSignClient, DocuSignClient, TokenProvider
from connectors.docusign.models import BulkCopy, BulkRecipient, ConnectConfiguration, CustomField
from connectors.errors import AnswerLost, BadRequest, ConfigError, Forbidden, NotFound
from tests.docusign.administration import COPY, DEPARTMENT, OAUTH, SINCE, UNTIL, WANTED
from tests.facades import WORLDS, World, run

T = TypeVar("T")

ACCOUNT = "11111111-0000-4000-8000-000000000000"
BASE = f"https://demo.docusign.net/restapi/v2.1/accounts/{ACCOUNT}"
SECRET = "c4n4ry"

Answer = tuple[int, Mapping[str, str], bytes]


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


@define
class Script:
    """Gives its answers in turn and keeps what was sent; an exception is raised."""

    answers: list[Answer | Exception]
    lines: list[str] = field(factory=list)
    bodies: list[Any] = field(factory=list)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes, /) -> Answer:
        assert url.startswith(BASE)
        self.lines.append(f"{method} {url.removeprefix(BASE).lstrip('/').partition('?')[0]}")
        self.bodies.append(json.loads(body) if body else None)
        answer = self.answers[len(self.lines) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(body: object = None, status: int = 200) -> Answer:
    return status, {}, b"" if body is None else json.dumps(body).encode()


def no(status: int, code: str) -> Answer:
    return ok({"errorCode": code, "message": "no"}, status)


def on(script: Script, world: World, case: Callable[[Any], Awaitable[T]]) -> T:
    def make(world: World) -> Any:
        kind = DocuSignClient if world == "blocking" else AsyncDocuSignClient
        return kind(
            TokenProvider(provide=lambda: "t"),
            account=ACCOUNT,
            base_uri="https://demo.docusign.net",
            transport=script,
            retries=0,
        )

    return run(world, make, case)


ROW = {
    "connectId": "7",
    "name": "the integration",
    "configurationType": "custom",
    "urlToPublishTo": "https://example.org/docusign",
    "allowEnvelopePublish": "true",
    "allUsers": "true",
    "events": ["envelope-completed"],
    "hologram": "1",
}


def test_the_life_of_a_configuration(world: World) -> None:
    script = Script(
        [
            ok(ROW, 201),
            ok({"configurations": [ROW], "totalRecords": "1"}),
            ok({"configurations": [ROW], "totalRecords": "1"}),
            ok({"configurations": [ROW], "totalRecords": "1"}),
            ok({"configurations": [ROW], "totalRecords": "1"}),
            ok(ROW),
            ok(),
            no(404, "RESOURCE_NOT_FOUND"),
        ]
    )

    async def case(client: Any) -> None:
        made = await client.connect.create(WANTED)
        assert made == await client.connect.get("7")
        assert await client.connect.list() == (made,)
        assert await client.connect.find("the integration") == made
        assert await client.connect.find("The Integration") is None
        assert made.missing(evolve(WANTED, url=made.url)) != ()
        assert await client.connect.update(evolve(made, include_hmac=True)) == made
        await client.connect.delete("7")
        await client.connect.delete("7")

    on(script, world, case)

    assert script.lines == [
        "POST connect",
        "GET connect/7",
        "GET connect",
        "GET connect",
        "GET connect",
        "PUT connect",
        "DELETE connect/7",
        "DELETE connect/7",
    ]
    assert (script.bodies[5]["hologram"], script.bodies[5]["includeHMAC"]) == ("1", "true")


def test_an_account_without_connect_is_forbidden(world: World) -> None:
    script = Script([no(400, "ACCOUNT_LACKS_PERMISSIONS"), no(400, "USER_NOT_ACCOUNT_ADMIN")])

    async def case(client: Any) -> None:
        with pytest.raises(Forbidden, match="plan"):
            await client.connect.list()
        with pytest.raises(Forbidden, match="administrator"):
            await client.connect.create(WANTED)

    on(script, world, case)


def test_a_configuration_that_is_not_there_is_not_found(world: World) -> None:
    script = Script([no(404, "RESOURCE_NOT_FOUND"), ok({"configurations": []})])

    async def case(client: Any) -> None:
        for _ in range(2):
            with pytest.raises(NotFound):
                await client.connect.get("7")

    on(script, world, case)


def test_what_would_be_refused_is_never_sent(world: World) -> None:
    script = Script([])

    async def case(client: Any) -> None:
        with pytest.raises(ConfigError):
            await client.connect.create(evolve(WANTED, url="http://example.org"))
        with pytest.raises(ConfigError):
            await client.connect.create(ConnectConfiguration())
        with pytest.raises(ConfigError):
            await client.connect.update(WANTED)
        with pytest.raises(ConfigError):
            await client.connect.get("")
        with pytest.raises(ConfigError):
            await client.connect_secrets.delete(0)
        with pytest.raises(ConfigError):
            await client.deliveries.retry_many([])
        with pytest.raises(ConfigError):
            await client.bulk.create_list("x", [])
        with pytest.raises(ConfigError):
            await client.accounts.create_custom_field(CustomField())

    on(script, world, case)

    assert script.lines == []


def test_a_lost_answer_to_a_new_configuration_or_key_is_told(world: World) -> None:
    script = Script([ConnectionResetError("gone"), ConnectionResetError("gone")])

    async def case(client: Any) -> None:
        with pytest.raises(AnswerLost):
            await client.connect.create(WANTED)
        with pytest.raises(AnswerLost):
            await client.connect_secrets.create()

    on(script, world, case)

    assert script.lines == ["POST connect", "POST connect/secret"]


def test_users_of_a_configuration_are_walked(world: World) -> None:
    def page(start: int) -> Answer:
        users = [{"userId": f"u{start}", "isIncluded": "true"}]
        return ok({"users": users, "resultSetSize": "1", "totalSetSize": "2"})

    script = Script([page(0), page(1), page(0), page(1)])

    async def case(client: Any) -> None:
        walked = [u.user_id async for u in client.connect.users("7", page_size=1)]
        assert walked == ["u0", "u1"]
        assert [u.is_included async for u in client.connect.candidates("7", page_size=1)] == [
            True,
            True,
        ]

    on(script, world, case)

    assert script.lines == ["GET connect/7/users"] * 2 + ["GET connect/7/all/users"] * 2


def test_keys_come_and_go(world: World) -> None:
    script = Script(
        [
            ok({"keyId": "2", "secret": SECRET}, 201),
            ok({"secrets": [{"keyId": "1", "secret": "c4n…"}, {"keyId": "2", "secret": "c4n…"}]}),
            ok(),
            no(404, "RESOURCE_NOT_FOUND"),
        ]
    )

    async def case(client: Any) -> None:
        made = await client.connect_secrets.create()
        assert (made.secret, made.key_id) == (SECRET, 2)
        assert SECRET not in repr(made)
        assert [each.key_id for each in await client.connect_secrets.list()] == [1, 2]
        await client.connect_secrets.delete(2)
        with pytest.raises(NotFound):
            await client.connect_secrets.delete(2)

    on(script, world, case)

    assert script.lines[-2:] == ["DELETE connect/secret/2"] * 2


def test_a_token_for_the_endpoint_is_set_read_and_taken_away(world: World) -> None:
    row = {"authorizationServerUrl": OAUTH.authorization_server_url, "clientId": "connect"}
    script = Script([ok(row, 201), ok(row), ok(row), ok()])

    async def case(client: Any) -> None:
        made = await client.connect_secrets.create_oauth(OAUTH)
        assert made.client_id == "connect"
        assert await client.connect_secrets.update_oauth(OAUTH) == made
        assert await client.connect_secrets.oauth() == made
        await client.connect_secrets.delete_oauth()

    on(script, world, case)

    assert [line.partition(" ")[0] for line in script.lines] == ["POST", "PUT", "GET", "DELETE"]


def test_deliveries_are_looked_up_and_repeated(world: World) -> None:
    log = {"logId": "l", "envelopeId": "e", "status": "Completed"}
    failure = {"failureId": "f", "envelopeId": "e", "retryCount": "2"}
    queue = {"retryQueue": [{"envelopeId": "e", "status": "queued"}]}
    script = Script(
        [
            ok({"logs": [log], "failures": [failure]}),
            ok(log),
            ok({"logs": [], "failures": [failure]}),
            ok(queue),
            ok(queue),
            ok({"envelopePublishTransactionId": "t", "envelopeCount": "1"}, 201),
            ok(),
            ok(),
            ok({}),
        ]
    )

    async def case(client: Any) -> None:
        found = client.deliveries
        assert [each.log_id for each in await found.list(since=SINCE, until=UNTIL)] == ["l"]
        assert (await found.get("l")).envelope_id == "e"
        assert [each.retry_count for each in await found.failures(since=SINCE)] == [2]
        assert [each.status for each in await found.retry("e")] == ["queued"]
        assert [each.envelope_id for each in await found.retry_many({"e"})] == ["e"]
        assert (await found.publish_historical(["e"], WANTED)).envelopes == 1
        await found.delete("l")
        await found.delete_all()
        await found.delete_failure("f")

    on(script, world, case)

    assert script.lines == [
        "GET connect/logs",
        "GET connect/logs/l",
        "GET connect/failures",
        "PUT connect/envelopes/e/retry_queue",
        "PUT connect/envelopes/retry_queue",
        "POST connect/envelopes/publish/historical",
        "DELETE connect/logs/l",
        "DELETE connect/logs",
        "DELETE connect/failures/f",
    ]
    assert script.bodies[4] == {"envelopeIds": ["e"], "synchronous": "false"}


def test_the_account_and_its_custom_fields(world: World) -> None:
    account = {"accountIdGuid": ACCOUNT, "connectPermission": "disabled"}
    fields = {
        "listCustomFields": [
            {
                "fieldId": DEPARTMENT.field_id,
                "name": "department",
                "value": "legal",
                "show": "true",
                "required": "false",
                "listItems": ["legal", "sales"],
            }
        ]
    }
    script = Script([ok(account), ok(account), ok(fields), ok(fields, 201), ok(fields), ok()])

    async def case(client: Any) -> None:
        await client.accounts.ping()
        found = await client.accounts.get(include_settings=True)
        assert (found.account_id, found.connect_available) == (ACCOUNT, False)
        assert await client.accounts.custom_fields() == (DEPARTMENT,)
        assert await client.accounts.create_custom_field(DEPARTMENT) == DEPARTMENT
        assert await client.accounts.update_custom_field(DEPARTMENT) == DEPARTMENT
        await client.accounts.delete_custom_field("1", apply_to_templates=True)

    on(script, world, case)

    assert script.lines[:2] == ["GET ", "GET "]
    assert script.lines[-1] == "DELETE custom_fields/1"


def test_users_are_walked_and_found(world: World) -> None:
    def page(*emails: str, total: int) -> Answer:
        users = [{"userId": email, "email": email} for email in emails]
        return ok({"users": users, "totalSetSize": str(total)})

    script = Script(
        [
            page("ada@x.org", total=2),
            page("ida@x.org", total=2),
            page("Ada@x.org", total=1),
            page(total=0),
            ok({"userId": "u", "userStatus": "Active"}),
        ]
    )

    async def case(client: Any) -> None:
        walked = [u.email async for u in client.users.list(page_size=1)]
        assert walked == ["ada@x.org", "ida@x.org"]
        assert (await client.users.find("ada@X.org")).user_id == "Ada@x.org"
        assert await client.users.find("noor@x.org") is None
        assert (await client.users.get("u")).user_id == "u"

    on(script, world, case)


def test_the_life_of_a_bulk_send(world: World) -> None:
    row = {"listId": "l", "name": "spring"}
    script = Script(
        [
            ok(row, 201),
            ok(row),
            ok({"bulkListSummaries": [{"bulkSendListId": "l", "name": "spring"}]}),
            ok(row),
            ok({"canBeSent": True}),
            ok({"batchId": "b", "batchSize": "1"}, 201),
            ok({"batchId": "b", "queued": "0", "sent": "1"}),
            ok({"bulkBatchSummaries": [{"batchId": "b"}], "totalSetSize": "1"}),
            ok({}),
        ]
    )

    async def case(client: Any) -> None:
        assert (await client.bulk.create_list("spring", [COPY])).list_id == "l"
        assert (await client.bulk.get_list("l")).name == "spring"
        assert [each.list_id for each in await client.bulk.lists()] == ["l"]
        ida = BulkCopy(recipients=(BulkRecipient(role_name="Signer", email="ida@x.org"),))
        await client.bulk.update_list("l", name="spring", copies=[ida])
        assert (await client.bulk.test("l", "t")).can_be_sent
        assert (await client.bulk.send("l", "t", batch_name="spring")).batch_id == "b"
        assert (await client.bulk.batch("b")).settled
        assert [each.batch_id async for each in client.bulk.batches()] == ["b"]
        await client.bulk.delete_list("l")

    on(script, world, case)

    assert script.lines[4:6] == ["POST bulk_send_lists/l/test", "POST bulk_send_lists/l/send"]
    assert script.lines[-1] == "DELETE bulk_send_lists/l"


def test_a_bulk_send_is_never_repeated(world: World) -> None:
    script = Script([ConnectionResetError("gone"), no(400, "INVALID_REQUEST_BODY")])

    async def case(client: Any) -> None:
        with pytest.raises(AnswerLost):
            await client.bulk.send("l", "t")
        with pytest.raises(BadRequest):
            await client.bulk.send("l", "t")

    on(script, world, case)
