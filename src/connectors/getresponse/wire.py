"""GetResponse's wire: queries, counters in headers, the error envelope and its codes.

Source: GetResponse API v3 documentation, "Errors", "Limits & throttling", OpenAPI 3.2026-07-28.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

from ..core.call import Call, Page, Response
from ..core.policy import Standing, Window
from ..core.wire import header_int, masked, seconds_asked
from ..errors import (
    BadRequest,
    ConfigError,
    Conflict,
    Forbidden,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)

T = TypeVar("T")

WINDOWS = (
    Window(80, 1.0),
    Window(30_000, 600.0),
    Window(1, 1.0, "contacts.batch"),
    Window(80, 600.0, "contacts.batch"),
)
"""The vendor's limits per user; all clients with one key share them."""

IN_FLIGHT = 10
"""Calls that one user may have under way at a time."""

_CODES = {
    "1": (ServerError, ""),
    "1000": (BadRequest, ""),
    "1001": (BadRequest, "a list, field or sender that this refers to is missing"),
    "1002": (
        BadRequest,
        "the present state forbids it: a contact that was blocklisted, deleted or bounced before, "
        "a message that is no draft or not scheduled",
    ),
    "1003": (BadRequest, "a value has the wrong form"),
    "1004": (BadRequest, "too many at once, or too few; send them in parts"),
    "1005": (BadRequest, "a value is missing"),
    "1006": (BadRequest, "a value is of the wrong type"),
    "1007": (BadRequest, "a value is too long"),
    "1008": (Conflict, "it exists already; look it up"),
    "1009": (BadRequest, "it is in use elsewhere"),
    "1010": (BadRequest, "GetResponse could not use what this refers to outside of it"),
    "1011": (Conflict, "already being sent; never send again, poll"),
    "1012": (BadRequest, "check the merge words of the message"),
    "1013": (NotFound, ""),
    "1014": (Unauthenticated, "check the API key; a key unused for 90 days dies"),
    "1015": (Throttled, ""),
    "1016": (Forbidden, "the account is blocked for a while; do not hurry"),
    "1017": (Forbidden, "the account is blocked; ask GetResponse"),
    "1018": (Forbidden, "this machine's address is blocked; ask GetResponse"),
    "1019": (ServerError, "maintenance"),
    "1021": (BadRequest, "check host and account domain (X-Domain)"),
    "1023": (Forbidden, "the credential may not use this account or list"),
    "1024": (BadRequest, "the account domain is unknown; check `domain`"),
    "1027": (BadRequest, "the plan's contact limit is reached"),
    "1028": (Forbidden, "the account may not use this"),
    "1029": (Forbidden, "the account may not set one of these properties"),
}

_LONGEST_MESSAGE = 600
_LONGEST_CODE = 64
_MOST_REASONS = 10
_DEEPEST = 5

_OF_GETRESPONSE = re.compile("[0-9]{4}")
"""The form of all its codes but 1; a proxy writes 404, or a word."""

_REDIRECTED = "check host and account domain: GetResponse redirects what it does not know"
_LINK = "the link to a file lives for 5 minutes; ask for the report anew"

_BY_STATUS = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: Throttled,
}


_DOMAIN = re.compile(r"(?!www\.)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,8}", re.IGNORECASE)


def is_domain(text: str) -> bool:
    """Whether a text can be the domain of a MAX account: a bare host without `www.`."""
    return _DOMAIN.fullmatch(text) is not None


def query(pairs: Iterable[tuple[str, object]]) -> str:
    """Encode a query; pairs whose value is None are left out. Brackets and `+` are escaped."""
    return "&".join(
        f"{quote(name, safe='')}={quote(_text(value), safe='')}"
        for name, value in pairs
        if value is not None
    )


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def moment(value: datetime) -> str:
    """`2018-01-15T13:30:42+0000`; a naive time would be read in an unknown zone."""
    if value.tzinfo is None:
        raise ConfigError("a date-time needs a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)")
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="seconds") + "+0000"


def page(items: tuple[T, ...], response: Response, number: int, size: int) -> Page[T]:
    """A page with its counters; where they are missing, a short page is the last."""
    # A service that gave the first page again and again would be walked for ever.
    current = max(number, header_int(response.headers, "currentpage") or number)
    pages = header_int(response.headers, "totalpages")
    last = len(items) < size if pages is None else current >= pages
    return Page(
        items=items,
        cursor=None if last else str(number + 1),
        total=header_int(response.headers, "totalcount"),
        date=response.date,
    )


