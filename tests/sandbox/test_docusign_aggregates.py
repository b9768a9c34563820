"""Connect's older messages, which tell a state and no event: JSON and XML."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.sandbox.docusign_kit import Edge, hear, one, sent, signature

NS = "{http://www.docusign.net/API/3.0}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@pytest.fixture
def edge() -> Edge:
    return Edge()


# -- JSON --------------------------------------------------------------------------------------


def test_an_aggregate_shows_the_state_when_it_is_sent(edge: Edge) -> None:
    hear(edge, deliveryMode="Aggregate", events=None, envelopeEvents=["Sent", "Completed"])
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.view(envelope, "1")
    (first,) = sent(edge).json
    assert "event" not in first
    # It is spelt as in an answer, not as in an event.
    assert first["hasFormDataChanged"] == "false"
    assert "hasFormDataChanges" not in first
    assert (first["envelopeId"], first["status"]) == (envelope, "delivered")
    edge.box.sign(envelope, "1")
    (second,) = sent(edge).json
    assert second["status"] == "completed"


def test_events_before_one_delivery_are_one_message(edge: Edge) -> None:
    hear(edge, deliveryMode="Aggregate", events=None, recipientEvents=["Sent", "Completed"])
    one(edge)
    assert len(sent(edge).got) == 1


# -- XML ---------------------------------------------------------------------------------------


def xml_config(**more: Any) -> dict[str, Any]:
    return {
        "deliveryMode": "Aggregate",
        "eventData": None,
        "events": None,
        "envelopeEvents": ["Sent", "Delivered", "Completed", "Declined", "Voided"],
        **more,
    }


def text(root: Element, path: str) -> str | None:
    return root.findtext("/".join(f"{NS}{part}" for part in path.split("/")))


def document(body: bytes) -> Element:
    root = fromstring(body)
    assert isinstance(root, Element)
    assert root.tag == f"{NS}DocuSignEnvelopeInformation"
    return root


def test_the_legacy_message(edge: Edge) -> None:
    key = edge.box.add_secret()
    hear(edge, **xml_config())
    envelope = one(edge, custom_fields={"crm": "7 & 8"})
    ((headers, body),) = sent(edge).got
    assert headers["Content-Type"].startswith("text/xml")
    assert headers["X-DocuSign-Signature-1"] == signature(key, body)
    root = document(body)
    assert text(root, "EnvelopeStatus/EnvelopeID") == envelope
    assert text(root, "EnvelopeStatus/Status") == "Completed"
    assert text(root, "EnvelopeStatus/UserName") == "Sam Sender"
    who = "EnvelopeStatus/RecipientStatuses/RecipientStatus"
    assert text(root, f"{who}/Status") == "Completed"
    assert text(root, f"{who}/RecipientId") == edge.box.recipient(envelope, "1").guid
    reason = root.find("/".join(f"{NS}{part}" for part in f"{who}/DeclineReason".split("/")))
    assert reason is not None
    assert reason.get(NIL) == "true"
    assert text(root, "EnvelopeStatus/CustomFields/CustomField/Value") == "7 & 8"
    assert text(root, "TimeZone") is None
    assert text(root, "EnvelopeStatus/Created") == "2026-03-02T00:00:00"  # Pacific, unsaid
    made = text(root, "EnvelopeStatus/TimeGenerated") or ""
    assert re.fullmatch(r"2026-03-02T00:00:00\.\d{7}", made)


def test_the_zone_is_told_on_demand(edge: Edge) -> None:
    hear(edge, **xml_config(includeTimeZoneInformation="true"))
    edge.box.account(edge.box.account_id).zone = ("Central European Standard Time", 1)
    one(edge)
    root = document(sent(edge).got[0][1])
    assert text(root, "TimeZone") == "Central European Standard Time"
    assert text(root, "TimeZoneOffset") == "1"
    assert text(root, "EnvelopeStatus/Sent") == "2026-03-02T09:00:00"


def test_oddities_of_the_legacy_message_are_switches(edge: Edge) -> None:
    edge.box.xml_bom = edge.box.xml_offset = True
    hear(
        edge,
        **xml_config(
            includeSenderAccountasCustomField="true",
            includeEnvelopeVoidReason="true",
            includeDocuments="true",
        ),
    )
    envelope = edge.box.send("Hi", ["a@example.com"])
    edge.box.void(envelope, reason="Wrong price")
    body = sent(edge).got[0][1]
    assert body.startswith(b"\xef\xbb\xbf<?xml")
    root = document(body)
    assert (text(root, "EnvelopeStatus/TimeGenerated") or "").endswith("-08:00")
    assert text(root, "EnvelopeStatus/VoidReason") == "Wrong price"
    names = [each.text for each in root.iter(f"{NS}Name")]
    assert {"AccountId", "AccountName", "AccountSite"} <= set(names)
    paper = base64.b64decode(text(root, "DocumentPDFs/DocumentPDF/PDFBytes") or "")
    assert paper == edge.box.envelope(envelope).documents[0].content


def test_legacy_fractions_have_up_to_three_digits(edge: Edge) -> None:
    hear(edge, **xml_config())
    edge.wait(0.57)
    one(edge)
    root = document(sent(edge).got[0][1])
    assert text(root, "EnvelopeStatus/Sent") == "2026-03-02T00:00:00.57"


@pytest.mark.parametrize("name", ["Ödön \x00\x1f <b>", "\ud800", "李小龙 🖊"])
def test_any_name_comes_through_in_both_formats(edge: Edge, name: str) -> None:
    hear(edge)
    hear(edge, **xml_config())
    envelope = edge.made(emailSubject=name)
    bodies = [body for _, body in sent(edge).got]
    shown = name.encode("utf-8", "replace").decode()
    told = [json.loads(body) for body in bodies if body.startswith(b"{")]
    assert {each["data"]["envelopeSummary"]["emailSubject"] for each in told} == {shown}
    (root,) = [document(body) for body in bodies if not body.startswith(b"{")]
    assert text(root, "EnvelopeStatus/EnvelopeID") == envelope
    plain = shown.replace("\x00", "").replace("\x1f", "")
    assert text(root, "EnvelopeStatus/Subject") == plain


def test_an_old_legacy_message_is_old_inside(edge: Edge) -> None:
    key = edge.box.add_secret()
    hear(edge, **xml_config())
    one(edge)
    old = edge.box.forge(edge.box.pending[0], "old")
    assert old.headers["X-DocuSign-Signature-1"] == signature(key, old.body)
    made = text(document(old.body), "EnvelopeStatus/TimeGenerated") or ""
    day = datetime.fromisoformat(made[:19]).replace(tzinfo=UTC)
    assert edge.world.clock.now() - day > timedelta(days=44)
