"""The GetResponse service by its wire alone: raw requests in, raw answers out."""

from __future__ import annotations

import ast
import base64
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from connectors.sandbox import getresponse
from connectors.sandbox.getresponse import GetResponse
from connectors.sandbox.getresponse.shelf import Shelf
from connectors.sandbox.kernel import Answer, CallLog, Clock, FaultPlan, Request, Transport

SEVEN = {
    "httpStatus",
    "code",
    "codeDescription",
    "message",
    "moreInfo",
    "context",
    "uuid",
}


@dataclass
class Wire:
    """Speaks to the service as any HTTP client would."""

    clock: Clock
    service: GetResponse

    def raw(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        if headers is None:
            headers = {"x-auth-token": f"api-key {self.service.key}"}
            if method == "POST":
                headers["content-type"] = "application/json"
        return self.service.answer(Request(method, self.service.url + path, headers, body))

    def get(self, path: str, /, **query: object) -> Answer:
        text = urlencode({name.replace("__", "-"): value for name, value in query.items()})
        return self.raw("GET", f"{path}?{text}" if text else path)

    def ask(self, path: str, query: Mapping[str, object]) -> Answer:
        return self.raw("GET", f"{path}?{urlencode(query)}")

    def post(self, path: str, body: object) -> Answer:
        return self.raw("POST", path, json.dumps(body).encode())

    def emails(self, query: Mapping[str, object]) -> list[str]:
        return [row["email"] for row in data(self.ask("/contacts", query))]

    def add(self, campaign: str, email: str, **more: object) -> Answer:
        return self.post(
            "/contacts", {"email": email, "campaign": {"campaignId": campaign}, **more}
        )

    def batch(self, campaign: str, *emails: str) -> Answer:
        members = [{"email": email} for email in emails]
        return self.post("/contacts/batch", {"campaignId": campaign, "contacts": members})


def data(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.body
    return json.loads(answer.body)


def refused(answer: Answer, status: int, code: int) -> Any:
    """The envelope's context, after a look at the rest of it."""
    body = data(answer, status)
    assert set(body) == SEVEN
    assert (body["httpStatus"], body["code"]) == (status, code)
    assert body["moreInfo"].endswith(f"/v3/errors/{code}")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["uuid"])
    return body["context"]


@pytest.fixture
def wire() -> Wire:
    clock = Clock()
    service = GetResponse(clock, seed=1)
    service.limits = False
    return Wire(clock, service)


@pytest.fixture
def box(wire: Wire) -> GetResponse:
    return wire.service


@pytest.fixture
def news(box: GetResponse) -> str:
    return box.add_campaign("news")


# -- the house ---------------------------------------------------------------------------------


def test_it_imports_nothing_of_the_library_but_the_kernel() -> None:
    folder = Path(str(getresponse.__file__)).parent
    names = {path.stem for path in folder.glob("*.py")}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                inside = node.level == 1 and (node.module is None or node.module in names)
                kernel = node.level == 2 and node.module == "kernel"
                assert inside or kernel or (node.level == 0 and node.module != "connectors")
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("connectors") for alias in node.names)


def test_it_answers_through_the_transport(wire: Wire, box: GetResponse) -> None:
    calls = CallLog()
    transport = Transport(wire.clock, lambda: [box], calls, FaultPlan())
    headers = {"X-Auth-Token": f"api-key {box.key}"}
    status, _, body = transport("GET", f"{box.url}/accounts", headers, b"")
    assert (status, json.loads(body)["accountId"]) == (200, box.account_id)
    assert calls.counts() == {"getresponse accounts.get": 1}
    with pytest.raises(ConnectionRefusedError):
        transport("GET", "https://api3.getresponse360.com/v3/accounts", headers, b"")


def test_two_of_the_same_seed_are_equal_and_ids_differ_by_case_alone() -> None:
    def ids(seed: int) -> list[str]:
        service = GetResponse(Clock(), seed=seed)
        campaign = service.add_campaign("news")
        return [service.sign_up(campaign, f"p{i}@example.com") for i in range(400)]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)
    assert len(set(ids(1))) == 400
    assert len({each.lower() for each in ids(1)}) < 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/campaigns/abc"),
        ("GET", "/contacts/abc/tags"),
        ("PUT", "/contacts/abc"),
        ("GET", "/v2"),
    ],
)
def test_an_unknown_operation_names_itself(wire: Wire, method: str, path: str) -> None:
    answer = wire.raw(method, path)
    body = data(answer, 501)
    assert (body["method"], body["path"]) == (method, f"/v3{path}")
    assert answer.operation == "unknown"


# -- signing in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-auth-token": "{key}"},
        {"x-auth-token": "api-key wrong"},
        {"x-auth-token": "API-KEY {key}"},
        {"authorization": "Bearer {key}"},
        {"authorization": "Bearer"},
    ],
)
def test_a_wrong_credential_is_1014(wire: Wire, headers: dict[str, str]) -> None:
    filled = {name: value.replace("{key}", wire.service.key) for name, value in headers.items()}
    context = refused(wire.raw("GET", "/accounts", headers=filled), 401, 1014)
    assert context["authenticationType"] in ("auth_token", "oauth2")


def test_a_revoked_key_is_dead(wire: Wire, box: GetResponse) -> None:
    old = box.key
    new = box.revoke_key()
    assert new == box.key != old
    refused(wire.raw("GET", "/accounts", headers={"x-auth-token": f"api-key {old}"}), 401, 1014)
    data(wire.get("/accounts"))


def test_a_bearer_token_works_until_it_ends(wire: Wire, box: GetResponse) -> None:
    headers = {"authorization": f"Bearer {box.issue_token()}"}
    data(wire.raw("GET", "/accounts", headers=headers))
    wire.clock.sleep(box.token_lifetime)
    refused(wire.raw("GET", "/accounts", headers=headers), 401, 1014)


def test_the_token_endpoint_takes_codes_once_and_refresh_tokens(
    wire: Wire, box: GetResponse
) -> None:
    basic = base64.b64encode(f"{box.client_id}:{box.client_secret}".encode()).decode()

    def token(basic: str = basic, **form: str) -> Answer:
        headers = {
            "authorization": f"Basic {basic}",
            "content-type": "application/x-www-form-urlencoded",
        }
        return wire.raw("POST", "/token", urlencode(form).encode(), headers)

    code = box.issue_code()
    first = data(token(grant_type="authorization_code", code=code))
    refused(token(grant_type="authorization_code", code=code), 401, 1014)
    again = data(token(grant_type="refresh_token", refresh_token=first["refresh_token"]))
    assert "refresh_token" not in again
    box.refresh_rotates = True
    turned = data(token(grant_type="refresh_token", refresh_token=first["refresh_token"]))
    assert turned["refresh_token"] != first["refresh_token"]
    refused(token(grant_type="refresh_token", refresh_token=first["refresh_token"]), 401, 1014)
    refused(token("bm8=", grant_type="client_credentials"), 401, 1014)
    late = box.issue_code()
    wire.clock.sleep(601)
    refused(token(grant_type="authorization_code", code=late), 401, 1014)
    for each in (first, again, turned):
        assert each["expires_in"] == box.token_lifetime


