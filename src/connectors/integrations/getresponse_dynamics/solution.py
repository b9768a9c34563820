"""The GetResponse tables inside Dynamics, named after `solution.toml` and bound to models."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from attrs import field, frozen

from ...domain.lifecycles import ContactStatus, ListStatus
from ...dynamics.models import Table


@cache
def solution() -> Mapping[str, Any]:
    """The solution file as data."""
    return tomllib.loads(files(__package__).joinpath("solution.toml").read_text(encoding="utf-8"))


def choice(name: str, key: str) -> int:
    """The value of one option."""
    options = solution()["choices"][name]["options"]
    return int(next(option["value"] for option in options if option["key"] == key))


_LIST_KEYS = {
    ListStatus.NEW: "new",
    ListStatus.CREATED: "created",
    ListStatus.ERROR: "error",
    ListStatus.DELETED: "deleted",
}
_CONTACT_KEYS = {
    ContactStatus.PROCESSING: "processing",
    ContactStatus.SYNCHRONIZED: "synchronized",
    ContactStatus.DELETED: "deleted",
}


def list_status_value(status: ListStatus) -> int | None:
    """The choice value of a list status; a saved list has none."""
    key = _LIST_KEYS.get(status)
    return choice("gr_liststatus", key) if key else None


def list_status(value: int | None) -> ListStatus:
    """The list status of a choice value; an empty one is a saved list."""
    return next((s for s in _LIST_KEYS if list_status_value(s) == value), ListStatus.SAVED)


def contact_status_value(status: ContactStatus) -> int:
    """The choice value of a contact status."""
    return choice("gr_contactstatus", _CONTACT_KEYS[status])


def contact_status(value: int | None) -> ContactStatus | None:
    """The contact status of a choice value, None where it is empty or not ours."""
    return next((s for s in _CONTACT_KEYS if contact_status_value(s) == value), None)


@frozen(kw_only=True)
class ListRecord:
    """A GetResponse list record: which marketing list feeds which GetResponse list."""

    id: str
    name: str
    marketing_list_id: str | None = None
    campaign_id: str | None = None
    is_created: bool | None = None
    status_value: int | None = None
    error: str | None = None
    on_leave: int | None = None
    state: int = 0
    etag: str | None = None

    @property
    def status(self) -> ListStatus:
        return list_status(self.status_value)


@frozen(kw_only=True)
class ContactRecord:
    """A GetResponse contact record: what people see of a GetResponse contact inside Dynamics."""

    id: str
    contact_id: str | None = None
    """The GetResponse contact."""
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    list_id: str | None = None
    crm_contact_id: str | None = None
    origin: str | None = None
    created_on: datetime | None = None
    engagement_score: int | None = None
    scoring: float | None = None
    status_value: int | None = None
    error: str | None = None
    state: int = 0
    etag: str | None = None

    @property
    def status(self) -> ContactStatus | None:
        return contact_status(self.status_value)


@frozen(kw_only=True)
class DeadLetter:
    """What cannot be synchronised until somebody mends it. `address` is masked.

    `kind` says what `ref` is: `contact`, a CRM contact that cannot be pushed; `name` or `record`, a
    GetResponse contact whose new name GetResponse refused, or whose record Dynamics refused.
    """

    kind: str
    ref: str
    name: str | None = field(default=None, repr=False)
    address: str
    reason: str
    since: datetime
    """When a run met it first."""

    def __str__(self) -> str:
        who = f"{self.name} <{self.address}>" if self.address else self.name or "nobody"
        return f"{self.kind} {self.ref} ({who}): {self.reason}, since {self.since:%Y-%m-%d %H:%M}"


LISTS: Table[ListRecord] = Table(
    model=ListRecord,
    logical="gr_list",
    set="gr_lists",
    key="gr_listid",
    columns={
        "id": "gr_listid",
        "name": "gr_name",
        "marketing_list_id": "_gr_marketinglistid_value",
        "campaign_id": "gr_campaignid",
        "is_created": "gr_iscreated",
        "status_value": "gr_syncstatus",
        "error": "gr_syncerror",
        "on_leave": "gr_onleave",
        "state": "statecode",
        "etag": "@odata.etag",
    },
)

RECORDS: Table[ContactRecord] = Table(
    model=ContactRecord,
    logical="gr_contact",
    set="gr_contacts",
    key="gr_contactid",
    columns={
        "id": "gr_contactid",
        "contact_id": "gr_getresponseid",
        "name": "gr_name",
        "email": "gr_email",
        "list_id": "_gr_listid_value",
        "crm_contact_id": "_gr_crmcontactid_value",
        "origin": "gr_origin",
        "created_on": "gr_createdon",
        "engagement_score": "gr_engagementscore",
        "scoring": "gr_scoring",
        "status_value": "gr_syncstatus",
        "error": "gr_syncerror",
        "state": "statecode",
        "etag": "@odata.etag",
    },
)

_NAMESPACE = UUID("5b0c2c0a-6e0b-5c39-9d5e-3b1f3f6a8a10")


def record_id(account_id: str, contact_id: str) -> str:
    """The GUID of the record of a GetResponse contact.

    It follows from account and contact, so a write that is repeated finds its row. An alternate key
    on the GetResponse id would not do: those ids differ by case alone, and Dynamics compares text
    without case.
    """
    return str(uuid5(_NAMESPACE, f"{account_id}/contact/{contact_id}"))
