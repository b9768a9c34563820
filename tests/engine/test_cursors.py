"""Cursors belong to a connection and a stream; upserts keep what they are told to keep."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest

from connectors.engine import cursors
from connectors.engine.schema import CURSOR, DEAD_LETTER
from connectors.engine.sql import upsert
from connectors.stores import SqlStore


@pytest.fixture
def store() -> Iterator[SqlStore]:
    with closing(SqlStore("sqlite://")) as store:
        yield store


def write(store: SqlStore, connection: str, moved: dict[str, str | None]) -> None:
    store.transact(lambda db: cursors.write(db, connection, moved))


def read(store: SqlStore, connection: str) -> dict[str, str]:
    return store.transact(lambda db: cursors.read(db, connection))


def test_a_stream_that_was_never_read_has_no_cursor(store: SqlStore) -> None:
    assert read(store, "one") == {}


def test_a_cursor_moves_and_others_stay(store: SqlStore) -> None:
    write(store, "one", {"a": "1", "b": "1"})
    write(store, "one", {"a": "2"})

    assert read(store, "one") == {"a": "2", "b": "1"}


def test_connections_do_not_see_each_other(store: SqlStore) -> None:
    write(store, "one", {"a": "1"})
    write(store, "two", {"a": "2"})
    write(store, "one", {"a": None})

    assert read(store, "one") == {}
    assert read(store, "two") == {"a": "2"}


def test_none_forgets_a_cursor_also_one_that_is_not_there(store: SqlStore) -> None:
    write(store, "one", {"a": "1", "b": "1"})
    write(store, "one", {"a": None, "c": None})

    assert read(store, "one") == {"b": "1"}


def test_an_empty_cursor_and_a_long_one_are_cursors(store: SqlStore) -> None:
    link = "https://contoso.example/api?$deltatoken=" + "x" * 5000
    write(store, "one", {"a": "", "b": link})

    assert read(store, "one") == {"a": "", "b": link}


# --- upsert ----------------------------------------------------------------------------------


def letter(ref: str, reason: str, at: str) -> dict[str, str]:
    row = {"connection": "one", "kind": "contact", "ref": ref, "reason": reason}
    return {**row, "first_at": at, "last_at": at}


def letters(store: SqlStore) -> list[tuple[str, ...]]:
    query = DEAD_LETTER.select().order_by(DEAD_LETTER.c.ref)
    rows = store.transact(lambda db: db.execute(query).all())
    return [(row.ref, row.reason, row.first_at, row.last_at) for row in rows]


def test_upsert_inserts_what_is_new_and_updates_what_is_there(store: SqlStore) -> None:
    store.transact(
        lambda db: upsert(db, DEAD_LETTER, [letter("a", "x", "1"), letter("b", "x", "1")])
    )
    store.transact(
        lambda db: upsert(db, DEAD_LETTER, [letter("b", "y", "2"), letter("c", "y", "2")])
    )

    assert letters(store) == [("a", "x", "1", "1"), ("b", "y", "2", "2"), ("c", "y", "2", "2")]


def test_upsert_leaves_the_columns_it_is_told_to_keep(store: SqlStore) -> None:
    for at in "12":
        kept = partial(upsert, table=DEAD_LETTER, rows=[letter("a", at, at)], keep=["first_at"])
        store.transact(kept)

    assert letters(store) == [("a", "2", "1", "2")]


def test_of_two_rows_with_one_key_the_last_stays(store: SqlStore) -> None:
    store.transact(
        lambda db: upsert(db, DEAD_LETTER, [letter("a", "x", "1"), letter("a", "y", "2")])
    )

    assert letters(store) == [("a", "y", "2", "2")]


def test_upsert_with_nothing_to_change_leaves_the_row(store: SqlStore) -> None:
    write(store, "one", {"a": "1"})
    rows = [{"connection": "one", "stream": "a", "value": "2"}]
    store.transact(lambda db: upsert(db, CURSOR, rows, keep=["value"]))

    assert read(store, "one") == {"a": "1"}


def test_upsert_of_no_rows_does_nothing(store: SqlStore) -> None:
    store.transact(lambda db: upsert(db, CURSOR, []))

    assert read(store, "one") == {}


def test_a_block_larger_than_the_variables_of_one_statement_passes(store: SqlStore) -> None:
    rows = [letter(f"{n:06}", "x", "1") for n in range(7000)]
    store.transact(lambda db: upsert(db, DEAD_LETTER, rows))

    assert len(letters(store)) == 7000