def test_a_max_account_wants_its_domain() -> None:
    wire = Wire(Clock(), GetResponse(Clock(), domain="acme.example.com"))
    box = wire.service
    assert box.url == "https://api3.getresponse360.com/v3"
    headers = {"x-auth-token": f"api-key {box.key}"}
    refused(wire.raw("GET", "/accounts", headers=headers), 400, 1021)
    good = {**headers, "x-domain": "acme.example.com"}
    data(wire.raw("GET", "/accounts", headers=good))
    stray = wire.raw("GET", "/accounts", headers={**headers, "x-domain": "other.example.com"})
    assert stray.status == 301
    assert stray.headers["Content-Type"].startswith("text/html")
    assert stray.body.startswith(b"<!DOCTYPE html>")
    box.add_campaign("Nice News")
    assert data(wire.raw("GET", "/campaigns", headers=good))[0]["techName"] == "nice_news"


def test_a_retail_account_refuses_x_domain(wire: Wire, box: GetResponse) -> None:
    headers = {"x-auth-token": f"api-key {box.key}", "x-domain": "acme.example.com"}
    refused(wire.raw("GET", "/accounts", headers=headers), 400, 1021)


def test_a_post_wants_json(wire: Wire, box: GetResponse) -> None:
    headers = {"x-auth-token": f"api-key {box.key}"}
    refused(wire.raw("POST", "/tags", b'{"name":"vip"}', headers), 400, 1021)
    refused(wire.raw("POST", "/tags", b"{name"), 400, 1000)
    refused(wire.raw("POST", "/tags", b"[]"), 400, 1006)
    headers["content-type"] = "application/json; charset=utf-8"
    data(wire.raw("POST", "/tags", b'{"name":"vip"}', headers), 201)


# -- limits ------------------------------------------------------------------------------------


def test_eighty_calls_a_second(wire: Wire, box: GetResponse) -> None:
    box.limits = True
    for _ in range(80):
        data(wire.get("/accounts"))
    answer = wire.get("/accounts")
    assert refused(answer, 429, 1015) == {"currentLimit": 80, "timeToReset": "1 seconds"}
    assert answer.headers["X-RateLimit-Limit"] == "80"
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert answer.headers["X-RateLimit-Reset"] == "1 seconds"
    assert answer.headers["Retry-After"] == "1"
    box.retry_after_header = False
    assert "Retry-After" not in wire.get("/accounts").headers
    wire.clock.sleep(1)
    data(wire.get("/accounts"))


def test_thirty_thousand_calls_in_ten_minutes(wire: Wire, box: GetResponse) -> None:
    box.limits = True
    data(wire.get("/accounts"))
    box.rates.window.used = 30_000
    wire.clock.sleep(168)
    answer = wire.get("/accounts")
    assert refused(answer, 429, 1015) == {"currentLimit": 30000, "timeToReset": "432 seconds"}
    assert answer.headers["X-RateLimit-Reset"] == "432 seconds"
    wire.clock.sleep(432)
    data(wire.get("/accounts"))


def test_both_styles_of_rate_headers(wire: Wire, box: GetResponse) -> None:
    box.limits = True
    near = wire.get("/accounts").headers
    assert (near["X-RateLimit-Limit"], near["X-RateLimit-Remaining"]) == ("80", "79")
    box.rates.style = "window"
    far = wire.get("/accounts").headers
    assert (far["X-RateLimit-Limit"], far["X-RateLimit-Reset"]) == ("30000", "600 seconds")


def test_one_batch_a_second_and_eighty_in_ten_minutes(
    wire: Wire, box: GetResponse, news: str
) -> None:
    box.limits = True
    assert wire.batch(news, "a@example.com").status == 202
    refused(wire.batch(news, "b@example.com"), 429, 1015)
    data(wire.get("/accounts"))
    for i in range(79):
        wire.clock.sleep(1)
        assert wire.batch(news, f"p{i}@example.com").status == 202
    wire.clock.sleep(1)
    assert refused(wire.batch(news, "z@example.com"), 429, 1015)["currentLimit"] == 80
    assert len(box.contacts(news)) == 80


def test_every_answer_tells_the_time_and_the_rate(wire: Wire) -> None:
    for answer in (wire.get("/accounts"), wire.get("/contacts/none"), wire.raw("GET", "/none")):
        assert answer.headers["Date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
        assert "X-RateLimit-Remaining" in answer.headers


# -- lists of rows -----------------------------------------------------------------------------


def test_pages_and_counters(wire: Wire, box: GetResponse, news: str) -> None:
    for i in range(250):
        box.sign_up(news, f"p{i:03}@example.com")
        wire.clock.sleep(1)
    answer = wire.get("/contacts")
    assert len(data(answer)) == 100
    counters = [answer.headers[k] for k in ("TotalCount", "TotalPages", "CurrentPage")]
    assert counters == ["250", "3", "1"]
    assert [len(data(wire.get("/contacts", page=i))) for i in (1, 2, 3, 4)] == [100, 100, 50, 0]
    walked = [
        row["email"]
        for i in range(1, 27)
        for row in data(wire.get("/contacts", page=i, perPage=10))
    ]
    assert walked == [f"p{i:03}@example.com" for i in range(250)]
    down = wire.emails({"sort[createdOn]": "desc", "perPage": 3, "page": 2})
    assert down == ["p246@example.com", "p245@example.com", "p244@example.com"]


@pytest.mark.parametrize(
    "query",
    [
        {"perPage": 0},
        {"perPage": 1001},
        {"perPage": "x"},
        {"page": 0},
        {"page": "-1"},
        {"sort[origin]": "ASC"},
        {"sort[email]": "UP"},
        {"query[tag]": "x"},
        {"query[createdOn]": "2026-01-01"},
        {"query[createdOn][since]": "2026-01-01"},
        {"perpage": 5},
        {"additionalFlags": "customFieldValues"},
    ],
)
def test_a_bad_query_is_1000(wire: Wire, query: dict[str, object]) -> None:
    context = refused(wire.ask("/contacts", query), 400, 1000)
    assert set(context) == {"validationType", "fieldName", "originalName", "errorDescription"}


def test_an_unknown_search_field_says_so(wire: Wire) -> None:
    context = refused(wire.ask("/campaigns", {"query[createdOn][from]": "2026-01-01"}), 400, 1000)
    assert context["validationType"] == "searchFilter[query]"
    assert context["errorDescription"] == "Not allowed search field"


def test_undocumented_parameters_can_be_let_through(wire: Wire, box: GetResponse) -> None:
    box.strict_parameters = False
    data(wire.ask("/contacts", {"perpage": 5, "additionalFlags": "customFieldValues"}))


def test_fields_cut_a_row_but_never_its_id(wire: Wire, box: GetResponse, news: str) -> None:
    id = box.sign_up(news, "a@example.com")
    assert data(wire.get("/contacts", fields="email,tags")) == [
        {"contactId": id, "email": "a@example.com"}
    ]
    assert data(wire.get(f"/campaigns/{news}", fields="name")) == {
        "campaignId": news,
        "name": "news",
    }


def test_filters_are_like_unless_exact(wire: Wire, box: GetResponse, news: str) -> None:
    other = box.add_campaign("other")
    box.sign_up(news, "a@x.example.com", "Ann")
    box.sign_up(news, "aa@x.example.com", "Anna", origin="import")
    box.sign_up(other, "A@X.example.com", "ann")
    like = wire.emails({"query[email]": "a@x.example.com"})
    assert sorted(like) == ["A@X.example.com", "a@x.example.com", "aa@x.example.com"]
    exact = {"query[email]": "a@x.example.com", "additionalFlags": "exactMatch"}
    assert sorted(wire.emails(exact)) == ["A@X.example.com", "a@x.example.com"]
    assert wire.emails({**exact, "query[campaignId]": news}) == ["a@x.example.com"]
    assert len(wire.emails({"query[name]": "ann"})) == 3
    assert len(wire.emails({"query[name]": "ann", "additionalFlags": "exactMatch"})) == 2
    assert wire.emails({"query[origin]": "import"}) == ["aa@x.example.com"]
    assert wire.emails({"query[campaignId]": "none"}) == []
    rows = data(wire.ask(f"/campaigns/{news}/contacts", {"query[email]": "aa"}))
    assert [row["email"] for row in rows] == ["aa@x.example.com"]
    flag = {"additionalFlags": "exactMatch"}
    refused(wire.ask(f"/campaigns/{news}/contacts", flag), 400, 1000)
    refused(wire.ask("/campaigns/none/contacts", {}), 404, 1013)
    order: dict[str, object] = {"sort[name]": "ASC", "sort[email]": "DESC"}
    assert wire.emails(order) == ["a@x.example.com", "A@X.example.com", "aa@x.example.com"]


def test_spans_hold_both_ends(wire: Wire, box: GetResponse, news: str) -> None:
    start = wire.clock.now()
    for i in range(5):
        box.sign_up(news, f"p{i}@example.com", created=start + timedelta(days=i))
    span: dict[str, object] = {
        "query[createdOn][from]": "2026-03-03T08:00:00+0000",
        "query[createdOn][to]": "2026-03-05T09:00:00+0100",
    }
    assert wire.emails(span) == [f"p{i}@example.com" for i in (1, 2, 3)]
    assert wire.emails({**span, "sort[email]": "DESC", "query[campaignId]": news}) == [
        f"p{i}@example.com" for i in (3, 2, 1)
    ]
    days: dict[str, object] = {"query[createdOn][from]": "2026-03-05"}
    assert wire.emails(days) == ["p3@example.com", "p4@example.com"]
    assert len(wire.emails({"query[createdOn][to]": "2026-03-03"})) == 2


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T08:00:00+0000",  # the plus is not encoded, so it arrives as a blank
        "2026-03-02T08:00:00%2B00:00",
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:00",
        "2026-13-02",
        "yesterday",
    ],
)
def test_a_bad_date_is_refused(wire: Wire, text: str) -> None:
    answer = wire.raw("GET", f"/contacts?query%5BcreatedOn%5D%5Bfrom%5D={text}")
    assert "Wrong date" in refused(answer, 400, 1000)["errorDescription"]


