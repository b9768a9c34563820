"""The OAuth token endpoint."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from ..kernel import Request
from .routing import Call, Reply, Route
from .store import Book
from .wire import Json, Refusal

KINDS = ("application/x-www-form-urlencoded", "application/json")


def token(book: Book, call: Call) -> Reply:
    """Exchange a code, a refresh token or the client's own word for an access token."""
    if not _client_known(book, call.request.headers.get("authorization", "")):
        return _refuse(book, 401, "invalid_client", "Client authentication failed", "oauth2")
    form = _form(call.request)
    grant = form.get("grant_type", "")
    if grant not in ("authorization_code", "refresh_token", "client_credentials"):
        return _refuse(book, 400, "unsupported_grant_type", "Unsupported grant type", grant)
    if not _good(book, grant, form):
        return _refuse(book, 400, "invalid_grant", "Invalid grant", grant)
    answer: dict[str, Json] = {
        "access_token": book.issue_token(),
        "token_type": "Bearer",
        "expires_in": book.token_lifetime,
        "scope": None,
    }
    if grant == "authorization_code" or (grant == "refresh_token" and book.refresh_rotates):
        answer["refresh_token"] = book.issue_refresh_token()
    return Reply(200, answer)


def _good(book: Book, grant: str, form: Mapping[str, str]) -> bool:
    """Whether the grant holds; a code and a refresh token that rotates are used up."""
    if grant == "client_credentials":
        return True
    if grant == "authorization_code":
        # Used up even when the redirect is wrong: a code that was tried is not tried again.
        alive = book.codes.pop(form.get("code", ""), -1.0) >= book.clock.monotonic()
        return alive and form.get("redirect_uri", book.redirect_uri) == book.redirect_uri
    given = form.get("refresh_token", "")
    if given not in book.refresh_tokens:
        return False
    if book.refresh_rotates:
        book.refresh_tokens.discard(given)
    return True


def _form(request: Request) -> Mapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise Refusal(1021, "Content-Type must be a form or JSON", {"contentType": kind})
    text = request.body.decode("utf-8", "replace")
    if kind != "application/json":
        return dict(parse_qsl(text))
    try:
        body = json.loads(text)
    except ValueError:
        raise Refusal(1000, "Request body is not valid JSON") from None
    return body if isinstance(body, dict) else {}


def _refuse(book: Book, status: int, error: str, message: str, given: str) -> Reply:
    if book.oauth_errors == "rfc6749":
        return Reply(status, {"error": error, "error_description": message})
    key = "authenticationType" if status == 401 else "grantType"
    raise Refusal(1014, message, {key: given})


def _client_known(book: Book, header: str) -> bool:
    kind, _, value = header.partition(" ")
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and pair == f"{book.client_id}:{book.client_secret}"


TOKEN = Route("POST", "token", "oauth.token", token)
