"""The GetResponse account by the wire: OAuth, callbacks, bill, hosts, and its own limits."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.sandbox.getresponse.limits import Window
from tests.sandbox.getresponse_kit import Edge, Reply

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def edge() -> Edge:
    return Edge()


def token(edge: Edge, kind: str = FORM, secret: str | None = None, **form: str) -> Reply:
    pair = f"{edge.box.client_id}:{secret or edge.box.client_secret}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Content-Type": kind,
    }
    if edge.box.domain is not None:
        headers["X-Domain"] = edge.box.domain
    body = urlencode(form) if kind == FORM else json.dumps(form)
    return edge.call("POST", "/token", body.encode(), headers)


def code_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["code"][0]


# -- OAuth -------------------------------------------------------------------------------------


def test_the_consent_page_sends_back_a_code_and_the_state(edge: Edge) -> None:
    url = edge.box.authorize(state="a b&c")
    assert url.startswith(edge.box.redirect_uri + "?")
    query = parse_qs(urlsplit(url).query)
    assert query["state"] == ["a b&c"]
    answer = token(edge, grant_type="authorization_code", code=query["code"][0]).json
    assert set(answer) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert answer["scope"] is None
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert edge.call("GET", "/accounts", headers=headers).status == 200
    edge.wait(answer["expires_in"])
    assert edge.call("GET", "/accounts", headers=headers).refusal == (401, 1014)


def test_a_code_is_good_once_and_for_ten_minutes(edge: Edge) -> None:
    code = code_of(edge.box.authorize())
    assert token(edge, grant_type="authorization_code", code=code).status == 200
    assert token(edge, grant_type="authorization_code", code=code).code == 1014
    late = code_of(edge.box.authorize())
    edge.wait(minutes=10, seconds=1)
    assert token(edge, grant_type="authorization_code", code=late).code == 1014


def test_a_redirect_uri_is_checked_when_it_is_given(edge: Edge) -> None:
    def exchange(**more: str) -> Reply:
        code = code_of(edge.box.authorize())
        return token(edge, grant_type="authorization_code", code=code, **more)

    assert exchange(redirect_uri=edge.box.redirect_uri).status == 200
    assert exchange(redirect_uri="https://elsewhere.example/").code == 1014


@pytest.mark.parametrize("rotates", [True, False])
def test_a_refresh_token_turns_or_stays(edge: Edge, rotates: bool) -> None:
    edge.box.refresh_rotates = rotates
    code = code_of(edge.box.authorize())
    old = token(edge, grant_type="authorization_code", code=code).json["refresh_token"]
    answer = token(edge, grant_type="refresh_token", refresh_token=old).json
    assert ("refresh_token" in answer) == rotates
    again = token(edge, grant_type="refresh_token", refresh_token=old)
    assert again.status == (401 if rotates else 200)


def test_the_client_itself_gets_a_token_without_a_refresh_token(edge: Edge) -> None:
    answer = token(edge, grant_type="client_credentials").json
    assert "refresh_token" not in answer
    assert token(edge, kind="application/json", grant_type="client_credentials").status == 200


@pytest.mark.parametrize(
    ("style", "status", "key"), [("envelope", 401, "code"), ("rfc6749", 400, "error")]
)
def test_the_token_endpoint_refuses_in_two_styles(
    edge: Edge, style: str, status: int, key: str
) -> None:
    edge.box.oauth_errors = style  # type: ignore[assignment]
    for form in ({"grant_type": "password"}, {"grant_type": "refresh_token"}, {}):
        answer = token(edge, **form)
        assert answer.status == status
        assert key in answer.json
    assert token(edge, secret="wrong", grant_type="client_credentials").status == 401
    assert token(edge, kind="text/plain", grant_type="client_credentials").refusal == (400, 1021)


def test_an_app_that_is_disconnected_has_nothing_left(edge: Edge) -> None:
    code = code_of(edge.box.authorize())
    got = token(edge, grant_type="authorization_code", code=code).json
    edge.box.revoke_app()
    headers = {"Authorization": f"Bearer {got['access_token']}"}
    assert edge.call("GET", "/accounts", headers=headers).code == 1014
    refreshed = token(edge, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert refreshed.code == 1014


# -- MAX ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("redirect", 301, None), ("1024", 404, 1024), ("1021", 400, 1021)],
)
def test_a_wrong_max_domain(answer: str, status: int, code: int | None) -> None:
    edge = Edge(domain="acme.example.com")
    edge.box.wrong_domain = answer  # type: ignore[assignment]
    headers = {"X-Auth-Token": f"api-key {edge.box.key}", "X-Domain": "other.example.com"}
    reply = edge.call("GET", "/accounts", headers=headers)
    assert reply.status == status
    if code is None:
        assert reply.headers["Content-Type"].startswith("text/html")
        assert "Location" in reply.headers
    else:
        assert reply.code == code


def test_the_token_call_of_a_max_account_wants_the_domain_too() -> None:
    edge = Edge(domain="acme.example.com")
    assert token(edge, grant_type="client_credentials").status == 200
    assert edge.call("POST", "/token", b"grant_type=client_credentials", {}).code == 1021


# -- the account -------------------------------------------------------------------------------


def test_the_bill_and_the_limits_of_sending(edge: Edge) -> None:
    bill = edge.get("/accounts/billing").json
    assert isinstance(bill["listSize"], str)
    assert isinstance(bill["price"], int)
    assert edge.get("/accounts/billing", {"fields": "price"}).json == {"price": 100}
    assert edge.get("/accounts/sending-limits").json == [
        {"timeFrame": 86400, "limit": 100_000, "used": 0}
    ]
    assert all(isinstance(row["timezoneId"], int) for row in edge.get("/accounts/timezones").json)
    assert edge.get("/accounts/timezones", {"page": 2}).code == 1000


@pytest.mark.parametrize(
    ("unset", "status", "body"),
    [
        ("missing", 404, None),
        ("empty", 200, {}),
        (
            "null",
            200,
            {
                "url": None,
                "actions": {
                    "open": False,
                    "click": False,
                    "subscribe": False,
                    "unsubscribe": False,
                    "survey": False,
                },
            },
        ),
    ],
)
def test_callbacks_that_are_not_set(edge: Edge, unset: str, status: int, body: object) -> None:
    edge.box.callbacks_unset = unset  # type: ignore[assignment]
    reply = edge.get("/accounts/callbacks")
    assert reply.status == status
    if body is None:
        assert reply.code == 1013
        assert edge.delete("/accounts/callbacks").code == 1013
    else:
        assert reply.json == body
        assert edge.delete("/accounts/callbacks").status == 204


def test_callbacks_are_one_url_for_the_account(edge: Edge) -> None:
    first = {"url": "https://a.example/in", "actions": {"open": True, "click": True}}
    answer = edge.post("/accounts/callbacks", first)
    assert answer.json["actions"] == {
        "open": True,
        "click": True,
        "subscribe": False,
        "unsubscribe": False,
        "survey": False,
    }
    assert edge.get("/accounts/callbacks").json == answer.json
    edge.post("/accounts/callbacks", {"url": "http://b.example/in"})
    assert edge.get("/accounts/callbacks").json["url"] == "http://b.example/in"
    assert edge.delete("/accounts/callbacks").status == 204
    assert edge.get("/accounts/callbacks").status == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"actions": {"open": True}}, 1005),
        ({"url": "nonsense"}, 1003),
        ({"url": "ftp://a.example"}, 1003),
        ({"url": "https://["}, 1003),
        ({"url": "https://a.example", "actions": {"open": "true"}}, 1006),
        ({"url": "https://a.example", "actions": {"goal": True}}, 1000),
        ({"url": "https://a.example", "events": {}}, 1000),
    ],
)
def test_a_bad_callback_is_refused(edge: Edge, body: object, code: int) -> None:
    assert edge.post("/accounts/callbacks", body).code == code
    assert edge.box.writes == 0


# -- masks -------------------------------------------------------------------------------------


def test_suppressions_hold_masks(edge: Edge) -> None:
    made = edge.post("/suppressions", {"name": "rivals", "masks": ["@rival.example"]})
    assert made.status == 201
    path = f"/suppressions/{made.json['suppressionId']}"
    assert made.json["masks"] == ["@rival.example"]
    assert edge.get(path).json == made.json
    (row,) = edge.get("/suppressions", {"query[name]": "RIV", "sort[name]": "ASC"}).json
    assert "masks" not in row
    assert edge.get("/suppressions", {"query[createdOn][to]": "2026-03-01"}).json == []
    changed = edge.post(path, {"name": "x", "masks": []})
    assert (changed.status, changed.json["masks"]) == (200, [])
    assert edge.post(path, {"name": "x"}).code == 1005
    assert edge.post("/suppressions", {"name": "x", "masks": ["no mask"]}).code == 1003
    assert edge.delete(path).status == 204
    assert edge.get(path).refusal == (404, 1013)


# -- limits ------------------------------------------------------------------------------------


def test_single_operations_can_have_limits_of_their_own(edge: Edge) -> None:
    edge.box.limits = True
    edge.box.rates.by_operation["tags.list"] = [Window(edge.clock, 2, 600)]
    assert [edge.get("/tags").status for _ in range(3)] == [200, 200, 429]
    assert edge.get("/accounts").status == 200
    refused = edge.get("/tags")
    assert refused.context == {"currentLimit": 2, "timeToReset": "600 seconds"}
    edge.box.rates.reset_in_words = False
    assert edge.get("/tags").context["timeToReset"] == 600
    edge.wait(600)
    assert edge.get("/tags").status == 200
