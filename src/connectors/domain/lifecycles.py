"""The lives of a GetResponse list and of a GetResponse contact inside Dynamics.

Labels are those people see in Dynamics; choices there are matched by value, never by these texts.
"""

from __future__ import annotations

from enum import Enum

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
