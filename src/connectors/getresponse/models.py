"""What GetResponse speaks of, as frozen values. Its *campaign* is everybody else's list."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

ContactId = NewType("ContactId", str)
CampaignId = NewType("CampaignId", str)


class Origin(Enum):
    """How a contact came into a list."""

    IMPORT = "import"
    EMAIL = "email"
    WWW = "www"
    PANEL = "panel"
    LEADS = "leads"
    SALE = "sale"
    API = "api"
    SURVEY = "survey"
    IPHONE = "iphone"
    COPY = "copy"
    LANDING_PAGE = "landing_page"
    WEBINAR = "webinar"
    WEBSITE_BUILDER = "website_builder_elegant"
    CHAT = "chat"
    COURSE = "course"
    PREMIUM_NEWSLETTER = "premium_newsletter"


class Removal(Enum):
    """Why a contact is gone."""

    API = "api"
    AUTOMATION = "automation"
    BLACKLISTED = "blacklisted"
    BOUNCE = "bounce"
    CLEANER = "cleaner"
    COMPLAINT = "complaint"
    SUPPORT = "support"
    UNSUBSCRIBE = "unsubscribe"
    USER = "user"


@frozen(kw_only=True)
class Account:
    """The account behind a credential."""

    account_id: str
    email: str = field(default="", repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    company_name: str | None = None


@frozen(kw_only=True)
class Campaign:
    """A list. `is_default`: where contacts go that name none."""

    campaign_id: CampaignId
    name: str
    is_default: bool = False
    language_code: str | None = None
    created_on: datetime | None = None


@frozen(kw_only=True)
class CampaignRef:
    """The list a contact is in."""

    campaign_id: CampaignId
    name: str | None = None


@frozen(kw_only=True)
class Contact:
    """A contact as list rows carry it: no tags and no custom fields, see `ContactDetails`.

    `changed_on` may be None on a contact that never changed. `scoring` are the points;
    `engagement_score` runs from 1 (not engaged) to 5.
    """

    contact_id: ContactId
    email: str = field(repr=False)
    campaign: CampaignRef
    name: str | None = field(default=None, repr=False)
    origin: Origin | str | None = None
    created_on: datetime | None = None
    changed_on: datetime | None = None
    scoring: float | None = None
    engagement_score: int | None = None
    note: str | None = field(default=None, repr=False)
    day_of_cycle: int | None = None


@frozen(kw_only=True)
class Tag:
    """A tag on a contact."""

    tag_id: str
    name: str


@frozen(kw_only=True)
class CustomFieldValue:
    """The values one contact has in one custom field."""

    custom_field_id: str
    name: str | None = None
    values: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class ContactDetails:
    """One contact, whole."""

    contact_id: ContactId
    email: str = field(repr=False)
    campaign: CampaignRef
    name: str | None = field(default=None, repr=False)
    origin: Origin | str | None = None
    created_on: datetime | None = None
    changed_on: datetime | None = None
    scoring: float | None = None
    engagement_score: int | None = None
    note: str | None = field(default=None, repr=False)
    day_of_cycle: int | None = None
    tags: tuple[Tag, ...] = ()
    custom_field_values: tuple[CustomFieldValue, ...] = ()


@frozen(kw_only=True)
class RemovedContact:
    """A contact that left, why and when."""

    contact_id: ContactId
    email: str = field(repr=False)
    campaign: CampaignRef | None = None
    reason: Removal | str | None = None
    deleted_on: datetime | None = None
    created_on: datetime | None = None


@frozen(kw_only=True)
class NewContact:
    """A contact to create; `name` may be None (GetResponse then calls it "Friend")."""

    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
