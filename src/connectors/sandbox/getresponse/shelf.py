"""The contacts of a list in memory, and how one page of them is found quickly."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .wire import Order, Span


@dataclass(slots=True, frozen=True)
class Link:
    """A tracked link of a message."""

    id: str
    url: str
    name: str


@dataclass(slots=True, frozen=True)
class Event:
    """A message was sent to a contact, opened, or a link in it clicked."""

    activity: str
    at: int
    contact: Contact
    subject: str
    resource_id: str | None = None
    resource_type: str = "newsletters"
    link: Link | None = None
    human: bool = True
    """Not opened or clicked by a machine."""


@dataclass(slots=True, eq=False)
class Contact:
    """One address in one list. Times are whole seconds."""

    id: str
    seq: int
    email: str
    name: str | None
    campaign: str
    origin: str
    created: int
    changed: int | None = None
    note: str | None = None
    day_of_cycle: str | None = None
    scoring: float | None = None
    engagement: int | None = None
    ip: str = ""
    time_zone: str = ""
    undelivered: bool = False
    tags: dict[str, int] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=dict)
    activities: list[Event] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Where:
    """Which contacts a list call asks for."""

    email: str | None = None
    name: str | None = None
    origin: str | None = None
    exact: bool = False
    spans: tuple[tuple[str, Span], ...] = ()

    def takes(self, contact: Contact) -> bool:
        """Whether the contact fits all but the spans."""
        return (
            (self.email is None or _like(self.email, contact.email, self.exact))
            and (self.name is None or _like(self.name, contact.name or "", self.exact))
            and (self.origin is None or self.origin == contact.origin)
        )


def _like(wanted: str, value: str, exact: bool) -> bool:
    if exact:
        return wanted.lower() == value.lower()
    return wanted.lower() in value.lower()


Key = Callable[[Contact], Any]
KEYS: dict[str, Key] = {
    "email": lambda c: c.key,
    "name": lambda c: (c.name or "").lower(),
    "createdOn": lambda c: c.created,
    "changedOn": lambda c: -1 if c.changed is None else c.changed,
    "campaignId": lambda c: c.campaign,
}


def in_order(rows: Iterable[Contact], order: Order) -> list[Contact]:
    """Sorted by several fields; equal ones by age."""
    out = sorted(rows, key=lambda c: (c.created, c.seq))
    for name, descending in reversed(order):
        out.sort(key=KEYS[name], reverse=descending)
    return out


def in_spans(contact: Contact, spans: Iterable[tuple[str, Span]]) -> bool:
    """Whether the contact lies in all the spans; a null date lies in none."""
    for name, (first, last) in spans:
        at = KEYS[name](contact)
        if at < max(0, first or 0) or (last is not None and at > last):
            return False
    return True


class Shelf:
    """The active contacts of one list, or of all, with sorted views made when first wanted.

    A view is kept up to date by bisection, so a page of a walk costs the page and not the shelf.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Contact] = {}
        self._views: dict[str, list[tuple[Any, int]]] = {}
        self._found: OrderedDict[tuple[Where, Order], list[Contact]] = OrderedDict()

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, contact: Contact) -> None:
        self.rows[contact.seq] = contact
        for name, view in self._views.items():
            insort(view, (KEYS[name](contact), contact.seq))
        self._found.clear()

    def remove(self, contact: Contact) -> None:
        for name, view in self._views.items():
            del view[bisect_left(view, (KEYS[name](contact), contact.seq))]
        del self.rows[contact.seq]
        self._found.clear()

    def find(self, where: Where, order: Order, start: int, stop: int) -> tuple[int, list[Contact]]:
        """How many fit, and those from `start` to `stop`."""
        order = order or (("createdOn", False),)
        name, descending = order[0]
        plain = where.email is where.name is where.origin is None and len(order) == 1
        if plain and all(field_ == name for field_, _ in where.spans):
            view, low, high = self._slice(name, where.spans)
            total = max(0, high - low)
            if descending:
                seqs = view[max(low, high - stop) : max(low, high - start)][::-1]
            else:
                seqs = view[min(high, low + start) : min(high, low + stop)]
            return total, [self.rows[seq] for _, seq in seqs]
        found = self._found.get((where, order))
        if found is None:
            found = self._found[where, order] = self._search(where, order)
            if len(self._found) > 16:
                self._found.popitem(last=False)
        return len(found), found[start:stop]

    def _search(self, where: Where, order: Order) -> list[Contact]:
        rows: Iterable[Contact] = self.rows.values()
        for i, (name, span) in enumerate(where.spans):
            view, low, high = self._slice(name, ((name, span),))
            if i == 0:
                rows = [self.rows[seq] for _, seq in view[low:high]]
            else:
                seqs = {seq for _, seq in view[low:high]}
                rows = [c for c in rows if c.seq in seqs]
        return in_order(filter(where.takes, rows), order)

    def _slice(
        self, name: str, spans: Sequence[tuple[str, Span]]
    ) -> tuple[list[tuple[Any, int]], int, int]:
        view = self._views.get(name)
        if view is None:
            key = KEYS[name]
            view = self._views[name] = sorted((key(c), c.seq) for c in self.rows.values())
        low, high = 0, len(view)
        for _, (first, last) in spans:
            # Never-changed contacts are filed under -1, and no span holds them.
            low = max(low, bisect_left(view, (max(0, first or 0),)))
            if last is not None:
                high = min(high, bisect_left(view, (last + 1,)))
        return view, low, high
