"""One store for everything, on SQLite by default."""

from __future__ import annotations

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
from sqlalchemy.engine import make_url
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
        url: `sqlite:///sync.db` for a file, `sqlite://` for memory only (tests). A file must be on a
            local disk: SQLite's locks do not hold on network file systems.

    Raises:
        ConfigError: a URL that is none, or of a database this version does not support.
        StoreError: a file that cannot be opened, is read-only, or was written by a newer version.

    ```python
    from connectors import SqlStore

    store = SqlStore("sqlite:///sync.db")
    ```
    """

    def __init__(self, url: str = "sqlite:///connectors.db") -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigError(f"store url {url!r} is none; sqlite:///sync.db would be") from None
        if parsed.get_backend_name() != "sqlite":
            raise ConfigError(
                f"store url: {parsed.get_backend_name()!r} is not supported; use sqlite:///sync.db"
            )
        self.path = parsed.database or ":memory:"
        memory = self.path == ":memory:"
        options: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
        self._engine: Engine = create_engine(
            parsed, connect_args={"check_same_thread": False, "timeout": 5.0}, **options
        )
        # SQLite has one writer; waiting here is fair, waiting in its busy handler is not.
        self._lock = threading.RLock()
        _prepare(self._engine, memory)
        self.install(ENGINE)

    def install(self, schema: Schema) -> None:
        """Make a component's tables, or bring them to its version.

        Raises:
            StoreError: the store was written by a newer version.
        """
        with self._translated(), self._lock, self._engine.begin() as db:
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
                    f"version of connectors knows {schema.version}: upgrade connectors, or use a new file"
                )
            for version in range(found + 1, schema.version + 1):
                schema.migrations[version](db)
            if found < schema.version:
                db.execute(update(_VERSIONS).where(where).values(version=schema.version))

    def transact(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in one write transaction; all of it is kept, or nothing.

        Raises:
            StoreError: locked by another process for over 5 seconds, full, or read-only.
        """
        with self._translated(), self._lock, self._engine.begin() as db:
            return fn(db)

    def tables(self) -> list[str]:
        """The names of the tables in the store."""
        return inspect(self._engine).get_table_names()

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


def _prepare(engine: Engine, memory: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: Any) -> None:
        # The driver must not begin transactions by itself: a deferred one fails on upgrade.
        connection.isolation_level = None
        cursor = connection.cursor()
        if not memory:
            cursor.execute("pragma journal_mode=wal")
        cursor.execute("pragma synchronous=full")
        cursor.execute("pragma foreign_keys=on")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("begin immediate")


def _advice(text: str) -> str:
    """SQLite's message with what to do; it holds no values of rows."""
    hints = {
        "unable to open": "the folder does not exist or may not be written",
        "readonly": "make the file and its folder writable",
        "full": "free some disk space; nothing of this step was kept",
        "locked": "another process holds it; try again",
        "not a database": "the file is something else; use another path",
    }
    hint = next((h for part, h in hints.items() if part in text), "")
    return f"{text} ({hint})" if hint else text
