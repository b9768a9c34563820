"""Bulk send: lists of copies, their test, their sending, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from ...core.call import Call, Pages, WriteClass
from ...core.given import ids, named, path
from ...core.wire import Names, Reader, parse
from ...errors import ConfigError
from ..models.bulk import (
    BulkBatch,
    BulkCopy,
    BulkFailure,
    BulkList,
    BulkRecipient,
    BulkSend,
    BulkTest,
)
from ..reading import DocuSignReader
from ._connect import present
from ._parts import PAGE_SIZE, call, deletion, filled, pages


@frozen(kw_only=True)
class _Lists:
    bulk_list_summaries: tuple[BulkList, ...] = ()


@frozen(kw_only=True)
class _Batches:
    bulk_batch_summaries: tuple[BulkBatch, ...] = ()


_BATCH_NAMES: Names = {
    BulkBatch: {
        "name": "batchName",
        "size": "batchSize",
        "submitted_at": "submittedDate",
        "list_id": "mailingListId",
        "list_name": "mailingListName",
        "envelope_or_template_id": "envelopeIdOrTemplateId",
        "failures": "bulkErrors",
    },
    BulkFailure: {"message": "errorMessage", "created_at": "created"},
}

_list = Reader(BulkList, {BulkList: {"copies": "bulkCopies"}}, loose=True)
_lists = DocuSignReader.of(
    _Lists,
    {
        BulkList: {
            "list_id": "bulkSendListId",
            "created_at": "createdDate",
            "created_by": "createdByUser",
            "copies": "bulkCopies",
        }
    },
)
_test = DocuSignReader.of(
    BulkTest,
    {BulkTest: {"errors": "validationErrors", "error_details": "validationErrorDetails"}},
)
_sent = DocuSignReader.of(BulkSend)
_batch = DocuSignReader.of(BulkBatch, _BATCH_NAMES)
_batches = DocuSignReader.of(_Batches, _BATCH_NAMES)


# --- lists -----------------------------------------------------------------------------------


def list_bulk_lists() -> Call[tuple[BulkList, ...]]:
    """The bulk send lists of the user, without their copies."""
    return call(
        "bulk.lists",
        "GET",
        "bulk_send_lists",
        lambda r: _lists.one(r.body).bulk_list_summaries,
    )


def get_bulk_list(list_id: str) -> Call[BulkList]:
    """One list with its copies."""
    where = path("bulk_send_lists", list_id)
    return call("bulk.get_list", "GET", where, lambda r: _read_list(r.body))


def create_bulk_list(name: str, copies: Iterable[BulkCopy]) -> Call[BulkList]:
    """Create a list of copies to send.

    Raises:
        ConfigError: no name, no copy, a copy without recipients, or recipients that are told by
            role and by id in one list.
    """
    return call(
        "bulk.create_list",
        "POST",
        "bulk_send_lists",
        lambda r: _read_list(r.body),
        body=_list_body(name, copies),
        write_class=WriteClass.MARKED,
    )


def update_bulk_list(list_id: str, *, name: str, copies: Iterable[BulkCopy]) -> Call[BulkList]:
    """Replace the name and all copies of a list.

    Raises:
        ConfigError: as `create_bulk_list`.
    """
    return call(
        "bulk.update_list",
        "PUT",
        path("bulk_send_lists", list_id),
        lambda r: _read_list(r.body),
        body=_list_body(name, copies),
    )


def delete_bulk_list(list_id: str) -> Call[None]:
    """Delete a list; one that is gone already counts as deleted."""
    return deletion("bulk.delete_list", path("bulk_send_lists", list_id))


def _list_body(name: str, copies: Iterable[BulkCopy]) -> dict[str, object]:
    found = list(copies)
    if not found:
        raise ConfigError("copies is empty; a bulk send needs one copy at least")
    everybody = [recipient for copy in found for recipient in copy.recipients]
    if not all(copy.recipients for copy in found):
        raise ConfigError("a copy of a bulk send has no recipient")
    by_role = [bool(recipient.role_name) for recipient in everybody]
    by_id = [bool(recipient.recipient_id) for recipient in everybody]
    if any(by_role) == any(by_id) or not (all(by_role) or all(by_id)):
        raise ConfigError(
            "each recipient of a bulk send has a role_name, or each has a recipient_id"
        )
    return {
        "name": named("the name of a bulk send list", name),
        "bulkCopies": [_copy_body(copy) for copy in found],
    }


def _copy_body(copy: BulkCopy) -> dict[str, object]:
    return filled(
        {
            "recipients": [_recipient_body(recipient) for recipient in copy.recipients],
            "emailSubject": copy.email_subject,
            "emailBlurb": copy.email_blurb,
            "customFields": [{"name": k, "value": v} for k, v in copy.custom_fields.items()],
        }
    )


def _recipient_body(recipient: BulkRecipient) -> dict[str, object]:
    return filled(
        {
            "roleName": recipient.role_name,
            "recipientId": recipient.recipient_id,
            "name": recipient.name,
            "email": recipient.email,
            "tabs": [{"tabLabel": k, "initialValue": v} for k, v in recipient.tabs.items()],
            "accessCode": recipient.access_code,
            "clientUserId": recipient.client_user_id,
            "note": recipient.note,
            "signingGroupId": recipient.signing_group_id,
            "customFields": recipient.custom_fields,
        }
    )


def _read_list(body: bytes) -> BulkList:
    """A list whose pairs of names and values are told as such by each copy."""
    found: Any = present(parse(body))
    copies = found.get("bulkCopies") if isinstance(found, dict) else None
    for copy in copies or ():
        if isinstance(copy, dict):
            copy["customFields"] = _pairs(copy.get("customFields"), "name", "value")
            for recipient in copy.get("recipients") or ():
                if isinstance(recipient, dict):
                    recipient["tabs"] = _pairs(recipient.get("tabs"), "tabLabel", "initialValue")
    return _list.from_object(found)


def _pairs(rows: Any, name: str, value: str) -> dict[str, str]:
    found = [row for row in rows or () if isinstance(row, dict) and row.get(name)]
    return {str(row[name]): str(row.get(value, "")) for row in found}


# --- sending ---------------------------------------------------------------------------------


def try_bulk_list(list_id: str, envelope_or_template_id: str) -> Call[BulkTest]:
    """Whether a list fits an envelope or a template; nothing is sent."""
    return call(
        "bulk.test",
        "POST",
        path("bulk_send_lists", list_id, "test"),
        lambda r: _test.one(r.body),
        body={"envelopeOrTemplateId": _what(envelope_or_template_id)},
    )


def send_bulk_list(
    list_id: str, envelope_or_template_id: str, *, batch_name: str | None = None
) -> Call[BulkSend]:
    """Send a copy of an envelope or a template for each copy of a list; never repeated by itself.

    `errors` of the answer says what was not queued.
    """
    body = {"envelopeOrTemplateId": _what(envelope_or_template_id)}
    if batch_name:
        body["batchName"] = batch_name
    return call(
        "bulk.send",
        "POST",
        path("bulk_send_lists", list_id, "send"),
        lambda r: _sent.one(r.body),
        body=body,
        write_class=WriteClass.UNSAFE,
    )


def _what(envelope_or_template_id: str) -> str:
    return named("the id of an envelope or a template", envelope_or_template_id)


# --- batches ---------------------------------------------------------------------------------


def list_bulk_batches(
    *,
    batch_ids: Sequence[str] = (),
    search: str | None = None,
    status: str | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[BulkBatch]:
    """The bulk sends of the account, without what failed of each."""
    query = [
        ("batch_ids", ids("batch_ids", batch_ids) or None),
        ("search_text", search),
        ("status", status),
    ]
    return pages(
        "bulk.batches",
        "bulk_send_batch",
        lambda b: _batches.one(b).bulk_batch_summaries,
        query,
        page_size,
    )


def get_bulk_batch(batch_id: str) -> Call[BulkBatch]:
    """How far a bulk send is, and what failed of it."""
    where = path("bulk_send_batch", batch_id)
    return call("bulk.get_batch", "GET", where, lambda r: _batch.one(r.body))
