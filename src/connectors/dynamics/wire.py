"""Dynamics' wire: OData queries and literals, JSON of rows, the error envelope and its codes.

Source: Microsoft Learn, "Compose HTTP requests and handle errors", "Page results", "Service
protection API limits", "Web service error codes".
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from ..core.call import Call, Response
from ..core.policy import Standing, Window
from ..core.wire import first, header_int, masked, seconds_asked
from ..errors import (
    BadRequest,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    Gone,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)
from .literals import RowId as RowId
from .literals import guid as guid
from .literals import moment as moment
from .literals import quote_literal as quote_literal

WINDOWS = (Window(6000, 300.0),)
"""Service protection per user and web server, online only; a `$batch` counts as one."""

IN_FLIGHT = 52
"""Calls that one user may have under way at a time, online."""

IN_FLIGHT_UNPROTECTED = 8
"""The same where the server does not limit them: it would only become slow for everybody."""

_Kind = type[StatusError] | None

_EXISTS = "a row with this id or key exists already"
# Who acts is the application user, a user with a password, or whom `acting_as` names.
_GRANT = (
    "give the user a security role that has the privilege; with acting_as both users need it, and "
    "the first also prvActOnBehalfOfAnotherUser"
)
_DISABLED = "the user, or the one that acting_as names, is disabled; enable it"
_OTHER_OWNER = "this row belongs to somebody else: the role needs organisation-wide depth"
_NAME = "check the table, column and navigation names; they are case-sensitive"
_EXPIRED = "the delta link is too old; read everything again"
_SMALLER = "the database gave up; send fewer rows at once"
_DEFINED = "it is defined already; compare and go on"
_SOLUTION = "another import or publish is running; wait for its end"

# None: the status decides. Names in the comments are the platform's own.
_CODES: Mapping[str, tuple[_Kind, str]] = {
    "0x80040237": (Conflict, _EXISTS),  # DuplicateRecord
    "0x80060892": (Conflict, _EXISTS),  # DuplicateRecordEntityKey
    "0x80040333": (Conflict, "a duplicate detection rule found a similar row"),
    "0x8006089d": (Conflict, "several rows have this key; clean them up"),
    "0x80060882": (Conflict, "it changed since it was read; read it again"),
    "0x80060883": (Conflict, "send the row's etag"),  # ConcurrencyVersionNotProvided
    "0x8006088d": (BadRequest, "this table has no optimistic concurrency; send no etag"),
    "0x80040217": (NotFound, "no row has this id"),  # ObjectDoesNotExist
    "0x80060891": (NotFound, "no row has this key"),  # RecordNotFoundByEntityKey
    "0x80060890": (BadRequest, "the alternate key does not exist or is not active yet"),
    "0x80040220": (Forbidden, _GRANT),  # PrivilegeDenied
    "0x80040231": (Forbidden, "the owner of the row lacks the privilege, not the caller"),
    "0x80048306": (Forbidden, _OTHER_OWNER),
    "0x80040299": (Forbidden, _GRANT),
    "0x80048405": (Forbidden, _GRANT),
    "0x80040277": (Forbidden, _GRANT),
    "0x80040256": (Forbidden, _GRANT),
    "0x80042f09": (
        Forbidden,
        "the user, or the one of acting_as, has no security role; give it one",
    ),
    "0x80040225": (Forbidden, _DISABLED),
    "0x8004a112": (Forbidden, _DISABLED),
    "0x80072560": (
        Forbidden,
        "create an application user for the client id in this environment; with acting_as, check "
        "the id of the user",
    ),
    "0x80040203": (None, "a value is not one that this operation takes"),  # InvalidArgument
    "0x80040216": (None, "in UpsertMultiple: send each row by its primary key only"),
    "0x80040224": (None, "a plug-in of the environment failed; ask its administrator"),
    "0x80040265": (None, "a plug-in of the environment refused it; ask its administrator"),
    "0x80048d19": (None, "the payload names a property that the table does not have; case counts"),
    "0x8006088a": (BadRequest, _NAME),  # CrmHttpError: no such segment
    "0x80060888": (
        None,
        "check the environment URL and the API version; in a filter a GUID stands without quotes: "
        "compare with guid(…) of dynamics.filters",
    ),
    "0x0": (None, _NAME),
    "0x80041103": (None, "the FetchXML names a column that the table does not have"),
    "0x80041102": (None, "the FetchXML names a table that does not exist"),
    "0x80041129": (None, "the order of the FetchXML changed between pages; start again"),
    "0x8004112a": (None, "the page of the FetchXML does not fit its cookie; start again"),
    "0x8004e023": (None, "an aggregate takes at most 50,000 rows; narrow the query"),
    "0x80044352": (Gone, _EXPIRED),
    "0x80072491": (None, "switch change tracking on for this table"),
    "0x80072492": (None, "switch change tracking on for the related table"),
    "0x8004f511": (Conflict, "the client id has an application user in this environment already"),
    "0x80040227": (None, "other rows refer to it; remove those first"),
    "0x80048408": (None, "this status does not go with this state; send both"),
    "0x80040239": (None, "dates begin at 1753-01-01"),
    "0x80044331": (None, "a text is longer than its column"),
    "0x8004431a": (None, "the choice has no option of this value"),
    "0x80040302": (None, "the marketing list is locked; unlock it first"),
    "0x8004f701": (None, "a dynamic list has no members to change; change its query"),
    "0x8004f702": (None, "a static list has no query"),
    "0x8004f703": (None, "a dynamic list cannot be locked"),
    "0x8004f704": (None, "a static list cannot be copied to a static one"),
    "0x80048458": (None, "it is not a member of this list"),
    "0x80040301": (None, "the list holds another kind of member"),
    "0x80040306": (None, "the two kinds of rows do not go together"),
    "0x80045304": (None, "an inactive row cannot be merged"),
    "0x80045305": (None, "a row cannot be merged with itself"),
    "0x80045301": (Forbidden, "merging needs the merge privilege and write access to both"),
    "0x80045300": (None, "one row is the parent of the other"),
    "0x80072322": (Throttled, ""),  # ThrottlingBurstRequestLimitExceeded
    "0x80072321": (Throttled, "too much server time used: send fewer or cheaper calls"),
    "0x80072326": (Throttled, "too many calls at the same time"),
    "0x8005f103": (Throttled, ""),
    "0x80044150": (None, _SMALLER),
    "0x80044151": (None, _SMALLER),
    # Refused before anything was done, so any call may be sent again: SolutionConcurrencyFailure.
    "0x80071151": (Throttled, _SOLUTION),
    "0x80071155": (Conflict, _SOLUTION),
    "0x80071152": (Conflict, "an import job has this id already; choose another"),
    # Definitions of tables and what belongs to them.
    "0x8004700b": (Conflict, _DEFINED),
    "0x80044363": (Conflict, _DEFINED),
    "0x80047011": (Conflict, "another table has this display name"),
    "0x80047012": (Conflict, "another table has this display name"),
    "0x80047013": (Conflict, _DEFINED),
    "0x80060304": (Conflict, _DEFINED),
    "0x80044345": (Conflict, _DEFINED),
    "0x8004432b": (Conflict, _DEFINED),
    "0x80060893": (Conflict, _DEFINED),
    "0x80060894": (Conflict, "another alternate key has the same columns"),
    "0x80060897": (None, "only a key whose index failed can be activated again"),
    "0x8006088f": (None, "this cannot be done to an alternate key now"),
    "0x8004f002": (None, "a solution's unique name has letters, digits and _ alone"),
    "0x8004f023": (Conflict, "a solution has this unique name already"),
    "0x80048402": (None, "the prefix of option values is 10000 to 99999"),
    "0x8004431b": (None, "the true option of a yes/no column has the value 1"),
    "0x8004431c": (None, "the false option of a yes/no column has the value 0"),
    "0x80047007": (None, "a table takes one parental relationship"),
    "0x80047008": (None, "this component cannot be customised"),
    "0x8004f016": (None, "a managed component of another publisher cannot be changed"),
}

_SIGN_IN = (
    "check environment URL, client id, secret and the clock; on premises, AD FS tokens of an "
    "application are not accepted as a rule: use PasswordCredentials"
)
_WINDOWS = (
    "this server takes Windows sign-in alone (Negotiate or NTLM) and no OAuth token: switch claims "
    "on (IFD), or hand in a transport that signs in"
)
_AD_FS_PAGE = f"AD FS showed its sign-in page, so it did not take the token; {_SIGN_IN}"

_BY_STATUS: Mapping[int, tuple[type[StatusError], str]] = {
    401: (Unauthenticated, _SIGN_IN),
    403: (Forbidden, ""),
    404: (NotFound, ""),
    409: (Conflict, ""),
    410: (Gone, _EXPIRED),
    412: (Conflict, "it changed since it was read, or it exists already"),
    413: (BadRequest, "too large; send fewer rows at once"),
    414: (BadRequest, "the query is too long for this server"),
    429: (Throttled, ""),
    # Not a ServerError: it would be repeated, and never succeed.
    501: (BadRequest, "this server does not have it"),
}


def query(pairs: Iterable[tuple[str, object]]) -> str:
    """Encode query options; those that are None are left out."""
    return "&".join(
        f"{name}={quote(str(value), safe=_PLAIN)}" for name, value in pairs if value is not None
    )


_PLAIN = ",()'$@"


def entity_id(response: Response) -> RowId:
    """The id of the row that was just created."""
    found = response.headers.get("odata-entityid", "").rpartition("(")[2].removesuffix(")")
    try:
        return guid(found)
    except ConfigError:
        raise DecodeError("the answer does not name the new row in OData-EntityId") from None


def row(values: Mapping[str, object]) -> dict[str, object]:
    """Column values as JSON takes them: date-times in UTC and whole seconds, at any depth.

    Raises:
        ConfigError: a naive date-time, or a number that is none (it would be written as null).
    """
    plain = {name: _plain(value) for name, value in values.items() if type(value) is not str}
    return {**values, **plain} if plain else dict(values)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return moment(value)
        case float() | Decimal() if not math.isfinite(value):
            raise ConfigError(f"{value} is no number that Dynamics takes")
        case Mapping():
            return row(value)
        case list() | tuple():
            return [_plain(item) for item in value]
    return value


def dumps(value: object) -> bytes:
    """Compact JSON, UTF-8; decimals as numbers, which is how OData writes money.

    Raises:
        ConfigError: a value that no JSON can say.
    """
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError) as error:
        # Names the type, never the value.
        raise ConfigError(f"a value cannot be sent: {str(error)[:100]}") from None


_encoder = msgspec.json.Encoder(decimal_format="number")


def classify(_: Call[Any] | None, response: Response) -> StatusError | None:
    """The error an answer stands for, or None where it is a success."""
    if response.status == 204:
        return None
    kind = response.headers.get("content-type", "").lower()
    # A batch carries the status of its first failure; its parts are read one by one.
    if kind.startswith("multipart/mixed"):
        return None
    if 200 <= response.status < 300:
        if not _is_html(kind, response.body):
            return None
        # AD FS shows its sign-in page with status 200 to a token that it does not accept.
        return Unauthenticated(
            "answered with a web page instead of data",
            status=response.status,
            hint=_AD_FS_PAGE if b"adfs" in response.body[:20_000].lower() else _SIGN_IN,
        )
    if response.status == 304:
        return BadRequest("answered that nothing changed, without being asked", status=304)
    if 300 <= response.status < 400:
        if "/adfs/" in response.headers.get("location", "").lower():
            return Unauthenticated(
                "answered with a redirect to AD FS", status=response.status, hint=_AD_FS_PAGE
            )
        return BadRequest(
            "answered with a redirect",
            status=response.status,
            hint="a redirect is not followed, check the environment URL",
        )
    envelope = error_envelope(response)
    code = _code(envelope.get("code"))
    by_code, hint = _CODES.get(code, (None, ""))
    fallback = (ServerError if response.status >= 500 else BadRequest, "")
    by_status, general = _BY_STATUS.get(response.status, fallback)
    schemes = response.headers.get("www-authenticate", "").lower()
    if response.status == 401 and re.search(r"\b(negotiate|ntlm)\b", schemes):
        general = _WINDOWS
    return (by_code or by_status)(
        _message(envelope, response),
        status=response.status,
        code=code,
        request_id=request_id(response),
        retry_after=seconds_asked(response.headers.get("retry-after"), response.date),
        hint=hint or general,
    )


_TRACE = ("req_id", "x-ms-service-request-id", "x-ms-request-id", "traceparent")


def request_id(response: Response) -> str:
    """What support asks for; empty where there is none."""
    return first([response.headers.get(name) for name in _TRACE])


def standing(response: Response) -> Standing | None:
    """How many calls at a time the environment recommends; online, with `WhoAmI`."""
    hint = header_int(response.headers, "x-ms-dop-hint")
    return Standing(in_flight=hint) if hint else None


def error_envelope(response: Response) -> Mapping[str, Any]:
    """What an answer in Dynamics' own words says; empty for anybody else's 404 or web page."""
    try:
        value = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error", value)
    return inner if isinstance(inner, dict) else {"message": str(inner)}


def absent(response: Response) -> bool:
    """Whether a 404 says that the row is not there, rather than that the URL is wrong."""
    envelope = error_envelope(response)
    if "code" not in envelope or _code(envelope["code"]) in _WRONG_URL:
        return False
    # Older servers give neither a code; these words are of a library that speaks English alone.
    return not (
        envelope["code"] in ("", None) and _WRONG_SEGMENT.search(response.body[:_LONGEST_MESSAGE])
    )


_WRONG_URL = ("0x8006088a", "0x80060888")
_WRONG_SEGMENT = re.compile(rb"ODataUnrecognizedPath|Resource not found for the segment")


def _code(value: object) -> str:
    """`0x80040217`, however it was written: some layers send it as a signed number."""
    text = str(value or "").strip().lower()
    if re.fullmatch(r"-?\d+", text):
        return f"0x{int(text) & 0xFFFFFFFF:x}"
    return text


def _message(envelope: Mapping[str, Any], response: Response) -> str:
    # `innererror` is left out: it holds a stack trace.
    text = envelope.get("message") or envelope.get("Message")
    if not text:
        return "an answer that is not Dynamics'" if response.body else "an empty answer"
    # Cut before it is masked, since a plug-in may send megabytes; behind a blank, since half an
    # address would not be known for one.
    start = str(text)[:_LONGEST_MESSAGE]
    if len(start) == _LONGEST_MESSAGE:
        start = start.rpartition(" ")[0] or start[:50]
    return masked(start)[:500]


_LONGEST_MESSAGE = 2000


def _is_html(content_type: str, body: bytes) -> bool:
    if not body:
        return False
    start = body[:100].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return content_type.startswith("text/html") or start.startswith((b"<!doctype", b"<html"))


def code_of(response: Response) -> str:
    """The code of a refusal, in hexadecimal; empty where there is none."""
    return _code(error_envelope(response).get("code"))
