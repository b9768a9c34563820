"""The account itself: its time zones, sending limits, bill and callback URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from .routing import Call, Reply, Route
from .store import Book
from .wire import Allowed, Json, Refusal, body_error, boolean, check_object, shape, show, text

ZONES = [
    (17, "Europe/London", "+00:00", "GB"),
    (89, "Europe/Paris", "+01:00", "FR"),
    (282, "Europe/Warsaw", "+01:00", "PL"),
    (301, "America/New_York", "-05:00", "US"),
]
ACTIONS = ("open", "click", "subscribe", "unsubscribe", "survey")
MAILS_A_DAY = 100_000


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
    listing = call.listing(book, Allowed(paged=False))
    keys = ("timezoneId", "name", "offset", "country")
    rows = [dict(zip(keys, zone, strict=True)) for zone in ZONES]
    return Reply(200, [listing.cut(row, "timezoneId") for row in rows])


def sending_limits(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    now = book.now()
    used = sum(
        event.activity == "send" and now - 86400 < event.at <= now
        for newsletter in book.newsletters.values()
        for event in newsletter.events
    )
    row = {"timeFrame": 86400, "limit": MAILS_A_DAY, "used": used}
    return Reply(200, [listing.cut(row, "")])


def billing(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    row: dict[str, Json] = {
        "listSize": str(book.contact_limit or MAILS_A_DAY),
        "paymentPlan": "Monthly",
        "subscriptionPrice": 100,
        "renewalDate": show(book.now() + 30 * 86400),
        "currencyCode": "USD",
        "accountBalance": "0.00",
        "price": 100,
        "paymentMethod": "credit_card",
        "creditCard": None,
        "addons": [],
    }
    return Reply(200, listing.cut(row, ""))


# -- callbacks ---------------------------------------------------------------------------------


def _unset(book: Book) -> Refusal:
    return Refusal(1013, "Callbacks are not enabled", {"accountId": book.account_id})


def get_callbacks(book: Book, call: Call) -> Reply:
    call.listing(book, Allowed(paged=False))
    if book.callbacks is not None:
        return Reply(200, book.callbacks)
    if book.callbacks_unset == "missing":
        raise _unset(book)
    if book.callbacks_unset == "empty":
        return Reply(200, {})
    return Reply(200, {"url": None, "actions": dict.fromkeys(ACTIONS, False)})


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def set_callbacks(book: Book, call: Call) -> Reply:
    """There is one URL for the whole account: setting it overwrites whoever had it."""
    keys = {"url": text(1, 2048), "actions": shape(dict.fromkeys(ACTIONS, boolean))}
    body = check_object(call.body(), "", keys, () if book.callbacks else ("url",))
    held = book.callbacks or {"url": "", "actions": dict.fromkeys(ACTIONS, False)}
    url = body.get("url", held["url"])
    if not _is_url(url):
        raise body_error(1003, "url", url, "Wrong URL")
    book.callbacks = {"url": url, "actions": {**held["actions"], **body.get("actions", {})}}
    return Reply(200, book.callbacks)


def delete_callbacks(book: Book, call: Call) -> Reply:
    if book.callbacks is None and book.callbacks_unset == "missing":
        raise _unset(book)
    book.callbacks = None
    return Reply(204)


ROUTES = [
    Route("GET", "accounts", "accounts.get", get),
    Route("GET", "accounts/timezones", "accounts.timezones", timezones),
    Route("GET", "accounts/sending-limits", "accounts.sending_limits", sending_limits),
    Route("GET", "accounts/billing", "accounts.billing", billing),
    Route("GET", "accounts/callbacks", "accounts.callbacks", get_callbacks),
    Route("POST", "accounts/callbacks", "accounts.set_callbacks", set_callbacks, writes=True),
    Route(
        "DELETE", "accounts/callbacks", "accounts.delete_callbacks", delete_callbacks, writes=True
    ),
]
