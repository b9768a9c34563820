"""ActiveCampaign's automations, bulk imports, events and webhooks, by the wire alone."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from tests.sandbox.activecampaign_kit import Edge


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def ann(edge: Edge) -> str:
    return edge.box.add_contact("ann@example.org")


# -- automations -------------------------------------------------------------------------------


def enrol(edge: Edge, contact: object, automation: object) -> Any:
    given = {"contact": contact, "automation": automation}
    return edge.post("contactAutomations", {"contactAutomation": given})


def test_automations_are_read(edge: Edge) -> None:
    welcome = edge.box.add_automation("Welcome", on_tag="new")
    old = edge.box.add_automation("Old", active=False)
    body = edge.get("automations").json
    assert [each["id"] for each in body["automations"]] == [welcome, old]
    assert [each["status"] for each in body["automations"]] == ["1", "2"]
    assert body["meta"]["total"] == "2"
    assert [each["series"] for each in body["meta"]["starts"]] == [welcome]
    found: list[tuple[dict[str, object], list[str]]] = [
        ({"search": "wel"}, [welcome]),
        ({"active": "true"}, [welcome]),
        ({"active": 0}, [old]),
        ({"filters[name]": "old"}, [old]),
        ({"filters[status]": "1"}, [welcome]),
        ({"filters[ids]": f"{old},9"}, [old]),
        ({"orders[name]": "ASC"}, [old, welcome]),
        ({"orders[entered]": "DESC"}, [welcome, old]),
        ({"limit": 1, "offset": 1}, [old]),
    ]
    for query, ids in found:
        rows = edge.get("automations", query).json["automations"]
        assert [each["id"] for each in rows] == ids, query
    assert edge.get(f"automations/{old}").json["automation"]["name"] == "Old"
    assert edge.get("automations/9").status == 404
    assert edge.post("automations", {"automation": {"name": "x"}}).status == 501


def test_each_call_enrols_again(edge: Edge, ann: str) -> None:
    automation = edge.box.add_automation("Welcome")
    first, second = enrol(edge, int(ann), automation), enrol(edge, ann, int(automation))
    assert (first.status, second.status) == (201, 201)
    one = first.json["contactAutomation"]
    assert (one["contact"], one["seriesid"], one["automation"]) == (ann, automation, automation)
    assert (one["status"], one["completed"]) == ("1", 0)
    assert one["id"] != second.json["contactAutomation"]["id"]
    assert [each["id"] for each in first.json["contacts"]] == [ann]
    entered = edge.box.enrolments(automation)
    assert [(each["contact"], each["by"]) for each in entered] == [(ann, "api")] * 2
    assert edge.get(f"automations/{automation}").json["automation"]["entered"] == "2"
    assert edge.box.enrolments("99") == []


def test_an_enrolment_that_cannot_be_is_a_403(edge: Edge, ann: str) -> None:
    off, on = edge.box.add_automation("Off", active=False), edge.box.add_automation("On")
    for contact, automation in ((ann, off), (ann, "99"), ("1", on), (None, on)):
        reply = enrol(edge, contact, automation)
        assert (reply.status, reply.json) == (403, {"message": "Could not create SubscriberSeries"})
    edge.box.deactivate_automation(on)
    assert enrol(edge, ann, on).status == 403


def test_enrolments_are_found_and_ended(edge: Edge, ann: str) -> None:
    one, two = edge.box.add_automation("One"), edge.box.add_automation("Two")
    first = enrol(edge, ann, one).json["contactAutomation"]["id"]
    edge.clock.sleep(3600)
    second = enrol(edge, ann, two).json["contactAutomation"]["id"]
    edge.box.complete_enrolment(first)
    found: list[tuple[dict[str, object], list[str]]] = [
        ({}, [first, second]),
        ({"filters[seriesid]": two}, [second]),
        ({"filters[subscriberid]": ann}, [first, second]),
        ({"filters[status]": "2"}, [first]),
        ({"filters[adddate][gt]": "2026-03-02T03:30:00"}, [second]),
        ({"filters[adddate]": "2026-03-02T08:00:00+00:00"}, [first]),
        ({"orders[adddate]": "DESC"}, [second, first]),
    ]
    for query, ids in found:
        body = edge.get("contactAutomations", query).json
        assert [each["id"] for each in body["contactAutomations"]] == ids, query
        assert body["meta"] == {"total": str(len(ids))}
    done = edge.get(f"contactAutomations/{first}").json["contactAutomation"]
    assert (done["status"], done["completed"], done["completeValue"]) == ("2", 1, 100)
    mine = edge.get(f"contacts/{ann}/contactAutomations").json["contactAutomations"]
    assert [each["id"] for each in mine] == [first, second]
    assert edge.delete(f"contactAutomations/{first}").json == {}
    gone = edge.delete(f"contactAutomations/{first}")
    assert gone.status == 403
    assert gone.json == {"message": f"No Result found for SubscriberSeries with id {first}"}
    assert edge.get(f"contactAutomations/{first}").status == 404


def test_a_tag_starts_an_automation_once_for_each_contact(edge: Edge, ann: str) -> None:
    automation = edge.box.add_automation("Welcome", on_tag="new")
    tag = edge.box.add_tag("new")
    link = edge.link(ann, tag).json["contactTag"]["id"]
    edge.delete(f"contactTags/{link}")
    edge.link(ann, tag)
    assert [each["by"] for each in edge.box.enrolments(automation)] == ["tag"]


# -- bulk import -------------------------------------------------------------------------------


def status(edge: Edge, batch: str) -> Any:
    return edge.get("import/info", {"batchId": batch}).json


def test_an_import_goes_its_way_and_then_the_contacts_are_there(edge: Edge) -> None:
    field = edge.box.add_field("Plan")
    old = edge.box.add_contact("old@example.org", last_name="Lee")
    reply = edge.bulk(
        {"email": "new@example.org", "first_name": "Ann", "tags": ["fresh"]},
        {"email": "OLD@example.org", "fields": [{"id": int(field), "value": "Gold"}]},
    )
    assert reply.status == 200
    batch = reply.json["batchId"]
    assert {k: reply.json[k] for k in ("success", "queued_contacts")} == {
        "success": 1,
        "queued_contacts": 2,
    }
    seen = []
    for _ in range(25):
        told = status(edge, batch)["status"]
        if told not in seen:
            seen.append(told)
        edge.clock.sleep(1)
    assert seen == [False, "waiting", "claimed", "active", "completed"]
    first, second = edge.box.contacts()
    assert (first["id"], first["last_name"], first["fields"]) == (old, "Lee", {"Plan": "Gold"})
    assert (second["first_name"], second["tags"]) == ("Ann", ["fresh"])
    assert status(edge, batch)["success"] == [second["id"], old]
    assert edge.box.tag_names() == ["fresh"]


def test_nothing_of_an_import_shows_before_it_is_done(edge: Edge) -> None:
    edge.bulk({"email": "a@example.org", "tags": ["fresh"]})
    edge.clock.sleep(19)
    assert edge.emails() == []
    assert edge.box.tag_names() == []
    edge.clock.sleep(1)
    assert edge.emails() == ["a@example.org"]


def test_keys_in_the_case_of_sync_are_dropped(edge: Edge) -> None:
    edge.bulk({"email": "a@example.org", "firstName": "Ann", "lastName": "Lee", "phone": "1"})
    edge.clock.sleep(30)
    contact = edge.box.contacts()[0]
    assert (contact["first_name"], contact["last_name"], contact["phone"]) == ("", "", "1")


@pytest.mark.parametrize("key", ["subscribe", "unsubscribe", "customer_acct_name", "colour"])
def test_an_import_that_touches_lists_or_accounts_fails_loudly(edge: Edge, key: str) -> None:
    reply = edge.bulk({"email": "a@example.org", key: [{"listid": 1}]})
    assert reply.status == 501
    assert key in reply.json["message"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, "Email address is invalid"),
        ({"email": "ann"}, "Email address is invalid"),
        ({"email": "b@example.org", "phone": 7}, "phone must be text"),
        ({"email": "b@example.org", "tags": "x"}, "tags must be names"),
        ({"email": "b@example.org", "fields": {}}, "fields must be a list"),
        ({"email": "b@example.org", "fields": [{"id": 1}]}, "A field needs id and value"),
        (
            {"email": "b@example.org", "fields": [{"id": "1", "value": "x"}]},
            "A field id must be a number",
        ),
        (
            {"email": "b@example.org", "fields": [{"id": 9, "value": "x"}]},
            "Field 9 does not exist",
        ),
        (
            {"email": "b@example.org", "fields": [{"id": 1, "value": "x"}]},
            "The value does not fit the field 1",
        ),
        ("b@example.org", "A contact must be an object"),
    ],
)
def test_one_bad_contact_refuses_the_whole_batch(edge: Edge, row: object, told: str) -> None:
    edge.box.add_field("Day", "date")
    reply = edge.bulk({"email": "a@example.org"}, row)
    assert reply.status == 400
    assert reply.json["success"] == 0
    assert reply.json["failureReasons"] == [{"contact": 1, "failureReason": told}]
    edge.clock.sleep(60)
    assert edge.box.contacts() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contacts": []},
        {"contacts": {"email": "a@example.org"}},
        {"contacts": [{"email": "a@example.org"}], "excludeAutomations": True},
        {"contacts": [{"email": "a@example.org"}], "exclude_automations": 1},
        {"contacts": [{"email": "a@example.org", "exclude_automations": "true"}]},
        {"contacts": [{"email": "a@example.org"}], "callback": {"url": "http://x.example"}},
        {"contacts": [{"email": "a@example.org"}], "callback": {"url": "https://x.example"}},
        {
            "contacts": [{"email": "a@example.org"}],
            "callback": {"url": "https://x.example", "requestType": "GET", "params": ["x"]},
        },
        {"contacts": [{"email": f"p{number}@example.org"} for number in range(251)]},
    ],
)
def test_a_batch_that_cannot_be_is_refused_with_texts(edge: Edge, body: object) -> None:
    reply = edge.post("import/bulk_import", body)
    assert (reply.status, reply.json["success"]) == (400, 0)
    assert all(isinstance(each, str) for each in reply.json["failureReasons"])


def test_a_batch_must_stay_below_400000_bytes(edge: Edge) -> None:
    def sized(size: int) -> bytes:
        rows = [{"email": f"p{n}@example.org", "first_name": ""} for n in range(2)]
        short = len(json.dumps({"contacts": rows}))
        rows[0]["first_name"] = "x" * (size - short)
        return json.dumps({"contacts": rows}).encode()

    assert edge.call("POST", "import/bulk_import", sized(399_999)).status == 200
    assert edge.call("POST", "import/bulk_import", sized(400_000)).status == 400


def test_too_many_imports_a_minute_are_a_400_and_no_429() -> None:
    edge = Edge(limits=True)

    def send(count: int) -> Any:
        edge.clock.sleep(0.25)
        return edge.bulk(*({"email": f"p{n}@example.org"} for n in range(count)))

    assert [send(1).status for _ in range(20)] == [200] * 20
    refused = send(1)
    assert (refused.status, refused.json) == (
        400,
        {"success": 0, "message": "Rate limit exceeded.", "failureReasons": []},
    )
    assert [send(2).status for _ in range(101)] == [200] * 100 + [400]
    edge.clock.sleep(60)
    assert (send(1).status, send(2).status) == (200, 200)


@pytest.mark.parametrize("inside", [False, True])
def test_an_import_starts_automations_unless_it_excludes_them(edge: Edge, inside: bool) -> None:
    automation = edge.box.add_automation("Welcome", on_tag="fresh")
    edge.bulk({"email": "a@example.org", "tags": ["fresh"]})
    quiet: dict[str, object] = {"exclude_automations": True}
    row = {"email": "b@example.org", "tags": ["Fresh"], **(quiet if inside else {})}
    edge.bulk(row, **({} if inside else quiet))
    edge.clock.sleep(30)
    (entry,) = edge.box.enrolments(automation)
    ann = edge.box.contact_by_email("a@example.org")
    assert ann is not None
    assert entry["contact"] == ann["id"]
    assert edge.box.tag_names() == ["fresh"]


def test_some_of_an_import_can_fail_later(edge: Edge) -> None:
    edge.box.import_rejects = lambda email: email.startswith("bad")
    callback = {
        "url": "https://host.example/done",
        "requestType": "POST",
        "detailed_results": "true",
        "params": [{"key": "job", "value": "7"}],
        "headers": [],
    }
    rows = ({"email": "good@example.org"}, {"email": "bad@example.org"})
    batch = edge.bulk(*rows, callback=callback).json["batchId"]
    edge.clock.sleep(30)
    told = status(edge, batch)
    assert (told["status"], len(told["success"])) == ("completed", 1)
    assert told["failure"] == ["bad@example.org"]
    (called,) = edge.box.import_callbacks
    assert (called["url"], called["results"]["batchId"]) == (callback["url"], batch)


@pytest.mark.parametrize("end", ["failed", "interrupted"])
def test_an_import_can_end_badly(edge: Edge, end: Any) -> None:
    edge.box.import_end = end
    edge.box.import_success_key = "Success"
    reply = edge.bulk({"email": "a@example.org"}).json
    assert reply["Success"] == 1
    edge.clock.sleep(30)
    assert status(edge, reply["batchId"])["status"] == end
    assert edge.box.contacts() == []


def test_an_import_is_looked_up(edge: Edge) -> None:
    assert status(edge, "nothing") == {"status": False, "success": [], "failure": []}
    assert edge.get("import/info").status == 400
    edge.bulk({"email": "a@example.org"}, {"email": "b@example.org"})
    day = {"forDate": "2026-03-02", "batches": 1, "contacts": 2}
    assert edge.get("import/bulk_import").json == {"outstanding": [day], "recentlyCompleted": []}
    edge.clock.sleep(30)
    assert edge.get("import/bulk_import").json == {"outstanding": [], "recentlyCompleted": [day]}


# -- events ------------------------------------------------------------------------------------


def test_an_event_is_taken_without_the_api_key(edge: Edge) -> None:
    visit = json.dumps({"email": "ann@example.org"})
    reply = edge.track(event="envelope-signed", eventdata="e1", visit=visit)
    assert (reply.status, reply.json) == (200, {"success": 1, "message": "Event spawned"})
    (event,) = edge.box.events()
    assert (event["name"], event["data"]) == ("envelope-signed", "e1")
    assert event["email"] == "ann@example.org"
    assert edge.calls.counts() == {"activecampaign events.track": 1}
    names = edge.get("eventTrackingEvents").json
    assert [each["name"] for each in names["eventTrackingEvents"]] == ["envelope-signed"]
    assert names["meta"] == {"total": 1}


@pytest.mark.parametrize(
    "pairs",
    [
        {"event": "x" * 33},
        {"event": ""},
        {},
        {"event": "x", "key": "wrong"},
        {"event": "x", "actid": "1"},
        {"event": "x", "visit": "ann@example.org"},
        {"event": "x", "visit": '{"email": "ann"}'},
        {"event": "x", "visit": "[]"},
    ],
)
@pytest.mark.parametrize("plain", [False, True])
def test_a_refused_event_is_a_200_that_means_failure(
    edge: Edge, pairs: dict[str, str], plain: bool
) -> None:
    edge.box.plain_events = plain
    reply = edge.track(**pairs)
    assert reply.status == 200
    assert (reply.json if plain else reply.json["success"]) == 0
    assert edge.box.events() == []


def test_an_event_can_be_answered_by_a_digit(edge: Edge) -> None:
    edge.box.plain_events = True
    assert edge.track(event="x").body == b"1"


def test_an_event_of_another_form_fails_loudly(edge: Edge) -> None:
    assert edge.track(event="x", colour="red").status == 501
    url = edge.box.event_url
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert edge.call("POST", url, b"{}", {"Content-Type": "application/json"}).status == 501
    assert edge.call("GET", url, b"", headers).status == 501
    assert edge.call("POST", f"{url}?{urlencode({'event': 'x'})}", b"", headers).status == 501


def test_events_are_switched_off_and_named(edge: Edge) -> None:
    assert edge.get("eventTracking").json == {"eventTracking": {"enabled": True}}
    off = edge.put("eventTracking", {"eventTracking": {"enabled": False}})
    assert (off.status, off.json) == (200, {"eventTracking": {"enabled": False}})
    assert edge.track(event="x").json["success"] == 0
    assert edge.put("eventTracking", {"eventTracking": {"enabled": "no"}}).status == 400
    made = edge.post("eventTrackingEvents", {"eventTrackingEvent": {"name": "a b"}})
    assert (made.status, made.json["eventTrackingEvent"]["name"]) == (201, "a b")
    again = edge.post("eventTrackingEvents", {"eventTrackingEvent": {"name": "a b"}})
    assert (again.status, again.error["code"]) == (422, "duplicate")
    long = {"eventTrackingEvent": {"name": "x" * 33}}
    assert edge.post("eventTrackingEvents", long).status == 422
    assert edge.delete("eventTrackingEvents/a%20b").json == {}
    assert edge.delete("eventTrackingEvents/a%20b").status == 404


# -- webhooks ----------------------------------------------------------------------------------

HOOK: dict[str, Any] = {
    "name": "changes",
    "url": "https://user:word@host.example/hook/4711",
    "events": ["contact_tag_added", "update"],
    "sources": ["public", "admin"],
    "listid": 0,
}


def hook(edge: Edge) -> str:
    id = edge.post("webhooks", {"webhook": HOOK}).json["webhook"]["id"]
    assert isinstance(id, str)
    return id


def test_webhooks_are_managed(edge: Edge) -> None:
    reply = edge.post("webhooks", {"webhook": HOOK})
    row = reply.json["webhook"]
    assert (reply.status, {key: row[key] for key in HOOK}) == (201, {**HOOK, "listid": "0"})
    path = f"webhooks/{row['id']}"
    assert edge.get(path).json == {"webhook": row}
    assert edge.get("webhooks", {"filters[name]": "changes", "filters[listid]": 0}).json == {
        "webhooks": [row],
        "meta": {"total": "1"},
    }
    assert edge.get("webhooks", {"filters[url]": "https://x.example"}).json["webhooks"] == []
    changed = edge.put(path, {"webhook": {"sources": ["public"]}}).json["webhook"]
    assert changed == {**row, "sources": ["public"]}
    assert edge.delete(path).json == {}
    assert edge.get(path).status == 404
    events = edge.get("webhook/events").json
    assert "contact_tag_added" in events["webhookEvents"]
    assert events["meta"] == {"total": len(events["webhookEvents"])}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("url", "http://host.example/hook"),
        ("url", "https://host.example:8443/hook"),
        ("url", None),
        ("events", []),
        ("events", ["record_added"]),
        ("events", "update"),
        ("sources", ["web"]),
        ("listid", "all"),
    ],
)
def test_a_webhook_that_cannot_be_is_a_422(edge: Edge, key: str, value: object) -> None:
    reply = edge.post("webhooks", {"webhook": {**HOOK, key: value}})
    assert (reply.status, reply.error["source"]["pointer"]) == (422, f"/data/attributes/{key}")
    path = f"webhooks/{hook(edge)}"
    assert edge.put(path, {"webhook": {key: value}}).status == 422


def test_a_delivery_is_a_form_with_brackets(edge: Edge) -> None:
    box = edge.box
    box.add_field("Plan", perstag="MY_PLAN")
    contact = box.add_contact(
        "a@example.org", first_name="Ann", fields={"Plan": "Gold"}, tags=["a", "b"]
    )
    headers, body = box.webhook(hook(edge), "contact_tag_added", contact, tag="b")
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
    assert (form["type"], form["initiated_from"], form["list"]) == (
        "contact_tag_added",
        "public",
        "0",
    )
    assert form["date_time"] == "2026-03-02T03:00:00-05:00"
    assert (form["contact[id]"], form["contact[email]"]) == (contact, "a@example.org")
    assert (form["contact[first_name]"], form["contact[tags]"]) == ("Ann", "a, b")
    assert (form["contact[fields][my_plan]"], form["tag"]) == ("Gold", "b")
    _, silent = box.webhook(hook(edge), "contact_tag_added", contact)
    assert "tag" not in parse_qs(silent.decode())


def test_a_webhook_sends_only_what_it_is_for_and_a_410_ends_it(edge: Edge, ann: str) -> None:
    id = hook(edge)
    with pytest.raises(ValueError, match="does not send 'open'"):
        edge.box.webhook(id, "open", ann)
    with pytest.raises(ValueError, match="comes from api"):
        edge.box.webhook(id, "update", ann, initiated_from="api")
    edge.box.webhook_answered(id, 500)
    assert edge.box.webhook_is_active(id)
    edge.box.webhook_answered(id, 410)
    assert not edge.box.webhook_is_active(id)
    with pytest.raises(ValueError, match="ended by a 410"):
        edge.box.webhook(id, "update", ann)
