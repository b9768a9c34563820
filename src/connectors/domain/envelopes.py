"""An envelope as one message or one read showed it, in one form however the news came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen


class Action(Enum):
    """What happens to a recipient, or to the whole envelope, as a host subscribes to it."""

    SENT = "sent"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    DECLINED = "declined"
    VOIDED = "voided"
    EXPIRED = "expired"
    RESENT = "resent"
    CORRECTED = "corrected"
    REASSIGNED = "reassigned"
    COPIED = "copied"
    """A carbon copy went out."""


USUAL_ACTIONS = (Action.SENT, Action.DELIVERED, Action.COMPLETED, Action.DECLINED)
"""Those that can be chosen in every setup; the others are extras, off by default."""

SIGNER = "signer"
CARBON_COPY = "carbon_copy"

RECORD_FIELDS: Mapping[str, str] = {
    "status": "Status",
    "sender-user-name": "Sender user name",
    "document-link": "Link to the document sent",
    "sent-at": "Sent date and time",
    "completed-at": "Completed date and time",
    "recipient-status": "Recipient status",
    "subject": "Subject",
    "role": "Role",
    "delivered-at": "Delivered date and time",
    "declined-at": "Declined date and time",
    "decline-reason": "Reason for declining",
    "voided-at": "Voided date and time",
    "void-reason": "Reason for voiding",
}
"""The fields of the DocuSign record, id → label: the five of every record, then the details."""


@frozen(kw_only=True)
class Recipient:
    """One recipient as one message showed them.

    `fields` are the values of the recipient's tabs by label. `id` is the short id that the sender
    chose; `guid` the one DocuSign gave, the same in every kind of message.
    """

    id: str = ""
    guid: str | None = None
    kind: str = SIGNER
    role: str | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    status: str = "created"
    routing_order: int | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    signed_at: datetime | None = None
    declined_at: datetime | None = None
    declined_reason: str | None = None
    fields: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def key(self) -> str:
        """What tells this recipient from the envelope's others."""
        return (self.guid or f"#{self.id}").lower()


@frozen(kw_only=True)
class Snapshot:
    """What one message, or one read, said of an envelope.

    Attributes:
        at: when the service made it; what is older never undoes what is newer.
        event: the vendor's name of what happened ("envelope-sent"); None where no event is named.
        recipient_id: whom the event is about: the short id, or the guid.
        sent_at, resent_at: when it first went out, and when last where that was again.
        complete: whether the envelope's data came along; otherwise only its ids are here.
        read: whether the data was read later than the event: then more may have happened since.
        form: values the signers filled in, by label, where the form data was read.
    """

    account_id: str
    envelope_id: str
    at: datetime
    event: str | None = None
    recipient_id: str | None = None
    complete: bool = True
    read: bool = False
    status: str | None = None
    subject: str | None = field(default=None, repr=False)
    sender_name: str | None = field(default=None, repr=False)
    sender_email: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    sent_at: datetime | None = None
    resent_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    declined_at: datetime | None = None
    voided_at: datetime | None = None
    voided_reason: str | None = None
    template_ids: tuple[str, ...] = ()
    custom_fields: Mapping[str, str] = field(factory=dict, repr=False)
    form: Mapping[str, str] = field(factory=dict, repr=False)
    recipients: tuple[Recipient, ...] = field(default=(), repr=lambda r: f"<{len(r)}>")

    def recipient(self, named: str | None) -> Recipient | None:
        """The recipient with this short id or guid."""
        wanted = (named or "").lower()
        for one in self.recipients:
            if wanted and wanted in (one.id.lower(), (one.guid or "").lower()):
                return one
        return None
