"""The tables that every Dynamics 365 has and this library speaks of, as models.

Names as in `$metadata` of v8.2, which all later versions kept.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum

from attrs import field, frozen

from ..literals import RowId
from .tables import Table


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


@frozen(kw_only=True)
class ListMember:
    """That a row is on a static list. `entity_type`: the logical name of its table."""

    member_id: RowId
    list_id: RowId
    entity_id: RowId
    entity_type: str | None = None
    created_on: datetime | None = None


LIST_MEMBERS = Table(
    ListMember,
    "listmember",
    "listmembers",
    "listmemberid",
    {
        "member_id": "listmemberid",
        "list_id": "_listid_value",
        "entity_id": "_entityid_value",
        "entity_type": "entitytype",
        "created_on": "createdon",
    },
)


@frozen(kw_only=True)
class Account:
    """A company or other organisation. `state`: 0 active, 1 inactive."""

    account_id: RowId
    name: str | None = None
    account_number: str | None = None
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    website: str | None = None
    primary_contact_id: RowId | None = None
    state: int
    created_on: datetime | None = None
    modified_on: datetime | None = None
    etag: str | None = None


ACCOUNTS = Table(
    Account,
    "account",
    "accounts",
    "accountid",
    {
        "account_id": "accountid",
        "name": "name",
        "account_number": "accountnumber",
        "email": "emailaddress1",
        "phone": "telephone1",
        "website": "websiteurl",
        "primary_contact_id": "_primarycontactid_value",
        "state": "statecode",
        "created_on": "createdon",
        "modified_on": "modifiedon",
        "etag": "@odata.etag",
    },
)


@frozen(kw_only=True)
class Campaign:
    """A marketing campaign. `is_template` is set when it is created and never later."""

    campaign_id: RowId
    name: str | None = None
    code: str | None = None
    description: str | None = None
    objective: str | None = None
    proposed_start: datetime | None = None
    proposed_end: datetime | None = None
    actual_start: datetime | None = None
    actual_end: datetime | None = None
    budgeted_cost: Decimal | None = None
    expected_revenue: Decimal | None = None
    expected_response: int | None = None
    is_template: bool | None = None
    state: int
    modified_on: datetime | None = None
    etag: str | None = None


CAMPAIGNS = Table(
    Campaign,
    "campaign",
    "campaigns",
    "campaignid",
    {
        "campaign_id": "campaignid",
        "name": "name",
        "code": "codename",
        "description": "description",
        "objective": "objective",
        "proposed_start": "proposedstart",
        "proposed_end": "proposedend",
        "actual_start": "actualstart",
        "actual_end": "actualend",
        "budgeted_cost": "budgetedcost",
        "expected_revenue": "expectedrevenue",
        "expected_response": "expectedresponse",
        "is_template": "istemplate",
        "state": "statecode",
        "modified_on": "modifiedon",
        "etag": "@odata.etag",
    },
)


@frozen(kw_only=True)
class User:
    """A user of the environment; one with an `application_id` is an application."""

    user_id: RowId
    full_name: str | None = field(default=None, repr=False)
    domain_name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    application_id: RowId | None = None
    object_id: RowId | None = None
    business_unit_id: RowId | None = None
    is_disabled: bool | None = None


USERS = Table(
    User,
    "systemuser",
    "systemusers",
    "systemuserid",
    {
        "user_id": "systemuserid",
        "full_name": "fullname",
        "domain_name": "domainname",
        "email": "internalemailaddress",
        "application_id": "applicationid",
        "object_id": "azureactivedirectoryobjectid",
        "business_unit_id": "_businessunitid_value",
        "is_disabled": "isdisabled",
    },
)


@frozen(kw_only=True)
class Role:
    """A security role. Each business unit has its own copy; `root_role_id` is the first of them."""

    role_id: RowId
    name: str | None = None
    business_unit_id: RowId | None = None
    root_role_id: RowId | None = None


ROLES = Table(
    Role,
    "role",
    "roles",
    "roleid",
    {
        "role_id": "roleid",
        "name": "name",
        "business_unit_id": "_businessunitid_value",
        "root_role_id": "_parentrootroleid_value",
    },
)


class Depth(Enum):
    """How far a privilege reaches: own rows, business unit, units below it too, organisation."""

    BASIC = "Basic"
    LOCAL = "Local"
    DEEP = "Deep"
    GLOBAL = "Global"


@frozen(kw_only=True)
class Privilege:
    """A privilege that a user or role holds. `name` is None from v8.2, which answers ids alone."""

    privilege_id: RowId
    depth: Depth | str
    business_unit_id: RowId | None = None
    name: str | None = None


class AccessRight(Enum):
    """What a user may do to one row."""

    READ = "ReadAccess"
    WRITE = "WriteAccess"
    APPEND = "AppendAccess"
    APPEND_TO = "AppendToAccess"
    CREATE = "CreateAccess"
    DELETE = "DeleteAccess"
    SHARE = "ShareAccess"
    ASSIGN = "AssignAccess"


@frozen(kw_only=True)
class Organization:
    """The environment itself, as `RetrieveCurrentOrganization` tells of it."""

    organization_id: RowId
    unique_name: str | None = None
    friendly_name: str | None = None
    version: str | None = None


@frozen(kw_only=True)
class Authority:
    """Where an environment wants to be signed in to, as its 401 says."""

    authority: str
    resource: str | None = None


@frozen(kw_only=True)
class Upserted:
    """The row that an upsert changed or created; `created` is None where the answer cannot say."""

    row_id: RowId
    created: bool | None
