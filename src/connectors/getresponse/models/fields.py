"""What contacts can be given: custom fields, tags, predefined fields."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

from .campaigns import CampaignRef

CustomFieldId = NewType("CustomFieldId", str)
PredefinedFieldId = NewType("PredefinedFieldId", str)
TagId = NewType("TagId", str)


class ValueType(Enum):
    """What a custom field holds."""

    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    COUNTRY = "country"
    CURRENCY = "currency"
    PHONE = "phone"
    GENDER = "gender"
    IP = "ip"
    URL = "url"


class FieldFormat(Enum):
    """How a custom field is filled in."""

    TEXT = "text"
    TEXTAREA = "textarea"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    SINGLE_SELECT = "single_select"
    MULTI_SELECT = "multi_select"


@frozen(kw_only=True)
class CustomField:
    """A field that contacts can have values in.

    Attributes:
        format: how it is filled in.
        value_type: what it holds.
        values: what may be chosen; empty where any text may stand.
    """

    custom_field_id: CustomFieldId
    name: str
    format: FieldFormat | str | None = None
    value_type: ValueType | str | None = None
    hidden: bool = False
    values: tuple[str, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Tag:
    """A tag. On a contact it has no date of creation."""

    tag_id: TagId
    name: str
    created_at: datetime | None = None


@frozen(kw_only=True)
class PredefinedField:
    """A merge word of one list."""

    predefined_field_id: PredefinedFieldId
    name: str
    value: str | None = None
    campaign: CampaignRef | None = None
