"""The store keeps a step whole or not at all, and says what to do when it cannot keep it."""

import sqlite3
import sqlite3.dbapi2
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, text

from connectors.engine import cursors
from connectors.engine.schema import ENGINE, Schema
from connectors.errors import ConfigError, StoreError
from connectors.stores import SqlStore

METADATA = MetaData()
TALLY = Table(
    "tally",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
)
FIRST = Schema("tally", 1, METADATA)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sync.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqlStore]:
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        yield store


@pytest.fixture(params=["file", "memory"])
def any_store(request: pytest.FixtureRequest, file: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{file}" if request.param == "file" else "sqlite://"
    with closing(SqlStore(url)) as store:
        yield store


def read(store: SqlStore) -> dict[str, str]:
    return store.transact(lambda db: cursors.read(db, "c"))


def put(store: SqlStore, value: str, stream: str = "s") -> None:
    store.transact(lambda db: cursors.write(db, "c", {stream: value}))


def pragma(store: SqlStore, name: str) -> object:
    def work(db: Connection) -> object:
        result = db.exec_driver_sql(f"pragma {name}")
        return result.scalar() if result.returns_rows else None

    return store.transact(work)


# --- where it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("sync.db", "not a database URL; use sqlite:///sync.db"),
        ("", "not a database URL"),
        ("postgresql//me:s3cret@host/db", "not a database URL"),
        ("sqlite://me:s3cret@host:port/db", "not a database URL"),
        ("postgresql://me:s3cret@host/db", "'postgresql' is not supported; use sqlite:///sync.db"),
        ("sqlite+aiosqlite:///sync.db", "'sqlite.aiosqlite' is not supported"),
        ("sqlite://sync.db", "two slashes name a host, which SQLite has not; a file has three"),
        ("sqlite://me:s3cret@/sync.db", "two slashes name a host"),
    ],
)
def test_urls_that_cannot_work_are_refused_and_show_no_password(url: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        SqlStore(url)

    assert "s3cret" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "sync.db"

    with pytest.raises(StoreError) as caught:
        SqlStore(f"sqlite:///{path}")

    assert str(caught.value) == (
        f"the store {path}: unable to open database file "
        "(the folder does not exist or may not be written)"
    )
    assert not path.parent.exists()


def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(file: Path) -> None:
    file.write_text("name,email\n" * 200)

    with pytest.raises(StoreError, match="the file is something else; use another path"):
        SqlStore(f"sqlite:///{file}")

    assert file.read_text() == "name,email\n" * 200


def test_a_store_says_where_it_is_and_what_it_holds(store: SqlStore, file: Path) -> None:
    assert repr(store) == f"SqlStore({file})"
    assert {"cursor", "plan", "change", "dead_letter", "schema_version"} <= set(store.tables())


def test_memory_is_empty_each_time() -> None:
    with closing(SqlStore("sqlite://")) as one, closing(SqlStore("sqlite:///:memory:")) as other:
        put(one, "1")

        assert repr(one) == repr(other) == "SqlStore(:memory:)"
        assert read(other) == {}


def test_a_file_keeps_what_was_written(file: Path) -> None:
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        put(store, "1")
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        assert read(store) == {"s": "1"}


# --- transactions ----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("bug"), StoreError("told"), KeyboardInterrupt()])
def test_a_function_that_fails_leaves_nothing_behind(
    any_store: SqlStore, error: BaseException
) -> None:
    put(any_store, "1")

    def work(db: Connection) -> None:
        cursors.write(db, "c", {"s": "2", "t": "2"})
        raise error

    with pytest.raises(type(error)) as caught:
        any_store.transact(work)

    assert caught.value is error
    assert read(any_store) == {"s": "1"}


def test_a_broken_rule_of_the_tables_is_a_store_error_that_holds_no_values(
    any_store: SqlStore,
) -> None:
    def work(db: Connection) -> None:
        cursors.write(db, "c", {"s": "2"})
        db.execute(text("insert into cursor values ('c', 's', 'anna@example.org')"))

    with pytest.raises(StoreError, match="UNIQUE constraint failed") as caught:
        any_store.transact(work)

    assert "anna" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert read(any_store) == {}


def test_a_transaction_inside_a_transaction_is_part_of_it(any_store: SqlStore) -> None:
    def work(db: Connection) -> None:
        put(any_store, "inner")
        assert cursors.read(db, "c") == {"s": "inner"}
        raise ValueError

    with pytest.raises(ValueError):
        any_store.transact(work)

    assert read(any_store) == {}


def test_reading_after_a_rollback_sees_the_last_commit(any_store: SqlStore) -> None:
    put(any_store, "1")
    with pytest.raises(StoreError):
        any_store.transact(lambda db: db.execute(text("select 1 from nowhere")) and None)
    put(any_store, "3")

    assert read(any_store) == {"s": "3"}


def test_a_file_is_kept_safe_and_read_while_it_is_written(store: SqlStore) -> None:
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2  # full: a commit outlives a power cut
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "busy_timeout") == 5000


