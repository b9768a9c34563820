"""The account itself, its time zones and sending limits, and the OAuth token endpoint."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl

from .routing import Call, Reply, Route
from .store import Book
from .wire import Allowed, Json, Refusal

ZONES = [
    (17, "Europe/London", "+00:00", "GB"),
    (89, "Europe/Paris", "+01:00", "FR"),
    (282, "Europe/Warsaw", "+01:00", "PL"),
    (301, "America/New_York", "-05:00", "US"),
]


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    row: dict[str, Json] = {
        "accountId": book.account_id,
        "href": f"{book.url}/accounts",
        "firstName": "Ada",
        "lastName": "Owner",
        "email": book.account_email,
        "companyName": "Sandbox",
        "phone": "",
        "state": "",
        "city": "Gdańsk",
        "street": "",
        "zipCode": "",
        "countryCode": {"countryCodeId": "175", "countryCode": "PL"},
        "industryTag": {"industryTagId": "1"},
        "numberOfEmployees": "",
        "timeFormat": "24h",
        "timeZone": {"name": "Europe/Warsaw", "offset": "+01:00"},
    }
    return Reply(200, listing.cut(row, "accountId"))


def timezones(book: Book, call: Call) -> Reply:
    keys = ("timezoneId", "name", "offset", "country")
    return Reply(200, [dict(zip(keys, zone, strict=True)) for zone in ZONES])


def sending_limits(book: Book, call: Call) -> Reply:
    return Reply(200, [{"timeFrame": 86400, "limit": 100000, "used": 0}])


def token(book: Book, call: Call) -> Reply:
    """Exchange a code, a refresh token or the client's own word for an access token."""
    if not _client_known(book, call.request.headers.get("authorization", "")):
        raise Refusal(1014, "Client authentication failed", {"authenticationType": "oauth2"})
    form = dict(parse_qsl(call.request.body.decode("utf-8", "replace")))
    grant = form.get("grant_type")
    if grant == "authorization_code":
        good = book.codes.pop(form.get("code", ""), -1.0) >= book.clock.monotonic()
    elif grant == "refresh_token":
        good = form.get("refresh_token", "") in book.refresh_tokens
        if good and book.refresh_rotates:
            book.refresh_tokens.discard(form["refresh_token"])
    else:
        good = grant == "client_credentials"
    if not good:
        raise Refusal(1014, "Invalid grant", {"grantType": grant or ""})
    answer: dict[str, Json] = {
        "access_token": book.issue_token(),
        "token_type": "Bearer",
        "expires_in": book.token_lifetime,
        "scope": None,
    }
    if grant == "authorization_code" or (grant == "refresh_token" and book.refresh_rotates):
        answer["refresh_token"] = book.issue_refresh_token()
    return Reply(200, answer)


def _client_known(book: Book, header: str) -> bool:
    kind, _, value = header.partition(" ")
    try:
        pair = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and pair == f"{book.client_id}:{book.client_secret}"


ROUTES = [
    Route("GET", "accounts", "accounts.get", get),
    Route("GET", "accounts/timezones", "accounts.timezones", timezones),
    Route("GET", "accounts/sending-limits", "accounts.sending_limits", sending_limits),
]
TOKEN = Route("POST", "token", "oauth.token", token)
