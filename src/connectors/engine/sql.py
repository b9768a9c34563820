"""The few SQL idioms every integration needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import insert

Row = Mapping[str, Any]


def upsert(db: Connection, table: Table, rows: Sequence[Row], *, keep: Iterable[str] = ()) -> None:
    """Insert rows, or update those whose primary key exists; those keep their columns in `keep`.

    All rows must have the same columns.
    """
    if not rows:
        return
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    skipped = {*keys, *keep}
    changed = {name: statement.excluded[name] for name in rows[0] if name not in skipped}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    db.execute(statement, list(rows))
