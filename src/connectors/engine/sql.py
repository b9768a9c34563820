"""The few SQL idioms every integration needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.sqlite import Insert, insert

Row = Mapping[str, Any]


def upsert(db: Connection, table: Table, rows: Sequence[Row], *, keep: Iterable[str] = ()) -> None:
    """Insert rows, or update those whose primary key exists; those keep their columns in `keep`.

    All rows must have the same columns.
    """
    if not rows:
        return
    db.execute(_upsert(table, tuple(rows[0]), frozenset(keep)), list(rows))


# Putting a statement together costs more than running it.
@lru_cache(maxsize=256)
def _upsert(table: Table, columns: tuple[str, ...], keep: frozenset[str]) -> Insert:
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in columns if name not in keep.union(keys)}
    if changed:
        return statement.on_conflict_do_update(index_elements=keys, set_=changed)
    return statement.on_conflict_do_nothing(index_elements=keys)
