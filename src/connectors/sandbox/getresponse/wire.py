"""The shape of the wire: error envelopes, dates, query strings, JSON bodies."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from ..kernel import Request

Json = Any

CODES: dict[int, tuple[int, str]] = {
    1: (500, "Internal error"),
    1000: (
        400,
        "General error of validation process, more details should be in context section",
    ),
    1001: (400, "Resource that is related to given resource cannot be found"),
    1002: (400, "Resource state forbids that kind of action"),
    1003: (400, "Parameter has wrong format"),
    1004: (400, "Wrong number of values for multivalues parameter (hash, table)"),
    1005: (400, "Parameter has empty value"),
    1006: (400, "Parameter has wrong type"),
    1007: (400, "Parameter value has incorrect length"),
    1008: (409, "There is another resource with the same value of unique property"),
    1009: (400, "Resource is used elsewhere and this manipulation is forbidden"),
    1010: (400, "External resource check failed"),
    1011: (400, "Message is already being sent"),
    1013: (404, "Resource cannot be found"),
    1014: (401, "Problem during authentication process"),
    1015: (429, "Too many requests to API, quota reached"),
    1021: (400, "Problem with request headers"),
    1023: (403, "No permission to the resource"),
    1024: (404, "Domain not found"),
    1027: (400, "The contact limit of the account is reached"),
}


class Refusal(Exception):
    """A refused call; becomes the error envelope."""

    def __init__(
        self,
        code: int,
        message: str,
        context: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status, self.description = CODES[code]
        self.message = message
        self.context: Json = [] if context is None else context
        self.headers = dict(headers or {})

    def envelope(self, uuid: str) -> dict[str, Json]:
        """All seven keys, whatever the error."""
        return {
            "httpStatus": self.status,
            "code": self.code,
            "codeDescription": self.description,
            "message": self.message,
            "moreInfo": f"https://apidocs.getresponse.com/en/v3/errors/{self.code}",
            "context": self.context,
            "uuid": uuid,
        }


VALIDATION = "Validation error, see context section for more information"


def body_error(code: int, path: str, original: Json, description: str) -> Refusal:
    """A bad body: the context is a list of objects, with the field's path split up."""
    row = {
        "validationType": "body",
        "fieldName": path.split(".") if path else [],
        "originalValue": original,
        "errorDescription": description,
    }
    return Refusal(code, VALIDATION, [row])


def query_error(part: str, name: str, original: str, description: str) -> Refusal:
    """A bad query parameter: the context is one object."""
    row = {
        "validationType": f"searchFilter[{part}]",
        "fieldName": name,
        "originalName": original,
        "errorDescription": description,
    }
    return Refusal(1000, VALIDATION, row)


def missing(name: str, value: str) -> Refusal:
    """404/1013 for the id in the path."""
    return Refusal(1013, "Resource not found", {name: value})


# -- dates -------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def show(stamp: int | None) -> str | None:
    """`2017-12-19T13:11:48+0000`."""
    if stamp is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(stamp))


def moment(stamp: int) -> datetime:
    """Whole seconds as an aware date-time."""
    return datetime.fromtimestamp(stamp, UTC)


_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_STRICT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")
_LOOSE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:?\d\d)?")


def read_date(text: str, *, end: bool = False, strict: bool = True) -> int | None:
    """Seconds of a date or a date-time, None where it is neither; `end`: of a day, the last."""
    try:
        if _DAY.fullmatch(text):
            day = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
            return day + 86_399 if end else day
        if (_STRICT if strict else _LOOSE).fullmatch(text):
            at = datetime.fromisoformat(text)
            return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except ValueError:
        return None
    return None


# -- query strings -----------------------------------------------------------------------------

Span = tuple[int | None, int | None]
Order = tuple[tuple[str, bool], ...]
"""Fields in order; True is descending."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one list call takes in its query."""

    fields: frozenset[str] = frozenset()
    spans: frozenset[str] = frozenset()
    sorts: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    paged: bool = True
    extra: frozenset[str] = frozenset()


