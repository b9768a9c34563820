"""The async GetResponse client. `blocking.py` beside it is generated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from ..core.auth import (
    AuthorizationCode,
    ClientCredentials,
    Credential,
    HeaderKey,
    RefreshToken,
    TokenCache,
    TokenProvider,
)
from ..core.flow import Port
from ..core.observe import Hook, Observer
from ..core.policy import Retries, retries_of
from ..core.wire import UNSET, Unset
from ..errors import ConfigError
from ..runtime.aio import AsyncClient, AsyncPaged, AsyncSession
from ..runtime.budget import shared_budget
from ..runtime.http import AsyncTransport, AsyncWire, is_loopback
from . import calls, oauth, wire
from .models import (
    Account,
    Campaign,
    CampaignId,
    Contact,
    ContactDetails,
    ContactId,
    NewContact,
    RemovedContact,
)

_RETAIL = "api.getresponse.com"
_MAX = ("api3.getresponse360.com", "api3.getresponse360.pl")
_DOMAIN = re.compile(r"(?!www\.)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,8}", re.IGNORECASE)


class AsyncGetResponseClient(AsyncClient):
    """GetResponse API v3: typed, paged, retried within the vendor's limits.

    Args:
        credential: an API key as text; or for OAuth an `AuthorizationCode`, a `RefreshToken`,
            `ClientCredentials` (of your own account), or a `TokenProvider`.
        host: `api.getresponse.com`; a MAX account uses `api3.getresponse360.com` or `….pl`. On this
            machine also `http://127.0.0.1:8025/getresponse`, as `connectors serve` shows it.
        domain: the account's domain, for MAX hosts only, such as `mail.example.com`.
        timeout: seconds for one send.
        retries: how calls that may be repeated are repeated, or how often.
        token_cache: where OAuth tokens are kept between clients and runs; see `FileTokenCache`.
        hooks: are told of every send; see `connectors.core.observe`.
        transport: the host's own way to send; see `connectors.runtime.http`.

    Raises:
        ConfigError: a host or domain that cannot be right.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            async for campaign in client.campaigns.list():
                print(campaign.name)

    asyncio.run(main())
    ```
    """

    service = "getresponse"

    def __init__(
        self,
        credential: str
        | ClientCredentials
        | AuthorizationCode
        | RefreshToken
        | TokenProvider
        | Credential,
        *,
        host: str = _RETAIL,
        domain: str | None = None,
        timeout: float = 30.0,
        retries: Retries | int | None = None,
        token_cache: TokenCache | None = None,
        hooks: Sequence[Hook] = (),
        transport: AsyncTransport | None = None,
    ) -> None:
        headers = {"Accept": "application/json", "User-Agent": "connectors-python"}
        domain_header = _domain_header(host, domain)
        base_url = f"{host if is_loopback(host) else f'https://{host}'}/v3"
        secret = _credential(credential, base_url, tuple(domain_header.items()))
        connection = AsyncWire(transport)
        rate = shared_budget(
            connection.clock, (host, domain or "", secret), wire.WINDOWS, wire.IN_FLIGHT
        )
        port = Port(
            service="getresponse",
            base_url=base_url,
            hosts=frozenset({base_url.removesuffix("/v3")}),
            headers=headers | domain_header,
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("getresponse", tuple(hooks)),
            standing=wire.standing,
            timeout=timeout,
        )
        super().__init__(
            AsyncSession(port, connection, secret, slots=rate.slots, cache=token_cache)
        )

    def _furnish(self) -> None:
        self.accounts = AsyncAccounts(self._session)
        self.campaigns = AsyncCampaigns(self._session)
        self.contacts = AsyncContacts(self._session)


class AsyncAccounts:
    """The account behind the credential."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self) -> Account:
        """Id, e-mail and names of the account; also the cheapest check of a connection."""
        return await self._session.send(calls.get_account())


class AsyncCampaigns:
    """Lists, which GetResponse calls campaigns."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def list(self, *, name: str | None = None, cursor: str | None = None) -> AsyncPaged[Campaign]:
        """All lists, oldest first; `name` narrows to names that contain it."""
        return AsyncPaged(self._session, calls.list_campaigns(name=name), cursor)

    async def get(self, campaign_id: CampaignId) -> Campaign:
        """One list.

        Raises:
            NotFound: there is none with this id (ids are case-sensitive).
        """
        return await self._session.send(calls.get_campaign(campaign_id))

    async def create(self, name: str, *, double_opt_in: bool = False) -> Campaign:
        """Create a list of 3 to 64 characters.

        Raises:
            Conflict: the name is taken (code 1008).
            BadRequest: a name GetResponse does not accept.
        """
        return await self._session.send(calls.create_campaign(name, double_opt_in=double_opt_in))


class AsyncContacts:
    """Contacts. One lives in one list; the same address in two lists is two contacts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def list(
        self,
        *,
        campaign_id: CampaignId | None = None,
        email: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        changed_since: datetime | None = None,
        changed_until: datetime | None = None,
        sort: calls.SortField = "createdOn",
        cursor: str | None = None,
    ) -> AsyncPaged[Contact]:
        """Active contacts, ascending by `sort`, 1000 a page.

        Rows carry no tags and no custom fields: `get` one for those. `email` matches exactly.
        Bounds are inclusive and need a time zone. `changed_*` may miss contacts that never changed.
        """
        pages = calls.list_contacts(
            campaign_id=campaign_id,
            email=email,
            created_since=created_since,
            created_until=created_until,
            changed_since=changed_since,
            changed_until=changed_until,
            sort=sort,
        )
        return AsyncPaged(self._session, pages, cursor)

    def list_removed(self, campaign_ids: Iterable[CampaignId]) -> AsyncPaged[RemovedContact]:
        """Contacts that left these lists, why and when."""
        return AsyncPaged(self._session, calls.list_removed_contacts(campaign_ids))

    async def get(self, contact_id: ContactId) -> ContactDetails:
        """One active contact with its tags and custom fields.

        Raises:
            NotFound: removed, or never there.
        """
        return await self._session.send(calls.get_contact(contact_id))

    async def create(self, campaign_id: CampaignId, email: str, *, name: str | None = None) -> None:
        """Queue one contact; it appears seconds to minutes later, or is refused in silence.

        Raises:
            Conflict: the address is in this list already, or queued for it (1008).
            BadRequest: blocklisted, removed or bounced before (1002), or not an address.
        """
        await self._session.send(
            calls.create_contact(campaign_id, NewContact(email=email, name=name))
        )

    async def create_batch(self, campaign_id: CampaignId, contacts: Sequence[NewContact]) -> None:
        """Queue 1 to 1000 contacts with one answer for all; at most once per second."""
        await self._session.send(calls.create_contacts(campaign_id, contacts))

    async def update(
        self,
        contact_id: ContactId,
        *,
        name: str | Unset = UNSET,
        email: str | Unset = UNSET,
        campaign_id: CampaignId | Unset = UNSET,
        note: str | Unset | None = UNSET,
        scoring: float | Unset | None = UNSET,
    ) -> ContactDetails:
        """Change what is given, leave the rest; None clears.

        Raises:
            Conflict: the new address is in that list already (1008).
            NotFound: removed, or never there.
        """
        return await self._session.send(
            calls.update_contact(
                contact_id,
                name=name,
                email=email,
                campaign_id=campaign_id,
                note=note,
                scoring=scoring,
            )
        )

    async def delete(self, contact_id: ContactId) -> None:
        """Remove a contact from its list; one that is gone already is fine."""
        await self._session.send(calls.delete_contact(contact_id))


def _domain_header(host: str, domain: str | None) -> dict[str, str]:
    """The X-Domain header, checked: the wrong one is answered with a redirect to a web page."""
    if is_loopback(host):
        return {"X-Domain": domain} if domain else {}
    if host != _RETAIL and host not in _MAX:
        raise ConfigError(f"host {host!r} is none of GetResponse's: {', '.join((_RETAIL, *_MAX))}")
    if host == _RETAIL:
        if domain:
            raise ConfigError(f"`domain` is for MAX accounts; {_RETAIL} takes none")
        return {}
    if not domain or not _DOMAIN.fullmatch(domain):
        raise ConfigError(
            f"a MAX account needs `domain` as a bare host like mail.example.com, got {domain!r}"
        )
    return {"X-Domain": domain}


def _credential(
    credential: object, base_url: str, headers: tuple[tuple[str, str], ...]
) -> Credential:
    """Whatever the host gave, as what can answer the headers of a call."""
    if isinstance(credential, str):
        if not credential.strip():
            raise ConfigError("the GetResponse API key is empty")
        if not (credential.isascii() and credential.strip().isprintable()):
            raise ConfigError("the GetResponse API key holds characters that no key has")
        return HeaderKey("X-Auth-Token", f"api-key {credential.strip()}")
    if isinstance(credential, ClientCredentials | AuthorizationCode | RefreshToken):
        return oauth.grant(credential, base_url, headers)
    if hasattr(credential, "static_headers"):
        return cast(Credential, credential)
    raise ConfigError(
        "the GetResponse credential must be an API key as text, an OAuth credential or a "
        f"TokenProvider; got {type(credential).__name__}"
    )
