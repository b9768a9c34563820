"""The lives of what is synchronised, each as a table.

Of a GetResponse list and contact inside Dynamics the labels are those people see there; choices are
matched by value, never by these texts. Of a DocuSign envelope and its recipients they are the
service's own words.
"""

from __future__ import annotations

from enum import Enum

from .history import Life
from .machine import Machine


class ListStatus(Enum):
    """Where a GetResponse list record stands."""

    SAVED = "Saved"
    NEW = "New"
    CREATED = "Created in GetResponse"
    ERROR = "Error"
    DELETED = "Deleted in GetResponse"


class ListEvent(Enum):
    """What happens to it."""

    SET_AS_NEW = "set as new"
    SUCCEEDED = "created or adopted"
    FAILED = "refused"
    VANISHED = "deleted in GetResponse"


LIST = Machine(
    "GetResponse list",
    ListStatus.SAVED,
    {
        (ListStatus.SAVED, ListEvent.SET_AS_NEW): ListStatus.NEW,
        (ListStatus.NEW, ListEvent.SUCCEEDED): ListStatus.CREATED,
        (ListStatus.NEW, ListEvent.FAILED): ListStatus.ERROR,
        (ListStatus.ERROR, ListEvent.SET_AS_NEW): ListStatus.NEW,
        (ListStatus.CREATED, ListEvent.VANISHED): ListStatus.DELETED,
    },
)


class ContactStatus(Enum):
    """Where a GetResponse contact record stands."""

    PROCESSING = "Processing in Dynamics"
    SYNCHRONIZED = "Synchronized"
    DELETED = "Deleted in GetResponse"


class ContactEvent(Enum):
    """What happens to it."""

    LINKED = "linked to a CRM contact"
    UNLINKED = "unlinked"
    VANISHED = "deleted in GetResponse"
    RETURNED = "back in GetResponse by its own will"


CONTACT = Machine(
    "GetResponse contact",
    ContactStatus.PROCESSING,
    {
        (ContactStatus.PROCESSING, ContactEvent.LINKED): ContactStatus.SYNCHRONIZED,
        (ContactStatus.SYNCHRONIZED, ContactEvent.LINKED): ContactStatus.SYNCHRONIZED,
        (ContactStatus.SYNCHRONIZED, ContactEvent.UNLINKED): ContactStatus.PROCESSING,
        (ContactStatus.PROCESSING, ContactEvent.VANISHED): ContactStatus.DELETED,
        (ContactStatus.SYNCHRONIZED, ContactEvent.VANISHED): ContactStatus.DELETED,
        (ContactStatus.DELETED, ContactEvent.RETURNED): ContactStatus.PROCESSING,
    },
)


class EnvelopeStatus(Enum):
    """Where an envelope stands."""

    CREATED = "created"
    PROCESSING = "processing"
    SENT = "sent"
    DELIVERED = "delivered"
    SIGNED = "signed"
    CORRECT = "correct"
    COMPLETED = "completed"
    DECLINED = "declined"
    VOIDED = "voided"


class EnvelopeEvent(Enum):
    """What happens to it."""

    PROCESSED = "taken in"
    SENT = "sent"
    RESENT = "sent again"
    DELIVERED = "seen by everybody"
    SIGNED = "signed by everybody"
    COMPLETED = "completed"
    DECLINED = "declined by a recipient"
    VOIDED = "voided or expired"
    CORRECTING = "being corrected"
    CORRECTED = "corrected"


_E, _EE = EnvelopeStatus, EnvelopeEvent

ENVELOPE = Machine(
    "DocuSign envelope",
    _E.CREATED,
    {
        (_E.CREATED, _EE.PROCESSED): _E.PROCESSING,
        (_E.CREATED, _EE.SENT): _E.SENT,
        (_E.PROCESSING, _EE.SENT): _E.SENT,
        (_E.SENT, _EE.RESENT): _E.SENT,
        (_E.SENT, _EE.DELIVERED): _E.DELIVERED,
        (_E.SENT, _EE.SIGNED): _E.SIGNED,
        (_E.SENT, _EE.COMPLETED): _E.COMPLETED,
        (_E.SENT, _EE.DECLINED): _E.DECLINED,
        (_E.SENT, _EE.VOIDED): _E.VOIDED,
        (_E.SENT, _EE.CORRECTING): _E.CORRECT,
        (_E.DELIVERED, _EE.RESENT): _E.SENT,
        (_E.DELIVERED, _EE.SIGNED): _E.SIGNED,
        (_E.DELIVERED, _EE.COMPLETED): _E.COMPLETED,
        (_E.DELIVERED, _EE.DECLINED): _E.DECLINED,
        (_E.DELIVERED, _EE.VOIDED): _E.VOIDED,
        (_E.DELIVERED, _EE.CORRECTING): _E.CORRECT,
        (_E.CORRECT, _EE.CORRECTED): _E.SENT,
        (_E.CORRECT, _EE.DELIVERED): _E.DELIVERED,
        (_E.CORRECT, _EE.VOIDED): _E.VOIDED,
        (_E.SIGNED, _EE.COMPLETED): _E.COMPLETED,
    },
)

