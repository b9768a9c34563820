"""ActiveCampaign's wire: the account's URL, envelopes, the many shapes of its errors.

Source: ActiveCampaign API v3 reference, "Overview", "Rate limits", "Errors".
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from ..core.call import Call, Response, WriteClass, is_loopback
from ..core.policy import Standing, Window
from ..core.wire import Reader, header_int, masked, parse, seconds_asked
from ..errors import (
    BadRequest,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)
from .models.contacts import ImportFailure

T = TypeVar("T")

WINDOWS = (
    Window(5, 1.0),
    Window(100, 60.0, "contacts.import"),
    Window(20, 60.0, "contacts.import_one"),
)
"""The vendor's limits per account, whatever the key; a bulk import of one contact is another thing."""

IN_FLIGHT = 10
"""Calls of one account that are under way at a time."""

_ROOT = "/api/3"
_LONGEST_MESSAGE = 600
_LONGEST_CODE = 64
_MOST_REASONS = 10
_EMPTY = "an empty answer"

_CHECK_URL = "check the account's URL: Settings, Developer shows it"
_CHECK_KEY = "check the API key and the rights of its user"
_PLAN = (
    "private custom objects need the Enterprise plan, and a user who may use them; "
    "check the API key too"
)


class ImportRefused(BadRequest):
    """A bulk import was refused, all of it: nothing was queued.

    Attributes:
        failures: which contacts were at fault, and why.
    """

    failures: tuple[ImportFailure, ...] = ()


# --- the account's URL -----------------------------------------------------------------------


