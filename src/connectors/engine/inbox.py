"""What services send by themselves, kept until it is worked off.

A message is kept once under its dedupe key, and its key longer than its sender can repeat it. Messages
about one object are worked off in the order in which they happened; one that must wait keeps those
behind it waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from .schema import Schema

METADATA = MetaData()

INBOX = Table(
    "inbox",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("connection", String(64), nullable=False),
    Column("dedupe", String(64), nullable=False),
    Column("object", String(128), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("occurred_at", String(32), nullable=False),
    Column("received_at", String(32), nullable=False),
    Column("body", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", String(32), nullable=False, default=""),
    Column("outcome", String, nullable=False, default=""),
    Index("inbox_dedupe", "connection", "dedupe", unique=True),
    Index("inbox_due", "connection", "state", "occurred_at", "id"),
    Index("inbox_object", "connection", "object", "state"),
)
"""`state`: new (to be worked off, also again), done, ignored, dead (given up; somebody must look).
`body` goes when a message is done: it holds names and addresses."""

COUNT = Table(
    "inbox_count",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("outcome", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
)
"""What came in and was not kept, by the reason: a number, and nothing of the message."""

SCHEMA = Schema("inbox", 1, METADATA)

# Once per message: putting a statement together costs more than running it.
_PUT = insert(INBOX).on_conflict_do_nothing()
_CLOSE = (
    update(INBOX)
    .where(INBOX.c.id == bindparam("message"), INBOX.c.state == "new")
    .values(state=bindparam("to"), outcome=bindparam("said"))
)
_CLOSE_EMPTY = _CLOSE.values(body=None)

KEPT = timedelta(days=60)
"""How long keys are kept. A sender may repeat for weeks, and people republish by hand."""


@frozen(kw_only=True)
class Message:
    """One message as it is kept."""

    id: int = 0
    dedupe: str
    object: str
    kind: str
    occurred_at: datetime
    body: bytes
    attempts: int = 0


def put(db: Connection, connection: str, message: Message, now: datetime) -> bool:
    """Keep a message; False where its key is known."""
    row = {
        "connection": connection,
        "dedupe": message.dedupe,
        "object": message.object,
        "kind": message.kind,
        "occurred_at": _text(message.occurred_at),
        "received_at": _text(now),
        "body": message.body,
        "state": "new",
        "attempts": 0,
        "not_before": "",
        "outcome": "",
    }
    return db.execute(_PUT, row).rowcount > 0


def count(db: Connection, connection: str, outcome: str) -> None:
    """Count a message that was not kept."""
    statement = insert(COUNT).values(connection=connection, outcome=outcome, count=1)
    more = {"count": COUNT.c.count + 1}
    keys = ["connection", "outcome"]
    db.execute(statement.on_conflict_do_update(index_elements=keys, set_=more))


def due(db: Connection, connection: str, now: datetime, limit: int) -> list[Message]:
    """The next messages in the order in which they happened.

    Not those whose time has not come, nor what happened to the same object after one of these.
    """
    earlier = INBOX.alias("earlier")
    blocked = (
        select(earlier.c.id)
        .where(
            earlier.c.connection == INBOX.c.connection,
            earlier.c.object == INBOX.c.object,
            earlier.c.state == "new",
            earlier.c.not_before > _text(now),
            (earlier.c.occurred_at < INBOX.c.occurred_at)
            | ((earlier.c.occurred_at == INBOX.c.occurred_at) & (earlier.c.id <= INBOX.c.id)),
        )
        .exists()
    )
    query = (
        select(INBOX)
        .where(INBOX.c.connection == connection, INBOX.c.state == "new", ~blocked)
        .order_by(INBOX.c.occurred_at, INBOX.c.id)
        .limit(limit)
    )
    return [_message(row) for row in db.execute(query)]


def close(db: Connection, message: Message, state: str, outcome: str) -> None:
    """`done` and `ignored` messages lose their body; `dead` ones keep it for `retry`."""
    values = {"message": message.id, "to": state, "said": outcome}
    db.execute(_CLOSE if state == "dead" else _CLOSE_EMPTY, values)


def postpone(
    db: Connection, message: Message, until: datetime, outcome: str, *, tried: bool
) -> None:
    """Work a message off later, because of `outcome`; `tried`: whether that counts as an attempt."""
    db.execute(
        update(INBOX)
        .where(INBOX.c.id == message.id)
        .values(attempts=INBOX.c.attempts + tried, not_before=_text(until), outcome=outcome)
    )


def retry(db: Connection, connection: str, ids: Sequence[int] | None) -> int:
    """Take up dead messages again, all of them or these; how many there were."""
    chosen = [] if ids is None else [INBOX.c.id.in_(ids)]
    where = (INBOX.c.connection == connection, INBOX.c.state == "dead", *chosen)
    values = {"state": "new", "attempts": 0, "not_before": ""}
    return db.execute(update(INBOX).where(*where).values(**values)).rowcount


def waiting(db: Connection, connection: str) -> int:
    """Messages still to be worked off."""
    where = (INBOX.c.connection == connection, INBOX.c.state == "new")
    return int(db.execute(select(func.count()).select_from(INBOX).where(*where)).scalar() or 0)


def dead(db: Connection, connection: str) -> list[tuple[Message, str]]:
    """Messages that were given up, with the reason."""
    where = (INBOX.c.connection == connection, INBOX.c.state == "dead")
    rows = db.execute(select(INBOX).where(*where).order_by(INBOX.c.id))
    return [(_message(row), str(row.outcome)) for row in rows]


def outcomes(db: Connection, connection: str) -> dict[str, int]:
    """How the messages ended, and why others were not kept: outcome → count."""
    ended = (
        select(INBOX.c.outcome, func.count())
        .where(INBOX.c.connection == connection, INBOX.c.state != "new")
        .group_by(INBOX.c.outcome)
    )
    counted = select(COUNT.c.outcome, COUNT.c.count).where(COUNT.c.connection == connection)
    found = {outcome: int(n) for outcome, n in db.execute(ended)}
    for outcome, n in db.execute(counted):
        found[outcome] = found.get(outcome, 0) + int(n)
    if left := waiting(db, connection):
        found["waiting"] = left
    return found


def forget(db: Connection, connection: str, now: datetime) -> None:
    """Drop the keys of messages that are through and so old that nobody repeats them."""
    old = INBOX.c.received_at < _text(now - KEPT)
    through = INBOX.c.state.in_(("done", "ignored"))
    db.execute(delete(INBOX).where(INBOX.c.connection == connection, through, old))


def _message(r: Row[Any]) -> Message:
    return Message(
        id=r.id,
        dedupe=r.dedupe,
        object=r.object,
        kind=r.kind,
        occurred_at=datetime.fromisoformat(r.occurred_at),
        body=r.body or b"",
        attempts=r.attempts,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
