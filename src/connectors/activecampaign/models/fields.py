"""Fields of contacts, their choices and values."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import field, frozen


class FieldType(Enum):
    """What a field of contacts holds."""

    TEXT = "text"
    TEXTAREA = "textarea"
    HIDDEN = "hidden"
    DATE = "date"
    DATETIME = "datetime"
    RADIO = "radio"
    DROPDOWN = "dropdown"
    CHECKBOX = "checkbox"
    LISTBOX = "listbox"
    NUMBER = "number"
    CURRENCY = "currency"


@frozen(kw_only=True)
class FieldOption:
    """One choice of a field. Values of contacts hold its `value`, never its id."""

    id: str
    field_id: str
    value: str
    label: str | None = None
    order: int | None = None
    is_default: bool | None = None


@frozen(kw_only=True)
class Field:
    """A field of contacts.

    Attributes:
        perstag: its word in messages, upper case, without the per cent signs.
        options: what may be chosen, for radio, dropdown, checkbox and listbox.
    """

    id: str
    title: str
    type: FieldType | str | None = None
    perstag: str | None = None
    description: str | None = None
    default: str | None = None
    required: bool | None = None
    visible: bool | None = None
    order: int | None = None
    options: tuple[FieldOption, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def takes_several(self) -> bool:
        """Whether a contact can have several of the choices."""
        return self.type in (FieldType.CHECKBOX, FieldType.LISTBOX)


@frozen(kw_only=True)
class FieldValue:
    """What one contact has in one field."""

    id: str
    contact_id: str
    field_id: str
    value: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """The value of a checkbox or listbox, choice by choice."""
        return tuple(filter(None, (self.value or "").split("||")))
