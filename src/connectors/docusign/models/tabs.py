"""Tabs: the fields of a document that a recipient, or the sender, fills in."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NewType

from attrs import field, frozen

from ..errors import raise_for, shown

RecipientGuid = NewType("RecipientGuid", str)
"""DocuSign's own id of a recipient."""


@frozen(kw_only=True, weakref_slot=False)
class ErrorDetails:
    """Why one item was refused, while the answer as a whole was a success."""

    error_code: str | None = None
    message: str | None = field(default=None, repr=shown)


class TabType(Enum):
    """What a tab asks for. DocuSign adds types; an unknown one stays text, such as `"hologram"`."""

    APPROVE = "approve"
    CHECKBOX = "checkbox"
    COMPANY = "company"
    CURRENCY = "currency"
    DATE = "date"
    DATE_SIGNED = "date_signed"
    DECLINE = "decline"
    DRAW = "draw"
    EMAIL = "email"
    EMAIL_ADDRESS = "email_address"
    ENVELOPE_ID = "envelope_id"
    FIRST_NAME = "first_name"
    FORMULA = "formula"
    FULL_NAME = "full_name"
    INITIAL_HERE = "initial_here"
    LAST_NAME = "last_name"
    LIST = "list"
    NOTE = "note"
    NUMBER = "number"
    NUMERICAL = "numerical"
    PHONE_NUMBER = "phone_number"
    RADIO_GROUP = "radio_group"
    SENDER_COMPANY = "sender_company"
    SENDER_NAME = "sender_name"
    SIGN_HERE = "sign_here"
    SIGNER_ATTACHMENT = "signer_attachment"
    SSN = "ssn"
    TEXT = "text"
    TITLE = "title"
    VIEW = "view"
    ZIP = "zip"


@frozen(kw_only=True, weakref_slot=False)
class ListItem:
    """A choice of a list: `text` is shown, `value` is what the form data says."""

    text: str | None = None
    value: str | None = field(default=None, repr=False)
    selected: bool | None = None


@frozen(kw_only=True, weakref_slot=False)
class Radio:
    """A choice of a radio group."""

    value: str | None = field(default=None, repr=False)
    selected: bool | None = None
    tab_id: str | None = None
    page_number: int | None = None
    x_position: str | None = None
    y_position: str | None = None
    anchor_string: str | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True, weakref_slot=False)
class Tab:
    """One field on a document, as it is read and as it is sent.

    Attributes:
        type: what it asks for; DocuSign keeps a list for each type.
        label: its name for programs, `tabLabel`; tabs with one label share their value. A radio
            group has `group_name` instead.
        value: always text. That of a `date_signed` tab is local text in the account's format: read
            a recipient's `signed_at` instead.
        selected: of a checkbox.
        document_id, page_number, x_position, y_position: where it stands, unless `anchor_string`,
            a text of the document, tells.
        recipient_id: who fills it in; None for the sender's prefill tabs.
        status: "active", "signed", …
    """

    type: TabType | str = TabType.TEXT
    tab_id: str | None = None
    label: str | None = None
    group_name: str | None = None
    name: str | None = None
    value: str | None = field(default=None, repr=False)
    original_value: str | None = field(default=None, repr=False)
    selected: bool | None = None
    list_items: tuple[ListItem, ...] = ()
    radios: tuple[Radio, ...] = ()
    required: bool | None = None
    locked: bool | None = None
    shared: bool | None = None
    document_id: str | None = None
    page_number: int | None = None
    x_position: str | None = None
    y_position: str | None = None
    anchor_string: str | None = None
    anchor_x_offset: str | None = None
    anchor_y_offset: str | None = None
    anchor_units: str | None = None
    recipient_id: str | None = None
    recipient_id_guid: RecipientGuid | None = None
    max_length: int | None = None
    validation_pattern: str | None = None
    tooltip: str | None = None
    status: str | None = None
    template_locked: bool | None = None
    template_required: bool | None = None
    error: ErrorDetails | None = None

    @property
    def key(self) -> str | None:
        """By what a value is matched with this tab: its label, or the name of a radio group."""
        return self.label or self.group_name


@frozen(kw_only=True, weakref_slot=False)
class PrefillTabs:
    """Tabs that the sender fills in; they belong to a document and to no recipient."""

    items: tuple[Tab, ...] = ()

    def __iter__(self) -> Iterator[Tab]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@frozen(kw_only=True, weakref_slot=False)
class Tabs:
    """The tabs of a recipient or of a document. Walk over it for each; `prefill` are the sender's."""

    items: tuple[Tab, ...] = ()
    prefill: PrefillTabs = PrefillTabs()

    def __iter__(self) -> Iterator[Tab]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def raise_for_errors(self) -> None:
        """Raise where one of the tabs was refused.

        Raises:
            ItemRefused: it names them.
        """
        every = (*self.items, *self.prefill.items)
        raise_for((f"tab {tab.key or tab.tab_id}", tab.error) for tab in every)
        raise_for((f"radio of {tab.key}", radio.error) for tab in every for radio in tab.radios)
