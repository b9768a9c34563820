"""Recipients of an envelope or a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from ..errors import raise_for
from .tabs import ErrorDetails, RecipientGuid, Tabs


class RecipientKind(Enum):
    """What a recipient does. An unknown one stays the name of the list it stood in."""

    SIGNER = "signer"
    CARBON_COPY = "carbon_copy"
    CERTIFIED_DELIVERY = "certified_delivery"
    IN_PERSON_SIGNER = "in_person_signer"
    AGENT = "agent"
    EDITOR = "editor"
    INTERMEDIARY = "intermediary"
    SEAL = "seal"
    WITNESS = "witness"
    NOTARY = "notary"
    NOTARY_WITNESS = "notary_witness"
    PARTICIPANT = "participant"


class RecipientStatus(Enum):
    """How far a recipient is."""

    CREATED = "created"
    """Not its turn yet, also in an envelope that was sent."""
    SENT = "sent"
    DELIVERED = "delivered"
    """It opened the envelope; mail that arrived is not told."""
    SIGNED = "signed"
    FAX_PENDING = "faxpending"
    COMPLETED = "completed"
    DECLINED = "declined"
    AUTO_RESPONDED = "autoresponded"
    """Its mail bounced, or a machine answered."""


@frozen(kw_only=True, weakref_slot=False)
class PhoneNumber:
    """Where a text message goes: "33", "612345678"."""

    country_code: str | None = None
    number: str | None = field(default=None, repr=False)


@frozen(kw_only=True, weakref_slot=False)
class Delegate:
    """Somebody who passed an envelope on, or took it over."""

    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    user_id: str | None = None


@frozen(kw_only=True, weakref_slot=False)
class Recipient:
    """One recipient, of whatever kind.

    Attributes:
        kind: told by the list in which DocuSign keeps it.
        recipient_id: the short id that whoever made the envelope chose, unique in it.
        recipient_id_guid: DocuSign's own id for it, another in every envelope; None in drafts. Form
            data and XML events speak of this one.
        client_user_id: set for an embedded signer, who gets no mail.
        host_name, host_email: who hosts an in-person signer; the signer itself is in `signer_name`
            and `signer_email`. `person_name` and `person_email` say who signs, in every case.
        signed_at: also when a recipient who does not sign was done; there is no time of completion.
        authentication: how identity checks ended, by check, as DocuSign says it.
        tabs: only where they were asked for.
    """

    kind: RecipientKind | str = RecipientKind.SIGNER
    recipient_id: str | None = None
    recipient_id_guid: RecipientGuid | None = None
    user_id: str | None = None
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    full_name: str | None = field(default=None, repr=False)
    host_name: str | None = field(default=None, repr=False)
    host_email: str | None = field(default=None, repr=False)
    signer_name: str | None = field(default=None, repr=False)
    signer_email: str | None = field(default=None, repr=False)
    role_name: str | None = None
    routing_order: int | None = None
    client_user_id: str | None = None
    status: RecipientStatus | str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    signed_at: datetime | None = None
    declined_at: datetime | None = None
    declined_reason: str | None = field(default=None, repr=False)
    auto_responded_reason: str | None = field(default=None, repr=False)
    delivery_method: str | None = None
    phone_number: PhoneNumber | None = None
    note: str | None = field(default=None, repr=False)
    access_code: str | None = field(default=None, repr=False)
    signing_group_id: str | None = None
    recipient_type: str | None = None
    completed_count: int | None = None
    total_tab_count: int | None = None
    creation_reason: str | None = None
    delegated_by: Delegate | None = None
    delegated_to: tuple[Delegate, ...] = ()
    custom_fields: tuple[str, ...] = field(default=(), repr=False)
    template_locked: bool | None = None
    template_required: bool | None = None
    authentication: Mapping[str, object] | None = field(default=None, repr=False)
    tabs: Tabs | None = None
    error: ErrorDetails | None = None

    @property
    def person_name(self) -> str | None:
        """The name of whoever signs or receives."""
        return self.signer_name or self.name

    @property
    def person_email(self) -> str | None:
        """The address of whoever signs or receives."""
        if self.kind is RecipientKind.IN_PERSON_SIGNER:
            return self.signer_email or self.email
        return self.email or self.signer_email


@frozen(kw_only=True, weakref_slot=False)
class Recipients:
    """All recipients, in the order of DocuSign's lists. Walk over it for each."""

    items: tuple[Recipient, ...] = ()
    recipient_count: int | None = None
    current_routing_order: int | None = None
    error: ErrorDetails | None = None

    def __iter__(self) -> Iterator[Recipient]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def of_kind(self, kind: RecipientKind | str) -> tuple[Recipient, ...]:
        """Those of one kind."""
        return tuple(each for each in self.items if each.kind == kind)

    def by_id(self, recipient_id: str) -> Recipient | None:
        """The one with this id, the short one or DocuSign's own; events may carry either."""
        for each in self.items:
            if recipient_id in (each.recipient_id, each.recipient_id_guid):
                return each
        return None

    def raise_for_errors(self) -> None:
        """Raise where one of the recipients, or all at once, were refused.

        Raises:
            ItemRefused: it names them.
        """
        raise_for(
            [("recipients", self.error), *((f"recipient {r.recipient_id}", r.error) for r in self)]
        )


@frozen(kw_only=True, weakref_slot=False)
class RecipientUpdate:
    """What came of changing one recipient.

    Attributes:
        combined: whether it was merged with another of the same routing order.
        error: why it was refused; None where it was done.
    """

    recipient_id: str | None = None
    recipient_id_guid: RecipientGuid | None = None
    combined: bool | None = None
    tabs: Tabs | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class RecipientUpdates:
    """What came of changing several recipients. Walk over it for each."""

    items: tuple[RecipientUpdate, ...] = ()

    def __iter__(self) -> Iterator[RecipientUpdate]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def raise_for_errors(self) -> None:
        """Raise where one of the changes was refused.

        Raises:
            ItemRefused: it names the recipients.
        """
        raise_for((f"recipient {each.recipient_id}", each.error) for each in self.items)
