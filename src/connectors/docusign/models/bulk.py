"""Bulk send: one envelope or template for many, each with a copy of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NewType

from attrs import field, frozen

from ..errors import shown

BulkListId = NewType("BulkListId", str)
BatchId = NewType("BatchId", str)


@frozen(kw_only=True)
class BulkRecipient:
    """One recipient of a copy.

    Attributes:
        role_name, recipient_id: which recipient of the template or envelope it fills; one of the
            two, and the same one in the whole list.
        tabs: values by the label of a tab.
        client_user_id: set for an embedded signer, who gets no mail.
        custom_fields: texts beside the recipient.
    """

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    role_name: str | None = None
    recipient_id: str | None = None
    tabs: Mapping[str, str] = field(factory=dict, repr=False)
    access_code: str | None = field(default=None, repr=False)
    client_user_id: str | None = None
    note: str | None = field(default=None, repr=False)
    signing_group_id: str | None = None
    custom_fields: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class BulkCopy:
    """One envelope of a bulk send.

    Attributes:
        email_subject, email_blurb: of this one; else those of the template or envelope.
        custom_fields: values beside the envelope, by name.
    """

    recipients: tuple[BulkRecipient, ...] = ()
    email_subject: str | None = field(default=None, repr=shown)
    email_blurb: str | None = field(default=None, repr=False)
    custom_fields: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class BulkList:
    """A list of copies to send. Rows of a list of lists carry no copies."""

    list_id: BulkListId | None = None
    name: str | None = None
    created_at: datetime | None = None
    created_by: str | None = field(default=None, repr=False)
    copies: tuple[BulkCopy, ...] = field(default=(), repr=lambda copies: f"<{len(copies)}>")


@frozen(kw_only=True)
class BulkTest:
    """Whether a list fits an envelope or a template.

    Attributes:
        errors: codes, for machines.
        error_details: the same, for people.
    """

    can_be_sent: bool = False
    errors: tuple[str, ...] = ()
    error_details: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class BulkSend:
    """A bulk send that was asked for.

    Attributes:
        batch_id: None where nothing was queued; `errors` and `error_details` say why.
        queue_limit: how many copies the account may have queued.
    """

    batch_id: BatchId | None = None
    batch_name: str | None = None
    batch_size: int | None = None
    total_queued: int | None = None
    queue_limit: int | None = None
    envelope_or_template_id: str | None = None
    errors: tuple[str, ...] = ()
    error_details: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class BulkFailure:
    """A copy that could not be made."""

    message: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    recipient_emails: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class BulkBatch:
    """How far a bulk send is. Rows of a list carry no failures.

    Attributes:
        list_id, list_name: the list that was sent.
        action, action_status: what is being done to all its envelopes, if anything.
    """

    batch_id: BatchId | None = None
    name: str | None = None
    size: int | None = None
    queued: int = 0
    sent: int = 0
    failed: int = 0
    submitted_at: datetime | None = None
    list_id: BulkListId | None = None
    list_name: str | None = None
    envelope_or_template_id: str | None = None
    sender_user_id: str | None = None
    action: str | None = None
    action_status: str | None = None
    failures: tuple[BulkFailure, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is queued any more."""
        return self.queued == 0
