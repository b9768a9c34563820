"""The engine's own tables. A component states its tables and version; the store makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen
from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, MetaData, String, Table


@frozen
class Schema:
    """One component's tables.

    Args:
        component: its name in the store's `schema_version` table.
        version: of the tables as `metadata` has them.
        migrations: version → what brings a store from the version before to it.
    """

    component: str
    version: int
    metadata: MetaData = field(repr=False)
    migrations: Mapping[int, Callable[[Connection], None]] = field(factory=dict, repr=False)


METADATA = MetaData()

CURSOR = Table(
    "cursor",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("stream", String(128), primary_key=True),
    Column("value", String, nullable=False),
)
"""How far each stream was read: a delta link, a watermark. Only ever moved by staged pages."""

PLAN = Table(
    "plan",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("connection", String(64), nullable=False),
    Column("job", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("digest", String(64), nullable=False, default=""),
    Column("settings", String(64), nullable=False),
    Column("cursors", String, nullable=False, default="{}"),
    Column("notes", String, nullable=False, default="[]"),
)

CHANGE = Table(
    "change",
    METADATA,
    Column("plan_id", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("verb", String(16), nullable=False),
    Column("side", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("scope", String(64), nullable=False),
    Column("reason", String, nullable=False),
    Column("state", String(8), nullable=False, default="open"),
    Column("body", LargeBinary, nullable=False),
    Index("change_open", "plan_id", "state", "kind", "side", "seq"),
)

DEAD_LETTER = Table(
    "dead_letter",
    METADATA,
    Column("connection", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("ref", String(128), primary_key=True),
    Column("fp", String(128)),
    Column("reason", String, nullable=False),
    Column("first_at", String(32), nullable=False),
    Column("last_at", String(32), nullable=False),
)
"""Records that somebody must mend before they can be synchronised. `fp`: of the content that was
refused; other content is tried again."""

ENGINE = Schema("engine", 1, METADATA)
