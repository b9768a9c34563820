"""What a handler is given and gives back, and the table that finds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ..kernel import Request
from .store import Book
from .wire import Json, NotSimulated, Query, bad_request


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the ids of its path."""

    request: Request
    params: tuple[str, ...] = ()

    @property
    def query(self) -> Query:
        return Query(self.request.query)

    def json(self) -> dict[str, Json]:
        """The body, which must be a JSON object and say that it is JSON."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise bad_request("The body must be application/json")
        try:
            found = json.loads(self.request.body)
        except ValueError:
            raise bad_request("The body is not JSON") from None
        if not isinstance(found, dict):
            raise bad_request("The body must be an object")
        return found

    def wrapped(
        self, name: str, keys: Collection[str], *, dropped: Collection[str] = ()
    ) -> dict[str, Json]:
        """The object under the resource's name, and nothing beside it.

        Args:
            keys: what it may hold.
            dropped: what the service leaves out without a word.
        """
        return unwrapped(self.json(), name, keys, dropped=dropped)


def unwrapped(
    body: dict[str, Json], name: str, keys: Collection[str], *, dropped: Collection[str] = ()
) -> dict[str, Json]:
    for key in body:
        if key != name:
            raise bad_request(f"Unexpected key {key}; the body is wrapped in {name}")
    inner = body.get(name)
    if not isinstance(inner, dict):
        raise bad_request(f"{name} must be provided")
    return known(inner, name, keys, dropped=dropped)


def known(
    inner: dict[str, Json], name: str, keys: Collection[str], *, dropped: Collection[str] = ()
) -> dict[str, Json]:
    for key in inner:
        if key not in keys and key not in dropped:
            raise NotSimulated(f"the key {name}.{key}")
    return {key: value for key, value in inner.items() if key in keys}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is written out; a payload of None is an empty body."""

    status: int = 200
    payload: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Book, Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `{}` in the path stands for an id."""

    method: str
    path: str
    operation: str
    handler: Handler
    query: bool = False
    """Whether its handler reads parameters; where not, any parameter is refused."""


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
