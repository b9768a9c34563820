"""Each operation as a value: what it sends, how it may be repeated."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from inspect import isfunction
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from attrs import evolve

from connectors.core.call import Call, WriteClass
from connectors.docusign import calls
from connectors.docusign.models import (
    EnvelopeDefinition,
    Recipient,
    RecipientKind,
    Tab,
    Tabs,
    TemplateRole,
)
from tests.docusign.operations import (
    COMPOSITE,
    ENVELOPE,
    EVERY,
    FROM_DOCUMENTS,
    FROM_TEMPLATE,
    HOSTED,
    LOCK,
    PAPER,
    SIGNER,
    SINCE,
    SIZE,
    TABLE,
    TEMPLATE,
    TEXT,
    UNTIL,
    VIP,
)


def sent(call: Call[Any]) -> Any:
    """The JSON that a call sends."""
    assert dict(call.request.headers)["Content-Type"] == "application/json"
    return json.loads(call.request.body)


def query(call: Call[Any]) -> Mapping[str, str]:
    pairs = parse_qsl(call.request.query, strict_parsing=True, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def scalars(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for v in value.values() for each in scalars(v)]
    if isinstance(value, list):
        return [each for v in value for each in scalars(v)]
    return [value]


@pytest.mark.parametrize(
    ("call", "line", "write_class"), TABLE, ids=[call.operation for call in EVERY]
)
def test_an_operation_is_one_request(call: Call[Any], line: str, write_class: WriteClass) -> None:
    assert f"{call.request.method} {call.request.path}" == line
    assert call.service == "docusign"
    assert call.write_class is write_class


@pytest.mark.parametrize("call", EVERY, ids=[call.operation for call in EVERY])
def test_everything_that_is_sent_is_text_and_says_something(call: Call[Any]) -> None:
    if dict(call.request.headers).get("Content-Type") == "application/json":
        found = scalars(json.loads(call.request.body))
        assert all(isinstance(each, str) and each for each in found)


# --- envelopes -------------------------------------------------------------------------------


def test_a_draft_from_a_template_sends_what_the_documentation_shows() -> None:
    assert sent(calls.create_envelope(FROM_TEMPLATE)) == {
        "templateId": TEMPLATE,
        "status": "created",
        "emailSubject": "Agreement for Ada",
        "templateRoles": [
            {
                "roleName": "Signer",
                "name": "Ada Lovelace",
                "email": "ada@example.com",
                "clientUserId": "7",
                "routingOrder": "1",
                "accessCode": "c0dec4n4ry",
                "signingGroupId": "9",
                "inPersonSignerName": "Bob",
                "defaultRecipient": "false",
                "deliveryMethod": "email",
                "phoneNumber": {"countryCode": "33", "number": "612345678"},
                "emailNotification": {
                    "emailSubject": "Bonjour",
                    "emailBody": "Signez",
                    "supportedLanguage": "fr",
                },
                "tabs": {
                    "textTabs": [{"tabLabel": "company", "value": "Analytical Ltd"}],
                    "checkboxTabs": [{"tabLabel": "vip", "selected": "true"}],
                    "listTabs": [{"tabLabel": "plan", "value": "gold"}],
                    "radioGroupTabs": [
                        {
                            "groupName": "size",
                            "radios": [{"value": "large", "selected": "true"}],
                        }
                    ],
                },
            }
        ],
        "customFields": {
            "textCustomFields": [
                {
                    "fieldId": "1",
                    "name": "ac_contact_id",
                    "value": "42",
                    "show": "false",
                    "required": "false",
                }
            ]
        },
    }


def test_recipients_stand_in_a_list_for_each_kind() -> None:
    body = sent(calls.create_envelope(FROM_DOCUMENTS, send=True))

    assert body["status"] == "sent"
    assert set(body["recipients"]) == {"signers", "inPersonSigners", "carbonCopies"}
    (ada,) = body["recipients"]["signers"]
    assert ada["routingOrder"] == "1"
    assert ada["tabs"]["textTabs"][0]["required"] == "true"
    assert ada["tabs"]["textTabs"][0]["pageNumber"] == "1"
    assert ada["tabs"]["signHereTabs"][0]["anchorString"] == "/sign/"
    assert body["recipients"]["inPersonSigners"] == [
        {
            "recipientId": "73",
            "hostName": "Sam Sender",
            "hostEmail": "sam@example.com",
            "signerName": "Bob",
            "signerEmail": "bob@example.com",
        }
    ]


def test_documents_carry_their_bytes_or_where_they_are() -> None:
    inline, remote = sent(calls.create_envelope(FROM_DOCUMENTS))["documents"]

    assert base64.b64decode(inline.pop("documentBase64")) == b"%PDF-1.7 c4n4ry"
    assert inline == {
        "documentId": PAPER,
        "name": "Agreement.pdf",
        "fileExtension": "pdf",
        "order": "1",
        "transformPdfFields": "true",
    }
    assert remote == {
        "documentId": "2",
        "name": "Terms.pdf",
        "remoteUrl": "https://example.com/terms.pdf",
    }


def test_what_is_beside_an_envelope_goes_with_its_definition() -> None:
    body = sent(calls.create_envelope(FROM_DOCUMENTS))

    assert body["transactionId"] == "order-42"
    assert body["notification"]["reminders"]["reminderDelay"] == "2"
    assert body["notification"]["expirations"]["expireAfter"] == "120"
    assert body["customFields"]["listCustomFields"][0]["listItems"] == ["legal", "sales"]
    assert body["signingLocation"] == "online"
    assert body["eventNotification"]["url"].startswith("https://")
    two = EnvelopeDefinition(event_notifications=[*FROM_DOCUMENTS.event_notifications] * 2)
    assert len(sent(calls.create_envelope(two))["eventNotifications"]) == 2


def test_templates_are_laid_over_one_another() -> None:
    (composite,) = sent(calls.create_envelope(COMPOSITE))["compositeTemplates"]

    assert composite["serverTemplates"] == [
        {"sequence": "1", "templateId": TEMPLATE},
        {"sequence": "2", "templateId": TEMPLATE},
    ]
    (inline,) = composite["inlineTemplates"]
    assert inline["sequence"] == "3"
    assert inline["recipients"]["signers"][0]["roleName"] == "Signer"
    assert inline["customFields"]["textCustomFields"][0]["name"] == "ac_contact_id"
    assert composite["document"]["documentId"] == PAPER


def test_an_envelope_without_a_text_of_its_own_is_never_made_twice() -> None:
    assert calls.create_envelope(FROM_TEMPLATE).write_class is WriteClass.UNSAFE
    assert calls.create_envelope(FROM_DOCUMENTS).write_class is WriteClass.MARKED


def test_further_members_are_texts_as_all_others_and_nothing_is_left_out() -> None:
    more = {"allowMarkup": False, "messageLock": None, "nested": {"days": 3, "none": None}}
    body = sent(calls.create_envelope(evolve(FROM_TEMPLATE, others=more)))

    assert (body["allowMarkup"], body["nested"]) == ("false", {"days": "3"})
    assert "messageLock" not in body


def test_a_window_is_asked_for_in_utc_and_lists_are_one_value() -> None:
    call = calls.list_envelopes(
        from_date=SINCE,
        to_date=UNTIL,
        statuses=["completed", "voided"],
        include=["recipients", "custom_fields"],
        custom_field=("deal & more", "a+b"),
        page_size=100,
    ).at("200")

    assert query(call) == {
        "from_date": "2026-03-02T08:00:00.0000000Z",
        "to_date": "2026-03-03T08:30:00.2500000Z",
        "status": "completed,voided",
        "include": "recipients,custom_fields",
        "custom_field": "deal & more=a+b",
        "count": "100",
        "start_position": "200",
    }
    assert "+" not in call.request.query


def test_several_states_are_asked_for_with_their_ids_in_the_body() -> None:
    call = calls.get_envelope_statuses([ENVELOPE], transaction_ids=["order-42"])

    assert query(call) == {"envelope_ids": "request_body", "transaction_ids": "request_body"}
    assert sent(call) == {"envelopeIds": [ENVELOPE], "transactionIds": ["order-42"]}
    assert query(calls.get_envelope_statuses([ENVELOPE])) == {"envelope_ids": "request_body"}


def test_changes_of_an_envelope_send_what_they_change() -> None:
    assert sent(calls.send_envelope(ENVELOPE)) == {"status": "sent"}
    assert sent(calls.void_envelope(ENVELOPE, "a mistake")) == {
        "status": "voided",
        "voidedReason": "a mistake",
    }
    assert sent(calls.update_envelope(ENVELOPE, email_blurb="You")) == {"emailBlurb": "You"}
    assert sent(calls.resend_envelope(ENVELOPE)) == {}
    assert query(calls.resend_envelope(ENVELOPE)) == {"resend_envelope": "true"}


def test_whoever_holds_the_lock_shows_it() -> None:
    for call in (
        calls.update_envelope(ENVELOPE, email_blurb="You", lock=LOCK),
        calls.unlock_envelope(ENVELOPE, LOCK),
        calls.put_document(ENVELOPE, PAPER, b"x", name="a.pdf", lock=LOCK),
        calls.delete_recipient(ENVELOPE, SIGNER, lock=LOCK),
    ):
        shown = dict(call.request.headers)["X-DocuSign-Edit"]
        assert json.loads(shown) == {"LockToken": "l0ckc4n4ry", "LockDurationInSeconds": "600"}
    assert "X-DocuSign-Edit" not in dict(calls.send_envelope(ENVELOPE).request.headers)


# --- recipients and tabs ---------------------------------------------------------------------


def test_whoever_keeps_an_address_is_not_written_to() -> None:
    call = calls.update_recipient(ENVELOPE, SIGNER, name="Ada King")

    assert sent(call) == {"signers": [{"recipientId": SIGNER, "name": "Ada King"}]}
    moved = calls.update_recipient(
        ENVELOPE, SIGNER, kind=RecipientKind.CARBON_COPY, email="a@x.org", resend_envelope=True
    )
    assert sent(moved) == {"carbonCopies": [{"recipientId": SIGNER, "email": "a@x.org"}]}
    assert query(moved) == {"resend_envelope": "true"}


def test_several_recipients_change_what_is_set_of_each() -> None:
    call = calls.update_recipients(ENVELOPE, [Recipient(recipient_id="1", note="Hi"), HOSTED])

    assert sent(call)["signers"] == [{"recipientId": "1", "note": "Hi"}]
    assert set(sent(call)) == {"signers", "inPersonSigners"}


def test_a_kind_that_is_not_known_keeps_its_list() -> None:
    odd = Recipient(kind="holograms", recipient_id="1", name="Ada")

    assert sent(calls.add_recipients(ENVELOPE, [odd])) == {
        "holograms": [{"recipientId": "1", "name": "Ada"}]
    }


def test_recipients_are_taken_out_by_kind_and_id_alone() -> None:
    assert sent(calls.delete_recipients(ENVELOPE, [HOSTED])) == {
        "inPersonSigners": [{"recipientId": "73"}]
    }


def test_tabs_stand_in_a_list_for_each_type() -> None:
    body = sent(calls.add_tabs(ENVELOPE, SIGNER, [TEXT, VIP, Tab(type="hologram", label="x")]))

    assert set(body) == {"textTabs", "checkboxTabs", "hologramTabs"}
    assert body["textTabs"][0] == {
        "tabId": "t-1",
        "tabLabel": "company",
        "name": "Company",
        "value": "Analytical Ltd",
        "required": "true",
        "locked": "false",
        "shared": "false",
        "documentId": PAPER,
        "pageNumber": "1",
        "xPosition": "100",
        "yPosition": "200",
        "recipientId": SIGNER,
        "maxLength": "80",
        "validationPattern": "^A",
        "tooltip": "Who you work for",
    }


def test_the_senders_tabs_are_written_on_a_document() -> None:
    call = calls.update_prefill_tabs(ENVELOPE, PAPER, [VIP, SIZE])

    assert sent(call) == {
        "prefillTabs": {
            "checkboxTabs": [{"tabId": "t-3", "tabLabel": "vip", "selected": "true"}],
            "radioGroupTabs": [
                {
                    "groupName": "size",
                    "radios": [
                        {
                            "value": "large",
                            "selected": "true",
                            "pageNumber": "1",
                            "xPosition": "1",
                            "yPosition": "2",
                        }
                    ],
                }
            ],
        }
    }


# --- documents and views ---------------------------------------------------------------------


def test_a_document_goes_as_its_bytes() -> None:
    call = calls.put_document(ENVELOPE, "3", b"hello", name="Terms.txt", content_type="text/plain")

    assert call.request.body == b"hello"
    assert call.request.headers == (
        ("Content-Type", "text/plain"),
        ("Content-Disposition", 'filename="Terms.txt"'),
    )


def test_a_sender_view_says_what_it_shows() -> None:
    call = calls.create_sender_view(
        ENVELOPE,
        "https://app.example.com/sent",
        starting_screen="Prepare",
        settings={"showBackButton": False, "taggerSettings": {"paletteSections": "default"}},
    )

    assert sent(call) == {
        "returnUrl": "https://app.example.com/sent",
        "viewAccess": "envelope",
        "settings": {
            "startingScreen": "Prepare",
            "showBackButton": "false",
            "taggerSettings": {"paletteSections": "default"},
        },
    }


@pytest.mark.parametrize(
    ("environment", "host"),
    [("demo", "appdemo.docusign.com"), ("production", "app.docusign.com")],
)
def test_a_link_that_lasts_leads_to_the_environments_own_site(environment: str, host: str) -> None:
    link = calls.document_link(ENVELOPE, environment=environment)

    assert link == f"https://{host}/documents/details/{ENVELOPE}"


# --- lists -----------------------------------------------------------------------------------


def test_a_list_of_templates_takes_larger_pages() -> None:
    assert query(calls.list_templates(page_size=2000).at(None))["count"] == "2000"


def test_an_empty_role_sends_nothing_that_was_not_set() -> None:
    new = EnvelopeDefinition(template_id="t", template_roles=[TemplateRole(role_name="Signer")])

    assert sent(calls.create_envelope(new)) == {
        "status": "created",
        "templateId": "t",
        "templateRoles": [{"roleName": "Signer"}],
    }
    nobody = Recipient(recipient_id="1", tabs=Tabs())
    assert sent(calls.add_recipients(ENVELOPE, [nobody])) == {"signers": [{"recipientId": "1"}]}


def test_every_operation_is_in_the_table() -> None:
    written = (
        Path(__file__).parent / name
        for name in ("operations.py", "administration.py", "deliveries.py")
    )
    used = set(re.findall(r"calls\.(\w+)", "".join(page.read_text() for page in written)))
    pure = {"document_link", "user_statuses"}

    assert {name for name in dir(calls) if isfunction(getattr(calls, name))} - pure <= used
