"""What every client has beside its nouns: options for some calls, and calls of the host's own."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors import (
    AnswerLost,
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    Attempt,
    BadRequest,
    ConfigError,
    DynamicsClient,
    GetResponseClient,
    NotFound,
    Retries,
    ServerError,
    TokenProvider,
    WriteClass,
)
from connectors.core.frames import frame
from connectors.runtime.aio import AsyncClient
from connectors.sandbox import Clock
from tests.facades import WORLDS, World, run

Answer = tuple[int, Mapping[str, str], bytes]


class Service:
    """Answers from a script, and remembers what it was sent."""

    def __init__(self, *answers: Answer | OSError) -> None:
        self.clock = Clock()
        self.answers = list(answers)
        self.seen: list[tuple[str, str, Mapping[str, str], bytes]] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.seen.append((method, url, headers, body))
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


def getresponse(service: Service, **options: Any) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
        return kind("c4n4ry", transport=service, **options)

    return make


def dynamics(service: Service) -> Callable[[World], Any]:
    def make(world: World) -> Any:
        kind = DynamicsClient if world == "blocking" else AsyncDynamicsClient
        return kind(
            "https://x.crm.dynamics.com", TokenProvider(provide=lambda: "t"), transport=service
        )

    return make


# --- with_options ----------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_options_hold_for_the_copy_alone(world: World) -> None:
    service = Service((500, {}, b""), (500, {}, b""), (200, {}, b'{"accountId": "a"}'))

    async def case(client: Any) -> None:
        impatient = client.with_options(retries=0)
        with pytest.raises(ServerError) as caught:
            await impatient.accounts.get()
        assert caught.value.attempts == 1
        assert (await client.accounts.get()).account_id == "a"

    run(world, getresponse(service), case)
    assert len(service.seen) == 3


def test_a_copy_shares_connections_token_and_budget() -> None:
    client = GetResponseClient("c4n4ry", transport=Service())
    copy = client.with_options(timeout=5.0, retries=Retries(attempts=2))

    assert type(copy) is GetResponseClient
    assert (copy._session.port.timeout, copy._session.port.retries.attempts) == (5.0, 2)
    assert client._session.port.timeout == 30.0
    assert copy._session.wire is client._session.wire
    assert copy._session.port.rate is client._session.port.rate
    copy.close()
    with pytest.raises(ConfigError, match="closed"):
        client.request("GET", "accounts")


# --- request ---------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_what_has_no_method_can_be_called_signed_in(world: World) -> None:
    service = Service((200, {"X-A": "1"}, b'[{"b": 1}]'))

    async def case(client: Any) -> Any:
        return await client.request(
            "get", "accounts/billing", query={"query[name]": "a+b &"}, headers={"X-Own": "1"}
        )

    reply = run(world, getresponse(service), case)

    [(method, url, headers, body)] = service.seen
    assert (method, body) == ("GET", b"")
    assert url == ("https://api.getresponse.com/v3/accounts/billing?query%5Bname%5D=a%2Bb%20%26")
    assert (headers["X-Auth-Token"], headers["X-Own"]) == ("api-key c4n4ry", "1")
    assert (reply.value, reply.status, reply.headers["x-a"]) == ([{"b": 1}], 200, "1")


def test_a_header_of_the_call_takes_the_place_of_the_clients() -> None:
    service = Service((200, {}, b"<edmx/>"))

    with dynamics(service)("blocking") as client:
        client.request("GET", "$metadata", headers={"accept": "application/xml"})

    [(_, _, headers, _)] = service.seen
    assert [v for k, v in headers.items() if k.lower() == "accept"] == ["application/xml"]


def test_odata_options_keep_their_dollar() -> None:
    service = Service((200, {}, b"{}"))

    with dynamics(service)("blocking") as client:
        client.request("GET", "accounts", query={"$select": "name", "$filter": "name eq 'Ü'"})

    assert service.seen[0][1].endswith("accounts?$select=name&$filter=name%20eq%20%27%C3%9C%27")


def test_a_body_goes_as_json_and_null_is_a_body() -> None:
    service = Service((204, {}, b""), (204, {}, b""), (204, {}, b""))

    with getresponse(service)("blocking") as client:
        assert client.request("POST", "x", json={"a": [1, None]}).value is None
        client.request("POST", "x", json=None)
        client.request("POST", "x")

    assert [(b, h.get("Content-Type")) for _, _, h, b in service.seen] == [
        (b'{"a":[1,null]}', "application/json"),
        (b"null", "application/json"),
        (b"", None),
    ]


def test_an_answer_that_is_no_json_is_in_raw() -> None:
    service = Service((200, {}, b"a;b\n1;2"))

    with getresponse(service)("blocking") as client:
        reply = client.request("GET", "x")

    assert (reply.value, reply.raw) == (None, b"a;b\n1;2")


def test_a_lost_answer_to_a_free_post_is_not_repeated_unless_it_may() -> None:
    service = Service(ConnectionResetError(), ConnectionResetError(), (200, {}, b"1"))

    with getresponse(service)("blocking") as client:
        with pytest.raises(AnswerLost):
            client.request("POST", "x", json={})
        assert client.request("POST", "x", json={}, write_class=WriteClass.IDEMPOTENT).value == 1


def test_refusals_are_the_errors_of_the_service_and_name_the_path() -> None:
    service = Service((404, {}, b'{"httpStatus":404,"code":1013,"message":"no","uuid":"u1"}'))

    with (
        getresponse(service)("blocking") as client,
        pytest.raises(NotFound, match=r"getresponse GET x/1 → 404 code 1013 \[u1\]: no"),
    ):
        client.request("GET", "x/1")


@pytest.mark.parametrize("path", ["x?a=1", "x#a"])
def test_a_query_in_the_path_is_refused_before_any_call(path: str) -> None:
    service = Service()

    with getresponse(service)("blocking") as client, pytest.raises(ConfigError, match="query"):
        client.request("GET", path)
    assert service.seen == []


def test_a_free_call_never_leaves_the_connections_host() -> None:
    service = Service()

    with (
        getresponse(service)("blocking") as client,
        pytest.raises(ConfigError, match="refused to send the credential"),
    ):
        client.request("GET", "https://evil.example/x")
    assert service.seen == []


# --- hooks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_a_hook_sees_each_send_and_no_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[Attempt] = []
    refusal = b'{"code":1000,"message":"c4n4ry@x.y is wrong","context":["c4n4ry@x.y"]}'
    service = Service((503, {}, b""), (400, {}, refusal))

    async def case(client: Any) -> None:
        with pytest.raises(BadRequest) as caught:
            await client.request("GET", "contacts", query={"query[email]": "c4n4ry@x.y"})
        assert "c4n4ry" not in f"{caught.value!r} {caught.value}"

    run(world, getresponse(service, hooks=[told.append]), case)

    assert [(a.number, a.status, a.error) for a in told] == [
        (1, 503, "ServerError"),
        (2, 400, "BadRequest"),
    ]
    assert "c4n4ry" not in caplog.text + repr(told)
    assert [r.name for r in caplog.records if r.name.startswith("connectors")] == [
        "connectors.getresponse"
    ] * 2


# --- an own transport ------------------------------------------------------------------------


def test_an_async_client_takes_an_async_transport() -> None:
    async def transport(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return 200, {}, b'{"accountId": "a"}'

    async def case(client: Any) -> Any:
        return await client.accounts.get()

    account = run("async", lambda _: AsyncGetResponseClient("k", transport=transport), case)

    assert account.account_id == "a"


def test_both_clients_have_the_same_furniture() -> None:
    shared = {n for n, _ in inspect.getmembers(AsyncClient) if not n.startswith("_")}

    assert shared == {
        "aclose",
        "base_url",
        "now",
        "reply",
        "request",
        "send",
        "sleep",
        "stream",
        "with_options",
    }
    assert issubclass(AsyncGetResponseClient, AsyncClient)
    assert issubclass(AsyncDynamicsClient, AsyncClient)


# --- lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_a_list_is_a_table_too(world: World) -> None:
    pytest.importorskip("pandas")
    page = b'[{"campaignId":"a","name":"news","isDefault":"true"},{"campaignId":"b","name":"x"}]'
    service = Service((200, {}, page))

    async def case(client: Any) -> Any:
        return await client.campaigns.list().to_frame()

    table = run(world, getresponse(service), case)

    assert list(table["name"]) == ["news", "x"]
    assert list(table["is_default"]) == [True, False]


def test_a_table_without_pandas_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(ConfigError, match=r"connectors\[notebook\]"):
        frame([])


def test_a_list_names_its_operation() -> None:
    client = GetResponseClient("c4n4ry", transport=Service())

    assert repr(client.campaigns.list(name="c4n4ry@x.y")) == "Paged(campaigns.list)"


@pytest.mark.parametrize("path", ["contacts/c4n4ry%40example.org", "contacts/c4n4ry@example.org"])
def test_an_address_in_the_path_of_a_free_call_is_neither_told_nor_logged(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service((404, {}, b'{"code": 1013, "message": "no"}'))

    with GetResponseClient("key", transport=service) as client, pytest.raises(NotFound) as caught:
        client.request("GET", path)

    assert "contacts/<address>" in str(caught.value)
    assert "c4n4ry" not in f"{caught.value} {caught.value.operation} {caplog.text}"


def test_a_content_type_of_the_hosts_own_is_the_only_one() -> None:
    service = Service((200, {}, b""))

    with GetResponseClient("key", transport=service) as client:
        client.request("POST", "x", json={}, headers={"content-type": "application/merge+json"})

    [(_, _, headers, _)] = service.seen
    assert [v for n, v in headers.items() if n.lower() == "content-type"] == [
        "application/merge+json"
    ]


# --- what cannot be right --------------------------------------------------------------------


@pytest.mark.parametrize("timeout", [0, -1, "x", True, None])
def test_a_timeout_that_is_none_is_refused_when_the_client_is_made(timeout: Any) -> None:
    with pytest.raises(ConfigError, match="timeout must be seconds above 0"):
        GetResponseClient("k", timeout=timeout, transport=Service())


@pytest.mark.parametrize("retries", ["3", 2.5, [1]])
def test_retries_of_another_kind_are_refused_when_the_client_is_made(retries: Any) -> None:
    with pytest.raises(ConfigError, match="retries must be 0 to 19"):
        GetResponseClient("k", retries=retries, transport=Service())


@pytest.mark.parametrize("hooks", [print, ["x"], "x"])
def test_hooks_that_are_no_list_of_functions_are_refused(hooks: Any) -> None:
    with pytest.raises(ConfigError, match="hooks must be a list of functions"):
        GetResponseClient("k", hooks=hooks, transport=Service())
