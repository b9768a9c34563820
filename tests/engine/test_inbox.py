"""The inbox keeps each message once, and hands messages out in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from connectors import SqlStore
from connectors.engine import inbox
from connectors.engine.inbox import Message

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINE = "main"


@pytest.fixture
def store() -> Iterator[SqlStore]:
    made = SqlStore("sqlite://")
    made.install(inbox.SCHEMA)
    yield made
    made.close()


def message(name: str, about: str = "e-1", minutes: int = 0, body: bytes = b"{}") -> Message:
    return Message(
        dedupe=name,
        object=about,
        kind="envelope-sent",
        occurred_at=NOW + timedelta(minutes=minutes),
        body=body,
    )


def put(store: SqlStore, *messages: Message, connection: str = MINE) -> list[bool]:
    return [
        store.transact(partial(inbox.put, connection=connection, message=one, now=NOW))
        for one in messages
    ]


def due(store: SqlStore, at: datetime = NOW, limit: int = 100) -> list[Message]:
    return store.transact(partial(inbox.due, connection=MINE, now=at, limit=limit))


def names(messages: list[Message]) -> list[str]:
    return [one.dedupe for one in messages]


def test_a_key_is_kept_once_also_after_its_message_is_done(store: SqlStore) -> None:
    assert put(store, message("a"), message("a")) == [True, False]
    (one,) = due(store)
    store.transact(partial(inbox.close, message=one, state="done", outcome="done"))

    assert put(store, message("a")) == [False]
    assert due(store) == []


def test_connections_of_one_store_do_not_share_keys(store: SqlStore) -> None:
    put(store, message("a"))

    assert put(store, message("a"), connection="other") == [True]
    assert names(due(store)) == ["a"]


def test_messages_come_in_the_order_in_which_they_happened(store: SqlStore) -> None:
    put(store, message("late", "e-1", 9), message("early", "e-2", 1), message("mid", "e-1", 5))

    assert names(due(store)) == ["early", "mid", "late"]
    assert names(due(store, limit=2)) == ["early", "mid"]


def test_what_waits_keeps_later_messages_about_the_same_object_waiting(store: SqlStore) -> None:
    put(store, message("first", "e-1", 1), message("second", "e-1", 2), message("other", "e-2", 3))
    first, *_ = due(store)
    until = NOW + timedelta(minutes=15)
    postponed = partial(inbox.postpone, message=first, until=until, outcome="wait", tried=True)
    store.transact(postponed)

    assert names(due(store)) == ["other"]
    again = due(store, until)
    assert names(again) == ["first", "second", "other"]
    assert [one.attempts for one in again] == [1, 0, 0]


def test_a_wait_that_is_no_attempt_is_not_counted(store: SqlStore) -> None:
    put(store, message("a"))
    (one,) = due(store)
    store.transact(partial(inbox.postpone, message=one, until=NOW, outcome="", tried=False))

    assert [found.attempts for found in due(store)] == [0]


def test_the_body_goes_when_a_message_is_through_and_stays_when_it_is_given_up(
    store: SqlStore,
) -> None:
    put(store, message("done", "e-1", 0, b"Ada"), message("dead", "e-2", 0, b"Bob"))
    for one in due(store):
        state = one.dedupe
        store.transact(partial(inbox.close, message=one, state=state, outcome=f"it is {state}"))

    ((kept, why),) = store.transact(partial(inbox.dead, connection=MINE))
    assert (kept.dedupe, kept.body, why) == ("dead", b"Bob", "it is dead")
    bodies = store.transact(lambda db: db.execute(inbox.INBOX.select()).fetchall())
    assert sorted(row.body or b"" for row in bodies) == [b"", b"Bob"]


def test_what_was_given_up_can_be_taken_up_again(store: SqlStore) -> None:
    put(store, message("a"), message("b", "e-2"))
    for one in due(store):
        store.transact(partial(inbox.close, message=one, state="dead", outcome="no"))
    first = store.transact(partial(inbox.dead, connection=MINE))[0][0]

    assert store.transact(partial(inbox.retry, connection=MINE, ids=[first.id])) == 1
    assert names(due(store)) == ["a"]
    assert store.transact(partial(inbox.retry, connection=MINE, ids=None)) == 1
    assert names(due(store)) == ["a", "b"]


def test_outcomes_count_what_was_worked_off_and_what_was_not_kept(store: SqlStore) -> None:
    put(store, message("a"), message("b", "e-2"), message("c", "e-3"))
    for one, outcome in zip(due(store), ("done", "done", "ignored: x"), strict=False):
        store.transact(partial(inbox.close, message=one, state="done", outcome=outcome))
    for _ in range(3):
        store.transact(partial(inbox.count, connection=MINE, outcome="refused: unsigned"))

    found = store.transact(partial(inbox.outcomes, connection=MINE))
    assert found == {"done": 2, "ignored: x": 1, "refused: unsigned": 3}
    assert store.transact(partial(inbox.waiting, connection=MINE)) == 0


def test_keys_are_forgotten_when_nobody_repeats_them_any_more(store: SqlStore) -> None:
    put(store, message("through"), message("open", "e-2"))
    first, _ = due(store)
    store.transact(partial(inbox.close, message=first, state="done", outcome="done"))

    def later(days: int) -> datetime:
        return NOW + timedelta(days=days)

    store.transact(partial(inbox.forget, connection=MINE, now=later(59)))
    assert put(store, message("through")) == [False]
    store.transact(partial(inbox.forget, connection=MINE, now=later(61)))
    assert put(store, message("through"), message("open", "e-2")) == [True, False]
