"""The async ActiveCampaign client. Its blocking twin beside it is generated.

A noun is loaded when it is first used: most programs need few of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...core.auth import HeaderKey
from ...core.flow import Port
from ...core.lazy import lazily
from ...core.observe import Hook, Observer, observers
from ...core.policy import Retries, retries_of, timeout_of
from ...errors import ConfigError
from ...runtime.aio import AsyncClient, AsyncSession
from ...runtime.budget import shared_budget
from ...runtime.http import AsyncTransport, AsyncWire
from .. import wire

if TYPE_CHECKING:
    from .accounts import AsyncNotes, AsyncUsers
    from .automations import AsyncAutomations
    from .contacts import AsyncContacts
    from .custom_objects import AsyncCustomObjects
    from .events import AsyncEvents, AsyncWebhooks
    from .fields import AsyncFields, AsyncFieldValues
    from .tags import AsyncContactTags, AsyncTags
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "AsyncNotes AsyncUsers",
            "automations": "AsyncAutomations",
            "contacts": "AsyncContacts",
            "custom_objects": "AsyncCustomObjects",
            "events": "AsyncEvents AsyncWebhooks",
            "fields": "AsyncFieldValues AsyncFields",
            "tags": "AsyncContactTags AsyncTags",
        },
    )

__all__ = [
    "AsyncActiveCampaignClient",
    "AsyncAutomations",
    "AsyncContactTags",
    "AsyncContacts",
    "AsyncCustomObjects",
    "AsyncEvents",
    "AsyncFieldValues",
    "AsyncFields",
    "AsyncNotes",
    "AsyncTags",
    "AsyncUsers",
    "AsyncWebhooks",
]


class AsyncActiveCampaignClient(AsyncClient):
    """ActiveCampaign API v3: typed, paged, retried within the vendor's limits.

    All clients of one account share its 5 calls per second, whatever their keys.

    Args:
        url: of the account, as Settings, Developer shows it: `https://account.api-us1.com`, with or
            without `/api/3`. It cannot be told from the account's name. On this machine also
            `http://127.0.0.1:8025/activecampaign`, as `connectors serve` shows it.
        credential: an API key; it has the rights of its user.
        timeout: seconds for one send.
        retries: how calls that may be repeated are repeated, or how often.
        hooks: are told of every send; see `connectors.core.observe`.
        transport: the host's own way to send; see `connectors.runtime.http`.

    Raises:
        ConfigError: a URL or key that cannot be right.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            async for tag in client.tags.list():
                print(tag.name)

    asyncio.run(main())
    ```
    """

    service = "activecampaign"

    def __init__(
        self,
        url: str,
        credential: str,
        *,
        timeout: float = 30.0,
        retries: Retries | int | None = None,
        hooks: Sequence[Hook] = (),
        transport: AsyncTransport | None = None,
    ) -> None:
        base_url = wire.base_url(url)
        connection = AsyncWire(transport)
        rate = shared_budget(
            connection.clock, ("activecampaign", base_url), wire.WINDOWS, wire.IN_FLIGHT
        )
        port = Port(
            service="activecampaign",
            base_url=base_url,
            hosts=frozenset({"/".join(base_url.split("/")[:3])}),
            headers={"Accept": "application/json", "User-Agent": "connectors-python"},
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("activecampaign", observers(hooks)),
            standing=wire.standing,
            timeout=timeout_of(timeout),
        )
        super().__init__(AsyncSession(port, connection, _key(credential), slots=rate.slots))

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    @property
    def contacts(self) -> AsyncContacts:
        """Contacts, one by one and many at once."""
        from .contacts import AsyncContacts

        return AsyncContacts(self._session)

    @property
    def fields(self) -> AsyncFields:
        """What contacts can have values in."""
        from .fields import AsyncFields

        return AsyncFields(self._session)

    @property
    def field_values(self) -> AsyncFieldValues:
        """What contacts have in their fields."""
        from .fields import AsyncFieldValues

        return AsyncFieldValues(self._session)

    @property
    def tags(self) -> AsyncTags:
        """Tags."""
        from .tags import AsyncTags

        return AsyncTags(self._session)

    @property
    def contact_tags(self) -> AsyncContactTags:
        """Tags on contacts."""
        from .tags import AsyncContactTags

        return AsyncContactTags(self._session)

    @property
    def custom_objects(self) -> AsyncCustomObjects:
        """Custom objects: schemas and their records."""
        from .custom_objects import AsyncCustomObjects

        return AsyncCustomObjects(self._session)

    @property
    def automations(self) -> AsyncAutomations:
        """Automations, and who is in them."""
        from .automations import AsyncAutomations

        return AsyncAutomations(self._session)

    @property
    def notes(self) -> AsyncNotes:
        """Notes on contacts."""
        from .accounts import AsyncNotes

        return AsyncNotes(self._session)

    @property
    def events(self) -> AsyncEvents:
        """What contacts did elsewhere."""
        from .events import AsyncEvents

        return AsyncEvents(self._session)

    @property
    def webhooks(self) -> AsyncWebhooks:
        """URLs that are told of what happens."""
        from .events import AsyncWebhooks

        return AsyncWebhooks(self._session)

    @property
    def users(self) -> AsyncUsers:
        """Users of the account."""
        from .accounts import AsyncUsers

        return AsyncUsers(self._session)


def _key(credential: str) -> HeaderKey:
    """The key as a header, checked."""
    if not isinstance(credential, str):
        raise ConfigError(
            f"the ActiveCampaign API key must be text, got {type(credential).__name__}"
        )
    key = credential.strip()
    if not key:
        raise ConfigError("the ActiveCampaign API key is empty")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError("the ActiveCampaign API key holds characters that no key has")
    return HeaderKey("Api-Token", key)
