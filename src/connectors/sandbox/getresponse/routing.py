"""What a handler is given and gives back, and the table that finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..kernel import Request
from .store import Book
from .wire import Allowed, Json, Listing, read_body, read_listing


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the ids of its path."""

    request: Request
    params: tuple[str, ...] = ()

    def body(self) -> dict[str, Json]:
        return read_body(self.request)

    def listing(self, book: Book, allowed: Allowed) -> Listing:
        return read_listing(
            self.request.query,
            allowed,
            strict=book.strict_parameters,
            strict_dates=book.strict_dates,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is written out; a payload of None is an empty body."""

    status: int = 200
    payload: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Book, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `{}` in the path stands for an id."""

    method: str
    path: str
    operation: str
    handler: Handler
    writes: bool = False


class Table:
    """Finds the route of a path."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            parts = route.path.split("/")
            self._routes.setdefault((route.method, len(parts)), []).append((parts, route))
        for found in self._routes.values():
            found.sort(key=lambda each: each[0].count("{}"))

    def find(self, method: str, parts: list[str]) -> tuple[Route, tuple[str, ...]] | None:
        """The route that fits; a fixed word comes before an id."""
        for pattern, route in self._routes.get((method, len(parts)), ()):
            if all(p in ("{}", part) and part for p, part in zip(pattern, parts, strict=True)):
                ids = (x for p, x in zip(pattern, parts, strict=True) if p == "{}")
                return route, tuple(ids)
        return None


def in_span(stamp: int | None, listing: Listing, name: str) -> bool:
    """Whether a moment lies in the span the query asks for; none lies in no span."""
    if name not in listing.spans:
        return True
    first, last = listing.spans[name]
    return stamp is not None and stamp >= (first or 0) and (last is None or stamp <= last)


Row = TypeVar("Row")


def sort(rows: list[Row], listing: Listing, keys: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
    """The rows as `sort[…]` wants them; None comes first."""
    for name, descending in reversed(listing.order):
        key = keys[name]
        rows.sort(key=lambda row: ((found := key(row)) is not None, found), reverse=descending)
    return rows


def page_of(rows: list[dict[str, Json]], listing: Listing, key: str) -> Reply:
    """One page of rows that are all at hand, with the counters in the headers."""
    part = [listing.cut(row, key) for row in rows[listing.start : listing.stop]]
    return Reply(200, part, listing.counters(len(rows)))
