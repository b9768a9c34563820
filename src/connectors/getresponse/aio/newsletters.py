"""Newsletters, drafts, their statistics, and the senders."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from ...errors import ConfigError
from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.campaigns import GroupBy
from ..models.newsletters import (
    FromField,
    NewNewsletter,
    Newsletter,
    NewsletterDetails,
    NewsletterStatistics,
    NewsletterType,
    Recipients,
)


class AsyncNewsletters(AsyncNoun):
    """Newsletters and drafts. GetResponse knows no idempotency keys: a message whose creation was
    not answered may be on its way. Give each a name of its own, and `find` it before you repeat.

    ```python
    import asyncio
    from datetime import timedelta
    from connectors import AsyncGetResponseClient, Sandbox
    from connectors.getresponse.models import NewNewsletter, Recipients

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = await client.campaigns.create("news")
            sender = await client.from_fields.list(is_active=True).first()
            if sender is None:
                return
            message = NewNewsletter(
                subject="Spring",
                html="<p>It is here</p>",
                from_field_id=sender.from_field_id,
                campaign_id=news.campaign_id,
                name="spring-2026",
            )
            planned = await client.newsletters.create(
                message,
                Recipients(campaign_ids=[news.campaign_id]),
                send_on=client.now() + timedelta(days=1),
            )
            print(planned.send_on)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        name: str | None = None,
        subject: str | None = None,
        type: NewsletterType | str | None = None,
        status: Literal["enabled", "disabled"] | None = None,
        campaign_id: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        send_since: datetime | None = None,
        send_until: datetime | None = None,
        sort: calls.NewsletterSort = "createdOn",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[Newsletter]:
        """Messages, ascending by `sort`; `name` and `subject` narrow to texts that contain them.

        Rows carry no content: `get` one for it.
        """
        pages = calls.list_newsletters(
            name=name,
            subject=subject,
            type=type,
            status=status,
            campaign_id=campaign_id,
            created_since=created_since,
            created_until=created_until,
            send_since=send_since,
            send_until=send_until,
            sort=sort,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def find(
        self, name: str, *, type: NewsletterType | str | None = None
    ) -> Newsletter | None:
        """The oldest message of exactly this name, or None."""
        pages = calls.list_newsletters(name=name, type=type)
        return await self._find(pages, lambda n: n.name == name)

    async def get(self, newsletter_id: str) -> NewsletterDetails:
        """One message with content, recipients and metrics.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_newsletter(newsletter_id))

    async def create(
        self,
        newsletter: NewNewsletter,
        recipients: Recipients,
        *,
        send_on: datetime | Literal["now"],
    ) -> NewsletterDetails:
        """Create a message and send it, at a time or now. At most 256 messages a day.

        A schedule is read back; where GetResponse did not take it, the message is taken back.

        Args:
            send_on: a moment with a time zone, or "now". There is no default: what was sent
                cannot be called back.

        Raises:
            NotScheduled: the message was made, but not for this time; its id is in the error.
            AnswerLost: it may be on its way; `find` it before you create it again.
            BadRequest: a sender, list or segment is missing (1001) or not active (1002).
            ConfigError: no recipients, no content, something too long, a time without a zone or one
                that has passed.
        """
        if send_on == "now":
            call = calls.create_newsletter(newsletter, recipients, send_on=None)
            return await self._session.send(call)
        from .. import flows

        moment = _moment(send_on)
        flow = flows.create_newsletter(newsletter, recipients, moment, self._session.port)
        return await self._session.run(flow)

    async def create_draft(
        self, newsletter: NewNewsletter, *, recipients: Recipients | None = None
    ) -> NewsletterDetails:
        """Create a draft, which is sent to nobody. At most 256 messages a day.

        Raises:
            AnswerLost: it may be there now; a second one does no harm.
            ConfigError: no content, or something too long.
        """
        return await self._session.send(calls.create_draft(newsletter, recipients=recipients))

    async def send_draft(
        self,
        newsletter_id: str,
        recipients: Recipients,
        *,
        send_on: datetime | Literal["now"],
    ) -> NewsletterDetails:
        """Send a draft, at a time or now; it is a draft no more, so copy it to keep it.

        A schedule is read back; where GetResponse did not take it, the message is taken back.

        Raises:
            NotScheduled: it is not scheduled for this time; the message's id is in the error.
            BadRequest: it is no draft any more: somebody sent it already (1002).
            AnswerLost: it may be on its way; `get` it before you send it again.
            ConfigError: no recipients, a time without a zone, or one that has passed.
        """
        if send_on == "now":
            call = calls.send_draft(newsletter_id, recipients, send_on=None)
            return await self._session.send(call)
        from .. import flows

        moment = _moment(send_on)
        flow = flows.send_draft(newsletter_id, recipients, moment, self._session.port)
        return await self._session.run(flow)

    async def cancel(self, newsletter_id: str) -> NewsletterDetails:
        """Take a scheduled message back; it is a draft then.

        Raises:
            NotFound: there is none with this id.
            BadRequest: it is not scheduled (1002).
            Conflict: it is being sent just now (1011).
        """
        return await self._session.send(calls.cancel_newsletter(newsletter_id))

    async def delete(self, newsletter_id: str) -> None:
        """Delete a message; one that is gone already is fine.

        Raises:
            Conflict: it is being sent just now (1011).
        """
        await self._session.send(calls.delete_newsletter(newsletter_id))

    async def statistics(
        self,
        newsletter_id: str,
        *,
        group_by: GroupBy | str = GroupBy.TOTAL,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[NewsletterStatistics, ...]:
        """What came of one message: sent, opened, clicked, bounced, in total or by span."""
        call = calls.get_newsletter_statistics(
            newsletter_id, group_by=group_by, since=since, until=until
        )
        return await self._session.send(call)

    async def list_statistics(
        self,
        *,
        newsletter_ids: Iterable[str] = (),
        campaign_ids: Iterable[str] = (),
        group_by: GroupBy | str = GroupBy.TOTAL,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[NewsletterStatistics, ...]:
        """What came of several messages together, or of all messages of some lists.

        Raises:
            ConfigError: neither a message nor a list.
        """
        call = calls.list_newsletter_statistics(
            newsletter_ids=newsletter_ids,
            campaign_ids=campaign_ids,
            group_by=group_by,
            since=since,
            until=until,
        )
        return await self._session.send(call)


class AsyncFromFields(AsyncNoun):
    """Senders. A new one is inactive until whoever reads its mail follows the link in it.

    ```python
    import asyncio
    from connectors import AsyncGetResponseClient, Sandbox

    box = Sandbox(seed=1)

    async def main() -> None:
        async with AsyncGetResponseClient(box.getresponse.key, transport=box.transport) as client:
            async for sender in client.from_fields.list(is_active=True):
                print(sender.from_field_id, sender.is_default)

    asyncio.run(main())
    ```
    """

    def list(
        self,
        *,
        email: str | None = None,
        name: str | None = None,
        is_active: bool | None = None,
        is_default: bool | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[FromField]:
        """The senders; `email` and `name` narrow to texts that contain them."""
        pages = calls.list_from_fields(
            email=email,
            name=name,
            is_active=is_active,
            is_default=is_default,
            page_size=page_size,
        )
        return AsyncPaged(self._session, pages, cursor)

    async def find(self, email: str) -> FromField | None:
        """The sender with this address, or None; upper and lower case are one."""
        wanted = email.casefold()
        pages = calls.list_from_fields(email=email)
        return await self._find(pages, lambda f: f.email.casefold() == wanted)

    async def get(self, from_field_id: str) -> FromField:
        """One sender.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_from_field(from_field_id))

    async def create(self, email: str, name: str) -> FromField:
        """Create a sender, and have GetResponse write to it for a confirmation.

        Raises:
            Conflict: there is one already (1008).
        """
        return await self._session.send(calls.create_from_field(email, name))

    async def set_default(self, from_field_id: str) -> None:
        """Make a sender the default.

        Raises:
            NotFound: there is none with this id.
            BadRequest: it is not active (1002).
        """
        await self._session.send(calls.set_default_from_field(from_field_id))

    async def delete(self, from_field_id: str, *, replacement_id: str | None = None) -> None:
        """Delete a sender; `replacement_id` takes its place where it is in use.

        Raises:
            BadRequest: it is in use and there is no replacement (1009).
        """
        call = calls.delete_from_field(from_field_id, replacement_id=replacement_id)
        await self._session.send(call)


def _moment(send_on: object) -> datetime:
    if not isinstance(send_on, datetime):
        raise ConfigError(f'send_on is a date-time with a zone or "now", got {send_on!r}')
    return send_on