def test_a_raw_plus_in_an_address_finds_nobody(wire: Wire, box: GetResponse, news: str) -> None:
    box.sign_up(news, "a+b@example.com")
    flag = "additionalFlags=exactMatch"
    raw = wire.raw("GET", f"/contacts?query%5Bemail%5D=a+b@example.com&{flag}")
    assert data(raw) == []
    encoded = wire.raw("GET", f"/contacts?query%5Bemail%5D={quote('a+b@example.com')}&{flag}")
    assert len(data(encoded)) == 1


# -- campaigns ---------------------------------------------------------------------------------


def test_campaigns_are_made_read_and_changed(wire: Wire, box: GetResponse) -> None:
    made = data(wire.post("/campaigns", {"name": "News", "optinTypes": {"api": "double"}}), 201)
    id = made["campaignId"]
    assert made["isDefault"] == "true"
    assert made["createdOn"] == "2026-03-02T08:00:00+0000"
    assert made["optinTypes"]["api"] == "double"
    assert "description" not in made
    second = data(wire.post("/campaigns", {"name": "Other", "isDefault": "true"}), 201)
    row = data(wire.ask("/campaigns", {"query[isDefault]": "true"}))
    assert [each["campaignId"] for each in row] == [second["campaignId"]]
    assert row[0]["description"] == "Other"
    assert [each["name"] for each in data(wire.ask("/campaigns", {"query[name]": "EW"}))] == [
        "News"
    ]
    down = data(wire.ask("/campaigns", {"sort[name]": "DESC"}))
    assert [each["name"] for each in down] == ["Other", "News"]
    changed = data(wire.post(f"/campaigns/{id}", {"name": "News 2", "languageCode": "pl"}))
    assert (changed["name"], changed["languageCode"]) == ("News 2", "PL")
    assert changed == data(wire.get(f"/campaigns/{id}"))
    refused(wire.post(f"/campaigns/{id}", {"languageCode": "pl"}), 400, 1005)
    assert refused(wire.get("/campaigns/none"), 404, 1013) == {"campaignId": "none"}
    assert box.writes == 3
    assert [each.name for each in box.campaigns()] == ["News 2", "Other"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", 1000),
        ("x" * 65, 1007),
        ("a/b/c", 1000),
        ("a\\b", 1000),
        ("me@home", 1000),
        ("a[b]", 1000),
        ("party \N{PARTY POPPER}", 1000),
        ("sun \N{BLACK SUN WITH RAYS}", 1000),
        (12345, 1006),
        (None, 1006),
    ],
)
def test_a_bad_list_name_is_refused(wire: Wire, name: object, code: int) -> None:
    refused(wire.post("/campaigns", {"name": name}), 400, code)


@pytest.mark.parametrize("name", ["abc", "x" * 64, "Źródło 1 & co.", "новости", "a_b-c"])
def test_a_good_list_name_is_taken(wire: Wire, name: str) -> None:
    assert data(wire.post("/campaigns", {"name": name}), 201)["name"] == name


def test_a_list_name_is_taken_once_here_or_elsewhere(
    wire: Wire, box: GetResponse, news: str
) -> None:
    box.taken_names = {"elsewhere"}
    refused(wire.post("/campaigns", {"name": "NEWS"}), 409, 1008)
    refused(wire.post("/campaigns", {"name": "elsewhere"}), 409, 1008)
    assert data(wire.post(f"/campaigns/{news}", {"name": "News"}))["name"] == "News"
    other = box.add_campaign("other")
    refused(wire.post(f"/campaigns/{other}", {"name": "news"}), 409, 1008)


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({}, 1005, ["name"]),
        ({"name": "abc", "optinType": {}}, 1000, ["optinType"]),
        ({"name": "abc", "optinTypes": {"import": "double"}}, 1000, ["optinTypes", "import"]),
        ({"name": "abc", "optinTypes": "single"}, 1006, ["optinTypes"]),
        ({"name": "abc", "isDefault": True}, 1006, ["isDefault"]),
    ],
)
def test_a_bad_list_body_names_the_field(
    wire: Wire, body: object, code: int, path: list[str]
) -> None:
    (row,) = refused(wire.post("/campaigns", body), 400, code)
    assert row["validationType"] == "body"
    assert row["fieldName"] == path


# -- adding contacts ---------------------------------------------------------------------------


