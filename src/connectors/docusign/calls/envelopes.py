"""Envelopes: to create, send, find, read, change and void them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, get_args

from attrs import frozen

from ...core.call import Call, Page, Pages, Response, WriteClass
from ...core.given import ids, named, one_of, path, sized
from ...core.wire import UNSET, Unset
from ...errors import ConfigError, DecodeError
from ..errors import raise_for
from ..models.definitions import EnvelopeDefinition
from ..models.envelopes import Envelope, EnvelopeId, EnvelopeLock, EnvelopeStatus
from ..models.results import (
    CreatedEnvelope,
    EnvelopeStatuses,
    EnvelopeUpdate,
    TransactionStatus,
)
from ..models.tabs import ErrorDetails
from ..reading import DocuSignReader
from ._bodies import definition_body, subject
from ._parts import PAGE_SIZE, Counters, call, counted, filled, listing, several
from ._updates import edit_headers, read_update

EnvelopeInclude = Literal[
    "custom_fields",
    "documents",
    "document_fields",
    "attachments",
    "extensions",
    "folders",
    "recipients",
    "powerform",
    "prefill_tabs",
    "tabs",
    "payment_tabs",
    "workflow",
]
"""What one envelope brings along."""

ListInclude = Literal[
    "custom_fields",
    "documents",
    "attachments",
    "extensions",
    "folders",
    "recipients",
    "payment_tabs",
]
"""What the envelopes of a list bring along."""

Change = Literal[
    "changed",
    "created",
    "sent",
    "delivered",
    "signed",
    "completed",
    "declined",
    "voided",
    "deleted",
    "processing",
]
"""Which change of an envelope a window of time is about."""

EnvelopeOrder = Literal[
    "last_modified",
    "action_required",
    "created",
    "completed",
    "envelope_name",
    "expire",
    "sent",
    "signer_list",
    "status",
    "subject",
    "user_name",
    "status_changed",
]

LONGEST_REASON = 200
"""Characters of the reason for which an envelope is voided; DocuSign cuts what is longer."""

_STATUSES = (
    *("created", "sent", "delivered", "signed", "completed", "declined", "voided", "deleted"),
    *("processing", "timedout", "any"),
)


@frozen(kw_only=True)
class _Created:
    envelope_id: EnvelopeId | None = None
    status: EnvelopeStatus | str | None = None
    status_changed_at: datetime | None = None
    uri: str | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class _Envelopes:
    envelopes: tuple[Envelope, ...] = ()
    envelope_transaction_statuses: tuple[TransactionStatus, ...] = ()
    total_set_size: int | None = None
    next_uri: str | None = None


_error = {"error": "errorDetails"}
_created = DocuSignReader.of(
    _Created, {_Created: {"status_changed_at": "statusDateTime", **_error}}
)
_envelope = DocuSignReader.of(Envelope)
_envelopes = DocuSignReader.of(_Envelopes, {TransactionStatus: _error})


def create_envelope(
    definition: EnvelopeDefinition,
    *,
    send: bool = False,
    merge_roles_on_draft: bool | None = None,
    change_routing_order: bool | None = None,
    tab_label_exact_matches: bool | None = None,
) -> Call[CreatedEnvelope]:
    """Create an envelope: a draft, or one that goes out at once.

    Args:
        send: whether it goes out; else it is a draft, which may be incomplete.
        merge_roles_on_draft: for drafts of several templates, one recipient for each role.
        change_routing_order: whether the order of `recipients` counts for templates' recipients.
        tab_label_exact_matches: whether values go to tabs of exactly their label alone.

    Raises:
        ConfigError: what DocuSign would refuse, or silently leave out.
    """
    return call(
        "envelopes.create",
        "POST",
        "envelopes",
        _read_created,
        query=[
            ("merge_roles_on_draft", merge_roles_on_draft),
            ("change_routing_order", change_routing_order),
            ("tab_label_exact_matches", tab_label_exact_matches),
        ],
        body=definition_body(definition, send=send),
        write_class=WriteClass.MARKED if definition.transaction_id else WriteClass.UNSAFE,
    )


def _read_created(response: Response) -> CreatedEnvelope:
    found = _created.one(response.body)
    raise_for([("envelope", found.error)])
    if found.envelope_id is None:
        raise DecodeError("the answer says no envelopeId", paths=["$.envelopeId: missing"])
    return CreatedEnvelope(
        envelope_id=found.envelope_id,
        status=found.status,
        status_changed_at=found.status_changed_at,
        uri=found.uri,
    )


def list_envelopes(
    *,
    from_date: datetime | None = None,
    to_date: datetime | None = None,
    from_to_status: Change | None = None,
    statuses: Iterable[EnvelopeStatus | str] = (),
    include: Iterable[ListInclude] = (),
    envelope_ids: Iterable[str] = (),
    transaction_ids: Iterable[str] = (),
    custom_field: tuple[str, str] | None = None,
    search_text: str | None = None,
    folder_ids: Iterable[str] = (),
    user_id: str | None = None,
    order_by: EnvelopeOrder | None = None,
    descending: bool = False,
    page_size: int = PAGE_SIZE,
) -> Pages[Envelope]:
    """Envelopes that changed within a window of time, or those of some ids.

    Args:
        from_date: with a zone; needed unless ids are given.
        to_date: now, where it is left out. Let windows overlap when you ask again and again.
        from_to_status: the change that the window is about; any, where it is left out.
        statuses: what they are now. "any" leaves out drafts: ask for "created" beside it.
        custom_field: those with this name and value alone.

    Raises:
        ConfigError: neither a date nor ids, a date without a zone, or a word DocuSign has not.
    """
    wanted = several("statuses", [_text(each) for each in _listed(statuses)], _STATUSES)
    some, transactions = ids("envelope_ids", envelope_ids), ids("transaction_ids", transaction_ids)
    if from_date is None and not some and not transactions:
        raise ConfigError("a list of envelopes needs from_date, envelope_ids or transaction_ids")
    if from_date and to_date and from_date.tzinfo and to_date.tzinfo and to_date < from_date:
        raise ConfigError("to_date lies before from_date")
    query: list[tuple[str, object]] = [
        ("from_date", from_date),
        ("to_date", to_date),
        ("from_to_status", from_to_status and one_of("change", from_to_status, get_args(Change))),
        ("status", wanted or None),
        ("include", several("include", include, get_args(ListInclude)) or None),
        ("envelope_ids", some or None),
        ("transaction_ids", transactions or None),
        ("custom_field", custom_field and _pair(custom_field)),
        ("search_text", search_text),
        ("folder_ids", ids("folder_ids", folder_ids) or None),
        ("user_id", user_id),
        ("order_by", order_by and one_of("order_by", order_by, get_args(EnvelopeOrder))),
        ("order", "desc" if descending else None),
    ]
    now = frozenset(wanted)

    def decode(response: Response, start: int) -> Page[Envelope]:
        found = _envelopes.one(response.body)
        said = Counters(total_set_size=found.total_set_size, next_uri=found.next_uri)
        page = counted(found.envelopes, response, start, said)
        if not now or "any" in now:
            return page
        # DocuSign may answer with others than those asked for.
        kept = tuple(each for each in page.items if _text(each.status) in now)
        return Page(items=kept, cursor=page.cursor, total=page.total, date=page.date)

    return listing("envelopes.list", "envelopes", decode, query, page_size)


def _pair(custom_field: tuple[str, str]) -> str:
    if isinstance(custom_field, str) or len(custom_field) != 2:
        raise ConfigError('custom_field is a name and a value, such as ("crm", "42")')
    name, value = custom_field
    return f"{named('the name of a custom field', name)}={value}"


def _listed(values: Iterable[EnvelopeStatus | str]) -> list[EnvelopeStatus | str]:
    if isinstance(values, str):
        raise ConfigError("statuses takes a list, not one text")
    return list(values)


def _text(status: EnvelopeStatus | str | None) -> str:
    return status.value if isinstance(status, EnvelopeStatus) else str(status).lower()


def get_envelope(
    envelope_id: str, *, include: Iterable[EnvelopeInclude] = (), advanced_update: bool = False
) -> Call[Envelope]:
    """One envelope, with what is asked for beside it."""
    return call(
        "envelopes.get",
        "GET",
        path("envelopes", envelope_id),
        lambda r: _envelope.one(r.body),
        query=[
            ("include", several("include", include, get_args(EnvelopeInclude)) or None),
            ("advanced_update", True if advanced_update else None),
        ],
        polls=True,
    )


def get_envelope_statuses(
    envelope_ids: Iterable[str] = (), *, transaction_ids: Iterable[str] = ()
) -> Call[EnvelopeStatuses]:
    """How far several envelopes are, in one call.

    Raises:
        ConfigError: no ids, or more than 1000.
    """
    some, transactions = ids("envelope_ids", envelope_ids), ids("transaction_ids", transaction_ids)
    if not 1 <= len(some) + len(transactions) <= PAGE_SIZE:
        raise ConfigError(f"1 to {PAGE_SIZE} ids go at a time, got {len(some) + len(transactions)}")
    in_body = "request_body"
    return call(
        "envelopes.statuses",
        "PUT",
        "envelopes/status",
        _read_statuses,
        query=[
            ("envelope_ids", in_body if some else None),
            ("transaction_ids", in_body if transactions else None),
        ],
        body=filled({"envelopeIds": some, "transactionIds": transactions}),
    )


def _read_statuses(response: Response) -> EnvelopeStatuses:
    found = _envelopes.one(response.body)
    return EnvelopeStatuses(items=found.envelopes, transactions=found.envelope_transaction_statuses)


# --- changes ---------------------------------------------------------------------------------


def send_envelope(envelope_id: str, *, lock: EnvelopeLock | None = None) -> Call[EnvelopeUpdate]:
    """Send a draft."""
    return _change("envelopes.send", envelope_id, {"status": "sent"}, lock)


def void_envelope(
    envelope_id: str, reason: str, *, lock: EnvelopeLock | None = None
) -> Call[EnvelopeUpdate]:
    """Take back an envelope that is sent or delivered.

    Args:
        reason: recipients read it, 200 characters at most.

    Raises:
        ConfigError: no reason, or a longer one.
    """
    why = sized(
        "the reason", named("the reason for voiding an envelope", reason), 1, LONGEST_REASON
    )
    body = {"status": "voided", "voidedReason": why}
    return _change("envelopes.void", envelope_id, body, lock)


def update_envelope(
    envelope_id: str,
    *,
    email_subject: str | Unset = UNSET,
    email_blurb: str | Unset = UNSET,
    lock: EnvelopeLock | None = None,
) -> Call[EnvelopeUpdate]:
    """Change the mail of an envelope; `UNSET` leaves a text as it is.

    Raises:
        ConfigError: nothing to change, or a subject of more than 100 characters.
    """
    body: dict[str, object] = {}
    if not isinstance(email_subject, Unset):
        body["emailSubject"] = subject(email_subject)
    if not isinstance(email_blurb, Unset):
        body["emailBlurb"] = email_blurb
    if not body:
        raise ConfigError("nothing to change: give email_subject or email_blurb")
    return _change("envelopes.update", envelope_id, body, lock)


def resend_envelope(envelope_id: str, *, lock: EnvelopeLock | None = None) -> Call[EnvelopeUpdate]:
    """Send the mails again to those whose turn it is."""
    return call(
        "envelopes.resend",
        "PUT",
        path("envelopes", envelope_id),
        read_update,
        query=[("resend_envelope", True)],
        body={},
        headers=edit_headers(lock),
        write_class=WriteClass.UNSAFE,
    )


def _change(
    operation: str, envelope_id: str, body: Mapping[str, object], lock: EnvelopeLock | None
) -> Call[EnvelopeUpdate]:
    return call(
        operation,
        "PUT",
        path("envelopes", envelope_id),
        read_update,
        body=body,
        headers=edit_headers(lock),
        write_class=WriteClass.UNSAFE if "status" in body else WriteClass.IDEMPOTENT,
    )
