"""Connect: configurations, keys, messages and what becomes of them."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.docusign import Delivery
from tests.sandbox.docusign_kit import HOOK, Edge, Listener, config, hear, one, sent, signature

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- administration ----------------------------------------------------------------------------


def test_a_configuration_is_made_read_changed_and_deleted(edge: Edge) -> None:
    id = hear(edge)
    found = edge.get("/connect").json
    assert found["totalRecords"] == "1"
    assert edge.get(f"/connect/{id}").json == found  # one comes in the same wrapper
    (row,) = found["configurations"]
    assert (row["connectId"], row["allUsers"], row["useSoapInterface"]) == (
        str(id),
        "true",
        "false",
    )
    assert edge.put("/connect", {**row, "name": "New"}).json["name"] == "New"
    assert edge.delete(f"/connect/{id}").status == 200
    assert edge.get(f"/connect/{id}").refusal == (404, "RESOURCE_NOT_FOUND")


def test_an_update_has_its_id_in_the_body(edge: Edge) -> None:
    id = hear(edge)
    assert edge.put("/connect", config()).refusal == (400, "INVALID_REQUEST_PARAMETER")
    assert edge.put(f"/connect/{id}", config()).status == 405


@pytest.mark.parametrize(("resets", "enabled"), [(True, "false"), (False, "true")])
def test_an_update_resets_what_it_leaves_out(edge: Edge, resets: bool, enabled: str) -> None:
    edge.box.put_resets = resets
    id = hear(edge)
    body = config(connectId=str(id), enableLog=None)
    assert edge.put("/connect", body).json["enableLog"] == enabled


def test_a_configuration_is_off_until_somebody_switches_it_on(edge: Edge) -> None:
    hear(edge, allowEnvelopePublish=None)
    hear(edge, allUsers=None)
    one(edge)
    assert sent(edge).got == []


@pytest.mark.parametrize(
    "more",
    [
        {"name": None},
        {"configurationType": None},
        {"urlToPublishTo": "http://host.example/connect"},
        {"urlToPublishTo": None},
        {"deliveryMode": "Push"},
        {"events": ["envelope-happy"]},
        {"events": "envelope-sent"},
        {"envelopeEvents": ["completed"]},  # Title case, and case counts
        {"recipientEvents": ["Bounced"]},
        {"eventData": {"version": "restv2.1", "format": "json", "includeData": ["everything"]}},
    ],
)
def test_a_wrong_configuration_is_refused(edge: Edge, more: dict[str, Any]) -> None:
    assert edge.post("/connect", config(**more)).refusal == (400, "INVALID_REQUEST_PARAMETER")
    assert edge.get("/connect").json["configurations"] == []


@pytest.mark.parametrize(
    "more",
    [
        {"configurationType": "salesforce"},
        {"eventData": None},
        {"requireMutualTls": "true"},
        {"integratorManaged": "true"},
        {"groupIds": ["1"]},
        {"colour": "red"},
        {"eventData": {"version": "restv2.1", "format": "json", "includeData": ["folders"]}},
    ],
)
def test_what_is_not_simulated_says_so(edge: Edge, more: dict[str, Any]) -> None:
    assert edge.post("/connect", config(**more)).status == 501


def test_an_account_has_up_to_twenty(edge: Edge) -> None:
    for _ in range(20):
        hear(edge)
    assert edge.post("/connect", config()).status == 400


def test_only_an_administrator_of_an_account_with_connect(edge: Edge) -> None:
    edge.box.set_admin(edge.box.user_id, False)
    assert edge.get("/connect").refusal == (403, "USER_NOT_ACCOUNT_ADMIN")
    edge.box.set_admin(edge.box.user_id, True)
    edge.box.account(edge.box.account_id).connect = False
    assert edge.get("/connect").refusal == (403, "ACCOUNT_LACKS_PERMISSIONS")
    assert edge.get("").json["connectPermission"] == "none"


def test_the_users_of_a_configuration(edge: Edge) -> None:
    user = edge.box.add_user("Una", "una@example.com")
    id = hear(edge, allUsers="false", userIds=[user])
    found = edge.get(f"/connect/{id}/users").json
    assert [each["isIncluded"] for each in found["users"]] == ["false", "true"]
    included = edge.get(f"/connect/{id}/users", list_included_users="true").json["users"]
    assert [each["userId"] for each in included] == [user]


def test_where_tokens_are_fetched_is_kept_without_the_secret(edge: Edge) -> None:
    body: dict[str, Any] = {
        "authorizationServerUrl": "https://id.example/token",
        "clientId": "app",
        "clientSecret": "s3cret",
        "scope": "hook",
        "customParameters": {"audience": "x"},
    }
    told = {name: each for name, each in body.items() if name != "clientSecret"}
    for method in ("GET", "PUT", "DELETE"):
        reply = edge.call(method, "/connect/oauth", body if method == "PUT" else None)
        assert reply.refusal == (404, "RESOURCE_NOT_FOUND")
    made = edge.post("/connect/oauth", body)
    assert (made.status, made.json) == (201, told)
    assert edge.post("/connect/oauth", body).status == 400
    assert edge.put("/connect/oauth", {**body, "scope": "other"}).json["scope"] == "other"
    for name, wrong in (("clientId", ""), ("authorizationServerUrl", "http://x"),
                        ("customParameters", "x")):  # fmt: skip
        assert edge.put("/connect/oauth", {**body, name: wrong}).status == 400
    assert edge.get("/connect/oauth").json["scope"] == "other"
    assert edge.delete("/connect/oauth").status == 200
    assert edge.get("/connect/oauth").status == 404


def test_a_key_is_shown_once(edge: Edge) -> None:
    made = edge.post("/connect/secret", {})
    assert made.status == 201
    key = made.json["secret"]
    (shown,) = edge.get("/connect/secret").json["secrets"]
    assert shown["secret"] != key
    assert key.startswith(shown["secret"].rstrip("."))
    assert edge.delete("/connect/secret/1").status == 200
    assert edge.delete("/connect/secret/1").refusal == (404, "RESOURCE_NOT_FOUND")


# -- messages ----------------------------------------------------------------------------------


def test_a_message_names_its_event_and_its_place(edge: Edge) -> None:
    id = hear(edge)
    envelope = one(edge, custom_fields={"ac_contact_id": "42"})
    first, second, third = sent(edge).json
    assert [each["event"] for each in (first, second, third)] == [
        "recipient-sent",
        "recipient-completed",
        "envelope-completed",
    ]
    assert set(third) == {
        "event",
        "apiVersion",
        "uri",
        "retryCount",
        "configurationId",
        "generatedDateTime",
        "data",
    }
    assert third["uri"] == f"/restapi/v2.1/accounts/{edge.box.account_id}/envelopes/{envelope}"
    assert (third["retryCount"], third["configurationId"]) == (0, id)
    assert TIME.fullmatch(third["generatedDateTime"])
    assert first["generatedDateTime"] < second["generatedDateTime"] < third["generatedDateTime"]
    data = third["data"]
    assert (data["accountId"], data["userId"], data["envelopeId"]) == (
        edge.box.account_id,
        edge.box.user_id,
        envelope,
    )
    assert "recipientId" not in data
    assert second["data"]["recipientId"] == "1"
    summary = data["envelopeSummary"]
    assert summary["status"] == "completed"
    assert "hasFormDataChanges" in summary
    assert "hasFormDataChanged" not in summary
    assert summary["customFields"]["textCustomFields"][0]["value"] == "42"
    (signer,) = summary["recipients"]["signers"]
    assert (signer["recipientId"], signer["status"]) == ("1", "completed")
    assert signer["tabs"]["signHereTabs"]


def test_a_message_shows_the_state_of_its_moment(edge: Edge) -> None:
    hear(edge)
    one(edge)
    states = [each["data"]["envelopeSummary"]["status"] for each in sent(edge).json]
    assert states == ["sent", "delivered", "completed"]


def test_a_message_may_show_a_later_state(edge: Edge) -> None:
    edge.box.late_snapshots = True
    hear(edge)
    one(edge)
    to = sent(edge)
    assert to.events == ["recipient-sent", "recipient-completed", "envelope-completed"]
    states = [each["data"]["envelopeSummary"]["status"] for each in to.json]
    assert states == ["completed"] * 3


def test_without_data_there_are_ids_only(edge: Edge) -> None:
    hear(edge, eventData={"version": "restv2.1", "format": "json", "includeData": []})
    one(edge)
    first, *_, last = sent(edge).json
    assert set(first["data"]) == {"accountId", "userId", "envelopeId", "recipientId"}
    assert set(last["data"]) == {"accountId", "userId", "envelopeId"}


def test_documents_come_with_their_bytes(edge: Edge) -> None:
    data = {"version": "restv2.1", "format": "json", "includeData": ["documents", "prefill_tabs"]}
    hear(edge, eventData=data)
    envelope = one(edge)
    summary = sent(edge).json[0]["data"]["envelopeSummary"]
    (paper,) = summary["envelopeDocuments"]
    content = edge.box.envelope(envelope).documents[0].content
    assert base64.b64decode(paper["PDFBytes"]) == content
    assert paper["pages"][0]["sequence"] == "1"
    assert "prefillTabs" in paper["tabs"]
    assert "recipients" not in summary


def test_only_chosen_senders_are_told_of(edge: Edge) -> None:
    user = edge.box.add_user("Una", "una@example.com")
    hear(edge, allUsers="false", userIds=[user])
    one(edge)
    one(edge, sender_id=user)
    assert [each["data"]["userId"] for each in sent(edge).json] == [user] * 3


def test_an_envelope_brings_its_own_subscription(edge: Edge) -> None:
    hear(edge, events=["envelope-sent"])
    own: dict[str, Any] = {
        "url": "https://other.example/",
        "requireAcknowledgment": "true",
        "includeHMAC": "true",
        "deliveryMode": "SIM",
        "events": ["envelope-sent"],
        "eventData": {"version": "restv2.1", "format": "json", "includeData": []},
    }
    edge.made(eventNotification=own)
    edge.made(eventNotifications=[own, own])
    urls = [each.url for each in edge.box.pending]
    assert sorted(urls) == sorted([HOOK] * 2 + [own["url"]] * 3)
    to = sent(edge)
    assert len({each["configurationId"] for each in to.json}) == 4
    wrong = edge.definition(eventNotification={**own, "url": "http://other.example/"})
    assert edge.post("/envelopes", wrong).status == 400


def test_messages_of_one_address_can_be_sent_alone(edge: Edge) -> None:
    hear(edge)
    hear(edge, urlToPublishTo="https://other.example/")
    one(edge)
    to = Listener()
    edge.box.deliver(to, url="https://other.example/")
    assert len(to.got) == 3
    assert {each.url for each in edge.box.pending} == {HOOK}


# -- signatures --------------------------------------------------------------------------------


def test_every_key_signs_the_exact_bytes(edge: Edge) -> None:
    keys = [edge.box.add_secret(), edge.box.add_secret()]
    hear(edge)
    one(edge)
    for headers, body in sent(edge).got:
        assert headers["X-DocuSign-Signature-1"] == signature(keys[0], body)
        assert headers["X-DocuSign-Signature-2"] == signature(keys[1], body)
        assert headers["X-Authorization-Digest"] == "HMACSHA256"
        assert headers["X-DocuSign-AccountId"] == edge.box.account_id
        assert headers["Content-Type"].startswith("application/json")


def test_the_remaining_key_moves_up(edge: Edge) -> None:
    edge.box.add_secret()
    new = edge.box.add_secret()
    hear(edge)
    one(edge)
    edge.box.remove_secret(1)
    headers, body = sent(edge).got[0]
    assert headers["X-DocuSign-Signature-1"] == signature(new, body)
    assert "X-DocuSign-Signature-2" not in headers


@pytest.mark.parametrize("keyed", [True, False])
def test_a_signature_needs_the_switch_and_a_key(edge: Edge, keyed: bool) -> None:
    if keyed:
        edge.box.add_secret()
    hear(edge, includeHMAC="false" if keyed else "true")
    one(edge)
    headers = sent(edge).got[0][0]
    assert not [name for name in headers if "Signature" in name or "Digest" in name]


def test_a_login_goes_along(edge: Edge) -> None:
    id = hear(edge, userName="connect", password="s3cret")
    assert "password" not in edge.get(f"/connect/{id}").json["configurations"][0]
    one(edge)
    pair = sent(edge).got[0][0]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(pair) == b"connect:s3cret"


def delivery(edge: Edge) -> Delivery:
    return edge.box.pending[0]


def signed(edge: Edge, given: Delivery, key: str) -> bool:
    return given.headers.get("X-DocuSign-Signature-1") == signature(key, given.body)


def test_forged_deliveries(edge: Edge) -> None:
    key = edge.box.add_secret()
    hear(edge)
    one(edge)
    true = delivery(edge)
    assert signed(edge, true, key)
    altered = edge.box.forge(true, "altered")
    assert json.loads(altered.body)["data"]["envelopeId"] != true.envelope
    assert altered.headers == true.headers
    assert not signed(edge, altered, key)
    wrong = edge.box.forge(true, "wrong_key")
    assert wrong.body == true.body
    assert not signed(edge, wrong, key)
    bare = edge.box.forge(true, "unsigned")
    assert not [name for name in bare.headers if "Signature" in name]
    old = edge.box.forge(true, "old")
    assert signed(edge, old, key)
    assert json.loads(old.body)["generatedDateTime"].startswith("2026-01-16")
    unknown: Any = "unsgned"
    with pytest.raises(ValueError, match="altered, wrong_key, unsigned, old, not 'unsgned'"):
        edge.box.forge(true, unknown)


def test_any_body_can_be_signed_for_a_test(edge: Edge) -> None:
    key = edge.box.add_secret()
    headers = edge.box.headers_for(b'{"event":"envelope-happy"}')
    assert headers["X-DocuSign-Signature-1"] == signature(key, b'{"event":"envelope-happy"}')


# -- delivery ----------------------------------------------------------------------------------


def test_what_is_accepted_does_not_come_again(edge: Edge) -> None:
    hear(edge)
    one(edge)
    assert len(sent(edge, status=204).got) == 3
    assert sent(edge).got == []


def test_a_failure_comes_again_with_the_next_count(edge: Edge) -> None:
    hear(edge)
    one(edge)
    assert len(sent(edge, status=500).got) == 3
    assert sent(edge).got == []
    failed = edge.get("/connect/failures").json
    assert failed["totalRecords"] == "3"
    assert failed["failures"][0]["error"] == "The listener answered 500."
    edge.wait(minutes=5, seconds=1)
    again = sent(edge, status=503)
    assert {each["retryCount"] for each in again.json} == {1}
    edge.wait(minutes=9)
    assert sent(edge).got == []
    edge.wait(minutes=1, seconds=1)
    third = sent(edge)
    assert {each["retryCount"] for each in third.json} == {2}
    assert third.events == again.events
    assert edge.get("/connect/failures").json["failures"] == []


def test_a_retry_keeps_its_time_or_not(edge: Edge) -> None:
    hear(edge)
    one(edge)
    first = [each["generatedDateTime"] for each in sent(edge, status=500).json]
    edge.wait(minutes=6)
    assert [each["generatedDateTime"] for each in sent(edge, status=500).json] == first
    edge.box.keeps_time = False
    edge.wait(minutes=11)
    assert min(each["generatedDateTime"] for each in sent(edge).json) > max(first)


def test_no_answer_is_a_failure(edge: Edge) -> None:
    hear(edge)
    one(edge)

    def gone(headers: dict[str, str], body: bytes) -> int:
        raise TimeoutError

    assert [each.status for each in edge.box.deliver(gone)] == [0, 0, 0]
    errors = [each["error"] for each in edge.get("/connect/failures").json["failures"]]
    assert errors == ["The listener did not answer."] * 3


def test_without_acknowledgement_nothing_is_tried_again(edge: Edge) -> None:
    hear(edge, requiresAcknowledgement="false")
    envelope = one(edge)
    sent(edge, status=500)
    edge.wait(days=1)
    assert sent(edge).got == []
    reply = edge.put(f"/connect/envelopes/{envelope}/retry_queue")
    assert len(reply.json["retryQueue"]) == 3
    assert len(sent(edge).got) == 3


def test_a_message_is_given_up_after_fifteen_days(edge: Edge) -> None:
    hear(edge)
    one(edge)
    tries = 0
    for _ in range(60):
        tries += len(sent(edge, status=500).got)
        edge.wait(days=1)
    assert edge.box.next_due is None
    assert 3 * 10 < tries < 3 * 20


def test_another_schedule_of_retries(edge: Edge) -> None:
    edge.box.retry_first, edge.box.retry_growth = timedelta(days=1), 1.0
    edge.box.retry_for = timedelta(days=10, hours=1)
    hear(edge)
    one(edge)
    tries = []
    for _ in range(20):
        tries.append(len(sent(edge, status=500).got))
        edge.wait(days=1, seconds=1)
    assert tries == [3] * 11 + [0] * 9


def test_a_message_that_always_fails_can_be_published_again_for_ever(edge: Edge) -> None:
    hear(edge)
    envelope = one(edge)
    for _ in range(60):
        assert len(sent(edge, status=500).got) == 3
        edge.put(f"/connect/envelopes/{envelope}/retry_queue")
    assert {each["retryCount"] for each in sent(edge).json} == {60}


def test_failures_are_published_again_on_demand(edge: Edge) -> None:
    id = hear(edge)
    ids = [one(edge), one(edge)]
    sent(edge, status=500)
    body = {"envelopeIds": [*ids, "x"], "synchronous": "false"}
    *rows, wrong = edge.put("/connect/envelopes/retry_queue", body).json["retryQueue"]
    assert {each["configId"] for each in rows} == {str(id)}
    assert {each["envelopeId"] for each in rows} == set(ids)
    assert wrong["status"] == "failed"
    assert {each["retryCount"] for each in sent(edge).json} == {1}
    bad = edge.put("/connect/envelopes/retry_queue", {**body, "synchronous": "true"})
    assert bad.status == 400


def test_a_failure_that_is_deleted_is_forgotten(edge: Edge) -> None:
    hear(edge)
    one(edge)
    sent(edge, status=500)
    for each in edge.get("/connect/failures").json["failures"]:
        assert edge.delete(f"/connect/failures/{each['failureId']}").status == 200
    edge.wait(days=1)
    assert sent(edge).got == []
    assert edge.delete("/connect/failures/x").refusal == (404, "RESOURCE_NOT_FOUND")


def test_a_pause_holds_messages_back(edge: Edge) -> None:
    id = hear(edge)
    one(edge)
    body = config(connectId=str(id), pausePublish="true")
    edge.put("/connect", body)
    one(edge)
    assert sent(edge).got == []
    edge.put("/connect", {**body, "pausePublish": "false"})
    assert len(sent(edge).got) == 6


def test_a_deleted_configuration_says_nothing_more(edge: Edge) -> None:
    id = hear(edge)
    one(edge)
    edge.delete(f"/connect/{id}")
    assert edge.box.pending == ()


def test_messages_may_be_late(edge: Edge) -> None:
    edge.box.connect_delay = (60, 120)
    hear(edge)
    one(edge)
    assert sent(edge).got == []
    due = edge.box.next_due
    assert due is not None
    assert timedelta(seconds=60) <= due - edge.world.clock.now() <= timedelta(seconds=121)
    edge.wait(121)
    assert len(sent(edge).got) == 3


def test_duplicates_and_disorder_are_repeatable(edge: Edge) -> None:
    def play(seed: int) -> list[tuple[str, str, int]]:
        edge = Edge()
        hear(edge)
        for _ in range(10):
            one(edge)
        to = Listener()
        edge.box.deliver(to, duplicates=0.5, disorder=0.9, seed=seed)
        rows = [(e["event"], e["generatedDateTime"], e["retryCount"]) for e in to.json]
        assert {row[:2] for row in rows} == {
            (e["event"], e["generatedDateTime"]) for e in everything(10)
        }
        assert len(rows) > 30
        assert [row[1] for row in rows] != sorted(row[1] for row in rows)
        assert {row[2] for row in rows} == {0, 1}
        assert edge.box.pending == ()
        return rows

    assert play(1) == play(1)
    assert play(1) != play(2)


def everything(count: int) -> list[Any]:
    edge = Edge()
    hear(edge)
    for _ in range(count):
        one(edge)
    return sent(edge).json


def test_pending_deliveries_are_values(edge: Edge) -> None:
    hear(edge)
    envelope = one(edge)
    first, *_ = edge.box.pending
    assert (first.url, first.attempt, first.envelope) == (HOOK, 0, envelope)
    assert first.event == "recipient-sent"
    assert first.account == edge.box.account_id
    assert first.due <= edge.world.clock.now() + timedelta(seconds=1)
    assert json.loads(first.body)["event"] == "recipient-sent"
    assert "a@example.com" not in repr(first)


def test_the_log_is_kept_where_it_is_on(edge: Edge) -> None:
    hear(edge)
    hear(edge, enableLog="false")
    envelope = one(edge)
    sent(edge)
    found = edge.get("/connect/logs").json
    assert (found["totalRecords"], len(found["logs"])) == ("3", 3)
    row = found["logs"][0]
    assert (row["envelopeId"], row["configUrl"]) == (envelope, HOOK)
    plain = edge.get(f"/connect/logs/{row['logId']}").json
    assert "connectDebugLog" not in plain
    full = edge.get(f"/connect/logs/{row['logId']}", additional_info="true").json
    assert json.loads(full["connectDebugLog"][0]["payload"])["event"] == "envelope-completed"
    edge.delete(f"/connect/logs/{row['logId']}")
    assert edge.get("/connect/logs").json["totalRecords"] == "2"
    edge.delete("/connect/logs")
    assert edge.get("/connect/logs").json["totalRecords"] == "0"


def test_the_log_shows_a_hundred_and_fifteen_days(edge: Edge) -> None:
    hear(edge)
    for _ in range(40):
        one(edge)
    sent(edge)
    assert len(edge.get("/connect/logs").json["logs"]) == 100
    assert edge.get("/connect/logs", to_date="2026-03-01T00:00:00Z").json["logs"] == []
    edge.wait(days=15, seconds=1)
    assert edge.get("/connect/logs").json["logs"] == []


def test_history_is_published_in_json(edge: Edge) -> None:
    done, open_ = one(edge), edge.box.send("Hi", ["a@example.com"])
    body = {"envelopes": [done, open_], "config": config()}
    reply = edge.post("/connect/envelopes/publish/historical", body)
    assert reply.status == 201
    assert reply.json["processingStatus"] == "processing"
    assert sent(edge).events == ["envelope-completed"]
    xml = {"envelopes": [done], "config": config(eventData=None, deliveryMode="Aggregate")}
    assert edge.post("/connect/envelopes/publish/historical", xml).status == 400
    missing = edge.post("/connect/envelopes/publish/historical", {**body, "envelopes": ["x"]})
    assert missing.refusal == (404, "ENVELOPE_DOES_NOT_EXIST")


def test_accounts_hear_of_their_own(edge: Edge) -> None:
    other = edge.box.add_account("Other")
    key = edge.box.add_secret(account_id=other)
    edge.box.add_configuration(HOOK, account_id=other)
    one(edge)
    assert sent(edge).got == []
    envelope = edge.box.send("Hi", ["a@example.com"], account_id=other)
    headers, body = sent(edge).got[0]
    assert headers["X-DocuSign-AccountId"] == other
    assert headers["X-DocuSign-Signature-1"] == signature(key, body)
    assert json.loads(body)["data"]["envelopeId"] == envelope
