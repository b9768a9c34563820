"""What a call is: a frozen value that can be sent, printed, batched or replayed.

Never imports `runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from functools import lru_cache
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from .upload import Upload
from .wire import masked

T = TypeVar("T")

Headers = tuple[tuple[str, str], ...]

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What a JSON text says."""

_SECRET_HEADERS = {
    *("authorization", "proxy-authorization", "cookie", "set-cookie"),
    *("x-auth-token", "x-api-key", "api-key", "api-token", "x-docusign-edit"),
}


def _shown(headers: Headers) -> str:
    hidden = [(k, "<hidden>" if k.lower() in _SECRET_HEADERS else v) for k, v in headers]
    return repr(tuple(hidden))


def _shown_path(path: str) -> str:
    return repr("/".join(masked(unquote(part)) for part in path.split("/")))


def _shown_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return repr("&".join(f"{unquote(n)}{sign}{masked(unquote(v))}" for n, sign, v in pairs))


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, by plain HTTP: nobody on the way could read a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")


class WriteClass(Enum):
    """How an operation may be repeated when its answer was lost."""

    IDEMPOTENT = "A"
    """Reads, and writes by key: repeat."""
    NATURAL_KEY = "B"
    """Repeat, read "exists" as success, then look the id up."""
    MARKED = "C"
    """Search by our marker first; only then repeat."""
    UNSAFE = "D"
    """Never repeated by itself."""


@frozen(kw_only=True)
class Request:
    """One HTTP request. `path` is relative to the service's root, or an absolute URL.

    `query` is encoded already: each vendor has its own rules. Printed, both are plain text, without
    e-mail addresses.
    """

    method: str
    path: str = field(repr=_shown_path)
    query: str = field(default="", repr=_shown_query)
    headers: Headers = field(default=(), repr=_shown)
    body: bytes = field(default=b"", repr=False)
    upload: Upload | None = None
    """A body that is too large to hold, instead of `body`."""

    def url(self, base: str) -> str:
        """The absolute URL below `base`; `base` itself for an empty path."""
        if not self.path:
            url = base
        else:
            url = self.path if "://" in self.path else f"{base}/{self.path.lstrip('/')}"
        if not self.query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{self.query}"


@frozen(kw_only=True)
class Response:
    """One HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    stream: object = field(default=None, repr=False, eq=False)
    """The body as it comes in, where that was asked for; `body` is empty then."""

    @property
    def date(self) -> datetime | None:
        """The server's own clock, UTC, from its `Date` header."""
        return _http_date(self.headers.get("date", ""))


# One answer's date is asked for several times, and parsing it costs more than the call's own work.
@lru_cache(maxsize=16)
def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


@frozen(kw_only=True)
class Call(Generic[T]):
    """One operation of one service: what to send, how to read the answer, how it may be repeated.

    Printing one is a dry run; `client.send(call)` performs it.
    """

    service: str
    operation: str
    request: Request
    decode: Callable[[Response], T] = field(repr=False)
    write_class: WriteClass = WriteClass.IDEMPOTENT
    safe_statuses: frozenset[int] = field(factory=frozenset[int], repr=False)
    """Refusals that are answers here (a 404 on DELETE, a 304): handed to `decode`."""
    asks_about: str = field(default="", repr=False)
    """The one thing whose state it asks for, where its service wants that asked seldom."""
    check: Callable[[Response], None] | None = field(default=None, repr=False)
    """Refuses an answer by its head, where its body is read piece by piece and never decoded."""
    authorized: bool = True
    """False for a link that carries its own permission, such as a download: it may lead to any
    https host, and gets neither the credential nor the client's headers."""


@frozen(kw_only=True)
class Page(Generic[T]):
    """A page of a list. `cursor` is where the next one starts, None on the last."""

    items: tuple[T, ...] = field(repr=lambda items: f"<{len(items)}>")
    cursor: str | None = None
    total: int | None = None
    delta: str | None = None
    """Where to ask for what changes from here on; only on the last page of a tracked read."""
    removed: tuple[str, ...] = field(default=(), repr=lambda ids: f"<{len(ids)}>")
    """Ids that a delta read reports as deleted."""
    date: datetime | None = None
    """The server's clock when it answered."""


@frozen
class Pages(Generic[T]):
    """A list as a function from cursor to call; `at(None)` reads the first page."""

    at: Callable[[str | None], Call[Page[T]]]


@frozen(kw_only=True)
class Reply(Generic[T]):
    """A value with the answer it came in."""

    value: T
    status: int
    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)
    attempts: int = 1
    date: datetime | None = None
