"""DocuSign's account server: where a user signs in or consents, the token requests, and who the user
is and where the user's accounts are.

For a client: `Port(base_url=account_server(environment), hosts=frozenset({that origin}),
site=site(account_server(environment), account, base_uri), …)` and
`AsyncSession(port, wire, grant(credential, account_server(environment)), …)`. The first call asks
`/oauth/userinfo`, once for all calls, copies and threads; from then on paths are relative to
`{base_uri}/restapi/v2.1/accounts/{account_id}`. `session.over(evolve(port, site=site(…), rate=…),
slots)` is another account of the same user; `session.run(user_info(port))` says who the user is.

Source: DocuSign eSignature REST API, "Authentication".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal, cast
from urllib.parse import quote, urlencode, urlsplit

from attrs import evolve, field, frozen

from ..core.auth import (
    Assertion,
    AuthorizationCode,
    Credential,
    Grant,
    JwtBearer,
    RefreshToken,
    TokenProvider,
)
from ..core.browser import Pkce, redirected_code
from ..core.call import Call, Request, Response, is_loopback
from ..core.flow import Flow, Port, Site, once, perform
from ..core.policy import Rate
from ..core.wire import Names, Reader, masked
from ..errors import AuthError, ConfigError, ConsentRequired

Environment = Literal["demo", "production"]

ACCOUNT_SERVERS: Final = {
    "demo": "https://account-d.docusign.com",
    "production": "https://account.docusign.com",
}


def account_server(environment: str) -> str:
    """The account server of an environment; a URL of this machine stays as it is.

    Raises:
        ConfigError: there is no such environment.
    """
    if is_loopback(environment):
        return environment.rstrip("/")
    if environment not in ACCOUNT_SERVERS:
        raise ConfigError(f"environment must be demo or production, got {environment!r}")
    return ACCOUNT_SERVERS[environment]


# --- the browser -----------------------------------------------------------------------------


def new_pkce() -> Pkce:
    """A fresh proof for one sign-in: its challenge goes into the URL, its verifier with the code.

    Keep the verifier in the user's session, beside the state.
    """
    return Pkce()


def authorization_url(
    client_id: str,
    *,
    redirect_uri: str,
    state: str,
    scopes: Sequence[str] = ("signature", "extended"),
    code_challenge: str | None = None,
    login_hint: str | None = None,
    environment: str = "demo",
) -> str:
    """The page on which a user signs in and allows the application to act for them.

    Args:
        client_id: the application's integration key.
        redirect_uri: where the browser goes next; exactly as registered.
        state: something unguessable, such as `secrets.token_urlsafe()`; keep it in the user's
            session, `code_from_redirect` compares it.
        scopes: what is asked for. Without "extended" the user must sign in again after 30 days, and
            it cannot be added later.
        code_challenge: of `new_pkce()`; a public application, one without a secret, needs it.
        login_hint: the e-mail address to offer on the page.
        environment: "demo" or "production".

    Raises:
        ConfigError: something is missing or cannot be right.

    ```python
    from connectors.docusign.oauth import authorization_url, new_pkce

    pkce = new_pkce()
    print(
        authorization_url(
            "7c2b8d7e-1c1f-4d4c-9d0a-8e1f0a3b5c6d",
            redirect_uri="https://app.example.com/callback",
            state="kept-in-the-session",
            code_challenge=pkce.challenge,
        )
    )
    ```
    """
    more: dict[str, str] = {}
    if not state:
        raise ConfigError("an authorization URL needs a state")
    if code_challenge is not None:
        if not _CHALLENGE.fullmatch(code_challenge):
            raise ConfigError("code_challenge is `new_pkce().challenge`, 43 letters")
        more = {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    if login_hint is not None:
        more["login_hint"] = login_hint
    return _page(client_id, redirect_uri, scopes, account_server(environment), state=state, **more)


def consent_url(
    client_id: str,
    redirect_uri: str,
    *,
    scopes: Sequence[str] = ("signature", "impersonation"),
    environment: str = "demo",
) -> str:
    """The page on which a user allows an application to act for them by `JwtBearer`, once.

    The redirect that follows brings a code, which may be ignored.

    Args:
        client_id: the application's integration key.
        redirect_uri: exactly as registered for the application.
        scopes: those that the credential asks for.
        environment: "demo" or "production".

    Raises:
        ConfigError: something is missing or cannot be right.
    """
    return _page(client_id, redirect_uri, scopes, account_server(environment))


def code_from_redirect(url: str, *, state: str) -> str:
    """The authorization code in the URL that the user was sent back to; good for 2 minutes, once.

    Raises:
        AuthError: access was denied, or the state is another: then somebody else made the link.
        ConfigError: no state.
    """
    return redirected_code(url, state)


def _page(
    client_id: str, redirect_uri: str, scopes: Sequence[str], server: str, **more: str
) -> str:
    if not client_id:
        raise ConfigError("client_id, the integration key, is missing")
    if "://" not in redirect_uri:
        raise ConfigError("redirect_uri must be a URL that is registered for the application")
    if isinstance(scopes, str) or not scopes:
        raise ConfigError('scopes must be a list of names, such as ("signature", "impersonation")')
    fields = {
        "response_type": "code",
        "scope": " ".join(scopes),
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        **more,
    }
    return f"{server}/oauth/auth?{urlencode(fields, quote_via=quote)}"


# --- tokens ----------------------------------------------------------------------------------


def grant(credential: object, account_server: str) -> Credential:
    """Whatever a host gave as credential, as what can answer the headers of a call.

    Raises:
        ConfigError: it is of a kind that DocuSign does not take, or cannot be right.
    """
    token_url = f"{account_server}/oauth/token"
    match credential:
        case JwtBearer():
            return _assertion(credential, token_url, account_server)
        case AuthorizationCode():
            _need_proof(credential)
            # Its token request has no redirect_uri.
            fields = [("code", credential.code)]
            if credential.code_verifier:
                fields.append(("code_verifier", credential.code_verifier))
            return _user("authorization_code", token_url, credential, *fields)
        case RefreshToken():
            named = ("refresh_token", credential.refresh_token)
            return _user("refresh_token", token_url, credential, named)
        case TokenProvider():
            return credential
    if hasattr(credential, "static_headers"):
        return cast(Credential, credential)
    raise ConfigError(
        "the DocuSign credential must be a JwtBearer, an AuthorizationCode, a RefreshToken or a "
        f"TokenProvider; got {type(credential).__name__}"
    )


def _need_proof(credential: AuthorizationCode) -> None:
    if not credential.client_secret and not credential.code_verifier:
        raise ConfigError(
            "an AuthorizationCode needs the client_secret, or for a public application the "
            "code_verifier of the sign-in: authorization_url(…, code_challenge=new_pkce().challenge)"
        )


def _user(
    grant_type: str,
    token_url: str,
    credential: AuthorizationCode | RefreshToken,
    *fields: tuple[str, str],
) -> Grant:
    """A confidential application shows its secret as HTTP Basic, a public one its name alone."""
    client = None
    if credential.client_secret:
        client = (credential.client_id, credential.client_secret)
    else:
        fields = (("client_id", credential.client_id), *fields)
    return Grant(
        token_url=token_url,
        grant_type=grant_type,
        fields=fields,
        client=client,
        once=True,
        explain=partial(_explained, urlsplit(token_url).netloc),
    )


def _explained(where: str, code: str, detail: str) -> AuthError | None:
    """What is not the user's fault; the rest says enough as it is."""
    match code:
        case "invalid_client":
            hint = (
                "check client_id and client_secret, and that they are of the same environment, demo "
                "or production; a public application has no secret"
            )
        case "invalid_request" | "unsupported_grant_type":
            hint = "a proxy or an own transport may have changed the form on its way"
        case _:
            return None
    return _refusal(where, code, detail, hint)


