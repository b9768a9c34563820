"""Functions and actions about roles, privileges and access to rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload, no_row
from .parameters import TYPE, arguments, guid_literal, parameters, row_guid, row_literal
from .rights import ACCESS, DEPTHS, GLOBAL, privilege_id


def _body(call: Call, name: str, values: dict[str, Any]) -> Answer:
    return call.answer(200, {"@odata.context": f"{call.api}$metadata#{TYPE}{name}", **values})


def _members(call: Call) -> tuple[str, ...]:
    """Members of RolePrivilege: v8.2 has no name of the privilege."""
    named = ("PrivilegeName",) if call.number >= (9, 0) else ()
    return ("Depth", "PrivilegeId", "BusinessUnitId", *named)


def _listed(call: Call, held: Mapping[str, int]) -> list[dict[str, Any]]:
    found = []
    for name, depth in held.items():
        row = {
            "Depth": DEPTHS[depth],
            "PrivilegeId": privilege_id(name),
            "BusinessUnitId": call.state.store.unit,
            "PrivilegeName": name,
        }
        found.append({k: row[k] for k in _members(call)})
    return found


def user_privileges(call: Call, user: str, inner: str | None) -> Answer:
    """Function RetrieveUserPrivileges."""
    arguments(call, inner)
    state = call.state
    held = dict(state.rights.of_user(user))
    if user == state.store.user:
        for table, access in state.denied:
            if table in state.store.tables:
                held.pop(state.privilege(table, access), None)
    body = {"RolePrivileges": _listed(call, held)}
    return _body(call, "RetrieveUserPrivilegesResponse", body)


def principal_access(call: Call, user: str, inner: str | None) -> Answer:
    """Function RetrievePrincipalAccess: what a user may do with a row."""
    table, row_id = row_literal(call, arguments(call, inner, "Target")["Target"])
    state, name = call.state, table.schema.name
    held = state.rights.of_user(user)
    found = []
    # In the order of the flags' values.
    for access in ("Read", "Write", "Append", "AppendTo", "Create", "Delete", "Share", "Assign"):
        depth = held.get(state.privilege(name, access))
        if user == state.store.user and (name, access) in state.denied:
            depth = None
        if depth is not None and state.rights.reaches(user, depth, table, table.rows[row_id]):
            found.append(f"{access}Access")
    body = {"AccessRights": ", ".join(found) or "None"}
    return _body(call, "RetrievePrincipalAccessResponse", body)


def role_privileges(call: Call, inner: str | None) -> Answer:
    """Function RetrieveRolePrivilegesRole."""
    role = guid_literal(arguments(call, inner, "RoleId")["RoleId"])
    if role not in call.state.store.table("role").rows:
        raise no_row("role", role)
    call.state.require("role", "Read")
    body = {"RolePrivileges": _listed(call, call.state.rights.role(role))}
    return _body(call, "RetrieveRolePrivilegesRoleResponse", body)


def _given(call: Call) -> dict[str, int]:
    """The privileges of a body; nobody can give what he does not hold himself."""
    rows = parameters(call, "Privileges").get("Privileges")
    if not isinstance(rows, list):
        raise bad_payload("The parameter 'Privileges' must be an array.")
    state, names = call.state, {privilege_id(n): n for n in call.state.rights.names()}
    found: dict[str, int] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise bad_payload("The parameter 'Privileges' holds something that is no object.")
        for member in row:
            if member not in _members(call) and not member.startswith("@"):
                raise bad_payload(
                    f"The property '{member}' does not exist on type '{TYPE}RolePrivilege'."
                )
        if row.get("Depth") not in DEPTHS:
            raise bad_payload(f"'{row.get('Depth')}' is no '{TYPE}PrivilegeDepth'.")
        key = row_guid(row, "PrivilegeId")
        if key not in names:
            raise no_row("privilege", key)
        name, depth = names[key], DEPTHS.index(row["Depth"])
        _possible(call, name, depth)
        own = state.rights.depth(name)
        if own is None or own < depth:
            raise Refused(
                403,
                "0x80040220",
                f"The caller cannot give the privilege {name} at depth {row['Depth']}: it does "
                "not hold it itself.",
            )
        found[name] = depth
    return found


def _possible(call: Call, name: str, depth: int) -> None:
    """Tables of the organisation have privileges at organisation depth alone."""
    for table in call.state.store.tables.values():
        whole = not table.schema.owned and depth < GLOBAL
        if whole and name in {f"prv{a}{table.schema.schema}" for a in ACCESS}:
            raise Refused(
                400, "0x80040203", f"The privilege {name} cannot have the depth {DEPTHS[depth]}."
            )


def add_privileges(call: Call, role: str, inner: str | None) -> Answer:
    """Action AddPrivilegesRole: what the role holds already stays."""
    call.state.require("role", "Write")
    rights = call.state.rights
    rights.set_role(role, {**rights.role(role), **_given(call)})
    return call.answer(204)


def replace_privileges(call: Call, role: str, inner: str | None) -> Answer:
    """Action ReplacePrivilegesRole: everything not listed goes, defaults too."""
    call.state.require("role", "Write")
    call.state.rights.set_role(role, _given(call))
    return call.answer(204)


def remove_privilege(call: Call, role: str, inner: str | None) -> Answer:
    """Action RemovePrivilegeRole."""
    call.state.require("role", "Write")
    given = parameters(call, "Privilege").get("Privilege")
    if not isinstance(given, dict):
        raise bad_payload("The parameter 'Privilege' must be an object.")
    key = row_guid(given, "privilegeid", "Privilege")
    rights = call.state.rights
    held = {n: d for n, d in rights.role(role).items() if privilege_id(n) != key}
    if len(held) == len(rights.role(role)):
        raise no_row("roleprivileges", key)
    rights.set_role(role, held)
    return call.answer(204)
