"""One contact as it is written out, here and inside other resources' answers."""

from __future__ import annotations

from .records import Contact
from .store import Book
from .wire import NO_DATE, NO_MOMENT, Json, naive, not_found, with_offset

LINKS = (
    "accountContacts automationEntryCounts bounceLogs contactAutomations contactData contactDeals "
    "contactGoals contactLists contactLogs contactTags deals fieldValues geoIps notes organization "
    "plusAppend scoreValues trackingLogs"
).split()


def row(book: Book, contact: Contact) -> dict[str, Json]:
    updated = contact.updated or contact.created
    return {
        "cdate": with_offset(contact.created),
        "email": contact.email,
        "phone": contact.phone,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "orgid": "0",
        "orgname": "",
        "organization": None,
        "segmentio_id": "",
        "bounced_hard": "0",
        "bounced_soft": "0",
        "bounced_date": NO_DATE,
        "ip": "0",
        "ua": None,
        "hash": f"{int(contact.id) * 2654435761 % 2**64:032x}",
        "socialdata_lastcheck": NO_MOMENT,
        "sentiment": None,
        "rating_tstamp": NO_DATE,
        "gravatar": "0",
        "deleted": "0",
        "anonymized": "0",
        "udate": with_offset(contact.updated),
        "deleted_at": NO_MOMENT,
        "created_utc_timestamp": naive(contact.created),
        "updated_utc_timestamp": naive(updated),
        "created_timestamp": naive(contact.created),
        "updated_timestamp": naive(updated),
        "email_empty": not contact.email,
        "links": book.links(f"contacts/{contact.id}", *LINKS),
        "id": contact.id,
    }


def brief(book: Book, contact: Contact) -> dict[str, Json]:
    """The row as other resources' answers carry it."""
    return {**row(book, contact), "links": []}


def found(book: Book, id: str) -> Contact:
    if id not in book.people:
        raise not_found("Subscriber", id)
    return book.people[id]