def test_a_contact_is_accepted_and_visible_at_once(wire: Wire, box: GetResponse, news: str) -> None:
    answer = wire.add(news, "Ann@Example.com")
    assert (answer.status, answer.body, answer.operation) == (202, b"", "contacts.create")
    assert "Content-Type" not in answer.headers
    (row,) = data(wire.get("/contacts"))
    id = row["contactId"]
    assert row == {
        "contactId": id,
        "href": f"{box.url}/contacts/{id}",
        "name": "Friend",
        "email": "Ann@Example.com",
        "note": None,
        "origin": "api",
        "dayOfCycle": None,
        "createdOn": "2026-03-02T08:00:00+0000",
        "changedOn": None,
        "campaign": {"campaignId": news, "href": f"{box.url}/campaigns/{news}", "name": "news"},
        "timeZone": "",
        "ipAddress": "",
        "activities": f"{box.url}/contacts/{id}/activities",
        "scoring": None,
    }
    box.set_score(id, engagement=4)
    assert data(wire.get("/contacts"))[0]["engagementScore"] == 4
    assert box.writes == 1


def test_a_queued_contact_appears_when_it_is_due(wire: Wire, box: GetResponse, news: str) -> None:
    box.visible_after = 30
    assert wire.add(news, "a@example.com").status == 202
    assert data(wire.get("/contacts")) == []
    refused(wire.add(news, "A@example.com"), 409, 1008)
    refused(wire.batch(news, "A@example.com"), 409, 1008)
    assert box.queued(news) == ["a@example.com"]
    wire.clock.sleep(29)
    assert box.find(news, "a@example.com") is None
    wire.clock.sleep(100)
    found = box.find(news, "A@EXAMPLE.com")
    assert found is not None
    assert found.created == datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
    refused(wire.add(news, "a@example.com"), 409, 1008)


def test_the_delay_may_be_a_function_and_the_order_may_turn(
    wire: Wire, box: GetResponse, news: str
) -> None:
    delays = iter((20.0, 10.0))
    box.visible_after = lambda rng: next(delays)
    box.created_on_when_visible = False
    wire.add(news, "first@example.com")
    wire.clock.sleep(1)
    wire.add(news, "second@example.com")
    wire.clock.sleep(15)
    assert wire.emails({}) == ["second@example.com"]
    wire.clock.sleep(15)
    assert wire.emails({}) == ["first@example.com", "second@example.com"]


def test_some_are_rejected_silently(wire: Wire, box: GetResponse, news: str) -> None:
    box.silently_reject = lambda email: email.startswith("bad")
    assert wire.add(news, "bad@example.com").status == 202
    assert wire.batch(news, "bad2@example.com", "good@example.com").status == 202
    assert wire.emails({}) == ["good@example.com"]


def test_double_opt_in_leaves_them_unconfirmed(wire: Wire, box: GetResponse) -> None:
    shy = box.add_campaign("shy", optin="double")
    assert wire.add(shy, "a@example.com").status == 202
    assert data(wire.get("/contacts")) == []
    refused(wire.add(shy, "a@example.com"), 409, 1008)
    (row,) = data(search(wire, shy, "unconfirmed"))
    assert (row["email"], row["reason"], row["deletedOn"]) == ("a@example.com", None, None)
    refused(wire.get(f"/contacts/{row['contactId']}"), 404, 1013)
    assert [each.id for each in box.unconfirmed(shy)] == [row["contactId"]]
    box.confirm(row["contactId"])
    assert wire.emails({}) == ["a@example.com"]
    assert data(search(wire, shy, "unconfirmed")) == []


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"email": "no-at"}, 1003, ["email"]),
        ({"email": "a@b"}, 1003, ["email"]),
        ({"email": "a b@example.com"}, 1003, ["email"]),
        ({"email": "a..b@example.com"}, 1003, ["email"]),
        ({"email": ""}, 1003, ["email"]),
        ({"email": None}, 1006, ["email"]),
        ({"name": ""}, 1000, ["name"]),
        ({"name": "x" * 129}, 1007, ["name"]),
        ({"name": 7}, 1006, ["name"]),
        ({"dayOfCycle": 0}, 1006, ["dayOfCycle"]),
        ({"dayOfCycle": "-1"}, 1003, ["dayOfCycle"]),
        ({"scoring": "8"}, 1006, ["scoring"]),
        ({"scoring": True}, 1006, ["scoring"]),
        ({"ipAddress": "1.2.3"}, 1003, ["ipAddress"]),
        ({"note": "hello"}, 1000, ["note"]),
        ({"contactId": "x"}, 1000, ["contactId"]),
        ({"campaign": "x"}, 1006, ["campaign"]),
        ({"campaign": {}}, 1005, ["campaign", "campaignId"]),
        ({"tags": {"tagId": "x"}}, 1006, ["tags"]),
        ({"tags": ["x"]}, 1006, ["tags", "0"]),
        (
            {"customFieldValues": [{"customFieldId": "x", "value": "y"}]},
            1006,
            ["customFieldValues", "0", "value"],
        ),
    ],
)
def test_a_bad_contact_names_the_field(
    wire: Wire, news: str, more: dict[str, object], code: int, path: list[str]
) -> None:
    body = {"email": "a@example.com", "campaign": {"campaignId": news}, **more}
    (row,) = refused(wire.post("/contacts", body), 400, code)
    assert row["fieldName"] == path
    assert wire.service.writes == 0
    assert wire.service.contacts(news) == []


def test_related_things_must_exist(wire: Wire, news: str) -> None:
    refused(wire.post("/contacts", {"email": "a@example.com"}), 400, 1005)
    assert refused(wire.add("none", "a@example.com"), 400, 1001) == {"campaignId": "none"}
    refused(wire.add(news, "a@example.com", tags=[{"tagId": "none"}]), 400, 1001)
    value = {"customFieldId": "none", "value": ["x"]}
    refused(wire.add(news, "a@example.com", customFieldValues=[value]), 400, 1001)


def test_the_blocklists_forbid(wire: Wire, box: GetResponse, news: str) -> None:
    other = box.add_campaign("other")
    box.block("@bad.example.com")
    box.block("a@example.com", news)
    refused(wire.add(other, "x@BAD.example.com"), 400, 1002)
    refused(wire.add(news, "A@example.com"), 400, 1002)
    assert wire.add(other, "a@example.com").status == 202
    refused(wire.batch(other, "b@example.com", "y@bad.example.com"), 400, 1002)
    box.visible_after = 10
    wire.add(news, "late@example.com")
    box.block("late@*")
    wire.clock.sleep(10)
    assert box.contacts(news) == []


@pytest.mark.parametrize("reason", ["api", "user", "bounce", "unsubscribe"])
def test_who_was_removed_may_not_be_added_again(
    wire: Wire, box: GetResponse, news: str, reason: str
) -> None:
    other = box.add_campaign("other")
    id = box.sign_up(news, "a@example.com")
    if reason == "api":
        assert wire.raw("DELETE", f"/contacts/{id}").status == 204
    elif reason == "user":
        box.delete_contact(id)
    else:
        box.unsubscribe(id, reason)
    assert refused(wire.add(news, "A@Example.com"), 400, 1002) == {"value": "A@Example.com"}
    assert wire.add(other, "a@example.com").status == 202
    box.removal_blocks = frozenset()
    assert wire.add(news, "a@example.com").status == 202
    again = box.find(news, "a@example.com")
    assert again is not None
    assert again.id != id


