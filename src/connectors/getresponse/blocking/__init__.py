# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The blocking GetResponse client. Its blocking twin beside it is generated.

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
from ...runtime.blocking import Client, Session
from ...runtime.budget import shared_budget
from ...runtime.http import Transport, Wire
from .. import oauth, wire

if TYPE_CHECKING:
    from .accounts import (
        Accounts,
        Blocklists,
        Callbacks,
        Suppressions,
    )
    from .campaigns import Campaigns
    from .contacts import Contacts
    from .fields import (
        CustomFields,
        PredefinedFields,
        Tags,
    )
    from .jobs import CustomReports, Imports
    from .newsletters import (
        FromFields,
        Newsletters,
    )
    from .search import SearchContacts
else:
    __getattr__, __dir__ = lazily(
        __name__,
        {
            "accounts": "Accounts Blocklists Callbacks Suppressions",
            "campaigns": "Campaigns",
            "contacts": "Contacts",
            "fields": "CustomFields PredefinedFields Tags",
            "jobs": "CustomReports Imports",
            "newsletters": "FromFields Newsletters",
            "search": "SearchContacts",
        },
    )

__all__ = [
    "Accounts",
    "Blocklists",
    "Callbacks",
    "Campaigns",
    "Contacts",
    "CustomFields",
    "CustomReports",
    "FromFields",
    "GetResponseClient",
    "Imports",
    "Newsletters",
    "PredefinedFields",
    "SearchContacts",
    "Suppressions",
    "Tags",
]

_RETAIL = "api.getresponse.com"
_MAX = ("api3.getresponse360.com", "api3.getresponse360.pl")


class GetResponseClient(Client):
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
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            for campaign in client.campaigns.list():
                print(campaign.name)

    main()
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
        transport: Transport | None = None,
    ) -> None:
        headers = {"Accept": "application/json", "User-Agent": "connectors-python"}
        domain_header = _domain_header(host, domain)
        base_url = f"{host if is_loopback(host) else f'https://{host}'}/v3"
        secret = _credential(credential, base_url, tuple(domain_header.items()))
        connection = Wire(transport)
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
        super().__init__(Session(port, connection, secret, slots=rate.slots, cache=token_cache))

    def _furnish(self) -> None:
        """Nothing to make beforehand: the nouns are made when they are asked for."""

    @property
    def accounts(self) -> Accounts:
        """The account behind the credential."""
        from .accounts import Accounts

        return Accounts(self._session)

    @property
    def blocklists(self) -> Blocklists:
        """Masks that keep addresses out."""
        from .accounts import Blocklists

        return Blocklists(self._session)

    @property
    def callbacks(self) -> Callbacks:
        """The URL that is told of opens, clicks and sign-ups."""
        from .accounts import Callbacks

        return Callbacks(self._session)

    @property
    def suppressions(self) -> Suppressions:
        """Lists of addresses that a newsletter leaves out."""
        from .accounts import Suppressions

        return Suppressions(self._session)

    @property
    def campaigns(self) -> Campaigns:
        """Lists, which GetResponse calls campaigns."""
        from .campaigns import Campaigns

        return Campaigns(self._session)

    @property
    def contacts(self) -> Contacts:
        """Contacts."""
        from .contacts import Contacts

        return Contacts(self._session)

    @property
    def custom_fields(self) -> CustomFields:
        """What contacts can have values in."""
        from .fields import CustomFields

        return CustomFields(self._session)

    @property
    def predefined_fields(self) -> PredefinedFields:
        """Merge words with one value for a whole list."""
        from .fields import PredefinedFields

        return PredefinedFields(self._session)

    @property
    def tags(self) -> Tags:
        """Tags."""
        from .fields import Tags

        return Tags(self._session)

    @property
    def custom_reports(self) -> CustomReports:
        """Reports as CSV files."""
        from .jobs import CustomReports

        return CustomReports(self._session)

    @property
    def imports(self) -> Imports:
        """Many contacts at once."""
        from .jobs import Imports

        return Imports(self._session)

    @property
    def from_fields(self) -> FromFields:
        """Senders."""
        from .newsletters import FromFields

        return FromFields(self._session)

    @property
    def newsletters(self) -> Newsletters:
        """Newsletters and drafts."""
        from .newsletters import Newsletters

        return Newsletters(self._session)

    @property
    def search_contacts(self) -> SearchContacts:
        """Searches by conditions, ad hoc and saved."""
        from .search import SearchContacts

        return SearchContacts(self._session)


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
