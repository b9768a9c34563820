"""Rows, row versions and what makes large tables quick: key order, version log, indexes, undo."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ..kernel import Clock
from .errors import Refused, no_row, no_segment
from .schema import Schema

Row = dict[str, Any]


class KeyOrder:
    """Keys in ascending order; additions are sorted in when somebody reads."""

    def __init__(self) -> None:
        self._keys: list[str] = []
        self._fresh: list[str] = []

    def add(self, key: str) -> None:
        self._fresh.append(key)

    def discard(self, key: str) -> None:
        keys = self.sorted()
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            del keys[at]

    def sorted(self) -> list[str]:
        """The live list: read it, do not change it."""
        if self._fresh:
            if len(self._fresh) < 50:
                for key in self._fresh:
                    insort(self._keys, key)
            else:
                self._keys.extend(self._fresh)
                self._keys.sort()
            self._fresh = []
        return self._keys


def fold(value: Any) -> Any:
    """How values compare for equality: text without regard to case."""
    return value.lower() if isinstance(value, str) else value


class Table:
    """The rows of one table by id. Row dicts are replaced, never changed in place."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.rows: dict[str, Row] = {}
        self.order = KeyOrder()
        self.stamp = 0
        """Changes with each change of the table."""
        self.watch: Callable[[Row | None, Row | None], None] | None = None
        self._indexes: dict[str, dict[Any, set[str]]] = {}
        # Append-only; an entry counts while its row still has that version.
        self._log_versions: list[int] = []
        self._log_ids: list[str] = []
        self._gone_versions: list[int] = []
        self._gone_ids: list[str] = []

    def place(self, row_id: str, row: Row | None) -> None:
        """Put or (with None) remove a row and keep order and indexes right."""
        old = self.rows.get(row_id)
        if row is None:
            if old is None:
                return
            del self.rows[row_id]
            self.order.discard(row_id)
        else:
            self.rows[row_id] = row
            if old is None:
                self.order.add(row_id)
        for column, index in self._indexes.items():
            before = old.get(column) if old is not None else None
            after = row.get(column) if row is not None else None
            if old is not None and (row is None or before != after):
                held = index[fold(before)]
                held.discard(row_id)
                if not held:
                    del index[fold(before)]
            if row is not None and (old is None or before != after):
                index.setdefault(fold(after), set()).add(row_id)
        self.stamp += 1
        if self.watch is not None:
            self.watch(old, row)

    def having(self, column: str, value: Any) -> set[str]:
        """Ids of the rows with that value, through an index made at first use."""
        index = self._indexes.get(column)
        if index is None:
            index = self._indexes[column] = {}
            for row_id, row in self.rows.items():
                index.setdefault(fold(row.get(column)), set()).add(row_id)
        return index.get(fold(value), set())

    def changed(self, row_id: str, version: int, *, final: bool) -> None:
        """Note a change in the version log; `final` when it can no longer be undone."""
        self._log_versions.append(version)
        self._log_ids.append(row_id)
        if final and len(self._log_ids) > 2 * len(self.rows) + 10_000:
            self._compact()

    def _compact(self) -> None:
        live = list(self.changes(0))
        self._log_versions = [row["versionnumber"] for row in live]
        self._log_ids = [row[self.schema.key] for row in live]

    def removed(self, row_id: str, version: int) -> None:
        """Note a deletion."""
        self._gone_versions.append(version)
        self._gone_ids.append(row_id)

    def unremove(self) -> None:
        """Take back the newest noted deletion."""
        self._gone_versions.pop()
        self._gone_ids.pop()

    def changes(self, after: int) -> Iterator[Row]:
        """Rows whose version is above `after`, oldest version first."""
        versions, ids, rows = self._log_versions, self._log_ids, self.rows
        for at in range(bisect_right(versions, after), len(versions)):
            row = rows.get(ids[at])
            if row is not None and row["versionnumber"] == versions[at]:
                yield row

    def deletions(self, after: int) -> Iterator[str]:
        """Ids deleted since `after` and not there again."""
        for at in range(bisect_right(self._gone_versions, after), len(self._gone_versions)):
            if self._gone_ids[at] not in self.rows:
                yield self._gone_ids[at]