def test_the_plan_has_a_limit(wire: Wire, box: GetResponse, news: str) -> None:
    box.contact_limit = 2
    box.visible_after = 60
    box.sign_up(news, "a@example.com")
    refused(wire.batch(news, "b@example.com", "c@example.com"), 400, 1027)
    assert wire.add(news, "b@example.com").status == 202
    refused(wire.add(news, "c@example.com"), 400, 1027)


# -- batches -----------------------------------------------------------------------------------


def test_a_batch_has_its_own_shape(wire: Wire, box: GetResponse, news: str) -> None:
    tag, kind = box.add_tag("vip"), box.add_custom_field("crm_id")
    member = {
        "email": "a@example.com",
        "name": "Ann",
        "dayOfCycle": "0",
        "scoring": 8,
        "ipAddress": "1.2.3.4",
        "tags": {"ids": [tag]},
        "customFieldValues": [{"customFieldId": kind, "value": ["42"]}],
    }
    answer = wire.post("/contacts/batch", {"campaignId": news, "contacts": [member]})
    assert (answer.status, answer.body, answer.operation) == (202, b"", "contacts.batch")
    found = box.find(news, "a@example.com")
    assert found is not None
    assert (found.name, found.scoring, found.tags) == ("Ann", 8, ("vip",))
    assert found.custom_fields == {"crm_id": ("42",)}
    wrong = {**member, "email": "b@example.com", "tags": [{"tagId": tag}]}
    body = {"campaignId": news, "contacts": [wrong]}
    (row,) = refused(wire.post("/contacts/batch", body), 400, 1006)
    assert row["fieldName"] == ["contacts", "0", "tags"]
    single = {"campaign": {"campaignId": news}, "contacts": [member]}
    refused(wire.post("/contacts/batch", single), 400, 1000)
    assert box.writes == 1


def test_a_batch_is_done_whole_or_not_at_all(wire: Wire, box: GetResponse, news: str) -> None:
    box.sign_up(news, "a@example.com")
    assert refused(wire.batch(news, "b@example.com", "A@example.com"), 409, 1008) == []
    refused(wire.batch(news, "b@example.com", "B@example.com"), 409, 1008)
    (row,) = refused(wire.batch(news, "b@example.com", "nonsense"), 400, 1003)
    assert row["fieldName"] == ["contacts", "1", "email"]
    assert row["originalValue"] == "nonsense"
    assert len(box.contacts(news)) == 1
    assert box.writes == 0
    box.batch_all_or_nothing = False
    assert wire.batch(news, "b@example.com", "A@example.com").status == 202
    assert len(box.contacts(news)) == 2


def test_a_batch_holds_one_to_a_thousand(wire: Wire, box: GetResponse, news: str) -> None:
    emails = [f"p{i}@example.com" for i in range(1001)]
    assert refused(wire.batch(news, *emails), 400, 1004)["given"] == 1001
    refused(wire.batch(news), 400, 1004)
    assert wire.batch(news, *emails[:1000]).status == 202
    assert len(box.contacts(news)) == 1000


# -- one contact -------------------------------------------------------------------------------


def test_details_have_tags_and_values_and_rows_do_not(
    wire: Wire, box: GetResponse, news: str
) -> None:
    tag = box.add_tag("vip")
    kind = box.add_custom_field("age", format="single_select", values=["young", "old"])
    value = {"customFieldId": kind, "value": ["old"]}
    wire.add(news, "a@example.com", tags=[{"tagId": tag}], customFieldValues=[value])
    (row,) = data(wire.get("/contacts"))
    assert "tags" not in row
    assert "customFieldValues" not in row
    details = data(wire.get(f"/contacts/{row['contactId']}"))
    assert details["tags"] == [
        {"tagId": tag, "name": "vip", "href": f"{box.url}/tags/{tag}", "color": ""}
    ]
    assert details["customFieldValues"] == [
        {
            "customFieldId": kind,
            "name": "age",
            "value": ["old"],
            "values": ["old"],
            "type": "single_select",
            "fieldType": "single_select",
            "valueType": "string",
        }
    ]
    assert details["geolocation"]["city"] is None
    assert {k: details[k] for k in row} == row


def test_an_update_replaces_and_the_upserts_merge(wire: Wire, box: GetResponse, news: str) -> None:
    vip, new = box.add_tag("vip"), box.add_tag("new")
    crm, age = box.add_custom_field("crm_id"), box.add_custom_field("age", type="number")
    id = box.sign_up(news, "a@example.com", tags=["vip"], custom_fields={"crm_id": ["7"]})
    body: dict[str, object] = {"customFieldValues": [{"customFieldId": age, "value": ["40"]}]}
    merged = data(wire.post(f"/contacts/{id}/custom-fields", body))
    assert merged == [
        {"customFieldId": crm, "values": ["7"]},
        {"customFieldId": age, "values": ["40"]},
    ]
    merged = data(wire.post(f"/contacts/{id}/tags", {"tags": [{"tagId": new}]}))
    assert {each["tagId"] for each in merged} == {vip, new}
    assert set(merged[0]) == {"tagId", "name", "href", "color", "createdAt"}
    details = data(wire.post(f"/contacts/{id}", {"name": "Ann"}))
    assert (len(details["tags"]), len(details["customFieldValues"])) == (2, 2)
    details = data(wire.post(f"/contacts/{id}", {**body, "tags": [{"tagId": new}]}))
    assert [each["tagId"] for each in details["tags"]] == [new]
    assert [each["customFieldId"] for each in details["customFieldValues"]] == [age]
    details = data(wire.post(f"/contacts/{id}", {"tags": [], "customFieldValues": []}))
    assert (details["tags"], details["customFieldValues"]) == ([], [])


def test_a_bad_value_gives_a_list_of_sentences(wire: Wire, box: GetResponse, news: str) -> None:
    pick = box.add_custom_field("pick", format="single_select", values=["x", "y"])
    age = box.add_custom_field("age", type="number")
    id = box.sign_up(news, "a@example.com")

    def put(kind: str, *values: str) -> Answer:
        body = {"customFieldValues": [{"customFieldId": kind, "value": values}]}
        return wire.post(f"/contacts/{id}", body)

    assert refused(put(pick, ""), 400, 1000) == [f"Empty value. ID: {pick}"]
    assert refused(put(pick), 400, 1000) == [f"Empty value. ID: {pick}"]
    assert refused(put(pick, "z"), 400, 1000) == [f"Invalid value. ID: {pick}"]
    assert refused(put(pick, "x", "y"), 400, 1000) == [f"Invalid value. ID: {pick}"]
    refused(put(age, "forty"), 400, 1000)
    data(put(age, "40"))


def test_null_clears_points(wire: Wire, box: GetResponse, news: str) -> None:
    id = box.sign_up(news, "a@example.com", scoring=5)
    assert data(wire.post(f"/contacts/{id}", {"dayOfCycle": "3"}))["scoring"] == 5
    assert data(wire.post(f"/contacts/{id}", {"scoring": None}))["scoring"] is None
    assert data(wire.get(f"/contacts/{id}"))["dayOfCycle"] == "3"