def _refusal(where: str, code: str, detail: str, hint: str) -> AuthError:
    return AuthError(masked(f"{where} refused the credential: {code} {detail}".rstrip()), hint=hint)


def _assertion(credential: JwtBearer, token_url: str, server: str) -> Assertion:
    for name in ("client_id", "user_id"):
        if not _GUID.fullmatch(getattr(credential, name)):
            what = "the integration key" if name == "client_id" else "the user's API Username"
            raise ConfigError(f"{name} of a JwtBearer is a GUID, {what}; no name and no address")
    page = ""
    if credential.redirect_uri:
        page = _page(credential.client_id, credential.redirect_uri, credential.scopes, server)

    where = urlsplit(server).netloc

    def explain(code: str, detail: str) -> AuthError | None:
        if code == "consent_required":
            return ConsentRequired(
                f"{where} says that the user has not allowed the application to act for them",
                consent_url=page,
                hint="let the user open `consent_url` of this error once, in a browser"
                if page
                else "pass a registered redirect_uri to JwtBearer, and this error has the page",
            )
        if code == "invalid_grant":
            text = detail.lower()
            hint = next((h for word, h in _JWT_HINTS.items() if word in text), _JWT_HINT)
            return _refusal(where, code, detail, hint)
        return _explained(where, code, detail)

    # A server of this machine stands in for the demo, and assertions name that.
    named = ACCOUNT_SERVERS["demo"] if is_loopback(server) else server
    return credential.grant(token_url, urlsplit(named).netloc, explain)


