"""Documents of an envelope."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...runtime.aio import AsyncDownload, AsyncNoun
from .. import calls
from ..models.definitions import Document
from ..models.envelopes import EnvelopeDocument, EnvelopeLock
from ..models.tabs import Tabs


class AsyncDocuments(AsyncNoun):
    """Documents of an envelope.

    DocuSign allows 3 downloads of "combined" at a time for a document in the first hour, 10 of others.

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
            envelope = box.docusign.send("Offer", signers=["ada@example.com"])
            async with client.documents.open(envelope, "combined") as download:
                print(download.content_type, len(await download.read()) > 0)

    asyncio.run(main())
    ```
    """

    async def list(
        self,
        envelope_id: str,
        *,
        include_tabs: bool = False,
        include_document_size: bool = False,
    ) -> tuple[EnvelopeDocument, ...]:
        """The documents of an envelope; once it is completed, the certificate is among them."""
        call = calls.list_documents(
            envelope_id,
            include_tabs=include_tabs,
            include_document_size=include_document_size,
        )
        return await self._session.send(call)

    async def get(
        self,
        envelope_id: str,
        document_id: str | calls.Whole,
        *,
        certificate: bool | None = None,
        watermark: bool | None = None,
        show_changes: bool | None = None,
        language: str | None = None,
        recipient_id: str | None = None,
    ) -> bytes:
        """The bytes of a document, or of all of them; all are in memory then, see `open`.

        Args:
            document_id: a number as text, or "combined" (one PDF), "archive" (a ZIP),
                "certificate" or "portfolio".
            certificate: whether the certificate comes along; with "combined" alone.
            watermark: whether a PDF that is not completed yet says so.
            language: of the certificate, such as "fr".
            recipient_id: as this recipient sees it.

        Raises:
            NotFound: there is no such document.
            ConfigError: the certificate together with anything but "combined".
        """
        call = calls.get_document(
            envelope_id,
            document_id,
            certificate=certificate,
            watermark=watermark,
            show_changes=show_changes,
            language=language,
            recipient_id=recipient_id,
        )
        return await self._session.send(call)

    def open(
        self,
        envelope_id: str,
        document_id: str | calls.Whole,
        *,
        certificate: bool | None = None,
        watermark: bool | None = None,
        show_changes: bool | None = None,
        language: str | None = None,
        recipient_id: str | None = None,
    ) -> AsyncDownload:
        """The same piece by piece, however large: `async with client.documents.open(…) as download`.

        `save` writes it to a file, `name` is the file name that DocuSign gives.
        """
        call = calls.get_document(
            envelope_id,
            document_id,
            certificate=certificate,
            watermark=watermark,
            show_changes=show_changes,
            language=language,
            recipient_id=recipient_id,
        )
        return AsyncDownload(self._session, call)

    async def put(
        self,
        envelope_id: str,
        document_id: str,
        content: bytes | Path,
        *,
        name: str,
        content_type: str = "application/pdf",
        lock: EnvelopeLock | None = None,
    ) -> EnvelopeDocument:
        """Add a document to an envelope, or replace the one of this id. A file goes piece by piece.

        Args:
            document_id: a number as text.
            content: the bytes, or the path of a file.
            name: what recipients see, such as "Contract.pdf".

        Raises:
            ItemRefused: DocuSign answered 200 and an error.
            ConfigError: an id that is no number, a file that is not there.
        """
        call = calls.put_document(
            envelope_id, document_id, content, name=name, content_type=content_type, lock=lock
        )
        return await self._session.send(call)

    async def put_many(
        self,
        envelope_id: str,
        documents: Iterable[Document],
        *,
        lock: EnvelopeLock | None = None,
    ) -> tuple[EnvelopeDocument, ...]:
        """Add documents to an envelope, or replace those of the same ids; what is refused has its
        `error` set.

        Raises:
            ConfigError: none, one without content, or two with one id.
        """
        return await self._session.send(calls.put_documents(envelope_id, documents, lock=lock))

    async def delete(
        self,
        envelope_id: str,
        document_ids: Iterable[str],
        *,
        lock: EnvelopeLock | None = None,
    ) -> tuple[EnvelopeDocument, ...]:
        """Take documents out; what is refused has its `error` set."""
        return await self._session.send(
            calls.delete_documents(envelope_id, document_ids, lock=lock)
        )

    async def tabs(self, envelope_id: str, document_id: str) -> Tabs:
        """The tabs on a document; those that the sender fills in are in `prefill`."""
        return await self._session.send(calls.list_document_tabs(envelope_id, document_id))
