# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Who the key belongs to, and notes on contacts."""

from __future__ import annotations

from ...runtime.blocking import Noun
from .. import calls
from ..models.accounts import Note, User


class Users(Noun):
    """Users of the account.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            print(client.users.me().username)

    main()
    ```
    """

    def me(self) -> User:
        """The user whose key this is: the cheapest way to see whether the key is good.

        Raises:
            Forbidden: the key is not good, or its user may do nothing.
        """
        return self._session.send(calls.get_me())


class Notes(Noun):
    """Notes on contacts.

    ```python
    from connectors import ActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = client.contacts.sync("noor@example.org").contact
            client.notes.create(noor.id, "Asked for the contract in French")
            print(len(client.notes.of_contact(noor.id)))

    main()
    ```
    """

    def create(self, contact_id: str, text: str) -> Note:
        """Put a note on a contact.

        Raises:
            AnswerLost: it may be there now: look before you do so again.
        """
        return self._session.send(calls.create_note(contact_id, text))

    def of_contact(self, contact_id: str) -> tuple[Note, ...]:
        """The notes on a contact.

        Raises:
            NotFound: there is no such contact.
        """
        return self._session.send(calls.list_contact_notes(contact_id))