def base_url(url: str) -> str:
    """The root of an account's API, from its origin or its whole URL.

    Raises:
        ConfigError: not an https URL of another machine, or one with more in it.
    """
    if not isinstance(url, str):
        raise ConfigError(f"the ActiveCampaign URL must be text, got {type(url).__name__}")
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError(f"the ActiveCampaign URL {_shown(url)} cannot be read") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("the ActiveCampaign URL holds a user or a password; the key goes apart")
    if "?" in text or "#" in text:
        raise ConfigError("the ActiveCampaign URL holds a query or a fragment; leave it out")
    origin = f"{parts.scheme.lower()}://{parts.netloc.lower()}"
    path = parts.path.removesuffix(_ROOT).rstrip("/")
    if is_loopback(text):
        return f"{origin}{path}{_ROOT}"
    if parts.scheme.lower() != "https" or not host or path or not _is_public(host):
        raise ConfigError(
            f"the ActiveCampaign URL must be like https://account.api-us1.com, got {_shown(url)}; "
            "Settings, Developer shows it"
        )
    # Two spellings of one account would each have its limits.
    return f"{origin.removesuffix(':443')}{_ROOT}"


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        # `127.1` and `0x7f.1` are addresses too; the last part of a name begins with a letter.
        name = re.fullmatch(r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*", host)
        return name is not None and not host.endswith(".localhost")


def _shown(url: str) -> str:
    """A URL that was refused, without what might be a secret in it."""
    if "." not in url:  # the key, perhaps
        return "none"
    bare = re.split("[?#]", url.strip()[:200])[0]
    return repr(re.sub("//[^/]*@", "//", bare))


# --- queries ---------------------------------------------------------------------------------


def query(pairs: Iterable[tuple[str, object]]) -> str:
    """Encode a query in its order; pairs whose value is None are left out. `+` is escaped."""
    return "&".join(
        f"{quote(name, safe='')}={quote(_text(value), safe='')}"
        for name, value in pairs
        if value is not None
    )


def _text(value: object) -> str:
    return moment(value) if isinstance(value, date) else str(value)


def moment(value: date) -> str:
    """`2026-05-19`, or for a date-time `2026-05-19T07:45:00+00:00`; a naive one is refused."""
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        raise ConfigError("a date-time needs a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)")
    return value.astimezone(UTC).isoformat(timespec="seconds")


# --- answers ---------------------------------------------------------------------------------

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NUMERAL = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


def numeral(value: object) -> str | None:
    """A number in plain digits, like `1000.50`; None where it is none that all can read."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    if isinstance(value, str):
        text = value.strip()
    else:
        exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
        # One of a million digits would be written out only to be refused.
        text = "" if abs(exact.adjusted()) > 30 else format(exact, "f")
    return text if _NUMERAL.fullmatch(text) else None


_ZERO_DATE = re.compile(rb'("[cmu]date"\s*:\s*)"0000-00-00[^"]{0,20}"')


class Answer:
    """The body of an answer: a resource under its name, and what comes along beside it."""

    def __init__(self, response: Response) -> None:
        try:
            self._parts = _members.decode(response.body)
        except msgspec.MsgspecError:
            parse(response.body)  # says what is wrong where it is no JSON at all
            raise DecodeError("expected an object") from None

    def one(self, name: str, reader: Reader[T]) -> T:
        """The resource of this name."""
        return _dated(self._part(name), reader.one)

    def many(self, name: str, reader: Reader[T], *, optional: bool = False) -> tuple[T, ...]:
        """The rows of this name; `optional` ones may be missing."""
        if optional and name not in self._parts:
            return ()
        part = self._part(name)
        # PHP's empty map and its empty list are one thing.
        return () if part in (b"{}", b"null") else _dated(part, reader.many)

    @property
    def total(self) -> int | None:
        """How many there are in all; text, number or missing, as the resource has it."""
        meta = parse(bytes(self._parts.get("meta", b"null")))
        text = str(meta.get("total")) if isinstance(meta, dict) else ""
        return int(text) if text.isdecimal() else None

    def _part(self, name: str) -> bytes:
        if name not in self._parts:
            raise DecodeError(f"expected an object with `{name}`", paths=[f"$.{name}: missing"])
        return bytes(self._parts[name])


def _dated(part: bytes, read: Callable[[bytes], T]) -> T:
    """What a reader makes of it, where dates may be 0000-00-00: those are none."""
    try:
        return read(part)
    except DecodeError:
        mended = _ZERO_DATE.sub(rb"\1null", part)
        if mended == part:
            raise
        return read(mended)


# --- errors ----------------------------------------------------------------------------------


def classify(call: Call[Any] | None, response: Response) -> StatusError | None:
    """The error an answer stands for, or None where it is a success."""
    status = response.status
    if 200 <= status < 300:
        return None
    envelope = _envelope(response.body)
    code, said = _said(envelope)
    text = "; ".join(islice(filter(None, said), _MOST_REASONS))
    if not text and envelope is None:
        text = _plain(response)
    kind, hint = _kind(call, status, envelope, code, text.casefold())
    error = kind(
        masked(_cut(text)) or "nothing said why",
        status=status,
        code=code,
        request_id=masked(response.headers.get("x-request-id", "")[:_LONGEST_CODE]),
        retry_after=_pause(kind, response),
        hint=hint,
    )
    if isinstance(error, Throttled) and status == 400:
        error.of_account = False  # imports have a limit of their own
    if isinstance(error, ImportRefused):
        error.failures = tuple(_failures(envelope))
    return error


def standing(response: Response) -> Standing | None:
    """What an answer says of the second it came in; many say nothing."""
    limit = header_int(response.headers, "ratelimit-limit")
    remaining = header_int(response.headers, "ratelimit-remaining")
    if limit is None or remaining is None:
        return None
    return Standing(limit=limit, remaining=remaining, reset=1.0)


def _kind(
    call: Call[Any] | None, status: int, envelope: Mapping[str, Any] | None, code: str, text: str
) -> tuple[type[StatusError], str]:
    """The class of an error, and what to do about it; `text` is what it says, in lower case."""
    path = call.request.path if call is not None else ""
    if 300 <= status < 400:
        return BadRequest, f"a redirect is not followed; {_CHECK_URL}"
    if status == 429 or (status == 400 and "rate limit exceeded" in text):
        return Throttled, ""
    if status == 503 and (call is None or call.write_class is WriteClass.IDEMPOTENT):
        # Bursts were answered so; but only what may be done twice is sent again.
        return Throttled, ""
    if code.casefold() == "duplicate" or "duplicate entry" in text or "slug must be unique" in text:
        return Conflict, "it exists already; look it up"
    if status >= 500:
        return ServerError, ""
    if "no result found" in text or (status == 400 and _is_missing(call, text)):
        return NotFound, ""
    if status == 404:
        # Somebody else's 404: nothing may count as gone because of it.
        return (BadRequest, _CHECK_URL) if envelope is None else (NotFound, "")
    if status == 401:
        return Unauthenticated, _CHECK_KEY
    if status == 403:
        if "could not create" in text:
            return BadRequest, "the contact or the automation does not exist, or takes no contact"
        return Forbidden, _PLAN if path.startswith("customObjects/") else _CHECK_KEY
    if envelope is not None and "failureReasons" in envelope:
        return ImportRefused, "nothing was queued; mend or leave out these contacts"
    return BadRequest, ""


def _is_missing(call: Call[Any] | None, text: str) -> bool:
    """Whether a 400 says that a record is not there: it is how records say so."""
    if call is None or call.request.method == "POST":
        return False
    about_records = call.request.path.startswith("customObjects/records/")
    silent = text in ("", _EMPTY)
    return about_records and (silent or "not found" in text or "does not exist" in text)


def _envelope(body: bytes) -> Mapping[str, Any] | None:
    """The object an error came in, None where it is none of ActiveCampaign's."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _said(envelope: Mapping[str, Any] | None) -> tuple[str, list[str]]:
    """The vendor's own code, and the texts of an error in any of its shapes."""
    if envelope is None:
        return "", []
    errors = envelope.get("errors")
    rows = errors if isinstance(errors, list) else [errors]
    codes = [str(r["code"]) for r in rows if isinstance(r, dict) and r.get("code")]
    texts = [str(envelope[name]) for name in ("message", "error") if envelope.get(name)]
    texts += [each for row in rows for each in _row(row)]
    texts += [_failure_text(each) for each in _failures(envelope)]
    return (codes[0][:_LONGEST_CODE] if codes else ""), texts


def _row(row: Any) -> Iterator[str]:
    """What one row of `errors` says: title, detail and what it points at."""
    if isinstance(row, str):
        yield row
    if not isinstance(row, dict):
        return
    said = [str(row[name]) for name in ("title", "detail") if row.get(name)]
    source = row.get("source")
    if isinstance(source, dict):
        where = source.get("pointer") or source.get("parameter") or source.get("value")
        said += [str(where)] if where else []
    yield ": ".join(dict.fromkeys(said)) or str(row.get("code") or row.get("error") or "")


def _failures(envelope: Mapping[str, Any] | None) -> Iterator[ImportFailure]:
    """Why an import was refused: for some contacts, or in plain words."""
    rows = (envelope or {}).get("failureReasons")
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            number = str(row.get("contact", ""))
            yield ImportFailure(
                contact=int(number) if number.isdecimal() else None,
                reason=masked(str(row.get("failureReason") or "")),
            )
        else:
            yield ImportFailure(contact=None, reason=masked(str(row)))


def _failure_text(failure: ImportFailure) -> str:
    about = "" if failure.contact is None else f"contact {failure.contact}: "
    return f"{about}{failure.reason}"


def _plain(response: Response) -> str:
    """What an answer says that is no JSON object: custom objects also refuse in plain text."""
    if not response.body:
        return _EMPTY
    kind = response.headers.get("content-type", "")
    body = response.body.lstrip()
    if "html" in kind or body.startswith((b"<", b"{", b"[")):
        return "an answer that is not ActiveCampaign's"
    return body.decode("utf-8", "replace").strip()


def _cut(text: str) -> str:
    """The begin of a long text. Its last word goes too: half an address could not be masked."""
    if len(text) <= _LONGEST_MESSAGE:
        return text
    return f"{text[:_LONGEST_MESSAGE].rpartition(' ')[0]} …"


_IMPORTS_AGAIN = 15.0
"""Seconds until an import is tried again that came too fast: four tries span its minute."""


def _pause(kind: type[StatusError], response: Response) -> float | None:
    asked = seconds_asked(response.headers.get("retry-after"), response.date)
    if kind is not Throttled:
        return asked if kind is ServerError else None
    if asked is not None:
        return asked
    return _IMPORTS_AGAIN if response.status == 400 else 1.0
