"""What the nouns of one client share."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from ...core.call import Call, Headers, Page, Pages
from ...runtime.aio import AsyncPaged, AsyncSession
from ..batch import BatchResult, ChangeSet, batch, in_body
from ..capabilities import Capabilities

T = TypeVar("T")

_OF_EACH_PART = ("mscrm", "callerobjectid", "consistency")
"""How the headers begin that count in each part of a batch, not on the request around it."""


_CALLERS = ("mscrmcallerid", "callerobjectid")
"""Who is acted for; the last one said counts alone."""


@frozen
class AsyncLink:
    """A client's session with what its server can do.

    `known` remembers which bulk actions there are; copies of a client share it.
    """

    session: AsyncSession
    abilities: Capabilities
    known: MutableMapping[tuple[str, str], bool] = field(factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """The root of the API."""
        return self.session.port.base_url

    @property
    def headers(self) -> Headers:
        """The headers that each part of a batch repeats."""
        named = self.session.port.headers.items()
        return tuple((n, v) for n, v in named if n.lower().startswith(_OF_EACH_PART))

    def with_headers(self, headers: Mapping[str, str]) -> AsyncSession:
        """A session over the same connections and token that sends these headers too."""
        twin = copy.copy(self.session)
        kept = twin.port.headers
        if any(name.lower() in _CALLERS for name in headers):
            kept = {n: v for n, v in kept.items() if n.lower() not in _CALLERS}
        twin.port = evolve(twin.port, headers={**kept, **headers})
        return twin

    def batch(self, parts: Sequence[Call[Any] | ChangeSet]) -> Call[tuple[BatchResult, ...]]:
        """The parts as one request that this server takes."""
        for part in parts:
            if isinstance(part, ChangeSet) and part.refers_in_body:
                self.abilities.require(
                    "references_in_bodies", "a reference to an earlier call ($1) in a body"
                )
        return batch(
            parts,
            base_url=self.base_url,
            continue_on_error=self.abilities.continue_on_error,
            change_set_each=self.abilities.batch_change_set_each,
            headers=self.headers,
        )

    def fitted(self, call: Call[T]) -> Call[T]:
        """The call; a read whose URL would be too long goes in the body of a batch."""
        return in_body(call, self.base_url, headers=self.headers)

    async def send(self, call: Call[T]) -> T:
        """Perform a call."""
        return await self.session.send(self.fitted(call))

    def paged(self, pages: Pages[T], cursor: str | None = None) -> AsyncPaged[T]:
        """A list, each page a call."""

        def at(place: str | None) -> Call[Page[T]]:
            return self.fitted(pages.at(place))

        return AsyncPaged(self.session, Pages(at), cursor)
