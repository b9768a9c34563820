"""Pages of DocuSign to send somebody to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...runtime.aio import AsyncNoun
from .. import calls
from ..models.results import View


class AsyncViews(AsyncNoun):
    """Pages of DocuSign for somebody to work in. Ask for each when it is needed: their URLs live for
    minutes and sign in whoever opens them. A link that lasts is `client.document_link(…)`.

    ```python
    import asyncio
    from connectors import AsyncDocuSignClient, JwtBearer, Sandbox
    from connectors.docusign import EnvelopeDefinition

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    async def main() -> None:
        async with AsyncDocuSignClient(key, transport=box.transport) as client:
            made = await client.envelopes.create(EnvelopeDefinition(email_subject="Offer"))
            view = await client.views.sender(made.envelope_id, "https://app.example.com/sent")
            print(view.url.startswith("https://"))

    asyncio.run(main())
    ```
    """

    async def sender(
        self,
        envelope_id: str,
        return_url: str,
        *,
        starting_screen: calls.StartingScreen | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> View:
        """The page on which a sender prepares and sends a draft; its URL lives for 10 minutes.

        Args:
            return_url: where the browser goes when the sender is done.
            starting_screen: recipients and documents ("Prepare"), or fields ("Tagger").
            settings: more of what the page shows, by DocuSign's names.

        Raises:
            BadRequest: it is no draft any more (ENVELOPE_INVALID_STATUS).
            ConfigError: a return_url that is none.
        """
        call = calls.create_sender_view(
            envelope_id, return_url, starting_screen=starting_screen, settings=settings
        )
        return await self._session.send(call)

    async def correct(self, envelope_id: str, return_url: str) -> View:
        """The page on which a sender corrects an envelope that is on its way."""
        return await self._session.send(calls.create_correct_view(envelope_id, return_url))

    async def recipient(
        self,
        envelope_id: str,
        return_url: str,
        *,
        user_name: str,
        email: str,
        client_user_id: str | None = None,
        recipient_id: str | None = None,
        user_id: str | None = None,
        authentication_method: str = "none",
        ping_url: str | None = None,
        ping_frequency: int | None = None,
        frame_ancestors: Iterable[str] = (),
        message_origins: Iterable[str] = (),
    ) -> View:
        """The page on which a recipient signs; its URL works once, and soon.

        Args:
            return_url: where the browser goes afterwards; DocuSign adds `event=…` to it.
            user_name, email: exactly as in the envelope.
            client_user_id: of an embedded signer, exactly as in the envelope.
            authentication_method: how you made sure who it is: "none", "email", "password", …
            ping_url, ping_frequency: what the page calls to keep your session alive, every so many
                seconds, 60 to 1200.
            frame_ancestors, message_origins: which sites may show it in a frame.

        Raises:
            NotFound: the envelope has no such recipient (UNKNOWN_ENVELOPE_RECIPIENT).
            BadRequest: it is not this recipient's turn (RECIPIENT_NOT_IN_SEQUENCE).
            ConfigError: nothing that says which recipient, or a URL that is none.
        """
        call = calls.create_recipient_view(
            envelope_id,
            return_url,
            user_name=user_name,
            email=email,
            client_user_id=client_user_id,
            recipient_id=recipient_id,
            user_id=user_id,
            authentication_method=authentication_method,
            ping_url=ping_url,
            ping_frequency=ping_frequency,
            frame_ancestors=frame_ancestors,
            message_origins=message_origins,
        )
        return await self._session.send(call)

    async def console(
        self, *, envelope_id: str | None = None, return_url: str | None = None
    ) -> View:
        """DocuSign's own page, on an envelope where one is named. It gives the whole account away:
        for the account's own people alone."""
        call = calls.create_console_view(envelope_id=envelope_id, return_url=return_url)
        return await self._session.send(call)
