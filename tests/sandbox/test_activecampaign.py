"""The ActiveCampaign service by its wire alone: the house, keys, limits, contacts."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from connectors import Sandbox
from connectors.sandbox import activecampaign
from connectors.sandbox.activecampaign import ActiveCampaign
from connectors.sandbox.kernel import Clock
from tests.sandbox.activecampaign_kit import Edge


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- the house ---------------------------------------------------------------------------------


def test_it_imports_nothing_of_the_library_but_the_kernel() -> None:
    folder = Path(str(activecampaign.__file__)).parent
    names = {path.stem for path in folder.glob("*.py")}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                inside = node.level == 1 and (node.module is None or node.module in names)
                kernel = node.level == 2 and node.module == "kernel"
                assert inside or kernel or (node.level == 0 and node.module != "connectors")
            if isinstance(node, ast.Import):
                assert not any(alias.name.startswith("connectors") for alias in node.names)


def test_it_lives_in_the_common_world() -> None:
    box = Sandbox(seed=1)
    account = box.activecampaign
    headers = {"Api-Token": account.key}
    status, _, body = box.transport("GET", f"{account.url}/api/3/users/me", headers, b"")
    assert (status, json.loads(body)["user"]["username"]) == (200, "admin")
    assert box.calls.counts() == {"activecampaign users.me": 1}
    assert account.url == "https://sandbox.api-us1.com"


def test_two_of_the_same_seed_are_equal() -> None:
    def keys(seed: int) -> tuple[str, str]:
        service = ActiveCampaign(Clock(), seed=seed)
        return service.key, service.add_schema("x", {"a": "text"})

    assert keys(1) == keys(1)
    assert keys(1) != keys(2)


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "nothing", "unknown"),
        ("GET", "", "unknown"),
        ("PATCH", "contacts/101", "unknown"),
        ("GET", "lists", "lists.list"),
        ("GET", "lists/1", "lists.get"),
        ("POST", "contactLists", "contactLists.create"),
        ("GET", "contacts/101/contactLists", "contacts.contactLists"),
        ("GET", "contacts/101/accountContacts", "contacts.accountContacts"),
        ("POST", "accounts", "accounts.create"),
        ("POST", "accountContacts", "accountContacts.create"),
        ("PUT", "deals/1", "deals.update"),
        ("DELETE", "contactDeals/1", "contactDeals.delete"),
    ],
)
def test_what_is_not_simulated_fails_loudly_under_its_own_name(
    edge: Edge, method: str, path: str, operation: str
) -> None:
    reply = edge.call(method, path)
    assert (reply.status, reply.json["operation"]) == (501, operation)
    assert f"{method} /api/3/{path}" in reply.json["message"]
    assert edge.calls.counts() == {f"activecampaign {operation}": 1}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("contacts?colour=red", "the query parameter colour"),
        ("contacts?listid=1", "the query parameter listid"),
        ("contacts?status=1", "contacts by status"),
        ("contacts?filters[email]=a", r"the query parameter filters[email]"),
        ("contacts?filters[created_after]=soon", "a date that is none"),
        ("contacts?orders[score]=ASC", "the query parameter orders[score]"),
        ("contacts?orders[id]=up", "orders[id]=up"),
        ("contacts?limit=0", "limit=0"),
        ("contacts?limit=many", "limit=many"),
        ("contacts?email=a&email=b", "email more than once"),
        ("contacts?id_greater=x", "id_greater=x"),
        ("contacts?filters[x]y=1", "filters[x]y"),
        ("users/me?limit=1", "the query parameter limit"),
        ("tags?filters[search][like]=a", "filters[search][like]"),
        ("tags?orders[name]=asc", "orders[name]"),
        ("automations?active=maybe", "active=maybe"),
        ("contactAutomations?filters[colour]=1", "filters[colour]"),
        ("personalizations?filters[name]=1", "filters[name]"),
        ("customObjects/schemas?filters[slug][eq]=1", "filters[slug]"),
    ],
)
def test_a_parameter_that_nobody_knows_fails_loudly(edge: Edge, path: str, told: str) -> None:
    reply = edge.get(path)
    assert reply.status == 501
    assert told in reply.json["message"]


# -- keys and limits ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{}, {"Api-Token": "wrong"}, {"Authorization": "Bearer {key}"}, {"Authorization": "{key}"}],
)
def test_a_bad_key_is_a_403(edge: Edge, headers: dict[str, str]) -> None:
    given = {name: text.format(key=edge.box.key) for name, text in headers.items()}
    reply = edge.call("GET", "users/me", headers=given)
    assert (reply.status, reply.json) == (403, {"message": "Forbidden"})
    edge.box.bad_key_status = 401
    assert edge.call("GET", "users/me", headers=given).status == 401


def test_a_revoked_key_is_dead_and_its_successor_is_the_same_user(edge: Edge) -> None:
    old = edge.box.key
    me = edge.get("users/me").json["user"]
    edge.box.revoke_key()
    assert edge.call("GET", "users/me", headers={"Api-Token": old}).status == 403
    assert edge.get("users/me").json["user"] == me


def test_a_key_has_the_permissions_of_its_user(edge: Edge) -> None:
    other = edge.box.add_key("ann", "Ann", "Lee")
    edge.box.restrict_key("tags", "contacts.delete")
    contact = edge.box.add_contact("a@example.org")
    assert edge.get("tags").status == 403
    assert edge.delete(f"contacts/{contact}").json == {"message": "Forbidden"}
    assert edge.get(f"contacts/{contact}").status == 200
    assert edge.call("GET", "tags", headers={"Api-Token": other}).status == 200
    edge.box.restrict_key()
    assert edge.get("tags").status == 200
    with pytest.raises(ValueError, match="no operation 'tag'"):
        edge.box.restrict_key("tag")


def test_an_account_takes_five_calls_in_any_second_whoever_calls() -> None:
    edge = Edge(limits=True)
    other = {"Api-Token": edge.box.add_key("ann")}
    for _ in range(3):
        assert edge.get("users/me").status == 200
    edge.clock.sleep(0.6)
    for left in (1, 0):
        reply = edge.call("GET", "users/me", headers=other)
        assert (reply.status, reply.headers["RateLimit-Remaining"]) == (200, str(left))
        assert reply.headers["RateLimit-Limit"] == "5"
    reply = edge.get("users/me")
    assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
    edge.clock.sleep(0.4)  # the first three are a second old now, the others are not
    assert [edge.get("users/me").status for _ in range(4)] == [200, 200, 200, 429]


def test_a_caller_who_keeps_to_five_a_second_is_never_refused() -> None:
    edge = Edge(limits=True)
    for _ in range(200):
        assert edge.get("users/me").status == 200
        edge.clock.sleep(0.2)


def test_a_refused_call_has_no_effect_and_does_not_count() -> None:
    edge = Edge(limits=True)
    for _ in range(5):
        edge.get("users/me")
    assert [edge.sync("a@example.org").status for _ in range(9)] == [429] * 9
    assert edge.box.contacts() == []
    edge.clock.sleep(1)
    assert edge.sync("a@example.org").status == 201


def test_limits_can_be_told_otherwise() -> None:
    edge = Edge(limits=True)
    edge.box.rate_headers, edge.box.retry_after = False, None
    replies = [edge.get("users/me") for _ in range(6)]
    assert replies[-1].status == 429
    assert not {"Retry-After", "RateLimit-Limit"} & (replies[-1].headers.keys())
    edge.box.over_limit_status = 503
    reply = edge.get("users/me")
    assert (reply.status, reply.headers["Content-Type"]) == (503, "text/html")
    assert reply.body.startswith(b"<html>")


def test_every_answer_has_a_request_id(edge: Edge) -> None:
    ids = [edge.get(path).headers["X-Request-Id"] for path in ("users/me", "users/me", "nothing")]
    assert len(set(ids)) == 3


# -- bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"contacts": {"email": "a@example.org"}}',
        b'{"contact": "a@example.org"}',
        b'{"contact": {"email": "a@example.org"}, "tags": []}',
    ],
)
def test_a_body_of_the_wrong_shape_is_a_400(edge: Edge, body: bytes) -> None:
    headers = {"Api-Token": edge.box.key, "Content-Type": "application/json"}
    reply = edge.call("POST", "contact/sync", body, headers)
    assert (reply.status, reply.error["status"], reply.error["title"]) == (400, 400, "Bad Request")
    assert edge.box.contacts() == []


def test_a_body_must_say_that_it_is_json(edge: Edge) -> None:
    body = b'{"contact": {"email": "a@example.org"}}'
    headers = {"Api-Token": edge.box.key, "Content-Type": "text/plain"}
    assert edge.call("POST", "contact/sync", body, headers).status == 400


def test_a_key_that_nobody_knows_fails_loudly(edge: Edge) -> None:
    reply = edge.sync("a@example.org", orgid=1)
    assert reply.status == 501
    assert "the key contact.orgid" in reply.json["message"]
    assert edge.post("contacts", {"contact": {"phone": "1"}, "allowNullEmail": True}).status == 501


# -- contacts ----------------------------------------------------------------------------------


def test_sync_creates_by_email_and_then_updates(edge: Edge) -> None:
    first = edge.sync("Ann@example.org", firstName="Ann", lastName="Lee", phone="1")
    edge.clock.sleep(60)
    second = edge.sync("ann@EXAMPLE.org", lastName="Miller")
    assert (first.status, second.status) == (201, 200)
    one, two = first.json["contact"], second.json["contact"]
    assert one["id"] == two["id"] == "101"
    assert (two["firstName"], two["lastName"], two["phone"]) == ("Ann", "Miller", "1")
    assert (two["email"], two["orgid"]) == ("Ann@example.org", "")
    assert (one["cdate"], two["cdate"]) == ("2026-03-02T03:00:00-05:00",) * 2
    assert two["udate"] == "2026-03-02T03:01:00-05:00"


def test_null_clears_what_an_absent_key_leaves(edge: Edge) -> None:
    edge.sync("a@example.org", firstName="Ann", lastName="Lee")
    contact = edge.sync("a@example.org", lastName=None).json["contact"]
    assert (contact["firstName"], contact["lastName"]) == ("Ann", "")


def test_sync_drops_keys_in_the_case_of_imports(edge: Edge) -> None:
    contact = edge.sync("a@example.org", first_name="Ann").json["contact"]
    assert contact["firstName"] == ""


@pytest.mark.parametrize("email", ["ann", "ann@example", " a@example.org", "a b@example.org", 7])
@pytest.mark.parametrize("path", ["contact/sync", "contacts"])
def test_an_address_that_is_none_is_a_422(edge: Edge, path: str, email: object) -> None:
    reply = edge.post(path, {"contact": {"email": email}})
    assert reply.status == 422
    assert reply.error["code"] == "email_invalid"
    assert reply.error["error"] == "must_be_valid_email_address"
    assert reply.error["source"] == {"pointer": "/data/attributes/email"}


@pytest.mark.parametrize("given", [{}, {"email": ""}, {"email": None}])
def test_sync_without_an_address_is_a_400(edge: Edge, given: dict[str, object]) -> None:
    reply = edge.post("contact/sync", {"contact": given})
    assert (reply.status, reply.error) == (
        400,
        {
            "status": 400,
            "title": "Bad Request",
            "detail": "Contact email must be provided for sync",
        },
    )


def test_a_name_must_be_text(edge: Edge) -> None:
    reply = edge.sync("a@example.org", firstName=7)
    assert (reply.status, reply.error["source"]["pointer"]) == (422, "/data/attributes/firstName")


def test_create_refuses_an_address_that_is_there(edge: Edge) -> None:
    assert edge.post("contacts", {"contact": {"email": "a@example.org"}}).status == 201
    reply = edge.post("contacts", {"contact": {"email": "A@example.org"}})
    assert (reply.status, reply.error["code"]) == (422, "duplicate")


def test_an_update_changes_the_address_unless_it_is_taken(edge: Edge) -> None:
    ann, bob = (edge.box.add_contact(f"{name}@example.org") for name in ("ann", "bob"))
    reply = edge.put(f"contacts/{ann}", {"contact": {"email": "anna@example.org"}})
    assert (reply.status, reply.json["contact"]["id"]) == (200, ann)
    assert edge.box.contact_by_email("ann@example.org") is None
    refused = edge.put(f"contacts/{bob}", {"contact": {"email": "ANNA@example.org"}})
    assert (refused.status, refused.error["code"]) == (422, "duplicate")
    same = edge.put(f"contacts/{ann}", {"contact": {"email": "ANNA@example.org"}})
    assert same.json["contact"]["email"] == "ANNA@example.org"


def test_sync_after_a_change_of_address_makes_a_second_contact(edge: Edge) -> None:
    edge.sync("old@example.org")
    assert edge.sync("new@example.org").status == 201
    assert len(edge.box.contacts()) == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_contact_that_is_not_there_is_a_404_under_its_inner_name(edge: Edge, method: str) -> None:
    body = b'{"contact": {}}' if method == "PUT" else b""
    reply = edge.call(method, "contacts/1", body)
    assert (reply.status, reply.json) == (
        404,
        {"message": "No Result found for Subscriber with id 1"},
    )


def test_delete_takes_all_that_hangs_on_a_contact(edge: Edge) -> None:
    field = edge.box.add_field("Plan")
    contact = edge.box.add_contact("a@example.org", fields={"Plan": "x"}, tags=["t"])
    automation = edge.box.add_automation("Welcome")
    entry = {"contactAutomation": {"contact": contact, "automation": automation}}
    assert edge.post("contactAutomations", entry).status == 201
    note = {"note": {"note": "hello", "relid": contact, "reltype": "Subscriber"}}
    assert edge.post("notes", note).status == 201
    (link,) = edge.get(f"contacts/{contact}/contactTags").json["contactTags"]

    reply = edge.delete(f"contacts/{contact}")

    assert (reply.status, reply.json) == (200, {})
    assert edge.get("fieldValues", {"filters[fieldid]": field}).json["fieldValues"] == []
    assert edge.delete(f"contactTags/{link['id']}").status == 404
    assert (edge.box.enrolments(), edge.box.contacts()) == ([], [])
    assert edge.sync("a@example.org").json["contact"]["id"] != contact


def test_wire_forms_of_a_contact(edge: Edge) -> None:
    contact = edge.box.add_contact("a@example.org")
    row = edge.get("contacts").json["contacts"][0]
    assert (row["id"], row["orgid"], row["udate"]) == (contact, "0", None)
    assert (row["firstName"], row["lastName"], row["phone"]) == ("", "", "")
    for key in ("deleted", "anonymized", "bounced_hard", "bounced_soft", "gravatar"):
        assert row[key] == "0"
    assert (row["email_empty"], row["bounced_date"]) == (False, "0000-00-00")
    assert row["deleted_at"] == row["socialdata_lastcheck"] == "0000-00-00 00:00:00"
    # 08:00 UTC, yet it says otherwise under a name that promises UTC.
    assert row["created_utc_timestamp"] == row["created_timestamp"] == "2026-03-02 03:00:00"
    assert len(row["links"]) == 18
    assert all(url.startswith(f"{edge.box.url}/api/3/contacts/") for url in row["links"].values())
    edge.box.empty_links = True
    assert edge.get("contacts").json["contacts"][0]["links"] == []


def test_a_contact_known_by_phone_alone_has_no_address(edge: Edge) -> None:
    edge.box.add_contact("", phone="+331")
    row = edge.get("contacts", {"phone": "+33"}).json["contacts"][0]
    assert (row["email"], row["email_empty"]) == ("", True)


def test_one_contact_comes_with_all_that_is_near(edge: Edge) -> None:
    edge.box.add_field("Plan")
    contact = edge.box.add_contact("a@example.org", fields={"Plan": "x"})
    body = edge.get(f"contacts/{contact}").json
    sideloads = (
        "contactAutomations contactLists deals fieldValues geoIps geoAddresses accountContacts"
    ).split()
    assert set(body) == {"contact", *sideloads}
    assert body["contact"]["fieldValues"] == [body["fieldValues"][0]["id"]]
    assert all(body["contact"][name] == [] for name in sideloads if name != "fieldValues")


# -- lists of contacts -------------------------------------------------------------------------


def test_contacts_are_found_by_what_they_are(edge: Edge) -> None:
    box = edge.box
    tag = box.add_tag("vip")
    ann = box.add_contact("ann+x@example.org", first_name="Ann", last_name="Lee", tags=["vip"])
    edge.clock.sleep(3600)
    bob = box.add_contact("bob@example.com", phone="+331")
    automation = box.add_automation("A")
    entry = {"contactAutomation": {"contact": bob, "automation": automation}}
    edge.post("contactAutomations", entry)
    one, other = ["ann+x@example.org"], ["bob@example.com"]
    found: list[tuple[dict[str, object], list[str]]] = [
        ({"email": "ANN+x@example.org"}, one),
        ({"email": "ann"}, []),
        ({"email_like": "example"}, one + other),
        ({"search": "ann lee"}, one),
        ({"search": "+331"}, other),
        ({"phone": "+3"}, other),
        ({"phone": "3"}, []),
        ({"tagid": tag}, one),
        ({"seriesid": automation}, other),
        ({"ids": f"{ann},{bob}"}, one + other),
        ({"ids[]": bob}, other),
        ({"id_greater": ann}, other),
        ({"id_less": bob}, one),
        ({"status": -1}, one + other),
        ({"filters[created_after]": "2026-03-02T03:30:00"}, other),
        ({"filters[created_before]": "2026-03-02T08:30:00+00:00"}, one),
        ({"filters[updated_after]": "2026-03-03"}, []),
        ({"orders[first_name]": "DESC"}, one + other),
        ({"orders[email]": "desc"}, other + one),
        ({"orders[name]": "ASC"}, other + one),
    ]
    for query, emails in found:
        assert edge.emails(query) == emails, query


def test_a_raw_plus_is_a_blank(edge: Edge) -> None:
    edge.box.add_contact("ann+x@example.org")
    assert edge.get("contacts?email=ann+x@example.org").json["contacts"] == []
    assert len(edge.get("contacts?email=ann%2Bx%40example.org").json["contacts"]) == 1


def test_a_page_is_twenty_and_at_most_a_hundred_and_the_total_is_text(edge: Edge) -> None:
    for number in range(130):
        edge.box.add_contact(f"p{number}@example.org")
    assert len(edge.emails()) == 20
    body = edge.get("contacts", {"limit": 500}).json
    assert (len(body["contacts"]), body["meta"]["total"]) == (100, "130")
    assert (body["meta"]["page_input"]["limit"], body["scoreValues"]) == (100, [])
    assert edge.emails({"limit": 100, "offset": 120}) == [
        f"p{number}@example.org" for number in range(120, 130)
    ]
    assert edge.emails({"offset": 500}) == []


def test_a_walk_by_id_finds_everybody_once(edge: Edge) -> None:
    emails = [f"p{number}@example.org" for number in range(25)]
    for email in emails:
        edge.box.add_contact(email)
    seen: list[str] = []
    last = "0"
    while True:
        query: dict[str, object] = {"orders[id]": "ASC", "id_greater": last, "limit": 10}
        rows = edge.get("contacts", query).json["contacts"]
        if not rows:
            break
        seen += [row["email"] for row in rows]
        last = rows[-1]["id"]
    assert seen == emails


# -- the doors ---------------------------------------------------------------------------------


def test_people_edit_a_contact_by_hand(edge: Edge) -> None:
    box = edge.box
    box.add_field("Plan")
    contact = box.add_contact("a@example.org", tags=["one"])
    box.edit_contact(
        contact,
        email="b@example.org",
        first_name="Bea",
        fields={"Plan": "Gold"},
        add_tags=["two"],
        remove_tags=["one"],
    )
    shown: dict[str, Any] | None = box.contact_by_email("B@example.org")
    assert shown is not None
    assert (shown["id"], shown["first_name"]) == (contact, "Bea")
    assert (shown["fields"], shown["tags"]) == ({"Plan": "Gold"}, ["two"])
    box.delete_contact(contact)
    assert box.contact_by_email("b@example.org") is None


def test_a_door_refuses_what_could_not_be(edge: Edge) -> None:
    box = edge.box
    contact = box.add_contact("a@example.org")
    with pytest.raises(ValueError, match="already"):
        box.add_contact("A@example.org")
    with pytest.raises(ValueError, match="not an e-mail"):
        box.edit_contact(contact, email="nobody")
    with pytest.raises(ValueError, match="address or a phone"):
        box.add_contact("")
    with pytest.raises(KeyError, match="no tag"):
        box.edit_contact(contact, remove_tags=["x"])
    with pytest.raises(KeyError, match="no contact"):
        box.tags_of("1")