ENVELOPE_LIFE = Life(
    initial=_E.CREATED.value,
    ranks={
        _E.CREATED.value: 0,
        _E.PROCESSING.value: 5,
        _E.SENT.value: 10,
        _E.DELIVERED.value: 20,
        _E.SIGNED.value: 30,
        _E.COMPLETED.value: 50,
        _E.DECLINED.value: 50,
        _E.VOIDED.value: 50,
    },
    terminal=frozenset({_E.COMPLETED.value, _E.DECLINED.value, _E.VOIDED.value}),
)
"""`correct` has no rank: it lasts until the correction is over."""


class RecipientStatus(Enum):
    """Where one recipient of an envelope stands."""

    CREATED = "created"
    SENT = "sent"
    AUTORESPONDED = "autoresponded"
    DELIVERED = "delivered"
    SIGNED = "signed"
    FAXPENDING = "faxpending"
    COMPLETED = "completed"
    DECLINED = "declined"


class RecipientEvent(Enum):
    """What happens to them."""

    SENT = "notified"
    RESENT = "notified again"
    BOUNCED = "the mail bounced"
    DELIVERED = "opened it"
    SIGNED = "signed"
    FAXING = "must send a fax"
    COMPLETED = "finished"
    DECLINED = "declined"


_R, _RE = RecipientStatus, RecipientEvent

RECIPIENT = Machine(
    "DocuSign recipient",
    _R.CREATED,
    {
        (_R.CREATED, _RE.SENT): _R.SENT,
        (_R.CREATED, _RE.DELIVERED): _R.DELIVERED,
        (_R.CREATED, _RE.COMPLETED): _R.COMPLETED,
        (_R.SENT, _RE.RESENT): _R.SENT,
        (_R.SENT, _RE.DELIVERED): _R.DELIVERED,
        (_R.SENT, _RE.SIGNED): _R.SIGNED,
        (_R.SENT, _RE.COMPLETED): _R.COMPLETED,
        (_R.SENT, _RE.DECLINED): _R.DECLINED,
        (_R.SENT, _RE.BOUNCED): _R.AUTORESPONDED,
        (_R.DELIVERED, _RE.RESENT): _R.SENT,
        (_R.DELIVERED, _RE.SIGNED): _R.SIGNED,
        (_R.DELIVERED, _RE.FAXING): _R.FAXPENDING,
        (_R.DELIVERED, _RE.COMPLETED): _R.COMPLETED,
        (_R.DELIVERED, _RE.DECLINED): _R.DECLINED,
        (_R.AUTORESPONDED, _RE.RESENT): _R.SENT,
        (_R.AUTORESPONDED, _RE.DELIVERED): _R.DELIVERED,
        (_R.AUTORESPONDED, _RE.SIGNED): _R.SIGNED,
        (_R.AUTORESPONDED, _RE.COMPLETED): _R.COMPLETED,
        (_R.AUTORESPONDED, _RE.DECLINED): _R.DECLINED,
        (_R.SIGNED, _RE.FAXING): _R.FAXPENDING,
        (_R.SIGNED, _RE.COMPLETED): _R.COMPLETED,
        (_R.FAXPENDING, _RE.COMPLETED): _R.COMPLETED,
    },
)

RECIPIENT_LIFE = Life(
    initial=_R.CREATED.value,
    ranks={
        _R.CREATED.value: 0,
        _R.SENT.value: 10,
        _R.AUTORESPONDED.value: 15,
        _R.DELIVERED.value: 20,
        _R.SIGNED.value: 30,
        _R.FAXPENDING.value: 35,
        _R.COMPLETED.value: 40,
        _R.DECLINED.value: 40,
    },
    terminal=frozenset({_R.COMPLETED.value, _R.DECLINED.value}),
)
