"""The tables of a connections file, as values; what cannot be right is refused when they are built."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from ..core.auth import ClientCredentials, PasswordCredentials, RefreshToken
from ..dynamics.blocking import DynamicsClient
from ..errors import ConfigError
from ..getresponse.blocking import GetResponseClient
from ..integrations.getresponse_dynamics.settings import Settings


@frozen
class Secret:
    """A secret that was read, and where it came from."""

    value: str = field(repr=False)
    source: str


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
class File:
    """All of a file; what is not used by a host may be left out."""

    store: StoreTable | None = None
    getresponse: GetResponseTable | None = None
    dynamics: DynamicsTable | None = None
    sync: Settings = field(factory=Settings)
