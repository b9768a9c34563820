"""Contacts, and many of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from .fields import FieldValue

FieldTexts = Mapping[str, str | Sequence[str] | None]
"""Values to set, by field id: one text, several for a field of several choices, None to clear."""


class ContactStatus(Enum):
    """How a contact stands to what it was ever subscribed to; a filter of lists alone."""

    ANY = "-1"
    UNCONFIRMED = "0"
    ACTIVE = "1"
    UNSUBSCRIBED = "2"
    BOUNCED = "3"


@frozen(kw_only=True)
class Contact:
    """A contact. One without an address (known by phone alone) has no `email`."""

    id: str
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted: bool | None = None
    anonymized: bool | None = None
    hard_bounces: int | None = None
    soft_bounces: int | None = None


@frozen(kw_only=True)
class SyncedContact:
    """What became of a contact that was written.

    Attributes:
        created: whether it is new, as far as the answer's status says: a hint, no guarantee.
        field_values: those that were just written, not all it has.
    """

    contact: Contact
    created: bool
    field_values: tuple[FieldValue, ...] = ()


@frozen(kw_only=True)
class ImportContact:
    """A contact of a bulk import; what is None or empty is left alone.

    Attributes:
        tags: by name. One that the account does not have yet is created: mind the spelling.
        fields: by field id.
    """

    email: str = field(repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    tags: Sequence[str] = ()
    fields: Mapping[str, str | Sequence[str]] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ImportCallback:
    """Whom ActiveCampaign tells when an import is done.

    Attributes:
        detailed: whether it tells the contacts too.
        params, headers: what it adds to its request, a secret of yours perhaps.
    """

    url: str = field(repr=False)
    method: str = "POST"
    detailed: bool = False
    params: Mapping[str, str] = field(factory=dict, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Import:
    """A bulk import that was taken: all its contacts are queued."""

    batch_id: str
    queued: int = 0
    message: str | None = None


class ImportState(Enum):
    """How far an import is."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@frozen(kw_only=True)
class ImportStatus:
    """How far an import is, and what became of its contacts.

    Attributes:
        succeeded: ids of contacts.
        failed: addresses that were not taken.
    """

    state: ImportState | str
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = field(default=(), repr=lambda emails: f"<{len(emails)}>")

    @property
    def settled(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (ImportState.COMPLETED, ImportState.FAILED, ImportState.INTERRUPTED)


@frozen(kw_only=True)
class ImportFailure:
    """Why an import was refused: for which contact, as the service counts them, and why."""

    contact: int | None
    reason: str
