"""Piecing a life together from news that comes late, twice, or in any order.

What is kept here only ever grows, by a maximum or a minimum. So joining is commutative and
idempotent, and the order of the news cannot matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve, field, frozen


@frozen(kw_only=True)
class Life:
    """How the statuses of one kind of thing stand to each other.

    Attributes:
        initial: where it stands before anything is known.
        ranks: status → how far it is; a status never moves to a lower rank by itself. One that is
            not listed lasts until anything newer is seen.
        terminal: statuses that are never left.
    """

    initial: str
    ranks: Mapping[str, int]
    terminal: frozenset[str]


@frozen
class History:
    """When each status was seen first and last, and when everything began anew.

    A resend or a correction begins anew: what was seen before it no longer says where the thing
    stands, unless that was an end.
    """

    seen: Mapping[str, tuple[datetime, datetime]] = field(factory=dict)
    anew: datetime | None = None

    def saw(self, status: str, at: datetime) -> History:
        """This history, and that it stood so at that moment."""
        first, last = self.seen.get(status, (at, at))
        return evolve(self, seen={**self.seen, status: (min(first, at), max(last, at))})

    def began_anew(self, at: datetime | None) -> History:
        """This history, and that everything began anew at that moment."""
        if at is None or (self.anew is not None and at <= self.anew):
            return self
        return evolve(self, anew=at)

    def status(self, life: Life) -> str:
        """Where it stands."""
        ends = [status for status in self.seen if status in life.terminal]
        if ends:
            return min(ends, key=lambda status: (self.seen[status][0], status))
        valid = {
            status: last
            for status, (_, last) in self.seen.items()
            if self.anew is None or last >= self.anew
        }
        ranked = {status: last for status, last in valid.items() if status in life.ranks}
        unranked = valid.keys() - ranked.keys()
        newest = max(unranked, key=lambda status: (valid[status], status), default=None)
        if newest is not None and all(valid[newest] > last for last in ranked.values()):
            return newest
        return max(ranked, key=lambda status: (life.ranks[status], status), default=life.initial)


@frozen
class Facts:
    """The newest value of each name, and when it was true."""

    values: Mapping[str, tuple[datetime, str]] = field(factory=dict, repr=False)

    def learned(self, news: Mapping[str, str | None], at: datetime) -> Facts:
        """These facts and the news; what says nothing of a name leaves it as it is."""
        merged = dict(self.values)
        for name, value in news.items():
            # Of two that are equally new the greater text stays, whichever came first.
            if value is not None and (name not in merged or (at, value) > merged[name]):
                merged[name] = (at, value)
        return Facts(merged)

    def get(self, name: str) -> str | None:
        """The value, or None where nothing is known."""
        known = self.values.get(name)
        return known[1] if known else None
