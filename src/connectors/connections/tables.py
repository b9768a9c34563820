"""The tables of a connections file, as values; what cannot be right is refused when they are built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs
from attrs import field, frozen

from ..activecampaign.blocking import ActiveCampaignClient
from ..core.auth import ClientCredentials, JwtBearer, PasswordCredentials, RefreshToken
from ..docusign.blocking import DocuSignClient
from ..domain.field_mapping import check_sources
from ..dynamics.blocking import DynamicsClient
from ..errors import ConfigError
from ..getresponse.blocking import GetResponseClient
from ..integrations.docusign_activecampaign.receiving import SigningKeys
from ..integrations.docusign_activecampaign.settings import BridgeSettings
from ..integrations.getresponse_dynamics.settings import Settings


@frozen
class Secret:
    """A secret that was read, and where it came from."""

    value: str = field(repr=False)
    source: str


@frozen
class PrivateKey(Secret):
    """A private key in PEM: a secret of several lines."""


@frozen(kw_only=True)
class StoreTable:
    """`[store]`: where the sync store is.

    Args:
        url: as for `SqlStore`; one with a password in it must be a secret.
        connection: a name for this pair of accounts, where one store serves several.
    """

    url: str | Secret = field(repr=False)
    connection: str = "main"


@frozen(kw_only=True)
class GetResponseTable:
    """`[getresponse]`: the account, by an API key, or by OAuth with `client_id` and `client_secret`.

    Args:
        host, domain: as for `GetResponseClient`.
        key: the API key, a secret.
        client_id, client_secret, refresh_token: of OAuth; the last two are secrets. Without a
            refresh token the application signs in as itself.
        token_cache: the file in which OAuth tokens are kept between runs.
    """

    host: str = "api.getresponse.com"
    domain: str | None = None
    key: Secret | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    token_cache: Path | None = None

    def __attrs_post_init__(self) -> None:
        oauth = (self.client_id, self.client_secret, self.refresh_token)
        if self.key is not None:
            if any(oauth):
                raise ConfigError(
                    "has a key and OAuth; keep either `key` or `client_id` and its kin"
                )
            if self.token_cache is not None:
                raise ConfigError("token_cache is for OAuth; a key needs none")
        elif not any(oauth):
            raise ConfigError('key is missing: key = { env = "GETRESPONSE_KEY" }')
        elif self.client_id is None or self.client_secret is None:
            raise ConfigError("OAuth needs both client_id and client_secret")
        elif self.refresh_token is not None and self.token_cache is None:
            raise ConfigError(
                "a refresh_token may be replaced with each use: "
                'say where the newest is kept, token_cache = "tokens.db"'
            )
        # What else cannot be right the client knows; made without its cache, which would be a file.
        GetResponseClient(self.credential(), host=self.host, domain=self.domain).close()

    def credential(self) -> str | ClientCredentials | RefreshToken:
        """As a client takes it."""
        if self.key is not None:
            return self.key.value
        assert self.client_id is not None and self.client_secret is not None
        if self.refresh_token is None:
            return ClientCredentials(self.client_id, self.client_secret.value)
        return RefreshToken(
            client_id=self.client_id,
            client_secret=self.client_secret.value,
            refresh_token=self.refresh_token.value,
        )


@frozen(kw_only=True)
class DynamicsTable:
    """`[dynamics]`: the environment, and the application or user that signs in there.

    Args:
        url, version, deployment: as for `DynamicsClient`.
        authority, client_id, client_secret, resource: as for `ClientCredentials`.
        username, password: of a user, on premises with AD FS; the password is a secret.
        token_cache: the file in which tokens are kept between runs.
    """

    url: str
    version: str = "9.2"
    deployment: str = "online"
    authority: str
    client_id: str
    client_secret: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    resource: str | None = None
    token_cache: Path | None = None

    def __attrs_post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise ConfigError("username and password go together; one is missing")
        if self.client_secret is None and self.username is None:
            raise ConfigError(
                'client_secret is missing: client_secret = { env = "DYNAMICS_SECRET" }'
            )
        DynamicsClient(
            self.url, self.credential(), version=self.version, deployment=self.deployment
        ).close()

    def credential(self) -> ClientCredentials | PasswordCredentials:
        """As a client takes it."""
        secret = "" if self.client_secret is None else self.client_secret.value
        if self.username is not None and self.password is not None:
            return PasswordCredentials(
                self.client_id,
                self.username,
                self.password.value,
                client_secret=secret,
                authority=self.authority,
                resource=self.resource,
            )
        return ClientCredentials(
            self.client_id, secret, authority=self.authority, resource=self.resource
        )


@frozen(kw_only=True)
class DocuSignTable:
    """`[docusign]`: an application and its user, by a private key or by a refresh token.

    Several connections have a table each, under names of the host's choice: `[docusign.sales]`.

    Args:
        client_id: the integration key.
        user_id, private_key: of the user that the application acts for, as for `JwtBearer`; the key
            is a secret.
        redirect_uri: one that is registered, for the page on which the user allows it.
        refresh_token, client_secret: of a user who signed in by a browser; secrets. A public
            application has no client secret.
        token_cache: the file in which tokens are kept between runs.
        account: the account; the user's default without it.
        accounts: of one user several, in place of `account`.
        environment, base_uri: as for `DocuSignClient`.
    """

    client_id: str
    user_id: str | None = None
    private_key: PrivateKey | None = None
    redirect_uri: str | None = None
    refresh_token: Secret | None = None
    client_secret: Secret | None = None
    token_cache: Path | None = None
    account: str | None = None
    accounts: tuple[str, ...] = ()
    environment: str = "demo"
    base_uri: str | None = None

    def __attrs_post_init__(self) -> None:
        signed_in = self.refresh_token is not None
        if signed_in and (self.user_id or self.private_key or self.redirect_uri):
            raise ConfigError(
                "has a private key and a refresh token; keep either `user_id`, `private_key` and "
                "`redirect_uri` or `refresh_token` and `client_secret`"
            )
        if not signed_in:
            if self.private_key is None:
                raise ConfigError('private_key is missing: private_key = { file = "docusign.pem" }')
            if self.user_id is None:
                raise ConfigError("user_id is missing: the GUID of the user to act for")
            if self.client_secret is not None:
                raise ConfigError("client_secret is for a refresh_token; a private key needs none")
        elif self.token_cache is None:
            raise ConfigError(
                "a refresh_token may be replaced with each use: "
                'say where the newest is kept, token_cache = "tokens.db"'
            )
        if self.account is not None and self.accounts:
            raise ConfigError("has account and accounts; keep one")
        if len({account.lower() for account in self.accounts}) < len(self.accounts):
            raise ConfigError("accounts: one stands there twice")
        if self.base_uri is not None and len(self.accounts) > 1:
            raise ConfigError("base_uri belongs to one account; leave it out, DocuSign is asked")
        # What else cannot be right the client knows; made without its cache, which would be a file.
        first, *more = self.members
        with DocuSignClient(
            self.credential(), account=first, environment=self.environment, base_uri=self.base_uri
        ) as client:
            for account in more:
                client.for_account(str(account))

    @property
    def members(self) -> tuple[str | None, ...]:
        """The accounts; None is the user's default."""
        return self.accounts or (self.account,)

    def credential(self) -> JwtBearer | RefreshToken:
        """As a client takes it."""
        if self.refresh_token is not None:
            return RefreshToken(
                client_id=self.client_id,
                client_secret=None if self.client_secret is None else self.client_secret.value,
                refresh_token=self.refresh_token.value,
            )
        assert self.user_id is not None and self.private_key is not None
        return JwtBearer(
            self.client_id,
            self.user_id,
            self.private_key.value,
            redirect_uri=self.redirect_uri,
        )


