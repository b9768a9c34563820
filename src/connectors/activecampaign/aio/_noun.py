"""What every noun of the client has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...core.call import Pages
from ...runtime.aio import AsyncPaged, AsyncSession

T = TypeVar("T")


class AsyncNoun:
    """Operations of one kind, over one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def _find(self, pages: Pages[T], fits: Callable[[T], bool]) -> T | None:
        async for item in AsyncPaged(self._session, pages):
            if fits(item):
                return item
        return None
