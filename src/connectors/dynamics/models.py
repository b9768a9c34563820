"""What Dynamics 365 speaks of, as frozen values: tables with typed rows, marketing lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from functools import cached_property
from typing import Generic, NewType, TypeVar

import attrs
from attrs import field, frozen

from ..core.wire import Reader
from ..errors import ConfigError

T = TypeVar("T")

RowId = NewType("RowId", str)
"""A GUID in lower case without braces."""


@frozen
class Table(Generic[T]):
    """A table, and how its columns become the attributes of a host's own model.

    Args:
        model: a frozen attrs class; what a row may lack needs a default, since Dynamics leaves
            out nulls in some answers.
        logical: logical name, such as `contact`.
        set: entity set name, such as `contacts`; it cannot be derived, see the table's metadata.
        key: the column of the primary key.
        columns: attribute → column as it is read, for each attribute of the model: lookups as
            `_ownerid_value`, and `@odata.etag` for the row's version.

    Raises:
        ConfigError: model and columns do not fit together.

    ```python
    from attrs import frozen
    from connectors.dynamics.models import Table

    @frozen(kw_only=True)
    class Account:
        account_id: str
        name: str | None = None

    ACCOUNTS = Table(
        Account, "account", "accounts", "accountid", {"account_id": "accountid", "name": "name"}
    )
    ```
    """

    model: type[T]
    logical: str
    set: str
    key: str
    columns: Mapping[str, str]

    def __attrs_post_init__(self) -> None:
        attributes = {a.name: a for a in attrs.fields(self.model)}  # type: ignore[arg-type]
        if odd := attributes.keys() ^ self.columns.keys():
            raise ConfigError(
                f"table {self.logical}: {self.model.__name__} and `columns` must name the same "
                f"attributes; only one of them has {', '.join(sorted(odd))}"
            )
        key = [attributes[a] for a, column in self.columns.items() if column == self.key]
        # A row that a tracked read reports as deleted is told from others by its missing key.
        if not key or key[0].default is not attrs.NOTHING:
            raise ConfigError(
                f"table {self.logical}: an attribute without default must stand for {self.key}"
            )

    @cached_property
    def reader(self) -> Reader[T]:
        """Reads rows of this table."""
        return Reader(self.model, {self.model: self.columns})

    @property
    def selected(self) -> tuple[str, ...]:
        """The columns to ask for."""
        return tuple(column for column in self.columns.values() if "@" not in column)


class ListTarget(IntEnum):
    """What kind of rows a marketing list holds."""

    ACCOUNT = 1
    CONTACT = 2
    LEAD = 4


@frozen(kw_only=True)
class WhoAmI:
    """Who the credential is in this environment."""

    user_id: str
    business_unit_id: str
    organization_id: str


@frozen(kw_only=True)
class Contact:
    """A contact.

    `do_not_email` and `do_not_bulk_email`: True forbids mail; None on rows that were imported
    without. `state`: 0 active, 1 inactive. `merged`: this contact was merged into `master_id`.
    """

    contact_id: RowId
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    full_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    do_not_email: bool | None = None
    do_not_bulk_email: bool | None = None
    state: int
    merged: bool | None = None
    master_id: str | None = None
    created_on: datetime | None = None
    modified_on: datetime | None = None
    etag: str | None = None


CONTACTS = Table(
    Contact,
    "contact",
    "contacts",
    "contactid",
    {
        "contact_id": "contactid",
        "first_name": "firstname",
        "last_name": "lastname",
        "full_name": "fullname",
        "email": "emailaddress1",
        "do_not_email": "donotemail",
        "do_not_bulk_email": "donotbulkemail",
        "state": "statecode",
        "merged": "merged",
        "master_id": "_masterid_value",
        "created_on": "createdon",
        "modified_on": "modifiedon",
        "etag": "@odata.etag",
    },
)


@frozen(kw_only=True)
class MarketingList:
    """A marketing list. A dynamic one has no members of its own: `query` (FetchXML) finds them.

    `member_type`: see `ListTarget`. `locked`: its members cannot be changed. `state`: 0 active,
    1 inactive.
    """

    list_id: RowId
    name: str | None = None
    dynamic: bool
    member_type: int
    query: str | None = field(default=None, repr=False)
    locked: bool | None = None
    state: int
    purpose: str | None = None
    etag: str | None = None


MARKETING_LISTS = Table(
    MarketingList,
    "list",
    "lists",
    "listid",
    {
        "list_id": "listid",
        "name": "listname",
        "dynamic": "type",
        "member_type": "createdfromcode",
        "query": "query",
        "locked": "lockstatus",
        "state": "statecode",
        "purpose": "purpose",
        "etag": "@odata.etag",
    },
)
