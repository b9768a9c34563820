"""Lists, which GetResponse calls campaigns."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

CampaignId = NewType("CampaignId", str)


class Optin(Enum):
    """Whether whoever is added counts at once (single) or has to confirm by a link (double)."""

    SINGLE = "single"
    DOUBLE = "double"


@frozen(kw_only=True)
class OptinTypes:
    """The opt-in by the way people come in; None leaves it to GetResponse.

    Imports are always single.
    """

    api: Optin | str | None = None
    email: Optin | str | None = None
    webform: Optin | str | None = None


@frozen(kw_only=True)
class Postal:
    """The postal address under the messages of a list."""

    add_postal_to_messages: bool | None = None
    city: str | None = None
    company_name: str | None = None
    country: str | None = None
    design: str | None = None
    state: str | None = None
    street: str | None = None
    zip_code: str | None = None


@frozen(kw_only=True)
class FromFieldRef:
    """A sender, by id."""

    from_field_id: str


@frozen(kw_only=True)
class Confirmation:
    """The mail that asks for a confirmation, and where its link leads.

    Attributes:
        redirect_type: "hosted" or "customUrl"; the latter needs `redirect_url`.
        mime_type: "text/html", "text/plain" or "combo".
    """

    from_field: FromFieldRef | None = None
    reply_to: FromFieldRef | None = None
    redirect_type: str | None = None
    redirect_url: str | None = None
    mime_type: str | None = None
    subscription_confirmation_body_id: str | None = None
    subscription_confirmation_subject_id: str | None = None


@frozen(kw_only=True)
class SubscriptionNotifications:
    """Who is told of new contacts; `status` is "enabled" or "disabled"."""

    status: str | None = None
    recipients: tuple[FromFieldRef, ...] = ()


@frozen(kw_only=True)
class CampaignProfile:
    """What people are shown of a list."""

    title: str | None = None
    description: str | None = None
    industry_tag_id: str | None = None
    logo: str | None = None
    logo_link_url: str | None = None


@frozen(kw_only=True)
class Campaign:
    """A list. `is_default`: where contacts go that name none.

    Rows of a list call have the first six attributes alone; `get`, `create` and `update` have all.
    `tech_name` is of MAX accounts.
    """

    campaign_id: CampaignId
    name: str
    is_default: bool = False
    language_code: str | None = None
    created_on: datetime | None = None
    tech_name: str | None = None
    optin_types: OptinTypes | None = field(default=None, repr=False)
    postal: Postal | None = field(default=None, repr=False)
    confirmation: Confirmation | None = field(default=None, repr=False)
    subscription_notifications: SubscriptionNotifications | None = field(default=None, repr=False)
    profile: CampaignProfile | None = field(default=None, repr=False)


@frozen(kw_only=True)
class CampaignRef:
    """The list that something belongs to."""

    campaign_id: CampaignId
    name: str | None = None


class GroupBy(Enum):
    """The spans that statistics are cut into."""

    TOTAL = "total"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
