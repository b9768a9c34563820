"""Credentials, and the grants that turn them into tokens, as flows.

Secrets live in fields that no repr shows, and in request bodies that no error quotes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec
from attrs import evolve, field, frozen

from ..errors import AuthError, ConfigError, NotSent, TransportError
from .call import Headers, Request, Response, is_loopback
from .flow import Flow, Wait, deadline, now, send
from .wire import masked, seconds_asked

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey


@frozen(kw_only=True)
class Token:
    """An access token, for how many seconds it is good, and what the next one is had with."""

    value: str = field(repr=False)
    expires_in: float
    refresh_token: str | None = field(default=None, repr=False)


class Credential(Protocol):
    """Whatever can answer the headers that authorise a call."""

    def static_headers(self) -> Mapping[str, str] | None:
        """The headers, where they never change; None where a token must be had first."""

    def acquire(self, held: Token | None) -> Flow[Token]:
        """Get a new token from the authority; `held` is the last one, or None."""

    def identity(self) -> str:
        """Whose tokens these are: the key of a token cache. Empty where none are to be kept."""


class TokenCache(Protocol):
    """Where tokens outlive a client, so that another client or the next run need not sign in.

    Keys are digests. Values are secrets: whoever reads one can use the account. Both methods may
    be called from any thread. `connectors.runtime.tokens` has one in memory and one in a file.
    """

    def get(self, key: str) -> str | None:
        """What was kept under this key last, or None."""

    def set(self, key: str, value: str) -> None:
        """Keep this under the key, at once and for good."""


@frozen
class HeaderKey:
    """A key that goes into one header as it is."""

    header: str
    value: str = field(repr=False)

    def static_headers(self) -> Mapping[str, str]:
        return {self.header: self.value}

    def acquire(self, held: Token | None) -> Flow[Token]:
        raise AuthError("this key has no token to renew")
        yield

    def identity(self) -> str:
        return ""


@frozen(kw_only=True)
class TokenProvider:
    """Bearer tokens that the host gets by its own means (a vault, MSAL).

    Args:
        provide: called without arguments whenever a token is needed, and again when the service
            refused the last one; returns the bare token. An async client calls it within its event
            loop: it should be quick. What it raises comes out of the call as it is.
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

    def acquire(self, held: Token | None) -> Flow[Token]:
        token = self.provide()
        if not isinstance(token, str) or not token.strip():
            raise AuthError("the host's token provider gave no token")
        if not (token.isascii() and token.strip().isprintable()):
            raise AuthError("the host's token provider gave a token that no header can carry")
        # What comes from a file often ends with a newline, which no header can carry.
        return Token(value=token.strip(), expires_in=self.expires_in)
        yield

    def identity(self) -> str:
        return ""


def _scopes(given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not given or not all(isinstance(s, str) and s for s in given):
        raise ConfigError('scopes must be a list of names, such as ("signature", "impersonation")')
    return tuple(given)


Explain = Callable[[str, str], AuthError | None]
"""What an authority's refusal means: its code and its description, and the error to raise for them;
None where the usual one says enough."""


@frozen(kw_only=True)
class Grant:
    """One OAuth 2.0 token request (RFC 6749), bound to its token endpoint.

    Args:
        token_url: where it is sent.
        grant_type, fields: of the request.
        client: id and secret, where the authority wants them as HTTP Basic; else they are fields.
        headers: more headers of the request.
        once: what is spent by its first use (an authorization code): afterwards only the refresh
            token counts, and when that is refused too, somebody must sign in again.
        explain: what this authority's refusals mean.
    """

    token_url: str
    grant_type: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    client: tuple[str, str] | None = field(default=None, repr=False)
    headers: Headers = ()
    once: bool = False
    explain: Explain | None = field(default=None, repr=False, eq=False)

    def static_headers(self) -> None:
        return None

    def identity(self) -> str:
        # Without the client's secret: who replaces it keeps the users who have signed in.
        own = repr([f for f in self.fields if f[0] != "client_secret"])
        client = self.client[0] if self.client else ""
        return _digest(self.token_url, self.grant_type, repr(self.headers), client, own)

    def acquire(self, held: Token | None) -> Flow[Token]:
        renewal = held.refresh_token if held else dict(self.fields).get("refresh_token")
        if renewal is None:
            if held is not None and self.once:
                # Some authorities take a code that comes twice for stolen, and end all its tokens.
                raise AuthError(
                    f"{urlsplit(self.token_url).netloc} gave no refresh token", hint=_SIGN_IN
                )
            return (yield from self._begin())
        ours = tuple(f for f in self.fields if f[0] in _ABOUT_THE_CLIENT)
        try:
            token = yield from self._ask("refresh_token", (*ours, ("refresh_token", renewal)))
        except AuthError as error:
            if error.transient:
                raise
            if self.once:
                _hint(error, _SIGN_IN)
                raise
            return (yield from self._ask(self.grant_type, self.fields))
        # One that is not replaced stays good.
        return evolve(token, refresh_token=token.refresh_token or renewal)

    def _begin(self) -> Flow[Token]:
        try:
            return (yield from self._ask(self.grant_type, self.fields))
        except AuthError as error:
            if self.once and not error.transient:
                _hint(error, f"a code is good once and for minutes; {_SIGN_IN}")
            raise

    def _ask(self, grant_type: str, fields: tuple[tuple[str, str], ...]) -> Flow[Token]:
        headers = self.headers
        if self.client:
            pair = base64.b64encode(":".join(self.client).encode()).decode()
            headers += (("Authorization", f"Basic {pair}"),)
        # Asking for a token changes nothing, so a stumbling authority is simply asked again; but
        # a code or refresh token whose answer was lost may be spent.
        single = grant_type in ("authorization_code", "refresh_token")
        request = _token_request(self.token_url, grant_type, fields, headers)
        return (yield from _asked(request, self.explain, single=single))


@frozen(kw_only=True)
class Assertion:
    """The token request of an application that signs for itself (RFC 7523, JWT bearer).

    Every token is had with an assertion made for it, by the clock that the client lives in. There is
    no refresh token: near the end of one token the next is asked for in the same way.

    Args:
        token_url: where it is sent.
        issuer, subject: of the assertion: the application, and the user it acts for.
        audience: of the assertion, as the authority wants it.
        scopes: what the token is to allow.
        private_key: an RSA key as PEM text; never shown.
        explain: what this authority's refusals mean.
    """

    token_url: str
    issuer: str
    subject: str = field(repr=lambda user: repr(masked(user)))
    audience: str
    scopes: tuple[str, ...]
    private_key: str = field(repr=False)
    explain: Explain | None = field(default=None, repr=False, eq=False)

    def static_headers(self) -> None:
        return None

    def identity(self) -> str:
        # Without the key: who replaces it goes on with the token there is.
        parts = (self.token_url, "jwt-bearer", self.issuer, self.subject, *sorted(self.scopes))
        return _digest(*parts)

    def acquire(self, held: Token | None) -> Flow[Token]:
        made = yield from now()
        fields = (("assertion", self._signed(made)),)
        request = _token_request(self.token_url, _JWT_BEARER, fields, ())
        return (yield from _asked(request, self.explain, single=False))

    def _signed(self, made: datetime) -> str:
        from joserfc import jwt

        issued = int(made.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.audience,
            "iat": issued,
            "exp": issued + _ASSERTION_LIFE,
            "scope": " ".join(self.scopes),
        }
        return jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, _rsa_key(self.private_key))


