"""What users and roles may do."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...core.call import Call, Response
from ...core.wire import Reader
from .. import wire
from ..models import ROLES, USERS, AccessRight, Depth, Privilege
from .operations import Ref, call_function
from .parts import CRM, nothing, part, read, write


class _Name(msgspec.Struct):
    name: str | None = msgspec.field(name="PrivilegeName", default=None)


class _Names(msgspec.Struct):
    rows: list[_Name] = msgspec.field(name="RolePrivileges")


class _Held(msgspec.Struct):
    rows: msgspec.Raw = msgspec.field(name="RolePrivileges")


class _Access(msgspec.Struct):
    rights: str = msgspec.field(name="AccessRights")


_privileges = Reader(
    Privilege,
    {
        Privilege: {
            "privilege_id": "PrivilegeId",
            "depth": "Depth",
            "business_unit_id": "BusinessUnitId",
            "name": "PrivilegeName",
        }
    },
)


def user_privileges(user_id: str) -> Call[frozenset[str]]:
    """Names of the privileges a user has by its roles, such as `prvReadContact`.

    Empty from v8.2, which answers ids without names.
    """

    def decode(response: Response) -> frozenset[str]:
        return frozenset(row.name for row in part(_Names, response).rows if row.name)

    return read("systemusers.privileges", _user_privileges(user_id), decode)


def held_privileges(user_id: str) -> Call[tuple[Privilege, ...]]:
    """The privileges a user has by its roles, with how far they reach."""
    return read("systemusers.privileges", _user_privileges(user_id), _held)


def _user_privileges(user_id: str) -> str:
    return f"systemusers({wire.guid(user_id, 'user_id')})/{CRM}.RetrieveUserPrivileges"


def role_privileges(role_id: str) -> Call[tuple[Privilege, ...]]:
    """The privileges of a role."""
    name = "RetrieveRolePrivilegesRole"
    role = wire.guid(role_id, "role_id")
    return read(name, f"{name}(RoleId=@p1)", _held, query=wire.query([("@p1", role)]))


def _held(response: Response) -> tuple[Privilege, ...]:
    return _privileges.many(bytes(part(_Held, response).rows))


def principal_access(user_id: str, target: str) -> Call[frozenset[AccessRight | str]]:
    """What a user may do to one row, by roles and by sharing.

    Args:
        target: the row, as `CONTACTS.ref(contact_id)`.
    """
    asked = call_function(
        "RetrievePrincipalAccess", {"Target": Ref(target)}, bound_to=USERS.path(user_id)
    )

    def decode(response: Response) -> frozenset[AccessRight | str]:
        names = [name.strip() for name in part(_Access, response).rights.split(",")]
        known = {right.value: right for right in AccessRight}
        return frozenset(known.get(name, name) for name in names if name not in ("", "None"))

    return read("systemusers.access", asked.request.path, decode, query=asked.request.query)


def add_privileges(role_id: str, privileges: Sequence[Privilege]) -> Call[None]:
    """Give a role these privileges too. Only what the caller holds itself can be given."""
    return _change("AddPrivilegesRole", role_id, privileges)


def replace_privileges(role_id: str, privileges: Sequence[Privilege]) -> Call[None]:
    """Give a role these privileges and no others; those it was born with go too."""
    return _change("ReplacePrivilegesRole", role_id, privileges)


def _change(action: str, role_id: str, privileges: Sequence[Privilege]) -> Call[None]:
    # Without names: v8.2 refuses them.
    rows = [
        {
            "PrivilegeId": wire.guid(held.privilege_id, "privilege_id"),
            "Depth": held.depth.value if isinstance(held.depth, Depth) else held.depth,
            **(
                {"BusinessUnitId": wire.guid(held.business_unit_id, "business_unit_id")}
                if held.business_unit_id
                else {}
            ),
        }
        for held in privileges
    ]
    return write(
        f"roles.{action}",
        "POST",
        f"{ROLES.path(role_id)}/{CRM}.{action}",
        nothing,
        body={"Privileges": rows},
    )


def remove_privilege(role_id: str, privilege_id: str) -> Call[None]:
    """Take a privilege from a role."""
    return write(
        "roles.RemovePrivilegeRole",
        "POST",
        f"{ROLES.path(role_id)}/{CRM}.RemovePrivilegeRole",
        nothing,
        body={"Privilege": {"privilegeid": wire.guid(privilege_id, "privilege_id")}},
    )
