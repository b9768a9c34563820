"""What an envelope is about: its documents, its recipients, and the fields on them."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest

from tests.sandbox.docusign_kit import Edge, Reply


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- documents ---------------------------------------------------------------------------------


def test_documents_are_listed_and_given(edge: Edge) -> None:
    envelope = edge.made()
    path = f"/envelopes/{envelope}/documents"
    content, summary = edge.get(path, include_document_size="true").json["envelopeDocuments"]
    assert (content["documentId"], content["type"], content["pages"]) == ("1", "content", "1")
    assert content["sizeBytes"] == "18"
    assert (summary["documentId"], summary["type"]) == ("certificate", "summary")
    one = edge.get(f"{path}/1")
    assert (one.body, one.headers["Content-Type"]) == (b"Please sign /here/", "text/plain")
    assert 'filename="Agreement.txt"' in one.headers["Content-Disposition"]
    whole = edge.get(f"{path}/combined")
    assert whole.body == b"Please sign /here/"
    assert len(edge.get(f"{path}/combined", certificate="true").body) > len(whole.body)
    assert edge.get(f"{path}/certificate").body.startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(edge.get(f"{path}/archive").body)) as file:
        assert file.namelist() == ["Agreement.txt", "Summary.pdf"]
    assert edge.get(f"{path}/9").refusal == (404, "DOCUMENT_DOES_NOT_EXIST")


def test_documents_of_a_draft_are_replaced_and_deleted(edge: Edge) -> None:
    envelope = edge.made(status="created")
    path = f"/envelopes/{envelope}/documents"
    paper = {"documentId": "2", "name": "B", "documentBase64": base64.b64encode(b"b").decode()}
    edge.put(path, {"documents": [paper]})
    reply = edge.delete(path, {"documents": [{"documentId": "1"}]})
    assert [each["documentId"] for each in reply.json["envelopeDocuments"]] == ["2"]
    sent = edge.made()
    assert edge.put(f"/envelopes/{sent}/documents", {"documents": [paper]}).status == 200
    edge.box.void(sent)
    refused = edge.put(f"/envelopes/{sent}/documents", {"documents": [paper]})
    assert refused.refusal == (400, "ENVELOPE_INVALID_STATUS")


def test_one_document_is_its_bytes_and_a_header_names_it(edge: Edge) -> None:
    envelope = edge.made(status="created")
    path = f"/envelopes/{envelope}/documents"
    headers = {
        "Authorization": f"Bearer {edge.token}",
        "Content-Type": "application/pdf",
        "Content-Disposition": 'filename="Terms of 2026.pdf"',
    }

    def put(id: str, body: bytes, **more: str) -> Reply:
        return edge.raw("PUT", f"{edge.box.url}{path}/{id}", {**headers, **more}, body)

    assert put("2", b"%PDF-1").json["name"] == "Terms of 2026.pdf"
    given = edge.get(f"{path}/2").headers["Content-Disposition"]
    assert 'filename="Terms of 2026.pdf"' in given
    assert put("1", b"%PDF-2").json["documentId"] == "1"
    assert edge.get(f"{path}/1").body == b"%PDF-2"
    assert edge.get(f"{path}/2").body == b"%PDF-1"
    order = [each["documentId"] for each in edge.get(path).json["envelopeDocuments"]]
    assert order == ["1", "2"]
    assert put("3", b"").refusal == (400, "UNABLE_TO_LOAD_DOCUMENT")
    assert put("x", b"%PDF").refusal == (400, "INVALID_REQUEST_PARAMETER")
    unnamed = put("3", b"%PDF", **{"Content-Disposition": "attachment"})
    assert unnamed.refusal == (400, "INVALID_REQUEST_PARAMETER")
    odd = {"Content-Disposition": "filename=Terms", "Content-Type": "a/b"}
    assert put("3", b"%PDF", **odd).status == 501
    assert put("3", b"%PDF", **{**odd, "Content-Type": "application/pdf"}).json["name"] == "Terms"
    edge.box.send_draft(envelope)
    edge.box.void(envelope)
    assert put("4", b"%PDF").refusal == (400, "ENVELOPE_INVALID_STATUS")


# -- fields that the sender fills --------------------------------------------------------------


def draft_with_prefill(edge: Edge) -> tuple[str, dict[str, Any]]:
    template = edge.box.add_template("Sales", prefill={"price": "0"})
    body = {"templateId": template, "status": "created"}
    envelope = edge.post("/envelopes", body).json["envelopeId"]
    tabs = edge.get(f"/envelopes/{envelope}/documents/1/tabs").json["prefillTabs"]
    return envelope, tabs["textTabs"][0]


def test_prefill_tabs_belong_to_a_document(edge: Edge) -> None:
    envelope, tab = draft_with_prefill(edge)
    assert (tab["tabLabel"], tab["value"], tab["documentId"]) == ("price", "0", "1")
    path = f"/envelopes/{envelope}/documents/1/tabs"
    rows = [{"tabId": tab["tabId"], "value": "99"}, {"tabId": "none", "value": "1"}]
    good, wrong = edge.put(path, {"prefillTabs": {"textTabs": rows}}).json["prefillTabs"][
        "textTabs"
    ]
    assert good["value"] == "99"
    assert wrong["errorDetails"]["errorCode"] == "INVALID_REQUEST_PARAMETER"
    assert edge.get(path).json["prefillTabs"]["textTabs"][0]["value"] == "99"
    data = edge.get(f"/envelopes/{envelope}/form_data").json
    assert data["prefillFormData"]["formData"][0]["value"] == "99"


def test_a_group_is_prefilled_by_its_name(edge: Edge) -> None:
    envelope, _ = draft_with_prefill(edge)
    path = f"/envelopes/{envelope}/documents/1/tabs"
    radios = [{"value": "s"}, {"value": "l"}]
    rows = [{"groupName": "size", "radios": radios}]
    (made,) = edge.post(path, {"prefillTabs": {"radioGroupTabs": rows}}).json["prefillTabs"][
        "radioGroupTabs"
    ]
    chosen = [{"tabId": made["radios"][1]["tabId"], "value": "l", "selected": "true"}]
    body = {"prefillTabs": {"radioGroupTabs": [{"groupName": "size", "radios": chosen}]}}
    (done,) = edge.put(path, body).json["prefillTabs"]["radioGroupTabs"]
    assert [each["selected"] for each in done["radios"]] == ["false", "true"]
    by_id = {"prefillTabs": {"radioGroupTabs": [{"tabId": "x", "radios": chosen}]}}
    assert edge.put(path, by_id).status == 501


def test_prefill_tabs_can_be_off(edge: Edge) -> None:
    envelope, tab = draft_with_prefill(edge)
    path = f"/envelopes/{envelope}/documents/1/tabs"
    body = {"prefillTabs": {"textTabs": [{"tabId": tab["tabId"], "value": "99"}]}}
    edge.box.prefill_updates = False
    assert edge.put(path, body).refusal == (400, "INVALID_REQUEST_BODY")
    edge.box.account(edge.box.account_id).prefill = False
    assert edge.put(path, body).refusal == (403, "PLAN_ITEM_NOT_ENABLED")


def test_prefill_tabs_are_filled_in_drafts_only(edge: Edge) -> None:
    envelope = edge.made()
    path = f"/envelopes/{envelope}/documents/1/tabs"
    body = {"prefillTabs": {"textTabs": [{"tabLabel": "a"}]}}
    assert edge.post(path, body).refusal == (400, "ENVELOPE_INVALID_STATUS")


def test_prefill_tabs_come_and_go(edge: Edge) -> None:
    envelope, tab = draft_with_prefill(edge)
    path = f"/envelopes/{envelope}/documents/1/tabs"
    made = edge.post(path, {"prefillTabs": {"textTabs": [{"tabLabel": "b", "value": "2"}]}})
    assert made.status == 201
    edge.delete(path, {"prefillTabs": {"textTabs": [{"tabId": tab["tabId"]}]}})
    (left,) = edge.get(path).json["prefillTabs"]["textTabs"]
    assert left["tabLabel"] == "b"


# -- recipients and their tabs -----------------------------------------------------------------


def test_recipients_come_by_kind(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com"], carbon_copies=["c@example.com"])
    found = edge.get(f"/envelopes/{envelope}/recipients", include_tabs="true").json
    assert (found["recipientCount"], found["currentRoutingOrder"]) == ("2", "1")
    assert found["signers"][0]["tabs"]["signHereTabs"]
    assert found["carbonCopies"][0]["recipientType"] == "carbonCopy"
    assert found["agents"] == []


def test_an_address_in_the_body_is_a_new_address(edge: Edge) -> None:
    envelope = edge.made()
    edge.box.view(envelope, "1")
    path = f"/envelopes/{envelope}/recipients"
    same = {"recipientId": "1", "note": "hello"}
    edge.put(path, {"signers": [same]})
    assert edge.box.recipient(envelope, "1").status == "delivered"
    (result,) = edge.put(path, {"signers": [{**same, "email": "ada@example.com"}]}).json[
        "recipientUpdateResults"
    ]
    assert result["errorDetails"]["errorCode"] == "SUCCESS"
    assert edge.box.recipient(envelope, "1").status == "sent"
    assert edge.box.envelope(envelope).status == "sent"


def test_each_recipient_of_an_update_says_how_it_went(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com", "b@example.com"])
    edge.box.sign(envelope, "1")
    rows = [
        {"recipientId": "1", "name": "X"},
        {"recipientId": "2", "email": "nonsense"},
        {"recipientId": "9", "name": "X"},
    ]
    reply = edge.put(f"/envelopes/{envelope}/recipients", {"signers": rows})
    codes = [each["errorDetails"]["errorCode"] for each in reply.json["recipientUpdateResults"]]
    assert codes == [
        "RECIPIENT_UPDATE_FAILED",
        "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT",
        "UNKNOWN_ENVELOPE_RECIPIENT",
    ]


def test_recipients_are_added_and_deleted_under_way(edge: Edge) -> None:
    envelope = edge.made()
    edge.box.view(envelope, "1")
    path = f"/envelopes/{envelope}/recipients"
    more = {"recipientId": "2", "name": "Bob", "email": "bob@example.com"}
    assert edge.post(path, {"signers": [more]}).status == 201
    assert edge.box.recipient(envelope, "2").status == "sent"
    assert edge.box.envelope(envelope).status == "sent"
    assert edge.delete(f"{path}/2").status == 200
    assert edge.box.envelope(envelope).status == "delivered"
    assert edge.delete(f"{path}/1").refusal == (400, "RECIPIENT_UPDATE_FAILED")
    assert edge.delete(f"{path}/7").refusal == (404, "UNKNOWN_ENVELOPE_RECIPIENT")


def test_the_recipients_of_an_envelope_that_is_over_stay(edge: Edge) -> None:
    envelope = edge.made()
    edge.box.void(envelope)
    row = {"recipientId": "1", "name": "X"}
    reply = edge.put(f"/envelopes/{envelope}/recipients", {"signers": [row]})
    assert reply.refusal == (400, "ENVELOPE_INVALID_STATUS")


def test_a_turn_that_has_passed_takes_nobody_new(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com", {"email": "b@example.com", "order": 2}])
    edge.box.sign(envelope, "1")
    row = {"recipientId": "3", "name": "C", "email": "c@example.com", "routingOrder": "1"}
    reply = edge.post(f"/envelopes/{envelope}/recipients", {"signers": [row]})
    assert reply.refusal == (400, "RECIPIENT_NOT_IN_SEQUENCE")


def test_tabs_of_a_recipient_of_a_draft(edge: Edge) -> None:
    path = f"/envelopes/{edge.made(status='created')}/recipients/1/tabs"
    made = edge.post(path, {"textTabs": [{"tabLabel": "a", "value": "1"}]}).json["textTabs"][0]
    rows = [{"tabId": made["tabId"], "value": "2"}, {"tabId": "x"}]
    good, wrong = edge.put(path, {"textTabs": rows}).json["textTabs"]
    assert good["value"] == "2"
    assert "errorDetails" in wrong
    edge.delete(path, {"textTabs": [{"tabId": made["tabId"]}]})
    assert edge.get(path).json["textTabs"] == []


def test_every_kind_of_tab_takes_its_value(edge: Edge) -> None:
    envelope = edge.made(status="created")
    path = f"/envelopes/{envelope}/recipients/1/tabs"
    radios = [{"value": "small", "selected": "true"}, {"value": "large"}]
    made = edge.post(
        path,
        {
            "checkboxTabs": [{"tabLabel": "vip"}],
            "radioGroupTabs": [{"groupName": "size", "radios": radios}],
            "textTabs": [{"tabLabel": "fixed", "templateLocked": "true"}],
        },
    ).json
    ids = {kind: {"tabId": made[kind][0]["tabId"]} for kind in ("checkboxTabs", "textTabs")}
    (group,) = made["radioGroupTabs"]
    assert "tabId" not in group
    assert len({each["tabId"] for each in group["radios"]}) == 2
    on = [{"value": "large", "selected": "true"}]
    none = [{"value": "huge", "selected": "true"}]
    reply = edge.put(
        path,
        {
            "checkboxTabs": [{**ids["checkboxTabs"], "selected": "true", "locked": "true"}],
            "radioGroupTabs": [
                {"groupName": "size", "radios": on},
                {"groupName": "size", "radios": none},
                {"groupName": "colour"},
            ],
            "textTabs": [{**ids["textTabs"], "value": "x"}],
        },
    ).json
    box = reply["checkboxTabs"][0]
    assert (box["selected"], box["locked"]) == ("true", "true")
    good, wrong, other = reply["radioGroupTabs"]
    assert [each["selected"] for each in good["radios"]] == ["false", "true"]
    # A group has no place for it.
    codes = [each["errorDetails"]["errorCode"] for each in wrong["radios"]]
    assert codes == ["INVALID_REQUEST_PARAMETER"] * 2
    assert other["errorDetails"]["errorCode"] == "INVALID_REQUEST_PARAMETER"
    assert reply["textTabs"][0]["errorDetails"]["errorCode"] == "INVALID_REQUEST_PARAMETER"


def test_several_recipients_are_deleted_at_once(edge: Edge) -> None:
    envelope = edge.box.send("Hi", ["a@example.com", "b@example.com", "c@example.com"])
    rows = [{"recipientId": "1"}, {"recipientId": "3"}]
    reply = edge.delete(f"/envelopes/{envelope}/recipients", {"signers": rows})
    assert [each["recipientId"] for each in reply.json["signers"]] == ["2"]
    edge.box.sign(envelope, "2")
    assert edge.box.envelope(envelope).status == "completed"


def test_recipients_are_resent_with_an_update(edge: Edge) -> None:
    envelope = edge.made()
    before = edge.box.envelope(envelope).sent
    edge.put(f"/envelopes/{envelope}/recipients", {}, resend_envelope="true")
    after = edge.box.envelope(envelope).sent
    assert before is not None
    assert after is not None
    assert after > before


def test_tabs_of_a_recipient_who_was_told_stay(edge: Edge) -> None:
    path = f"/envelopes/{edge.made()}/recipients/1/tabs"
    assert (
        edge.post(path, {"textTabs": [{"tabLabel": "a"}]}).refusal[1] == "ENVELOPE_INVALID_STATUS"
    )
