"""The account, its users and templates; views, locks, bulk send; limits and the answer's frame."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.docusign_kit import HOOK, Edge, Listener


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- the frame ---------------------------------------------------------------------------------


def test_every_answer_can_be_traced(edge: Edge) -> None:
    first, second = edge.get(""), edge.get("/nowhere")
    for reply in (first, second):
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["X-DocuSign-TraceToken"])
        assert reply.headers["Date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
    assert first.headers["X-DocuSign-TraceToken"] != second.headers["X-DocuSign-TraceToken"]


def test_what_is_not_there_says_so(edge: Edge) -> None:
    assert edge.get("/nowhere").refusal == (501, "NOT_SIMULATED")
    assert edge.call("DELETE", "/envelopes").status == 405
    beyond = edge.post("/templates", {})  # the vendor has it
    assert beyond.refusal == (501, "NOT_SIMULATED")
    headers = {"Authorization": f"Bearer {edge.token}"}
    assert edge.raw("GET", "https://demo.docusign.net/restapi/v2/x", headers).status == 501


def test_anybody_may_ask_for_the_versions(edge: Edge) -> None:
    reply = edge.raw("GET", "https://demo.docusign.net/restapi/service_information", {})
    assert reply.json["serviceVersions"][0]["version"] == "v2.1"


def test_an_account_goes_by_guid_and_by_number(edge: Edge) -> None:
    account = edge.box.account(edge.box.account_id)
    headers = {"Authorization": f"Bearer {edge.token}"}
    base = "https://demo.docusign.net/restapi/v2.1/accounts"
    assert edge.raw("GET", f"{base}/{account.number}", headers).json["accountIdGuid"] == account.id
    stranger = edge.raw("GET", f"{base}/999", headers)
    assert stranger.refusal == (403, "USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT")


def test_a_body_that_is_too_large_is_stopped_at_the_gate(edge: Edge) -> None:
    headers = {"Authorization": f"Bearer {edge.token}"}
    reply = edge.raw("POST", f"{edge.box.url}/envelopes", headers, b" " * 35_651_585)
    assert (reply.status, reply.headers["Content-Type"]) == (413, "text/html")


def test_a_status_can_be_another(edge: Edge) -> None:
    edge.box.statuses["ENVELOPE_DOES_NOT_EXIST"] = 400
    assert edge.get("/envelopes/x").refusal == (400, "ENVELOPE_DOES_NOT_EXIST")


def test_every_call_is_recorded_by_its_operation(edge: Edge) -> None:
    envelope = edge.made()
    edge.get(f"/envelopes/{envelope}")
    edge.get("/connect")
    assert edge.world.calls.counts() == {
        "docusign connect.list": 1,
        "docusign envelopes.create": 1,
        "docusign envelopes.get": 1,
    }


# -- limits ------------------------------------------------------------------------------------


def test_the_burst_is_two_hundred_in_thirty_seconds(edge: Edge) -> None:
    edge.box.limits = True
    for left in range(199, -1, -1):
        reply = edge.get("")
        assert reply.status == 200
        assert reply.headers["X-BurstLimit-Remaining"] == str(left)
    assert edge.get("").refusal == (429, "BURST_APIINVOCATION_LIMIT_EXCEEDED")
    edge.wait(30)
    assert edge.get("").status == 200


def test_an_hour_ends_with_the_clock(edge: Edge) -> None:
    edge.box.limits = True
    edge.box.rates.hourly, edge.box.rates.burst = 3, 500
    edge.wait(minutes=50)
    for _ in range(3):
        reply = edge.get("")
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    reset = int(reply.headers["X-RateLimit-Reset"])
    assert reset - edge.world.clock.now().timestamp() == 600
    refused = edge.get("")
    assert refused.refusal == (429, "HOURLY_APIINVOCATION_LIMIT_EXCEEDED")
    assert refused.headers["X-RateLimit-Reset"] == str(reset)
    edge.box.rates.status = 400
    assert edge.get("").status == 400
    edge.wait(600)
    assert edge.get("").headers["X-RateLimit-Remaining"] == "2"


def test_production_takes_a_larger_burst(edge: Edge) -> None:
    edge.box.go_live()
    assert edge.get("").headers["X-BurstLimit-Limit"] == "500"


def test_polling_is_flagged_first(edge: Edge) -> None:
    edge.box.limits = True
    envelope = edge.made()
    edge.get(f"/envelopes/{envelope}")
    edge.get(f"/envelopes/{envelope}/recipients")
    assert edge.box.polling_breaches == 0
    edge.wait(minutes=14)
    assert edge.get(f"/envelopes/{envelope}").status == 200
    assert edge.box.polling_breaches == 1
    edge.wait(minutes=15)
    edge.get(f"/envelopes/{envelope}")
    assert edge.box.polling_breaches == 1


@pytest.mark.parametrize(
    "part",
    ["", "/recipients", "/audit_events", "/form_data", "/custom_fields", "/recipients/1/tabs"],
)
def test_every_part_of_an_envelope_is_asked_for_by_itself(edge: Edge, part: str) -> None:
    edge.box.limits = True
    envelope = edge.box.send("Offer", ["ada@example.com", "bob@example.com"])
    assert edge.get(f"/envelopes/{envelope}{part}").status == 200
    edge.get(f"/envelopes/{envelope}/recipients/2/tabs")
    assert edge.box.polling_breaches == 0
    edge.get(f"/envelopes/{envelope.upper()}{part}")
    assert edge.box.polling_breaches == 1
    assert edge.box.rates.breaches[0][0] == envelope


def test_polling_is_refused_then(edge: Edge) -> None:
    edge.box.limits = True
    envelope, other = edge.made(), edge.made()
    codes = []
    for _ in range(11):
        codes.append(edge.get(f"/envelopes/{envelope}"))
    assert codes[-1].refusal == (400, "Burst_Envelope_Polling_Limit_Exceeded")
    for _ in range(11):
        edge.wait(31)
        codes.append(edge.get(f"/envelopes/{envelope}"))
    assert codes[-1].refusal == (400, "Hourly_Envelope_Polling_Limit_Exceeded")
    assert edge.get(f"/envelopes/{other}").status == 200
    assert edge.get("/envelopes", from_date="2026-03-01T00:00:00Z").status == 200
    edge.wait(minutes=15)
    assert edge.get(f"/envelopes/{envelope}").status == 200


def test_changing_one_envelope_over_and_over_is_refused(edge: Edge) -> None:
    edge.box.limits = True
    envelope = edge.made(status="created")
    replies = [edge.put(f"/envelopes/{envelope}", {}) for _ in range(31)]
    assert replies[-1].refusal == (400, "Burst_APIInvocation_Envelope_Limit_Exceeded")
    edge.wait(31)
    replies = [edge.put(f"/envelopes/{envelope}", {}) for _ in range(30)]
    edge.wait(31)
    replies.append(edge.put(f"/envelopes/{envelope}", {}))
    assert replies[-1].refusal == (400, "Hourly_APIInvocation_Envelope_Limit_Exceeded")
    edge.wait(hours=1)
    assert edge.put(f"/envelopes/{envelope}", {}).status == 200


# -- account and users -------------------------------------------------------------------------


def test_the_account_tells_its_plan(edge: Edge) -> None:
    found = edge.get("").json
    assert found["accountIdGuid"] == edge.box.account_id
    assert (found["planName"], found["useDisplayAppliance"]) == ("Business Pro", False)
    assert "accountSettings" not in found
    full = edge.get("", include_account_settings="true").json["accountSettings"]
    assert full == edge.get("/settings").json


def test_users_are_found_and_paged(edge: Edge) -> None:
    ids = [edge.box.add_user(f"U{n} Test", f"u{n}@example.com") for n in range(3)]
    found = edge.get("/users", count="2").json
    assert (found["resultSetSize"], found["totalSetSize"]) == ("2", "4")
    assert found["nextUri"]
    (one,) = edge.get("/users", email="U1@example.com").json["users"]
    assert (one["userId"], one["userStatus"], one["isAdmin"]) == (ids[1], "Active", "False")
    edge.box.close_user(ids[2])
    (closed,) = edge.get("/users", status="Closed").json["users"]
    assert closed["userId"] == ids[2]
    assert edge.get("/users", status="Asleep").status == 400
    assert edge.get("/users", group_id="1").status == 501
    assert edge.get(f"/users/{ids[0]}").json["firstName"] == "U0"
    assert edge.get("/users/x").refusal == (404, "USER_NOT_FOUND")


def test_custom_fields_of_the_account(edge: Edge) -> None:
    made = edge.post("/custom_fields", {"customFieldType": "text", "name": "crm"})
    (field,) = made.json["textCustomFields"]
    edge.put(f"/custom_fields/{field['fieldId']}", {"name": "CRM id"})
    assert edge.get("/custom_fields").json["textCustomFields"][0]["name"] == "CRM id"
    assert edge.delete(f"/custom_fields/{field['fieldId']}").status == 200
    assert edge.delete(f"/custom_fields/{field['fieldId']}").status == 404
    edge.box.set_admin(edge.box.user_id, False)
    refused = edge.post("/custom_fields", {"name": "x"})
    assert refused.refusal == (403, "USER_NOT_ACCOUNT_ADMIN")


# -- templates ---------------------------------------------------------------------------------


def test_templates_are_found_and_paged(edge: Edge) -> None:
    ids = {name: edge.box.add_template(name) for name in ("Lease", "Offer", "Sales order")}
    names = [each["name"] for each in edge.get("/templates").json["envelopeTemplates"]]
    assert names == ["Lease", "Offer", "Sales order"]
    found = edge.get("/templates", search_text="o", order="desc", count="1").json
    assert (found["envelopeTemplates"][0]["templateId"], found["totalSetSize"]) == (
        ids["Sales order"],
        "2",
    )
    assert edge.get("/templates", search_text="x" * 49).status == 400
    assert edge.get("/templates", is_download="true").status == 501
    edge.box.delete_template(ids["Lease"])
    assert edge.get(f"/templates/{ids['Lease']}").refusal == (404, "RESOURCE_NOT_FOUND")


def test_a_template_shows_its_roles_and_fields(edge: Edge) -> None:
    id = edge.box.add_template(
        "Sales", roles=["Signer", "Manager"], tabs={"company": "?"}, prefill={"price": "0"}
    )
    found = edge.get(f"/templates/{id}").json
    assert found["created"].endswith("Z")
    assert [each["roleName"] for each in found["recipients"]["signers"]] == ["Signer", "Manager"]
    assert "tabs" not in found["recipients"]["signers"][0]
    full = edge.get(f"/templates/{id}", include="tabs").json["recipients"]["signers"][0]
    assert full["tabs"]["textTabs"][0]["tabLabel"] == "company"
    people = edge.get(f"/templates/{id}/recipients", include_tabs="true").json
    assert people["signers"][0]["tabs"] == full["tabs"]
    assert edge.get(f"/templates/{id}/recipients/1/tabs").json == full["tabs"]
    (paper,) = edge.get(f"/templates/{id}/documents").json["templateDocuments"]
    tabs = edge.get(f"/templates/{id}/documents/{paper['documentId']}/tabs").json
    assert tabs["prefillTabs"]["textTabs"][0]["tabLabel"] == "price"


def test_templates_are_filtered_by_owner_and_time(edge: Edge) -> None:
    edge.box.add_template("Old")
    edge.wait(days=1)
    edge.box.add_template("New")

    def names(**query: str) -> list[str]:
        found = edge.get("/templates", **query).json["envelopeTemplates"]
        return [each["name"] for each in found]

    assert names(modified_from_date="2026-03-03T00:00:00Z") == ["New"]
    assert names(created_to_date="2026-03-03T00:00:00Z") == ["Old"]
    assert names(used_from_date="2026-03-01T00:00:00Z") == []
    assert names(user_filter="owned_by_me") == ["New", "Old"]
    user = edge.box.add_user("Una", "una@example.com")
    edge.token = edge.box.token(user_id=user)
    assert names() == names(user_filter="shared_with_me") == []
    assert edge.get("/templates", user_filter="mine").status == 400


def test_using_a_template_is_remembered(edge: Edge) -> None:
    id = edge.box.add_template("Sales")
    assert "lastUsed" not in edge.get(f"/templates/{id}").json
    edge.post("/envelopes", {"templateId": id, "status": "created"})
    assert "lastUsed" in edge.get(f"/templates/{id}").json


def test_a_template_is_edited_and_its_envelopes_are_not(edge: Edge) -> None:
    size = {"groupName": "size", "radios": [{"value": "S"}, {"value": "L"}]}
    id = edge.box.add_template(
        "Sales",
        roles=[
            {"role": "Buyer", "tabs": {"textTabs": [{"tabLabel": "company"}, {"tabLabel": "no"}]}}
        ],
        prefill={"textTabs": [{"tabLabel": "price"}], "radioGroupTabs": [size]},
        custom_fields={"order": "", "team": "legal"},
    )
    made = edge.post("/envelopes", {"templateId": id, "status": "created"}).json["envelopeId"]
    edge.wait(minutes=1)
    before = edge.get(f"/templates/{id}").json["lastModified"]

    edge.box.change_template(
        id,
        labels={"company": "firm", "no": None, "price": "cost", "size": "fit"},
        custom_fields={"order": None, "number": "", "team": "sales"},
    )

    def labels(path: str) -> list[list[str]]:
        recipient = edge.get(f"{path}/recipients/1/tabs").json["textTabs"]
        sender = edge.get(f"{path}/documents/1/tabs").json["prefillTabs"]
        return [
            [each["tabLabel"] for each in recipient],
            [each["tabLabel"] for each in sender["textTabs"]],
            [each["groupName"] for each in sender["radioGroupTabs"]],
        ]

    def fields(path: str) -> dict[str, str]:
        rows = edge.get(f"{path}/custom_fields").json["textCustomFields"]
        return {each["name"]: each["value"] for each in rows}

    assert labels(f"/templates/{id}") == [["firm"], ["cost"], ["fit"]]
    assert fields(f"/templates/{id}") == {"team": "sales", "number": ""}
    assert edge.get(f"/templates/{id}").json["lastModified"] > before
    assert labels(f"/envelopes/{made}") == [["company", "no"], ["price"], ["size"]]
    assert fields(f"/envelopes/{made}") == {"order": "", "team": "legal"}


def test_a_template_is_edited_where_it_has_what_is_named(edge: Edge) -> None:
    id = edge.box.add_template("Sales")
    with pytest.raises(KeyError, match="no tab 'company'"):
        edge.box.change_template(id, labels={"company": "firm"})
    with pytest.raises(KeyError, match="order"):
        edge.box.change_template(id, custom_fields={"order": None})
    with pytest.raises(KeyError):
        edge.box.change_template("another", labels={})


# -- views -------------------------------------------------------------------------------------

BACK = {"returnUrl": "https://app.example/back"}


def test_a_senders_view_is_for_drafts_and_for_ten_minutes(edge: Edge) -> None:
    draft, sent = edge.made(status="created"), edge.made()
    reply = edge.post(f"/envelopes/{draft}/views/sender", {**BACK, "viewAccess": "envelope"})
    assert reply.status == 201
    assert edge.box.follow(reply.json["url"]) == ("sender", draft)
    with pytest.raises(ValueError, match="used up"):
        edge.box.follow(reply.json["url"])
    late = edge.post(f"/envelopes/{draft}/views/edit", BACK).json["url"]
    edge.wait(minutes=10)
    with pytest.raises(ValueError, match="too old"):
        edge.box.follow(late)
    refused = edge.post(f"/envelopes/{sent}/views/sender", BACK)
    assert refused.refusal == (400, "ENVELOPE_INVALID_STATUS")
    assert edge.post(f"/envelopes/{sent}/views/correct", BACK).status == 201
    assert edge.post(f"/envelopes/{draft}/views/sender", {}).status == 400


def test_a_recipients_view_is_for_who_it_names_at_their_turn(edge: Edge) -> None:
    people: list[dict[str, Any]] = [
        {"name": "Ada", "email": "ada@example.com", "client_user_id": "7"},
        {"name": "Bob", "email": "bob@example.com", "client_user_id": "8", "order": 2},
    ]
    path = f"/envelopes/{edge.box.send('Hi', people)}/views/recipient"
    ada = {**BACK, "authenticationMethod": "none", "email": "ada@example.com", "userName": "Ada"}
    assert edge.post(path, {**ada, "clientUserId": "7"}).status == 201
    for wrong in ({}, {"clientUserId": "8"}):
        assert edge.post(path, {**ada, **wrong}).refusal == (404, "UNKNOWN_ENVELOPE_RECIPIENT")
    bob = {**BACK, "authenticationMethod": "none", "recipientId": "2", "clientUserId": "8"}
    assert edge.post(path, bob).refusal == (400, "RECIPIENT_NOT_IN_SEQUENCE")
    del bob["authenticationMethod"]
    assert edge.post(path, bob).status == 400


def test_the_console_opens_with_or_without_an_envelope(edge: Edge) -> None:
    envelope = edge.made()
    url = edge.post("/views/console", {"envelopeId": envelope}).json["url"]
    assert edge.box.follow(url) == ("console", envelope)
    assert edge.post("/views/console", {}).status == 201


# -- locks -------------------------------------------------------------------------------------


def lock(edge: Edge, envelope: str) -> str:
    body = {"lockDurationInSeconds": "600", "lockedByApp": "Ours", "lockType": "edit"}
    reply = edge.post(f"/envelopes/{envelope}/lock", body)
    assert reply.status == 201
    return str(reply.json["lockToken"])


def test_a_lock_keeps_others_from_writing(edge: Edge) -> None:
    envelope = edge.made(status="created")
    path = f"/envelopes/{envelope}"
    assert edge.get(f"{path}/lock").refusal == (404, "EDIT_LOCK_ENVELOPE_NOT_LOCKED")
    token = lock(edge, envelope)
    again = edge.post(f"{path}/lock", {"lockDurationInSeconds": "60"})
    assert again.refusal == (400, "EDIT_LOCK_ENVELOPE_ALREADY_LOCKED")
    body = {"emailSubject": "New"}
    assert edge.put(path, body).refusal == (400, "EDIT_LOCK_NOT_LOCK_OWNER")
    header = {"X-DocuSign-Edit": f'{{"LockToken":"{token}","LockDurationInSeconds":"600"}}'}
    assert edge.call("PUT", path, body, headers=header).status == 200
    assert edge.get(path).json["lockInformation"]["lockedByApp"] == "Ours"
    longer = {"lockDurationInSeconds": "900"}
    assert edge.call("PUT", f"{path}/lock", longer, headers=header).status == 200
    assert edge.delete(f"{path}/lock").refusal == (400, "EDIT_LOCK_NOT_LOCK_OWNER")
    assert edge.call("DELETE", f"{path}/lock", headers=header).status == 200
    assert edge.put(path, body).status == 200


@pytest.mark.parametrize(
    ("header", "status"), [("<DocuSignEdit/>", 501), ("{", 400), ("[1]", 400), ("{}", 400)]
)
def test_only_the_right_token_opens_a_lock(edge: Edge, header: str, status: int) -> None:
    envelope = edge.made(status="created")
    lock(edge, envelope)
    headers = {"X-DocuSign-Edit": header}
    assert edge.call("DELETE", f"/envelopes/{envelope}/lock", headers=headers).status == status


def test_a_lock_runs_out(edge: Edge) -> None:
    envelope = edge.made(status="created")
    lock(edge, envelope)
    edge.wait(600)
    assert edge.put(f"/envelopes/{envelope}", {"emailSubject": "New"}).status == 200


def test_what_is_over_cannot_be_locked(edge: Edge) -> None:
    envelope = edge.made()
    edge.box.void(envelope)
    reply = edge.post(f"/envelopes/{envelope}/lock", {"lockDurationInSeconds": "60"})
    assert reply.refusal == (400, "EDIT_LOCK_INVALID_STATE_FOR_LOCK")


@pytest.mark.parametrize(("edits", "told"), [(True, 1), (False, 0)])
def test_giving_back_a_lock_after_an_edit_is_a_correction(
    edge: Edge, edits: bool, told: int
) -> None:
    edge.box.add_configuration(HOOK, events=["envelope-corrected"])
    envelope = edge.made()
    header = {"X-DocuSign-Edit": f'{{"LockToken":"{lock(edge, envelope)}"}}'}
    if edits:
        row = {"recipientId": "1", "note": "Please"}
        edge.call("PUT", f"/envelopes/{envelope}/recipients", {"signers": [row]}, headers=header)
    edge.call("DELETE", f"/envelopes/{envelope}/lock", headers=header)
    to = Listener()
    edge.box.deliver(to)
    assert len(to.got) == told


# -- bulk send ---------------------------------------------------------------------------------


def copies(*addresses: str) -> list[dict[str, Any]]:
    return [
        {
            "emailSubject": f"For {each}",
            "customFields": [{"name": "crm", "value": "7"}],
            "recipients": [
                {
                    "roleName": "Signer",
                    "name": each.partition("@")[0],
                    "email": each,
                    "tabs": [{"tabLabel": "company", "initialValue": "X"}],
                }
            ],
        }
        for each in addresses
    ]


def bulk(edge: Edge, *addresses: str) -> str:
    body = {"name": "March", "bulkCopies": copies(*addresses)}
    reply = edge.post("/bulk_send_lists", body)
    assert reply.status == 201
    return f"/bulk_send_lists/{reply.json['listId']}"


def test_a_list_is_tested_and_sent(edge: Edge) -> None:
    template = edge.box.add_template("Sales", tabs={"company": "?"})
    path = bulk(edge, "a@example.com", "b@example.com")
    body = {"envelopeOrTemplateId": template, "batchName": "B"}
    assert edge.post(f"{path}/test", body).json == {"canBeSent": True}
    reply = edge.post(f"{path}/send", body).json
    assert (reply["batchSize"], reply["totalQueued"]) == ("2", "2")
    batch = edge.get(f"/bulk_send_batch/{reply['batchId']}").json
    assert (batch["queued"], batch["sent"], batch["failed"]) == ("0", "2", "0")
    subjects = [each.subject for each in edge.box.envelopes()]
    assert subjects == ["For a@example.com", "For b@example.com"]
    (tab,) = edge.box.envelopes()[0].recipients[0].tabs["textTabs"]
    assert tab["value"] == "X"


def test_copies_of_a_template_or_of_its_envelope_tell_it(edge: Edge) -> None:
    template = edge.box.add_template("Sales", tabs={"company": "?"})
    draft = edge.box.create_envelope("Hi", ["c@example.com"], template_id=template)
    path = bulk(edge, "a@example.com")
    for model in (template, draft):
        assert edge.post(f"{path}/send", {"envelopeOrTemplateId": model}).status == 201
    _, first, second = (each.id for each in edge.box.envelopes())
    for copied in (first, second):
        (used,) = edge.get(f"/envelopes/{copied}/templates").json["templates"]
        assert (used["templateId"], used["documentId"]) == (template, "1")


def test_what_is_wrong_with_a_list_is_said_in_strings(edge: Edge) -> None:
    path = bulk(edge, "nonsense")
    body = {"envelopeOrTemplateId": edge.box.add_template("Sales")}
    tested = edge.post(f"{path}/test", body).json
    assert tested["canBeSent"] is False
    assert all(isinstance(each, str) for each in tested["validationErrorDetails"])
    sent = edge.post(f"{path}/send", body).json
    assert (sent["totalQueued"], type(sent["errorDetails"][0])) == ("0", str)
    assert edge.box.envelopes() == []


def test_lists_are_listed_replaced_and_their_makers_own(edge: Edge) -> None:
    path = bulk(edge, "a@example.com")
    (row,) = edge.get("/bulk_send_lists").json["bulkListSummaries"]
    assert row["bulkSendListId"] == path.rpartition("/")[2]
    assert (row["name"], row["createdByUser"]) == ("March", "Sam Sender")
    body = {"name": "April", "bulkCopies": copies("b@example.com", "c@example.com")}
    assert len(edge.put(path, body).json["bulkCopies"]) == 2
    assert edge.get(path).json["name"] == "April"
    assert edge.put(path, {"name": "May"}).status == 400
    edge.token = edge.box.token(user_id=edge.box.add_user("Bo", "bo@example.com"))
    assert edge.get("/bulk_send_lists").json == {"bulkListSummaries": []}
    assert edge.put(path, body).refusal == (404, "RESOURCE_NOT_FOUND")


def test_lists_and_batches_that_are_not_there(edge: Edge) -> None:
    path = bulk(edge, "a@example.com")
    assert edge.get(path).json["name"] == "March"
    assert edge.delete(path).status == 200
    assert edge.get(path).refusal == (404, "RESOURCE_NOT_FOUND")
    assert edge.get("/bulk_send_batch/x").status == 404
    assert edge.post("/bulk_send_lists", {"name": "x"}).status == 400