def classify(call: Call[Any] | None, response: Response) -> StatusError | None:
    """The error an answer stands for, or None where it is a success."""
    if 200 <= response.status < 300:
        return None
    linked = call is not None and not call.authorized
    if 300 <= response.status < 400:
        return BadRequest(
            "answered with a redirect, which is not followed",
            status=response.status,
            hint=_LINK if linked else _REDIRECTED,
        )
    envelope = _envelope(response.body)
    code = str(envelope.get("code", "") or "")[:_LONGEST_CODE]
    kind, hint = _CODES.get(code, (None, ""))
    if kind is None:
        fallback = ServerError if response.status >= 500 else BadRequest
        kind = _BY_STATUS.get(response.status, fallback)
        if kind is NotFound and not _OF_GETRESPONSE.fullmatch(code):
            # Somebody else's 404: nothing may count as gone because of it.
            kind, hint = BadRequest, "check host and account domain"
    if linked and response.status in (400, 401, 403, 404, 410):
        hint = _LINK
    return kind(
        _message(envelope, response),
        status=response.status,
        code=code,
        request_id=_request_id(envelope, response),
        retry_after=_pause(kind, envelope, response),
        hint=hint,
    )


def standing(response: Response) -> Standing | None:
    """What an answer says of a window: the nearer one, told apart by its number of calls."""
    limit = header_int(response.headers, "x-ratelimit-limit")
    remaining = header_int(response.headers, "x-ratelimit-remaining")
    reset = seconds_asked(response.headers.get("x-ratelimit-reset"))
    if limit is None or remaining is None or reset is None:
        return None
    return Standing(limit=limit, remaining=remaining, reset=reset)


def _envelope(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _request_id(envelope: Mapping[str, Any], response: Response) -> str:
    """What GetResponse's support asks for; a header has it where the body is none of theirs."""
    found = str(envelope.get("uuid") or response.headers.get("x-unique-id", ""))
    return masked(found[:_LONGEST_CODE])


def _message(envelope: Mapping[str, Any], response: Response) -> str:
    text = envelope.get("message") or envelope.get("codeDescription")
    if not text:
        return "an answer that is not GetResponse's" if response.body else "an empty answer"
    return masked(_cut(f"{text}{_context(envelope.get('context'))}"))


def _cut(text: str) -> str:
    """The begin of a long text. Its last word goes too: half an address could not be masked."""
    if len(text) <= _LONGEST_MESSAGE:
        return text
    return f"{text[:_LONGEST_MESSAGE].rpartition(' ')[0]} …"


def _context(context: Any) -> str:
    """What the polymorphic `context` says beyond the message: which field or id, and why.

    Values that were sent are left out: they may be somebody's data.
    """
    found = [context] if isinstance(context, str) else _reasons(context)
    text = "; ".join(islice(filter(None, found), _MOST_REASONS))
    return f": {text}" if text else ""


def _reasons(context: Any, deep: int = 0) -> Iterator[str]:
    """The texts and objects of a list, or what an object says; `deep` within one another."""
    if deep > _DEEPEST:
        return
    if isinstance(context, list):
        for each in context:
            if isinstance(each, str):
                yield each
            else:
                yield from _reasons(each, deep + 1)
    elif isinstance(context, dict):
        ids = [f"{k} {v}" for k, v in context.items() if k.endswith("Id") and isinstance(v, str)]
        details = [*_texts(context.get("errorDescription")), *ids]
        yield ": ".join(
            filter(None, (", ".join(_texts(context.get("fieldName"))), ", ".join(details)))
        )
        for name, value in context.items():
            inner = value if isinstance(value, list) else [value]
            if name not in ("fieldName", "errorDescription"):
                yield from _reasons([each for each in inner if isinstance(each, dict)], deep + 1)


def _texts(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value]) if each]


def _pause(
    kind: type[StatusError], envelope: Mapping[str, Any], response: Response
) -> float | None:
    if kind is Throttled:
        return _retry_after(envelope, response)
    # X-RateLimit-Reset is on every answer; only Retry-After says that maintenance takes a while.
    asked = seconds_asked(response.headers.get("retry-after"), response.date)
    return asked if kind is ServerError else None


def _retry_after(envelope: Mapping[str, Any], response: Response) -> float:
    """The longest of what the answer asks for; one second where it asks for nothing."""
    asked = [response.headers.get("retry-after"), response.headers.get("x-ratelimit-reset")]
    context = envelope.get("context")
    if isinstance(context, dict):
        asked.append(str(context.get("timeToReset", "")))
    pauses = [seconds_asked(text, response.date) for text in asked]
    return max([seconds for seconds in pauses if seconds is not None], default=1.0)
