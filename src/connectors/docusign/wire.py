"""DocuSign's wire: queries, times, counters in headers and lists, errors and their codes.

Source: Docusign eSignature REST API v2.1, "Error codes", "API rules and resource limits", blog
"Service protection: New API errors for excessive polling and envelope updates".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote

from ..core.call import Call, Page, Response
from ..core.policy import Polling, Standing, Window
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
from .errors import AskedTooOften

T = TypeVar("T")

POLLING_PAUSE = 900.0
"""Seconds between two questions about one envelope, or one part of it, that DocuSign allows."""


def polling(pause: float) -> Polling:
    """The rule against polling, with the host's own pause; 0 where it wants none kept.

    Raises:
        ConfigError: a pause that cannot be right.
    """
    if isinstance(pause, bool) or not isinstance(pause, int | float) or not pause >= 0:
        raise ConfigError(f"polling_pause must be seconds from 0 on, got {pause!r}")
    return Polling(pause=pause, whole=_envelope, refused=_asked_too_often)


def _envelope(path: str) -> str:
    """`envelopes/{id}` of whatever lies below."""
    return "/".join(path.split("/", 2)[:2])


def _asked_too_often(seconds: float) -> Throttled:
    return AskedTooOften(
        f"not sent: it was asked about this envelope a short while ago, again in {seconds:.0f} s",
        retry_after=seconds,
        hint=_TOO_OFTEN,
    )


IN_FLIGHT = 10
"""Calls that the clients of one account have under way at a time."""

_BURST = 30.0
_HOUR = 3600.0
_DROPPED = 600.0
"""Seconds to stay away after a 444, with which DocuSign's traffic management drops a call."""


def windows(environment: str) -> tuple[Window, ...]:
    """The vendor's limits per account; all applications share them."""
    burst = 500 if environment == "production" else 200
    return Window(3_000, _HOUR), Window(burst, _BURST)


_HELD_BACK = {
    "HOURLY_APIINVOCATION_LIMIT_EXCEEDED": (Throttled, _HOUR),
    "BURST_APIINVOCATION_LIMIT_EXCEEDED": (Throttled, _BURST),
    "HOURLY_ENVELOPE_POLLING_LIMIT_EXCEEDED": (AskedTooOften, _HOUR),
    "BURST_ENVELOPE_POLLING_LIMIT_EXCEEDED": (AskedTooOften, POLLING_PAUSE),
    "HOURLY_APIINVOCATION_ENVELOPE_LIMIT_EXCEEDED": (AskedTooOften, _HOUR),
    "BURST_APIINVOCATION_ENVELOPE_LIMIT_EXCEEDED": (AskedTooOften, POLLING_PAUSE),
    "API_REQUEST_IS_THROTTLED": (AskedTooOften, 60.0),
}
"""Limits, told by their code whatever the status: those of one envelope come as 400."""

_TOO_OFTEN = (
    "DocuSign allows one question per envelope in 15 minutes: let Connect's events tell, or ask for "
    "many at once with `envelopes.statuses(…)` or `envelopes.list(…)`"
)
_HOURLY = "the hour's calls of the account are used up, by all its applications together"
_DOWNLOADS = "too many downloads at a time; wait until some have ended"
_ADMIN = "the user must be an administrator of the account"
_MEMBER = "the user is no member of this account; check `account`"
_PLAN = "the account's plan has no such feature"
_STATE = "the envelope's present status forbids it; read it first"
_LOCK = "somebody is editing the envelope; wait until the lock has ended"

