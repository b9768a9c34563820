"""The async GetResponse client. Its blocking twin beside it is generated.

A noun is loaded when it is first used: most programs need few of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from ...core.auth import (
    AuthorizationCode,
    ClientCredentials,
    Credential,
    HeaderKey,
    RefreshToken,
    TokenCache,
    TokenProvider,
)
from ...core.call import is_loopback
from ...core.flow import Port
from ...core.lazy import lazily
from ...core.observe import Hook, Observer, observers
from ...core.policy import Retries, retries_of, timeout_of
from ...errors import ConfigError
from ...runtime.aio import AsyncClient, AsyncSession
from ...runtime.budget import shared_budget
from ...runtime.http import AsyncTransport, AsyncWire
from .. import oauth, wire

if TYPE_CHECKING:
    from .accounts import (
        AsyncAccounts,
        AsyncBlocklists,
        AsyncCallbacks,
        AsyncSuppressions,
    )
    from .campaigns import AsyncCampaigns
    from .contacts import AsyncContacts
    from .fields import (
        AsyncCustomFields,
        AsyncPredefinedFields,
        AsyncTags,
    )
    from .jobs import AsyncCustomReports, AsyncImports
    from .newsletters import (
        AsyncFromFields,
        AsyncNewsletters,
    )
    from .search import AsyncSearchContacts
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "AsyncAccounts AsyncBlocklists AsyncCallbacks AsyncSuppressions",
            "campaigns": "AsyncCampaigns",
            "contacts": "AsyncContacts",
            "fields": "AsyncCustomFields AsyncPredefinedFields AsyncTags",
            "jobs": "AsyncCustomReports AsyncImports",
            "newsletters": "AsyncFromFields AsyncNewsletters",
            "search": "AsyncSearchContacts",
        },
    )

__all__ = [
    "AsyncAccounts",
    "AsyncBlocklists",
    "AsyncCallbacks",
    "AsyncCampaigns",
    "AsyncContacts",
    "AsyncCustomFields",
    "AsyncCustomReports",
    "AsyncFromFields",
    "AsyncGetResponseClient",
    "AsyncImports",
    "AsyncNewsletters",
    "AsyncPredefinedFields",
    "AsyncSearchContacts",
    "AsyncSuppressions",
    "AsyncTags",
]

_RETAIL = "api.getresponse.com"
_MAX = ("api3.getresponse360.com", "api3.getresponse360.pl")


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
            hosts=frozenset({"/".join(base_url.split("/")[:3])}),
            headers=headers | domain_header,
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("getresponse", observers(hooks)),
            standing=wire.standing,
            timeout=timeout_of(timeout),
        )
        super().__init__(
            AsyncSession(port, connection, secret, slots=rate.slots, cache=token_cache)
        )

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    @property
    def accounts(self) -> AsyncAccounts:
        """The account behind the credential."""
        from .accounts import AsyncAccounts

        return AsyncAccounts(self._session)

    @property
    def blocklists(self) -> AsyncBlocklists:
        """Masks that keep addresses out."""
        from .accounts import AsyncBlocklists

        return AsyncBlocklists(self._session)

    @property
    def callbacks(self) -> AsyncCallbacks:
        """The URL that is told of opens, clicks and sign-ups."""
        from .accounts import AsyncCallbacks

        return AsyncCallbacks(self._session)

    @property
    def suppressions(self) -> AsyncSuppressions:
        """Lists of addresses that a newsletter leaves out."""
        from .accounts import AsyncSuppressions

        return AsyncSuppressions(self._session)

    @property
    def campaigns(self) -> AsyncCampaigns:
        """Lists, which GetResponse calls campaigns."""
        from .campaigns import AsyncCampaigns

        return AsyncCampaigns(self._session)

    @property
    def contacts(self) -> AsyncContacts:
        """Contacts."""
        from .contacts import AsyncContacts

        return AsyncContacts(self._session)

    @property
    def custom_fields(self) -> AsyncCustomFields:
        """What contacts can have values in."""
        from .fields import AsyncCustomFields

        return AsyncCustomFields(self._session)

    @property
    def predefined_fields(self) -> AsyncPredefinedFields:
        """Merge words with one value for a whole list."""
        from .fields import AsyncPredefinedFields

        return AsyncPredefinedFields(self._session)

    @property
    def tags(self) -> AsyncTags:
        """Tags."""
        from .fields import AsyncTags

        return AsyncTags(self._session)

    @property
    def custom_reports(self) -> AsyncCustomReports:
        """Reports as CSV files."""
        from .jobs import AsyncCustomReports

        return AsyncCustomReports(self._session)

    @property
    def imports(self) -> AsyncImports:
        """Many contacts at once."""
        from .jobs import AsyncImports

        return AsyncImports(self._session)

    @property
    def from_fields(self) -> AsyncFromFields:
        """Senders."""
        from .newsletters import AsyncFromFields

        return AsyncFromFields(self._session)

    @property
    def newsletters(self) -> AsyncNewsletters:
        """Newsletters and drafts."""
        from .newsletters import AsyncNewsletters

        return AsyncNewsletters(self._session)

    @property
    def search_contacts(self) -> AsyncSearchContacts:
        """Searches by conditions, ad hoc and saved."""
        from .search import AsyncSearchContacts

        return AsyncSearchContacts(self._session)


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
    if not domain or not wire.is_domain(domain):
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