def test_somebody_else_reads_the_last_commit_during_a_transaction(
    store: SqlStore, file: Path
) -> None:
    put(store, "1")

    def work(db: Connection) -> list[tuple[str]]:
        cursors.write(db, "c", {"s": "2"})
        with closing(sqlite3.connect(file, timeout=0)) as other:
            return other.execute("select value from cursor").fetchall()

    assert store.transact(work) == [("1",)]


def test_a_transaction_holds_the_write_lock_before_its_first_read(
    store: SqlStore, file: Path
) -> None:
    """One that took it later could be refused in the middle, whatever the timeout."""

    def work(db: Connection) -> None:
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:
            other.execute("begin immediate")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.transact(work)


def test_two_stores_on_one_file_take_turns(store: SqlStore, file: Path) -> None:
    store.install(FIRST)
    store.transact(lambda db: db.execute(TALLY.insert().values(id=1, n=0)) and None)
    start = threading.Barrier(2)

    def count(_: int) -> None:
        def work(db: Connection) -> None:
            n = int(db.execute(TALLY.select()).one().n)
            db.execute(TALLY.update().values(n=n + 1))

        with closing(SqlStore(f"sqlite:///{file}")) as mine:
            start.wait()
            for _ in range(50):
                mine.transact(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count, range(2)))

    assert store.transact(lambda db: db.execute(TALLY.select()).one().n) == 100


def test_threads_share_one_store(any_store: SqlStore) -> None:
    any_store.install(FIRST)
    any_store.transact(lambda db: db.execute(TALLY.insert().values(id=1, n=0)) and None)

    def work(db: Connection) -> None:
        n = int(db.execute(TALLY.select()).one().n)
        db.execute(TALLY.update().values(n=n + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: any_store.transact(work), range(200)))

    assert any_store.transact(lambda db: db.execute(TALLY.select()).one().n) == 200


def test_several_may_create_one_file_at_once(tmp_path: Path) -> None:
    start = threading.Barrier(6)

    def create(path: Path) -> set[str]:
        start.wait()
        with closing(SqlStore(f"sqlite:///{path}")) as store:
            return set(store.tables())

    with ThreadPoolExecutor(6) as pool:
        for number in range(5):
            tables = list(pool.map(create, [tmp_path / f"{number}.db"] * 6))
            assert all("cursor" in found for found in tables)


class Contended(sqlite3.Connection):
    """A new file that others are switching to WAL at the same moment."""

    refusals = 2
    said: ClassVar[list[str]] = []

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.said.append(sql)
        if sql == "pragma journal_mode=wal" and self.said.count(sql) <= self.refusals:
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *values)


contended = partial(sqlite3.connect, factory=Contended)


def test_a_new_file_that_others_are_switching_to_wal_is_waited_for(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Contended, "said", [])
    monkeypatch.setattr(sqlite3.dbapi2, "connect", contended)

    with closing(SqlStore(f"sqlite:///{file}")) as store:
        assert pragma(store, "journal_mode") == "wal"

    turn = ["pragma journal_mode=wal", "begin immediate", "rollback"]
    assert Contended.said[:7] == [*turn, *turn, "pragma journal_mode=wal"]


def test_a_file_that_never_becomes_free_is_given_up(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Contended, "said", [])
    monkeypatch.setattr(Contended, "refusals", 1000)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", contended)

    with pytest.raises(StoreError, match="another process holds it; try again"):
        SqlStore(f"sqlite:///{file}")


# --- what goes wrong on a machine ------------------------------------------------------------


def test_a_store_that_is_locked_for_too_long_says_so_and_works_again_after_it(
    store: SqlStore, file: Path
) -> None:
    put(store, "1")
    pragma(store, "busy_timeout=1")  # milliseconds
    calls: list[Connection] = []
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreError) as caught:
            store.transact(calls.append)
        other.execute("rollback")

    assert str(caught.value) == (
        f"the store {file}: database is locked (another process holds it; try again)"
    )
    assert calls == []
    put(store, "2")
    assert read(store) == {"s": "2"}


def test_a_file_that_is_only_readable_is_refused_when_it_is_opened(
    store: SqlStore, file: Path
) -> None:
    put(store, "1")

    with pytest.raises(StoreError) as caught:
        SqlStore(f"sqlite:///file:{file.as_posix()}?mode=ro&uri=true")

    assert str(caught.value).endswith(
        "attempt to write a readonly database (make the file and its folder writable)"
    )
    assert read(store) == {"s": "1"}