class Store:
    """All tables, the row version counter, and undo for what must be all or nothing."""

    def __init__(self, clock: Clock, rng: random.Random, schemas: Iterable[Schema]) -> None:
        self.clock = clock
        self._rng = rng
        self.tables: dict[str, Table] = {}
        self.by_set: dict[str, Table] = {}
        self.version = 1_000_000
        self.links: dict[str, set[tuple[str, str]]] = {}
        """Many-to-many links: (id on the link's first table, id on its second)."""
        self.links_stamp = 0
        """Changes with each change of a link."""
        self.members: dict[str, tuple[dict[str, str], KeyOrder]] = {}
        """Static lists: list id -> (member's row id -> list member id, row ids in order)."""
        self.written: list[tuple[str, str]] = []
        """(table, id) of the rows changed by the request in progress."""
        self._undo: list[Callable[[], None]] | None = None
        self._now = (-1.0, "")
        self.user = self.owner = self.unit = self.org = ""
        self.caller = ""
        """The user the request in progress acts as."""
        for schema in schemas:
            table = Table(schema)
            self.tables[schema.name] = table
            self.by_set[schema.set] = table
        if "listmember" in self.tables:
            self.tables["listmember"].watch = self._watch_member

    def guid(self) -> str:
        """A fresh GUID from the seeded generator."""
        h = f"{self._rng.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def now(self) -> str:
        elapsed = self.clock.monotonic()
        if self._now[0] != elapsed:
            self._now = (elapsed, self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
        return self._now[1]

    def table(self, name: str) -> Table:
        """A table by logical name."""
        try:
            return self.tables[name]
        except KeyError:
            raise no_segment(name) from None

    def entity_set(self, name: str) -> Table:
        """A table by entity set name."""
        try:
            return self.by_set[name]
        except KeyError:
            raise no_segment(name) from None

    def begin(self) -> None:
        """From here on changes can be undone."""
        self._undo = []

    def commit(self) -> None:
        self._undo = None

    def rollback(self) -> None:
        undo, self._undo = self._undo or [], None
        for step in reversed(undo):
            step()

    @property
    def in_transaction(self) -> bool:
        return self._undo is not None

    def on_rollback(self, step: Callable[[], None]) -> None:
        """Have `step` done should the transaction in progress fail."""
        if self._undo is not None:
            self._undo.append(step)

    def insert(self, table: Table, row_id: str, values: Row, by: str) -> Row:
        """A new row with its audit columns. `values` holds checked columns without nulls."""
        schema = table.schema
        if row_id in table.rows:
            raise Refused(412, "0x80040237", "A record with matching key values already exists.")
        now = self.now()
        self.version += 1
        row: Row = {schema.key: row_id, "createdon": now, "modifiedon": now}
        row["versionnumber"] = self.version
        row["createdby"] = row["modifiedby"] = by
        columns = schema.columns
        if "owninguser" in columns:
            row["ownerid"] = by
            row["owninguser"] = by
            row["owningbusinessunit"] = self.unit
        if "statecode" in columns:
            row["statecode"] = 0
            row["statuscode"] = next(iter(columns["statuscode"].options))
        row.update(values)
        if schema.name == "systemuser":
            row["ownerid"] = row_id
        elif "owninguser" in row:
            row["owninguser"] = row["ownerid"]
        self._require_unique(table, row_id, row, None)
        table.place(row_id, row)
        if schema.tracked:
            table.changed(row_id, self.version, final=self._undo is None)
        if self._undo is not None:
            self._undo.append(lambda: table.place(row_id, None))
        self.written.append((schema.name, row_id))
        return row

    def update(self, table: Table, row_id: str, values: Row, by: str) -> Row:
        """Change columns of a row; None clears."""
        old = table.rows.get(row_id)
        if old is None:
            raise no_row(table.schema.name, row_id)
        self.version += 1
        row = {**old, **values}
        row["modifiedon"] = self.now()
        row["modifiedby"] = by
        row["versionnumber"] = self.version
        if "ownerid" in values and "owninguser" in row:
            row["owninguser"] = values["ownerid"]
        self._require_unique(table, row_id, row, old)
        table.place(row_id, row)
        if table.schema.tracked:
            table.changed(row_id, self.version, final=self._undo is None)
        if self._undo is not None:
            self._undo.append(lambda: table.place(row_id, old))
        self.written.append((table.schema.name, row_id))
        return row

    def delete(self, table: Table, row_id: str) -> None:
        """Remove a row; lookups on it become null, memberships go with it."""
        old = table.rows.get(row_id)
        if old is None:
            raise no_row(table.schema.name, row_id)
        self._release(table.schema.name, row_id)
        self.version += 1
        table.place(row_id, None)
        table.removed(row_id, self.version)
        if self._undo is not None:

            def restore() -> None:
                table.unremove()
                table.place(row_id, old)

            self._undo.append(restore)
        self.written.append((table.schema.name, row_id))

    def _release(self, name: str, row_id: str) -> None:
        mark = len(self.written)
        if name in ("account", "contact", "list") and "listmember" in self.tables:
            members = self.tables["listmember"]
            column = "listid" if name == "list" else "entityid"
            for member in sorted(members.having(column, row_id)):
                self.delete(members, member)
        for other in self.tables.values():
            for lookup in other.schema.columns.values():
                if lookup.kind == "lookup" and name in lookup.targets and not lookup.read_only:
                    for ref in sorted(other.having(lookup.name, row_id)):
                        if ref != row_id or other.schema.name != name:
                            self.update(other, ref, {lookup.name: None}, self.user)
        # What the platform does by itself is not counted as a write of the caller.
        del self.written[mark:]

    def _require_unique(self, table: Table, row_id: str, row: Row, old: Row | None) -> None:
        status = table.schema.key_status
        for key in table.schema.keys:
            if status and status.get(key, "Active") != "Active":
                continue
            if old is not None and all(row.get(c) == old.get(c) for c in key):
                continue
            found = self.by_key(table, key, [row.get(c) for c in key])
            if found is not None and found != row_id:
                raise Refused(
                    412,
                    "0x80060892",
                    "A record that has the attribute values "
                    f"{', '.join(key)} already exists. The entity key requires that this set of "
                    "attributes contains unique values. Select unique values and try again.",
                )

    def by_key(self, table: Table, key: Sequence[str], values: Sequence[Any]) -> str | None:
        """Id of the row with these key values; null never matches."""
        if any(v is None for v in values):
            return None
        held = table.having(key[0], values[0])
        for column, value in zip(key[1:], values[1:], strict=True):
            held = held & table.having(column, value)
        return min(held, default=None)

    def _watch_member(self, old: Row | None, row: Row | None) -> None:
        if old is not None and row is None:
            held, order = self.members[old["listid"]]
            if held.pop(old["entityid"], None) is not None:
                order.discard(old["entityid"])
        elif row is not None and old is None:
            held, order = self.members.setdefault(row["listid"], ({}, KeyOrder()))
            held[row["entityid"]] = row["listmemberid"]
            order.add(row["entityid"])
        lists = self.tables["list"]
        changed = (row or old or {})["listid"]
        if changed in lists.rows:
            # The count is kept by the platform and is no change of the list row.
            lists.rows[changed]["membercount"] = len(self.members[changed][0])

    def link(self, name: str, left: str, right: str) -> bool:
        """Tie two rows many-to-many; False when they already are."""
        held = self.links.setdefault(name, set())
        if (left, right) in held:
            return False
        self._tie(held, (left, right), True)
        self.on_rollback(lambda: self._tie(held, (left, right), False))
        self.written.append((name, left))
        return True

    def _tie(self, held: set[tuple[str, str]], pair: tuple[str, str], on: bool) -> None:
        (held.add if on else held.discard)(pair)
        self.links_stamp += 1
        self.version += 1

    def unlink(self, name: str, left: str, right: str) -> bool:
        """Untie two rows; False when they are not tied."""
        held = self.links.setdefault(name, set())
        if (left, right) not in held:
            return False
        self._tie(held, (left, right), False)
        self.on_rollback(lambda: self._tie(held, (left, right), True))
        self.written.append((name, left))
        return True
