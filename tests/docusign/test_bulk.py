"""Bulk send, as values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from attrs import evolve

from connectors.core.call import Call, Response
from connectors.docusign import calls
from connectors.docusign.models import (
    BatchId,
    BulkBatch,
    BulkCopy,
    BulkFailure,
    BulkList,
    BulkListId,
    BulkRecipient,
    BulkSend,
    BulkTest,
)
from connectors.errors import ConfigError, DecodeError
from tests.docusign.administration import BY_ID, COPY

MARK = "c4n4ry"


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def query(call: Call[Any]) -> dict[str, str]:
    return dict(parse_qsl(call.request.query, keep_blank_values=True))


def read(call: Call[Any], body: object, status: int = 200) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call.decode(Response(status=status, body=raw))


WRITTEN = {
    "name": "spring",
    "bulkCopies": [
        {
            "emailSubject": "Agreement for Ada",
            "emailBlurb": "Please sign",
            "customFields": [{"name": "ac_contact_id", "value": "42"}],
            "recipients": [
                {
                    "roleName": "Signer",
                    "name": "Ada Lovelace",
                    "email": "ada@example.com",
                    "tabs": [{"tabLabel": "company", "initialValue": "Analytical Ltd"}],
                    "accessCode": "1234",
                    "clientUserId": "7",
                    "note": "Hello",
                    "signingGroupId": "9",
                    "customFields": ["vip"],
                }
            ],
        }
    ],
}


def test_a_list_is_written_as_docusign_has_it() -> None:
    assert sent(calls.create_bulk_list("spring", [COPY])) == WRITTEN
    assert sent(calls.update_bulk_list("l", name="summer", copies=iter([BY_ID]))) == {
        "name": "summer",
        "bulkCopies": [{"recipients": [{"recipientId": "1", "email": "ida@example.com"}]}],
    }


def test_what_was_written_is_read_the_same() -> None:
    found = read(calls.get_bulk_list("l"), WRITTEN | {"listId": "l"})

    assert found == BulkList(list_id=BulkListId("l"), name="spring", copies=(COPY,))


def test_an_answer_may_say_little() -> None:
    body = {"listId": "l", "name": "", "bulkCopies": [{"recipients": None, "customFields": None}]}

    assert read(calls.create_bulk_list("spring", [COPY]), body, 201) == BulkList(
        list_id=BulkListId("l"), copies=(BulkCopy(),)
    )
    assert read(calls.get_bulk_list("l"), {"listId": "l"}) == BulkList(list_id=BulkListId("l"))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"bulkCopies": [7]}'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(calls.get_bulk_list("l"), body)


def test_lists_are_read_without_their_copies() -> None:
    body = {
        "bulkListSummaries": [
            {
                "bulkSendListId": "l",
                "name": "spring",
                "createdByUser": "u1",
                "createdDate": "2026-03-02T08:00:00.0000000Z",
            }
        ]
    }

    assert read(calls.list_bulk_lists(), body) == (
        BulkList(
            list_id=BulkListId("l"),
            name="spring",
            created_by="u1",
            created_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        ),
    )
    assert read(calls.list_bulk_lists(), {"bulkListSummaries": None}) == ()


ROLE = BulkRecipient(role_name="Signer")
NUMBER = BulkRecipient(recipient_id="1")


@pytest.mark.parametrize(
    ("copies", "why"),
    [
        ([], "one copy at least"),
        ([BulkCopy()], "no recipient"),
        ([BulkCopy(recipients=(BulkRecipient(email="a@x.y"),))], "role_name"),
        ([BulkCopy(recipients=(ROLE, NUMBER))], "role_name"),
        ([BulkCopy(recipients=(ROLE,)), BulkCopy(recipients=(NUMBER,))], "role_name"),
        ([BulkCopy(recipients=(evolve(ROLE, recipient_id="1"),))], "role_name"),
    ],
)
def test_a_list_that_docusign_would_refuse_is_not_sent(copies: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        calls.create_bulk_list("spring", copies)
    with pytest.raises(ConfigError, match=why):
        calls.update_bulk_list("l", name="spring", copies=copies)


def test_a_list_needs_a_name() -> None:
    with pytest.raises(ConfigError, match="name"):
        calls.create_bulk_list("", [COPY])


def test_a_list_is_tested_before_it_is_sent() -> None:
    call = calls.try_bulk_list("l", "t")
    body = {
        "canBeSent": False,
        "validationErrors": ["BULK_SEND_ROLE_NOT_FOUND"],
        "validationErrorDetails": ["no role of this name"],
    }

    assert sent(call) == {"envelopeOrTemplateId": "t"}
    assert read(call, body) == BulkTest(
        can_be_sent=False,
        errors=("BULK_SEND_ROLE_NOT_FOUND",),
        error_details=("no role of this name",),
    )
    assert read(call, {"canBeSent": "true", "validationErrors": None}) == BulkTest(can_be_sent=True)


def test_what_was_not_queued_is_told_in_texts() -> None:
    call = calls.send_bulk_list("l", "t", batch_name="spring")
    body = {
        "batchId": "b",
        "batchName": "spring",
        "batchSize": "2",
        "totalQueued": "1",
        "queueLimit": "2000",
        "envelopeOrTemplateId": "t",
        "errors": ["BULK_SEND_FAILED"],
        "errorDetails": ["one copy was left out"],
    }

    assert sent(call) == {"envelopeOrTemplateId": "t", "batchName": "spring"}
    assert sent(calls.send_bulk_list("l", "t")) == {"envelopeOrTemplateId": "t"}
    assert read(call, body, 201) == BulkSend(
        batch_id=BatchId("b"),
        batch_name="spring",
        batch_size=2,
        total_queued=1,
        queue_limit=2000,
        envelope_or_template_id="t",
        errors=("BULK_SEND_FAILED",),
        error_details=("one copy was left out",),
    )


def test_nothing_to_send_is_refused() -> None:
    for make in (calls.try_bulk_list, calls.send_bulk_list):
        with pytest.raises(ConfigError, match="an envelope or a template"):
            make("l", "")


def test_how_far_a_batch_is() -> None:
    body = {
        "batchId": "b",
        "batchName": "spring",
        "batchSize": "3",
        "queued": "1",
        "sent": "1",
        "failed": "1",
        "submittedDate": "2026-03-02T08:00:00.0000000Z",
        "mailingListId": "l",
        "mailingListName": "list",
        "envelopeIdOrTemplateId": "t",
        "senderUserId": "u",
        "action": "",
        "bulkErrors": [
            {
                "created": "2026-03-02T08:00:01.0000000Z",
                "errorMessage": "no such address",
                "recipientEmails": ["ada@example.com"],
            }
        ],
    }
    found = read(calls.get_bulk_batch("b"), body)

    assert found == BulkBatch(
        batch_id=BatchId("b"),
        name="spring",
        size=3,
        queued=1,
        sent=1,
        failed=1,
        submitted_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
        list_id=BulkListId("l"),
        list_name="list",
        envelope_or_template_id="t",
        sender_user_id="u",
        failures=(
            BulkFailure(
                message="no such address",
                created_at=datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC),
                recipient_emails=("ada@example.com",),
            ),
        ),
    )
    assert not found.settled
    assert evolve(found, queued=0).settled


def test_batches_come_in_pages() -> None:
    pages = calls.list_bulk_batches(batch_ids=["b", "c"], search="s", status="sent", page_size=1)
    body = {
        "bulkBatchSummaries": [{"batchId": "b", "queued": "0", "sent": "2", "failed": "0"}],
        "batchSizeLimit": "1000",
        "resultSetSize": "1",
        "totalSetSize": "2",
    }
    page = read(pages.at(None), body)

    assert query(pages.at("1")) == {
        "batch_ids": "b,c",
        "search_text": "s",
        "status": "sent",
        "count": "1",
        "start_position": "1",
    }
    assert page.items == (BulkBatch(batch_id=BatchId("b"), sent=2),)
    assert page.cursor == "1"


def test_no_person_is_shown() -> None:
    person = BulkRecipient(
        role_name="Signer",
        name=MARK,
        email=f"{MARK}@x.org",
        tabs={"a": MARK},
        access_code=MARK,
        note=MARK,
        custom_fields=(MARK,),
    )
    copy = BulkCopy(recipients=(person,), email_blurb=MARK, custom_fields={"a": MARK})

    assert MARK not in repr(BulkList(copies=(copy,), created_by=MARK))
    assert MARK not in repr(copy)
    assert MARK not in repr(BulkFailure(message=MARK, recipient_emails=(f"{MARK}@x.org",)))
    assert MARK not in repr(BulkSend(error_details=(MARK,)))
    assert MARK not in repr(BulkTest(error_details=(MARK,)))