@frozen(kw_only=True)
class ActiveCampaignTable:
    """`[activecampaign]`: the account.

    Args:
        url: as for `ActiveCampaignClient`.
        key: the API key, a secret.
    """

    url: str
    key: Secret

    def __attrs_post_init__(self) -> None:
        ActiveCampaignClient(self.url, self.key.value).close()


KeysTable = tuple[Secret, ...] | Mapping[str, tuple[Secret, ...]]
"""HMAC keys: one or several, or those of each account by its id."""


@frozen(kw_only=True)
class BridgeTable(BridgeSettings):
    """`[bridge]`: how DocuSign feeds ActiveCampaign; the fields of `BridgeSettings`, and two more.

    Args:
        url: the public https address of the webhook endpoint.
        signing_keys: the HMAC keys of DocuSign Connect, secrets.
    """

    url: str | None = None
    signing_keys: KeysTable = ()

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_sources(self.mapping)

    def settings(self) -> BridgeSettings:
        """The settings alone."""
        names = [one.name for one in attrs.fields(BridgeSettings)]
        return BridgeSettings(**{name: getattr(self, name) for name in names})

    def keys(self) -> SigningKeys:
        """The signing keys, as the integration takes them."""
        if isinstance(self.signing_keys, Mapping):
            return {
                account: [key.value for key in keys] for account, keys in self.signing_keys.items()
            }
        return [key.value for key in self.signing_keys]


@frozen(kw_only=True)
class File:
    """All of a file; what is not used by a host may be left out."""

    store: StoreTable | None = None
    getresponse: GetResponseTable | None = None
    dynamics: DynamicsTable | None = None
    sync: Settings = field(factory=Settings)
    docusign: Mapping[str, DocuSignTable] = field(factory=dict)
    activecampaign: ActiveCampaignTable | None = None
    bridge: BridgeTable = field(factory=BridgeTable)
