"""What a handler is given, the table that finds it, and pages of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..kernel import Request
from .records import Account, User
from .wire import Json, NotSimulated, Reply, bad, known, read_json, whole

if TYPE_CHECKING:
    from .doors import Doors


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its account, its caller and the ids of its path."""

    box: Doors
    request: Request
    account: Account
    user: User
    ids: tuple[str, ...] = ()

    @property
    def admin(self) -> bool:
        return self.account.members[self.user.id]

    def query(self, *names: str) -> dict[str, str]:
        """The query, each parameter once; one that is not known is not simulated."""
        out: dict[str, str] = {}
        for key, value in self.request.query:
            if key not in names:
                raise NotSimulated(f"query parameter {key}")
            if key in out:
                raise bad(f"parameter: {key} is given twice")
            out[key] = value
        return out

    def body(self, names: Iterable[str], where: str) -> dict[str, Json]:
        """The body as an object; an empty one has no keys."""
        found = read_json(self.request)
        return {} if found is None else known(found, names, where)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint below the account; `{}` in the path stands for an id."""

    method: str
    path: str
    operation: str
    handler: Handler = field(repr=False)


class Table:
    """Finds the route of a path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}
        for route in routes:
            parts = route.path.split("/") if route.path else []
            self._routes.setdefault((route.method, len(parts)), []).append((parts, route))
        for found in self._routes.values():
            found.sort(key=lambda each: each[0].count("{}"))

    def find(self, method: str, parts: Sequence[str]) -> tuple[Route, tuple[str, ...]] | None:
        """The route that fits; a fixed word comes before an id."""
        for pattern, route in self._routes.get((method, len(parts)), ()):
            if all(p in ("{}", part) and part for p, part in zip(pattern, parts, strict=True)):
                ids = (x for p, x in zip(pattern, parts, strict=True) if p == "{}")
                return route, tuple(ids)
        return None

    def methods(self, parts: Sequence[str]) -> list[str]:
        """The methods that a path takes."""
        every = ("GET", "POST", "PUT", "DELETE")
        return [method for method in every if self.find(method, parts) is not None]


def page(
    call: Call,
    name: str,
    found: Sequence[Json],
    query: dict[str, str],
    *,
    most: int,
    path: str,
) -> dict[str, Json]:
    """One page of rows under `name`, and where it stands; `found` makes a row when it is called.

    Args:
        most: rows that come at once, however many are asked for.
    """
    count = whole(query.get("count", most), "count", 1, 10**9)
    start = whole(query.get("start_position", 0), "start_position", 0, 10**9)
    count = min(count, most)
    part = found[start : start + count]
    total = len(found)
    kept = "&".join(
        f"{pair}"
        for pair in call.request.raw_query.split("&")
        if pair and pair.partition("=")[0] not in ("count", "start_position")
    )
    rest = f"&{kept}" if kept else ""

    def link(at: int) -> str:
        return f"/{path}?start_position={at}&count={count}{rest}"

    return {
        name: [make() for make in part],
        "resultSetSize": str(len(part)),
        "totalSetSize": str(total),
        "startPosition": str(start),
        # Without rows there is no last one either; the vendor does not say what stands there.
        "endPosition": str(max(0, start + len(part) - 1)),
        "nextUri": link(start + count) if start + count < total else call.box.no_uri,
        "previousUri": link(max(0, start - count)) if start else call.box.no_uri,
    }
