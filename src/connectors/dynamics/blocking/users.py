# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Users and roles."""

from __future__ import annotations

from collections.abc import Sequence

from ...runtime.blocking import Paged
from ..calls import get_row, list_rows, related_rows, users
from ..calls.rows import associate, disassociate
from ..filters import Filter
from ..models import ROLES, USERS, AccessRight, Privilege, Role, User
from .link import Link

_ROLES_OF = "systemuserroles_association"


class Users:
    """Users of the environment, and what they may do.

    ```python
    from connectors import DynamicsClient, ClientCredentials, Sandbox

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    def main() -> None:
        with DynamicsClient(crm.url, credential, transport=box.transport) as client:
            me = client.who_am_i()
            print(len(client.users.privileges(me.user_id)))

    main()
    ```
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def list(self, *, filter: Filter | str | None = None, cursor: str | None = None) -> Paged[User]:
        """The users that fit, such as `col("applicationid").eq(guid(client_id))`."""
        return self._link.paged(list_rows(USERS, filter=filter), cursor)

    def get(self, user_id: str) -> User:
        """One user.

        Raises:
            NotFound: there is none with this id.
        """
        return self._link.send(get_row(USERS, user_id))

    def privileges(self, user_id: str) -> tuple[Privilege, ...]:
        """The privileges a user has by its roles, and how far each reaches; v8.2 names none."""
        return self._link.send(users.held_privileges(user_id))

    def access(self, user_id: str, target: str) -> frozenset[AccessRight | str]:
        """What a user may do to one row, given as `CONTACTS.ref(contact_id)`."""
        return self._link.send(users.principal_access(user_id, target))

    def roles(self, user_id: str, *, cursor: str | None = None) -> Paged[Role]:
        """The security roles of a user."""
        return self._link.paged(related_rows(USERS, user_id, _ROLES_OF, ROLES), cursor)

    def give_role(self, user_id: str, role_id: str) -> None:
        """Give a user a role; it must be the copy of the user's own business unit."""
        url = self._link.base_url
        call = associate(USERS, user_id, _ROLES_OF, ROLES.ref(role_id), base_url=url)
        self._link.send(call)

    def take_role(self, user_id: str, role_id: str) -> None:
        """Take a role from a user; one that it does not have is fine."""
        self._link.send(disassociate(USERS, user_id, _ROLES_OF, role_id))

    def role_privileges(self, role_id: str) -> tuple[Privilege, ...]:
        """The privileges of a role."""
        return self._link.send(users.role_privileges(role_id))

    def add_privileges(self, role_id: str, privileges: Sequence[Privilege]) -> None:
        """Give a role privileges; only those that this client's user has itself.

        Raises:
            Forbidden: it lacks one of them.
        """
        self._link.send(users.add_privileges(role_id, privileges))

    def replace_privileges(self, role_id: str, privileges: Sequence[Privilege]) -> None:
        """Give a role these privileges and no others; those it was born with go too."""
        self._link.send(users.replace_privileges(role_id, privileges))

    def remove_privilege(self, role_id: str, privilege_id: str) -> None:
        """Take a privilege from a role."""
        self._link.send(users.remove_privilege(role_id, privilege_id))
