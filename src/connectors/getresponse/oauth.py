"""GetResponse's OAuth 2.0: where a user allows access, what the redirect brings, the token requests.

Source: GetResponse API documentation, "OAuth 2.0".
"""

from __future__ import annotations

from ..core.auth import AuthorizationCode, ClientCredentials, Grant, RefreshToken
from ..core.browser import redirected_code
from ..core.call import Headers
from ..errors import ConfigError
from . import wire

_RETAIL_PAGE = "app.getresponse.com"


def authorization_url(
    client_id: str, *, state: str, domain: str | None = None, redirect_uri: str | None = None
) -> str:
    """The page on which a user allows the application to use the account.

    Args:
        client_id: of the application, as registered in the account.
        state: something unguessable, such as `secrets.token_urlsafe()`; keep it in the user's
            session, `code_from_redirect` compares it.
        domain: the account's domain, for MAX accounts only.
        redirect_uri: only where the application gives one; it is fixed when it is registered.

    Raises:
        ConfigError: no client_id, no state, or a domain that is none.

    ```python
    from connectors.getresponse.oauth import authorization_url

    print(authorization_url("my-application", state="kept-in-the-session"))
    ```
    """
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

    if not client_id or not state:
        raise ConfigError("an authorization URL needs a client_id and a state")
    if domain is not None and not wire.is_domain(domain):
        raise ConfigError(f"`domain` is a bare host like mail.example.com, got {domain!r}")
    page = f"https://{domain or _RETAIL_PAGE}/oauth2_authorize.html"
    url: str = prepare_grant_uri(page, client_id, "code", redirect_uri=redirect_uri, state=state)
    return url


def code_from_redirect(url: str, *, state: str) -> str:
    """The authorization code in the URL that the user was sent back to; good for 10 minutes.

    Raises:
        AuthError: access was denied, or the state is another: then somebody else made the link.
        ConfigError: no state.
    """
    return redirected_code(url, state)


def grant(
    credential: ClientCredentials | AuthorizationCode | RefreshToken,
    base_url: str,
    headers: Headers,
) -> Grant:
    """The token request of a credential; client id and secret go as HTTP Basic.

    Raises:
        ConfigError: what GetResponse has no use for.
    """
    url = f"{base_url}/token"
    if not credential.client_secret:
        raise ConfigError("GetResponse has no public clients: client_secret is missing")
    if isinstance(credential, AuthorizationCode) and credential.code_verifier:
        raise ConfigError("GetResponse has no PKCE: leave out code_verifier")
    client = (credential.client_id, credential.client_secret)
    match credential:
        case ClientCredentials():
            return Grant(
                token_url=url,
                grant_type="client_credentials",
                fields=(),
                client=client,
                headers=headers,
            )
        case RefreshToken():
            return Grant(
                token_url=url,
                grant_type="refresh_token",
                fields=(("refresh_token", credential.refresh_token),),
                client=client,
                headers=headers,
                once=True,
            )
        case AuthorizationCode():
            fields: tuple[tuple[str, str], ...] = (("code", credential.code),)
            if credential.redirect_uri:
                fields += (("redirect_uri", credential.redirect_uri),)
            return Grant(
                token_url=url,
                grant_type="authorization_code",
                fields=fields,
                client=client,
                headers=headers,
                once=True,
            )