def test_a_store_that_becomes_read_only_keeps_what_it_has(store: SqlStore, file: Path) -> None:
    put(store, "1")
    pragma(store, "query_only=1")

    with pytest.raises(StoreError, match="make the file and its folder writable"):
        put(store, "2")

    with closing(SqlStore(f"sqlite:///{file}")) as other:
        assert read(other) == {"s": "1"}


def test_a_full_disk_loses_the_step_and_nothing_else(any_store: SqlStore) -> None:
    put(any_store, "1")
    pages = pragma(any_store, "page_count")
    pragma(any_store, f"max_page_count={pages}")

    def work(db: Connection) -> None:
        cursors.write(db, "c", {"s": "2"})
        cursors.write(db, "c", {"big": "x" * 100_000})

    with pytest.raises(StoreError) as caught:
        any_store.transact(work)

    assert str(caught.value).endswith(
        "database or disk is full (free some disk space; nothing of this step was kept)"
    )
    assert read(any_store) == {"s": "1"}
    pragma(any_store, "max_page_count=1073741823")
    any_store.transact(work)
    assert set(read(any_store)) == {"s", "big"}


def test_advice_is_given_on_the_problem_not_on_the_name_of_a_column(store: SqlStore) -> None:
    with pytest.raises(StoreError) as caught:
        store.transact(lambda db: db.execute(text("select fullname, locked from plan")))

    assert str(caught.value).endswith("no such column: fullname")


# --- versions of the tables ------------------------------------------------------------------


def second(db: Connection) -> None:
    db.execute(text("alter table tally add column note text not null default ''"))


def third(db: Connection) -> None:
    db.execute(text("update tally set n = n * 2"))


NEWER = MetaData()
Table("tally", NEWER, Column("id", Integer, primary_key=True), Column("n", Integer))
THIRD = Schema("tally", 3, NEWER, {2: second, 3: third})


def version(store: SqlStore) -> int:
    query = text("select version from schema_version where component = 'tally'")
    return int(store.transact(lambda db: db.execute(query).scalar_one()))


def test_an_older_store_is_brought_up_step_by_step_and_keeps_its_rows(any_store: SqlStore) -> None:
    any_store.install(FIRST)
    any_store.transact(lambda db: db.execute(TALLY.insert().values(id=1, n=21)) and None)

    any_store.install(THIRD)
    any_store.install(THIRD)  # once is enough

    rows = any_store.transact(lambda db: db.execute(text("select n, note from tally")).all())
    assert [tuple(row) for row in rows] == [(42, "")]
    assert version(any_store) == 3


def test_a_migration_that_fails_leaves_the_store_as_it_was(any_store: SqlStore) -> None:
    any_store.install(FIRST)
    any_store.transact(lambda db: db.execute(TALLY.insert().values(id=1, n=21)) and None)

    def broken(db: Connection) -> None:
        third(db)
        db.execute(text("alter table nowhere add column x"))

    with pytest.raises(StoreError, match="no such table: nowhere"):
        any_store.install(Schema("tally", 3, NEWER, {2: second, 3: broken}))

    rows = any_store.transact(lambda db: db.execute(text("select * from tally")).all())
    assert [tuple(row) for row in rows] == [(1, 21)]
    assert version(any_store) == 1
    any_store.install(THIRD)
    assert version(any_store) == 3


def test_tables_of_a_newer_version_are_refused(any_store: SqlStore) -> None:
    any_store.install(THIRD)

    with pytest.raises(StoreError) as caught:
        any_store.install(FIRST)

    assert str(caught.value) == (
        f"the store {any_store.path} has tally tables of version 3, and this version of connectors "
        "knows 1: upgrade connectors, or use a new file"
    )
    assert version(any_store) == 3


def test_a_file_of_a_newer_version_is_refused_when_it_is_opened(file: Path) -> None:
    url = f"sqlite:///{file}"
    with closing(SqlStore(url)) as store:
        newer = ENGINE.version + 1
        change = text(f"update schema_version set version = {newer} where component = 'engine'")
        store.transact(lambda db: db.execute(change) and None)

    with pytest.raises(StoreError, match=f"engine tables of version {newer}"):
        SqlStore(url)

    file.unlink()  # nothing holds it open


def test_components_have_versions_of_their_own(any_store: SqlStore) -> None:
    any_store.install(THIRD)
    any_store.install(Schema("other", 1, MetaData()))

    rows = any_store.transact(
        lambda db: db.execute(text("select * from schema_version order by component")).all()
    )
    assert [tuple(row) for row in rows] == [
        ("engine", ENGINE.version),
        ("other", 1),
        ("tally", 3),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="a file with an open connection stays there")
def test_a_closed_store_leaves_one_file(file: Path) -> None:
    store = SqlStore(f"sqlite:///{file}")
    put(store, "1")
    store.close()

    assert [path.name for path in file.parent.iterdir()] == ["sync.db"]