def _rsa_key(pem: str) -> RSAKey:
    """The key in a PEM text.

    Raises:
        ConfigError: it is none that can sign; the text is not quoted.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        key = RSAKey.import_key(pem.strip())
        if key.is_private:
            return key
        reason = "it is a public key"
    except TypeError:
        reason = "it is locked with a password: store it without one"
    except JoseError:
        reason = "it is a key of another kind"
    except ValueError:
        reason = "it is cut off or altered"
        if "\\n" in pem:
            reason = "its line breaks are written as \\n: put real ones"
    raise ConfigError(f"private_key is no RSA private key that can sign: {reason}") from None


_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = 3600
"""Seconds: the longest that an authority need accept."""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _token_request(
    url: str, grant_type: str, fields: tuple[tuple[str, str], ...], headers: Headers
) -> Request:
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    body = prepare_token_request(grant_type, **dict(fields))
    usual = (
        ("Accept", "application/json"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )
    return Request(method="POST", path=url, headers=(*usual, *headers), body=body.encode())


def _asked(request: Request, explain: Explain | None, *, single: bool) -> Flow[Token]:
    """The token that an authority gives; `single` is not sent again when its answer was lost."""
    waited = 0.0
    for pause in (1.0, 4.0):
        try:
            response = yield from send(request)
        except NotSent:
            yield Wait(pause)
            continue
        except TransportError:
            if single:
                raise
            yield Wait(pause)
            continue
        if response.status != 429 and response.status < 500:
            return _token(response, request.path, explain)
        wish = _wish(response)
        if wish is not None and waited + wish > (yield from deadline()):
            raise _stumbled(response, request.path, f"and asks to wait {wish:.0f} s")
        waited += wish or pause
        yield Wait(wish or pause)
    return _token((yield from send(request)), request.path, explain)


def _wish(response: Response) -> float | None:
    """Seconds that the authority asks to wait."""
    return seconds_asked(response.headers.get("retry-after"), response.date)


def _stumbled(response: Response, url: str, how: str) -> AuthError:
    return AuthError(
        f"{urlsplit(url).netloc} answered {response.status} {how}",
        hint="try again later",
        down=True,
        retry_after=_wish(response),
    )


def _hint(error: AuthError, hint: str) -> None:
    """Take a better hint than the usual one; what the vendor's part explained stays."""
    if error.hint == _CHECK:
        error.hint = hint


_ABOUT_THE_CLIENT = {"client_id", "client_secret", "scope", "resource"}
_SIGN_IN = "somebody must sign in again and allow the access"
_CHECK = "check client id and secret, and the authority where there is one"


