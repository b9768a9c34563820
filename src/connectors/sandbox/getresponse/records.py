"""What the account holds besides contacts, as plain records. Times are whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .shelf import Contact, Event, Link, Shelf


@dataclass(slots=True, frozen=True)
class Gone:
    """A contact that left its list."""

    contact: Contact
    reason: str
    deleted: int
    message: str | None = None
    """The newsletter it left by."""
    ip: str | None = None


@dataclass(slots=True, frozen=True)
class Rejection:
    """An accepted contact that never appeared."""

    email: str
    campaign: str
    reason: str
    at: int


@dataclass(slots=True, eq=False)
class Campaign:
    """One list of the account."""

    id: str
    name: str
    created: int
    language: str = "EN"
    default: bool = False
    optin: dict[str, str] = field(default_factory=dict)
    postal: dict[str, Any] = field(default_factory=dict)
    confirmation: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    notifications: dict[str, Any] = field(default_factory=dict)
    masks: list[str] = field(default_factory=list)
    shelf: Shelf = field(default_factory=Shelf)
    members: dict[str, Contact] = field(default_factory=dict)
    """Active contacts by lower-case address."""
    queued: dict[str, int] = field(default_factory=dict)
    """Addresses accepted and not yet visible, with their number in the queue."""
    unconfirmed: dict[str, Contact] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    gone_keys: dict[str, set[str]] = field(default_factory=dict)
    """Reasons by lower-case address."""


@dataclass(slots=True, eq=False)
class CustomField:
    id: str
    name: str
    type: str
    format: str
    hidden: str
    values: list[str]


@dataclass(slots=True, eq=False)
class Tag:
    id: str
    name: str
    color: str
    created: int


@dataclass(slots=True, eq=False)
class PredefinedField:
    """A text of a list that messages can insert."""

    id: str
    name: str
    value: str
    campaign: str


@dataclass(slots=True, eq=False)
class ConsentField:
    """A GDPR field: what contacts are asked to agree to."""

    id: str
    name: str
    content: str
    created: int
    version: str


@dataclass(slots=True, frozen=True)
class Declaration:
    """One answer of a contact to a consent field."""

    granted: bool
    content: str
    declared: int


@dataclass(slots=True, eq=False)
class Sender:
    """A from-field."""

    id: str
    email: str
    name: str
    created: int
    active: bool = False
    default: bool = False


@dataclass(slots=True, eq=False)
class Newsletter:
    """A draft, or a message that was or will be sent."""

    id: str
    name: str | None
    subject: str
    campaign: str
    sender: str
    created: int
    reply_to: str | None = None
    draft: bool = True
    enabled: bool = True
    editor: str = "custom"
    html: str = ""
    plain: str = ""
    flags: list[str] = field(default_factory=list)
    attachments: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    send_on: int | None = None
    turn: int = 0
    """Counts schedulings, so that a cancelled one is known when its time comes."""
    began: int | None = None
    ends: int | None = None
    total: int = 0
    events: list[Event] = field(default_factory=list)
    """Sends, some of them still to come, opens and clicks."""
    losses: list[tuple[int, str]] = field(default_factory=list)
    """When contacts left by this message, and why."""
    links: dict[str, Link] = field(default_factory=dict)
    """Tracked links by URL."""


@dataclass(slots=True, eq=False)
class Segment:
    """A saved search."""

    id: str
    name: str
    created: int
    form: dict[str, Any]
    """The conditions as they were checked."""
    shown: dict[str, Any]
    """The conditions as they were given."""


@dataclass(slots=True, eq=False)
class Suppression:
    id: str
    name: str
    created: int
    masks: list[str]


@dataclass(slots=True, eq=False)
class Report:
    """A custom report with its one file."""

    id: str
    file_id: str
    name: str
    type: str
    start: str
    end: str
    filters: dict[str, Any]
    created: int
    status: str = "pending"
    generated: int | None = None
    content: bytes = b""


@dataclass(slots=True, eq=False)
class Import:
    id: str
    campaign: str
    mapping: list[str]
    rows: list[list[str]]
    created: int
    status: str = "uploaded"
    finished: int | None = None
    updated: int = 0
    added: int = 0
    errors: dict[str, list[str]] = field(default_factory=dict)
    """Refused addresses by kind of error."""
