"""The account server: token exchange, and who the token is for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import parse_qsl

from ..kernel import Answer, Request
from .keys import read_assertion, signed_by
from .store import Book, Grant
from .wire import Json, NotSimulated, write

JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFE = 3600
CODE_LIFE = 28_800
REFRESH_LIFE = 30 * 86_400
LEEWAY = 300
_JSON = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


class _Denied(Exception):
    """An exchange that is refused."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def answer(book: Book, request: Request) -> Answer:
    """Answer a request to the account server."""
    doors: dict[tuple[str, str], tuple[str, Callable[[Book, Request], Json]]] = {
        ("POST", "/oauth/token"): ("oauth.token", _token),
        ("GET", "/oauth/userinfo"): ("oauth.userinfo", _userinfo),
    }
    found = doors.get((request.method, request.path))
    if found is None:
        text = f"the sandbox does not simulate {request.method} {request.path}"
        body = {"error": "not_simulated", "error_description": text}
        return Answer(501, _JSON, write(body), "unknown")
    operation, door = found
    try:
        return Answer(200, _JSON, write(door(book, request)), operation)
    except _Denied as denied:
        body = {"error": denied.error}
        if denied.description:
            body["error_description"] = denied.description
        return Answer(denied.status, _JSON, write(body), operation)
    except NotSimulated as gap:
        body = {
            "error": "not_simulated",
            "error_description": f"the sandbox does not simulate {gap}",
        }
        return Answer(501, _JSON, write(body), operation)


def _token(book: Book, request: Request) -> Json:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise _Denied("invalid_request", "content_type_must_be_form_encoded")
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise _Denied("invalid_request", "parameter_given_twice")
    grant = form.get("grant_type")
    if grant is None:
        raise _Denied("invalid_request", "grant_type_missing")
    if grant == JWT:
        return _jwt(book, request, form)
    if grant == "authorization_code":
        return _code(book, request, form)
    if grant == "refresh_token":
        return _refresh(book, request, form)
    raise _Denied("unsupported_grant_type")


def _only(form: dict[str, str], *names: str) -> None:
    strange = sorted(set(form) - {"grant_type", *names})
    if strange:
        raise NotSimulated(f"the form field {strange[0]}")


# -- service integration -----------------------------------------------------------------------


def _jwt(book: Book, request: Request, form: dict[str, str]) -> Json:
    _only(form, "assertion")
    found = read_assertion(form.get("assertion", ""))
    if found is None:
        raise _Denied("invalid_grant", "malformed_assertion")
    head, claims, message, signature = found
    if head.get("alg") != "RS256" or head.get("typ", "JWT") != "JWT":
        raise _Denied("invalid_grant", "unsupported_algorithm")
    right_server = request.host == book.account_server
    if claims.get("iss") != book.integration_key or not right_server:
        raise _Denied("invalid_grant", "issuer_not_found")
    if not signed_by(book.key_number, message, signature):
        raise _Denied("invalid_grant", "no_valid_keys_or_signatures")
    if claims.get("aud") != request.host:
        raise _Denied("invalid_grant", "invalid_audience")
    _check_times(book, claims.get("iat"), claims.get("exp"))
    user = book.users.get(str(claims.get("sub")))
    if user is None or user.status != "Active":
        raise _Denied("invalid_grant", "user_not_found")
    scopes = frozenset(str(claims.get("scope", "")).split())
    if "impersonation" not in scopes or "signature" not in scopes:
        raise NotSimulated("an assertion without the scopes signature and impersonation")
    _check_scopes(scopes)
    if not book.consented:
        raise _Denied("consent_required")
    token = issue(book, user.id, scopes, JWT_LIFE)
    return {"access_token": token, "token_type": "Bearer", "expires_in": JWT_LIFE}


def _check_times(book: Book, begun: Json, ends: Json) -> None:
    now = book.clock.now().timestamp()
    if not _number(begun) or not _number(ends):
        raise _Denied("invalid_grant", "malformed_assertion")
    if begun > now + LEEWAY or ends > begun + JWT_LIFE + LEEWAY:
        raise _Denied("invalid_grant", "assertion_lives_too_long")
    if ends <= now:
        raise _Denied("invalid_grant", "assertion_expired")


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_scopes(scopes: frozenset[str]) -> None:
    strange = sorted(scopes - {"signature", "impersonation", "extended"})
    if strange:
        raise NotSimulated(f"the scope {strange[0]}")