@dataclass(slots=True)
class Listing:
    """A list call's query, read and checked."""

    where: dict[str, str] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    order: Order = ()
    flags: frozenset[str] = frozenset()
    fields: frozenset[str] | None = None
    page: int = 1
    per_page: int = 100

    @property
    def start(self) -> int:
        return (self.page - 1) * self.per_page

    @property
    def stop(self) -> int:
        return self.page * self.per_page

    def counters(self, total: int) -> dict[str, str]:
        """The counters; they exist in headers only."""
        pages = max(1, -(-total // self.per_page))
        return {
            "TotalCount": str(total),
            "TotalPages": str(pages),
            "CurrentPage": str(self.page),
        }

    def cut(self, row: dict[str, Json], key: str) -> dict[str, Json]:
        """Only the wanted fields; the id always comes."""
        if self.fields is None:
            return row
        return {k: v for k, v in row.items() if k == key or k in self.fields}


_KEY = re.compile(r"([A-Za-z]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


def read_listing(
    pairs: list[tuple[str, str]],
    allowed: Allowed,
    *,
    strict: bool = True,
    strict_dates: bool = True,
) -> Listing:
    """Read `query[…]`, `sort[…]`, `fields`, `additionalFlags` and paging, or refuse."""
    out = Listing()
    order: dict[str, bool] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            if strict:
                raise query_error("query", key, key, "Not allowed parameter")
            continue
        name, parts = match[1], _PART.findall(match[2])
        if name == "query" and parts:
            _read_filter(out, parts, value, allowed, strict_dates)
        elif name == "sort" and len(parts) == 1:
            if parts[0] not in allowed.sorts:
                raise query_error("sort", parts[0], parts[0], "Not allowed sort field")
            if value.upper() not in ("ASC", "DESC"):
                raise query_error("sort", parts[0], value, "Not allowed sort direction")
            order[parts[0]] = value.upper() == "DESC"
        elif name in ("page", "perPage") and allowed.paged and not parts:
            number = int(value) if value.isascii() and value.isdigit() else 0
            if not 1 <= number <= (1000 if name == "perPage" else 10**9):
                raise query_error(name, name, value, "Value out of range")
            if name == "page":
                out.page = number
            else:
                out.per_page = number
        elif name == "fields" and not parts:
            out.fields = frozenset(f.strip() for f in value.split(",") if f.strip())
        elif name == "additionalFlags" and not parts:
            out.flags = frozenset(f.strip() for f in value.split(",") if f.strip())
            unknown = sorted(out.flags - allowed.flags)
            if unknown and strict:
                raise query_error("additionalFlags", name, unknown[0], "Not allowed flag")
        elif strict and name not in allowed.extra:
            raise query_error("query", key, key, "Not allowed parameter")
    out.order = tuple(order.items())
    return out


def _read_filter(
    out: Listing, parts: list[str], value: str, allowed: Allowed, strict_dates: bool
) -> None:
    name = parts[0]
    original = "".join(f"[{p}]" for p in parts)
    if len(parts) == 1 and name in allowed.fields:
        out.where[name] = value
    elif len(parts) == 2 and name in allowed.spans and parts[1] in ("from", "to"):
        end = parts[1] == "to"
        stamp = read_date(value, end=end, strict=strict_dates)
        if stamp is None:
            raise query_error("query", name, f"query{original}", f"Wrong date: {value}")
        first, last = out.spans.get(name, (None, None))
        out.spans[name] = (first, stamp) if end else (stamp, last)
    else:
        raise query_error("query", name, f"query{original}", "Not allowed search field")


# -- bodies ------------------------------------------------------------------------------------

Check = Callable[[Json, str], Json]
"""Takes a value and its path, gives the value back (perhaps tidied) or raises `Refusal`."""


def read_body(request: Request) -> dict[str, Json]:
    """The JSON object of a POST."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(1021, "Content-Type must be application/json", {"contentType": kind})
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        raise Refusal(1000, "Request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise body_error(1006, "", None, "Body must be an object")
    return body


def check_object(
    value: Json, path: str, keys: Mapping[str, Check], required: tuple[str, ...] = ()
) -> dict[str, Json]:
    """An object with these keys and no others."""
    if not isinstance(value, dict):
        raise body_error(1006, path, value, "Must be an object")
    for key in value:
        if key not in keys:
            raise body_error(1000, join(path, key), value[key], "Unknown field")
    for key in required:
        if key not in value:
            raise body_error(1005, join(path, key), None, "Value is required")
    return {key: keys[key](each, join(path, key)) for key, each in value.items()}


def join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def text(low: int = 0, high: int = 10**6, *, nullable: bool = False) -> Check:
    """A string of `low` to `high` characters."""

    def check(value: Json, path: str) -> Json:
        if value is None and nullable:
            return None
        if not isinstance(value, str):
            raise body_error(1006, path, value, "Must be a string")
        if len(value) < low:
            raise body_error(1000, path, value, f"Must be at least {low} characters long")
        if len(value) > high:
            raise body_error(1007, path, value, f"Must be at most {high} characters long")
        return value

    return check


def choice(*values: str) -> Check:
    """One of these strings."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, str):
            raise body_error(1006, path, value, "Must be a string")
        if value not in values:
            raise body_error(1000, path, value, f"Must be one of: {', '.join(values)}")
        return value

    return check


def anything(value: Json, path: str) -> Json:
    """Whatever it is."""
    return value


def boolean(value: Json, path: str) -> Json:
    """True or false; a string is neither."""
    if not isinstance(value, bool):
        raise body_error(1006, path, value, "Must be a boolean")
    return value


def whole(value: Json, path: str) -> Json:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise body_error(1006, path, value, "Must be an integer")
    return value


def number(value: Json, path: str) -> Json:
    """A number or null; a number in quotes is none."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise body_error(1006, path, value, "Must be a number or null")
    return value


def digits(value: Json, path: str) -> Json:
    """A string of digits or null."""
    if value is not None and not isinstance(value, str):
        raise body_error(1006, path, value, "Must be a string of digits or null")
    if value is not None and not (value.isascii() and value.isdigit()):
        raise body_error(1003, path, value, "Must be a string of digits")
    return value


def address(value: Json, path: str) -> Json:
    """An IP address."""
    if not isinstance(value, str):
        raise body_error(1006, path, value, "Must be a string")
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise body_error(1003, path, value, "Wrong IP address") from None
    return value


_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?")


def is_email(value: str) -> bool:
    """Whether the address is well formed."""
    local, at, host = value.rpartition("@")
    labels = host.split(".")
    return (
        bool(at)
        and len(value) <= 254
        and len(local) <= 64
        and _LOCAL.fullmatch(local) is not None
        and len(labels) >= 2
        and all("_" not in label and _LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def email(value: Json, path: str) -> Json:
    """A well-formed address."""
    if not isinstance(value, str):
        raise body_error(1006, path, value, "Must be a string")
    if not is_email(value):
        raise body_error(1003, path, value, "Wrong e-mail address")
    return value


def reference(key: str) -> Check:
    """`{key: id}`; gives the id."""

    def check(value: Json, path: str) -> Json:
        return check_object(value, path, {key: text(1)}, (key,))[key]

    return check


def listed(item: Check, low: int = 0, high: int = 10**6) -> Check:
    """An array whose members all pass."""

    def check(value: Json, path: str) -> Json:
        if not isinstance(value, list):
            raise body_error(1006, path, value, "Must be an array")
        if not low <= len(value) <= high:
            raise Refusal(
                1004,
                "Wrong number of values",
                {"fieldName": path, "min": low, "max": high, "given": len(value)},
            )
        return [item(each, f"{path}.{i}") for i, each in enumerate(value)]

    return check


def shape(keys: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """`check_object` as a check."""
    return lambda value, path: check_object(value, path, keys, required)


def path_parts(request: Request) -> list[str]:
    """The path's parts, each decoded by itself."""
    return [unquote(part) for part in request.raw_path.split("/")[1:]]