_CODES: Mapping[str, tuple[type[StatusError], str]] = {
    "AUTHORIZATION_INVALID_TOKEN": (Unauthenticated, "the token has expired or was revoked"),
    "USER_AUTHENTICATION_FAILED": (Unauthenticated, "is it the right environment?"),
    "PARTNER_AUTHENTICATION_FAILED": (Unauthenticated, "check the integration key"),
    "ACCOUNT_LACKS_PERMISSIONS": (Forbidden, _PLAN),
    "USER_LACKS_PERMISSIONS": (Forbidden, "the user or the account lacks this permission"),
    "USER_LACKS_MEMBERSHIP": (Forbidden, _MEMBER),
    "USER_NOT_ACCOUNT_ADMIN": (Forbidden, _ADMIN),
    "USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT": (Forbidden, _MEMBER),
    "ACCOUNT_NOT_AUTHORIZED_FOR_ENVELOPE": (Forbidden, "the envelope belongs to another account"),
    "USER_NOT_ENVELOPE_SENDER_OR_RECIPIENT": (Forbidden, "the user has no part in this envelope"),
    "PLAN_ITEM_NOT_ENABLED": (Forbidden, _PLAN),
    "ENVELOPE_ALLOWANCE_EXCEEDED": (Forbidden, "the account's envelopes are used up"),
    "DOCUMENT_UPLOAD_NOT_ALLOWED": (Forbidden, "the account allows templates only"),
    "ENVELOPE_DOES_NOT_EXIST": (NotFound, ""),
    "DOCUMENT_DOES_NOT_EXIST": (NotFound, ""),
    "RESOURCE_NOT_FOUND": (NotFound, ""),
    "USER_NOT_FOUND": (NotFound, ""),
    "USER_DOES_NOT_EXIST_IN_SYSTEM": (NotFound, ""),
    "UNKNOWN_ENVELOPE_RECIPIENT": (
        NotFound,
        "check who, and the client_user_id of an embedded one",
    ),
    "PAGE_IMAGE_NOT_FOUND": (NotFound, ""),
    "ENVELOPE_NOT_IN_FOLDER": (NotFound, ""),
    "EDIT_LOCK_ENVELOPE_NOT_LOCKED": (NotFound, "nobody holds a lock"),
    "ENVELOPE_INVALID_STATUS": (BadRequest, _STATE),
    "ENVELOPE_CANNOT_VOID_INVALID_STATE": (
        BadRequest,
        "only what is sent or delivered can be voided",
    ),
    "RECIPIENT_UPDATE_FAILED": (BadRequest, _STATE),
    "RECIPIENT_NOT_IN_SEQUENCE": (BadRequest, "it is not this recipient's turn"),
    "EDIT_LOCK_ENVELOPE_ALREADY_LOCKED": (Conflict, _LOCK),
    "EDIT_LOCK_NOT_LOCK_OWNER": (Conflict, _LOCK),
    "EDIT_LOCK_INVALID_STATE_FOR_LOCK": (BadRequest, _STATE),
    "ONESIGNALLSIGN_NOT_SATISFIED": (BadRequest, "every signer needs a tab, or none"),
    "INVALID_CAPTIVE_RECIPIENT_OPERATION": (BadRequest, "it is an embedded recipient"),
    "UNABLE_TO_LOAD_DOCUMENT": (BadRequest, "check the document's bytes and its extension"),
    "ANCHOR_TAB_STRING_NOT_FOUND": (BadRequest, "the document holds no such anchor text"),
}

_BY_STATUS: Mapping[int, type[StatusError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    408: ServerError,
    409: Conflict,
    429: Throttled,
    444: Throttled,
}

_LONGEST_MESSAGE = 600
_LONGEST_CODE = 80
_REDIRECTED = "check the site of the account: each lives on one"


# --- queries and times -----------------------------------------------------------------------


def query(pairs: Iterable[tuple[str, object]]) -> str:
    """Encode a query; pairs whose value is None are left out, several values stand in one."""
    return "&".join(
        f"{quote(name, safe='')}={quote(text(value), safe=',:')}"
        for name, value in pairs
        if value is not None
    )


def text(value: object) -> str:
    """A value as DocuSign takes it: everything is text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return ",".join(text(each) for each in value)
    return str(value)


def moment(value: datetime) -> str:
    """`2026-01-15T13:30:42.0000000Z`; without an offset DocuSign would take its server's zone."""
    if value.tzinfo is None:
        raise ConfigError("a date-time needs a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)")
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}0Z"


# --- lists -----------------------------------------------------------------------------------


