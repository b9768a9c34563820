"""What the vendor keeps: accounts, users, envelopes with their recipients, templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .wire import NO_GUID

Tabs = dict[str, list[dict[str, Any]]]
"""Tabs as on the wire: rows by the name of their array, such as `textTabs`."""

SIGNING = ("signers", "inPersonSigners", "agents", "editors", "intermediaries", "witnesses")
"""Kinds that open the envelope and finish it."""

KINDS: dict[str, str] = {
    "signers": "signer",
    "agents": "agent",
    "editors": "editor",
    "intermediaries": "intermediaries",
    "carbonCopies": "carbonCopy",
    "certifiedDeliveries": "certifiedDelivery",
    "inPersonSigners": "inPersonSigner",
    "seals": "seal",
    "witnesses": "witness",
}
"""`recipientType` by the name of the array."""

ENDED = ("completed", "declined", "voided")


@dataclass(slots=True, eq=False)
class User:
    """Somebody with a login."""

    id: str
    name: str
    email: str
    first: str
    last: str
    created: datetime
    status: str = "Active"


@dataclass(slots=True, eq=False)
class Recipient:
    """Somebody an envelope goes to, or a role of a template."""

    kind: str
    id: str
    name: str = ""
    email: str = ""
    role: str = ""
    order: int = 1
    guid: str = NO_GUID
    user_id: str = ""
    status: str = "created"
    sent: datetime | None = None
    delivered: datetime | None = None
    signed: datetime | None = None
    declined: datetime | None = None
    declined_reason: str = ""
    autoresponded_reason: str = ""
    client_user_id: str = ""
    tabs: Tabs = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """Fields of the request that are kept and told again, and traces of what happened."""
    replaced: bool = False
    """Whether another recipient acts in their place."""
    corrected: bool = False
    """Whether they get a mail again when the correction is over."""

    @property
    def done(self) -> bool:
        """Whether nothing more is awaited from them."""
        return self.status == "completed" or self.replaced

    @property
    def notified(self) -> bool:
        return self.status in ("sent", "delivered", "autoresponded")


@dataclass(slots=True, eq=False)
class Document:
    """A document, and the fields its sender fills before it goes out."""

    id: str
    name: str
    content: bytes
    guid: str
    extension: str = "pdf"
    order: int = 1
    pages: int = 1
    fields: list[dict[str, str]] = field(default_factory=list)
    prefill: Tabs = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class CustomField:
    """A field of the envelope itself."""

    id: str
    name: str
    value: str = ""
    show: bool = False
    required: bool = False
    items: list[str] | None = None
    """The choices of a list field; None for a text field."""


@dataclass(slots=True, eq=False)
class Lock:
    """Somebody is editing the envelope."""

    token: str
    by: User
    app: str
    until: datetime
    seconds: int
    scratch: bool = False
    edited: bool = False


@dataclass(slots=True, eq=False)
class Notification:
    """When an envelope expires and when its recipients are reminded."""

    defaults: bool = True
    remind: bool = False
    remind_after: int = 0
    remind_every: int = 0
    expire: bool = True
    expire_after: int = 120
    warn_before: int = 0


@dataclass(slots=True, eq=False)
class Paper:
    """What envelopes and templates have in common."""

    id: str
    subject: str
    created: datetime
    blurb: str = ""
    recipients: list[Recipient] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    custom_fields: list[CustomField] = field(default_factory=list)
    notification: Notification = field(default_factory=Notification)


@dataclass(slots=True, eq=False)
class Template(Paper):
    """A template: recipients are its roles."""

    name: str = ""
    description: str = ""
    owner: User | None = None
    shared: bool = False
    modified: datetime | None = None
    used: datetime | None = None


@dataclass(slots=True, eq=False)
class Envelope(Paper):
    """An envelope. Times are those of the vendor's records."""

    account: str = ""
    sender: User | None = None
    status: str = "created"
    initial_sent: datetime | None = None
    sent: datetime | None = None
    delivered: datetime | None = None
    completed: datetime | None = None
    declined: datetime | None = None
    voided: datetime | None = None
    modified: datetime | None = None
    changed: datetime | None = None
    expires: datetime | None = None
    voided_reason: str = ""
    transaction_id: str = ""
    purge: str = "unpurged"
    form_changed: bool = False
    folder: str = "draft"
    binned: datetime | None = None
    lock: Lock | None = None
    audit: list[dict[str, str]] = field(default_factory=list)
    subscriptions: list[Any] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    """Switches of the request that are told again."""
    templates: list[dict[str, str]] = field(default_factory=list)
    """The server templates it was made of, as they are told, in the order of their use."""
    before: str = ""
    """The status before a correction."""
    home: str = ""
    """The folder before the recycle bin."""

    @property
    def by(self) -> User:
        assert self.sender is not None, "every envelope has a sender"
        return self.sender

    @property
    def current_order(self) -> int:
        """The routing order whose turn it is; the last one when all are done."""
        waiting = [each.order for each in self.recipients if not each.done]
        return min(waiting) if waiting else max((r.order for r in self.recipients), default=1)


@dataclass(slots=True, eq=False)
class Account:
    """One account of the vendor, with its plan and its people."""

    id: str
    number: str
    name: str
    base_uri: str
    created: datetime
    members: dict[str, bool] = field(default_factory=dict)
    """Whether each user is an administrator, by user id."""
    envelopes: dict[str, Envelope] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    bulk_lists: dict[str, tuple[dict[str, Any], str, str]] = field(default_factory=dict)
    """Each list, whose it is, and when it was made."""
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    configurations: dict[int, Any] = field(default_factory=dict)
    secrets: list[Any] = field(default_factory=list)
    oauth: dict[str, Any] = field(default_factory=dict)
    """Where Connect would fetch tokens; empty where that is not set."""
    logs: list[Any] = field(default_factory=list)
    failures: dict[str, Any] = field(default_factory=dict)
    plan: str = "Business Pro"
    connect: bool = True
    """Whether Connect is on the plan."""
    prefill: bool = True
    """Whether prefill fields are on the plan."""
    form_data: bool = True
    """The setting "Allow sender to download form data"."""
    expire_after: int = 120
    zone: tuple[str, int] = ("Pacific Standard Time", -8)
    """The Windows name of the account's time zone, and its hours from UTC."""
