"""Envelopes through the API: made, read, changed, refused."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from tests.sandbox.docusign_kit import Edge

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
NO_GUID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- making ------------------------------------------------------------------------------------


def test_an_envelope_goes_out_at_once(edge: Edge) -> None:
    reply = edge.post("/envelopes", edge.definition())
    assert reply.status == 201
    assert set(reply.json) == {"envelopeId", "uri", "statusDateTime", "status"}
    assert reply.json["status"] == "sent"
    assert reply.json["uri"] == f"/envelopes/{reply.json['envelopeId']}"
    assert TIME.fullmatch(reply.json["statusDateTime"])


def test_without_a_status_it_is_a_draft(edge: Edge) -> None:
    envelope = edge.made(status=None)
    found = edge.get(f"/envelopes/{envelope}", include="recipients").json
    assert found["status"] == "created"
    assert "sentDateTime" not in found
    (signer,) = found["recipients"]["signers"]
    assert (signer["status"], signer["recipientIdGuid"]) == ("created", NO_GUID)


def test_scalars_are_strings_and_times_have_seven_digits(edge: Edge) -> None:
    envelope = edge.made()
    found = edge.get(f"/envelopes/{envelope}", include="recipients,custom_fields,documents").json

    def scalars(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                scalars(item, f"{path}.{key}")
        elif isinstance(value, list):
            for item in value:
                scalars(item, path)
        elif not path.endswith("authoritativeCopy"):
            assert isinstance(value, str), path
            if path.endswith("DateTime"):
                assert TIME.fullmatch(value), path

    scalars(found, "")


def test_names_are_taken_in_any_case_and_real_booleans_too(edge: Edge) -> None:
    body = edge.definition()
    body["EmailSubject"] = body.pop("emailSubject")
    body["customFields"] = {"textCustomFields": [{"name": "a", "value": 7, "show": True}]}
    envelope = edge.post("/envelopes", body).json["envelopeId"]
    (field,) = edge.get(f"/envelopes/{envelope}/custom_fields").json["textCustomFields"]
    assert (field["value"], field["show"], field["required"]) == ("7", "true", "false")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"emailSubject": "x" * 101}, "INVALID_REQUEST_PARAMETER"),
        ({"emailSubject": None}, "ENVELOPE_IS_INCOMPLETE"),
        ({"documents": None}, "ENVELOPE_IS_INCOMPLETE"),
        ({"recipients": None}, "ENVELOPE_IS_INCOMPLETE"),
        ({"status": "completed"}, "ENVELOPE_INVALID_STATUS"),
        ({"templateRoles": [{"roleName": "x"}]}, "INVALID_REQUEST_PARAMETER"),
        (
            {"recipients": {"signers": [{"recipientId": "1", "name": "A", "email": "a@b"}]}},
            "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
        ),
        (
            {"recipients": {"signers": [{"recipientId": "1", "name": "A"}]}},
            "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
        ),
        ({"recipients": {"signers": [{"name": "A"}]}}, "INVALID_RECIPIENT_ID"),
        (
            {"documents": [{"documentId": "1", "name": "A", "documentBase64": "*"}]},
            "UNABLE_TO_LOAD_DOCUMENT",
        ),
        ({"documents": [{"documentId": "0", "name": "A"}]}, "INVALID_REQUEST_PARAMETER"),
    ],
)
def test_what_cannot_go_out_is_refused_and_not_kept(
    edge: Edge, more: dict[str, Any], code: str
) -> None:
    reply = edge.post("/envelopes", edge.definition(**more))
    assert reply.refusal == (400, code)
    assert edge.box.envelopes() == []


def test_two_recipients_cannot_share_an_id(edge: Edge) -> None:
    signer = {"recipientId": "1", "name": "A", "email": "a@example.com"}
    body = edge.definition(recipients={"signers": [signer], "carbonCopies": [signer]})
    assert edge.post("/envelopes", body).refusal == (400, "INVALID_RECIPIENT_ID")


def test_an_anchor_must_stand_in_a_document(edge: Edge) -> None:
    def body(anchor: str) -> dict[str, Any]:
        signer = {
            "recipientId": "1",
            "name": "Ada",
            "email": "ada@example.com",
            "tabs": {"signHereTabs": [{"anchorString": anchor}]},
        }
        return edge.definition(recipients={"signers": [signer]})

    assert edge.post("/envelopes", body("/here/")).status == 201
    assert edge.post("/envelopes", body("/there/")).refusal == (400, "ANCHOR_TAB_STRING_NOT_FOUND")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"workflow": {}}, "workflow"),
        ({"recipients": {"notaries": []}}, "notaries"),
        ({"recipients": {"signers": [{"recipientId": "1", "x": 1}]}}, "x of signers"),
    ],
)
def test_what_is_not_simulated_names_itself(edge: Edge, more: dict[str, Any], named: str) -> None:
    reply = edge.post("/envelopes", edge.definition(**more))
    assert reply.status == 501
    assert named in reply.json["message"]


def test_a_body_must_be_json(edge: Edge) -> None:
    headers = {"Authorization": f"Bearer {edge.token}", "Content-Type": "application/json"}
    url = f"{edge.box.url}/envelopes"
    assert edge.raw("POST", url, headers, b"{").refusal == (400, "INVALID_REQUEST_BODY")
    assert edge.raw("POST", url, headers, b"[1]").refusal == (400, "INVALID_REQUEST_BODY")
    headers["Content-Type"] = "text/plain"
    assert edge.raw("POST", url, headers, b"{}").status == 415


def test_a_transaction_id_finds_its_envelope_for_a_week(edge: Edge) -> None:
    envelope = edge.made(transactionId="t-1")
    body = {"transactionIds": ["t-1", "t-2"]}

    def status() -> list[Any]:
        reply = edge.put("/envelopes/status", body, transaction_ids="request_body")
        found: list[Any] = reply.json["envelopeTransactionStatuses"]
        return found

    first, second = status()
    assert first == {"transactionId": "t-1", "envelopeId": envelope, "status": "sent"}
    assert second["errorDetails"]["errorCode"] == "ENVELOPE_DOES_NOT_EXIST"
    edge.wait(days=8)
    assert all("errorDetails" in each for each in status())


# -- templates ---------------------------------------------------------------------------------


def template(edge: Edge) -> str:
    tabs = {
        "textTabs": [
            {"tabLabel": "company", "value": "?"},
            {"tabLabel": "company", "value": "?", "pageNumber": "2"},
        ],
        "checkboxTabs": [{"tabLabel": "vip"}],
        "listTabs": [
            {"tabLabel": "plan", "listItems": [{"value": "gold"}, {"value": "silver"}]},
        ],
        "radioGroupTabs": [
            {"groupName": "size", "radios": [{"value": "small"}, {"value": "large"}]}
        ],
    }
    return edge.box.add_template(
        "Sales",
        roles=["Signer", "Manager"],
        tabs=tabs,
        prefill={"price": "0"},
        subject="Please sign",
        custom_fields={"kind": "sales"},
    )


def test_a_draft_of_a_template_carries_the_values(edge: Edge) -> None:
    role = {
        "roleName": "Signer",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "tabs": {
            "textTabs": [{"tabLabel": "company", "value": "Analytical Ltd"}],
            "checkboxTabs": [{"tabLabel": "vip", "selected": "true"}],
            "listTabs": [{"tabLabel": "plan", "value": "gold"}],
            "radioGroupTabs": [
                {"groupName": "size", "radios": [{"value": "large", "selected": "true"}]}
            ],
        },
    }
    body = {
        "templateId": template(edge),
        "status": "created",
        "templateRoles": [role],
        "customFields": {"textCustomFields": [{"name": "ac_contact_id", "value": "42"}]},
    }
    envelope = edge.post("/envelopes", body).json["envelopeId"]
    found = edge.get(f"/envelopes/{envelope}", include="recipients,tabs,custom_fields").json
    assert (found["status"], found["emailSubject"]) == ("created", "Please sign")
    signer, manager = found["recipients"]["signers"]
    assert (signer["name"], signer["roleName"], manager["email"]) == ("Ada Lovelace", "Signer", "")
    tabs = signer["tabs"]
    assert [each["value"] for each in tabs["textTabs"]] == ["Analytical Ltd"] * 2
    assert tabs["checkboxTabs"][0]["selected"] == "true"
    assert tabs["listTabs"][0]["value"] == "gold"
    assert [r["selected"] for r in tabs["radioGroupTabs"][0]["radios"]] == ["false", "true"]
    fields = found["customFields"]["textCustomFields"]
    assert {each["name"]: each["value"] for each in fields} == {
        "kind": "sales",
        "ac_contact_id": "42",
    }


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ({"roleName": "Boss"}, 400),
        ({"roleName": "Signer", "tabs": {"textTabs": [{"tabLabel": "nope", "value": "1"}]}}, 501),
        (
            {"roleName": "Signer", "tabs": {"listTabs": [{"tabLabel": "plan", "value": "iron"}]}},
            400,
        ),
        (
            {
                "roleName": "Signer",
                "tabs": {"textTabs": [{"tabLabel": "company", "value": "x" * 4001}]},
            },
            400,
        ),
    ],
)
def test_what_a_template_lacks_is_refused(edge: Edge, role: dict[str, Any], status: int) -> None:
    body = {"templateId": template(edge), "status": "created", "templateRoles": [role]}
    assert edge.post("/envelopes", body).status == status


def test_a_template_goes_out_only_with_all_its_roles(edge: Edge) -> None:
    roles = [{"roleName": "Signer", "name": "A", "email": "a@example.com"}]
    body = {"templateId": template(edge), "status": "sent", "templateRoles": roles}
    assert edge.post("/envelopes", body).status == 400
    roles.append({"roleName": "Manager", "name": "B", "email": "b@example.com"})
    assert edge.post("/envelopes", body).json["status"] == "sent"


def test_an_unknown_template_is_refused(edge: Edge) -> None:
    body = {"templateId": "x", "status": "created"}
    assert edge.post("/envelopes", body).refusal == (404, "RESOURCE_NOT_FOUND")


def composite(edge: Edge, *ids: str) -> dict[str, Any]:
    person = {"recipientId": "1", "roleName": "Signer", "name": "A", "email": "a@example.com"}
    inline = {
        "sequence": "2",
        "recipients": {"signers": [person]},
        "customFields": {"textCustomFields": [{"name": "inline", "value": "1"}]},
    }
    return {
        "status": "created",
        "customFields": {"textCustomFields": [{"name": "root", "value": "1"}]},
        "compositeTemplates": [
            {
                "serverTemplates": [{"sequence": "1", "templateId": id}],
                "inlineTemplates": [inline],
            }
            for id in ids
        ],
    }


def test_composite_templates_put_documents_together(edge: Edge) -> None:
    one = edge.box.add_template("One")
    two = edge.box.add_template("Two", documents=["Two.pdf", "Three.pdf"])
    envelope = edge.post("/envelopes", composite(edge, one, two)).json["envelopeId"]
    papers = edge.get(f"/envelopes/{envelope}/documents").json["envelopeDocuments"]
    assert [each["documentId"] for each in papers] == ["1", "2", "3"]
    fields = edge.get(f"/envelopes/{envelope}/custom_fields").json["textCustomFields"]
    assert [each["name"] for each in fields] == ["inline"]  # those of the root are ignored
    assert len(edge.get(f"/envelopes/{envelope}/recipients").json["signers"]) == 2


def test_roles_of_a_draft_are_merged_on_demand(edge: Edge) -> None:
    one = edge.box.add_template("One")
    two = edge.box.add_template("Two", roles=["Signer", "Nobody"])
    body = composite(edge, one, two)
    reply = edge.post("/envelopes", body, merge_roles_on_draft="true")
    (signer,) = edge.get(f"/envelopes/{reply.json['envelopeId']}/recipients").json["signers"]
    assert signer["email"] == "a@example.com"


def test_an_inline_template_can_bring_everything(edge: Edge) -> None:
    paper = {"documentId": "1", "name": "B", "documentBase64": base64.b64encode(b"b").decode()}
    inline = {
        "sequence": "1",
        "recipients": {
            "signers": [{"recipientId": "1", "name": "A", "email": "a@example.com"}],
        },
        "documents": [{**paper, "name": "A"}],
        "envelope": {"emailSubject": "Inline"},
    }
    body = {
        "status": "sent",
        "compositeTemplates": [{"inlineTemplates": [inline], "document": paper}],
    }
    envelope = edge.post("/envelopes", body).json["envelopeId"]
    papers = edge.get(f"/envelopes/{envelope}/documents").json["envelopeDocuments"]
    assert [each["name"] for each in papers] == ["A", "B", "Summary"]
    assert edge.get(f"/envelopes/{envelope}").json["emailSubject"] == "Inline"


def test_a_template_and_composite_templates_exclude_each_other(edge: Edge) -> None:
    body = {"templateId": template(edge), "compositeTemplates": [{}]}
    assert edge.post("/envelopes", body).refusal == (400, "INVALID_REQUEST_PARAMETER")


def used(edge: Edge, envelope: str) -> list[str]:
    reply = edge.get(f"/envelopes/{envelope}/templates")
    assert reply.status == 200, reply.body
    return [each["templateId"] for each in reply.json["templates"]]


def test_an_envelope_tells_its_template_also_when_that_is_gone(edge: Edge) -> None:
    sales = template(edge)
    made = edge.post("/envelopes", {"templateId": sales, "status": "created"}).json["envelopeId"]
    edge.box.delete_template(sales)
    assert edge.get(f"/envelopes/{made}/templates").json == {
        "templates": [
            {
                "templateId": sales,
                "name": "Sales",
                "uri": f"/templates/{sales}",
                "documentId": "1",
                "documentName": "Agreement",
            }
        ]
    }


def test_an_envelope_of_several_templates_tells_them_in_the_order_of_their_use(edge: Edge) -> None:
    one, two, three = (edge.box.add_template(name) for name in ("One", "Two", "Three"))
    body = composite(edge, one, two)
    body["compositeTemplates"][1]["serverTemplates"].insert(
        0, {"sequence": "2", "templateId": three}
    )
    envelope = edge.post("/envelopes", body).json["envelopeId"]
    assert used(edge, envelope) == [one, two, three]


def test_an_envelope_of_documents_tells_no_template(edge: Edge) -> None:
    assert used(edge, edge.made()) == []


def test_templates_are_told_of_an_envelope_that_is_there_and_without_matches(edge: Edge) -> None:
    assert edge.get("/envelopes/x/templates").refusal == (404, "ENVELOPE_DOES_NOT_EXIST")
    path = f"/envelopes/{edge.made()}/templates"
    assert edge.get(path, include="matching_applied").status == 501
    assert edge.get(path, include="everything").status == 400
    assert edge.post(path, {}).status == 501
    assert edge.put(path, {}).status == 405


def test_templates_of_an_envelope_are_no_question_about_its_progress() -> None:
    edge = Edge(limits=True)
    envelope = edge.box.send("Hi", ["a@example.com"])
    assert used(edge, envelope) == used(edge, envelope) == []


def test_who_plays_a_role_keeps_its_turn(edge: Edge) -> None:
    sales = edge.box.add_template("Sales", roles=["Signer", {"role": "Manager", "order": 2}])
    manager: dict[str, Any] = {"role": "Manager", "email": "a@example.com"}
    signer: dict[str, Any] = {"role": "Signer", "email": "a@example.com"}
    envelope = edge.box.send("Hi", [manager, signer], template_id=sales)
    assert [each.order for each in edge.box.envelope(envelope).recipients] == [1, 2]
    manager, signer = {**manager, "order": 1, "client_user_id": "7"}, {**signer, "order": 3}
    other = edge.box.send("Hi", [manager, signer], template_id=sales)
    found = edge.box.envelope(other).recipients
    assert [(each.order, each.client_user_id) for each in found] == [(3, ""), (1, "7")]


def test_an_envelope_of_a_template_can_be_sent_by_hand(edge: Edge) -> None:
    sales = template(edge)
    manager = {"role": "Manager", "email": "bo@example.com", "name": "Bo"}
    signer = {"role": "Signer", "email": "ada.king@example.com", "tabs": {"company": "X"}}
    envelope = edge.box.send(
        "Hi", [manager, signer], template_id=sales, custom_fields={"kind": "won", "deal": "7"}
    )
    found = edge.get(f"/envelopes/{envelope}", include="recipients,tabs,custom_fields").json
    assert (found["status"], found["emailSubject"]) == ("sent", "Hi")
    first, second = found["recipients"]["signers"]
    assert (first["roleName"], first["name"]) == ("Signer", "Ada King")
    assert [each["value"] for each in first["tabs"]["textTabs"]] == ["X", "X"]
    assert (second["roleName"], second["email"]) == ("Manager", "bo@example.com")
    fields = found["customFields"]["textCustomFields"]
    assert {each["name"]: each["value"] for each in fields} == {"kind": "won", "deal": "7"}
    assert used(edge, envelope) == [sales]


@pytest.mark.parametrize(
    ("signers", "more", "why"),
    [
        (["a@example.com"], {}, "nobody plays the role 'Manager'"),
        (["a@example.com"] * 3, {}, "has 2 roles, not 3"),
        ([{"email": "a@example.com", "id": "9"}], {}, "has no 'id'"),
        ([], {"documents": ["A.pdf"]}, "brings the documents"),
        ([], {"carbon_copies": ["c@example.com"]}, "brings the documents"),
    ],
)
def test_who_does_not_fit_a_template_is_not_sent_by_hand(
    edge: Edge, signers: list[Any], more: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        edge.box.send("Hi", signers, template_id=template(edge), **more)
    assert edge.box.envelopes() == []


# -- reading -----------------------------------------------------------------------------------


def test_an_envelope_that_is_not_there(edge: Edge) -> None:
    assert edge.get("/envelopes/x").refusal == (404, "ENVELOPE_DOES_NOT_EXIST")
    other = edge.box.add_account("Other")
    theirs = edge.box.send("Hi", ["a@example.com"], account_id=other)
    assert edge.get(f"/envelopes/{theirs}").refusal == (403, "ACCOUNT_NOT_AUTHORIZED_FOR_ENVELOPE")


def test_who_is_neither_sender_nor_recipient_nor_administrator_sees_nothing(edge: Edge) -> None:
    envelope = edge.made()
    user = edge.box.add_user("Ned", "ned@example.com")
    edge.token = edge.box.token(user_id=user)
    right = (403, "USER_NOT_ENVELOPE_SENDER_OR_RECIPIENT")
    assert edge.get(f"/envelopes/{envelope}").refusal == right
    mine = edge.box.send("To Ned", ["ned@example.com"])
    assert edge.get(f"/envelopes/{mine}").status == 200
    voided = edge.put(f"/envelopes/{mine}", {"status": "voided", "voidedReason": "x"})
    assert voided.refusal == (403, "USER_LACKS_PERMISSIONS")


def test_includes_must_exist_and_be_simulated(edge: Edge) -> None:
    envelope = edge.made()
    assert edge.get(f"/envelopes/{envelope}", include="nothing").status == 400
    assert edge.get(f"/envelopes/{envelope}", include="workflow").status == 501
    assert edge.get(f"/envelopes/{envelope}", advanced_update="true").status == 501
    assert edge.get(f"/envelopes/{envelope}", what="1").status == 501


def test_form_data_speaks_of_recipients_by_guid(edge: Edge) -> None:
    signers = [{"name": "Ada", "email": "ada@example.com", "tabs": {"company": "X"}}]
    envelope = edge.box.send("Hi", signers)
    edge.box.sign(envelope, "1", values={"company": "Y"})
    found = edge.get(f"/envelopes/{envelope}/form_data").json
    row = {"name": "company", "value": "Y", "originalValue": "X"}
    assert row in found["formData"]
    (person,) = found["recipientFormData"]
    assert person["recipientId"] == edge.box.recipient(envelope, "1").guid
    assert {"SentTime", "DeliveredTime", "SignedTime"} <= set(person)
    assert row in person["formData"]
    edge.box.account(edge.box.account_id).form_data = False
    refused = edge.get(f"/envelopes/{envelope}/form_data").refusal
    assert refused == (403, "USER_LACKS_PERMISSIONS")


def test_audit_events_tell_what_happened(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.sign(envelope, "1")
    events = edge.get(f"/envelopes/{envelope}/audit_events").json["auditEvents"]
    rows = [{each["name"]: each["value"] for each in event["eventFields"]} for event in events]
    assert [row["Action"] for row in rows][:2] == ["Created", "Sent"]
    assert rows[-1]["EnvelopeStatus"] == "completed"


# -- changing ----------------------------------------------------------------------------------


def test_a_draft_is_edited_and_sent(edge: Edge) -> None:
    envelope = edge.made(status="created")
    assert edge.put(f"/envelopes/{envelope}", {"emailSubject": "New"}).status == 200
    assert edge.put(f"/envelopes/{envelope}", {"status": "sent"}).json["envelopeId"] == envelope
    found = edge.get(f"/envelopes/{envelope}").json
    assert (found["status"], found["emailSubject"]) == ("sent", "New")
    for late in ({"emailSubject": "Too late"}, {"status": "sent"}):
        reply = edge.put(f"/envelopes/{envelope}", late)
        assert reply.refusal == (400, "ENVELOPE_INVALID_STATUS")


def test_voiding_needs_a_reason_and_an_envelope_under_way(edge: Edge) -> None:
    envelope = edge.made()
    body = {"status": "voided", "voidedReason": "r" * 300}
    assert edge.put(f"/envelopes/{envelope}", {"status": "voided"}).status == 400
    assert edge.put(f"/envelopes/{envelope}", body).status == 200
    found = edge.get(f"/envelopes/{envelope}").json
    assert (found["status"], found["voidedReason"]) == ("voided", "r" * 200)
    again = edge.put(f"/envelopes/{envelope}", body)
    assert again.refusal == (400, "ENVELOPE_CANNOT_VOID_INVALID_STATE")
    assert again.json["message"] == (
        "Only envelopes in the 'Sent' or 'Delivered' states may be voided."
    )
    draft = edge.made(status="created")
    assert edge.put(f"/envelopes/{draft}", body).status == 400


def test_resending_moves_the_sent_time_and_not_the_first_one(edge: Edge) -> None:
    envelope = edge.made()
    before = edge.get(f"/envelopes/{envelope}").json
    edge.wait(hours=1)
    assert edge.put(f"/envelopes/{envelope}", {}, resend_envelope="true").status == 200
    after = edge.get(f"/envelopes/{envelope}").json
    assert after["sentDateTime"] > before["sentDateTime"]
    assert after["initialSentDateTime"] == before["initialSentDateTime"]


def test_purging_is_for_what_is_over(edge: Edge) -> None:
    envelope = edge.made()
    body = {"purgeState": "documents_queued"}
    assert edge.put(f"/envelopes/{envelope}", body).refusal[1] == "ENVELOPE_INVALID_STATUS"
    edge.box.void(envelope)
    assert edge.put(f"/envelopes/{envelope}", body).json["purgeState"] == "documents_queued"


def test_custom_fields_of_an_envelope(edge: Edge) -> None:
    path = f"/envelopes/{edge.made()}/custom_fields"
    made = edge.post(path, {"textCustomFields": [{"name": "a", "value": "1"}]})
    id = made.json["textCustomFields"][0]["fieldId"]
    rows = [{"fieldId": id, "value": "2"}, {"fieldId": "9", "value": "3"}]
    good, wrong = edge.put(path, {"textCustomFields": rows}).json["textCustomFields"]
    assert good["value"] == "2"
    assert wrong["errorDetails"]["errorCode"] == "INVALID_REQUEST_PARAMETER"
    edge.delete(path, {"textCustomFields": [{"fieldId": id}]})
    assert edge.get(path).json == {"textCustomFields": [], "listCustomFields": []}


def test_a_notification_sets_the_end(edge: Edge) -> None:
    envelope = edge.made()
    path = f"/envelopes/{envelope}/notification"
    assert edge.get(path).json["expirations"]["expireAfter"] == "120"
    body = {"expirations": {"expireEnabled": "true", "expireAfter": "2"}}
    for _ in range(2):
        assert edge.put(path, body).json["useAccountDefaults"] == "false"
    edge.wait(days=2)
    found = edge.get(f"/envelopes/{envelope}").json
    assert (found["status"], found["voidedReason"]) == ("voided", "Envelope has expired.")