@frozen(kw_only=True)
class AuthorizationCode:
    """A user who signed in by a browser (OAuth authorization code), as GetResponse and DocuSign
    have it.

    The code is spent by its first use; from then on the refresh token counts, and each new one is
    put into the client's `token_cache` before it is used. So give the client a cache that outlives
    the process, such as `FileTokenCache`, and pass the same credential again: the spent code is the
    key under which the cache finds the user.

    Args:
        client_id: of the registered application.
        client_secret: of a confidential one; a public one (DocuSign) has none, but a code_verifier.
        code: from the redirect, at most 10 minutes old (DocuSign: 2); see the service's `oauth`.
        redirect_uri: as it stood in the authorization URL, if it stood there.
        code_verifier: what the challenge in the authorization URL was made of (PKCE), if it had one.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    code: str = field(repr=False)
    redirect_uri: str | None = None
    code_verifier: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class RefreshToken:
    """A user who signed in before: the refresh token that the host kept.

    A service may replace it with each use. The newest is put into the client's `token_cache`.

    Args:
        client_id: of the registered application.
        client_secret: of a confidential one; a public one (DocuSign) has none.
        refresh_token: the one to begin with, and the key under which the cache finds its successor.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str = field(repr=False)


@frozen
class JwtBearer:
    """An application that acts for a user without a browser (OAuth JWT bearer), as DocuSign has it.

    The user, or an administrator of the organization, has to allow it once by a browser; until then
    the first call raises `ConsentRequired` with the page to open.

    Args:
        client_id: the application's id; DocuSign calls it integration key.
        user_id: of the user to act for: the GUID, not the e-mail address.
        private_key: the application's RSA key as PEM text, line breaks included; never shown.
        scopes: what is asked for.
        redirect_uri: one that is registered for the application, for the page of `ConsentRequired`.

    Raises:
        ConfigError: a key that is no private key in PEM, or no scopes. The key itself is tried when
            the first token is needed, before anything is sent.
    """

    client_id: str
    user_id: str = field(repr=lambda user: repr(masked(user)))
    private_key: str = field(repr=False)
    scopes: Sequence[str] = field(
        kw_only=True, default=("signature", "impersonation"), converter=_scopes
    )
    redirect_uri: str | None = field(kw_only=True, default=None)

    def __attrs_post_init__(self) -> None:
        pem = self.private_key
        if not isinstance(pem, str) or "-----BEGIN" not in pem or "PRIVATE KEY-----" not in pem:
            raise ConfigError(
                "private_key is no RSA private key in PEM: the text from "
                "-----BEGIN RSA PRIVATE KEY----- to its END line, not the name of a file"
            )

    def grant(self, token_url: str, audience: str, explain: Explain | None = None) -> Assertion:
        """The token request for one authority."""
        return Assertion(
            token_url=token_url,
            issuer=self.client_id,
            subject=self.user_id,
            audience=audience,
            scopes=tuple(self.scopes),
            private_key=self.private_key,
            explain=explain,
        )


@frozen
class ClientCredentials:
    """An application that signs in as itself (OAuth client credentials).

    Args:
        client_id: the application's id.
        client_secret: never shown in a repr, log or error.
        authority: for Dynamics, the authority's URL in any of its usual forms, such as
            `https://login.microsoftonline.com/contoso.onmicrosoft.com`,
            `…/oauth2/v2.0/token`, `…/oauth2/authorize`, or an AD FS (`https://adfs.contoso.com/adfs`).
            GetResponse needs none.
        resource: what the token is for, where the authority wants a `resource` (AD FS); the
            environment's URL by default.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authority: str = field(kw_only=True, default="")
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
    username: str = field(repr=lambda name: repr(masked(name)))
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
    try:
        parts = urlsplit(authority.strip())
    except ValueError:
        parts = urlsplit("")
    if (parts.scheme != "https" or not parts.netloc) and not is_loopback(authority.strip()):
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


def _token(response: Response, url: str, explain: Explain | None) -> Token:
    """Read RFC 6749's answer; an error names the authority's code and never the request."""
    where = urlsplit(url).netloc
    try:
        answer = msgspec.json.decode(response.body)
    except msgspec.DecodeError:
        answer = None
    if response.status >= 500 or response.status == 429:
        raise _stumbled(response, url, "three times")
    if not isinstance(answer, dict):
        raise AuthError(
            f"{where} answered {response.status} with something that is no token",
            hint="check the authority URL",
        )
    value = answer.get("access_token")
    if response.status == 200 and isinstance(value, str) and value:
        renewal = answer.get("refresh_token")
        return Token(
            value=value,
            expires_in=_seconds(answer.get("expires_in")),
            refresh_token=renewal if isinstance(renewal, str) and renewal else None,
        )
    reason = str(answer.get("error") or answer.get("codeDescription") or response.status)
    detail = str(answer.get("error_description") or answer.get("message") or "").split("\r\n")[0]
    explained = explain(reason, detail) if explain else None
    if explained is not None:
        raise explained
    raise AuthError(
        masked(f"{where} refused the credential: {reason} {detail}".rstrip()), hint=_CHECK
    )


def _seconds(value: object) -> float:
    """A number, also as text (v1 endpoints); five minutes where the answer does not say."""
    text = str(value)
    return float(text) if text.isdecimal() else 300.0
