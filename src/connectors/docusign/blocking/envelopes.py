# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Envelopes, and what is beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ...core.wire import UNSET, Unset
from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.definitions import EnvelopeDefinition
from ..models.envelopes import CustomField, Envelope, EnvelopeLock, EnvelopeStatus, Notification
from ..models.results import (
    AuditEvent,
    CreatedEnvelope,
    CustomFields,
    EnvelopeStatuses,
    EnvelopeUpdate,
    FormData,
)
from ..models.tabs import Tab
from ..models.templates import EnvelopeTemplate, FieldValue


class Envelopes(Noun):
    """Envelopes: documents on their way to people.

    DocuSign allows one question per envelope, and per part of it, in 15 minutes; more is refused as
    `AskedTooOften`. `list` by a window of time asks about no single envelope.

    ```python
    from connectors import DocuSignClient, JwtBearer, Sandbox
    from connectors.docusign import Document, EnvelopeDefinition, Recipient

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def main() -> None:
        with DocuSignClient(key, transport=box.transport) as client:
            ada = Recipient(recipient_id="1", name="Ada", email="ada@example.com")
            offer = Document(document_id="1", name="Offer", content=b"...", file_extension="txt")
            draft = EnvelopeDefinition(
                email_subject="Please sign",
                documents=[offer],
                recipients=[ada],
            )
            made = client.envelopes.create(draft)
            client.envelopes.send(made.envelope_id)
            print(client.envelopes.get(made.envelope_id).status)

    main()
    ```
    """

    def create(
        self,
        definition: EnvelopeDefinition,
        *,
        send: bool = False,
        merge_roles_on_draft: bool | None = None,
        change_routing_order: bool | None = None,
        tab_label_exact_matches: bool | None = None,
    ) -> CreatedEnvelope:
        """Create an envelope: a draft, or one that goes out at once.

        An answer that was lost is looked up where the definition has a `transaction_id`.

        Args:
            send: whether it goes out; else it is a draft, which may be incomplete.
            merge_roles_on_draft: for drafts of several templates, one recipient for each role.
            change_routing_order: whether the order of `recipients` counts for templates' recipients.
            tab_label_exact_matches: whether values go to tabs of exactly their label alone.

        Raises:
            ConfigError: what DocuSign would refuse, or silently leave out.
            AnswerLost: it may be on its way; look before you create it again.
            ItemRefused: DocuSign answered 201 and an error.
            Forbidden: the account's envelopes are used up, or it allows templates only.
        """
        from .. import flows

        call = calls.create_envelope(
            definition,
            send=send,
            merge_roles_on_draft=merge_roles_on_draft,
            change_routing_order=change_routing_order,
            tab_label_exact_matches=tab_label_exact_matches,
        )
        flow = flows.create_envelope(call, definition.transaction_id, self._session.port)
        return self._session.run(flow)

    def create_prefilled(
        self, definition: EnvelopeDefinition, values: Mapping[str, FieldValue]
    ) -> CreatedEnvelope:
        """Create a draft and fill in the tabs that belong to the sender.

        Costs a call for the draft and those of `prefill`; with `template_id` the template is asked for
        its documents and the tabs of each first, so that nothing is made where one is missing.

        Args:
            values: by label of the tab; those of recipients go into the definition's
                `template_roles`.

        Raises:
            PrefillRefused: the draft is there, its id is in the error; values were not taken, or the
                documents of a definition without `template_id` have no such tab.
            ConfigError: the template has no such tab, or it takes no such value; no draft was made.
            CallError: any other; where the draft is there, `hint` names it.
        """
        from .. import flows

        flow = flows.prefilled_draft(definition, values, self._session.port)
        return self._session.run(flow)

    def prefill(self, envelope_id: str, values: Mapping[str, FieldValue]) -> tuple[Tab, ...]:
        """Fill in the sender's tabs of a draft, by label, wherever they stand; those that were set.

        Costs a call for the documents, one for the tabs of each, and one for each that is changed.

        Raises:
            PrefillRefused: DocuSign did not take a value, or none at all: some plans have no prefill
                tabs.
            ConfigError: the documents have no such tab, or it takes no such value.
        """
        from .. import flows

        return self._session.run(flows.prefill(envelope_id, values, self._session.port))

    def list(
        self,
        *,
        from_date: datetime | None = None,
        to_date: datetime | None = None,
        from_to_status: calls.Change | None = None,
        statuses: Iterable[EnvelopeStatus | str] = (),
        include: Iterable[calls.ListInclude] = (),
        envelope_ids: Iterable[str] = (),
        transaction_ids: Iterable[str] = (),
        custom_field: tuple[str, str] | None = None,
        search_text: str | None = None,
        folder_ids: Iterable[str] = (),
        user_id: str | None = None,
        order_by: calls.EnvelopeOrder | None = None,
        descending: bool = False,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Envelope]:
        """Envelopes that changed within a window of time, or those of some ids.

        One page is one call, however many envelopes it tells of: this is how to catch up.

        Args:
            from_date: with a zone; needed unless ids are given.
            to_date: now, where it is left out. Let windows overlap when you ask again and again.
            from_to_status: the change that the window is about; any, where it is left out.
            statuses: what they are now. "any" leaves out drafts: ask for "created" beside it.
            include: what they bring along, such as "recipients" and "custom_fields".
            custom_field: those with this name and value alone.

        Raises:
            ConfigError: neither a date nor ids, a date without a zone, or a word DocuSign has not.
        """
        pages = calls.list_envelopes(
            from_date=from_date,
            to_date=to_date,
            from_to_status=from_to_status,
            statuses=statuses,
            include=include,
            envelope_ids=envelope_ids,
            transaction_ids=transaction_ids,
            custom_field=custom_field,
            search_text=search_text,
            folder_ids=folder_ids,
            user_id=user_id,
            order_by=order_by,
            descending=descending,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def get(self, envelope_id: str, *, include: Iterable[calls.EnvelopeInclude] = ()) -> Envelope:
        """One envelope, with what is asked for beside it: "recipients", "custom_fields", "tabs", …

        Raises:
            NotFound: there is none with this id.
            AskedTooOften: it was asked for within the last 15 minutes.
        """
        return self._session.send(calls.get_envelope(envelope_id, include=include))

    def statuses(
        self, envelope_ids: Iterable[str] = (), *, transaction_ids: Iterable[str] = ()
    ) -> EnvelopeStatuses:
        """How far up to 1000 envelopes are, in one call; one that cannot be told has its `error` set.

        Raises:
            ConfigError: no ids, or too many.
        """
        call = calls.get_envelope_statuses(envelope_ids, transaction_ids=transaction_ids)
        return self._session.send(call)

    # --- changes -----------------------------------------------------------------------------

    def send(self, envelope_id: str, *, lock: EnvelopeLock | None = None) -> EnvelopeUpdate:
        """Send a draft.

        Raises:
            BadRequest: it is no draft any more, or it is not complete.
            AnswerLost: it may be on its way; `statuses([envelope_id])` tells, as often as you ask.
            ItemRefused: something in it was refused.
        """
        return self._session.send(calls.send_envelope(envelope_id, lock=lock))

    def void(
        self, envelope_id: str, reason: str, *, lock: EnvelopeLock | None = None
    ) -> EnvelopeUpdate:
        """Take back an envelope that is sent or delivered; recipients read the reason.

        Raises:
            BadRequest: it is a draft, or it has ended already (ENVELOPE_CANNOT_VOID_INVALID_STATE).
            ConfigError: no reason, or one of more than 200 characters.
        """
        return self._session.send(calls.void_envelope(envelope_id, reason, lock=lock))

    def update(
        self,
        envelope_id: str,
        *,
        email_subject: str | Unset = UNSET,
        email_blurb: str | Unset = UNSET,
        lock: EnvelopeLock | None = None,
    ) -> EnvelopeUpdate:
        """Change the mail of an envelope; `UNSET` leaves a text as it is.

        Raises:
            ConfigError: nothing to change, or a subject of more than 100 characters.
        """
        call = calls.update_envelope(
            envelope_id, email_subject=email_subject, email_blurb=email_blurb, lock=lock
        )
        return self._session.send(call)

    def resend(self, envelope_id: str, *, lock: EnvelopeLock | None = None) -> EnvelopeUpdate:
        """Send the mails again to those whose turn it is.

        Raises:
            BadRequest: it is not on its way.
        """
        return self._session.send(calls.resend_envelope(envelope_id, lock=lock))

    # --- what is beside an envelope ----------------------------------------------------------

    def form_data(self, envelope_id: str) -> FormData:
        """What was filled in, also while people are signing and after the envelope was voided.

        Raises:
            Forbidden: the account does not allow senders to download form data.
        """
        return self._session.send(calls.get_form_data(envelope_id))

    def audit_events(
        self, envelope_id: str, *, locale: str | None = None
    ) -> tuple[AuditEvent, ...]:
        """The history of an envelope, in the words of `locale`, such as "fr"."""
        return self._session.send(calls.list_audit_events(envelope_id, locale=locale))

    def templates(self, envelope_id: str) -> tuple[EnvelopeTemplate, ...]:
        """The templates an envelope was made of; none where it was made of documents alone.

        They stay the same as the envelope goes its way: ask once, and keep the answer.

        Raises:
            NotFound: there is no envelope with this id.
        """
        return self._session.send(calls.list_envelope_templates(envelope_id))

    def custom_fields(self, envelope_id: str) -> CustomFields:
        """The custom fields of an envelope, with their ids."""
        return self._session.send(calls.list_custom_fields(envelope_id))

    def create_custom_fields(
        self,
        envelope_id: str,
        fields: Iterable[CustomField],
        *,
        lock: EnvelopeLock | None = None,
    ) -> CustomFields:
        """Add custom fields; what is refused has its `error` set, `raise_for_errors()` raises it.

        Raises:
            ConfigError: none, one without a name, or a text of more than 100 characters.
        """
        call = calls.create_custom_fields(envelope_id, fields, lock=lock)
        return self._session.send(call)

    def update_custom_fields(
        self,
        envelope_id: str,
        fields: Iterable[CustomField],
        *,
        lock: EnvelopeLock | None = None,
    ) -> CustomFields:
        """Change custom fields, which must have been read; what is refused has its `error` set.

        Raises:
            ConfigError: as `create_custom_fields`, or one without an id.
        """
        call = calls.update_custom_fields(envelope_id, fields, lock=lock)
        return self._session.send(call)

    def delete_custom_fields(
        self,
        envelope_id: str,
        fields: Iterable[CustomField],
        *,
        lock: EnvelopeLock | None = None,
    ) -> CustomFields:
        """Delete custom fields, which must have been read; what is refused has its `error` set.

        Raises:
            ConfigError: as `create_custom_fields`, or one without an id.
        """
        call = calls.delete_custom_fields(envelope_id, fields, lock=lock)
        return self._session.send(call)

    def notification(self, envelope_id: str) -> Notification:
        """Reminders and expiry of one envelope."""
        return self._session.send(calls.get_notification(envelope_id))

    def update_notification(
        self, envelope_id: str, notification: Notification, *, lock: EnvelopeLock | None = None
    ) -> Notification:
        """Set reminders and expiry of one envelope.

        Raises:
            ConfigError: nothing to set, or days below none.
        """
        call = calls.update_notification(envelope_id, notification, lock=lock)
        return self._session.send(call)

    # --- the lock ----------------------------------------------------------------------------

    def lock(
        self,
        envelope_id: str,
        *,
        seconds: int = 300,
        app: str = "connectors",
        scratch_pad: bool = False,
    ) -> EnvelopeLock:
        """Be the only one who edits an envelope; hand the lock to the changes, then `unlock`.

        Args:
            app: who holds it, as others see it.
            scratch_pad: whether changes are kept apart until the lock ends.

        Raises:
            Conflict: somebody else holds it.
            BadRequest: the envelope has ended already.
        """
        call = calls.lock_envelope(envelope_id, seconds=seconds, app=app, scratch_pad=scratch_pad)
        return self._session.send(call)

    def get_lock(self, envelope_id: str) -> EnvelopeLock:
        """Who holds the lock; for the holder with its token.

        Raises:
            NotFound: nobody does.
        """
        return self._session.send(calls.get_lock(envelope_id))

    def extend_lock(
        self, envelope_id: str, lock: EnvelopeLock, *, seconds: int = 300
    ) -> EnvelopeLock:
        """Hold a lock for some seconds from now on."""
        return self._session.send(calls.extend_lock(envelope_id, lock, seconds=seconds))

    def unlock(self, envelope_id: str, lock: EnvelopeLock) -> None:
        """Give a lock back; DocuSign then tells of what was corrected under it."""
        self._session.send(calls.unlock_envelope(envelope_id, lock))
