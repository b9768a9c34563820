"""The shape of the wire: refusals, times with seven digits, strings for every scalar."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from ..kernel import Request

Json = Any

STATUS_OF: dict[str, int] = {
    "AUTHORIZATION_INVALID_TOKEN": 401,
    "USER_AUTHENTICATION_FAILED": 401,
    "PARTNER_AUTHENTICATION_FAILED": 401,
    "ACCOUNT_LACKS_PERMISSIONS": 403,
    "USER_LACKS_PERMISSIONS": 403,
    "USER_LACKS_MEMBERSHIP": 403,
    "USER_NOT_ACCOUNT_ADMIN": 403,
    "USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT": 403,
    "ACCOUNT_NOT_AUTHORIZED_FOR_ENVELOPE": 403,
    "USER_NOT_ENVELOPE_SENDER_OR_RECIPIENT": 403,
    "PLAN_ITEM_NOT_ENABLED": 403,
    "ENVELOPE_DOES_NOT_EXIST": 404,
    "DOCUMENT_DOES_NOT_EXIST": 404,
    "RESOURCE_NOT_FOUND": 404,
    "USER_NOT_FOUND": 404,
    "USER_DOES_NOT_EXIST_IN_SYSTEM": 404,
    "UNKNOWN_ENVELOPE_RECIPIENT": 404,
    "EDIT_LOCK_ENVELOPE_NOT_LOCKED": 404,
}
"""HTTP status by code; every other code comes with 400. The vendor prints the codes, not the pairs."""

SERVER_ZONE = timezone(timedelta(hours=-8))
"""Assumed of a time without an offset."""

NO_GUID = "00000000-0000-0000-0000-000000000000"


class Refusal(Exception):
    """A refused call; becomes `{errorCode, message}`."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


class NotSimulated(Exception):
    """What the sandbox does not know; becomes a 501 that names it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is written out; a payload of None is an empty body, bytes go as they are."""

    status: int = 200
    payload: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


def bad(what: str) -> Refusal:
    """A parameter or a field of the body that cannot be taken."""
    return Refusal(
        "INVALID_REQUEST_PARAMETER", f"The request contained at least one invalid {what}"
    )


def missing_envelope(text: str) -> Refusal:
    return Refusal(
        "ENVELOPE_DOES_NOT_EXIST", f"The envelope specified does not exist: {text or 'no id'}."
    )


def detail(code: str, message: str) -> dict[str, Json]:
    """What is wrong with one item of many."""
    return {"errorCode": code, "message": message}


# -- scalars -----------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def stamp(at: datetime) -> str:
    """`2020-08-18T23:36:26.8830000Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


def flag(value: bool) -> str:
    return "true" if value else "false"


def yes(value: Json) -> bool:
    """A switch in a request: a boolean, `"true"`, `"True"` or `"1"`; absent is false."""
    if isinstance(value, bool):
        return value
    text = str("" if value is None else value).lower()
    if text not in ("", "true", "false", "1", "0"):
        raise bad(f"value: {value!r} is not true or false")
    return text in ("true", "1")


def text(value: Json) -> str:
    """A scalar of a request as its string; booleans and numbers are taken too."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return flag(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise Refusal("INVALID_REQUEST_BODY", "The request body is missing or improperly formatted.")


def whole(value: Json, name: str, low: int, high: int) -> int:
    """A whole number of a request, which may be a string."""
    try:
        number = int(text(value))
    except ValueError:
        raise bad(f"parameter: {name} is not a number") from None
    if not low <= number <= high:
        raise bad(f"parameter: {name} must be from {low} to {high}")
    return number


_DIGITS = re.compile(r"(\.\d{6})\d+")


def moment(value: str, name: str) -> datetime:
    """A time of a request; without an offset it is the server's time."""
    try:
        at = datetime.fromisoformat(_DIGITS.sub(r"\1", value.strip()))
    except ValueError:
        raise bad(f"parameter: {name} is not a date-time: {value!r}") from None
    return at if at.tzinfo else at.replace(tzinfo=SERVER_ZONE)


_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;.]+(\.[^@\s<>,;.]+)+")


def is_mail(value: str) -> bool:
    return len(value) <= 100 and _MAIL.fullmatch(value) is not None


# -- requests ----------------------------------------------------------------------------------


def read_json(request: Request) -> Json:
    """The body; an empty one is None."""
    if not request.body:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            "INVALID_REQUEST_BODY", f"The content type {kind!r} is not supported.", status=415
        )
    try:
        return json.loads(request.body)
    except ValueError:
        raise Refusal(
            "INVALID_REQUEST_BODY", "The request body is missing or improperly formatted."
        ) from None


def known(value: Json, names: Iterable[str], where: str) -> dict[str, Json]:
    """An object whose keys are all known, with their right spelling; case does not matter.

    Raises:
        NotSimulated: a key that is not known.
    """
    if not isinstance(value, dict):
        raise Refusal(
            "INVALID_REQUEST_BODY",
            f"The request body is missing or improperly formatted: {where} must be an object.",
        )
    right = {name.lower(): name for name in names}
    out: dict[str, Json] = {}
    for key, item in value.items():
        if key.lower() not in right:
            raise NotSimulated(f"{key} of {where}")
        out[right[key.lower()]] = item
    return out


def rows(value: Json, where: str) -> list[dict[str, Json]]:
    """An array of objects; absent is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refusal(
            "INVALID_REQUEST_BODY",
            f"The request body is missing or improperly formatted: {where} must be an array.",
        )
    return value


def clean(row: Mapping[str, Json]) -> dict[str, Json]:
    """Without the keys that have no value."""
    return {key: value for key, value in row.items() if value is not None and value != ""}


_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def write(payload: Json) -> bytes:
    # Half of a pair, which JSON can spell and UTF-8 cannot, becomes a question mark.
    return _dump(payload).encode("utf-8", "replace")
