"""One store for everything, on SQLite by default."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from ..engine.schema import ENGINE, Schema
from ..errors import ConfigError, StoreError

T = TypeVar("T")

_VERSIONS = Table(
    "schema_version",
    MetaData(),
    Column("component", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
)


class SqlStore:
    """The sync store: what was seen, what was planned, how far each stream was read.

    Args:
        url: `sqlite:///sync.db` for a file, `sqlite://` for memory only (tests). A file must be on
            a local disk: SQLite's locks do not hold on network file systems.

    Raises:
        ConfigError: a URL that is none, or of a database this version does not support.
        StoreError: a file that cannot be opened, is read-only, or was written by a newer version.

    ```python
    from connectors import SqlStore

    store = SqlStore("sqlite:///sync.db")
    ```
    """

    def __init__(self, url: str = "sqlite:///connectors.db") -> None:
        parsed = _parse(url)
        self.path = parsed.database or ":memory:"
        memory = self.path == ":memory:"
        options: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
        self._engine: Engine = create_engine(
            parsed, connect_args={"check_same_thread": False, "timeout": 5.0}, **options
        )
        # SQLite has one writer; waiting here is fair, waiting in its busy handler is not.
        self._lock = threading.RLock()
        self._open: Connection | None = None
        _prepare(self._engine, memory)
        try:
            self.install(ENGINE)
        except BaseException:
            self.close()
            raise

    def install(self, schema: Schema) -> None:
        """Make a component's tables, or bring them to its version.

        Raises:
            StoreError: the store was written by a newer version.
        """
        self.transact(lambda db: self._install(db, schema))

    def _install(self, db: Connection, schema: Schema) -> None:
        _VERSIONS.create(db, checkfirst=True)
        where = _VERSIONS.c.component == schema.component
        found = db.execute(select(_VERSIONS.c.version).where(where)).scalar()
        if found is None:
            schema.metadata.create_all(db, checkfirst=True)
            row = {"component": schema.component, "version": schema.version}
            db.execute(insert(_VERSIONS).values(**row))
            return
        if found > schema.version:
            raise StoreError(
                f"the store {self.path} has {schema.component} tables of version {found}, and this "
                f"version of connectors knows {schema.version}: upgrade connectors, or use a new "
                "file"
            )
        for version in range(found + 1, schema.version + 1):
            schema.migrations[version](db)
        # Also when it is the same: a store that cannot be written is refused now, not in a run.
        db.execute(update(_VERSIONS).where(where).values(version=schema.version))

    def transact(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in one write transaction; all of it is kept, or nothing.

        A transaction inside a transaction is part of the outer one.

        Raises:
            StoreError: locked by another process for over 5 seconds, full, or read-only.
        """
        with self._translated(), self._lock:
            if self._open is not None:
                return fn(self._open)
            with self._engine.begin() as self._open:
                try:
                    return fn(self._open)
                finally:
                    self._open = None

    def tables(self) -> list[str]:
        """The names of the tables in the store."""
        return self.transact(lambda db: inspect(db).get_table_names())

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"SqlStore({self.path})"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"the store {self.path}: {_advice(str(error.orig))}") from None
        except SQLAlchemyError as error:
            raise StoreError(f"the store {self.path}: {type(error).__name__}") from None


def _parse(url: str) -> URL:
    """The parts of a URL we can open. A refused one is not repeated: it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError("store url: not a database URL; use sqlite:///sync.db") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(
            f"store url: {parsed.drivername!r} is not supported; use sqlite:///sync.db"
        )
    if parsed.host or parsed.username:
        raise ConfigError(
            "store url: two slashes name a host, which SQLite has not; a file has three as in "
            "sqlite:///sync.db, with its full path four as in sqlite:////var/lib/sync.db"
        )
    return parsed


def _prepare(engine: Engine, memory: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: Any) -> None:
        # The driver must not begin transactions by itself: a deferred one fails on upgrade.
        connection.isolation_level = None
        try:
            if not memory:
                _write_ahead(connection)
            connection.execute("pragma synchronous=full")
            connection.execute("pragma foreign_keys=on")
        except BaseException:
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("begin immediate")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch WAL on. Several processes that do so on a new file at once refuse each other."""
    for _ in range(20):
        try:
            connection.execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        # The pragma does not wait for its turn; this does.
        connection.execute("begin immediate")
        connection.execute("rollback")
    connection.execute("pragma journal_mode=wal")


def _advice(text: str) -> str:
    """SQLite's message with what to do; it holds no values of rows."""
    hints = {
        "unable to open": "the folder does not exist or may not be written",
        "readonly": "make the file and its folder writable",
        "is full": "free some disk space; nothing of this step was kept",
        "is locked": "another process holds it; try again",
        "not a database": "the file is something else; use another path",
    }
    hint = next((h for part, h in hints.items() if part in text), "")
    return f"{text} ({hint})" if hint else text
