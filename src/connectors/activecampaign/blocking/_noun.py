# Generated from its twin in aio by scripts/blocking.py; edit that.
"""What every noun of the client has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ...core.call import Pages
from ...runtime.blocking import Paged, Session

T = TypeVar("T")


class Noun:
    """Operations of one kind, over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _find(self, pages: Pages[T], fits: Callable[[T], bool]) -> T | None:
        for item in Paged(self._session, pages):
            if fits(item):
                return item
        return None
