"""Envelopes as they are read: by REST and in Connect's events alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

from ..errors import shown
from .recipients import Recipients
from .tabs import ErrorDetails, Tabs

EnvelopeId = NewType("EnvelopeId", str)


class EnvelopeStatus(Enum):
    """How far an envelope is. Completed, declined and voided are the end."""

    CREATED = "created"
    """A draft."""
    PROCESSING = "processing"
    SENT = "sent"
    DELIVERED = "delivered"
    """All recipients have opened it."""
    SIGNED = "signed"
    COMPLETED = "completed"
    DECLINED = "declined"
    VOIDED = "voided"
    """The sender took it back, or it expired."""
    CORRECT = "correct"
    """The sender is correcting it; nobody can sign meanwhile."""
    DELETED = "deleted"
    TIMED_OUT = "timedout"
    TEMPLATE = "template"
    AUTHORITATIVE_COPY = "authoritativecopy"
    TRANSFER_COMPLETED = "transfercompleted"


@frozen(kw_only=True, weakref_slot=False)
class Sender:
    """Who sent an envelope."""

    user_id: str | None = None
    user_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    account_id: str | None = None
    account_name: str | None = None
    ip_address: str | None = field(default=None, repr=False)


class CustomFieldKind(Enum):
    """Whether a custom field takes any text, or one of a list."""

    TEXT = "text"
    LIST = "list"


@frozen(kw_only=True, weakref_slot=False)
class CustomField:
    """A value beside an envelope, as it is read and as it is sent.

    Attributes:
        name, value: at most 100 characters each.
        field_id: DocuSign's; needed to change or delete it.
        show: whether recipients see it.
        list_items: what a list offers.
        error: why this one was refused.
    """

    name: str | None = None
    value: str | None = field(default=None, repr=False)
    field_id: str | None = None
    kind: CustomFieldKind | str = CustomFieldKind.TEXT
    show: bool | None = None
    required: bool | None = None
    list_items: tuple[str, ...] = ()
    configuration_type: str | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class NameValue:
    """A name and its value, as document fields and audit events have them."""

    name: str | None = None
    value: str | None = field(default=None, repr=False)
    original_value: str | None = field(default=None, repr=False)
    error: ErrorDetails | None = None


PageCount = NewType("PageCount", int)
"""How many pages a document has: DocuSign says a number, or a list of the pages."""


@frozen(kw_only=True, weakref_slot=False)
class EnvelopeDocument:
    """A document of an envelope; the certificate of completion is one too.

    Attributes:
        document_id: "1", or "certificate".
        type: "content", or "summary" for the certificate.
        tabs: in Connect's events that include prefill tabs.
    """

    document_id: str
    document_id_guid: str | None = None
    name: str | None = None
    type: str | None = None
    uri: str | None = None
    order: int | None = None
    pages: PageCount | None = None
    size_bytes: int | None = None
    display: str | None = None
    include_in_download: bool | None = None
    signer_must_acknowledge: str | None = None
    contains_pdf_form_fields: bool | None = None
    template_required: bool | None = None
    authoritative_copy: bool | None = None
    document_fields: tuple[NameValue, ...] = ()
    tabs: Tabs | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class Reminders:
    """When DocuSign reminds recipients: days until the first mail, and between the next ones."""

    reminder_enabled: bool | None = None
    reminder_delay: int | None = None
    reminder_frequency: int | None = None


@frozen(kw_only=True, weakref_slot=False)
class Expirations:
    """When an envelope expires: days after it was sent, and for how many days it warns before."""

    expire_enabled: bool | None = None
    expire_after: int | None = None
    expire_warn: int | None = None


@frozen(kw_only=True, weakref_slot=False)
class Notification:
    """Reminders and expiry of one envelope, as they are read and as they are sent."""

    use_account_defaults: bool | None = None
    reminders: Reminders | None = None
    expirations: Expirations | None = None


@frozen(kw_only=True, weakref_slot=False)
class Folder:
    """Where an envelope lies."""

    folder_id: str | None = None
    name: str | None = None
    type: str | None = None


@frozen(kw_only=True, weakref_slot=False)
class EnvelopeLock:
    """The right to be the only one who edits an envelope, for a while.

    Attributes:
        lock_token: what later changes must show; keep it secret.
        locked_until: when it ends by itself.
    """

    lock_token: str | None = field(default=None, repr=False)
    lock_type: str | None = None
    locked_by_app: str | None = None
    locked_by: Sender | None = None
    locked_until: datetime | None = None
    lock_duration_in_seconds: int | None = None
    use_scratch_pad: bool | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class EnvelopeMetadata:
    """What may be done with an envelope in DocuSign's pages."""

    allow_correct: bool | None = None
    allow_advanced_correct: bool | None = None
    enable_sign_with_notary: bool | None = None