# -- authorization code ------------------------------------------------------------------------


def _code(book: Book, request: Request, form: dict[str, str]) -> Json:
    _only(form, "code", "code_verifier", "client_id", "redirect_uri")
    _check_client(book, request, form)
    # Used up even where the rest is wrong: a code that was tried is not tried again.
    code = book.codes.pop(form.get("code", ""), None)
    if code is None or book.clock.monotonic() >= code.ends:
        raise _Denied("invalid_grant", "expired_client_token")
    if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        raise _Denied("invalid_grant", "redirect_uri_mismatch")
    if code.challenge or "code_verifier" in form:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        given = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not hmac.compare_digest(given, code.challenge):
            raise _Denied("invalid_grant", "code_verifier_mismatch")
    ends = book.clock.monotonic() + REFRESH_LIFE
    return _pair(book, Grant(code.user, code.scopes, ends))


def _refresh(book: Book, request: Request, form: dict[str, str]) -> Json:
    _only(form, "refresh_token", "client_id")
    _check_client(book, request, form)
    grant = book.refresh_tokens.pop(form.get("refresh_token", ""), None)
    if grant is None or book.clock.monotonic() >= grant.ends:
        raise _Denied("invalid_grant", "expired_or_unknown_refresh_token")
    if "extended" in grant.scopes:
        ends = book.clock.monotonic() + REFRESH_LIFE
        grant = Grant(grant.user, grant.scopes, ends)
    return _pair(book, grant)


def _pair(book: Book, grant: Grant) -> Json:
    """A token and the refresh token that follows; the last one is of no use any more."""
    refresh = book.text(24)
    book.refresh_tokens[refresh] = grant
    return {
        "access_token": issue(book, grant.user, grant.scopes, CODE_LIFE),
        "token_type": "Bearer",
        "refresh_token": refresh,
        "expires_in": CODE_LIFE,
    }


def _check_client(book: Book, request: Request, form: dict[str, str]) -> None:
    if request.host != book.account_server:
        raise _Denied("invalid_client", "client_not_found", 401)
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if book.public_client:
        if kind or form.get("client_id") != book.integration_key:
            raise _Denied("invalid_client", "", 401)
        return
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    right = f"{book.integration_key}:{book.client_secret}"
    if kind.lower() != "basic" or not hmac.compare_digest(pair.encode(), right.encode()):
        raise _Denied("invalid_client", "", 401)


# -- tokens ------------------------------------------------------------------------------------


def issue(book: Book, user: str, scopes: frozenset[str], life: int) -> str:
    """Make an access token."""
    token = f"eyJ0eXAiOiJNVCJ9.{book.text(32)}"
    book.tokens[token] = Grant(user, scopes, book.clock.monotonic() + life)
    return token


def holder(book: Book, request: Request) -> Grant | None:
    """Who the request's bearer token speaks for."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    grant = book.tokens.get(token.strip()) if kind.lower() == "bearer" else None
    if grant is None or book.clock.monotonic() >= grant.ends:
        return None
    return grant if book.users[grant.user].status == "Active" else None


def _userinfo(book: Book, request: Request) -> Json:
    grant = holder(book, request)
    if grant is None or request.host != book.account_server:
        raise _Denied("invalid_grant", "unauthorized_request", 401)
    user = book.users[grant.user]
    return {
        "sub": user.id,
        "name": user.name,
        "given_name": user.first,
        "family_name": user.last,
        # No zone, two digits, as seen.
        "created": f"{user.created:%Y-%m-%dT%H:%M:%S}.{user.created.microsecond // 10_000:02d}",
        "email": user.email,
        "accounts": [
            {
                "account_id": account.id,
                "is_default": book.default_account[user.id] == account.id,
                "account_name": account.name,
                "base_uri": account.base_uri,
            }
            for account in book.accounts.values()
            if user.id in account.members
        ],
    }