def page(
    items: tuple[T, ...],
    response: Response,
    start: int,
    *,
    total: int | None,
    more: bool,
) -> Page[T]:
    """A page that began at row `start`.

    Args:
        total: rows of the whole list, as this page counts them.
        more: whether there is a next page, where nothing says how many rows there are.
    """
    end = start + len(items)
    last = not items or (end >= total if total is not None else not more)
    return Page(items=items, cursor=None if last else str(end), total=total, date=response.date)


# --- answers ---------------------------------------------------------------------------------


def classify(call: Call[Any] | None, response: Response) -> StatusError | None:
    """The error an answer stands for, or None where it is a success."""
    if 200 <= response.status < 300:
        return None
    if 300 <= response.status < 400:
        return BadRequest(
            "answered with a redirect, which is not followed",
            status=response.status,
            hint=_REDIRECTED,
        )
    said = _said(response.body)
    code = str(said.get("errorCode") or said.get("error") or "")[:_LONGEST_CODE]
    kind, hint = _CODES.get(code.upper(), (None, ""))
    limit = _HELD_BACK.get(code.upper())
    if limit is not None:
        kind, hint = limit[0], _limit_hint(code.upper())
    if kind is None:
        kind = _BY_STATUS.get(response.status)
        if kind is None:
            kind = ServerError if response.status >= 500 else BadRequest
        if kind is NotFound and not said and response.body:
            # Somebody else's 404: nothing may count as gone because of it.
            kind, hint = BadRequest, _REDIRECTED
    return kind(
        _message(said, response),
        status=response.status,
        code=code,
        request_id=masked(response.headers.get("x-docusign-tracetoken", "")[:_LONGEST_CODE]),
        retry_after=_pause(kind, code.upper(), response),
        hint=hint,
    )


def standing(response: Response) -> Standing | None:
    """What an answer says of the account's windows: of the one that has fewer calls left."""
    found: list[Standing] = []
    limit = header_int(response.headers, "x-ratelimit-limit")
    remaining = header_int(response.headers, "x-ratelimit-remaining")
    reset = _until_reset(response)
    if limit is not None and remaining is not None and reset is not None:
        found.append(Standing(limit=limit, remaining=remaining, reset=reset))
    limit = header_int(response.headers, "x-burstlimit-limit")
    remaining = header_int(response.headers, "x-burstlimit-remaining")
    if limit is not None and remaining is not None:
        found.append(Standing(limit=limit, remaining=remaining, reset=_BURST))
    return min(found, key=lambda each: each.remaining, default=None)


def _until_reset(response: Response) -> float | None:
    """Seconds until the hour's window is over, by the server's own clock."""
    epoch = header_int(response.headers, "x-ratelimit-reset")
    if epoch is None or response.date is None:
        return None
    seconds = epoch - response.date.timestamp()
    return seconds if 0 < seconds <= 2 * _HOUR else None


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _message(said: Mapping[str, Any], response: Response) -> str:
    found = str(said.get("message") or said.get("error_description") or "")
    if not found:
        return "an answer that is not DocuSign's" if response.body else "an empty answer"
    if len(found) > _LONGEST_MESSAGE:
        # Its last word goes too: half an address could not be masked.
        found = f"{found[:_LONGEST_MESSAGE].rpartition(' ')[0]} …"
    return masked(found)


def _limit_hint(code: str) -> str:
    if code == "API_REQUEST_IS_THROTTLED":
        return _DOWNLOADS
    if "ENVELOPE" in code:
        return _TOO_OFTEN
    return _HOURLY if code.startswith("HOURLY") else ""


def _pause(kind: type[StatusError], code: str, response: Response) -> float | None:
    asked = seconds_asked(response.headers.get("retry-after"), response.date)
    if not issubclass(kind, Throttled):
        return asked if kind is ServerError else None
    if code.startswith("HOURLY_API") and kind is Throttled:
        return asked or _until_reset(response) or _until_next_hour(response)
    if code in _HELD_BACK:
        return max(asked or 0.0, _HELD_BACK[code][1])
    return asked or (_DROPPED if response.status == 444 else _BURST)


def _until_next_hour(response: Response) -> float:
    """The window begins anew with the clock's hour."""
    now = response.date
    if now is None:
        return _HOUR
    hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (hour - now).total_seconds()
