# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The blocking ActiveCampaign client. Its blocking twin beside it is generated.

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
from ...runtime.blocking import Client, Session
from ...runtime.budget import shared_budget
from ...runtime.http import Transport, Wire
from .. import wire

if TYPE_CHECKING:
    from .accounts import Notes, Users
    from .automations import Automations
    from .contacts import Contacts
    from .custom_objects import CustomObjects
    from .events import Events, Webhooks
    from .fields import Fields, FieldValues
    from .tags import ContactTags, Tags
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "Notes Users",
            "automations": "Automations",
            "contacts": "Contacts",
            "custom_objects": "CustomObjects",
            "events": "Events Webhooks",
            "fields": "FieldValues Fields",
            "tags": "ContactTags Tags",
        },
    )

__all__ = [
    "ActiveCampaignClient",
    "Automations",
    "ContactTags",
    "Contacts",
    "CustomObjects",
    "Events",
    "FieldValues",
    "Fields",
    "Notes",
    "Tags",
    "Users",
    "Webhooks",
]


class ActiveCampaignClient(Client):
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
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            for tag in client.tags.list():
                print(tag.name)

    main()
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
        transport: Transport | None = None,
    ) -> None:
        base_url = wire.base_url(url)
        connection = Wire(transport)
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
        super().__init__(Session(port, connection, _key(credential), slots=rate.slots))

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    @property
    def contacts(self) -> Contacts:
        """Contacts, one by one and many at once."""
        from .contacts import Contacts

        return Contacts(self._session)

    @property
    def fields(self) -> Fields:
        """What contacts can have values in."""
        from .fields import Fields

        return Fields(self._session)

    @property
    def field_values(self) -> FieldValues:
        """What contacts have in their fields."""
        from .fields import FieldValues

        return FieldValues(self._session)

    @property
    def tags(self) -> Tags:
        """Tags."""
        from .tags import Tags

        return Tags(self._session)

    @property
    def contact_tags(self) -> ContactTags:
        """Tags on contacts."""
        from .tags import ContactTags

        return ContactTags(self._session)

    @property
    def custom_objects(self) -> CustomObjects:
        """Custom objects: schemas and their records."""
        from .custom_objects import CustomObjects

        return CustomObjects(self._session)

    @property
    def automations(self) -> Automations:
        """Automations, and who is in them."""
        from .automations import Automations

        return Automations(self._session)

    @property
    def notes(self) -> Notes:
        """Notes on contacts."""
        from .accounts import Notes

        return Notes(self._session)

    @property
    def events(self) -> Events:
        """What contacts did elsewhere."""
        from .events import Events

        return Events(self._session)

    @property
    def webhooks(self) -> Webhooks:
        """URLs that are told of what happens."""
        from .events import Webhooks

        return Webhooks(self._session)

    @property
    def users(self) -> Users:
        """Users of the account."""
        from .accounts import Users

        return Users(self._session)


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