def test_the_address_can_change_and_the_id_stays(wire: Wire, box: GetResponse, news: str) -> None:
    id = box.sign_up(news, "a@example.com")
    box.sign_up(news, "b@example.com")
    refused(wire.post(f"/contacts/{id}", {"email": "B@example.com"}), 409, 1008)
    refused(wire.post(f"/contacts/{id}", {"email": "nonsense"}), 400, 1003)
    changed = data(wire.post(f"/contacts/{id}", {"email": "c@example.com"}))
    assert (changed["contactId"], changed["email"]) == (id, "c@example.com")
    exact = {"additionalFlags": "exactMatch"}
    assert wire.emails({"query[email]": "a@example.com", **exact}) == []
    assert wire.emails({"query[email]": "C@example.com", **exact}) == ["c@example.com"]
    assert wire.emails({"sort[email]": "ASC"}) == ["b@example.com", "c@example.com"]
    assert wire.add(news, "a@example.com").status == 202


def test_a_move_keeps_the_id(wire: Wire, box: GetResponse, news: str) -> None:
    other = box.add_campaign("other")
    id = box.sign_up(news, "a@example.com")
    box.sign_up(other, "b@example.com")
    stays = box.sign_up(news, "b@example.com")
    moved = data(wire.post(f"/contacts/{id}", {"campaign": {"campaignId": other}}))
    assert (moved["contactId"], moved["campaign"]["campaignId"]) == (id, other)
    assert moved["changedOn"] is not None
    assert [each.email for each in box.contacts(news)] == ["b@example.com"]
    assert wire.emails({"query[campaignId]": other}) == ["a@example.com", "b@example.com"]
    refused(wire.post(f"/contacts/{stays}", {"campaign": {"campaignId": other}}), 409, 1008)
    refused(wire.post(f"/contacts/{stays}", {"campaign": {"campaignId": "none"}}), 400, 1001)
    box.move_keeps_id = False
    back = data(wire.post(f"/contacts/{id}", {"campaign": {"campaignId": news}}))
    assert back["contactId"] != id
    refused(wire.get(f"/contacts/{id}"), 404, 1013)


def test_a_deleted_contact_is_found_among_the_removed(
    wire: Wire, box: GetResponse, news: str
) -> None:
    id = box.sign_up(news, "a@example.com", "Ann")
    wire.clock.sleep(60)
    answer = wire.raw("DELETE", f"/contacts/{id}?messageId=x&ipAddress=1.2.3.4")
    assert (answer.status, answer.body) == (204, b"")
    assert refused(wire.get(f"/contacts/{id}"), 404, 1013) == {"contactId": id}
    refused(wire.raw("DELETE", f"/contacts/{id}"), 404, 1013)
    refused(wire.post(f"/contacts/{id}", {"name": "B"}), 404, 1013)
    (row,) = data(search(wire, news, "removed"))
    assert row["contactId"] == id
    assert (row["reason"], row["deletedOn"]) == ("api", "2026-03-02T08:01:00+0000")
    assert [(each.id, each.reason) for each in box.removed(news)] == [(id, "api")]
    assert box.writes == 1


def test_ids_are_case_sensitive(wire: Wire, box: GetResponse, news: str) -> None:
    id = box.sign_up(news, "a@example.com")
    refused(wire.get(f"/contacts/{id.swapcase()}"), 404, 1013)


# -- changedOn ---------------------------------------------------------------------------------


def changed_after(wire: Wire, text: str = "2000-01-01") -> list[str]:
    return wire.emails({"query[changedOn][from]": text})


def test_changed_on_is_null_until_something_changes(
    wire: Wire, box: GetResponse, news: str
) -> None:
    id = box.sign_up(news, "a@example.com", "Ann")
    other = box.sign_up(news, "b@example.com")
    assert changed_after(wire) == []
    assert wire.emails({"query[changedOn][to]": "2030-01-01"}) == []
    wire.clock.sleep(60)
    box.set_score(id, scoring=5, engagement=2)
    data(wire.post(f"/contacts/{id}", {"scoring": 9}))
    data(wire.post(f"/contacts/{id}", {"name": "Ann"}))
    assert changed_after(wire) == []
    box.edit_contact(id, name="Anna")
    assert data(wire.get(f"/contacts/{id}"))["changedOn"] == "2026-03-02T08:01:00+0000"
    assert changed_after(wire, "2026-03-02T08:01:00+0000") == ["a@example.com"]
    assert changed_after(wire, "2026-03-02T08:01:01+0000") == []
    wire.clock.sleep(60)
    box.add_tag("vip", other)
    assert wire.emails({"sort[changedOn]": "DESC"}) == ["b@example.com", "a@example.com"]
    box.scores_bump_changed_on = True
    wire.clock.sleep(60)
    box.set_score(id, scoring=1)
    assert wire.emails({"sort[changedOn]": "DESC"}) == ["a@example.com", "b@example.com"]


def test_changed_on_may_start_with_created_on(wire: Wire, box: GetResponse, news: str) -> None:
    box.changed_on_null_until_changed = False
    box.visible_after = 5
    wire.add(news, "a@example.com")
    wire.clock.sleep(5)
    (row,) = data(wire.get("/contacts"))
    assert row["changedOn"] == row["createdOn"] == "2026-03-02T08:00:05+0000"
    assert changed_after(wire) == ["a@example.com"]


@pytest.mark.parametrize("what", ["name", "email", "note", "tags", "fields", "move"])
def test_data_changes_move_changed_on(wire: Wire, box: GetResponse, news: str, what: str) -> None:
    other, tag, kind = box.add_campaign("other"), box.add_tag("vip"), box.add_custom_field("age")
    id = box.sign_up(news, "a@example.com", "Ann")
    bodies: dict[str, object] = {
        "name": {"name": "Anna"},
        "email": {"email": "b@example.com"},
        "note": {"note": "hello"},
        "tags": {"tags": [{"tagId": tag}]},
        "fields": {"customFieldValues": [{"customFieldId": kind, "value": ["4"]}]},
        "move": {"campaign": {"campaignId": other}},
    }
    wire.clock.sleep(7)
    changed = data(wire.post(f"/contacts/{id}", bodies[what]))
    assert changed["changedOn"] == "2026-03-02T08:00:07+0000"


# -- the ad-hoc search -------------------------------------------------------------------------


def form(campaign: str, kind: str, *conditions: object, **more: object) -> dict[str, object]:
    section = {
        "campaignIdsList": [campaign],
        "logicOperator": "and",
        "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
        "subscriptionDate": "all_time",
        "conditions": list(conditions),
        **more,
    }
    return {"subscribersType": [kind], "sectionLogicOperator": "or", "section": [section]}


def search(
    wire: Wire, campaign: str, kind: str, *conditions: object, query: str = "", **more: object
) -> Answer:
    return wire.post(f"/search-contacts/contacts{query}", form(campaign, kind, *conditions, **more))


