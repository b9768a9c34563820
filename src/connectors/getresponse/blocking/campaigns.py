# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Lists, which GetResponse calls campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...core.call import Json
from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun, Paged
from .. import calls
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


class Campaigns(Noun):
    """Lists, which GetResponse calls campaigns. They can be deleted by hand only.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = client.campaigns.find("news") or client.campaigns.create("news")
            print(news.campaign_id)

    main()
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        is_default: bool | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Campaign]:
        """All lists, oldest first; `name` narrows to names that contain it."""
        pages = calls.list_campaigns(name=name, is_default=is_default, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Campaign | None:
        """The list of exactly this name, or None."""
        return self._find(calls.list_campaigns(name=name), lambda c: c.name == name)

    def get(self, campaign_id: str) -> Campaign:
        """One list, whole.

        Raises:
            NotFound: there is none with this id (ids are case-sensitive).
        """
        return self._session.send(calls.get_campaign(campaign_id))

    def create(
        self,
        name: str,
        *,
        double_opt_in: bool = False,
        language_code: str | None = None,
        postal: Postal | None = None,
        confirmation: Confirmation | None = None,
        subscription_notifications: SubscriptionNotifications | None = None,
        profile: CampaignProfile | None = None,
    ) -> Campaign:
        """Create a list of 3 to 64 characters; an account has up to 1000.

        Contacts that are added by API count at once, or after they confirmed with `double_opt_in`.

        Raises:
            Conflict: the name is taken (code 1008).
            BadRequest: a name GetResponse does not accept.
        """
        call = calls.create_campaign(
            name,
            double_opt_in=double_opt_in,
            language_code=language_code,
            postal=postal,
            confirmation=confirmation,
            subscription_notifications=subscription_notifications,
            profile=profile,
        )
        return self._session.send(call)

    def update(
        self,
        campaign_id: str,
        *,
        name: str,
        language_code: str | Unset = UNSET,
        optin_types: OptinTypes | Unset = UNSET,
        postal: Postal | Unset = UNSET,
        confirmation: Confirmation | Unset = UNSET,
        subscription_notifications: SubscriptionNotifications | Unset = UNSET,
        profile: CampaignProfile | Unset = UNSET,
    ) -> Campaign:
        """Change a list. Its `name` has to be said each time, also where it stays.

        Raises:
            NotFound: there is none with this id.
            Conflict: the name is taken (code 1008).
        """
        call = calls.update_campaign(
            campaign_id,
            name=name,
            language_code=language_code,
            optin_types=optin_types,
            postal=postal,
            confirmation=confirmation,
            subscription_notifications=subscription_notifications,
            profile=profile,
        )
        return self._session.send(call)

    def list_contacts(
        self,
        campaign_id: str,
        *,
        email: str | None = None,
        name: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        sort: calls.SearchSort = "createdOn",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Contact]:
        """Active contacts of one list. Here `email` and `name` match a part of the text.

        `contacts.list(campaign_id=…)` matches exactly and knows dates of change too.
        """
        pages = calls.list_campaign_contacts(
            campaign_id,
            email=email,
            name=name,
            created_since=created_since,
            created_until=created_until,
            sort=sort,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def statistics(
        self,
        kind: calls.CampaignStatistics,
        campaign_ids: Iterable[str] = (),
        *,
        group_by: GroupBy | str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Json:
        """Numbers of some lists as GetResponse has them: plain values by day, list or country.

        Raises:
            ConfigError: no list, where one is needed (all but "summary").
        """
        call = calls.get_campaign_statistics(
            kind, campaign_ids, group_by=group_by, since=since, until=until
        )
        return self._session.send(call)