@frozen(kw_only=True, weakref_slot=False)
class BccAddress:
    """Who gets a blind copy of an envelope's mails."""

    bcc_email_address_id: str | None = None
    email: str | None = field(default=None, repr=False)


@frozen(kw_only=True, weakref_slot=False)
class EmailSettings:
    """To whom answers to an envelope's mails go, and who gets blind copies of them."""

    reply_email_address_override: str | None = field(default=None, repr=False)
    reply_email_name_override: str | None = field(default=None, repr=False)
    bcc_email_addresses: tuple[BccAddress, ...] = ()


@frozen(kw_only=True, weakref_slot=False)
class Attachment:
    """A file beside an envelope.

    Attributes:
        access_control: "sender" or "senderAndAllRecipients".
        data: its bytes in base64, where DocuSign tells them.
    """

    attachment_id: str | None = None
    attachment_type: str | None = None
    name: str | None = None
    label: str | None = None
    access_control: str | None = None
    remote_url: str | None = field(default=None, repr=False)
    data: str | None = field(default=None, repr=False)
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class Envelope:
    """An envelope, as lists, `get` and Connect's events carry it.

    What was not asked for is None or empty: `recipients`, `custom_fields`, `documents`, `folders`,
    `attachments`, `email_settings` (by "extensions"), `power_form` (by "powerform"), `workflow`.

    Attributes:
        email_subject: the subject of its mails, at most 100 characters.
        initial_sent_at, sent_at: when it was sent first, and last.
        voided_reason: also "Envelope has expired."
        purge_state: apart from the status: "unpurged", "documents_queued", …
        transaction_id: what whoever created it gave, to look it up for 7 days.
        lock: who is editing it.
        power_form, workflow: as DocuSign tells them, such as
            `{"workflowStatus": "paused", "resumeDate": …}`.
    """

    envelope_id: EnvelopeId
    status: EnvelopeStatus | str | None = None
    email_subject: str | None = field(default=None, repr=shown)
    email_blurb: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    initial_sent_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    declined_at: datetime | None = None
    voided_at: datetime | None = None
    deleted_at: datetime | None = None
    last_modified_at: datetime | None = None
    status_changed_at: datetime | None = None
    expire_at: datetime | None = None
    voided_reason: str | None = field(default=None, repr=shown)
    sender: Sender | None = None
    recipients: Recipients | None = None
    custom_fields: tuple[CustomField, ...] = ()
    documents: tuple[EnvelopeDocument, ...] = ()
    folders: tuple[Folder, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    notification: Notification | None = None
    email_settings: EmailSettings | None = None
    lock: EnvelopeLock | None = None
    metadata: EnvelopeMetadata | None = None
    power_form: Mapping[str, object] | None = field(default=None, repr=False, hash=False)
    workflow: Mapping[str, object] | None = field(default=None, repr=False, hash=False)
    transaction_id: str | None = None
    purge_state: str | None = None
    signing_location: str | None = None
    envelope_location: str | None = None
    brand_id: str | None = None
    any_signer: bool | None = None
    has_comments: bool | None = None
    has_form_data_changed: bool | None = None
    is_dynamic_envelope: bool | None = None
    is_signature_provider_envelope: bool | None = None
    is_21_cfr_part_11: bool | None = None
    allow_reassign: bool | None = None
    error: ErrorDetails | None = None

    def custom_field(self, name: str) -> str | None:
        """The value of a custom field, or None; names are compared as they are written."""
        for each in self.custom_fields:
            if each.name == name:
                return each.value
        return None