def test_the_search_finds_by_kind(wire: Wire, box: GetResponse, news: str) -> None:
    ids = {mail: box.sign_up(news, f"{mail}@example.com", mail.title()) for mail in "abcd"}
    wire.clock.sleep(10)
    box.unsubscribe(ids["a"])
    box.unsubscribe(ids["b"], "complaint")
    box.mark_undelivered(ids["c"])
    removed = search(wire, news, "removed", query="?sort%5Bemail%5D=DESC&perPage=1")
    assert removed.operation == "search.contacts"
    assert removed.headers["TotalPages"] == "2"
    (row,) = data(removed)
    assert row == {
        "contactId": ids["b"],
        "name": "B",
        "email": "b@example.com",
        "origin": "www",
        "dayOfCycle": None,
        "createdOn": "2026-03-02T08:00:00+0000",
        "campaign": {"campaignId": news, "href": f"{box.url}/campaigns/{news}", "name": "news"},
        "score": None,
        "reason": "complaint",
        "deletedOn": "2026-03-02T08:00:10+0000",
    }
    box.set_score(ids["d"], scoring=3)
    rows = data(search(wire, news, "subscribed"))
    assert [(each["email"], each["score"]) for each in rows] == [
        ("c@example.com", None),
        ("d@example.com", "3"),
    ]
    rows = data(search(wire, news, "undelivered"))
    assert [each["email"] for each in rows] == ["c@example.com"]
    box.unsubscribe(ids["c"], "bounce")
    assert len(data(search(wire, news, "removed"))) == 3
    assert data(search(wire, news, "undelivered")) == []
    assert box.writes == 0


@pytest.mark.parametrize(
    ("kind", "operator", "value", "found"),
    [
        ("email", "is", "ANN@example.com", ["ann"]),
        ("email", "is_not", "ann@example.com", ["bob", "joanna"]),
        ("email", "contains", "ann", ["ann", "joanna"]),
        ("email", "not_contains", "ann", ["bob"]),
        ("email", "starts", "jo", ["joanna"]),
        ("email", "not_starts", "jo", ["ann", "bob"]),
        ("name", "ends", "B", ["bob"]),
        ("name", "not_ends", "b", ["ann", "joanna"]),
    ],
)
def test_the_search_has_string_operators(
    wire: Wire, box: GetResponse, news: str, kind: str, operator: str, value: str, found: list[str]
) -> None:
    for name in ("ann", "bob", "joanna"):
        box.sign_up(news, f"{name}@example.com", name)
    condition = {
        "conditionType": kind,
        "operatorType": "string_operator",
        "operator": operator,
        "value": value,
    }
    rows = data(search(wire, news, "subscribed", condition, query="?sort%5Bname%5D=ASC"))
    assert [each["name"] for each in rows] == found


def test_the_search_names_what_it_does_not_have(wire: Wire, news: str) -> None:
    answer = search(wire, news, "subscribed", {"conditionType": "goal"})
    assert "conditionType goal" in data(answer, 501)["message"]


def test_the_search_is_strict(wire: Wire, news: str) -> None:
    refused(search(wire, news, "unsubscribed"), 400, 1000)
    refused(search(wire, "none", "removed"), 400, 1001)
    refused(search(wire, news, "removed", query="?sort%5BdeletedOn%5D=ASC"), 400, 1000)
    body = form(news, "removed")
    del body["sectionLogicOperator"]
    refused(wire.post("/search-contacts/contacts", body), 400, 1005)
    condition = {"conditionType": "email", "operator": "is", "value": "a"}
    refused(search(wire, news, "removed", condition), 400, 1005)


def test_the_search_by_custom_date(wire: Wire, box: GetResponse, news: str) -> None:
    box.sign_up(news, "a@example.com")
    wire.clock.sleep(86400)
    box.sign_up(news, "b@example.com")
    dates = {"from": "2026-03-03", "to": "2026-03-03"}
    rows = data(search(wire, news, "subscribed", subscriptionDate="custom", customDate=dates))
    assert [each["email"] for each in rows] == ["b@example.com"]


# -- definitions, account, activities ----------------------------------------------------------


def test_custom_fields(wire: Wire, box: GetResponse) -> None:
    body = {"name": "crm_id", "type": "string", "format": "text", "hidden": "false", "values": []}
    made = data(wire.post("/custom-fields", body), 201)
    assert made["fieldType"] == made["format"] == "text"
    assert (made["valueType"], made["hidden"]) == ("string", "false")
    refused(wire.post("/custom-fields", body), 409, 1008)
    for wrong in ("email", "Big", "a-b", ""):
        refused(wire.post("/custom-fields", {**body, "name": wrong}), 400, 1000)
    refused(wire.post("/custom-fields", {**body, "hidden": False}), 400, 1006)
    del body["format"]
    refused(wire.post("/custom-fields", {**body, "name": "b"}), 400, 1005)
    old = {**body, "name": "pick", "type": "single_select"}
    refused(wire.post("/custom-fields", old), 400, 1000)
    made = data(wire.post("/custom-fields", {**old, "values": ["x", "y"]}), 201)
    assert (made["format"], made["valueType"]) == ("single_select", "string")
    path = f"/custom-fields/{made['customFieldId']}"
    changed = data(wire.post(path, {"hidden": "true", "values": ["x", "y", "z"]}))
    assert (changed["hidden"], changed["values"]) == ("true", ["x", "y", "z"])
    refused(wire.post(path, {"hidden": "true", "values": ["x", "y"], "name": "n"}), 400, 1000)
    assert data(wire.get(path)) == changed
    rows = data(wire.ask("/custom-fields", {"query[name]": "CRM", "sort[name]": "ASC"}))
    assert [each["name"] for each in rows] == ["crm_id"]
    assert wire.raw("DELETE", path).status == 204
    refused(wire.get(path), 404, 1013)
    assert box.writes == 4


def test_tags(wire: Wire, box: GetResponse, news: str) -> None:
    made = data(wire.post("/tags", {"name": "vip"}), 201)
    refused(wire.post("/tags", {"name": "VIP"}), 409, 1008)
    refused(wire.post("/tags", {"name": "a b"}), 400, 1000)
    path = f"/tags/{made['tagId']}"
    id = box.sign_up(news, "a@example.com", tags=["vip"])
    assert data(wire.post(path, {"name": "other"})) == made
    assert data(wire.get(path)) == made
    span: dict[str, object] = {"query[createdAt][from]": "2026-03-02", "sort[createdAt]": "DESC"}
    assert data(wire.ask("/tags", span)) == [made]
    assert wire.raw("DELETE", path).status == 204
    assert data(wire.get(f"/contacts/{id}"))["tags"] == []
    assert box.writes == 2


def test_blocklists_add_delete_and_replace(wire: Wire, box: GetResponse, news: str) -> None:
    path = "/accounts/blocklists"
    answer = wire.post(f"{path}?additionalFlags=add", {"masks": ["@a.example", "b@example.com"]})
    assert data(answer) == {"masks": ["@a.example", "b@example.com"]}
    data(wire.post(f"{path}?additionalFlags=delete", {"masks": ["@a.example"]}))
    assert data(wire.get(path)) == {"masks": ["b@example.com"]}
    assert data(wire.post(path, {"masks": ["c@example.com"]})) == {"masks": ["c@example.com"]}
    quiet = wire.post(f"{path}?additionalFlags=add,noResponse", {"masks": ["d@example.com"]})
    assert (quiet.status, quiet.body) == (200, b"")
    assert data(wire.ask(path, {"query[mask]": "d@"})) == {"masks": ["d@example.com"]}
    refused(wire.post(path, {"masks": ["nonsense mask"]}), 400, 1003)
    data(wire.post(f"/campaigns/{news}/blocklists?additionalFlags=add", {"masks": ["x.example"]}))
    assert data(wire.get(f"/campaigns/{news}/blocklists")) == {"masks": ["x.example"]}
    refused(wire.add(news, "q@x.example"), 400, 1002)


