# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The account, its callbacks, blocklists and suppression lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.accounts import (
    Account,
    CallbackActions,
    CallbackSettings,
    SendingLimit,
    Suppression,
    Timezone,
)


class Accounts(Noun):
    """The account behind the credential.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            account = client.accounts.get()
            print(account.company_name)

    main()
    ```
    """

    def ping(self) -> None:
        """Check the connection: returns where GetResponse takes the credential.

        Raises:
            Unauthenticated: the key or token is wrong, revoked, or unused for 90 days (1014).
            BadRequest: host and account domain do not belong together.
        """
        self._session.send(calls.get_account())

    def get(self) -> Account:
        """Id, e-mail and names of the account; also the cheapest check of a connection."""
        return self._session.send(calls.get_account())

    def timezones(self) -> tuple[Timezone, ...]:
        """The time zones in which newsletters can be scheduled."""
        return self._session.send(calls.list_timezones())

    def sending_limits(self) -> tuple[SendingLimit, ...]:
        """How many messages may be sent in some spans of time, and were."""
        return self._session.send(calls.list_sending_limits())


class Callbacks(Noun):
    """The one URL of the account that is told of opens, clicks and sign-ups.

    Best effort: GetResponse never repeats a callback. `connectors.getresponse.webhooks` reads them.

    ```python
    from connectors import GetResponseClient, Sandbox
    from connectors.getresponse.models import CallbackActions

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            if client.callbacks.find() is None:
                actions = CallbackActions(subscribe=True, unsubscribe=True)
                client.callbacks.upsert("https://example.org/gr", actions=actions)

    main()
    ```
    """

    def find(self) -> CallbackSettings | None:
        """The URL and what it is told of, or None where none is set."""
        return self._session.send(calls.find_callbacks())

    def upsert(self, url: str, *, actions: CallbackActions) -> CallbackSettings:
        """Set the URL. An account has one: whoever had it before is told nothing any more, so look
        with `find` first.

        Raises:
            ConfigError: not an http or https URL, or no action.
        """
        return self._session.send(calls.upsert_callbacks(url, actions=actions))

    def delete(self) -> None:
        """Tell no URL any more; none being set is fine."""
        self._session.send(calls.delete_callbacks())


class Blocklists(Noun):
    """Masks that keep addresses out: of the account, or of one list where `campaign_id` is given.

    A mask is an address, or the domain of many.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            client.blocklists.add(["someone@example.org"])
            print(len(client.blocklists.get()))

    main()
    ```
    """

    def get(self, *, campaign_id: str | None = None, mask: str | None = None) -> tuple[str, ...]:
        """The masks; `mask` narrows to those that contain it."""
        call = calls.get_blocklist(campaign_id=campaign_id, mask=mask)
        return self._session.send(call)

    def add(self, masks: Iterable[str], *, campaign_id: str | None = None) -> None:
        """Add masks; the others stay.

        Raises:
            ConfigError: no mask, or an empty one.
        """
        self._session.send(calls.change_blocklist(masks, "add", campaign_id=campaign_id))

    def delete(self, masks: Iterable[str], *, campaign_id: str | None = None) -> None:
        """Take masks off; the others stay.

        Raises:
            ConfigError: no mask, or an empty one.
        """
        self._session.send(calls.change_blocklist(masks, "delete", campaign_id=campaign_id))


class Suppressions(Noun):
    """Lists of masks whose addresses a newsletter leaves out.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            made = client.suppressions.create("competitors", masks=["@example.com"])
            print(made.suppression_id)

    main()
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Suppression]:
        """The suppression lists, of which `get` one for its masks."""
        pages = calls.list_suppressions(
            name=name,
            created_since=created_since,
            created_until=created_until,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Suppression | None:
        """The list of exactly this name, or None."""
        return self._find(calls.list_suppressions(name=name), lambda s: s.name == name)

    def get(self, suppression_id: str) -> Suppression:
        """One list with its masks.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_suppression(suppression_id))

    def create(self, name: str, *, masks: Iterable[str]) -> Suppression:
        """Create a list.

        Raises:
            AnswerLost: it may be there now; `find` it before you create it again.
            ConfigError: no name or no mask.
        """
        return self._session.send(calls.create_suppression(name, masks))

    def update(self, suppression_id: str, *, name: str, masks: Iterable[str]) -> Suppression:
        """Replace the name and all masks of a list; both are set each time.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_suppression(suppression_id, name=name, masks=masks)
        return self._session.send(call)

    def delete(self, suppression_id: str) -> None:
        """Delete a list; one that is gone already is fine."""
        self._session.send(calls.delete_suppression(suppression_id))
