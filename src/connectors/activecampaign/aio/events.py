"""Events and webhooks: what ActiveCampaign is told, and what it tells."""

from __future__ import annotations

from collections.abc import Iterable

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.webhooks import Webhook, WebhookKind, WebhookSource


class AsyncEvents(AsyncNoun):
    """Events: what contacts did elsewhere, as automations can listen for it.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            await client.events.enable()
            await client.events.create_name("signed")
            print([name async for name in client.events.list_names()])

    asyncio.run(main())
    ```
    """

    async def track(
        self, name: str, *, email: str, account_id: str, event_key: str, data: str = ""
    ) -> None:
        """Tell of something that a contact did; automations that listen for it start.

        Args:
            name: at most 32 characters.
            account_id, event_key: as Settings, Tracking shows them; the key is not that of the API.
            data: one text that says more.

        Raises:
            AnswerLost: it may have been taken: sent again, it counts twice.
            BadRequest: account id, key or name are not taken, or event tracking is off.
        """
        call = calls.track_event(
            name, email=email, account_id=account_id, event_key=event_key, data=data
        )
        await self._session.send(call)

    async def enabled(self) -> bool:
        """Whether the account takes events."""
        return await self._session.send(calls.get_event_tracking())

    async def enable(self) -> None:
        """Let the account take events."""
        await self._session.send(calls.set_event_tracking(True))

    async def disable(self) -> None:
        """Let the account take no events."""
        await self._session.send(calls.set_event_tracking(False))

    def list_names(
        self, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[str]:
        """The names of events that the account takes."""
        return AsyncPaged(self._session, calls.list_event_names(page_size=page_size), cursor)

    async def create_name(self, name: str) -> str:
        """Let the account take events of this name, of at most 32 characters."""
        return await self._session.send(calls.create_event_name(name))

    async def delete_name(self, name: str) -> None:
        """Take no more events of this name; one that is gone already is fine."""
        await self._session.send(calls.delete_event_name(name))


class AsyncWebhooks(AsyncNoun):
    """Webhooks: URLs that ActiveCampaign tells of what happens. `parse_webhook` reads what comes.

    ActiveCampaign signs nothing and repeats nothing. Give it a URL that nobody can guess.

    ```python
    import asyncio
    from connectors import AsyncActiveCampaignClient, Sandbox

    box = Sandbox(seed=1)
    account = box.activecampaign

    async def main() -> None:
        async with AsyncActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            hook = await client.webhooks.create(
                "tags", "https://example.org/hooks/5f2a9c", ["contact_tag_added"]
            )
            await client.webhooks.delete(hook.id)

    asyncio.run(main())
    ```
    """

    def list(
        self, *, page_size: int = calls.PAGE_SIZE, cursor: str | None = None
    ) -> AsyncPaged[Webhook]:
        """All webhooks."""
        return AsyncPaged(self._session, calls.list_webhooks(page_size=page_size), cursor)

    async def find(self, url: str) -> Webhook | None:
        """The first webhook with exactly this URL, or None."""
        return await self._find(calls.list_webhooks(), lambda hook: hook.url == url)

    async def get(self, webhook_id: str) -> Webhook:
        """One webhook.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_webhook(webhook_id))

    async def create(
        self,
        name: str,
        url: str,
        events: Iterable[WebhookKind | str],
        *,
        sources: Iterable[WebhookSource | str] = calls.NOT_OURS,
    ) -> Webhook:
        """Have a URL told of events.

        Args:
            url: https, on port 443.
            sources: whose doing it is told of; by default not what comes over the API, which is
                your own doing too.

        Raises:
            AnswerLost: it may be there now: `find` it before you create it again.
            ConfigError: such a URL cannot be, or no event is named.
        """
        return await self._session.send(calls.create_webhook(name, url, events, sources=sources))

    async def update(
        self,
        webhook_id: str,
        *,
        name: str,
        url: str,
        events: Iterable[WebhookKind | str],
        sources: Iterable[WebhookSource | str] = calls.NOT_OURS,
    ) -> Webhook:
        """Write a webhook anew, all of it.

        Raises:
            NotFound: there is none with this id.
        """
        call = calls.update_webhook(webhook_id, name=name, url=url, events=events, sources=sources)
        return await self._session.send(call)

    async def delete(self, webhook_id: str) -> None:
        """Delete a webhook; one that is gone already is fine."""
        await self._session.send(calls.delete_webhook(webhook_id))
