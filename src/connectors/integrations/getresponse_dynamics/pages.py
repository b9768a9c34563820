"""How the store's rows are walked and named when changes are decided."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

from sqlalchemy import Connection

from ...domain.contacts import mask
from ...engine.job import Job, transact

PAGE = 500


class Page(Protocol):
    """Handles the rows after one key, and answers them; none when there are no more."""

    def __call__(self, db: Connection, after: str) -> list[Any]: ...


def by_page(page: Page) -> Job[None]:
    """Call `page(db, after)` in a transaction each, until it finds nothing more."""
    after = ""
    while True:
        rows = yield from transact(partial(page, after=after))
        if not rows:
            return
        after = rows[-1].id


def value(column: Any) -> Any:
    """A column to join by, and by nothing else.

    SQLite 3.40 carries a range on a page's key (`id > ?`) over to the joined table, and then searches
    that by the range instead of by equality: the square of the rows instead of the rows.
    """
    return column.concat("")


def subject(name: str | None, email: str | None, list_name: str) -> str:
    """Who, for people to read; the address masked."""
    address = mask(email) if email else ""
    who = f"{name} <{address}>" if name and address else name or address or "nobody"
    return f"{who} on {list_name}"