_JWT_HINTS = {
    "user_not_found": "user_id must be an active user's GUID in the same environment, "
    "demo or production, as the integration key",
    "issuer_not_found": "client_id must be the integration key, and in the same environment, "
    "demo or production",
    "no_valid_keys_or_signatures": "private_key must belong to a key pair that stands under this "
    "integration key; is the PEM text whole?",
}
_JWT_HINT = "is this machine's clock right, and is it the right environment, demo or production?"


# --- who, and where --------------------------------------------------------------------------


@frozen(kw_only=True)
class Organization:
    """What several accounts may belong to."""

    organization_id: str


@frozen(kw_only=True)
class AccountInfo:
    """An account that the user is a member of.

    Attributes:
        account_id: its GUID.
        name: of the account.
        is_default: whether it is the one to use where none is named.
        base_uri: the site it lives on, such as `https://na3.docusign.net`.
        organization: what it belongs to, if anything.
    """

    account_id: str
    name: str = ""
    is_default: bool = False
    base_uri: str
    organization: Organization | None = None


@frozen(kw_only=True)
class UserInfo:
    """The user that a token acts for.

    Attributes:
        user_id: the GUID.
        name, given_name, family_name, email: as the user gave them.
        created: when the user was made, UTC; None where that is unreadable.
        accounts: where the user is a member.
    """

    user_id: str
    name: str = field(default="", repr=False)
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    created: datetime | None = None
    accounts: tuple[AccountInfo, ...] = ()


@frozen(kw_only=True)
class _Row:
    """`UserInfo` as it comes."""

    sub: str
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    created: str | None = None
    accounts: tuple[AccountInfo, ...] = ()


_NAMES: Names = {
    _Row: {"given_name": "given_name", "family_name": "family_name"},
    AccountInfo: {
        "account_id": "account_id",
        "name": "account_name",
        "is_default": "is_default",
        "base_uri": "base_uri",
    },
    Organization: {"organization_id": "organization_id"},
}
_READER = Reader(_Row, _NAMES)


def get_user_info() -> Call[UserInfo]:
    """`GET /oauth/userinfo`, on the account server."""
    return Call(
        service="docusign",
        operation="oauth.userinfo",
        request=Request(method="GET", path="oauth/userinfo"),
        decode=_user_info,
    )


