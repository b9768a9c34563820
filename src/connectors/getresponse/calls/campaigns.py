"""Lists, which GetResponse calls campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, get_args

from ...core.call import Call, Json, Pages, Response, WriteClass
from ...core.given import ids, named, one_of, path
from ...core.wire import UNSET, Reader, Unset, parse
from ...errors import ConfigError
from ..models.campaigns import (
    Campaign,
    CampaignProfile,
    Confirmation,
    GroupBy,
    OptinTypes,
    Postal,
    SubscriptionNotifications,
)
from ..models.contacts import Contact
from ._parts import PAGE_SIZE, call, changes, order, pages, span

SearchSort = Literal["createdOn", "email", "name"]
CampaignStatistics = Literal[
    "list-size", "locations", "origins", "removals", "subscriptions", "balance", "summary"
]

_campaign = Reader(Campaign)
_contact = Reader(Contact)


def list_campaigns(
    *, name: str | None = None, is_default: bool | None = None, page_size: int = PAGE_SIZE
) -> Pages[Campaign]:
    """All lists, oldest first; `name` narrows to names that contain it."""
    query = [
        ("query[name]", name),
        ("query[isDefault]", is_default),
        ("sort[createdOn]", "ASC"),
    ]
    return pages("campaigns.list", "campaigns", _campaign.many, query, page_size)


def get_campaign(campaign_id: str) -> Call[Campaign]:
    """One list."""
    where = path("campaigns", campaign_id)
    return call("campaigns.get", "GET", where, lambda r: _campaign.one(r.body))


def create_campaign(
    name: str,
    *,
    double_opt_in: bool = False,
    language_code: str | None = None,
    postal: Postal | None = None,
    confirmation: Confirmation | None = None,
    subscription_notifications: SubscriptionNotifications | None = None,
    profile: CampaignProfile | None = None,
) -> Call[Campaign]:
    """Create a list.

    `double_opt_in` False lets contacts added by API appear without a confirmation mail; with True
    they stay invisible until they confirm. A taken name is a `Conflict` (1008).
    """
    more = {
        "languageCode": language_code,
        "postal": postal,
        "confirmation": confirmation,
        "subscriptionNotifications": subscription_notifications,
        "profile": profile,
    }
    body = {
        "name": named("the name of a list", name),
        "optinTypes": {"api": "double" if double_opt_in else "single"},
        **changes({key: value for key, value in more.items() if value is not None}),
    }
    return call(
        "campaigns.create",
        "POST",
        "campaigns",
        lambda r: _campaign.one(r.body),
        body=body,
        write_class=WriteClass.NATURAL_KEY,
    )


def update_campaign(
    campaign_id: str,
    *,
    name: str,
    language_code: str | Unset = UNSET,
    optin_types: OptinTypes | Unset = UNSET,
    postal: Postal | Unset = UNSET,
    confirmation: Confirmation | Unset = UNSET,
    subscription_notifications: SubscriptionNotifications | Unset = UNSET,
    profile: CampaignProfile | Unset = UNSET,
) -> Call[Campaign]:
    """Change a list. Its `name` has to be said each time, also where it stays."""
    body = {
        "name": named("the name of a list", name),
        **changes(
            {
                "languageCode": language_code,
                "optinTypes": optin_types,
                "postal": postal,
                "confirmation": confirmation,
                "subscriptionNotifications": subscription_notifications,
                "profile": profile,
            }
        ),
    }
    where = path("campaigns", campaign_id)
    return call("campaigns.update", "POST", where, lambda r: _campaign.one(r.body), body=body)


def list_campaign_contacts(
    campaign_id: str,
    *,
    email: str | None = None,
    name: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    sort: SearchSort = "createdOn",
    page_size: int = PAGE_SIZE,
) -> Pages[Contact]:
    """Active contacts of one list. Here `email` and `name` match a part of the text."""
    query = [
        ("query[email]", email),
        ("query[name]", name),
        *span("createdOn", created_since, created_until),
        order(sort, SearchSort),
    ]
    where = path("campaigns", campaign_id, "contacts")
    return pages("campaigns.contacts", where, _contact.many, query, page_size)


def get_campaign_statistics(
    kind: CampaignStatistics,
    campaign_ids: Iterable[str] = (),
    *,
    group_by: GroupBy | str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Call[Json]:
    """Numbers of some lists, as GetResponse has them: by day, list or country.

    Raises:
        ConfigError: no list, where one is needed (all but "summary").
    """
    lists = ids("campaign_ids", campaign_ids)
    one_of("kind", kind, get_args(CampaignStatistics))
    if not lists and kind != "summary":
        raise ConfigError(f"statistics of {kind} need the id of a list")
    query = [
        ("query[campaignId]", ",".join(lists) or None),
        ("query[groupBy]", group_by and one_of("group_by", group_by, [g.value for g in GroupBy])),
        *span("createdOn", since, until),
    ]
    return call("campaigns.statistics", "GET", f"campaigns/statistics/{kind}", _json, query=query)


def _json(response: Response) -> Json:
    value: Json = parse(response.body)
    return value
