"""What is made of DocuSign's answers: text becomes values, nothing stays nothing, the unknown stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.call import Call, Response
from connectors.docusign import calls
from connectors.docusign.errors import ItemRefused
from connectors.docusign.models import (
    CreatedEnvelope,
    CustomFieldKind,
    Envelope,
    EnvelopeStatus,
    Recipient,
    RecipientKind,
    Recipients,
    RecipientStatus,
    Tabs,
    TabType,
)
from connectors.docusign.reading import DocuSignReader, tab_type
from connectors.errors import DecodeError
from tests.docusign.operations import ENVELOPE, SINCE, TEMPLATE

GUID = "8a34888d-396c-4b3b-80d2-7f58df111a3b"
NO_ID = "00000000-0000-0000-0000-000000000000"
LAST = datetime(2026, 3, 4, 23, 59, 59, 999_999, tzinfo=UTC)

SUMMARY: dict[str, Any] = {
    "status": "completed",
    "emailSubject": "Agreement",
    "emailBlurb": "",
    "envelopeId": ENVELOPE,
    "documentsUri": f"/envelopes/{ENVELOPE}/documents",
    "signingLocation": "online",
    "enableWetSign": "true",
    "allowReassign": "true",
    "createdDateTime": "2026-03-04T09:00:00.1230000Z",
    "lastModifiedDateTime": "2026-03-04T09:00:02.0000000Z",
    "initialSentDateTime": "2026-03-04T09:00:03.5770000Z",
    "sentDateTime": "2026-03-04T09:00:03.5770000Z",
    "deliveredDateTime": "2026-03-04T10:00:00.0000000Z",
    "completedDateTime": "2026-03-04T10:11:10.9700000Z",
    "statusChangedDateTime": "2026-03-04T10:11:10.9700000Z",
    "purgeState": "unpurged",
    "hasFormDataChanged": "true",
    "is21CFRPart11": "false",
    "sender": {
        "userName": "Sam Sender",
        "userId": GUID,
        "accountId": "acct",
        "email": "sam@example.com",
        "ipAddress": "203.0.113.7",
    },
    "customFields": {
        "textCustomFields": [
            {
                "fieldId": "1",
                "name": "ac_contact_id",
                "show": "false",
                "required": "false",
                "value": "42",
            }
        ],
        "listCustomFields": [{"fieldId": "2", "name": "team", "listItems": ["a", "b"]}],
    },
    "recipients": {
        "signers": [
            {
                "recipientId": "1",
                "recipientIdGuid": GUID,
                "userId": GUID,
                "name": "Ada Lovelace",
                "email": "ada@example.com",
                "roleName": "Signer",
                "routingOrder": "1",
                "status": "completed",
                "completedCount": "1",
                "sentDateTime": "2026-03-04T09:00:03.5000000Z",
                "deliveredDateTime": "2026-03-04T10:00:00.0000000Z",
                "signedDateTime": "2026-03-04T10:11:10.0000000Z",
                "deliveryMethod": "email",
                "recipientType": "signer",
                "totalTabCount": "3",
            }
        ],
        "agents": [],
        "editors": [],
        "carbonCopies": [{"recipientId": "2", "name": "Cleo", "status": "created"}],
        "inPersonSigners": [
            {
                "recipientId": "3",
                "hostName": "Sam",
                "hostEmail": "sam@example.com",
                "signerName": "Bob",
                "signerEmail": "bob@example.com",
                "status": "sent",
            }
        ],
        "recipientCount": "3",
        "currentRoutingOrder": "1",
    },
    "envelopeDocuments": [
        {"documentId": "1", "name": "A", "type": "content", "pages": "2", "sizeBytes": "12345"},
        {"documentId": "certificate", "type": "summary", "pages": [{"pageId": "1"}]},
    ],
}

_envelope = DocuSignReader.of(Envelope)


def read(call: Call[Any], body: object, status: int = 200) -> Any:
    return call.decode(Response(status=status, body=json.dumps(body).encode()))


def envelope(**changes: Any) -> Envelope:
    found = read(calls.get_envelope(ENVELOPE), {**SUMMARY, **changes})
    assert isinstance(found, Envelope)
    return found


# --- envelopes -------------------------------------------------------------------------------


def test_an_envelope_is_read_with_all_that_came_along() -> None:
    found = envelope()

    assert found.status is EnvelopeStatus.COMPLETED
    assert found.email_blurb is None
    assert found.created_at == datetime(2026, 3, 4, 9, 0, 0, 123_000, tzinfo=UTC)
    assert found.completed_at == datetime(2026, 3, 4, 10, 11, 10, 970_000, tzinfo=UTC)
    assert found.has_form_data_changed is True
    assert found.is_21_cfr_part_11 is False
    assert found.sender is not None
    assert found.sender.user_name == "Sam Sender"
    text, choice = found.custom_fields
    assert (text.kind, text.value, text.show) == (CustomFieldKind.TEXT, "42", False)
    assert (choice.kind, choice.list_items) == (CustomFieldKind.LIST, ("a", "b"))
    assert found.custom_field("ac_contact_id") == "42"
    assert found.custom_field("AC_CONTACT_ID") is None
    assert [document.pages for document in found.documents] == [2, 1]
    assert found.documents[0].size_bytes == 12345


def test_an_envelope_is_read_with_what_else_can_be_asked_for() -> None:
    file = {"attachmentId": "a", "attachmentType": ".txt", "name": "Notes", "label": "guidedForm"}
    workflow = {"workflowStatus": "paused", "workflowSteps": [{"workflowStepId": "s"}]}
    found = envelope(
        workflow=workflow,
        powerForm={"powerFormId": "p", "name": "Sign up"},
        envelopeAttachments=[{**file, "accessControl": "sender", "data": "aGk=", "remoteUrl": ""}],
        lockInformation={
            "lockedByApp": "an app",
            "lockedByUser": {"userName": "Sam", "userId": "u"},
            "lockedUntilDateTime": "2026-03-04T09:30:00.0000000Z",
            "lockToken": "s3cret",
            "errorDetails": {"errorCode": "SUCCESS"},
        },
        envelopeMetadata={"allowCorrect": "true", "allowAdvancedCorrect": "false"},
        emailSettings={
            "replyEmailAddressOverride": "reply@example.com",
            "replyEmailNameOverride": "",
            "bccEmailAddresses": [{"bccEmailAddressId": "1", "email": "archive@example.com"}],
        },
        isSignatureProviderEnvelope="false",
    )

    assert found.workflow == workflow
    assert found.power_form == {"powerFormId": "p", "name": "Sign up"}
    (attachment,) = found.attachments
    assert (attachment.attachment_id, attachment.attachment_type) == ("a", ".txt")
    assert (attachment.name, attachment.label) == ("Notes", "guidedForm")
    assert (attachment.access_control, attachment.data) == ("sender", "aGk=")
    assert attachment.remote_url is None
    assert found.lock is not None
    assert found.lock.locked_by is not None
    assert (found.lock.locked_by_app, found.lock.locked_by.user_name) == ("an app", "Sam")
    assert found.lock.locked_until == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    assert (found.lock.lock_token, found.lock.error) == ("s3cret", None)
    assert found.metadata is not None
    assert (found.metadata.allow_correct, found.metadata.allow_advanced_correct) == (True, False)
    settings = found.email_settings
    assert settings is not None
    assert settings.reply_email_address_override == "reply@example.com"
    assert settings.reply_email_name_override is None
    assert [each.email for each in settings.bcc_email_addresses] == ["archive@example.com"]
    assert settings.bcc_email_addresses[0].bcc_email_address_id == "1"
    assert found.is_signature_provider_envelope is False
    for secret in ("s3cret", "reply@", "archive@", "aGk="):
        assert secret not in repr(found)


def test_recipients_are_told_their_kind_by_the_list_they_stand_in() -> None:
    people = envelope().recipients

    assert people is not None
    assert (people.recipient_count, people.current_routing_order, len(people)) == (3, 1, 3)
    ada, cleo, bob = people
    assert (ada.kind, cleo.kind, bob.kind) == (
        RecipientKind.SIGNER,
        RecipientKind.CARBON_COPY,
        RecipientKind.IN_PERSON_SIGNER,
    )
    assert (ada.routing_order, ada.completed_count, ada.total_tab_count) == (1, 1, 3)
    assert ada.status is RecipientStatus.COMPLETED
    assert ada.signed_at == datetime(2026, 3, 4, 10, 11, 10, tzinfo=UTC)
    assert (bob.person_name, bob.person_email) == ("Bob", "bob@example.com")
    assert (ada.person_name, ada.person_email) == ("Ada Lovelace", "ada@example.com")
    assert people.by_id(GUID) is ada
    assert people.by_id("2") is cleo
    assert people.by_id("9") is None


def test_what_was_not_asked_for_is_none_or_empty() -> None:
    found = read(calls.get_envelope(ENVELOPE), {"envelopeId": ENVELOPE})

    assert found == Envelope(envelope_id=found.envelope_id)
    assert found.recipients is None
    assert found.custom_fields == ()


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_is_none_however_it_is_said(nothing: str | None) -> None:
    row = {
        "recipientId": "1",
        "name": nothing,
        "routingOrder": nothing,
        "signedDateTime": nothing,
        "delegatedTo": None,
        "status": nothing,
        "tabs": None,
    }
    found = envelope(
        emailSubject=nothing,
        voidedDateTime=nothing,
        hasFormDataChanged=nothing,
        customFields=None,
        sender=None,
        recipients={"signers": [row], "agents": None, "recipientCount": nothing},
    )

    assert found.email_subject is None
    assert found.voided_at is None
    assert found.has_form_data_changed is None
    assert found.custom_fields == ()
    assert found.sender is None
    assert found.recipients == Recipients(items=(Recipient(recipient_id="1"),))


def test_what_docusign_adds_one_day_stays_as_it_is() -> None:
    found = envelope(
        status="pondering",
        recipients={"holograms": [{"recipientId": "1", "status": "beamed"}]},
        customFields={"dateCustomFields": [{"name": "day", "value": "1"}]},
        news={"a": 1},
    )

    assert found.status == "pondering"
    assert found.recipients is not None
    (recipient,) = found.recipients
    assert (recipient.kind, recipient.status) == ("holograms", "beamed")
    assert found.custom_fields[0].kind == "date"


def test_ids_of_zeros_are_none() -> None:
    row = {"recipientId": "1", "recipientIdGuid": NO_ID}
    people = envelope(recipients={"signers": [row]}).recipients

    assert people is not None
    assert people.items[0].recipient_id_guid is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04T09:00:00.1234567Z", datetime(2026, 3, 4, 9, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-03-04T23:59:59.9999999Z", LAST),
        ("2026-03-04T23:59:59.9999999", LAST),
        ("2026-03-05T00:59:59.9999999+01:00", LAST),
        ("2026-03-04T09:00:00.12", datetime(2026, 3, 4, 9, 0, 0, 120_000, tzinfo=UTC)),
        ("2026-03-04T09:00:00", datetime(2026, 3, 4, 9, tzinfo=UTC)),
        ("2026-03-04T11:00:00+02:00", datetime(2026, 3, 4, 9, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("more", [{}, {"purgeState": 7}], ids=["read fast", "tolerantly"])
def test_every_time_has_a_zone_and_is_cut_not_rounded(
    text: str, moment: datetime, more: dict[str, int]
) -> None:
    found = envelope(sentDateTime=text, **more).sent_at

    assert found == moment
    assert found is not None
    assert found.utcoffset() is not None


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "yesterday"])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(DecodeError, match=r"\$\.sent_at: expected a date-time, got str"):
        envelope(sentDateTime=text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("True", True), (True, True), ("1", True), ("false", False), (False, False)],
)
def test_switches_come_as_text_or_not(text: object, value: bool) -> None:
    assert envelope(hasFormDataChanged=text).has_form_data_changed is value


def test_numbers_may_come_as_numbers() -> None:
    row = {"recipientId": 1, "routingOrder": 2}
    people = envelope(recipients={"signers": [row], "recipientCount": 1}).recipients

    assert people is not None
    assert people.recipient_count == 1
    assert (people.items[0].recipient_id, people.items[0].routing_order) == ("1", 2)


def test_an_item_says_why_it_was_refused_and_success_is_no_error() -> None:
    bad = {"recipientId": "1", "errorDetails": {"errorCode": "INVALID_EMAIL", "message": "no"}}
    good = {"recipientId": "2", "errorDetails": {"errorCode": "SUCCESS", "message": ""}}
    people = envelope(recipients={"signers": [bad, good]}).recipients

    assert people is not None
    assert [r.error.error_code if r.error else None for r in people] == ["INVALID_EMAIL", None]
    with pytest.raises(ItemRefused, match="recipient 1: INVALID_EMAIL no") as caught:
        people.raise_for_errors()
    assert caught.value.code == "INVALID_EMAIL"
    assert len(caught.value.items) == 1


# A value is read fast, or else tolerantly: both say the same.

SCALARS = st.sampled_from(
    ["", None, "true", "False", "1", "0", "12", "2026-03-04T09:00:00.1230000Z", "x", NO_ID]
)
TEXTS = ("emailSubject", "voidedReason", "purgeState", "transactionId")
PLACES = {
    **dict.fromkeys(TEXTS, st.sampled_from(["", None, "x", "null"])),
    "sentDateTime": st.sampled_from(["", None, "2026-03-04T09:00:00.1234567Z", "2026-03-04"]),
    "anySigner": st.sampled_from(["", None, "true", "False", "1", False]),
    "recipients": st.one_of(
        st.none(),
        st.dictionaries(
            st.sampled_from(["signers", "carbonCopies", "holograms"]),
            st.lists(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "recipientId": st.sampled_from(["1", "", None]),
                        "recipientIdGuid": st.sampled_from([GUID, NO_ID, "", None]),
                        "routingOrder": st.sampled_from(["1", "", None, 7]),
                        "status": st.sampled_from(["sent", "odd", "", None]),
                        "errorDetails": st.sampled_from(
                            [None, {"errorCode": "SUCCESS"}, {"errorCode": "X", "message": ""}, {}]
                        ),
                    },
                )
            ),
        ),
    ),
}


@given(st.fixed_dictionaries({}, optional=PLACES))
def test_both_readers_agree(changes: dict[str, Any]) -> None:
    body = json.dumps({"envelopeId": "e", **changes}, separators=(",", ":")).encode()
    try:
        fast = _envelope.one(body)
    except DecodeError:
        fast = None
    try:
        slow = _envelope.from_object(json.loads(body))
    except DecodeError:
        slow = None

    assert fast == slow


@pytest.mark.parametrize(
    "body",
    [
        b"<html>no</html>",
        b"[]",
        b"null",
        b"{}",
        b'{"envelopeId": "e", "recipients": []}',
        b'{"envelopeId": "e", "recipients": {"signers": [1]}}',
        b'{"envelopeId": "e", "recipients": {"signers": "all"}',
        b'{"envelopeId": "e", "sentDateTime": "yesterday"}',
        b'{"envelopeId": "e", "customFields": [1]}',
    ],
)
def test_what_is_not_documented_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        calls.get_envelope("e").decode(Response(status=200, body=body))


def test_a_decode_error_says_where_and_not_what() -> None:
    people = {"signers": [{"recipientId": "1", "sentDateTime": "ada@example.com"}]}
    with pytest.raises(DecodeError) as caught:
        envelope(recipients=people)

    assert "ada@" not in str(caught.value)


# --- tabs ------------------------------------------------------------------------------------


def test_tabs_are_told_their_type_and_the_senders_stand_apart() -> None:
    body = {
        "textTabs": [{"tabId": "1", "tabLabel": "company", "value": "X", "required": "true"}],
        "dateSignedTabs": [{"tabId": "2", "value": "11/22/2022 | 10:02 AM PST"}],
        "listTabs": [{"tabLabel": "plan", "listItems": [{"text": "Gold", "value": "gold"}]}],
        "radioGroupTabs": [{"groupName": "size", "radios": [{"value": "L", "selected": "true"}]}],
        "hologramTabs": [{"tabLabel": "odd"}],
        "tabGroups": [],
        "prefillTabs": {"textTabs": [{"tabId": "9", "tabLabel": "price", "value": ""}]},
    }
    found = read(calls.list_document_tabs(ENVELOPE, "1"), body)

    assert isinstance(found, Tabs)
    assert [tab.type for tab in found] == [
        TabType.TEXT,
        TabType.DATE_SIGNED,
        TabType.LIST,
        TabType.RADIO_GROUP,
        "hologram",
    ]
    assert found.items[0].required is True
    assert found.items[1].value == "11/22/2022 | 10:02 AM PST"
    assert found.items[3].key == "size"
    assert found.items[3].radios[0].selected is True
    (price,) = found.prefill
    assert (price.label, price.value, price.type) == ("price", None, TabType.TEXT)
    found.raise_for_errors()


@pytest.mark.parametrize("kind", list(TabType))
def test_the_list_of_a_type_leads_back_to_it(kind: TabType) -> None:
    from connectors.docusign.calls._bodies import tab_list

    assert tab_type(tab_list(kind)) is kind


def test_a_refused_tab_is_named() -> None:
    error = {"errorCode": "INVALID_TAB_OPERATION", "message": "no"}
    radio = {"groupName": "size", "radios": [{"value": "L", "errorDetails": error}]}
    found = read(calls.list_tabs(ENVELOPE, "1"), {"radioGroupTabs": [radio]})

    with pytest.raises(ItemRefused, match="radio of size: INVALID_TAB_OPERATION"):
        found.raise_for_errors()


# --- other answers ---------------------------------------------------------------------------


def test_a_new_envelope_has_an_id() -> None:
    call = calls.create_envelope(calls_definition())
    made = read(
        call,
        {
            "envelopeId": ENVELOPE,
            "status": "created",
            "statusDateTime": "2026-03-04T09:00:00.0000000Z",
            "uri": f"/envelopes/{ENVELOPE}",
        },
        201,
    )

    assert made == CreatedEnvelope(
        envelope_id=made.envelope_id,
        status=EnvelopeStatus.CREATED,
        status_changed_at=datetime(2026, 3, 4, 9, tzinfo=UTC),
        uri=f"/envelopes/{ENVELOPE}",
    )


def test_a_201_with_an_error_is_an_error() -> None:
    body = {"errorDetails": {"errorCode": "UNSPECIFIED_ERROR", "message": "to a@x.org"}}
    with pytest.raises(ItemRefused, match="envelope: UNSPECIFIED_ERROR") as caught:
        read(calls.create_envelope(calls_definition()), body, 201)

    assert "a@x.org" not in str(caught.value)


def test_a_201_without_an_id_is_no_answer() -> None:
    with pytest.raises(DecodeError, match="envelopeId"):
        read(calls.create_envelope(calls_definition()), {"status": "created"}, 201)


def calls_definition() -> Any:
    from connectors.docusign.models import EnvelopeDefinition

    return EnvelopeDefinition(template_id=TEMPLATE)


@pytest.mark.parametrize(
    "body",
    [
        {"envelopeId": "e", "errorDetails": {"errorCode": "X", "message": "m"}},
        {"recipientUpdateResults": [{"recipientId": "1", "errorDetails": {"errorCode": "X"}}]},
        {"textCustomFieldUpdateResults": [{"name": "a", "errorDetails": {"errorCode": "X"}}]},
        {"listCustomFieldUpdateResults": [{"name": "a", "errorDetails": {"errorCode": "X"}}]},
        {"tabUpdateResults": {"textTabs": [{"tabId": "1", "errorDetails": {"errorCode": "X"}}]}},
    ],
)
def test_a_change_that_was_refused_in_part_is_an_error(body: dict[str, Any]) -> None:
    with pytest.raises(ItemRefused, match="X"):
        read(calls.send_envelope("e"), body)


def test_several_recipients_are_reported_one_by_one() -> None:
    rows = [
        {"recipientId": "1", "recipientIdGuid": GUID, "combined": "false"},
        {"recipientId": "2", "errorDetails": {"errorCode": "INVALID_RECIPIENT_ID"}},
    ]
    ada = Recipient(recipient_id="1", name="Ada")
    found = read(calls.update_recipients(ENVELOPE, [ada]), {"recipientUpdateResults": rows})

    assert [each.error is None for each in found] == [True, False]
    assert found.items[0].combined is False
    with pytest.raises(ItemRefused, match="recipient 2: INVALID_RECIPIENT_ID"):
        found.raise_for_errors()
    with pytest.raises(ItemRefused, match=r"^docusign .*recipient 2: INVALID_RECIPIENT_ID"):
        read(calls.update_recipient(ENVELOPE, "2", name="Bob"), {"recipientUpdateResults": rows})


def test_form_data_is_read_with_its_odd_names() -> None:
    found = read(
        calls.get_form_data(ENVELOPE),
        {
            "envelopeId": ENVELOPE,
            "status": "completed",
            "emailSubject": "Offer",
            "sentDateTime": "2020-08-01T01:08:16.0000000Z",
            "formData": [{"name": "company", "value": "X", "originalValue": ""}],
            "prefillFormData": {
                "senderUserId": GUID,
                "senderName": "Sam",
                "senderEmail": "sam@example.com",
                "formData": [{"name": "price", "value": "1", "numericalValue": "1"}],
            },
            "recipientFormData": [
                {
                    "recipientId": GUID,
                    "name": "Ada",
                    "email": "ada@example.com",
                    "SentTime": "2020-08-01T01:08:16.0000000Z",
                    "DeliveredTime": "2020-08-01T01:09:16.0000000Z",
                    "SignedTime": "2020-08-01T01:10:16.0000000Z",
                    "DeclinedTime": "",
                    "formData": [{"name": "plan", "listSelectedValue": "gold"}],
                }
            ],
        },
    )

    assert [(i.name, i.value, i.original_value) for i in found.items] == [("company", "X", None)]
    assert found.prefill.items[0].numerical_value == "1"
    ada = found.of_recipient(GUID)
    assert ada.signed_at - ada.sent_at == timedelta(minutes=2)
    assert ada.declined_at is None
    assert ada.items[0].list_selected_value == "gold"
    assert found.of_recipient("1") is None


def test_the_history_is_names_and_values() -> None:
    rows = [{"name": "Action", "value": "Sent"}, {"name": "UserName", "value": "Sam"}]
    (event,) = read(calls.list_audit_events(ENVELOPE), {"auditEvents": [{"eventFields": rows}]})

    assert event.get("action") == "Sent"
    assert event.get("colour") is None


def test_a_lock_tells_until_when_it_holds() -> None:
    found = read(
        calls.lock_envelope(ENVELOPE),
        {
            "lockToken": "t",
            "lockDurationInSeconds": "600",
            "lockedUntilDateTime": "2026-03-04T09:00:00.0000000Z",
            "lockedByUser": {"userId": GUID, "userName": "Sam"},
            "useScratchPad": "false",
            "lockType": "edit",
        },
    )

    assert found.locked_until == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert (found.lock_duration_in_seconds, found.use_scratch_pad) == (600, False)
    assert found.locked_by.user_id == GUID
    with pytest.raises(ItemRefused, match="lock: X"):
        read(calls.get_lock(ENVELOPE), {"errorDetails": {"errorCode": "X"}})


def test_a_template_has_times_of_its_own_names() -> None:
    found = read(
        calls.get_template(TEMPLATE),
        {
            "templateId": TEMPLATE,
            "name": "Offer",
            "shared": "true",
            "created": "2026-03-04T09:00:00.0000000Z",
            "lastModified": "2026-03-05T09:00:00.0000000Z",
            "owner": {"userId": GUID, "userName": "Sam", "email": "sam@example.com"},
            "pageCount": "3",
            "folderIds": ["f"],
            "recipients": {"signers": [{"recipientId": "1", "roleName": "Signer"}]},
        },
    )

    assert (found.shared, found.page_count, found.folder_ids) == (True, 3, ("f",))
    assert found.last_modified_at - found.created_at == timedelta(days=1)
    assert found.owner.user_name == "Sam"
    assert found.recipients.items[0].role_name == "Signer"


def test_an_envelope_tells_the_templates_it_was_made_of() -> None:
    row = {
        "templateId": TEMPLATE,
        "name": "Offer",
        "documentId": "1",
        "documentName": "Agreement",
        "uri": f"/templates/{TEMPLATE}",
        "applied": "true",
        "errorDetails": {"errorCode": "SUCCESS", "message": ""},
    }
    wrong = {"templateId": GUID, "errorDetails": {"errorCode": "TEMPLATE_ID_INVALID"}}
    first, second = read(calls.list_envelope_templates(ENVELOPE), {"templates": [row, wrong]})

    assert (first.template_id, first.name, first.uri) == (TEMPLATE, "Offer", row["uri"])
    assert (first.document_id, first.document_name, first.error) == ("1", "Agreement", None)
    assert second.error.error_code == "TEMPLATE_ID_INVALID"
    assert second.name is None


@pytest.mark.parametrize("body", [{}, {"templates": None}, {"templates": []}])
def test_an_envelope_of_no_template_tells_none(body: dict[str, Any]) -> None:
    assert read(calls.list_envelope_templates(ENVELOPE), body) == ()


def test_a_document_that_is_a_web_page_is_none() -> None:
    call = calls.get_document(ENVELOPE, "combined")
    page = Response(status=200, headers={"content-type": "text/html"}, body=b"<html>")
    with pytest.raises(DecodeError, match="a web page"):
        call.decode(page)
    assert call.decode(Response(status=200, body=b"%PDF")) == b"%PDF"


# --- pages -----------------------------------------------------------------------------------

ROWS = [{"envelopeId": str(n), "status": "sent"} for n in range(4)]


@pytest.mark.parametrize(
    ("counters", "cursor", "total"),
    [
        ({"resultSetSize": "4", "totalSetSize": "9", "nextUri": "/x"}, "14", 9),
        ({"resultSetSize": "4", "totalSetSize": "14"}, None, 14),
        ({"resultSetSize": "4", "totalSetSize": "15", "nextUri": ""}, "14", 15),
        ({"nextUri": "/envelopes?start_position=14"}, "14", None),
        ({"nextUri": ""}, None, None),
        ({}, None, None),
    ],
)
def test_a_page_tells_where_the_next_one_begins(
    counters: dict[str, str], cursor: str | None, total: int | None
) -> None:
    start = "0" if total == 9 else "10"
    page = read(calls.list_envelopes(from_date=SINCE).at(start), {"envelopes": ROWS, **counters})

    assert page.total == total
    assert page.cursor == ("4" if total == 9 else cursor)
    assert len(page.items) == 4


def test_an_empty_page_is_the_last_whatever_is_counted() -> None:
    page = read(
        calls.list_envelopes(from_date=SINCE).at("10"),
        {"resultSetSize": "0", "totalSetSize": "900", "nextUri": "/x"},
    )

    assert (page.items, page.cursor) == ((), None)


def test_envelopes_of_another_status_than_asked_for_are_left_out() -> None:
    rows = [{"envelopeId": "1", "status": "sent"}, {"envelopeId": "2", "status": "voided"}]
    answer = {"envelopes": rows, "totalSetSize": "9"}

    page = read(calls.list_envelopes(from_date=SINCE, statuses=["voided"]).at(None), answer)
    assert [e.envelope_id for e in page.items] == ["2"]
    assert page.cursor == "2"
    every = read(calls.list_envelopes(from_date=SINCE, statuses=["any"]).at(None), answer)
    assert len(every.items) == 2


def test_transactions_are_told_with_their_envelopes() -> None:
    found = read(
        calls.get_envelope_statuses(transaction_ids=["a", "b"]),
        {
            "envelopes": [{"envelopeId": "e", "status": "sent"}],
            "envelopeTransactionStatuses": [
                {"transactionId": "a", "envelopeId": "e", "status": "sent"},
                {"transactionId": "b", "errorDetails": {"errorCode": "NONE", "message": "no"}},
            ],
        },
    )

    assert [t.envelope_id for t in found.transactions] == ["e", None]
    assert len(found) == 1
    with pytest.raises(ItemRefused, match="transaction b: NONE no"):
        found.raise_for_errors()