def test_the_account(wire: Wire, box: GetResponse) -> None:
    account = data(wire.get("/accounts"))
    assert account["accountId"] == box.account_id
    assert set(account["timeZone"]) == {"name", "offset"}
    assert set(data(wire.get("/accounts/timezones"))[0]) == {
        "timezoneId",
        "name",
        "offset",
        "country",
    }
    assert set(data(wire.get("/accounts/sending-limits"))[0]) == {"timeFrame", "limit", "used"}


def test_activities_reach_back_fourteen_days(wire: Wire, box: GetResponse, news: str) -> None:
    id = box.sign_up(news, "a@example.com")
    box.add_activity(id, "send", "Hello", resource_id="N1")
    wire.clock.advance(timedelta(days=15))
    box.add_activity(id, "open", "Hello", resource_id="N1")
    box.add_activity(id, "click", "Hello", resource_id="N1", url="https://example.com/x")
    rows = data(wire.get(f"/contacts/{id}/activities"))
    assert {each["activity"] for each in rows} == {"open", "click"}
    click = next(each for each in rows if each["activity"] == "click")
    assert click["clickTrack"]["url"] == "https://example.com/x"
    assert click["previewUrl"] is None
    assert click["resource"]["resourceType"] == "newsletters"
    old = data(wire.ask(f"/contacts/{id}/activities", {"query[createdOn][from]": "2026-03-01"}))
    assert [each["activity"] for each in old][-1] == "send"
    assert old[-1]["clickTrack"] is None
    refused(wire.ask(f"/contacts/{id}/activities", {"query[activity]": "open"}), 400, 1000)


# -- side doors --------------------------------------------------------------------------------


def test_a_list_deleted_by_hand_is_gone_with_its_contacts(
    wire: Wire, box: GetResponse, news: str
) -> None:
    other = box.add_campaign("other")
    id = box.sign_up(news, "a@example.com")
    keeps = box.sign_up(other, "a@example.com")
    box.unsubscribe(box.sign_up(news, "b@example.com"))
    box.visible_after = 10
    wire.add(news, "late@example.com")
    wire.add(other, "late@example.com")
    box.delete_campaign(news)
    wire.clock.sleep(10)
    refused(wire.get(f"/campaigns/{news}"), 404, 1013)
    refused(wire.get(f"/contacts/{id}"), 404, 1013)
    assert data(wire.get(f"/contacts/{keeps}"))["campaign"]["campaignId"] == other
    assert wire.emails({}) == ["a@example.com", "late@example.com"]
    with pytest.raises(KeyError):
        box.contacts(news)


def test_what_people_do_by_hand(wire: Wire, box: GetResponse, news: str) -> None:
    other = box.add_campaign("other")
    id = box.sign_up(news, "a@example.com", "Ann", tags=["vip"], note="hello")
    copy = box.copy_contact(id, other)
    assert copy != id
    details = data(wire.get(f"/contacts/{copy}"))
    assert (details["origin"], details["note"], len(details["tags"])) == ("copy", "hello", 1)
    with pytest.raises(ValueError, match="already in the list"):
        box.move_contact(id, other)
    with pytest.raises(ValueError, match="already in the list"):
        box.sign_up(news, "A@example.com")
    with pytest.raises(ValueError, match="not an e-mail"):
        box.sign_up(news, "nonsense")
    box.delete_contact(copy)
    assert box.move_contact(id, other) == id
    box.edit_contact(id, email="b@example.com", note=None, tags=["x1"])
    found = box.find(other, "b@example.com")
    assert found is not None
    assert (found.note, found.tags, found.name) == (None, ("x1",), "Ann")
    box.rename_campaign(other, "renamed")
    assert data(wire.get(f"/contacts/{id}"))["campaign"]["name"] == "renamed"
    with pytest.raises(ValueError, match="no such reason"):
        box.unsubscribe(id, "bored")
    assert [each.reason for each in box.removed(other)] == ["user"]
    assert box.writes == 0


# -- size --------------------------------------------------------------------------------------


def test_a_walk_sorts_once_even_when_contacts_change_meanwhile(
    wire: Wire, box: GetResponse, news: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(5_000):
        box.sign_up(news, f"p{i * 7919 % 5_000:04}@example.com", f"P {i}")
    query: dict[str, object] = {
        "perPage": 1000,
        "sort[email]": "ASC",
        "query[campaignId]": news,
    }
    data(wire.ask("/contacts", query))

    def never(*_: object) -> None:
        raise AssertionError("a page of a plain walk must not search")

    monkeypatch.setattr(Shelf, "_search", never)
    view = box.lists[news].shelf._views["email"]
    seen: list[str] = []
    for page in range(1, 6):
        rows = data(wire.ask("/contacts", {**query, "page": page}))
        seen += [row["email"] for row in rows]
        box.edit_contact(rows[0]["contactId"], name=f"Changed {page}")
    assert seen == [f"p{i:04}@example.com" for i in range(5_000)]
    assert box.lists[news].shelf._views["email"] is view
    changed: dict[str, object] = {"query[changedOn][from]": "2026-03-02", "sort[changedOn]": "ASC"}
    assert len(wire.emails(changed)) == 5


def test_every_sort_and_span_agrees_with_a_plain_sort(
    wire: Wire, box: GetResponse, news: str
) -> None:
    rng = random.Random(7)
    ids = [box.sign_up(news, f"p{i}@example.com", rng.choice("ABC")) for i in range(300)]
    for sort in ("email", "name", "createdOn", "changedOn", "campaignId"):
        data(wire.ask("/contacts", {f"sort[{sort}]": "ASC"}))
    for _ in range(300):
        wire.clock.sleep(rng.choice((0, 1, 5)))
        id = ids.pop(rng.randrange(len(ids)))
        what = rng.randrange(4)
        if what == 0:
            box.delete_contact(id)
        elif what == 1:
            ids.append(box.sign_up(news, f"new{len(ids)}-{id.encode().hex()}@example.com"))
        else:
            box.edit_contact(id, name=rng.choice("ABCD"))
            ids.append(id)
    rows = data(wire.ask("/contacts", {"perPage": 1000}))
    for sort in ("email", "name", "createdOn", "changedOn"):
        for way in ("ASC", "DESC"):
            got = data(wire.ask("/contacts", {"perPage": 1000, f"sort[{sort}]": way}))
            keys = [(row[sort] or "").lower() for row in got]
            assert keys == sorted(keys, reverse=way == "DESC")
            assert {row["contactId"] for row in got} == {row["contactId"] for row in rows}
    first, last = "2026-03-02T08:02:00+0000", "2026-03-02T08:08:00+0000"
    span: dict[str, object] = {"query[changedOn][from]": first, "query[changedOn][to]": last}
    wanted = {r["contactId"] for r in rows if r["changedOn"] and first <= r["changedOn"] <= last}
    got = data(wire.ask("/contacts", {"perPage": 1000, **span, "sort[name]": "ASC"}))
    assert wanted == {row["contactId"] for row in got} != set()
