"""Automations, and who is in them."""

from __future__ import annotations

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls, flows
from ..models.automations import Automation, Enrolment, EnrolmentStatus


class AsyncAutomations(AsyncNoun):
    """Automations. They are made by hand: no API creates or changes one.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_automation("Welcome")

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = (await client.contacts.sync("noor@example.org")).contact
            welcome = await client.automations.find("Welcome")
            if welcome:
                await client.automations.ensure_enrolled(noor.id, welcome.id)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        search: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Automation]:
        """All automations; `search` narrows by name."""
        pages = calls.list_automations(search=search, page_size=page_size)
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, name: str) -> Automation | None:
        """The first automation of exactly this name, or None; names need not be unique."""
        return await self._find(calls.list_automations(), lambda each: each.name == name)

    async def get(self, automation_id: str) -> Automation:
        """One automation.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_automation(automation_id))

    async def enrol(self, contact_id: str, automation_id: str) -> Enrolment:
        """Put a contact into an automation, again where it was in it before.

        Raises:
            AnswerLost: it may be in it now: look before you do so again.
            BadRequest: no such contact or automation, or one that takes no contact.
        """
        return await self._session.send(calls.enrol(contact_id, automation_id))

    async def ensure_enrolled(self, contact_id: str, automation_id: str) -> Enrolment:
        """Put a contact into an automation, unless it is in it now.

        Where an answer is lost, it looks whether it was done before it does so again.

        Raises:
            BadRequest: no such automation, or one that takes no contact.
        """
        flow = flows.enrol_once(contact_id, automation_id, self._session.port)
        return await self._session.run(flow)

    def list_enrolments(
        self,
        *,
        automation_id: str | None = None,
        contact_id: str | None = None,
        status: EnrolmentStatus | str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Enrolment]:
        """Who is or was in automations."""
        pages = calls.list_enrolments(
            automation_id=automation_id,
            contact_id=contact_id,
            status=status,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def of_contact(self, contact_id: str) -> tuple[Enrolment, ...]:
        """The automations that a contact is or was in.

        Raises:
            NotFound: there is no such contact.
        """
        return await self._session.send(calls.list_contact_enrolments(contact_id))

    async def get_enrolment(self, enrolment_id: str) -> Enrolment:
        """One contact's way through one automation.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_enrolment(enrolment_id))

    async def end_enrolment(self, enrolment_id: str) -> None:
        """Take a contact out of an automation; one that is out already is fine."""
        await self._session.send(calls.end_enrolment(enrolment_id))
