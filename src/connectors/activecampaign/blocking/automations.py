# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Automations, and who is in them."""

from __future__ import annotations

from ...runtime.blocking import Noun, Paged
from .. import calls, flows
from ..models.automations import Automation, Enrolment, EnrolmentStatus


class Automations(Noun):
    """Automations. They are made by hand: no API creates or changes one.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign
    account.add_automation("Welcome")

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = client.contacts.sync("noor@example.org").contact
            welcome = client.automations.find("Welcome")
            if welcome:
                client.automations.ensure_enrolled(noor.id, welcome.id)

    main()
    ```
    """

    def list(
        self,
        *,
        search: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Automation]:
        """All automations; `search` narrows by name."""
        pages = calls.list_automations(search=search, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Automation | None:
        """The first automation of exactly this name, or None; names need not be unique."""
        return self._find(calls.list_automations(), lambda each: each.name == name)

    def get(self, automation_id: str) -> Automation:
        """One automation.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_automation(automation_id))

    def enrol(self, contact_id: str, automation_id: str) -> Enrolment:
        """Put a contact into an automation, again where it was in it before.

        Raises:
            AnswerLost: it may be in it now: look before you do so again.
            BadRequest: no such contact or automation, or one that takes no contact.
        """
        return self._session.send(calls.enrol(contact_id, automation_id))

    def ensure_enrolled(self, contact_id: str, automation_id: str) -> Enrolment:
        """Put a contact into an automation, unless it is in it now.

        Where an answer is lost, it looks whether it was done before it does so again.

        Raises:
            BadRequest: no such automation, or one that takes no contact.
        """
        flow = flows.enrol_once(contact_id, automation_id, self._session.port)
        return self._session.run(flow)

    def list_enrolments(
        self,
        *,
        automation_id: str | None = None,
        contact_id: str | None = None,
        status: EnrolmentStatus | str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Enrolment]:
        """Who is or was in automations."""
        pages = calls.list_enrolments(
            automation_id=automation_id,
            contact_id=contact_id,
            status=status,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def of_contact(self, contact_id: str) -> tuple[Enrolment, ...]:
        """The automations that a contact is or was in.

        Raises:
            NotFound: there is no such contact.
        """
        return self._session.send(calls.list_contact_enrolments(contact_id))

    def get_enrolment(self, enrolment_id: str) -> Enrolment:
        """One contact's way through one automation.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_enrolment(enrolment_id))

    def end_enrolment(self, enrolment_id: str) -> None:
        """Take a contact out of an automation; one that is out already is fine."""
        self._session.send(calls.end_enrolment(enrolment_id))
