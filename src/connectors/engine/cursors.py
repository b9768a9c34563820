"""How far each stream was read."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from .schema import CURSOR


def read(db: Connection, connection: str) -> dict[str, str]:
    """All cursors of a connection, stream → value."""
    rows = db.execute(
        select(CURSOR.c.stream, CURSOR.c.value).where(CURSOR.c.connection == connection)
    )
    return {stream: value for stream, value in rows}


def write(db: Connection, connection: str, moved: Mapping[str, str | None]) -> None:
    """Move some cursors; None forgets one, so that its stream is read from the start."""
    for stream, value in moved.items():
        where = (CURSOR.c.connection == connection) & (CURSOR.c.stream == stream)
        db.execute(delete(CURSOR).where(where))
        if value is not None:
            db.execute(insert(CURSOR).values(connection=connection, stream=stream, value=value))
