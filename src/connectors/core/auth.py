"""Credentials, and the grants that turn them into tokens, as flows.

Secrets live in fields that no repr shows, and in request bodies that no error quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from attrs import field, frozen

from ..errors import AuthError, ConfigError, TransportError
from .call import Request, Response
from .flow import Flow, Wait, send
from .wire import masked, seconds_asked


@frozen(kw_only=True)
class Token:
    """An access token and for how many seconds it is good."""

    value: str = field(repr=False)
    expires_in: float


class Credential(Protocol):
    """Whatever can answer the headers that authorise a call."""

    def static_headers(self) -> Mapping[str, str] | None:
        """The headers, where they never change; None where a token must be had first."""

    def acquire(self) -> Flow[Token]:
        """Get a new token from the authority."""


@frozen
class HeaderKey:
    """A key that goes into one header as it is."""

    header: str
    value: str = field(repr=False)

    def static_headers(self) -> Mapping[str, str]:
        return {self.header: self.value}

    def acquire(self) -> Flow[Token]:
        raise AuthError("this key has no token to renew")
        yield


@frozen(kw_only=True)
class TokenProvider:
    """Tokens that the host gets by its own means (a vault, MSAL, Negotiate behind a proxy).

    Args:
        provide: called without arguments whenever a token is needed; returns the bare token.
        expires_in: seconds for which one token is used before `provide` is asked again.

    ```python
    from connectors import TokenProvider

    credential = TokenProvider(provide=lambda: "token-from-my-vault")
    ```
    """

    provide: Callable[[], str] = field(repr=False)
    expires_in: float = 300.0

    def static_headers(self) -> None:
        return None

    def acquire(self) -> Flow[Token]:
        # What comes from a file often ends with a newline, which no header can carry.
        return Token(value=self.provide().strip(), expires_in=self.expires_in)
        yield


@frozen(kw_only=True)
class Grant:
    """One OAuth 2.0 token request (RFC 6749), bound to its token endpoint."""

    token_url: str
    grant_type: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)

    def static_headers(self) -> None:
        return None

    def acquire(self) -> Flow[Token]:
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        body = prepare_token_request(self.grant_type, **dict(self.fields))
        request = Request(
            method="POST",
            path=self.token_url,
            headers=(
                ("Accept", "application/json"),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ),
            body=body.encode(),
        )
        # Asking for a token changes nothing, so a stumbling authority is simply asked again.
        for pause in (1.0, 4.0):
            try:
                response = yield from send(request)
            except TransportError:
                yield Wait(pause)
                continue
            if response.status != 429 and response.status < 500:
                return _token(response, self.token_url)
            yield Wait(seconds_asked(response.headers.get("retry-after"), response.date) or pause)
        return _token((yield from send(request)), self.token_url)


@frozen
class ClientCredentials:
    """An application that signs in as itself (OAuth client credentials).

    Args:
        client_id: the application's id.
        client_secret: never shown in a repr, log or error.
        authority: the authority's URL in any of its usual forms, such as
            `https://login.microsoftonline.com/contoso.onmicrosoft.com`,
            `…/oauth2/v2.0/token`, `…/oauth2/authorize`, or an AD FS (`https://adfs.contoso.com/adfs`).
        resource: what the token is for, where the authority wants a `resource` (AD FS); the
            environment's URL by default.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authority: str = field(kw_only=True)
    resource: str | None = field(kw_only=True, default=None)

    def grant(self, environment: str) -> Grant:
        """The token request for one environment URL."""
        fields = (("client_id", self.client_id), ("client_secret", self.client_secret))
        return _grant("client_credentials", self.authority, self.resource, environment, fields)


@frozen
class PasswordCredentials:
    """A user who signs in with name and password (the grant that on-premises AD FS accepts).

    Args:
        client_id, client_secret: of the registered client; the secret may be empty.
        username, password: of the user, as `user@contoso.com` or `CONTOSO\\user`.
        authority, resource: as for `ClientCredentials`.
    """

    client_id: str
    username: str
    password: str = field(repr=False)
    client_secret: str = field(repr=False, kw_only=True, default="")
    authority: str = field(kw_only=True)
    resource: str | None = field(kw_only=True, default=None)

    def grant(self, environment: str) -> Grant:
        """The token request for one environment URL."""
        fields: tuple[tuple[str, str], ...] = (
            ("client_id", self.client_id),
            ("username", self.username),
            ("password", self.password),
        )
        if self.client_secret:
            fields += (("client_secret", self.client_secret),)
        return _grant("password", self.authority, self.resource, environment, fields)


def token_endpoint(authority: str) -> tuple[str, bool]:
    """The token URL of an authority, and whether it is a v2 endpoint (`scope`, not `resource`).

    Raises:
        ConfigError: not an https URL.
    """
    parts = urlsplit(authority.strip())
    if parts.scheme != "https" or not parts.netloc:
        raise ConfigError(
            f"authority {authority!r} must be an https URL, "
            "such as https://login.microsoftonline.com/your-tenant"
        )
    base = authority.strip().rstrip("/")
    for ending in ("/oauth2/v2.0/token", "/oauth2/v2.0/authorize"):
        if base.endswith(ending):
            return base.removesuffix(ending) + "/oauth2/v2.0/token", True
    for ending in ("/oauth2/token", "/oauth2/authorize"):
        if base.endswith(ending):
            return base.removesuffix(ending) + "/oauth2/token", False
    if base.endswith("/adfs"):
        return base + "/oauth2/token", False
    if not parts.path.strip("/"):
        raise ConfigError(
            f"authority {authority!r} names no tenant: {base}/your-tenant, or {base}/adfs on premises"
        )
    return base + "/oauth2/v2.0/token", True


def _grant(
    grant_type: str,
    authority: str,
    resource: str | None,
    environment: str,
    fields: tuple[tuple[str, str], ...],
) -> Grant:
    url, v2 = token_endpoint(authority)
    audience = (
        ("scope", f"{environment}/.default") if v2 else ("resource", resource or f"{environment}/")
    )
    return Grant(token_url=url, grant_type=grant_type, fields=(*fields, audience))


def _token(response: Response, url: str) -> Token:
    """Read RFC 6749's answer; an error names the authority's code and never the request."""
    where = urlsplit(url).netloc
    try:
        answer = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        answer = None
    if response.status >= 500 or response.status == 429:
        raise AuthError(f"{where} answered {response.status} three times", hint="try again later")
    if not isinstance(answer, dict):
        raise AuthError(
            f"{where} answered {response.status} with something that is no token",
            hint="check the authority URL",
        )
    value = answer.get("access_token")
    if response.status == 200 and isinstance(value, str) and value:
        return Token(value=value, expires_in=_seconds(answer.get("expires_in")))
    reason = str(answer.get("error") or answer.get("codeDescription") or response.status)
    detail = str(answer.get("error_description") or answer.get("message") or "").split("\r\n")[0]
    raise AuthError(
        masked(f"{where} refused the credential: {reason} {detail}".rstrip()),
        hint="check client id, client secret and authority",
    )


def _seconds(value: object) -> float:
    """A number, also as text (v1 endpoints); five minutes where the answer does not say."""
    text = str(value)
    return float(text) if text.isdecimal() else 300.0