def _user_info(response: Response) -> UserInfo:
    row = _READER.one(response.body)
    return UserInfo(
        user_id=row.sub,
        name=row.name or "",
        given_name=row.given_name or "",
        family_name=row.family_name or "",
        email=row.email or "",
        created=_moment(row.created),
        accounts=row.accounts,
    )


def _moment(text: str | None) -> datetime | None:
    """The wire has no zone here; everything else of DocuSign is UTC."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def user_info(port: Port) -> Flow[UserInfo]:
    """The user and the accounts, asked for once in the life of a client."""

    def ask() -> Flow[UserInfo]:
        return (yield from perform(get_user_info(), evolve(port, site=None))).value

    return once("docusign user info", ask)


def choose_account(info: UserInfo, account: str | None) -> AccountInfo:
    """The account with this id; for None the only one, or the user's default.

    Raises:
        ConfigError: there is none such; the message lists those there are.
    """
    there = info.accounts
    if account is None:
        chosen = [a for a in there if a.is_default] or (there if len(there) == 1 else ())
        if chosen:
            return chosen[0]
        wrong = "the user has several accounts and no default: name one with `account`"
    else:
        for each in there:
            if each.account_id.lower() == account.lower():
                return each
        wrong = f"the user is no member of account {account}"
    if not there:
        raise ConfigError("the DocuSign user is a member of no account")
    listed = ", ".join(f"{a.account_id} ({masked(a.name)})" for a in there)
    raise ConfigError(f"{wrong}; there are {listed}")


def site(
    account_server: str,
    account: str | None = None,
    base_uri: str | None = None,
    rate: Callable[[str], Rate] | None = None,
) -> Callable[[Port], Flow[Site]]:
    """What finds out where an account's API is: the `site` of a `Port` at the account server.

    Args:
        account_server: of the environment.
        account: the account's id; None for the user's default.
        base_uri: the account's site where it is known; then nobody is asked.
        rate: the budget of an account by its id, for a port that does not know yet whose it needs.

    Raises:
        ConfigError: an id that is none, a site that is not DocuSign's, a site without an account.
    """
    if account is not None:
        _check_id(account)
    if base_uri is not None:
        if account is None:
            raise ConfigError("base_uri belongs to one account: name it with `account`")
        given = _site(base_uri.strip(), account, local=True)

        def known(port: Port) -> Flow[Site]:
            return given
            yield

        return known
    local = is_loopback(account_server)

    def found(port: Port) -> Flow[Site]:
        def find() -> Flow[Site]:
            chosen = choose_account((yield from user_info(port)), account)
            there = _site(chosen.base_uri, chosen.account_id, local=local)
            return evolve(there, rate=rate(chosen.account_id)) if rate else there

        return once(("docusign site", account), find)

    return found


def _check_id(account: str) -> None:
    if not re.fullmatch(r"[0-9A-Za-z-]+", account):
        raise ConfigError(f"account must be an account id, a GUID, got {masked(account)!r}")


def _site(base_uri: str, account: str, *, local: bool) -> Site:
    """The credential goes to DocuSign's own hosts alone, whoever names another."""
    _check_id(account)
    root = base_uri.rstrip("/").removesuffix("/restapi")
    if not _DOCUSIGN.fullmatch(root) and not (local and is_loopback(root)):
        raise ConfigError(
            f"the site of account {account} must be like https://na3.docusign.net, on docusign.net "
            f"or docusign.com, got {masked(base_uri)[:100]!r}: the credential is not sent there"
        )
    origin = "/".join(root.split("/", 3)[:3]).lower()
    return Site(f"{root}/restapi/v2.1/accounts/{account}", frozenset({origin}))


_DOCUSIGN = re.compile(r"https://([a-z0-9-]+\.)+docusign\.(net|com)", re.IGNORECASE | re.ASCII)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
