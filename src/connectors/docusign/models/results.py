"""What DocuSign answers about envelopes beside the envelope itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import field, frozen

from ..errors import raise_for, shown
from .envelopes import (
    CustomField,
    Envelope,
    EnvelopeId,
    EnvelopeLock,
    EnvelopeStatus,
    NameValue,
)
from .recipients import RecipientUpdate
from .tabs import ErrorDetails, RecipientGuid, Tabs


@frozen(kw_only=True)
class CreatedEnvelope:
    """An envelope that was just made."""

    envelope_id: EnvelopeId
    status: EnvelopeStatus | str | None = None
    status_changed_at: datetime | None = None
    uri: str | None = None


@frozen(kw_only=True)
class CustomFieldUpdate:
    """What came of one custom field in a change of the envelope."""

    name: str | None = None
    field_id: str | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True)
class EnvelopeUpdate:
    """What came of changing an envelope."""

    envelope_id: EnvelopeId | None = None
    purge_state: str | None = None
    recipients: tuple[RecipientUpdate, ...] = ()
    text_custom_fields: tuple[CustomFieldUpdate, ...] = ()
    list_custom_fields: tuple[CustomFieldUpdate, ...] = ()
    tabs: Tabs | None = None
    lock: EnvelopeLock | None = None
    error: ErrorDetails | None = None

    def raise_for_errors(self) -> None:
        """Raise where the envelope, or something in it, was refused.

        Raises:
            ItemRefused: it names what.
        """
        fields = (*self.text_custom_fields, *self.list_custom_fields)
        raise_for(
            [
                ("envelope", self.error),
                *((f"recipient {each.recipient_id}", each.error) for each in self.recipients),
                *((f"custom field {each.name}", each.error) for each in fields),
            ]
        )
        if self.tabs is not None:
            self.tabs.raise_for_errors()


@frozen(kw_only=True)
class CustomFields:
    """Custom fields as they were read or changed. Walk over it for each."""

    items: tuple[CustomField, ...] = ()

    def __iter__(self) -> Iterator[CustomField]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def raise_for_errors(self) -> None:
        """Raise where one of them was refused.

        Raises:
            ItemRefused: it names them.
        """
        raise_for((f"custom field {each.name}", each.error) for each in self.items)


@frozen(kw_only=True)
class TransactionStatus:
    """What became of an envelope that was created under a `transaction_id`."""

    transaction_id: str | None = None
    envelope_id: EnvelopeId | None = None
    status: EnvelopeStatus | str | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True)
class EnvelopeStatuses:
    """The states of envelopes that were asked for by their ids. Walk over it for each.

    Attributes:
        items: those that were found, in DocuSign's order.
        transactions: for those that were asked for by `transaction_id`.
    """

    items: tuple[Envelope, ...] = ()
    transactions: tuple[TransactionStatus, ...] = ()

    def __iter__(self) -> Iterator[Envelope]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def raise_for_errors(self) -> None:
        """Raise where one of them could not be told.

        Raises:
            ItemRefused: it names them.
        """
        raise_for(
            [
                *((f"envelope {each.envelope_id}", each.error) for each in self.items),
                *((f"transaction {t.transaction_id}", t.error) for t in self.transactions),
            ]
        )


@frozen(kw_only=True)
class AuditEvent:
    """Something that happened to an envelope, as names and values in DocuSign's own words."""

    fields: tuple[NameValue, ...] = ()

    def get(self, name: str) -> str | None:
        """The value of this name, or None; upper and lower case are one."""
        wanted = name.casefold()
        return next((f.value for f in self.fields if (f.name or "").casefold() == wanted), None)


@frozen(kw_only=True)
class FormDataItem:
    """The value of one field, by the label of its tab.

    Attributes:
        list_selected_value: the choice of a list.
        numerical_value: of a field that takes numbers, without its format.
    """

    name: str | None = None
    value: str | None = field(default=None, repr=False)
    original_value: str | None = field(default=None, repr=False)
    list_selected_value: str | None = field(default=None, repr=False)
    numerical_value: str | None = field(default=None, repr=False)
    error: ErrorDetails | None = None


@frozen(kw_only=True)
class RecipientFormData:
    """What one recipient filled in. `recipient_id_guid` is DocuSign's own id of it."""

    recipient_id_guid: RecipientGuid | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    signed_at: datetime | None = None
    declined_at: datetime | None = None
    items: tuple[FormDataItem, ...] = ()


@frozen(kw_only=True)
class PrefillFormData:
    """What the sender filled in."""

    sender_user_id: str | None = None
    sender_name: str | None = field(default=None, repr=False)
    sender_email: str | None = field(default=None, repr=False)
    items: tuple[FormDataItem, ...] = ()


@frozen(kw_only=True)
class FormData:
    """The values of an envelope's fields: all of them, the sender's, and each recipient's."""

    envelope_id: EnvelopeId
    status: EnvelopeStatus | str | None = None
    email_subject: str | None = field(default=None, repr=shown)
    sent_at: datetime | None = None
    items: tuple[FormDataItem, ...] = ()
    prefill: PrefillFormData | None = None
    recipients: tuple[RecipientFormData, ...] = ()

    def of_recipient(self, recipient_id_guid: str) -> RecipientFormData | None:
        """What one recipient filled in, by DocuSign's own id of it, or None."""
        for each in self.recipients:
            if each.recipient_id_guid == recipient_id_guid:
                return each
        return None


@frozen(kw_only=True)
class View:
    """A page of DocuSign for somebody to work in.

    Attributes:
        url: lives for minutes and signs in whoever opens it: redirect to it at once, keep it
            nowhere.
    """

    url: str = field(repr=False)
