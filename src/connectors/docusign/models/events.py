"""What DocuSign Connect tells of its own accord."""

from __future__ import annotations

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from ...core.wire import dumps, parse
from .envelopes import Envelope, EnvelopeId
from .recipients import Recipient


class ConnectEventName(Enum):
    """What an event tells of. DocuSign adds families several times a year."""

    ENVELOPE_CREATED = "envelope-created"
    ENVELOPE_SENT = "envelope-sent"
    ENVELOPE_RESENT = "envelope-resent"
    ENVELOPE_DELIVERED = "envelope-delivered"
    ENVELOPE_COMPLETED = "envelope-completed"
    ENVELOPE_DECLINED = "envelope-declined"
    ENVELOPE_VOIDED = "envelope-voided"
    ENVELOPE_CORRECTED = "envelope-corrected"
    ENVELOPE_PURGE = "envelope-purge"
    ENVELOPE_DELETED = "envelope-deleted"
    ENVELOPE_DISCARD = "envelope-discard"
    ENVELOPE_REMOVED = "envelope-removed"
    ENVELOPE_REMINDER_SENT = "envelope-reminder-sent"
    RECIPIENT_SENT = "recipient-sent"
    RECIPIENT_RESENT = "recipient-resent"
    RECIPIENT_DELIVERED = "recipient-delivered"
    RECIPIENT_COMPLETED = "recipient-completed"
    RECIPIENT_DECLINED = "recipient-declined"
    RECIPIENT_AUTHENTICATION_FAILED = "recipient-authenticationfailed"
    RECIPIENT_AUTORESPONDED = "recipient-autoresponded"
    RECIPIENT_REASSIGN = "recipient-reassign"
    RECIPIENT_DELEGATE = "recipient-delegate"
    RECIPIENT_FINISH_LATER = "recipient-finish-later"
    TEMPLATE_CREATED = "template-created"
    TEMPLATE_MODIFIED = "template-modified"
    TEMPLATE_DELETED = "template-deleted"
    CLICK_AGREED = "click-agreed"
    CLICK_DECLINED = "click-declined"
    SMS_OPT_IN = "sms-opt-in"
    SMS_OPT_OUT = "sms-opt-out"
    IDENTITY_VERIFICATION_PENDING = "identity-verification-pending"
    IDENTITY_VERIFICATION_COMPLETED = "identity-verification-completed"
    WORKFLOW_STARTED = "workflow-started"
    WORKFLOW_COMPLETED = "workflow-completed"
    WORKFLOW_FAILED = "workflow-failed"
    EXTENSION_EXECUTED = "extension-executed"
    NOTARY_SESSION_SIGNER_LOCKED = "notary-session-signer-locked"
    NOTARY_SESSION_SIGNER_UNLOCKED = "notary-session-signer-unlocked"
    NOTARY_SESSION_TERMINATED = "notary-session-terminated"
    NOTARY_SESSION_PAUSED = "notary-session-paused"
    NOTARY_SESSION_STATUS_UPDATED = "notary-session-status-updated"
    NOTARY_SESSION_NOTARY_ASSIGNED = "notary-session-notary-assigned"
    NOTARY_SESSION_NOTARY_REMOVED = "notary-session-notary-removed"
    AGREEMENT_CREATED = "agreement-created"
    AGREEMENT_UPDATED = "agreement-updated"
    AGREEMENT_DELETED = "agreement-deleted"
    AGREEMENT_REVIEWS_COMPLETED = "agreement-reviews-completed"
    AGREEMENT_EXTRACTIONS_REVIEWED = "agreement-extractions-reviewed"


class DeliveryKind(Enum):
    """How a Connect configuration delivers: a message for each event, or what is true by now."""

    SIM = "json sim"
    AGGREGATE = "json aggregate"
    XML = "xml aggregate"


