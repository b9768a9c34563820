"""Who may do what: roles hold privileges at a depth, users hold roles."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping

from .errors import Refused
from .schema import Schema
from .tables import Row, Store, Table

DEPTHS = ("Basic", "Local", "Deep", "Global")
"""Own rows, those of the business unit, those of the units below it too, all."""
GLOBAL = 3
ACCESS = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
ACT_FOR = "prvActOnBehalfOfAnotherUser"
SKIP_PLUGINS = "prvBypassCustomPlugins"
SKIP_LOGIC = "prvBypassCustomBusinessLogic"
MERGE = "prvMerge"
NEW_ROLE_NAMES = """
    prvReadSharePointData prvWriteSharePointData prvCreateSharePointData prvReadSharePointDocument
    prvReadPluginAssembly prvReadPluginType prvReadSdkMessageProcessingStep
    prvReadSdkMessageProcessingStepImage prvReadSdkMessage
"""
NEW_ROLE = tuple(NEW_ROLE_NAMES.split())
"""What a role holds when it is made: nine privileges of the platform."""
LOOSE = tuple(dict.fromkeys((ACT_FOR, SKIP_PLUGINS, SKIP_LOGIC, MERGE, *NEW_ROLE)))
"""Privileges that are not one of a table's eight."""
_NAMESPACE = uuid.UUID("6f0bd4c2-8a3f-4a7e-9d55-2f6b0c1d7e10")
_LINK = "systemuserroles_association"


def privilege_id(name: str) -> str:
    """The id a privilege has in every organisation."""
    return str(uuid.uuid5(_NAMESPACE, name))


def accesses(schema: Schema) -> tuple[str, ...]:
    """What can be allowed on a table; rows of the organisation are not assigned or shared."""
    return ACCESS if schema.owned else ACCESS[:-2]


class Rights:
    """The privileges of all roles, and what they come to for a caller."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._roles: dict[str, dict[str, int]] = {}
        self._held: dict[str, dict[str, int]] = {}
        self._everywhere: dict[str, frozenset[tuple[str, str]]] = {}
        self._stamp = -1

    def names(self) -> list[str]:
        """All privileges of this organisation."""
        found = [
            f"prv{access}{table.schema.schema}"
            for table in self.store.tables.values()
            for access in accesses(table.schema)
        ]
        return list(dict.fromkeys([*found, *LOOSE]))

    def role(self, role_id: str) -> Mapping[str, int]:
        """Privilege -> depth of one role."""
        return self._roles.get(role_id, dict.fromkeys(NEW_ROLE, GLOBAL))

    def set_role(self, role_id: str, held: Mapping[str, int]) -> None:
        """Replace what a role holds; undone with the transaction in progress."""
        old = self._roles.get(role_id)

        def restore() -> None:
            self._forget()
            if old is None:
                self._roles.pop(role_id, None)
            else:
                self._roles[role_id] = old

        self.store.on_rollback(restore)
        self._roles[role_id] = dict(held)
        self._forget()
        self.store.version += 1

    def drop(self, names: Collection[str]) -> None:
        """Take privileges that there are no more from all roles."""
        for held in self._roles.values():
            for name in names:
                held.pop(name, None)
        self._forget()

    def _forget(self) -> None:
        self._held.clear()
        self._everywhere.clear()
        self._stamp = self.store.links_stamp

    def roles_of(self, user: str) -> list[str]:
        """The roles of a user."""
        known = self.store.tables["role"].rows
        pairs = self.store.links.get(_LINK, set())
        return sorted(role for who, role in pairs if who == user and role in known)

    def of_user(self, user: str) -> Mapping[str, int]:
        """Privilege -> depth of one user over all roles."""
        if self._stamp != self.store.links_stamp:
            self._forget()
        held = self._held.get(user)
        if held is None:
            held = self._held[user] = {}
            for role in self.roles_of(user):
                for name, depth in self.role(role).items():
                    held[name] = max(depth, held.get(name, 0))
        return held

    def everywhere(self) -> frozenset[tuple[str, str]]:
        """(table, access) pairs that the caller may use on all rows: the quick way to a yes."""
        if self._stamp != self.store.links_stamp:
            self._forget()
        found = self._everywhere.get(self.store.caller)
        if found is None:
            found = self._everywhere[self.store.caller] = frozenset(
                (name, access)
                for name, table in self.store.tables.items()
                for access in ACCESS
                if self.depth(f"prv{access}{table.schema.schema}") == GLOBAL
            )
        return found

    def depth(self, name: str) -> int | None:
        """How far the request in progress may go; the lesser of both users who impersonates."""
        store = self.store
        found = self.of_user(store.caller).get(name)
        if found is not None and store.caller != store.user:
            own = self.of_user(store.user).get(name)
            return None if own is None else min(found, own)
        return found

    def reaches(self, user: str, depth: int, table: Table, row: Row) -> bool:
        """Whether a privilege of that depth covers a row."""
        if depth >= GLOBAL or not table.schema.owned:
            return True
        owner = row.get("ownerid")
        if owner == user or depth == 0:
            return bool(owner == user)
        users = self.store.tables["systemuser"].rows
        theirs = users.get(owner or "", {}).get("businessunitid")
        own = users.get(user, {}).get("businessunitid")
        units = self.store.tables["businessunit"].rows
        while depth > 1 and theirs is not None and theirs != own:
            theirs = units.get(theirs, {}).get("parentbusinessunitid")
        return theirs is not None and bool(theirs == own)

    def seen(self, table: Table) -> Callable[[Row], bool] | None:
        """Which rows the caller may read; None when all."""
        depth = self.depth(f"prvRead{table.schema.schema}")
        if depth is None or depth >= GLOBAL or not table.schema.owned:
            return None
        user, found = self.store.caller, depth
        return lambda row: self.reaches(user, found, table, row)

    def check_user(self, user: str) -> None:
        """Refuse a user who is disabled or has no roles."""
        row = self.store.tables["systemuser"].rows.get(user, {})
        if row.get("isdisabled"):
            raise Refused(403, "0x80040225", "The specified user is disabled.")
        if not self.of_user(user) and not self.roles_of(user):
            raise Refused(
                403,
                "0x80042f09",
                f"The user with id {user} has not been assigned any roles. They need a role with "
                "the prvReadUser privilege.",
            )
