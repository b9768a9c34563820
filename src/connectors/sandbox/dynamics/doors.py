"""Side doors: what people do in the Dynamics web pages. None of it counts as an API write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from . import fetchxml
from .lists import add_members, merge_rows, remove_member
from .rules import prepare
from .schema import read_guid, read_moment
from .state import State
from .tables import Row, Table

_TARGETS = {"account": 1, "contact": 2, "lead": 4}


class SideDoors(State):
    """Typed changes made behind the API's back, by the human user `store.owner`."""

    def _table(self, name: str) -> Table:
        try:
            return self.store.tables[name]
        except KeyError:
            known = ", ".join(sorted(self.store.tables))
            raise KeyError(f"no table {name!r}; there are {known}") from None

    def _values(self, table: Table, columns: dict[str, Any]) -> Row:
        found: Row = {}
        for name, value in columns.items():
            column = table.schema.columns.get(name)
            if column is None:
                raise KeyError(f"table {table.schema.name!r} has no column {name!r}")
            if hasattr(value, "isoformat"):
                value = value.isoformat()
                value = value if column.kind == "date" else read_moment(value)
            found[name] = column.check(value)
        return found

    def _written(self) -> None:
        self.store.written.clear()

    def add_row(self, table: str, *, id: str | None = None, **columns: Any) -> str:
        """A new row; lookups are given by logical name as plain GUIDs. Answers its id."""
        held = self._table(table)
        values = self._values(held, {k: v for k, v in columns.items() if v is not None})
        row_id = read_guid(id) if id else self.store.guid()
        if row_id is None:
            raise ValueError(f"{id!r} is no GUID")
        prepared = {k: v for k, v in prepare(held, values, None).items() if v is not None}
        self.store.insert(held, row_id, prepared, self.store.owner)
        self._written()
        return row_id

    def edit_row(self, table: str, id: str, **columns: Any) -> None:
        """Change columns of a row; None clears."""
        held = self._table(table)
        values = self._values(held, columns)
        self.store.update(held, id, prepare(held, values, held.rows.get(id, {})), self.store.owner)
        self._written()

    def delete_row(self, table: str, id: str) -> None:
        """Delete a row; lookups on it become null."""
        self.store.delete(self._table(table), id)
        self._written()

    def row(self, table: str, id: str) -> dict[str, Any] | None:
        """A copy of a row by logical column names, without its nulls; None when absent."""
        found = self._table(table).rows.get(id)
        return None if found is None else {k: v for k, v in found.items() if v is not None}

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Copies of all rows in key order."""
        held = self._table(table)
        return [
            {k: v for k, v in held.rows[i].items() if v is not None} for i in held.order.sorted()
        ]

    def add_contact(
        self,
        *,
        firstname: str | None = None,
        lastname: str | None = None,
        email: str | None = None,
        donotemail: bool = False,
        donotbulkemail: bool = False,
        active: bool = True,
        id: str | None = None,
        **columns: Any,
    ) -> str:
        """A new contact. `email` is its `emailaddress1`; other columns by logical name."""
        if not active:
            columns |= {"statecode": 1, "statuscode": 2}
        return self.add_row(
            "contact",
            id=id,
            firstname=firstname,
            lastname=lastname,
            emailaddress1=email,
            donotemail=donotemail,
            donotbulkemail=donotbulkemail,
            **columns,
        )

    def edit_contact(self, id: str, **columns: Any) -> None:
        """Change a contact; `email` stands for `emailaddress1`, None clears."""
        if "email" in columns:
            columns["emailaddress1"] = columns.pop("email")
        self.edit_row("contact", id, **columns)

    def deactivate_contact(self, id: str) -> None:
        """Set a contact inactive."""
        self.edit_row("contact", id, statecode=1, statuscode=2)

    def delete_contact(self, id: str) -> None:
        """Delete a contact; it leaves its lists."""
        self.delete_row("contact", id)

    def merge_contacts(self, winner: str, loser: str) -> None:
        """Merge `loser` into `winner`, as the Merge dialogue does."""
        merge_rows(self, winner, loser)
        self._written()

    def add_marketing_list(
        self,
        name: str,
        *,
        dynamic: bool = False,
        query: str | None = None,
        target: Literal["account", "contact", "lead"] = "contact",
        members: Iterable[str] = (),
    ) -> str:
        """A marketing list; a dynamic one has a FetchXML `query`. Answers its id."""
        list_id = self.add_row(
            "list", listname=name, type=dynamic, query=query, createdfromcode=_TARGETS[target]
        )
        found = list(members)
        if found:
            self.add_members(list_id, found)
        return list_id

    def add_members(self, list_id: str, ids: Iterable[str]) -> None:
        """Put contacts on a static list."""
        add_members(self, list_id, ids)
        self._written()

    def remove_member(self, list_id: str, contact_id: str) -> None:
        """Take a contact off a static list."""
        remove_member(self, list_id, contact_id)
        self._written()

    def lock_list(self, list_id: str, *, locked: bool = True) -> None:
        """Lock a static list against changes of its members, or unlock it."""
        self.edit_row("list", list_id, lockstatus=locked)

    def members(self, list_id: str) -> list[str]:
        """Contact ids on a list; the query of a dynamic one is run as its owner."""
        row = self._table("list").rows[list_id]
        if not row.get("type"):
            held = self.store.members.get(list_id)
            return list(held[1].sorted()) if held is not None else []
        caller, self.store.caller = self.store.caller, row["ownerid"]
        try:
            return fetchxml.ids(self, row.get("query") or "")
        finally:
            self.store.caller = caller

    def define_key(self, table: str, columns: Sequence[str]) -> None:
        """Make `columns` an alternate key of a table, at once active."""
        schema = self._table(table).schema
        for name in columns:
            if name not in schema.columns:
                raise KeyError(f"table {table!r} has no column {name!r}")
        schema.keys.append(tuple(columns))

    def expire_delta_tokens(self) -> None:
        """All delta tokens given out so far are expired."""
        self.store.version += 1
        self.delta_floor = self.store.version

    def revoke_tokens(self) -> None:
        """All access tokens given out so far are refused."""
        self.tokens.clear()
