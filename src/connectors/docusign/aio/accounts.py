"""The account, its custom fields and its users."""

from __future__ import annotations

from collections.abc import Iterable

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.accounts import Account, User, UserStatus
from ..models.envelopes import CustomField


class AsyncAccounts(AsyncNoun):
    """The account that the client works in.

    ```python
    import asyncio
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            account = await client.accounts.get()
            print(account.plan_name, account.connect_hindrance or "has Connect")

    asyncio.run(main())
    ```
    """

    async def ping(self) -> None:
        """Check the connection: returns where DocuSign takes the credential for this account.

        Raises:
            ConsentRequired: the user has not allowed the integration key to act for it.
            AuthError: the key, the user or the private key do not fit.
            Forbidden: the user does not belong to the account.
        """
        await self._session.send(calls.get_account())

    async def get(self, *, include_settings: bool = False) -> Account:
        """Names, plan and limits of the account; also the cheapest check of a connection."""
        return await self._session.send(calls.get_account(include_settings=include_settings))

    async def custom_fields(self) -> tuple[CustomField, ...]:
        """The custom fields that new envelopes offer, 500 at most."""
        return await self._session.send(calls.list_account_custom_fields())

    async def create_custom_field(
        self, custom_field: CustomField, *, apply_to_templates: bool | None = None
    ) -> CustomField:
        """Offer a custom field on new envelopes, and on templates where that is asked for.

        Raises:
            ConfigError: no name, a text of more than 100 characters, or a list without items.
        """
        call = calls.create_account_custom_field(
            custom_field, apply_to_templates=apply_to_templates
        )
        return await self._session.send(call)

    async def update_custom_field(
        self, custom_field: CustomField, *, apply_to_templates: bool | None = None
    ) -> CustomField:
        """Replace a custom field: read it, change it with `attrs.evolve`, send it.

        Raises:
            NotFound: there is none with its id.
            ConfigError: it has no id, or as `create_custom_field`.
        """
        call = calls.update_account_custom_field(
            custom_field, apply_to_templates=apply_to_templates
        )
        return await self._session.send(call)

    async def delete_custom_field(
        self, field_id: str, *, apply_to_templates: bool | None = None
    ) -> None:
        """Offer a custom field no more; one that is gone already is fine."""
        call = calls.delete_account_custom_field(field_id, apply_to_templates=apply_to_templates)
        await self._session.send(call)


class AsyncUsers(AsyncNoun):
    """Who works in the account.

    ```python
    import asyncio
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            async for user in client.users.list(statuses=["Active"]):
                print(user.user_id, user.is_admin)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        email: str | None = None,
        email_part: str | None = None,
        name_part: str | None = None,
        statuses: Iterable[UserStatus | str] = (),
        group_id: str | None = None,
        not_group_id: str | None = None,
        login_status: str | None = None,
        domain_users_only: bool | None = None,
        additional_info: bool | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[User]:
        """The users of the account.

        Args:
            email: the whole address; `email_part` and `name_part` need not be whole.
            statuses: "ActivationRequired", "ActivationSent", "Active", "Closed", "Disabled".
            additional_info: with more of each.
        """
        pages = calls.list_users(
            email=email,
            email_part=email_part,
            name_part=name_part,
            statuses=statuses,
            group_id=group_id,
            not_group_id=not_group_id,
            login_status=login_status,
            domain_users_only=domain_users_only,
            additional_info=additional_info,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, email: str) -> User | None:
        """The user with this address, in whatever case, or None."""
        wanted = email.lower()
        return await self._find(
            calls.list_users(email=email), lambda user: (user.email or "").lower() == wanted
        )

    async def get(self, user_id: str, *, additional_info: bool | None = None) -> User:
        """One user.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_user(user_id, additional_info=additional_info))
