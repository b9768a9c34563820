# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Recipients of an envelope, and their tabs."""

from __future__ import annotations

from collections.abc import Iterable

from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun
from .. import calls
from ..models.envelopes import EnvelopeLock
from ..models.recipients import Recipient, RecipientKind, Recipients, RecipientUpdates
from ..models.tabs import Tab, Tabs


class EnvelopeRecipients(Noun):
    """Recipients of an envelope.

    What concerns one recipient raises where it is refused. What concerns several answers with an
    `error` for each that was refused, and `raise_for_errors()` raises them.

    ```python
    from connectors import DocuSignClient, JwtBearer, Sandbox

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def main() -> None:
        with DocuSignClient(key, transport=box.transport) as client:
            envelope = box.docusign.send("Offer", signers=["ada@example.com"])
            for recipient in client.recipients.list(envelope):
                print(recipient.kind, recipient.status)

    main()
    ```
    """

    def list(
        self, envelope_id: str, *, include_tabs: bool = False, include_extended: bool = False
    ) -> Recipients:
        """The recipients of an envelope, with their tabs where that is asked for.

        Raises:
            NotFound: there is no such envelope.
            AskedTooOften: they were asked for within the last 15 minutes.
        """
        call = calls.list_recipients(
            envelope_id, include_tabs=include_tabs, include_extended=include_extended
        )
        return self._session.send(call)

    def add(
        self,
        envelope_id: str,
        recipients: Iterable[Recipient],
        *,
        resend_envelope: bool = False,
        lock: EnvelopeLock | None = None,
    ) -> Recipients:
        """Add recipients; who is refused has its `error` set.

        Args:
            resend_envelope: whether those whose turn it is get their mail at once.

        Raises:
            ConfigError: none, more than 100, or two with one id.
        """
        call = calls.add_recipients(
            envelope_id, recipients, resend_envelope=resend_envelope, lock=lock
        )
        return self._session.send(call)

    def update(
        self,
        envelope_id: str,
        recipient_id: str,
        *,
        kind: RecipientKind | str = RecipientKind.SIGNER,
        name: str | Unset = UNSET,
        email: str | Unset = UNSET,
        routing_order: int | Unset = UNSET,
        note: str | Unset = UNSET,
        access_code: str | Unset = UNSET,
        client_user_id: str | Unset = UNSET,
        resend_envelope: bool = False,
        lock: EnvelopeLock | None = None,
    ) -> None:
        """Change one recipient, or send its mail again; `UNSET` leaves a thing as it is.

        Args:
            kind: the list it stands in.
            email: only a new address: DocuSign writes to it, even where it is the one it had.

        Raises:
            ItemRefused: DocuSign answered 200 and an error.
            AnswerLost: it may be done; repeated, it might send a second mail.
            ConfigError: nothing to change and nothing to send.
        """
        call = calls.update_recipient(
            envelope_id,
            recipient_id,
            kind=kind,
            name=name,
            email=email,
            routing_order=routing_order,
            note=note,
            access_code=access_code,
            client_user_id=client_user_id,
            resend_envelope=resend_envelope,
            lock=lock,
        )
        self._session.send(call)

    def update_many(
        self,
        envelope_id: str,
        recipients: Iterable[Recipient],
        *,
        resend_envelope: bool = False,
        lock: EnvelopeLock | None = None,
    ) -> RecipientUpdates:
        """Change recipients: what is set of each, found by its id. Who is refused has its `error` set.

        Leave out the address of whoever keeps it: DocuSign takes any address for a new one, and
        writes to it. Tabs are not changed here.

        Raises:
            ConfigError: one without an id, or with tabs; none; more than 100.
        """
        call = calls.update_recipients(
            envelope_id, recipients, resend_envelope=resend_envelope, lock=lock
        )
        return self._session.send(call)

    def delete(
        self, envelope_id: str, recipient_id: str, *, lock: EnvelopeLock | None = None
    ) -> Recipients:
        """Take one recipient out.

        Raises:
            ItemRefused: it has signed already, say.
        """
        return self._session.send(calls.delete_recipient(envelope_id, recipient_id, lock=lock))

    def delete_many(
        self,
        envelope_id: str,
        recipients: Iterable[Recipient],
        *,
        lock: EnvelopeLock | None = None,
    ) -> Recipients:
        """Take recipients out, found by kind and id; who is refused has its `error` set.

        Raises:
            ConfigError: none, or one without an id.
        """
        call = calls.delete_recipients(envelope_id, recipients, lock=lock)
        return self._session.send(call)

    def tabs(self, envelope_id: str, recipient_id: str) -> Tabs:
        """The tabs of one recipient."""
        return self._session.send(calls.list_tabs(envelope_id, recipient_id))

    def add_tabs(
        self,
        envelope_id: str,
        recipient_id: str,
        tabs: Iterable[Tab],
        *,
        lock: EnvelopeLock | None = None,
    ) -> Tabs:
        """Add tabs for a recipient; what is refused has its `error` set.

        Raises:
            ConfigError: none, or a text that is too long.
        """
        call = calls.add_tabs(envelope_id, recipient_id, tabs, lock=lock)
        return self._session.send(call)

    def update_tabs(
        self,
        envelope_id: str,
        recipient_id: str,
        tabs: Iterable[Tab],
        *,
        lock: EnvelopeLock | None = None,
    ) -> Tabs:
        """Change tabs of a recipient, found by `tab_id`; what is refused has its `error` set.

        DocuSign allows that while the recipient is `created`; later under a lock, as a correction.

        Raises:
            ConfigError: none, or one without its id.
        """
        call = calls.update_tabs(envelope_id, recipient_id, tabs, lock=lock)
        return self._session.send(call)

    def delete_tabs(
        self,
        envelope_id: str,
        recipient_id: str,
        tabs: Iterable[Tab],
        *,
        lock: EnvelopeLock | None = None,
    ) -> Tabs:
        """Take tabs of a recipient away, found by `tab_id`; what is refused has its `error` set.

        Raises:
            ConfigError: none, or one without its id.
        """
        call = calls.delete_tabs(envelope_id, recipient_id, tabs, lock=lock)
        return self._session.send(call)
