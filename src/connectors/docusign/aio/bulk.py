"""Bulk send: one envelope or template for many, each with a copy of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...runtime.aio import AsyncNoun, AsyncPaged
from .. import calls
from ..models.bulk import BulkBatch, BulkCopy, BulkList, BulkSend, BulkTest


class AsyncBulk(AsyncNoun):
    """Lists of copies, their sending, and how far it is.

    ```python
    import asyncio
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox
    from connectors.docusign.models import BulkCopy, BulkRecipient

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            ada = BulkRecipient(role_name="Signer", name="Ada", email="ada@example.org")
            made = await client.bulk.create_list("spring", [BulkCopy(recipients=(ada,))])
            print(made.list_id)

    asyncio.run(main())
    ```
    """

    async def lists(self) -> tuple[BulkList, ...]:
        """The lists of the user, without their copies."""
        return await self._session.send(calls.list_bulk_lists())

    async def get_list(self, list_id: str) -> BulkList:
        """One list with its copies.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_bulk_list(list_id))

    async def create_list(self, name: str, copies: Iterable[BulkCopy]) -> BulkList:
        """Create a list of copies to send.

        Raises:
            AnswerLost: it may be there now; look through `lists` before you create it again.
            ConfigError: no name, no copy, a copy without recipients, or recipients that are told
                by role and by id in one list.
        """
        return await self._session.send(calls.create_bulk_list(name, copies))

    async def update_list(self, list_id: str, *, name: str, copies: Iterable[BulkCopy]) -> BulkList:
        """Replace the name and all copies of a list.

        Raises:
            NotFound: there is none with this id.
            ConfigError: as `create_list`.
        """
        return await self._session.send(calls.update_bulk_list(list_id, name=name, copies=copies))

    async def delete_list(self, list_id: str) -> None:
        """Delete a list; one that is gone already is fine."""
        await self._session.send(calls.delete_bulk_list(list_id))

    async def test(self, list_id: str, envelope_or_template_id: str) -> BulkTest:
        """Whether a list fits an envelope or a template, and why not; nothing is sent."""
        return await self._session.send(calls.try_bulk_list(list_id, envelope_or_template_id))

    async def send(
        self, list_id: str, envelope_or_template_id: str, *, batch_name: str | None = None
    ) -> BulkSend:
        """Send a copy of an envelope or a template for each copy of a list.

        DocuSign queues them: `batch` says how far it is. `errors` of the answer says what it did
        not queue.

        Raises:
            AnswerLost: they may be on their way; look through `batches` before you send again.
        """
        call = calls.send_bulk_list(list_id, envelope_or_template_id, batch_name=batch_name)
        return await self._session.send(call)

    def batches(
        self,
        *,
        batch_ids: Sequence[str] = (),
        search: str | None = None,
        status: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> AsyncPaged[BulkBatch]:
        """The bulk sends of the account, without what failed of each."""
        pages = calls.list_bulk_batches(
            batch_ids=batch_ids, search=search, status=status, page_size=page_size
        )
        return AsyncPaged(self._session, pages, cursor)

    async def batch(self, batch_id: str) -> BulkBatch:
        """How far a bulk send is, and what failed of it.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._session.send(calls.get_bulk_batch(batch_id))
