"""Contacts and what hangs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

from .campaigns import CampaignRef
from .fields import Tag

ContactId = NewType("ContactId", str)

CustomFieldValues = Mapping[str, str | Sequence[str]]
"""Values to set, by custom field id: one text, or several where the field takes several."""


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
class Contact:
    """A contact as list rows carry it: no tags and no custom fields, see `ContactDetails`.

    `changed_on` may be None on a contact that never changed. `scoring` are the points;
    `engagement_score` runs from 1 (not engaged) to 5. `day_of_cycle` is None outside the
    autoresponder cycle, 0 from its first message on.
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
    time_zone: str | None = None
    ip_address: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class CustomFieldValue:
    """The values one contact has in one custom field.

    `field_type` is its widget, `value_type` what it holds, both only where a contact is read whole.
    """

    custom_field_id: str
    name: str | None = None
    values: tuple[str, ...] = field(default=(), repr=False)
    field_type: str | None = None
    value_type: str | None = None


@frozen(kw_only=True)
class Geolocation:
    """Where a contact was last seen, as texts."""

    latitude: str | None = None
    longitude: str | None = None
    continent_code: str | None = None
    country_code: str | None = None
    region: str | None = None
    postal_code: str | None = None
    dma_code: str | None = None
    city: str | None = None


@frozen(kw_only=True)
class ContactDetails:
    """One contact, whole; the attributes are those of `Contact`, and three more."""

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
    time_zone: str | None = None
    ip_address: str | None = field(default=None, repr=False)
    tags: tuple[Tag, ...] = ()
    custom_field_values: tuple[CustomFieldValue, ...] = ()
    geolocation: Geolocation | None = field(default=None, repr=False)


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
    """A contact to create.

    Attributes:
        name: 1 to 128 characters; None where it is not known (GetResponse then says "Friend").
        day_of_cycle: the day at which it enters the autoresponder cycle; None keeps it out.
        scoring: its points.
        ip_address: where it signed up; private ones may be refused.
        tag_ids: at most 500.
        custom_field_values: by custom field id.
    """

    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    day_of_cycle: int | None = None
    scoring: float | None = None
    ip_address: str | None = field(default=None, repr=False)
    tag_ids: Sequence[str] = ()
    custom_field_values: CustomFieldValues = field(factory=dict, repr=False)


@frozen(kw_only=True)
class ConsentRecord:
    """One declaration of a consent."""

    was_granted: bool
    content: str | None = field(default=None, repr=False)
    declared_at: datetime | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class ContactConsent:
    """What a contact agreed to, now and before."""

    consent_id: str
    is_granted: bool
    name: str | None = None
    content: str | None = field(default=None, repr=False)
    history: tuple[ConsentRecord, ...] = ()


class ActivityKind(Enum):
    """What happened to a message."""

    SEND = "send"
    OPEN = "open"
    CLICK = "click"


@frozen(kw_only=True)
class ActivityResource:
    """The message of an activity. `resource_type` is "newsletters", "autoresponders", …"""

    resource_type: str | None = None
    resource_id: str | None = None
    href: str | None = None


@frozen(kw_only=True)
class ClickedLink:
    """The link of a click."""

    click_track_id: str | None = None
    name: str | None = None
    url: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class ContactActivity:
    """A message was sent to a contact, opened or clicked.

    It has no id: contact, kind, second, resource and link together are its natural key, and two
    opens within a second look the same. `preview_url` is of sends, `click_track` of clicks.
    """

    activity: ActivityKind | str
    created_on: datetime
    subject: str | None = None
    preview_url: str | None = field(default=None, repr=False)
    resource: ActivityResource | None = None
    click_track: ClickedLink | None = None
