"""Custom objects: schemas say what records hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import field, frozen

RecordValue = str | int | float | Decimal | date | Sequence[str] | None
"""A value to write into a record: a `datetime` needs a time zone, None leaves it empty."""

RecordFields = Mapping[str, RecordValue]

PRIMARY_CONTACT = "primary-contact"
"""The relationship of a record to its contact."""


class SchemaFieldType(Enum):
    """What a field of records holds."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DECIMAL = "decimal"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    DROPDOWN = "dropdown"
    MULTISELECT = "multiselect"


@frozen(kw_only=True)
class SchemaField:
    """A field of records.

    Attributes:
        id: chosen by whoever makes the schema, such as "sent-at".
        label, plural_label: what people see; the second is like the first where it is empty.
        options: what may be chosen, for dropdown and multiselect.
        scale: digits behind the point, for decimal.
        currency: such as "EUR", for currency.
        inherited: comes from the schema of an app.
        deleted: marked for deletion; its id cannot be used again at once.
    """

    id: str
    label: str
    type: SchemaFieldType | str = SchemaFieldType.TEXT
    plural_label: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    scale: int | None = None
    currency: str | None = None
    inherited: bool = False
    deleted: bool = False


@frozen(kw_only=True)
class Relationship:
    """What a record belongs to: contacts in the namespace "contacts"."""

    id: str
    namespace: str
    label: str = ""
    has_many: bool = False


@frozen(kw_only=True)
class Schema:
    """What the records of one custom object hold."""

    id: str
    slug: str
    singular: str = ""
    plural: str = ""
    description: str | None = None
    fields: tuple[SchemaField, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    visibility: str | None = None
    parent_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@frozen(kw_only=True)
class NewSchema:
    """A custom object to create. Its records belong to one contact each.

    Attributes:
        slug: its name for programs, unique in the account.
    """

    slug: str
    singular: str
    plural: str
    fields: Sequence[SchemaField]
    description: str = ""


@frozen(kw_only=True)
class Record:
    """One record of a custom object.

    Attributes:
        id: None where the answer to a write did not say it.
        fields: texts by field id, also of numbers; several for a multiselect; None where empty.
        contact_ids: whom it belongs to.
    """

    id: str | None = None
    external_id: str | None = None
    schema_id: str | None = None
    fields: Mapping[str, str | tuple[str, ...] | None] = field(factory=dict, repr=False)
    contact_ids: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