class TimesIn(Enum):
    """Where the zone of an event's times came from. But for `UNKNOWN` all are aware, in UTC."""

    UTC = "utc"
    ACCOUNT_OFFSET = "account offset"
    """Legacy XML, with the account's present offset: summer time may be off by an hour."""
    GIVEN = "given"
    """Legacy XML, in the zone that was given to `parse`."""
    UNKNOWN = "unknown"
    """Legacy XML that names no zone: its times are naive, in the account's zone."""


_RETRIES = re.compile(rb'"retryCount"\s*:\s*("[^"]*"|[0-9]+)')


@frozen(kw_only=True, weakref_slot=False)
class ConnectEvent:
    """One message of DocuSign Connect.

    Attributes:
        event: what happened; a text where DocuSign has one that is not known here, None where
            the delivery names none and only says what is true by now.
        account_id: None where neither the body nor a header tells it.
        envelope_id: None for families that are not about an envelope: `template-…`, `click-…`.
        recipient_id: of recipient events; the short id as a rule. `recipient` finds whom it means.
        user_id: the sender's.
        configuration_id: of the Connect configuration, or of the envelope's own notification.
        retry_count: 0 at the first try.
        generated_at: when it happened; order events by it.
        envelope: the envelope as it was then; None where the configuration includes no data, or
            where it could not be read: `flaws` says so.
        times_in: naive times only where this is `UNKNOWN`.
        flaws: what was not as documented and is missing here, as `$.retryCount: got list`.
        body: what was sent.
    """

    kind: DeliveryKind
    event: ConnectEventName | str | None = None
    account_id: str | None = None
    envelope_id: EnvelopeId | None = None
    recipient_id: str | None = None
    reassigned_recipient_id: str | None = None
    template_id: str | None = None
    user_id: str | None = None
    configuration_id: str | None = None
    retry_count: int = 0
    generated_at: datetime | None = None
    uri: str | None = None
    envelope: Envelope | None = None
    times_in: TimesIn = TimesIn.UTC
    flaws: tuple[str, ...] = ()
    body: bytes = field(default=b"", repr=False, eq=False)

    @property
    def key(self) -> str:
        """The same each time DocuSign repeats the event: keep it, and drop what has it again.

        DocuSign gives events no id. What it sends again by hand may be dated anew: then the key
        differs, and the event must do no harm a second time.
        """
        what: list[object]
        if self.envelope_id and self.event is not None and self.generated_at:
            what = [self.recipient_id or "", _value(self.event), self.generated_at]
        elif self.envelope is not None and self.event is None:
            what = [_statuses(self.envelope), self.generated_at or self.envelope.status_changed_at]
        else:
            what = [hashlib.sha256(_RETRIES.sub(b"", self.body, count=1)).hexdigest()]
        parts = [self.account_id, self.envelope_id, *what]
        return hashlib.sha256(dumps(parts)).hexdigest()[:32]

    @property
    def recipient(self) -> Recipient | None:
        """Whom a recipient event is about, where its data came along."""
        if self.recipient_id is None or self.envelope is None or self.envelope.recipients is None:
            return None
        return self.envelope.recipients.by_id(self.recipient_id)

    @property
    def data(self) -> Mapping[str, object]:
        """What `data` says, for families that have no model here. Read anew each time."""
        if self.kind is not DeliveryKind.SIM:
            return {}
        found = parse(self.body.removeprefix(BOM_UTF8)).get("data")
        return found if isinstance(found, dict) else {}


def _statuses(envelope: Envelope) -> list[str]:
    rows: list[tuple[str, Enum | str | None]] = [("", envelope.status)]
    rows += [
        (r.recipient_id_guid or r.recipient_id or "", r.status) for r in envelope.recipients or ()
    ]
    return sorted(f"{each}: {_value(status)}" for each, status in rows)


def _value(member: Enum | str | None) -> str | None:
    value: str | None = member.value if isinstance(member, Enum) else member
    return value
