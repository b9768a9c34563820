"""Side doors: what people do in the Dynamics web pages. None of it counts as an API write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from .fetchread import read
from .lists import add_members, members_of, remove_member
from .merge import merge_rows
from .rights import DEPTHS
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
        caller, self.store.caller = self.store.caller, row["ownerid"]
        try:
            return members_of(self, list_id)
        finally:
            self.store.caller = caller

    def define_key(
        self,
        table: str,
        columns: Sequence[str],
        *,
        status: Literal["Active", "Pending", "InProgress", "Failed"] = "Active",
    ) -> None:
        """Make `columns` an alternate key of a table; it works once its status is Active."""
        schema = self._table(table).schema
        for name in columns:
            if name not in schema.columns:
                raise KeyError(f"table {table!r} has no column {name!r}")
        if tuple(columns) not in schema.keys:
            schema.keys.append(tuple(columns))
        schema.key_status[tuple(columns)] = status

    def add_saved_query(self, name: str, fetchxml: str, *, own: bool = False) -> str:
        """A view of everybody (`savedQuery`), or with `own` one of the connector (`userQuery`)."""
        query = read(self, fetchxml)
        row_id = self.add_row(
            "userquery" if own else "savedquery",
            name=name,
            fetchxml=fetchxml,
            returnedtypecode=query.root.table.schema.name,
            querytype=0,
        )
        if own:
            self.edit_row("userquery", row_id, ownerid=self.store.user)
        return row_id

    def add_user(self, firstname: str, lastname: str, *, roles: Iterable[str] = ()) -> str:
        """A user with roles; without any it cannot do a thing. Answers its id."""
        row_id = self.store.guid()
        self.add_row(
            "systemuser",
            id=row_id,
            firstname=firstname,
            lastname=lastname,
            businessunitid=self.store.unit,
            isdisabled=False,
            azureactivedirectoryobjectid=self.store.guid(),
        )
        for role in roles:
            self.give_role(row_id, role)
        return row_id

    def add_role(self, name: str, privileges: Mapping[str, str] | None = None) -> str:
        """A role; `privileges` are names with depths, like {"prvReadContact": "Basic"}."""
        role = self.add_row("role", name=name, businessunitid=self.store.unit)
        if privileges is not None:
            self.rights.set_role(role, {n: DEPTHS.index(d) for n, d in privileges.items()})
        return role

    def give_role(self, user: str, role: str) -> None:
        """Give a user a role."""
        self.store.link("systemuserroles_association", user, role)
        self._written()

    def take_role(self, user: str, role: str) -> None:
        """Take a role from a user."""
        self.store.unlink("systemuserroles_association", user, role)
        self._written()

    def grant(self, role: str, privilege: str, depth: str = "Global") -> None:
        """Let a role have a privilege at a depth."""
        if privilege not in self.rights.names():
            raise KeyError(f"no privilege {privilege!r}")
        self.rights.set_role(role, {**self.rights.role(role), privilege: DEPTHS.index(depth)})

    def revoke(self, role: str, privilege: str) -> None:
        """Take a privilege from a role."""
        held = {n: d for n, d in self.rights.role(role).items() if n != privilege}
        self.rights.set_role(role, held)

    def use_windows_sign_in(self, ticket: str = "windows-ticket") -> None:
        """On premises: no claims and no bearer tokens, the organisation in the path of the URL.

        `Authorization: Negotiate {ticket}` (or NTLM) signs in.
        """
        if self.deployment != "on-premises":
            raise ValueError("only a server on premises signs in with Windows")
        self.claims = False
        self.windows_tickets = {ticket}
        self.url = "https://crm.contoso.example/contoso"
        self.resource = f"{self.url}/"

    def expire_delta_tokens(self) -> None:
        """All delta tokens given out so far are expired."""
        self.store.version += 1
        self.delta_floor = self.store.version

    def revoke_tokens(self) -> None:
        """All access tokens given out so far are refused."""
        self.tokens.clear()
